"""Each invocation counts its input and its outcome, and the counts add up."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Dict, List

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import GIB, AlerterStack, ago, finished_message, metrics, reason
from support.emulator import Invocation
from support.fake_slack import FakeSlack

DENIED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}


def assert_files_add_up(counted: Dict[str, int]) -> None:
    assert counted["Records"] == sum(
        counted[name] for name in ("QueryStarts", "StartsRefusedByAthena", "RecordsOfOthers", "RecordsMalformed")
    )
    assert counted["QueryStarts"] == sum(
        counted[name]
        for name in ("QueriesStored", "QueriesAlreadyStored", "QueriesSkippedOtherAccount", "QueriesNotStored")
    )


def nonzero(counted: Dict[str, int]) -> Dict[str, int]:
    return {name: value for name, value in counted.items() if value}


def test_every_record_of_a_file_is_counted(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start("q-0")])
    records: List[Any] = [
        *cloudtrail.noise(30),
        *(cloudtrail.query_start(name) for name in ("q-0", "q-1", "q-2")),
        cloudtrail.query_start("q-3", account="999999999999"),
        cloudtrail.failed_start(),
        cloudtrail.query_start("q-4", eventTime="never"),
        None,
    ]
    [invocation] = alerter.deliver(records)
    counted = metrics(invocation)
    assert_files_add_up(counted)
    assert nonzero(counted) == {
        "FileNotices": 1,
        "FilesRead": 1,
        "Records": 37,
        "RecordsOfOthers": 30,
        "QueryStarts": 4,
        "QueriesStored": 2,
        "QueriesAlreadyStored": 1,
        "QueriesSkippedOtherAccount": 1,
        "StartsRefusedByAthena": 1,
        "RecordsMalformed": 2,
    }
    assert sorted(alerter.open_ids()) == ["q-0", "q-1", "q-2"]


def test_the_counts_of_a_truncated_file_add_up(alerter: AlerterStack) -> None:
    whole = cloudtrail.log_file([cloudtrail.query_start(f"q-{number}") for number in range(40)])
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "part", "code": "AccessDenied"})
    event = alerter.created(alerter.put_object(cloudtrail.log_key(), whole[: len(whole) // 2]))
    counted = metrics(alerter.handler("cloudtrail_handler").invoke(event))
    assert_files_add_up(counted)
    assert counted["FilesFailed"] == 1 and counted["QueriesNotStored"] > 3 and counted["QueriesStored"] > 3


def test_a_file_whose_download_is_retried_is_counted_once(alerter: AlerterStack) -> None:
    alerter.aws.arm({"operation": "s3.GetObject", "kind": "lost"})
    [invocation] = alerter.deliver([cloudtrail.query_start("q-1"), *cloudtrail.noise(9)])
    assert_files_add_up(metrics(invocation))
    assert metrics(invocation)["Records"] == 10


def test_a_file_of_another_account_is_counted_without_a_download(alerter: AlerterStack) -> None:
    keys = [
        alerter.put_log([cloudtrail.query_start("q-1")], prefix="trails/"),
        alerter.put_log([cloudtrail.query_start("q-2", account="999999999999")], account="999999999999"),
    ]
    organization = [key.replace("AWSLogs/", "AWSLogs/o-a1b2c3d4e5/") for key in keys]
    for number, key in enumerate(organization):
        alerter.put_object(key, cloudtrail.log_file([cloudtrail.query_start(f"q-org-{number}", at=cloudtrail.START)]))
    alerter.aws.reset_calls()
    [invocation] = alerter.announce(*keys, *organization)
    counted = metrics(invocation)
    assert_files_add_up(counted)
    assert (counted["FilesRead"], counted["FilesSkippedOtherAccount"]) == (2, 2)
    assert alerter.aws.calls()["s3.GetObject"] == 2
    assert sorted(alerter.open_ids()) == ["q-1", "q-org-0"]


def test_every_file_of_an_event_is_counted(alerter: AlerterStack) -> None:
    keys = [
        alerter.put_log([cloudtrail.query_start("q-1")]),
        alerter.put_object(cloudtrail.log_key(), b"no gzip"),
        alerter.put_object(cloudtrail.log_key(kind="CloudTrail-Digest"), cloudtrail.digest_file()),
        alerter.put_object(cloudtrail.log_key(), cloudtrail.digest_file()),
        alerter.put_object(cloudtrail.log_key(), cloudtrail.insights_file()),
    ]
    counted = metrics(alerter.handler("cloudtrail_handler").invoke(alerter.created(*keys)))
    assert (counted["FilesRead"], counted["FilesFailed"], counted["FilesSkippedNotALogFile"]) == (1, 1, 1)
    assert (counted["FilesSkippedDigest"], counted["FilesSkippedInsights"]) == (1, 1)
    assert_files_add_up(counted)


def assert_ticks_add_up(counted: Dict[str, int]) -> None:
    assert counted["OpenQueries"] == sum(
        counted[name]
        for name in (
            "QueriesRunning",
            "QueriesFinished",
            "QueriesUnknownToAthena",
            "QueriesRepeated",
            "QueriesUnclear",
            "QueriesAlreadyClosed",
            "QueriesFailed",
            "QueriesLeftForLater",
        )
    )


def test_every_open_query_is_counted(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start(f"q-{number}", at=ago(hours=2, minutes=number)) for number in range(6)])
    alerter.deliver([cloudtrail.query_start("q-0", at=ago(hours=1))])
    alerter.finish("q-0", submitted=ago(hours=2, seconds=1).timestamp())
    alerter.finish("q-1", 5)
    alerter.aws.put_execution("q-2", state="RUNNING")
    alerter.aws.put_execution("q-3", state="QUEUED")
    alerter.aws.put_execution("q-4", error_code="INTERNAL_ERROR")
    ticked = alerter.tick()
    counted = metrics(ticked)
    assert_ticks_add_up(counted)
    # The oldest is q-5.
    assert counted.pop("OldestOpenQueryMinutes") in (125, 126)
    assert nonzero(counted) == {
        "Ticks": 1,
        "OpenQueries": 7,
        "QueriesFinished": 2,
        "QueriesRepeated": 1,
        "QueriesRunning": 2,
        "QueriesUnclear": 1,
        "QueriesUnknownToAthena": 1,
        "MessagesSent": 2,
    }


def test_the_counts_of_a_failed_update_add_up(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start(f"q-{number:02}") for number in range(15)])
    for number in range(15):
        alerter.finish(f"q-{number:02}")
    alerter.aws.arm(
        {"operation": "sqs.SendMessageBatch", **DENIED},
        {"operation": "dynamodb.BatchExecuteStatement", "kind": "part", "code": "AccessDenied"},
    )
    ticked = alerter.tick()
    counted = metrics(ticked)
    assert not ticked.succeeded
    assert_ticks_add_up(counted)
    assert counted["QueriesFailed"] == len(alerter.open_ids())


def test_the_counts_add_up_when_athena_refuses_the_call(alerter: AlerterStack) -> None:
    alerter.run("q-1")
    alerter.aws.arm({"operation": "athena.BatchGetQueryExecution", "status": 400, "code": "SomethingElse"})
    counted = metrics(alerter.tick())
    assert_ticks_add_up(counted)
    assert counted["QueriesFailed"] == 1


def test_every_alert_is_counted(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    alerter.drain()
    messages = [
        finished_message("q-1"),
        finished_message("q-2"),
        finished_message("q-3", data_scanned=5),
        finished_message("q-4", data_scanned=20 * GIB, executing_user="nobody"),
        finished_message("q-5", data_scanned=20 * GIB, executing_user="etl", user_type="role"),
        "garbage",
    ]
    slack.fail_next("chat.postMessage", fake_slack.ok_false("restricted_action"))
    invocation = alerter.handler("notification").invoke(event_delivery.through_sqs(*messages))
    assert nonzero(metrics(invocation)) == {
        "Messages": 6,
        "QueriesBelowThresholds": 1,
        "AlertsDue": 6,
        "AlertsAlreadySent": 2,
        "AlertsSent": 1,
        "AlertsFailed": 1,
        "AlertsSkippedUnknownPerson": 1,
        "AlertsSkippedNotAPerson": 1,
        "MessagesReturned": 2,
        "ThreadsUpdated": 1,
    }
    assert len(invocation.payload["batchItemFailures"]) == 2


def test_a_failed_write_to_the_table_is_counted_as_a_failed_alert(alerter: AlerterStack) -> None:
    alerter.aws.arm({"operation": "dynamodb.UpdateItem", **DENIED})
    counted = metrics(alerter.handler("notification").invoke(event_delivery.through_sqs(finished_message("q-1"))))
    # Two targets are due, and neither is alerted while their claim cannot be written.
    assert (counted["AlertsDue"], counted["AlertsFailed"], counted["AlertsSent"]) == (2, 2, 0)


# The counts add up after any fault at any call


KINDS: List[Dict[str, Any]] = [
    DENIED,
    {"kind": "throttle", "times": 9},
    {"kind": "lost", "times": 9},
    {"kind": "corrupt", "times": 9},
    {"kind": "says", "body": "nonsense", "times": 9},
    {"kind": "delay", "delay": 4},
]
# Each kind at the first call and after some successful calls; one delay is enough.
FAULTS = [(kind, after) for after in (0, 3) for kind in KINDS if after == 0 or kind.get("kind") != "delay"]
STATEMENTS = "dynamodb.BatchExecuteStatement"
# All statements of a file or of a piece may be in the first call.
PARTS: List[Any] = [({"kind": "part", "code": code, "times": 9}, 0) for code in ("AccessDenied", "ThrottlingError")]


def faults_at(operation: str) -> List[Any]:
    return [*FAULTS, *PARTS] if operation == STATEMENTS else FAULTS


def named(kind: Dict[str, Any], after: int) -> str:
    return f"{kind.get('kind', 'denied')} after {after}"


def fault(operation: str, kind: Dict[str, Any], after: int) -> Dict[str, Any]:
    return {**kind, "operation": operation, "after": after}


@pytest.mark.check
@pytest.mark.parametrize("operation", ["s3.GetObject", STATEMENTS])
def test_the_counts_of_files_add_up_after_any_fault(alerter: AlerterStack, operation: str) -> None:
    alerter.timeout_seconds = 5
    alerter.deliver([cloudtrail.query_start("q-0")])
    for kind, after in faults_at(operation):
        records = [cloudtrail.query_start(f"q-{number}") for number in range(8)]
        bodies = [
            cloudtrail.log_file([*records, cloudtrail.query_start("q-o", account="999999999999"), None, *cloudtrail.noise(5)]),
            cloudtrail.log_file(records)[:-30],
            b"no gzip",
            cloudtrail.log_file([cloudtrail.query_start("q-9"), cloudtrail.failed_start()]),
        ]
        keys = [alerter.put_object(cloudtrail.log_key(), body) for body in bodies]
        keys.append(alerter.put_object(cloudtrail.log_key(kind="CloudTrail-Digest"), cloudtrail.digest_file()))
        event = alerter.created(*keys)
        event["Records"].append({"what": "?"})
        alerter.aws.arm(fault(operation, kind, after))
        invocation = alerter.handler("cloudtrail_handler").invoke(event)
        alerter.aws.arm()
        assert invocation.error is not None and "Timedout" not in str(invocation.error), named(kind, after)
        counted = metrics(invocation)
        assert_files_add_up(counted)
        files = sum(counted[name] for name in ("FilesRead", "FilesFailed", "FilesSkippedNotALogFile"))
        assert files == len(event["Records"]), named(kind, after)


@pytest.mark.check
@pytest.mark.parametrize(
    "operation", ["dynamodb.Query", "athena.BatchGetQueryExecution", "sqs.SendMessageBatch", STATEMENTS]
)
def test_the_counts_of_an_update_add_up_after_any_fault(alerter: AlerterStack, operation: str) -> None:
    alerter.timeout_seconds = 8
    for turn, (kind, after) in enumerate(faults_at(operation)):
        names = [f"q-{turn}-{number:02}" for number in range(55)]
        alerter.deliver([cloudtrail.query_start(name) for name in names])
        # The second row of a query that was started twice: finding the first takes one more query of the table.
        alerter.deliver([cloudtrail.query_start(names[0], at=cloudtrail.START + timedelta(seconds=5))])
        for name in names:
            alerter.finish(name)
        alerter.finish(names[0], submitted=(cloudtrail.START - timedelta(seconds=1)).timestamp())
        alerter.aws.put_execution(names[3], state="RUNNING")
        alerter.aws.put_execution(names[4], error_code="INTERNAL_ERROR")
        alerter.aws.arm(fault(operation, kind, after))
        ticked = alerter.tick()
        alerter.aws.arm()
        assert "Timedout" not in str(ticked.error), named(kind, after)
        assert_ticks_add_up(metrics(ticked))
        rest = [alerter.tick() for _ in range(2)]
        assert_ticks_add_up(metrics(*rest))
        assert rest[-1].succeeded and set(alerter.open_ids()) & set(names) == {names[3]}, named(kind, after)


def test_queries_put_aside_are_counted_when_the_next_page_cannot_be_read(alerter: AlerterStack) -> None:
    """A batch that Athena refuses is retried in parts after the last page, which may never come."""
    for number in range(30):
        start = ago(minutes=90 - number)
        alerter.put_row(
            start_date=f"{start:%Y-%m-%d}", start_key=f"{start:%Y-%m-%d %H:%M:%S}#q-{number:02}", open="0", filler="x" * 60_000
        )
        alerter.finish(f"q-{number:02}")
    alerter.aws.arm(
        {"operation": "athena.*", "status": 400, "code": "InvalidRequestException"},
        {"operation": "dynamodb.Query", "after": 1, **DENIED},
    )
    ticked = alerter.tick()
    counted = metrics(ticked)
    assert "AccessDeniedException" in reason(ticked)
    assert_ticks_add_up(counted)
    assert counted["OpenQueries"] == counted["QueriesFinished"] and 10 < counted["OpenQueries"] < 30


def assert_alerts_add_up(counted: Dict[str, int]) -> None:
    assert counted["AlertsDue"] == sum(
        counted[name]
        for name in (
            "AlertsSent",
            "AlertsAlreadySent",
            "AlertsFailed",
            "AlertsPostponed",
            "AlertsSkippedTargetNotSet",
            "AlertsSkippedNotAPerson",
            "AlertsSkippedUnknownPerson",
            "AlertsSkippedByRule",
        )
    )


SLACK_FAILURES = [
    fake_slack.ok_false("invalid_auth"),
    fake_slack.rate_limited(3600),
    fake_slack.server_error(503),
    fake_slack.reset(),
    fake_slack.garbage(),
    fake_slack.slow(4),
]


def deliver_messages(alerter: AlerterStack, turn: str) -> Dict[str, int]:
    """Delivers seven messages, one of which has alerted before, and returns the counts."""
    messages = [
        *(finished_message(f"q-{turn}-{number}") for number in range(3)),
        finished_message(f"q-{turn}-3", data_scanned=5),
        finished_message(f"q-{turn}-4", executing_user="nobody"),
        finished_message(f"q-{turn}-5", executing_user="etl", user_type="role"),
        "garbage",
    ]
    invocation = alerter.handler("notification").invoke(event_delivery.through_sqs(*messages))
    assert invocation.succeeded, invocation.error
    counted = metrics(invocation)
    assert_alerts_add_up(counted)
    assert counted["Messages"] == 7 and counted["MessagesReturned"] == len(invocation.payload["batchItemFailures"])
    return counted


@pytest.mark.check
@pytest.mark.parametrize("operation", ["dynamodb.UpdateItem", "dynamodb.GetItem"])
def test_the_counts_of_alerts_add_up_after_any_fault_of_the_table(
    alerter: AlerterStack, slack: FakeSlack, operation: str
) -> None:
    alerter.timeout_seconds = 5
    slack.add_person("ada@example.com")
    for turn, (kind, after) in enumerate(FAULTS):
        alerter.handler("notification").invoke(event_delivery.through_sqs(finished_message(f"q-{turn}-0")))
        alerter.aws.arm(fault(operation, kind, after))
        counted = deliver_messages(alerter, str(turn))
        alerter.aws.arm()
        assert counted["AlertsDue"] == 10, named(kind, after)


@pytest.mark.check
@pytest.mark.parametrize("method", ["chat.postMessage", "users.lookupByEmail"])
def test_the_counts_of_alerts_add_up_after_any_fault_of_slack(alerter: AlerterStack, slack: FakeSlack, method: str) -> None:
    alerter.timeout_seconds = 5
    slack.add_person("ada@example.com")
    for turn, failure in enumerate(SLACK_FAILURES):
        # A person is looked up once in a process.
        alerter.stop()
        slack.fail_next(method, failure)
        deliver_messages(alerter, str(turn))


# The format of the log


def emitted(invocation: Invocation) -> List[Dict[str, Any]]:
    return [line for line in invocation.logs if "_aws" in line]


def test_metrics_have_the_embedded_metric_format(alerter: AlerterStack) -> None:
    [invocation] = alerter.deliver([cloudtrail.query_start("q-1")])
    [line] = emitted(invocation)
    [definition] = line["_aws"]["CloudWatchMetrics"]
    assert definition["Namespace"] == "AthenaAlerter"
    # A dimension must not take many values: each value costs a metric.
    assert definition["Dimensions"] == [["FunctionName"]] and line["FunctionName"] == "cloudtrail_handler"
    assert 0 < len(definition["Metrics"]) <= 100
    kinds = {metric["Name"]: (metric["Unit"], type(line[metric["Name"]])) for metric in definition["Metrics"]}
    assert kinds.pop("StartLatencySeconds") == ("Seconds", list) and set(kinds.values()) == {("Count", int)}
    assert abs(line["_aws"]["Timestamp"] / 1000 - ago().timestamp()) < 60


def test_every_log_line_is_one_json_object(alerter: AlerterStack, slack: FakeSlack) -> None:
    strange = 'a "quoted"\nkey\twith \\ and \x01/'
    invocations = alerter.deliver([cloudtrail.query_start("q-1")])
    invocations += alerter.announce(alerter.put_object(cloudtrail.log_key(prefix="q\"uo\\te'/"), b"no gzip"))
    invocations.append(alerter.handler("cloudtrail_handler").invoke({"Records": [{"Sns": {"Message": strange}}]}))
    alerter.aws.put_execution("q-1", error_code=strange, error_message=strange)
    alerter.deliver([cloudtrail.query_start("q-2", at=ago(minutes=1))])
    alerter.aws.put_execution("q-2", error_code=strange, error_message=strange)
    invocations.append(alerter.tick())
    alerter.send(strange.replace("\x01", ""))
    alerter.send(finished_message("q-3"))
    slack.fail_next("chat.postMessage", fake_slack.ok_false(strange))
    invocations += alerter.queue().deliver_batch().invocations
    lines = [line for invocation in invocations for line in invocation.log_lines]
    assert len(lines) > 10
    for line in lines:
        assert isinstance(json.loads(line), dict), line
    assert all({"timestamp", "level", "message"} <= set(json.loads(line)) for line in lines if "_aws" not in line)


def test_lines_below_the_log_level_are_not_written(alerter: AlerterStack) -> None:
    alerter.set_environment(AWS_LAMBDA_LOG_LEVEL="ERROR")
    alerter.send(finished_message("q-1", executing_user="etl", user_type="role"))
    [invocation, *_] = alerter.drain().invocations
    assert [line for line in invocation.logs if "_aws" not in line] == [] and len(emitted(invocation)) == 1


def test_the_age_of_the_oldest_open_query_is_counted(alerter: AlerterStack) -> None:
    assert metrics(alerter.tick())["OldestOpenQueryMinutes"] == 0
    for name, minutes in (("q-young", 5), ("q-old", 95)):
        alerter.start(name, at=ago(minutes=minutes))
    assert metrics(alerter.tick())["OldestOpenQueryMinutes"] in (95, 96)
