"""The fakes and helpers behave as AWS and Slack do, so that a failing test means a fault of the executable."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

import pytest
from botocore.exceptions import ClientError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from support import cloudtrail, event_delivery, fake_slack, strict_s3
from support.emulator import Emulator, Invocation
from support.fake_slack import FakeSlack
from support.local_aws import Credentials, LocalAWS, Resources
from support.processes import listens, start, start_serving, stop
from support.terminal import render

# The timeout of a Slack client whose response is certain.
TIMEOUT_SECONDS = 30
# A function in Python that does what its event asks for.
FUNCTION = """#!{python}
import json, os, sys, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime"
if os.environ.get("FAIL_AT_START"):
    sys.exit(7)
while True:
    with urllib.request.urlopen(api + "/invocation/next") as reply:
        request, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], json.load(reply)
    print(json.dumps({{"message": "began", "handler": os.environ["_HANDLER"]}}), flush=True)
    time.sleep(event.get("sleep", 0))
    if event.get("crash"):
        os._exit(3)
    way, answer = "response", event
    if event.get("fail"):
        way, answer = "error", {{"errorType": "Planned", "errorMessage": "as told"}}
    urllib.request.urlopen(f"{{api}}/invocation/{{request}}/{{way}}", data=json.dumps(answer).encode()).close()
"""


@pytest.fixture
def function(tmp_path: Path) -> Path:
    path = tmp_path / "function"
    path.write_text(FUNCTION.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.fixture
def resources(local_aws: LocalAWS) -> Iterator[Resources]:
    local_aws.arm()
    yield local_aws.create_stack_like_resources()
    local_aws.arm()


class Scripted:
    """A function that answers a batch with a test's own responses."""

    def __init__(self, answer: Callable[[List[Dict[str, Any]]], Tuple[Any, Optional[Dict[str, Any]]]]) -> None:
        self.answer = answer
        self.events: List[Dict[str, Any]] = []

    def invoke(self, event: Dict[str, Any]) -> Invocation:
        self.events.append(event)
        payload, error = self.answer(event.get("Records", []))
        return Invocation(payload, error, 0)


def error_code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


# AWS


