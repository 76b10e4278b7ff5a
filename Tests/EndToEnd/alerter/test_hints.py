"""Hints in alerts: what would have made the query cheaper, from its SQL, Glue and Athena."""

from __future__ import annotations

import time
import uuid
from typing import Any, Dict, List

import pytest

from support.alerter_stack import CHANNEL, AlerterStack, finished_message
from support.fake_slack import FakeSlack
from support.local_aws import REGION

OPERATIONS = ("glue.GetTable", "athena.GetQueryRuntimeStatistics", "athena.GetWorkGroup")
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
    assert not set(OPERATIONS) & set(alerter.aws.calls())
    # A statement is counted only for hints.
    assert not [item for item in alerter.items() if "recent_statements" in item]


def test_a_statement_that_runs_again_and_again_is_told_of_with_its_price(
    alerter: AlerterStack, slack: FakeSlack, database: str
) -> None:
    ada = slack.add_person("ada@example.com")

    def run(number: int, sql: str = "SELECT url FROM clicks WHERE day = 'secret'") -> List[str]:
        start, end = f"2024-03-05 {8 + number:02}:00:00", f"2024-03-05 {8 + number:02}:20:00"
        comment = f"/* Username: ada, query_id: 1, Job ID: {uuid.uuid4()}, Query Hash: 9e, Scheduled: False */ "
        return notify(
            alerter, database, query_sql=comment + sql, region=REGION, submission_timestamp=start, completion_timestamp=end
        )

    assert not [hint for number in range(2) for hint in run(number) if "same statement" in hint]
    [repeated, _] = run(2)
    assert repeated.startswith("The same statement ran 3 times today") and "was 40 min old" in repeated
    assert "scanned nothing, about $5.00 less." in repeated and "Redash must first stop" in repeated
    assert "secret" not in repeated
    assert hints(slack.direct_messages(ada)[-1])[0] == repeated
    # Another value is another statement. A message that comes twice counts once.
    assert not [hint for hint in run(3, "SELECT url FROM clicks WHERE day = 'x'") if "same statement" in hint]
    [day] = [item for item in alerter.items() if item["start_date"].endswith("#threads") and "#channel#" in item["start_key"]]
    assert [statement.split(":")[1] for statement in day["recent_statements"].split(" ")] == ["1", "3"]


def test_the_channel_alone_hears_of_a_workgroup_without_a_limit(alerter: AlerterStack, slack: FakeSlack, database: str) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.aws.client("athena").create_work_group(
        Name="limited", Configuration={"BytesScannedCutoffPerQuery": 10_000_000_000_000}
    )
    alerter.aws.reset_calls()
    query = {"query_sql": "SELECT 1", "region": REGION}
    assert notify(alerter, database, **query, workgroup="limited") == []
    assert notify(alerter, database, **query, workgroup="nowhere") == []
    [told] = notify(alerter, database, **query, workgroup="primary")
    assert told.startswith("The workgroup `primary` has no limit on what one query may scan.")
    for workgroup in ("limited", "nowhere", "primary"):
        assert notify(alerter, database, **query, workgroup=workgroup) == []
    assert alerter.aws.calls()["athena.GetWorkGroup"] == 3
    assert not [hint for message in slack.direct_messages(ada) for hint in hints(message)]


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
    alerter.aws.arm(*({"operation": operation, "times": 100, **fault} for operation in OPERATIONS))
    began = time.monotonic()
    assert notify(alerter, database, region=REGION, workgroup="primary") == []
    assert time.monotonic() - began < 6
    alerter.aws.arm()


def test_a_wrong_switch_ends_the_start(alerter: AlerterStack) -> None:
    alerter.set_environment(HINTS="yes")
    invocation = alerter.handler("notification").invoke({"Records": []})
    assert not invocation.succeeded and "HINTS is 'yes'" in str(invocation.error)
