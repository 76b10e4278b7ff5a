"""Malformed input affects only itself: the other items of the same file, event, batch or response are processed.

Each case is between two valid items in one invocation; the processes survive all of them. The tests of the modules have
the other cases of each kind of value, in files such as `MalformedRecordTests.swift`. The cases that need the client of a
service are all here.
"""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import AlerterStack, ago, finished_message, metrics
from support.emulator import Invocation
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS

numbers = itertools.count()

DEEP = "[" * 100_000 + "]" * 100_000
LONG = "x" * 300_000
HUGE = 10**400


@pytest.fixture(scope="module")
def workspace() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


@pytest.fixture(scope="module")
def patient_alerter(
    executable: Path, local_aws: LocalAWS, workspace: FakeSlack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlerterStack]:
    """One alerter for all cases; its processes survive every case."""
    local_aws.arm()
    local_aws.clear_executions()
    with AlerterStack(executable, local_aws, workspace, tmp_path_factory.mktemp("alerter")) as built:
        yield built
        assert "BACKTRACE" not in built.output()


@pytest.fixture
def names() -> Tuple[str, str, str]:
    """Unique ids for a case and for the two valid items around it."""
    number = next(numbers)
    return f"q{number}-before", f"q{number}-bad", f"q{number}-after"


def has_row(alerter: AlerterStack, name: str) -> bool:
    key = {"start_date": {"S": "2024-03-05"}, "start_key": {"S": f"2024-03-05 14:30:07#{name}"}}
    return "Item" in alerter.aws.client("dynamodb").get_item(TableName=alerter.resources.table, Key=key)


def same_process(alerter: AlerterStack, handler: str) -> Any:
    return alerter.handler(handler).function_process_id()


# Records of a file

UNREADABLE, NO_START, REFUSED, ROW = "RecordsMalformed", "RecordsOfOthers", "StartsRefusedByAthena", "QueriesStored"


def start(**members: Any) -> str:
    """The text of a start, in which NAME is the id of the case."""
    return json.dumps(cloudtrail.query_start("NAME", **members), separators=(",", ":"))


RECORDS: List[Tuple[str, str]] = [
    (UNREADABLE, start(responseElements={"queryExecutionId": LONG})),
    (UNREADABLE, start().replace('"readOnly":false', '"readOnly" false')),
    (NO_START, start(eventName="StopQueryExecution")),
    (REFUSED, start(errorCode="AccessDenied")),
    (ROW, start(identity={"type": "IAMUser", "userName": "a\u0000b"})),
    (ROW, start().replace('"readOnly":false', f'"readOnly":{DEEP}')),
]


@pytest.mark.parametrize("outcome, text", RECORDS, ids=lambda value: value[-40:])
def test_a_malformed_record(patient_alerter: AlerterStack, names: Tuple[str, str, str], outcome: str, text: str) -> None:
    before, after = (json.dumps(cloudtrail.query_start(name)) for name in (names[0], names[2]))
    body = '{"Records":[' + ",".join((before, text.replace("NAME", names[1]), after)) + "]}"
    key = patient_alerter.put_object(cloudtrail.log_key(), gzip.compress(body.encode(), 1))
    invocation = patient_alerter.handler("cloudtrail_handler").invoke(patient_alerter.created(key))
    assert invocation.succeeded, invocation.error
    assert [has_row(patient_alerter, name) for name in names] == [True, outcome == ROW, True]
    counted = {name: value for name, value in metrics(invocation).items() if value}
    starts = 3 if outcome == ROW else 2
    expected = {"FileNotices": 1, "FilesRead": 1, "Records": 3, "QueryStarts": starts, "QueriesStored": starts}
    assert counted == {**expected, **({} if outcome == ROW else {outcome: 1})}


# Files of an event

TEXT = cloudtrail.log_text(cloudtrail.noise(20))
FILE = gzip.compress(TEXT, mtime=0)
FILES: List[Tuple[str, bytes]] = [
    ("not a gzip file", b"\x1f" + FILE),
    ("the gzip data is damaged", FILE[:-8] + b"\0" * 4 + FILE[-4:]),
    ("ends before its contents do", FILE[:-1]),
    ("not a CloudTrail log at byte 0", b"<?xml version='1.0'?><Error/>"),
    ("no CloudTrail record", gzip.compress(DEEP.encode(), mtime=0)),
]


