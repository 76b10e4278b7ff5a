"""The team's rules, from an identity in a CloudTrail file to the messages on Slack."""

from __future__ import annotations

from typing import Any

from support import cloudtrail, event_delivery
from support.alerter_stack import CHANNEL, GIB, AlerterStack, finished_message, metrics, text_of
from support.fake_slack import FakeSlack


def run(alerter: AlerterStack, **members: Any) -> str:
    """Runs a query above all thresholds to its alerts, and returns its id."""
    execution = alerter.start(**members)
    alerter.finish(execution, 1024 * GIB, workgroup=members.get("workgroup", "analysts"))
    alerter.update_and_notify()
    return execution


def test_each_query_follows_the_rules_that_are_about_it(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada, grace = slack.add_person("ada@example.com"), slack.add_person("grace@example.com")
    alerter.write_settings(
        rules=[
            {"match": {"role": "etl-*"}, "ignore": True},
            {"match": {"workgroup": "bi*", "catalog": "AwsDataCatalog"}, "channel": "#bi-costs", "notify": "grace@example.com"},
            {"match": {"workgroup": "bi-quiet"}, "notify": False, "thresholds": {"channel": "2 TiB"}},
        ]
    )
    run(alerter, identity=cloudtrail.machine("etl-nightly"))
    assert slack.messages() == []
    run(alerter, workgroup="bi-quiet")
    assert slack.messages() == []
    run(alerter, workgroup="bi")
    [to_grace] = slack.direct_messages(grace)
    assert to_grace["text"].startswith("ada scanned") and slack.direct_messages(ada) == []
    assert (len(slack.channel_messages("#bi-costs")), slack.channel_messages(CHANNEL)) == (1, [])
    run(alerter)
    assert len(slack.direct_messages(ada)) == 1
    assert (len(slack.channel_messages("#bi-costs")), len(slack.channel_messages(CHANNEL))) == (1, 1)


def test_a_channel_that_hears_in_the_persons_stead_sees_masked_sql(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(rules=[{"match": {"user": "ada"}, "notify": "#etl", "thresholds": {"channel": None}}])
    alerter.send(finished_message(query_sql="SELECT 'Grace'"))
    assert alerter.drain().returned == 0
    [message] = slack.channel_messages("#etl")
    assert "SELECT ?" in text_of(message) and "Grace" not in text_of(message)
    assert len(slack.messages()) == 1


def test_what_the_rules_do_is_counted(alerter: AlerterStack) -> None:
    alerter.write_settings(
        rules=[{"match": {"user": "etl"}, "ignore": True}, {"match": {"user": "ada"}, "notify": False}]
    )
    event = event_delivery.through_sqs(finished_message(executing_user="etl"), finished_message(executing_user="ada"))
    counted = metrics(alerter.handler("notification").invoke(event))
    assert {name: value for name, value in counted.items() if value} == {
        "Messages": 2,
        "QueriesIgnored": 1,
        "AlertsDue": 2,
        "AlertsSent": 1,
        "AlertsSkippedByRule": 1,
    }
