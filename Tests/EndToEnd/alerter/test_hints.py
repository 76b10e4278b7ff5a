"""Hints in alerts: what would have made the query cheaper, from its SQL, Glue and Athena."""

from __future__ import annotations

import time
import uuid
from typing import Any, Dict, List

import pytest

from support.alerter_stack import CHANNEL, AlerterStack, finished_message
from support.fake_slack import FakeSlack

SQL = "SELECT url FROM clicks WHERE user_id = 'secret'"


@pytest.fixture
def database(alerter: AlerterStack) -> str:
    """A database with a table that is partitioned by day, and handlers that look at it."""
    glue = alerter.aws.client("glue")
    name = f"web_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name})
    table: Dict[str, Any] = {
        "Name": "clicks",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": "string"} for column in ("url", "user_id")],
            "Location": "s3://lake/clicks/",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
    }
    glue.create_table(DatabaseName=name, TableInput=table)
    alerter.set_environment(HINTS="true")
    return name


def hints(message: Dict[str, Any]) -> List[str]:
    """The hints in a message on Slack."""
    return [text["text"] for block in message["blocks"] if block["type"] == "context" for text in block["elements"]]


def notify(alerter: AlerterStack, database: str, **members: Any) -> List[str]:
    """Finishes a query, and returns the hints in the channel's alert."""
    before = len(alerter.slack.channel_messages(CHANNEL))
    alerter.send(finished_message(**{"database": database, "query_sql": SQL, **members}))
    assert alerter.drain().returned == 0
    messages = alerter.slack.channel_messages(CHANNEL)[before:]
    return hints(messages[0]) if messages else []


def test_an_alert_says_why_the_query_was_expensive(alerter: AlerterStack, slack: FakeSlack, database: str) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.aws.reset_calls()
    [partitions, rows] = notify(alerter, database)
    assert partitions.startswith("`clicks` is partitioned by `day`, and the query has no condition on it")
    assert partitions.endswith("<https://docs.aws.amazon.com/athena/latest/ug/partitions.html|Read more>")
    assert rows.startswith("`clicks` is stored as JSON") and "secret" not in partitions + rows
    [message] = slack.direct_messages(ada)
    assert hints(message) == [partitions, rows]
    # The definition is known for an hour.
    assert notify(alerter, database) == [partitions, rows]
    assert alerter.aws.calls()["glue.GetTable"] == 1


def test_only_queries_that_are_alerted_are_looked_at(alerter: AlerterStack, slack: FakeSlack, database: str) -> None:
    alerter.aws.reset_calls()
    notify(alerter, database, data_scanned=1)
    alerter.set_environment(HINTS="")
    assert notify(alerter, database) == []
    assert not {"glue.GetTable", "athena.GetQueryRuntimeStatistics"} & set(alerter.aws.calls())


def test_settings_turn_hints_off_and_hide_names(alerter: AlerterStack, slack: FakeSlack, database: str) -> None:
    alerter.write_settings(hints={"off": ["partition_filter"], "links": {"row_format": "https://wiki.example.com/a?b=c&d"}})
    [rows] = notify(alerter, database)
    assert rows.endswith("<https://wiki.example.com/a?b=c&amp;d|Read more>")
    alerter.write_settings(messages={"sql": "none"})
    assert notify(alerter, database) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "code": "AccessDeniedException", "message": "no"},
        {"status": 500, "code": "InternalServiceException", "message": "no"},
        {"kind": "delay", "delay": 8},
        {"kind": "says", "body": "{"},
    ],
    ids=["denied", "broken", "slow", "malformed"],
)
def test_an_alert_goes_out_in_time_without_hints(
    alerter: AlerterStack, slack: FakeSlack, database: str, fault: Dict[str, Any]
) -> None:
    alerter.handler("notification")
    operations = ("glue.GetTable", "athena.GetQueryRuntimeStatistics")
    alerter.aws.arm(*({"operation": operation, "times": 100, **fault} for operation in operations))
    began = time.monotonic()
    assert notify(alerter, database) == []
    assert time.monotonic() - began < 6
    alerter.aws.arm()


def test_a_wrong_switch_ends_the_start(alerter: AlerterStack) -> None:
    alerter.set_environment(HINTS="yes")
    invocation = alerter.handler("notification").invoke({"Records": []})
    assert not invocation.succeeded and "HINTS is 'yes'" in str(invocation.error)