def test_an_execution_has_the_state_that_the_test_sets(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena", local_aws.alerter_user)
    local_aws.put_execution("execution-1", state="RUNNING", query="SELECT 2", workgroup="analysts")
    running = athena.get_query_execution(QueryExecutionId="execution-1")["QueryExecution"]
    assert (running["Status"]["State"], running["WorkGroup"]) == ("RUNNING", "analysts")
    assert "DataScannedInBytes" not in running["Statistics"]

    local_aws.put_execution("execution-1", state="CANCELLED", reason="Bytes scanned limit was exceeded", bytes=10_485_760)
    answer = athena.batch_get_query_execution(QueryExecutionIds=["execution-1", "execution-none"])
    (ended,) = answer["QueryExecutions"]
    assert ended["Query"] == "SELECT 2"
    assert ended["Statistics"]["DataScannedInBytes"] == 10_485_760
    assert ended["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert [one["QueryExecutionId"] for one in answer["UnprocessedQueryExecutionIds"]] == ["execution-none"]

    local_aws.delete_execution("execution-1")
    assert error_code(lambda: athena.get_query_execution(QueryExecutionId="execution-1")) == "InvalidRequestException"


def test_a_started_execution_can_be_finished(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena")
    execution_id = athena.start_query_execution(QueryString="SELECT 9")["QueryExecutionId"]
    local_aws.put_execution(execution_id, state="FAILED", reason="SYNTAX_ERROR")
    execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
    assert (execution["Query"], execution["Status"]["State"]) == ("SELECT 9", "FAILED")


def test_a_query_passes_through_its_planned_states(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena")
    error = {"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False, "ErrorMessage": "no such column"}
    order = {"states": ["QUEUED", "RUNNING", "FAILED"], "reason": "SYNTAX_ERROR", "athena_error": error}
    local_aws.plan_executions({"order": order})
    execution_id = athena.start_query_execution(QueryString="SELECT a FROM b")["QueryExecutionId"]
    looks = [athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"] for _ in range(4)]
    assert [look["State"] for look in looks] == ["QUEUED", "RUNNING", "FAILED", "FAILED"]
    assert (looks[-1]["StateChangeReason"], looks[-1]["AthenaError"]) == ("SYNTAX_ERROR", error)
    assert error_code(lambda: athena.get_query_results(QueryExecutionId=execution_id)) == "InvalidRequestException"
    # The plan was for one query only.
    assert athena.start_query_execution(QueryString="SELECT 1")["QueryExecutionId"] != execution_id


def test_a_token_starts_one_execution(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena")
    token = uuid.uuid4().hex
    first, again, other = (
        athena.start_query_execution(QueryString="SELECT 9", ClientRequestToken=one)["QueryExecutionId"]
        for one in (token, token, uuid.uuid4().hex)
    )
    assert first == again != other
    with pytest.raises(ClientError, match="do not match") as refused:
        athena.start_query_execution(QueryString="SELECT 8", ClientRequestToken=token)
    assert refused.value.response["AthenaErrorCode"] == "IDEMPOTENT_PARAMETER_MISMATCH"


def test_rows_come_in_pages_with_the_header_on_the_first(local_aws: LocalAWS, resources: Resources) -> None:
    athena = local_aws.client("athena")
    rows = [["1", "a"], ["2", None], ["3", ""]]
    local_aws.plan_executions({"columns": [("n", "bigint"), ("t", "varchar")], "rows": rows})
    where = {"OutputLocation": f"s3://{resources.bucket}/results/"}
    execution_id = athena.start_query_execution(QueryString="SELECT n, t", ResultConfiguration=where)["QueryExecutionId"]
    one = {"QueryExecutionId": execution_id, "MaxResults": 2}
    first = athena.get_query_results(**one)
    second = athena.get_query_results(**one, NextToken=first["NextToken"])
    header = {"Data": [{"VarCharValue": "n"}, {"VarCharValue": "t"}]}
    assert first["ResultSet"]["Rows"][0] == header
    assert second["ResultSet"]["Rows"][0] == {"Data": [{"VarCharValue": "2"}, {}]}
    assert "NextToken" not in second and len(second["ResultSet"]["Rows"]) == 2
    assert error_code(lambda: athena.get_query_results(**one, NextToken="x")) == "InvalidRequestException"

    key = f"results/{execution_id}.csv"
    assert local_aws.client("s3").get_object(Bucket=resources.bucket, Key=key)["Body"].read() == (
        b'"n","t"\n"1","a"\n"2",\n"3",""\n'
    )
    local_aws.client("s3").delete_object(Bucket=resources.bucket, Key=key)
    assert error_code(lambda: athena.get_query_results(**one)) == "InvalidRequestException"


def test_a_listing_has_no_header(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena")
    local_aws.plan_executions({"columns": [("tab_name", "string")], "rows": [["sales"]]})
    execution_id = athena.start_query_execution(QueryString="SHOW TABLES")["QueryExecutionId"]
    execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
    rows = athena.get_query_results(QueryExecutionId=execution_id)["ResultSet"]["Rows"]
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    assert rows == [{"Data": [{"VarCharValue": "sales"}]}]


def test_a_batch_of_executions_has_its_limit(local_aws: LocalAWS) -> None:
    athena = local_aws.client("athena")
    batch = [f"limit-{index}" for index in range(51)]
    assert error_code(lambda: athena.batch_get_query_execution(QueryExecutionIds=batch)) == "InvalidRequestException"


def test_an_execution_belongs_to_its_region(local_aws: LocalAWS) -> None:
    local_aws.put_execution("elsewhere-1", state="RUNNING", region="us-east-1")
    here, there = local_aws.client("athena"), local_aws.client("athena", region="us-east-1")
    assert there.get_query_execution(QueryExecutionId="elsewhere-1")["QueryExecution"]["Status"]["State"] == "RUNNING"
    assert error_code(lambda: here.get_query_execution(QueryExecutionId="elsewhere-1")) == "InvalidRequestException"


CALLS = {
    "s3": lambda client, names: client.get_object(Bucket=names.bucket, Key="a b/=+ü"),
    "sqs": lambda client, names: client.send_message(QueueUrl=names.queue_url, MessageBody="hello"),
    "athena": lambda client, names: client.get_query_execution(QueryExecutionId="signed-1"),
    "dynamodb": lambda client, names: client.get_item(
        TableName=names.table, Key={"start_date": {"S": "a"}, "start_key": {"S": "b"}}
    ),
}
REFUSED = {
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "InvalidAccessKeyId",
}


@pytest.mark.parametrize("service", CALLS)
def test_only_right_signatures_pass(local_aws: LocalAWS, resources: Resources, service: str) -> None:
    local_aws.put_execution("signed-1", state="RUNNING")
    local_aws.client("s3").put_object(Bucket=resources.bucket, Key="a b/=+ü", Body=b"x")
    session = local_aws.session_credentials()
    call = CALLS[service]
    for good in (local_aws.alerter_user, session):
        call(local_aws.client(service, good), resources)
    for bad in (
        session._replace(secret_access_key="wrong"),
        session._replace(session_token="wrong"),
        local_aws.alerter_user._replace(secret_access_key="wrong"),
        Credentials("AKIAZZZZZZZZZZZZZZZZ", "unknown"),
    ):
        assert error_code(lambda: call(local_aws.client(service, bad), resources)) in REFUSED


def test_the_alerter_has_no_other_permissions(local_aws: LocalAWS, resources: Resources) -> None:
    queue = local_aws.client("sqs", local_aws.alerter_user)
    code = error_code(lambda: queue.purge_queue(QueueUrl=resources.queue_url))
    assert code == "AccessDeniedException"


def test_a_fault_happens_as_often_as_it_is_armed(local_aws: LocalAWS, resources: Resources) -> None:
    table = local_aws.client("dynamodb")

    def put(key: str) -> None:
        item = {"start_date": {"S": "2024-03-05"}, "start_key": {"S": key}}
        table.put_item(TableName=resources.table, Item=item)

    local_aws.reset_calls()
    local_aws.arm(
        {"operation": "dynamodb.PutItem", "status": 500, "code": "InternalServerError"},
        {"operation": "dynamodb.PutItem", "kind": "throttle"},
        {"operation": "dynamodb.*", "kind": "lost"},
    )
    assert error_code(lambda: put("planned")) == "InternalServerError"
    assert error_code(lambda: put("throttled")) == "ProvisionedThroughputExceededException"
    assert error_code(lambda: put("lost")) == "InternalServerError"
    put("good")
    assert local_aws.calls()["dynamodb.PutItem"] == 4
    # The response of one was lost, but not its effect.
    assert [row["start_key"] for row in local_aws.rows(resources.table)] == ["good", "lost"]


def test_a_batch_of_statements_has_an_outcome_for_each(local_aws: LocalAWS, resources: Resources) -> None:
    table = local_aws.client("dynamodb")
    insertion = f"INSERT INTO \"{resources.table}\" VALUE {{'open': ?, 'start_date': ?, 'start_key': ?}}"
    where = 'WHERE "start_date" = ? AND "start_key" = ? AND "open" IS NOT MISSING'
    closing = f'UPDATE "{resources.table}" SET "query_state" = ? REMOVE "open" {where}'

    def execute(*statements: Tuple[str, str]) -> List[str]:
        lists = [(text, [value, "2024-03-05", key]) for text, value, key in ((text, key[0], key) for text, key in statements)]
        batch = [{"Statement": text, "Parameters": [{"S": one} for one in values]} for text, values in lists]
        answer = table.batch_execute_statement(Statements=batch)
        return [response.get("Error", {}).get("Code", "done") for response in answer["Responses"]]

    assert execute((insertion, "a"), (insertion, "b")) == ["done", "done"]
    assert execute((insertion, "a"), (insertion, "c"), (insertion.replace("VALUE", "VALUES"), "d")) == [
        "DuplicateItem",
        "done",
        "ValidationError",
    ]
    assert execute((closing, "a"), (closing, "nobody")) == ["done", "ConditionalCheckFailed"]
    assert execute((closing, "a"), (closing, "b"), (closing.replace('AND "start_key" = ?', ""), "c")) == [
        "ConditionalCheckFailed",
        "done",
        "ValidationError",
    ]
    rows = {row["start_key"]: row for row in local_aws.rows(resources.table)}
    assert [key for key, row in sorted(rows.items()) if "open" in row] == ["c"]
    assert rows["b"]["query_state"] == "b"
    with pytest.raises(ClientError, match="ValidationException"):
        execute((closing, "c"), (closing, "c"))
    with pytest.raises(ClientError, match="ValidationException"):
        execute(*((insertion, f"z{number}") for number in range(26)))
    local_aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "part"})
    assert execute((insertion, "e"), (insertion, "f"), (insertion, "g")) == ["ThrottlingError", "done", "ThrottlingError"]


def test_a_condition_holds_for_concurrent_writers(local_aws: LocalAWS, resources: Resources) -> None:
    table = local_aws.client("dynamodb")
    won: List[int] = []

    def insert(writer: int) -> None:
        item = {"start_date": {"S": "2024-03-05"}, "start_key": {"S": "same"}}
        try:
            table.put_item(TableName=resources.table, Item=item, ConditionExpression="attribute_not_exists(start_key)")
        except table.exceptions.ConditionalCheckFailedException:
            return
        won.append(writer)

    writers = [threading.Thread(target=insert, args=(writer,)) for writer in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(won) == 1


# The emulator


def test_an_invocation_succeeds_fails_and_crashes(function: Path) -> None:
    with Emulator(function, "some_handler", {}) as emulator:
        good = emulator.invoke({"value": "x" * 5000})
        assert good.succeeded and good.payload == {"value": "x" * 5000}
        assert good.logs == [{"message": "began", "handler": "some_handler"}]
        assert emulator.peak_memory_bytes() > 1_000_000

        failed = emulator.invoke({"fail": True})
        assert failed.error == {"errorType": "Planned", "errorMessage": "as told"}

        crashed = emulator.invoke({"crash": True})
        assert crashed.error is not None and crashed.error["errorType"] == "Runtime.ExitError"
        assert emulator.invoke({}).payload == {}
        process_id = emulator.function_process_id()
    assert not Path(f"/proc/{process_id}").exists()


def test_an_invocation_that_takes_too_long_is_ended(function: Path) -> None:
    with Emulator(function, "some_handler", {}, timeout_seconds=1) as emulator:
        late = emulator.invoke({"sleep": 300})
        assert late.error is not None and late.error["errorType"] == "Sandbox.Timedout"
        assert emulator.invoke({}).succeeded


def test_a_function_that_does_not_start_is_an_error(function: Path) -> None:
    with Emulator(function, "some_handler", {"FAIL_AT_START": "1"}) as emulator:
        assert not emulator.invoke({}).succeeded


# Event delivery


def test_an_asynchronous_event_is_tried_three_times() -> None:
    answers = iter([(None, {"errorType": "A"}), (None, {"errorType": "B"}), ("fine", None)])
    invoker = event_delivery.AsynchronousInvoker(Scripted(lambda _: next(answers)))
    assert [one.succeeded for one in invoker.invoke({})] == [False, False, True]
    assert invoker.failed_events == []

    invoker = event_delivery.AsynchronousInvoker(Scripted(lambda _: (None, {"errorType": "C"})))
    assert len(invoker.invoke({"k": 1})) == 3
    (failed_events,) = invoker.failed_events
    assert (failed_events.event, failed_events.tries) == ({"k": 1}, 3)


def test_a_notification_encodes_its_key() -> None:
    key = event_delivery.object_created_event("trail", "AWSLogs/a b=ü.json.gz", 7)["Records"][0]["s3"]["object"]["key"]
    assert key == "AWSLogs/a+b%3D%C3%BC.json.gz"


def send(aws: LocalAWS, resources: Resources, *bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=resources.queue_url, MessageBody=body)


def consumer(
    aws: LocalAWS, resources: Resources, function: event_delivery.Function, **options: Any
) -> event_delivery.QueueConsumer:
    return event_delivery.QueueConsumer(aws.client("sqs"), resources.queue_url, resources.queue_arn, function, **options)


def test_only_the_failed_messages_of_a_batch_are_delivered_again(local_aws: LocalAWS, resources: Resources) -> None:
    send(local_aws, resources, "good", "bad", "good too")

    def fail_bad_ones(records: List[Dict[str, Any]]) -> Tuple[Any, None]:
        bad = [record["messageId"] for record in records if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}, None

    function = Scripted(fail_bad_ones)
    delivery = consumer(local_aws, resources, function).drain()
    assert delivery.drained and delivery.deleted == 2
    # A message is received five times, and then becomes a dead letter.
    counts = [
        record["attributes"]["ApproximateReceiveCount"]
        for event in function.events
        for record in event["Records"]
        if record["body"] == "bad"
    ]
    assert counts == ["1", "2", "3", "4", "5"]
    dead = local_aws.client("sqs").receive_message(QueueUrl=resources.dead_letter_queue_url)["Messages"]
    assert [message["Body"] for message in dead] == ["bad"]


EVERYTHING: Set[str] = {"a", "b"}
NOTHING: Set[str] = set()


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        (None, NOTHING),
        ({}, NOTHING),
        ({"batchItemFailures": []}, NOTHING),
        ({"batchItemFailures": None}, NOTHING),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, EVERYTHING),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, EVERYTHING),
        ({"batchItemFailures": [{"messageId": "b"}]}, EVERYTHING),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "unknown"}]}, EVERYTHING),
        ("not JSON", EVERYTHING),
    ],
)
def test_a_batch_response_names_its_failed_messages(local_aws: LocalAWS, payload: Any, failed: Set[str]) -> None:
    queue = event_delivery.QueueConsumer(None, "", "", Scripted(lambda _: (payload, None)))
    assert queue.failed_ids(Invocation(payload, None, 0), ["a", "b"]) == failed