@pytest.mark.parametrize("words, body", FILES, ids=[words for words, _ in FILES])
def test_a_damaged_file(patient_alerter: AlerterStack, names: Tuple[str, str, str], words: str, body: bytes) -> None:
    keys = [
        patient_alerter.put_log([cloudtrail.query_start(names[0])]),
        patient_alerter.put_object(cloudtrail.log_key(), body),
        patient_alerter.put_log([cloudtrail.query_start(names[2])]),
    ]
    process = same_process(patient_alerter, "cloudtrail_handler")
    invocation = patient_alerter.handler("cloudtrail_handler").invoke(patient_alerter.created(*keys))
    assert invocation.error is not None
    said = invocation.error["errorMessage"]
    assert f"s3://{patient_alerter.resources.bucket}/{keys[1]}: " in said and words in said
    assert keys[0] not in said and keys[2] not in said
    assert "\n" not in said and len(said) < 500
    assert has_row(patient_alerter, names[0]) and has_row(patient_alerter, names[2])
    assert metrics(invocation)["FilesFailed"] == 1 and metrics(invocation)["FilesRead"] == 2
    assert same_process(patient_alerter, "cloudtrail_handler") == process or process is None


# Events

EVENTS: List[Any] = [
    DEEP,
    {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "%ff%fe"}}}]},
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: repr(event)[:50])
def test_a_malformed_event(patient_alerter: AlerterStack, names: Tuple[str, str, str], event: Any) -> None:
    good = [patient_alerter.created(patient_alerter.put_log([cloudtrail.query_start(name)])) for name in (names[0], names[2])]
    batch = event_delivery.through_sqs(good[0], event if isinstance(event, str) else json.dumps(event), good[1])
    invocation = patient_alerter.handler("cloudtrail_handler").invoke(batch)
    assert invocation.succeeded, invocation.error
    assert has_row(patient_alerter, names[0]) and has_row(patient_alerter, names[2])
    returned = [one["itemIdentifier"] for one in invocation.payload["batchItemFailures"]]
    assert returned == [batch["Records"][1]["messageId"]]
    assert metrics(invocation)["FilesFailed"] >= 1 and metrics(invocation)["FilesRead"] == 2


# Messages of finished queries


REFUSED_MESSAGES: List[Any] = [DEEP, finished_message("NAME", executing_user=None)]
# Malformed, but with all required keys: one for the table, and one for Slack.
ACCEPTED_MESSAGES: List[Any] = [
    finished_message("NAME", start_timestamp=""),
    finished_message("NAME", executing_user="\u0000" + "😀" * 500, query_sql=LONG[:200_000], region="\n", duration_ms=HUGE),
]


def deliver_message(alerter: AlerterStack, body: Any, name: str) -> Tuple[Invocation, List[str]]:
    text = body if isinstance(body, str) else json.dumps(body)
    around = [finished_message(f"{name}-{place}", executing_user="etl", user_type="role") for place in ("before", "after")]
    batch = event_delivery.through_sqs(around[0], text.replace("NAME", name), around[1])
    invocation = alerter.handler("notification").invoke(batch)
    assert invocation.succeeded, invocation.error
    for place in ("before", "after"):
        assert len(alerter.channel_alerts(f"{name}-{place}")) == 1
    ids = [record["messageId"] for record in batch["Records"]]
    returned = [ids.index(one["itemIdentifier"]) for one in invocation.payload["batchItemFailures"]]
    return invocation, ["before bad after".split()[index] for index in returned]


@pytest.mark.parametrize("body", REFUSED_MESSAGES, ids=lambda body: repr(body)[:60])
def test_a_message_that_is_not_a_finished_query_is_returned(
    patient_alerter: AlerterStack, workspace: FakeSlack, names: Any, body: Any
) -> None:
    workspace.calls.clear()
    invocation, returned = deliver_message(patient_alerter, body, names[1])
    assert returned == ["bad"] and "not the message of a finished query" in "".join(invocation.log_lines)
    assert len(workspace.messages()) == 2


