"""The human whom an alert reaches, from the identity in a CloudTrail file to the message on Slack."""

from __future__ import annotations

import json
import uuid
from typing import Any, Dict

import pytest

from support import cloudtrail
from support.alerter_stack import AlerterStack, metrics, text_of
from support.fake_slack import FakeSlack
from support.permissions import HANDLER_ACTIONS

STORE = "d-1234567890"
METABASE = "-- Metabase:: userID: 1000 queryType: MBQL queryHash: 0102030405060708"
LAMBDA = {"userAgent": "Boto3/1.34 md/Botocore#1.34 exec-env/AWS_Lambda_python3.12"}


@pytest.fixture
def user_id(alerter: AlerterStack) -> str:
    """A user of Identity Center, whom the handlers may look up."""
    answer = alerter.aws.client("identitystore").create_user(
        IdentityStoreId=STORE,
        UserName=f"ada-{uuid.uuid4().hex}",
        DisplayName="Ada Lovelace",
        Name={"GivenName": "Ada", "FamilyName": "Lovelace"},
        Emails=[{"Value": "old@example.com"}, {"Value": "ada@example.com", "Primary": True}],
    )
    alerter.set_environment(IDENTITY_STORE_ID=STORE)
    return str(answer["UserId"])


def run(alerter: AlerterStack, query: str, **members: Any) -> Dict[str, Any]:
    """Runs a query to its alerts, and returns its row."""
    execution = alerter.start(**members)
    alerter.finish(execution, query=query)
    alerter.update_and_notify()
    return alerter.row(execution)


def test_a_bi_tool_is_told_of_to_its_user(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(people={"aliases": {"metabase:1000": "ada@example.com"}})
    row = run(alerter, f"{METABASE}\nSELECT 1", identity=cloudtrail.machine("metabase"))
    assert (row["executing_user"], row["user_type"], row["user_source"]) == ("ada@example.com", "person", "alias")
    assert (row["tool"], row["session_name"]) == ("metabase", "i-0123456789abcdef0")
    assert row["principal_arn"].endswith(":assumed-role/metabase/i-0123456789abcdef0")
    [message] = slack.direct_messages(ada)
    assert "metabase" in text_of(message)


def test_a_function_is_told_of_to_its_owner(alerter: AlerterStack, slack: FakeSlack) -> None:
    grace = slack.add_person("grace@example.com")
    alerter.write_settings(people={"owners": {"orders-*/load*": "grace@example.com", "*": "#athena"}})
    row = run(alerter, "SELECT 1", identity=cloudtrail.machine("orders-role", "load-orders"), **LAMBDA)
    assert (row["executing_user"], row["user_type"], row["user_source"]) == ("orders-role", "role", "role")
    [message] = slack.direct_messages(grace)
    assert "orders-role (session load-orders)" in text_of(message)
    assert slack.calls_of("users.lookupByEmail")[0].payload == {"email": "grace@example.com"}


def test_an_owner_may_be_a_channel_or_a_slack_id(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(people={"owners": {"etl": "#athena", "load": "U0123456789"}})
    run(alerter, "SELECT 1", identity=cloudtrail.machine("etl"))
    assert len(alerter.channel_alerts()) == 2
    load = slack.add_person("load@example.com", "U0123456789")
    run(alerter, "SELECT 1", identity=cloudtrail.machine("load"))
    assert len(slack.direct_messages(load)) == 1 and not slack.calls_of("users.lookupByEmail")


def test_a_user_of_identity_center_is_told_by_address(alerter: AlerterStack, slack: FakeSlack, user_id: str) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.aws.reset_calls()
    for _ in range(2):
        row = run(alerter, "SELECT 1", identity=cloudtrail.identity_center_user(user_id))
        assert (row["executing_user"], row["user_source"]) == ("ada@example.com", "identity_center")
    assert len(slack.direct_messages(ada)) == 2
    assert alerter.aws.calls()["identitystore.DescribeUser"] == 1


def test_a_denial_costs_only_the_name(alerter: AlerterStack, user_id: str) -> None:
    allowed = set(HANDLER_ACTIONS["usage_update"]) - {"identitystore:DescribeUser"}
    alerter.restrict("usage_update", *allowed)
    execution = alerter.start(identity=cloudtrail.identity_center_user(user_id))
    alerter.finish(execution)
    tick = alerter.tick()
    assert tick.succeeded and metrics(tick)["IdentityLookupsFailed"] == 1
    [message] = map(json.loads, alerter.waiting())
    assert message["executing_user"] == user_id


def test_without_the_store_nobody_is_looked_up(alerter: AlerterStack, user_id: str) -> None:
    alerter.set_environment(IDENTITY_STORE_ID="")
    alerter.aws.reset_calls()
    row = run(alerter, "SELECT 1", identity=cloudtrail.identity_center_user(user_id))
    assert row["executing_user"] == user_id
    assert "identitystore.DescribeUser" not in alerter.aws.calls()