def test_an_error_fails_the_whole_batch_and_no_report_deletes_it() -> None:
    queue = event_delivery.QueueConsumer(None, "", "", Scripted(lambda _: (None, None)), report_batch_item_failures=False)
    assert queue.failed_ids(Invocation(None, {"errorType": "A"}, 0), ["a", "b"]) == EVERYTHING
    report = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert queue.failed_ids(Invocation(report, None, 0), ["a", "b"]) == NOTHING


# Slack


@pytest.fixture
def web(slack: FakeSlack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])


def slack_error(call: Callable[[], Any]) -> str:
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def test_slack_keeps_what_it_accepts(slack: FakeSlack, web: WebClient) -> None:
    user = slack.add_person("ada@example.com")
    assert web.users_lookupByEmail(email="ada@example.com")["user"]["id"] == user
    direct = web.conversations_open(users=user)["channel"]["id"]
    web.chat_postMessage(channel=direct, text="hello")
    web.chat_postMessage(channel="#athena", text="hello all")
    assert [message["text"] for message in slack.direct_messages(user)] == ["hello"]
    assert [message["text"] for message in slack.channel_messages("athena")] == ["hello all"]
    assert slack_error(lambda: web.users_lookupByEmail(email="bob@example.com")) == "users_not_found"
    assert slack_error(lambda: WebClient("xoxb-wrong", base_url=slack.api_url).conversations_open(users=user)) == (
        "invalid_auth"
    )