@pytest.mark.parametrize("body", ACCEPTED_MESSAGES, ids=lambda body: repr(body)[:60])
def test_a_malformed_message_with_all_required_keys_alerts(
    patient_alerter: AlerterStack, workspace: FakeSlack, names: Any, body: Any
) -> None:
    workspace.calls.clear()
    invocation, returned = deliver_message(patient_alerter, body, names[1])
    assert returned == [] and metrics(invocation)["AlertsFailed"] == 0
    assert len(workspace.messages()) == 3


# Rows, and responses of Athena


def open_row(name: str, **attributes: Any) -> Dict[str, Any]:
    row = {
        "start_date": f"{ago():%Y-%m-%d}",
        "start_key": f"{ago(minutes=2):%Y-%m-%d %H:%M:%S}#{name}",
        "query_execution_id": name,
        "executing_user": "ada",
        "open": "0",
        **attributes,
    }
    return {attribute: value for attribute, value in row.items() if value is not ...}


ROWS: List[Dict[str, Any]] = [
    {
        "executing_user": {"ada"}, "region": "../..", "query_execution_id": ..., "workgroup": None, "user_type": 7,
        "account_id": True, "expires_at": "never", "surprise": [1, {"a": b"b"}],
    },
    {"start_key": "\u0000#NAME"},
]


def settle(alerter: AlerterStack, names: Tuple[str, str, str]) -> Tuple[Invocation, List[str]]:
    """Runs `usage_update`, and returns the neighbors whose messages were sent."""
    ticked = alerter.tick()
    sent = [json.loads(body)["query_execution_id"] for body in alerter.waiting()]
    return ticked, [name for name in (names[0], names[2]) if name in sent]


def close_all(alerter: AlerterStack) -> None:
    """Leaves no open row for the next case."""
    client = alerter.aws.client("dynamodb")
    page = client.query(
        TableName=alerter.resources.table,
        IndexName="open-queries",
        KeyConditionExpression="#open = :open",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":open": {"S": "0"}},
    )
    for item in page["Items"]:
        client.delete_item(TableName=alerter.resources.table, Key={name: item[name] for name in ("start_date", "start_key")})


@pytest.mark.parametrize("attributes", ROWS, ids=lambda value: repr(value)[:60])
def test_a_malformed_row(patient_alerter: AlerterStack, names: Tuple[str, str, str], attributes: Dict[str, Any]) -> None:
    close_all(patient_alerter)
    changes = {
        attribute: value.replace("NAME", names[1]) if isinstance(value, str) else value
        for attribute, value in attributes.items()
    }
    for name in names:
        patient_alerter.finish(name)
        patient_alerter.put_row(**open_row(name, **(changes if name == names[1] else {})))
    ticked, sent = settle(patient_alerter, names)
    assert sent == [names[0], names[2]] and ticked.succeeded, ticked.error
    counted = metrics(ticked)
    assert counted["OpenQueries"] == 3 and counted["QueriesFinished"] >= 2


UNREADABLE_EXECUTION = {"QueryExecutionId": "NAME", "Status": {"State": 7}}
# Malformed, but the query has ended.
ENDED_EXECUTION = {
    "QueryExecutionId": "NAME",
    "Status": {"State": "\u0000", "SubmissionDateTime": 0},
    "Statistics": {"DataScannedInBytes": -5, "TotalExecutionTimeInMillis": -(2**63), "DpuCount": 1e308},
    "Query": LONG,
}


def execution_of(name: str) -> Dict[str, Any]:
    return {"QueryExecutionId": name, "Status": {"State": "SUCCEEDED"}, "Statistics": {"DataScannedInBytes": 5}}


