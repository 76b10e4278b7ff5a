"""The number of calls, counted at the server: each costs money, time, or a quota that others share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List

import pytest

from bench.runtime_api import RuntimeAPI
from bench.stub_server import StubServer
from support import cloudtrail, event_delivery
from support.alerter_stack import GIB, AlerterStack, ago, finished_message, metrics
from support.fake_slack import FakeSlack

# The quota of BatchGetQueryExecution: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
BATCH = "athena.BatchGetQueryExecution"
PER_SECOND = 20
BURST = 40
# The timeout of `usage_update` in template.yaml.
TIMEOUT = 50


def names(count: int) -> List[str]:
    return [f"q-{number}" for number in range(count)]


def open_rows(alerter: AlerterStack, ids: List[str]) -> None:
    """Writes rows like `cloudtrail_handler`'s, and Athena reports their queries as running."""
    start = ago(minutes=10)
    rows = [
        {
            "start_date": {"S": f"{start:%Y-%m-%d}"},
            "start_key": {"S": f"{start:%Y-%m-%d %H:%M:%S}#{identifier}"},
            "start_timestamp": {"S": f"{start:%Y-%m-%d %H:%M:%S}"},
            "query_execution_id": {"S": identifier},
            "query_state": {"S": "RUNNING"},
            "executing_user": {"S": "ada@example.com"},
            "data_scanned": {"N": "0"},
            "open": {"S": "0"},
            "region": {"S": alerter.aws.region},
        }
        for identifier in ids
    ]
    dynamodb = alerter.aws.client("dynamodb")
    for first in range(0, len(rows), 25):
        requests = [{"PutRequest": {"Item": row}} for row in rows[first : first + 25]]
        dynamodb.batch_write_item(RequestItems={alerter.resources.table: requests})
    alerter.aws.put_executions(ids, state="RUNNING")


def test_an_update_without_open_queries_makes_one_call(alerter: AlerterStack) -> None:
    assert alerter.tick().succeeded
    alerter.aws.reset_calls()
    assert alerter.tick().succeeded
    assert alerter.aws.calls() == {"dynamodb.Query": 1}


def test_a_file_without_queries_takes_one_call(alerter: AlerterStack) -> None:
    key = alerter.put_log(cloudtrail.noise(100))
    event = alerter.created(key)
    alerter.aws.reset_calls()
    assert alerter.invoke_with_event(event)[-1].succeeded
    assert alerter.aws.calls() == {"s3.GetObject": 1}


def test_a_query_below_every_threshold_takes_no_call(alerter: AlerterStack) -> None:
    alerter.send(finished_message(data_scanned=1))
    alerter.aws.reset_calls()
    assert alerter.drain().deleted == 1
    ours = {name: count for name, count in alerter.aws.calls().items() if not name.startswith("sqs.")}
    assert ours == {}


def calls_of(executable: Path, stub_server: StubServer, handler: str, event: event_delivery.Event) -> Dict[str, int]:
    stub_server.forget()
    environment = stub_server.environment(_HANDLER=handler)
    with RuntimeAPI([str(executable)], environment, timeout_seconds=TIMEOUT) as function:
        function.invoke(json.dumps(event).encode())
    return {name: traffic.calls for name, traffic in stub_server.traffic().items()}


def test_a_thousand_queries_take_a_known_number_of_calls(executable: Path, tmp_path: Path) -> None:
    key = cloudtrail.log_key()
    with StubServer(tmp_path) as stub_server:
        file = stub_server.objects / "trail" / key
        file.parent.mkdir(parents=True)
        file.write_bytes(cloudtrail.log_file([cloudtrail.query_start(identifier) for identifier in names(1000)]))
        event = event_delivery.object_created_events([("trail", key, file.stat().st_size)])
        assert calls_of(executable, stub_server, "cloudtrail_handler", event) == {
            "GetObject": 1,
            "BatchExecuteStatement": 40,
        }

        stub_server.open_queries(1000)
        assert calls_of(executable, stub_server, "usage_update", event_delivery.schedule_event()) == {
            "Query": 1,
            "BatchGetQueryExecution": 20,
            "SendMessageBatch": 100,
            "BatchExecuteStatement": 40,
        }