def section(text: str, **members: Any) -> Dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **members}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [section("x", fields=[{"type": "mrkdwn", "text": "x" * 2001}])]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "unheard-of"}]}, "invalid_blocks"),
        ({"blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
    ],
)
def test_slack_refuses(slack: FakeSlack, web: WebClient, message: Dict[str, Any], error: str) -> None:
    assert slack_error(lambda: web.api_call("chat.postMessage", json={"channel": "#athena", **message})) == error
    assert slack.messages() == []


def post(url: str, body: bytes, content_type: str, **headers: str) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": content_type, **headers})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
        return bytes(reply.read())


def test_a_user_lookup_does_not_accept_json(slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    answer = post(
        slack.api_url + "users.lookupByEmail",
        b'{"email":"ada@example.com"}',
        "application/json; charset=utf-8",
        Authorization=f"Bearer {slack.bot_token}",
    )
    assert json.loads(answer)["error"] == "invalid_arguments"


def test_a_webhook_answers_in_plain_text(slack: FakeSlack) -> None:
    assert post(slack.webhook_url, b'{"text":"hello"}', "application/json") == b"ok"
    assert slack.webhook_messages() == [{"text": "hello"}]
    for url, status in ((slack.webhook_url, 400), (slack.webhook_url + "x", 404)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(url, b"{}", "application/json")
        refused.value.close()
        assert refused.value.code == status


@pytest.mark.parametrize(
    ("failure", "accepted"),
    [
        (fake_slack.ok_false("fatal_error"), 0),
        (fake_slack.rate_limited(3), 0),
        (fake_slack.server_error(503), 0),
        (fake_slack.reset(), 0),
        (fake_slack.hang(), 0),
        (fake_slack.reset_after_recording(), 1),
        (fake_slack.garbage(), 1),
        (fake_slack.truncated(), 1),
    ],
)
def test_a_fault_of_slack_happens_once(slack: FakeSlack, web: WebClient, failure: fake_slack.Failure, accepted: int) -> None:
    slack.fail_next("chat.postMessage", failure)
    web.timeout = 2 if failure.kind == "hang" else TIMEOUT_SECONDS
    began = time.monotonic()
    with pytest.raises(Exception):
        web.chat_postMessage(channel="#athena", text="first")
    assert time.monotonic() - began < TIMEOUT_SECONDS
    assert len(slack.messages()) == accepted
    web.timeout = TIMEOUT_SECONDS
    web.chat_postMessage(channel="#athena", text="second")
    assert len(slack.messages()) == accepted + 1


# CloudTrail, the terminal and the strict S3


def test_a_log_file_has_its_records() -> None:
    records = [cloudtrail.query_start("q-1"), *cloudtrail.noise(20), cloudtrail.failed_start()]
    assert json.loads(gzip.decompress(cloudtrail.log_file(records)))["Records"] == records


def test_a_large_file_names_its_starts(tmp_path: Path) -> None:
    ids = cloudtrail.write_large_file(tmp_path / "large.json.gz", megabytes=3, starts=20)
    with gzip.open(tmp_path / "large.json.gz") as file:
        records = json.load(file)["Records"]
    starts = [one for one in records if one["eventName"] == "StartQueryExecution"]
    assert [start["responseElements"]["queryExecutionId"] for start in starts] == ids


def test_a_message_is_rendered_for_the_terminal() -> None:
    text = render({"blocks": [section("*Ada* &amp; <https://x.test|a link>\n```SELECT 1 &lt; 2```")]}, 40, styled=False)
    assert [line.strip("│ ") for line in text.splitlines()[1:-1]] == ["Ada & a link", "SELECT 1 < 2"]
    assert {len(line) for line in text.splitlines()} == {40}


@pytest.mark.check
@pytest.mark.skipif(not strict_s3.installed(), reason="needs scripts/setup strict-s3")
def test_the_strict_store_checks_signatures() -> None:
    import boto3
    from botocore.config import Config

    with strict_s3.StrictS3() as store:

        def client(secret: str) -> Any:
            return boto3.session.Session().client(
                "s3",
                endpoint_url=store.endpoint,
                region_name=store.region,
                aws_access_key_id=store.access_key,
                aws_secret_access_key=secret,
                config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
            )

        good = client(store.secret_key)
        good.create_bucket(Bucket="trail")
        good.put_object(Bucket="trail", Key="a b=ü+~.gz", Body=b"hello")
        assert good.get_object(Bucket="trail", Key="a b=ü+~.gz")["Body"].read() == b"hello"
        wrong = client("wrong")
        assert error_code(lambda: wrong.get_object(Bucket="trail", Key="a b=ü+~.gz")) == "SignatureDoesNotMatch"


# Ports


def test_a_server_whose_port_is_taken_gets_another() -> None:
    program = "import socket, sys, time; held = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
    drawn: List[int] = []
    with socket.socket() as rival:

        def launch(ports: List[int]) -> subprocess.Popen:
            drawn.extend(ports)
            if len(drawn) == 1:
                rival.bind(("127.0.0.1", ports[0]))
                rival.listen()
            return start([sys.executable, "-c", program, str(ports[0])], {}, stderr=subprocess.DEVNULL)

        server, ports = start_serving(launch, 1, "a server")
        try:
            assert ports == drawn[1:]
            assert listens(server, ports) and not listens(server, drawn)
        finally:
            stop(server)


def test_a_server_that_always_ends_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="a server ended as it started, with 3"):
        start_serving(lambda _: start(["/bin/sh", "-c", "exit 3"], {}), 1, "a server")
