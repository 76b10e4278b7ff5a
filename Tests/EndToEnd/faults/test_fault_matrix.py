"""A sample of the fault matrix: each call of each handler is broken once, with each fault in turn."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import socket
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Set

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from faults.cases import FAULTS, Case, EndState, cases, sample
from faults.damage import damaged
from faults.fault_proxy import FaultProxy, Report
from faults.fault_runner import SCENARIOS, NO_EFFECT, Outcome, compared
from faults.matrix import run
from faults.mutants import MUTANTS, Mutant, count
from support import cloudtrail
from support.alerter_stack import AlerterStack
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS
from support.partition_refresh_stack import HANDLER as PARTITION_REFRESH
from support.processes import REPOSITORY
from support.roles import LENT, LOGS, OPTIONAL, POLLING, RESULTS, ROLES, STATEMENTS, SUMMARIES, always_granted, permission
from support.scenarios import Observed, made


class Sampled(NamedTuple):
    found: List[Case]
    chosen: List[Case]
    outcomes: List[Outcome]


@pytest.fixture(scope="module")
def sampled(executable: Path) -> Sampled:
    all_cases: List[Case] = []

    def choose(found: List[Case]) -> List[Case]:
        all_cases.extend(found)
        return sample(found)

    outcomes = run(executable, choose, workers=2, progress=lambda _: None)
    return Sampled(all_cases, [outcome.case for outcome in outcomes], outcomes)


@pytest.mark.check
def test_no_fault_in_any_call_loses_or_doubles_anything(sampled: Sampled) -> None:
    places = [{(case.scenario, case.index) for case in some} for some in (sampled.chosen, sampled.found)]
    assert places[0] == places[1]
    assert {case.fault for case in sampled.chosen} == set(FAULTS)
    assert len(sampled.outcomes) >= len(FAULTS)
    assert [str(outcome) for outcome in sampled.outcomes if not outcome.is_good] == []


# The calls


# Athena and Glue do these with their caller's permissions.
LENT_BY_SETTINGS = {"kms:Decrypt", "kms:GenerateDataKey", "lakeformation:GetDataAccess"}
# Actions that a role allows to others: to Lambda, which writes the log, polls a queue, sends failed events and decrypts;
# to Athena, which reads and writes with the handler's permissions.
FOR_OTHERS: Dict[str, Set[str]] = {
    "cloudtrail_handler": LOGS | {"kms:Decrypt", "sqs:SendMessage"},
    "usage_update": LOGS | POLLING,
    "notification": LOGS | POLLING | {"kms:Decrypt"},
    "run_query": LOGS | LENT["run_query"] | LENT_BY_SETTINGS | {"sqs:SendMessage"},
    "query_api": LOGS | LENT["query_api"] | LENT_BY_SETTINGS,
    "query_retention": LOGS,
    # Summaries have conditions of their own.
    "report": LOGS | {"kms:Decrypt"} | {action for action, _ in SUMMARIES},
    "report_page": LOGS | {"kms:Decrypt"},
    PARTITION_REFRESH: LOGS
    | LENT_BY_SETTINGS
    | {"sqs:GetQueueAttributes"}
    | {action for action, _ in STATEMENTS | RESULTS if not action.startswith("athena:")} - {"glue:GetDatabase"},
}


@pytest.mark.check
def test_the_scenarios_make_every_call_that_a_handler_makes_or_may_make(
    sampled: Sampled, alerter: AlerterStack, slack: FakeSlack
) -> None:
    # A scenario without a broken call makes only calls that another scenario makes.
    broken: Dict[str, Set[str]] = defaultdict(set)
    for case in sampled.chosen:
        broken[case.scenario.split(",")[0]].add(case.call)
    methods = set(re.findall(r'"([a-z]+\.[a-zA-Z]+)"', (REPOSITORY / "Sources/Slack/SlackClient.swift").read_text())) - {"slack.com"}
    posts = {call for call in broken["notification"] if call.startswith("slack.")}
    assert posts == {"slack.webhook", *(f"slack.{method}" for method in methods)}
    calls = {
        handler: made({call: 1 for call in names if call.split(".")[0] not in ("runtime", "slack", "aws")})
        for handler, names in broken.items()
    }
    assert {"dynamodb:UpdateItem", "ssm:GetParameter"} <= calls["report"]
    calls["report"] -= {action for action, _ in SUMMARIES}
    assert calls == Observed(alerter, slack).everything()
    for handler in ROLES:
        allowed = {action for action, _ in always_granted(handler)} | {action for _, action, _ in OPTIONAL[handler]}
        permissions = {permission(handler, call) for call in calls[handler]}
        assert permissions == allowed - FOR_OTHERS[handler], handler


def test_every_handler_has_a_scenario() -> None:
    assert {title.split(",")[0] for title in SCENARIOS} == set(ROLES)


# The cases


def test_every_call_gets_every_fault_that_it_can_have() -> None:
    calls = ["runtime.next", "dynamodb.PutItem", "dynamodb.PutItem", "runtime.response"]
    found = list(cases("a handler", calls))
    assert [case.nth for case in found if case.fault.name == "refused"] == [1, 1, 2, 1]
    puts = [case.fault for case in found if case.index == 2]
    assert puts == list(FAULTS)
    assert not [case for case in found if case.call.startswith("runtime.") and case.fault.name == "throttled"]


def test_the_known_window_is_an_alert_whose_response_is_lost_or_not_recorded() -> None:
    calls = ["dynamodb.UpdateItem", "slack.chat.postMessage", "dynamodb.UpdateItem", "dynamodb.UpdateItem"]
    window = {(case.index, case.fault.name) for case in cases("notification", calls) if case.is_in_window}
    after = {fault.name for fault in FAULTS if fault.moment == "after"}
    assert window == {(1, name) for name in after} | {(2, "killed before")}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.safeguard)
def test_a_safeguard_is_in_the_sources_once(mutant: Mutant) -> None:
    assert count(mutant) == 1


# The faults


CASE = next(case for case in cases("a handler", ["sqs.ReceiveMessage"]) if case.fault.kind == "damaged")
STATE = EndState({"row": {"location": "here"}}, alerts=[("channel", "text")])


@pytest.mark.parametrize(
    "reached, broken, said", [(0, 0, "the call to break was not made"), (2, 0, NO_EFFECT), (2, 1, "good")]
)
def test_a_fault_without_effect_is_not_a_good_case(reached: int, broken: int, said: str) -> None:
    outcome = compared(CASE, Report([CASE.call], reached, broken), STATE, STATE)
    assert str(outcome).endswith(f": {said}") and outcome.is_good is (said == "good")


def test_anything_present_only_after_redelivery_was_lost() -> None:
    late = EndState(STATE.rows, STATE.alerts, in_time=EndState({}))
    outcome = compared(CASE, Report([CASE.call], 1, 1), STATE, late)
    assert outcome.lost == ["row row, until it was redelivered", "alert to channel: text, until it was redelivered"]
    assert not outcome.is_good and not outcome.doubled


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_a_damaged_response_does_not_match_its_checksum() -> None:
    sent = json.dumps({"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": md5("text")}]}).encode()
    [taken] = json.loads(damaged("sqs.SendMessageBatch", sent))["Successful"]
    assert taken["Id"] == "0" and taken["MD5OfMessageBody"] != md5("text")
    body = '{"key": "2024-01-01"}'
    message = {"MessageId": "m", "ReceiptHandle": "r", "Body": body, "MD5OfBody": md5(body)}
    [received] = json.loads(damaged("sqs.ReceiveMessage", json.dumps({"Messages": [message]}).encode()))["Messages"]
    assert json.loads(received["Body"]) == {"key": "2024-07-07"} and received["MD5OfBody"] != md5(received["Body"])
    item = b'{"Item": {}}'
    assert zlib.crc32(damaged("dynamodb.GetItem", item)) != zlib.crc32(item)
    with pytest.raises((zlib.error, OSError)):
        gzip.decompress(damaged("s3.GetObject", cloudtrail.log_file([])))


@pytest.mark.parametrize(
    "call, body",
    [
        ("sqs.DeleteMessageBatch", b'{"Successful": [{"Id": "0"}]}'),
        ("sqs.ReceiveMessage", b"{}"),
        ("sqs.ReceiveMessage", b'{"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "Body": "none to change"}]}'),
        ("athena.GetQueryExecution", b"{}"),
        ("dynamodb.PutItem", b""),
        ("runtime.next", b"{}"),
    ],
)
def test_a_damaged_response_without_a_checksum_cannot_be_parsed(call: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        json.loads(damaged(call, body))


class Broken:
    """An AWS client behind the proxy."""

    def __init__(self, aws: LocalAWS, proxy: FaultProxy) -> None:
        self.aws, self.proxy = aws, proxy

    def client(self, service: str) -> Any:
        return boto3.session.Session().client(
            service,
            endpoint_url=self.proxy.url("aws"),
            region_name=self.aws.region,
            aws_access_key_id=self.aws.admin.access_key_id,
            aws_secret_access_key=self.aws.admin.secret_access_key,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def arm(self, call: str, name: str) -> None:
        fault = next(fault for fault in FAULTS if fault.name == name)
        # A process with this number has no children.
        self.proxy.arm(Case("a handler", [call], 0, fault).plan(parent=0), runtime_port=1)


@pytest.fixture(scope="module")
def broken(local_aws: LocalAWS, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    upstreams = {"aws": local_aws.endpoint, "slack": local_aws.endpoint}
    with FaultProxy(upstreams, tmp_path_factory.mktemp("proxy")) as proxy:
        yield Broken(local_aws, proxy)


def test_a_damaged_message_has_another_body(broken: Broken) -> None:
    queue = broken.aws.client("sqs").create_queue(QueueName="damaged")["QueueUrl"]
    broken.aws.client("sqs").send_message(QueueUrl=queue, MessageBody="number 1")
    broken.arm("sqs.ReceiveMessage", "damaged")
    [message] = broken.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert (message["Body"], message["MD5OfBody"]) == ("number 7", md5("number 1"))
    assert broken.proxy.heal() == Report(["sqs.ReceiveMessage"], reached=1, broken=1)


@pytest.mark.parametrize("fault", ["truncated", "damaged"])
def test_a_response_without_a_body_can_be_broken(broken: Broken, fault: str) -> None:
    bucket = f"without-a-body-{fault}"
    where = {"LocationConstraint": broken.aws.region}
    broken.aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    broken.arm("s3.DeleteObject", fault)
    with pytest.raises(HTTPClientError):
        broken.client("s3").delete_object(Bucket=bucket, Key="key")
    assert broken.proxy.heal() == Report(["s3.DeleteObject"], reached=1, broken=1)


def test_a_port_that_refuses_connections_stays_reserved(broken: Broken) -> None:
    broken.arm("s3.ListBuckets", "refused")
    with pytest.raises(EndpointConnectionError):
        broken.client("s3").list_buckets()
    with socket.socket() as rival, pytest.raises(OSError, match="in use"):
        host, port = broken.proxy.address("aws").split(":")
        rival.bind((host, int(port)))
    assert broken.proxy.heal() == Report([], reached=1, broken=1)
    broken.client("s3").list_buckets()


def test_a_kill_without_a_process_breaks_nothing(broken: Broken) -> None:
    broken.arm("s3.ListObjectsV2", "killed before")
    with pytest.raises(HTTPClientError):
        broken.client("s3").list_objects_v2(Bucket="anything")
    assert broken.proxy.heal() == Report(["s3.ListObjectsV2"], reached=1, broken=0)