# Whose query it is, whether alerts have threads, the number of alerts, and the calls for the first and the second query.
ALERTS = [
    # One write claims the alert, one records it, and one shows it on the row.
    ("ada", "off", 1, [{"UpdateItem": 3}] * 2),
    # Both targets share the claim and what the row shows; each has a record of its own.
    ("ada", "off", 2, [{"UpdateItem": 4}] * 2),
    # That a program is no person is known before the claim.
    ("etl", "off", 1, [{"UpdateItem": 3}] * 2),
    # The first alert of a day leases the thread, and reads the day before and after. The record counts it, too.
    # The second one's record leases the update, for which the day and the first message's content are read.
    (
        "ada",
        "day",
        1,
        [
            {"UpdateItem": 3, "GetItem": 2, "TransactWriteItems": 1},
            {"UpdateItem": 3, "GetItem": 3, "TransactWriteItems": 1},
        ],
    ),
    (
        "ada",
        "day",
        2,
        [
            {"UpdateItem": 4, "GetItem": 4, "TransactWriteItems": 2},
            {"UpdateItem": 4, "GetItem": 6, "TransactWriteItems": 2},
        ],
    ),
]


@pytest.mark.parametrize("user, thread, alerts, calls", ALERTS)
def test_an_alert_takes_few_calls(
    alerter: AlerterStack, slack: FakeSlack, user: str, thread: str, alerts: int, calls: List[Dict[str, int]]
) -> None:
    slack.add_person("ada@example.com")
    is_program = user == "etl"
    threshold = 1000 * GIB if alerts == 1 and not is_program else GIB
    alerter.write_settings(thresholds={"user": threshold, "channel": GIB}, quiet={"thread": thread})
    for name, expected in zip(("q-1", "q-2"), calls):
        identity = cloudtrail.machine() if is_program else cloudtrail.iam_user(user)
        alerter.run(name, scanned=100 * GIB, identity=identity)
        assert alerter.tick().succeeded
        alerter.aws.reset_calls()
        found = metrics(*alerter.drain().invocations)
        assert found["AlertsSent"] == alerts and found["AlertsSkippedNotAPerson"] == is_program
        ours = {name: count for name, count in alerter.aws.calls().items() if not name.startswith("sqs.")}
        assert ours == {f"dynamodb.{name}": count for name, count in expected.items()}


@pytest.mark.check
def test_ten_thousand_queries_end_within_athenas_quota(executable: Path, tmp_path: Path) -> None:
    """Runs against nginx, which enforces the quota and is otherwise as fast as possible: the worst case for a quota."""
    with StubServer(tmp_path, athena_quota=(PER_SECOND, BURST)) as stub_server:
        stub_server.open_queries(10_000)
        calls = calls_of(executable, stub_server, "usage_update", event_delivery.schedule_event())
    assert calls == {
        "Query": 1,
        "BatchGetQueryExecution": 200,
        "SendMessageBatch": 1000,
        "BatchExecuteStatement": 400,
    }


@pytest.mark.check
def test_queries_that_athena_throttles_are_asked_for_later(alerter: AlerterStack) -> None:
    ids = names(200)
    open_rows(alerter, ids)
    alerter.aws.put_executions(ids, state="SUCCEEDED", bytes=1)
    # Other clients use most of the quota.
    with alerter.aws.quota(BATCH, per_second=2, burst=1) as refused:
        for _ in range(10):
            alerter.tick()
            if not alerter.open_ids():
                break
        assert refused() > 0
    assert alerter.open_ids() == []
    told = [json.loads(body)["query_execution_id"] for body in alerter.waiting()]
    assert sorted(told) == sorted(ids)