def answer_with(alerter: AlerterStack, names: Tuple[str, str, str], bad: Any) -> Tuple[Invocation, List[str], bool]:
    """A response of Athena with three executions, the middle one malformed."""
    close_all(alerter)
    for name in names:
        alerter.put_row(**open_row(name))
    executions = [execution_of(names[0]), json.loads(json.dumps(bad).replace("NAME", names[1])), execution_of(names[2])]
    body = json.dumps({"QueryExecutions": executions, "UnprocessedQueryExecutionIds": []})
    alerter.aws.arm({"operation": "athena.BatchGetQueryExecution", "kind": "says", "body": body})
    ticked, sent = settle(alerter, names)
    alerter.aws.arm()
    key = {name: {"S": open_row(names[1])[name]} for name in ("start_date",)}
    left = alerter.aws.client("dynamodb").query(
        TableName=alerter.resources.table,
        KeyConditionExpression="start_date = :date",
        FilterExpression="query_execution_id = :id AND attribute_exists(#open)",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":date": key["start_date"], ":id": {"S": names[1]}},
    )
    return ticked, sent, left["Count"] == 1


def test_an_unreadable_execution_stays_open(patient_alerter: AlerterStack, names: Tuple[str, str, str]) -> None:
    ticked, sent, is_open = answer_with(patient_alerter, names, UNREADABLE_EXECUTION)
    assert sent == [names[0], names[2]] and ticked.succeeded, ticked.error
    assert is_open and metrics(ticked)["QueriesUnclear"] == 1


def test_a_malformed_execution_that_has_ended_alerts(patient_alerter: AlerterStack, names: Tuple[str, str, str]) -> None:
    process = same_process(patient_alerter, "usage_update")
    ticked, sent, is_open = answer_with(patient_alerter, names, ENDED_EXECUTION)
    assert sent == [names[0], names[2]] and ticked.succeeded, ticked.error
    assert not is_open and metrics(ticked)["QueriesFinished"] == 3
    assert same_process(patient_alerter, "usage_update") == process or process is None


ANSWERS: List[Dict[str, Any]] = [
    *({"body": body} for body in (
        "", " ", "x", "{", "null", "7", '"x"', "[]", "<html>", "\ufeff{}", '{"QueryExecutions": 7}', '{"QueryExecutions": {}}',
        '{"QueryExecutions": "x", "UnprocessedQueryExecutionIds": 5}', DEEP,
    )),
    *({"body": body, "status": status} for status in (400, 404, 418, 500) for body in (
        "", "x", "{}", "[]", '{"__type": 7, "message": []}', "<Error>", '{"__type": "\\u0000\\n", "Message": "' + "x" * 100_000 + '"}',
    )),
    # A 204 has no body (RFC 9110, 15.3.5); bytes after it would precede the connection's next response, which here
    # belongs to another service.
    {"body": "", "status": 204},
    *({"body": "{}", "status": status} for status in (301, 302, 307)),
]


@pytest.mark.first_case
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda value: repr(value)[:80])
def test_a_malformed_response_of_athena(
    patient_alerter: AlerterStack, names: Tuple[str, str, str], answer: Dict[str, Any]
) -> None:
    """The neighbors are in another region, which takes another request."""
    # A new process, whose retry budget is unused.
    patient_alerter.stop()
    close_all(patient_alerter)
    # The regions are processed in the order of their names.
    for name, region in zip(names, ("us-east-1", "ap-south-1", "us-east-1")):
        patient_alerter.finish(name, region=region)
        patient_alerter.put_row(**open_row(name, region=region))
    fault = {"operation": "athena.BatchGetQueryExecution", "kind": "says", "region": "ap-south-1", "times": 9, **answer}
    patient_alerter.aws.arm(fault)
    ticked, sent = settle(patient_alerter, names)
    assert sent == [names[0], names[2]]
    counted = metrics(ticked)
    assert counted["QueriesFinished"] == 2 and counted["QueriesFailed"] + counted["QueriesUnclear"] == 1, ticked.log_lines
    assert all(len(line) < 3000 for line in ticked.log_lines)
    patient_alerter.aws.arm()
    again = patient_alerter.tick()
    assert again.succeeded and metrics(again)["QueriesFinished"] == 1


# Responses of Slack

