"""The targets and the texts of alerts, from a CloudTrail file to a Slack message."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from support import cloudtrail
from support.alerter_stack import (
    CHANNEL,
    CHANNEL_THRESHOLD,
    GIB,
    USER_THRESHOLD,
    AlerterStack,
    ago,
    finished_message,
    text_of,
)
from support.fake_slack import FakeSlack
from support.local_aws import REGION

LIMIT_REACHED = "Bytes scanned limit was exceeded"


def test_an_expensive_query_alerts_its_person_and_the_channel(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    query = alerter.start(identity=cloudtrail.sso_person("ada@example.com"))
    assert alerter.update_and_notify().received == 0
    alerter.finish(query, 1024 * GIB, query="SELECT * FROM sales", workgroup="analysts", database="shop")
    alerter.update_and_notify()
    [to_channel] = alerter.channel_alerts()
    [to_ada] = map(text_of, slack.direct_messages(ada))
    for text in (to_channel, to_ada):
        for words in ("ada@example.com", "1.0 TiB", "$5.00", "analysts", "shop", REGION, "SELECT * FROM sales", query):
            assert words in text
        assert "billed" not in text


def test_the_row_holds_how_the_query_ended(alerter: AlerterStack) -> None:
    query = alerter.start(identity=cloudtrail.iam_user("ada"), workgroup=None)
    born = alerter.row(query)
    assert (born["query_state"], born["data_scanned"], born["open"]) == ("RUNNING", 0, "0")
    assert (born["start_date"], born["start_timestamp"]) == ("2024-03-05", "2024-03-05 14:30:07")
    assert born["start_key"] == f"2024-03-05 14:30:07#{query}"
    assert (born["workgroup"], born["region"], born["account_id"]) == ("primary", REGION, cloudtrail.ACCOUNT)
    assert born["principal_arn"].endswith(":user/analysts/ada")
    alerter.finish(query, 1024 * GIB, query="SELECT 2", engine_milliseconds=61_000)
    alerter.update_and_notify()
    row = alerter.row(query)
    assert "open" not in row
    assert (row["query_state"], row["data_scanned"], row["cost_usd"]) == ("SUCCEEDED", 1024 * GIB, 5)
    assert (row["query_sql"], row["statement_type"], row["duration_ms"]) == ("SELECT 2", "DML", 61_000)


def test_a_row_expires_after_the_retention_of_the_settings(alerter: AlerterStack) -> None:
    alerter.write_settings(retention_days=20)
    row = alerter.row(alerter.start())
    assert row["expires_at"] == pytest.approx(ago(days=-20).timestamp(), abs=120)


@pytest.mark.parametrize(
    "setting, kept",
    [
        ("none", {}),
        (10, {"query_sql": "SELECT a F", "query_sql_cut": True}),
        ("1 KB", {"query_sql": "SELECT a FROM b"}),
    ],
)
def test_a_row_keeps_as_much_sql_as_the_settings_say_and_the_alert_shows_all(
    alerter: AlerterStack, setting: object, kept: Dict[str, object]
) -> None:
    alerter.write_settings(table_sql=setting)
    query = alerter.start()
    alerter.finish(query, 1024 * GIB, query="SELECT a FROM b")
    alerter.update_and_notify()
    row = alerter.row(query)
    assert {name: row[name] for name in ("query_sql", "query_sql_cut") if name in row} == kept
    assert ("query_shape" in row) == (kept != {"query_sql": "SELECT a FROM b"})
    [alert] = alerter.channel_alerts(query)
    assert "SELECT a FROM b" in alert


@pytest.mark.parametrize(
    "scanned, personal, public",
    [
        (USER_THRESHOLD - 1, 0, 0),
        (USER_THRESHOLD, 1, 0),
        (CHANNEL_THRESHOLD - 1, 1, 0),
        (CHANNEL_THRESHOLD, 1, 1),
    ],
)
def test_a_query_exactly_at_the_threshold_alerts(
    alerter: AlerterStack, slack: FakeSlack, scanned: int, personal: int, public: int
) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.run(scanned=scanned)
    alerter.update_and_notify()
    assert (len(slack.direct_messages(ada)), len(alerter.channel_alerts())) == (personal, public)


@pytest.mark.parametrize(
    "thresholds, state, personal, public",
    [
        ({"user": "$5", "channel": "$5.01"}, "SUCCEEDED", 1, 0),
        ({"user": "$5.01", "channel": None}, "SUCCEEDED", 0, 0),
        ({"user": None, "channel": "$5"}, "SUCCEEDED", 0, 1),
        ({"user": "1 GiB", "channel": "$0"}, "FAILED", 1, 0),
    ],
)
def test_a_threshold_may_be_a_cost_or_never(
    alerter: AlerterStack, slack: FakeSlack, thresholds: Dict[str, Any], state: str, personal: int, public: int
) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(thresholds=thresholds)
    alerter.finish(alerter.start(), state=state)
    alerter.update_and_notify()
    assert (len(slack.direct_messages(ada)), len(alerter.channel_alerts())) == (personal, public)


def test_the_channel_is_alerted_without_a_user_threshold(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(thresholds={"user": "100 GiB", "channel": "10 GiB"})
    alerter.run(scanned=10 * GIB)
    alerter.update_and_notify()
    assert (len(alerter.channel_alerts()), slack.direct_messages(ada)) == (1, [])


def test_the_person_is_alerted_without_a_channel(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(slack={"bot_token": slack.bot_token, "email_domain": "example.com"})
    alerter.run()
    assert alerter.update_and_notify().returned == 0
    assert [message["channel"] for message in slack.messages()] == [slack.direct_messages(ada)[0]["channel"]]


def test_the_channel_can_be_alerted_through_a_webhook(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack={"webhook_url": slack.webhook_url})
    query = alerter.run()
    assert alerter.update_and_notify().returned == 0
    [message] = slack.webhook_messages()
    assert query in text_of(message) and slack.messages() == []


def test_a_failed_query_is_not_billed(alerter: AlerterStack) -> None:
    query = alerter.start()
    alerter.finish(query, state="FAILED", reason="TYPE_MISMATCH: line 1:8")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "not billed (the query failed)" in text and "Failed: TYPE_MISMATCH: line 1:8" in text
    assert (alerter.row(query)["cost_usd"], alerter.row(query)["not_billed"]) == (0, "failed")


def test_a_query_stopped_by_its_workgroup_alerts_with_the_reason(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    query = alerter.start()
    # Athena stops a query exactly at the limit, which is a likely threshold.
    alerter.finish(query, CHANNEL_THRESHOLD, state="CANCELLED", reason=LIMIT_REACHED)
    alerter.update_and_notify()
    [to_channel] = alerter.channel_alerts()
    [to_ada] = map(text_of, slack.direct_messages(ada))
    for text in (to_channel, to_ada):
        assert f"Athena: {LIMIT_REACHED}" in text and "charged: $0.49" in text and "raise the limit" in text


def test_a_channel_sees_masked_sql(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    sql = "/* for the board */ SELECT * FROM sales WHERE customer = 'Grace' AND id = 4711"
    for messages, in_channel, to_ada in (
        ({}, "SELECT * FROM sales WHERE customer = ? AND id = ?", sql),
        ({"sql": {"channel": "none", "user": "masked"}}, None, "SELECT * FROM sales WHERE customer = ? AND id = ?"),
    ):
        alerter.write_settings(messages=messages)
        alerter.finish(alerter.start(), query=sql)
        alerter.update_and_notify()
        texts = (alerter.channel_alerts()[-1], text_of(slack.direct_messages(ada)[-1]))
        for shown, text in zip((in_channel, to_ada), texts):
            assert ("SELECT" in text) is (shown is not None) and (shown is None or shown in text)
            assert ("Grace" in text or "board" in text or "4711" in text) is (shown == sql)


def test_the_person_hears_of_a_small_query_that_a_limit_stopped(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.finish(alerter.start(), GIB, state="CANCELLED", reason=LIMIT_REACHED, workgroup="analysts")
    alerter.update_and_notify()
    [to_ada] = map(text_of, slack.direct_messages(ada))
    assert alerter.channel_alerts() == [] and "A limit of the workgroup analysts" in to_ada
    alerter.write_settings(alerts={"stopped_by_limit": False})
    alerter.finish(alerter.start(), GIB, state="CANCELLED", reason=LIMIT_REACHED)
    alerter.update_and_notify()
    assert len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"reused_previous_result": True}, "not billed (an earlier result was reused)"),
        ({"dpu_count": 24}, "not billed by bytes (provisioned capacity)"),
        ({"statement_type": "DDL"}, "not billed (DDL)"),
        ({"engine_version": "PySpark engine version 3"}, "not billed by bytes (Spark, by the time of its DPUs)"),
    ],
)
def test_an_alert_says_why_a_query_is_not_billed(alerter: AlerterStack, fields: Dict[str, Any], words: str) -> None:
    alerter.finish(alerter.start(), **fields)
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert words in text


def test_a_query_is_looked_up_and_priced_in_its_region(alerter: AlerterStack) -> None:
    query = alerter.run(region="eu-west-3")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "$7.00" in text and "eu-west-3" in text
    assert alerter.row(query)["query_state"] == "SUCCEEDED"


def test_a_cost_in_a_region_whose_price_is_not_known_is_an_estimate(alerter: AlerterStack) -> None:
    query = alerter.run(region="ap-southeast-2")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "about $5.75" in text
    row = alerter.row(query)
    assert (row["price_certainty"], float(row["cost_usd"])) == ("fallback", 5.75)


def test_a_cost_in_china_is_in_yuan(alerter: AlerterStack) -> None:
    alerter.send(finished_message(region="cn-northwest-1"))
    alerter.drain()
    [text] = alerter.channel_alerts()
    assert "¥34.34" in text and "$" not in text


def test_a_connectors_own_cost_is_said_to_be_left_out(alerter: AlerterStack) -> None:
    query = alerter.start()
    alerter.finish(query, catalog="mysql")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "$5.00 (without Lambda, if mysql is a connector)" in text
    assert alerter.row(query)["catalog"] == "mysql"


def test_the_price_of_the_settings_wins(alerter: AlerterStack) -> None:
    alerter.write_settings(price_per_tb=4)
    alerter.run(region="eu-west-3")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "$4.00" in text


# Identities


@pytest.mark.parametrize(
    "start, user, user_type, hears",
    [
        ({"identity": cloudtrail.assumed_role("analyst", "ada@example.com")}, "ada@example.com", "person", True),
        ({"identity": cloudtrail.sso_person("ada@example.com")}, "ada@example.com", "person", True),
        ({"identity": cloudtrail.sso_person("ada")}, "ada", "person", True),
        ({"identity": cloudtrail.federated_user("ada")}, "ada", "person", True),
        ({"identity": cloudtrail.iam_user("ada")}, "ada", "person", True),
        ({"identity": cloudtrail.web_identity_user()}, "ada@example.com", "person", True),
        ({"identity": cloudtrail.saml_user()}, "ada@example.com", "person", True),
        (
            {"identity": cloudtrail.assumed_role("etl", "i-0123456789abcdef0", source_identity="ada@example.com")},
            "ada@example.com",
            "person",
            True,
        ),
        ({"identity": cloudtrail.machine("nightly-etl")}, "nightly-etl", "role", False),
        ({"identity": cloudtrail.machine("nightly-etl", "botocore-session-1709649007")}, "nightly-etl", "role", False),
        ({"identity": cloudtrail.aws_service()}, "quicksight.amazonaws.com", "service", False),
        ({"identity": cloudtrail.root()}, "root", "root", False),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_person_who_ran_the_query_is_alerted(
    alerter: AlerterStack, slack: FakeSlack, start: Dict[str, Any], user: str, user_type: str, hears: bool
) -> None:
    assert_alerted(alerter, slack, cloudtrail.query_start("q-1", **start), user, user_type, hears)


def test_an_identity_center_user_is_alerted(alerter: AlerterStack, slack: FakeSlack) -> None:
    start = cloudtrail.identity_center_start("ada@example.com", execution_id="q-1")
    assert_alerted(alerter, slack, start, "ada@example.com", "person", True)


def test_a_record_without_an_identity_alerts_the_channel(alerter: AlerterStack, slack: FakeSlack) -> None:
    start = cloudtrail.without_identity(cloudtrail.query_start("q-1"))
    assert_alerted(alerter, slack, start, "unknown", "unknown", False)


def assert_alerted(
    alerter: AlerterStack, slack: FakeSlack, start: cloudtrail.Record, user: str, user_type: str, hears: bool
) -> None:
    # Every person whom a wrong match could find is in the workspace.
    names = ["ada", "root", "unknown", "nightly-etl", "etl", "broker", "i-0123456789abcdef0", "analyst"]
    people = {name: slack.add_person(f"{name}@example.com") for name in names}
    alerter.deliver([start])
    row = alerter.row("q-1")
    assert (row["executing_user"], row["user_type"]) == (user, user_type)
    alerter.finish("q-1")
    assert alerter.update_and_notify().returned == 0
    assert len(alerter.channel_alerts()) == 1
    heard = [name for name, user_id in people.items() if slack.direct_messages(user_id)]
    assert heard == (["ada"] if hears else [])
    # Programs and services are not looked up at all.
    assert hears or not slack.calls_of("users.lookupByEmail")


def test_a_person_with_the_same_name_at_another_domain_is_not_alerted(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(slack=with_mappings(slack, {"ada": ada}))
    alerter.run(identity=cloudtrail.sso_person("ada@elsewhere.example"))
    assert alerter.update_and_notify().returned == 0
    assert (slack.direct_messages(ada), len(alerter.channel_alerts())) == ([], 1)


@pytest.mark.parametrize("name", ["ada", "ada@example.com"])
def test_a_mapped_person_is_alerted_without_a_lookup(alerter: AlerterStack, slack: FakeSlack, name: str) -> None:
    ada = slack.add_person("lovelace@elsewhere.example")
    alerter.write_settings(slack=with_mappings(slack, {"ada": ada}))
    alerter.run(identity=cloudtrail.sso_person(name))
    alerter.update_and_notify()
    assert len(slack.direct_messages(ada)) == 1
    assert slack.calls_of("users.lookupByEmail") == []


def with_mappings(slack: FakeSlack, mappings: Dict[str, str], domain: Optional[str] = "example.com") -> Dict[str, Any]:
    return {"bot_token": slack.bot_token, "channel": CHANNEL, "email_domain": domain, "user_mappings": mappings}


def test_a_user_name_without_an_email_domain_alerts_the_channel_only(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack=with_mappings(slack, {}, domain=None))
    alerter.run(identity=cloudtrail.iam_user("ada"))
    assert alerter.update_and_notify().returned == 0
    assert len(alerter.channel_alerts()) == 1


# Texts


def test_text_in_a_query_mentions_no_slack_user(alerter: AlerterStack) -> None:
    query = alerter.start(identity=cloudtrail.federated_user("<!channel>"))
    alerter.finish(query, query="SELECT '```<!here>' -- <@U0>", database="<!everyone>", state="FAILED", reason="<!here>")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "<!" not in text and "<@U0>" not in text
    assert "&lt;!channel&gt;" in text and "&lt;!here&gt;" in text


def test_a_message_template_can_mention_the_person(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(messages={"query": "<@{slack_user_id}>: {data_scanned} for ${data_scanned_cost:.2f}"})
    alerter.run("q-1")
    alerter.run("q-2", identity=cloudtrail.machine("nightly-etl"))
    alerter.update_and_notify()
    assert f"<@{ada}>: 1.0 TiB for $5.00" in alerter.channel_alerts("q-1")[0]
    assert "nightly-etl: 1.0 TiB for $5.00" in alerter.channel_alerts("q-2")[0]


def test_message_templates_replace_the_default_texts(alerter: AlerterStack) -> None:
    alerter.write_settings(messages={"query": "Look at this", "channel": "Ask in #data", "sql_characters": 0})
    alerter.finish(alerter.start(), query="SELECT secret")
    alerter.update_and_notify()
    [text] = alerter.channel_alerts()
    assert "Look at this" in text and "Ask in #data" in text and "SELECT secret" not in text