SLACK_ANSWERS: List[fake_slack.Failure] = [
    *(fake_slack.says(body) for body in (
        b"", b" ", b"x", b"{", b"null", b"7", b"[]", b"{}", b'"ok"', b'{"ok":"true"}', b'{"ok":1}', b'{"ok":null}', b'{"ok":[]}',
        b'{"ok":false}', b'{"ok":false,"error":7}', b'{"ok":false,"error":""}', b'{"ok":false,"error":"new_error"}',
        b'{"ok":false,"error":"' + b"x" * 100_000 + b'"}', b'{"ok":false,"error":"a\\nb\\u0000"}', b"<html>", b"\xff\xfe", DEEP.encode(),
        b'{"ok":tru', b'\xef\xbb\xbf{"ok":tru',
    )),
    *(fake_slack.says(b"", status) for status in (204, 301, 302, 304, 307, 400, 401, 403, 404, 418, 500, 502, 504)),
    *(fake_slack.says(b"{}", 429, Retry_After=value) for value in ("3600", "99999999999999999999", "9223372036854775807")),
]


@pytest.mark.first_case
@pytest.mark.parametrize("answer", SLACK_ANSWERS, ids=lambda value: f"{value.status} {value.body[:40]!r} {value.headers}")
def test_a_malformed_response_of_slack(
    patient_alerter: AlerterStack, workspace: FakeSlack, names: Tuple[str, str, str], answer: fake_slack.Failure
) -> None:
    """An alert with an unclear outcome is returned and sent after its lease expires; the others are sent now or then."""
    workspace.calls.clear()
    batch = event_delivery.through_sqs(*(finished_message(name, executing_user="etl", user_type="role") for name in names))
    workspace.fail_next("chat.postMessage", answer)
    invocation = patient_alerter.handler("notification").invoke(batch)
    assert invocation.succeeded and all(len(line) < 3000 for line in invocation.log_lines)
    returned = [one["itemIdentifier"] for one in invocation.payload["batchItemFailures"]]
    assert len(workspace.messages()) == 3 - len(returned)
    patient_alerter.expire_leases()
    again = patient_alerter.handler("notification").invoke(batch)
    assert again.succeeded and again.payload == {"batchItemFailures": []}
    assert [len(patient_alerter.channel_alerts(name)) for name in names] == [1, 1, 1]


# Responses of other services


@pytest.mark.first_case
@pytest.mark.parametrize(
    "operation, body",
    [
        *(("dynamodb.Query", body) for body in ("", "[]", "{}", '{"Items": 7}', '{"Items": [7]}', '{"Items": [], "LastEvaluatedKey": 7}')),
        *(("sqs.SendMessageBatch", body) for body in (
            "", "[]", "{}", '{"Successful": 7}', '{"Successful": [{"Id": "9"}]}', '{"Failed": [{}]}',
            '{"Successful": [{"Id": "0", "MD5OfMessageBody": "wrong"}]}',
        )),
    ],
    ids=repr,
)
def test_a_malformed_response_of_the_table_or_the_queue(
    patient_alerter: AlerterStack, names: Tuple[str, str, str], operation: str, body: str
) -> None:
    close_all(patient_alerter)
    patient_alerter.put_row(**open_row(names[1]))
    patient_alerter.finish(names[1])
    # The checksum matches: the contents are wrong.
    patient_alerter.aws.arm({"operation": operation, "kind": "says", "body": body, "times": 9})
    ticked = patient_alerter.tick()
    assert not ticked.succeeded and ticked.error and operation.split(".")[0] in ticked.error["errorMessage"]
    patient_alerter.aws.arm()
    assert patient_alerter.tick().succeeded
    assert names[1] in [json.loads(body)["query_execution_id"] for body in patient_alerter.waiting()]


@pytest.mark.parametrize("cases", [ANSWERS, SLACK_ANSWERS], ids=["Athena", "Slack"])
def test_every_answer_is_distinct(cases: List[Any]) -> None:
    assert len(cases) >= 40 and len({repr(case) for case in cases}) == len(cases), "every case must be distinct"
