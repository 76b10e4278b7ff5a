"""Malformed responses of Glue, SQS and Athena to `partition_refresh`: it loses nothing, affects no other table, and reports them.

The first call of an operation gets the malformed response; of two tables, the second one must not be affected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

import pytest

from support import event_delivery
from support.alerter_stack import AlerterStack, reason
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS
from support.partition_refresh_stack import HANDLER, PartitionRefreshStack

pytestmark = pytest.mark.first_case

DEEP = "[" * 100_000 + "]" * 100_000
UNREADABLE = "answered what cannot be read"
# Attempts of a deletion.
DELETIONS = 3
NO_OBJECT = ["", "{", "null", "[]", "<html>", DEEP]


class Case(NamedTuple):
    operation: str
    answer: Dict[str, Any]
    # The reason why messages are returned, None when none is.
    said: Optional[str]
    # The number of the two messages that are returned.
    left: int
    mode: str = "glue"


def says(body: Any, **more: Any) -> Dict[str, Any]:
    return {"body": body if isinstance(body, str) else json.dumps(body), **more}


def table(**members: Any) -> Dict[str, Any]:
    """A table as Glue describes it, with some members replaced; `...` removes one."""
    described = {
        "Name": "t",
        "StorageDescriptor": {"Location": "s3://b/t/"},
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        **members,
    }
    return {"Table": {name: value for name, value in described.items() if value is not ...}}


def errors(*found: Any) -> Dict[str, Any]:
    return {"Errors": list(found)}


def message(**members: Any) -> Dict[str, Any]:
    whole = {"MessageId": "m", "ReceiptHandle": "h", "Body": "{}", "MD5OfBody": "99914b932bd37a50b983c5e7c90ae93b", **members}
    return {"Messages": [{name: value for name, value in whole.items() if value is not ...}]}


def execution(**members: Any) -> Dict[str, Any]:
    return {"QueryExecution": {"QueryExecutionId": "another", "Status": {"State": "SUCCEEDED"}, **members}}


REFUSED = [{"status": status} for status in (302, 400, 404, 418)]

GET_TABLE: List[Case] = [
    *(Case("glue.GetTable", says(body), UNREADABLE, 1) for body in (
        *NO_OBJECT, "{}", {"Table": None}, {"Table": 7}, {"Table": []}, {"Table": {}},
        *(table(StorageDescriptor=value) for value in (..., None, 7, [], {}, {"Location": None}, {"Location": 7})),
        *(table(PartitionKeys=value) for value in (7, "dt", {}, [7], [None], [{}], [{"Name": None}], [{"Name": "dt", "Type": 7}])),
        *(table(Parameters=value) for value in (7, "x", [], {"projection.enabled": True})),
    )),
    *(Case("glue.GetTable", says(table(PartitionKeys=value)), "is partitioned by", 1) for value in (..., None, [], [{"Name": "x"}])),
    *(Case("glue.GetTable", says("{}", **status), "glue:GetTable was refused: HTTP", 1) for status in REFUSED),
    Case("glue.GetTable", says("", status=204), UNREADABLE, 1),
    Case("glue.GetTable", says("x", status=500), None, 0),
]

CREATE: List[Case] = [
    *(Case("glue.BatchCreatePartition", says(body), UNREADABLE, 1) for body in (
        *NO_OBJECT, {"Errors": 7}, {"Errors": {}}, {"Errors": "x"}, errors(7), errors(None), errors([]),
        errors({"PartitionValues": "x"}), errors({"PartitionValues": [7]}), errors({"ErrorDetail": 7}),
        errors({"PartitionValues": ["2024-01-01-01"], "ErrorDetail": {"ErrorCode": 7}}),
    )),
    *(Case("glue.BatchCreatePartition", says(errors(one)), "glue:BatchCreatePartition was refused", 1) for one in (
        {}, {"PartitionValues": None}, {"PartitionValues": []}, {"PartitionValues": ["9999"]},
        {"PartitionValues": ["2024-01-01-01"]}, {"PartitionValues": ["2024-01-01-01"], "ErrorDetail": {}},
        {"ErrorDetail": {"ErrorCode": "NEW", "ErrorMessage": "\u0000\n"}},
    )),
    *(Case("glue.BatchCreatePartition", says("{}", **status), "glue:BatchCreatePartition was refused", 1) for status in REFUSED),
]

GET_DATABASE: List[Case] = [
    *(Case("glue.GetDatabase", says(body, status=400), "glue:GetDatabase was refused: HTTP400", 2) for body in ("", "[]", "{}", DEEP)),
    Case("glue.GetDatabase", says({"__type": "EntityNotFoundException"}, status=400), "does not exist", 2),
]

RECEIVE: List[Case] = [
    *(Case("sqs.ReceiveMessage", says(body), f"sqs:ReceiveMessage {UNREADABLE}", 2) for body in (
        *NO_OBJECT, {"Messages": 7}, {"Messages": {}}, {"Messages": [7]}, {"Messages": [None]}, {"Messages": [{}]},
        *(message(**{name: value}) for name in ("MessageId", "ReceiptHandle", "Body") for value in (..., None, 7, [])),
        message(MD5OfBody="wrong"), message(MD5OfBody=7), message(Body="{ }"),
    )),
    # Read as an empty queue.
    *(Case("sqs.ReceiveMessage", says(body), None, 2) for body in ("{}", {"Messages": None}, {"Messages": []})),
    *(Case("sqs.ReceiveMessage", says("{}", **status), "sqs:ReceiveMessage was refused: HTTP", 2) for status in REFUSED),
]

DELETE_BODIES: List[Any] = [
    *NO_OBJECT, "{}", {"Successful": 7}, {"Successful": {}}, {"Successful": []}, {"Successful": [7]}, {"Successful": [{}]},
    {"Successful": [{"Id": 0}]}, {"Successful": [{"Id": "9"}]}, {"Failed": [{}]}, {"Failed": [{"Id": "9"}]}, {"Failed": 7},
    {"Failed": [{"Id": "0", "SenderFault": "x", "Code": 7}]},
]
DELETE: List[Case] = [
    *(Case("sqs.DeleteMessageBatch", says(body), None, 0) for body in DELETE_BODIES[::5]),
    *(Case("sqs.DeleteMessageBatch", says(body, times=DELETIONS), "sqs:DeleteMessageBatch", 2) for body in DELETE_BODIES),
    # A message that SQS reports as deleted but keeps is delivered and processed again.
    Case("sqs.DeleteMessageBatch", says({"Successful": [{"Id": "0"}, {"Id": "1"}]}, times=DELETIONS), None, 2),
    *(Case("sqs.DeleteMessageBatch", says("{}", **status), "sqs:DeleteMessageBatch was refused: HTTP", 2) for status in REFUSED),
]

ATHENA: List[Case] = [
    Case(*case, mode=mode) for mode in ("add_partition", "repair") for case in (
        *(("athena.StartQueryExecution", says(body), f"athena:StartQueryExecution {UNREADABLE}", 1) for body in (
            *NO_OBJECT, "{}", {"QueryExecutionId": None}, {"QueryExecutionId": 7}, {"QueryExecutionId": []},
        )),
        # The id of an execution that does not exist.
        ("athena.StartQueryExecution", says({"QueryExecutionId": "unknown-id"}), "athena:GetQueryExecution was refused", 1),
        *(("athena.GetQueryExecution", says(body), f"athena:GetQueryExecution {UNREADABLE}", 1) for body in (
            *NO_OBJECT, "{}", {"QueryExecution": 7}, {"QueryExecution": {}}, execution(), execution(QueryExecutionId=7),
            execution(Status=None), execution(Status={}), execution(Status={"State": 7}),
        )),
        *(("athena.GetQueryExecution", says("{}", **status), "athena:GetQueryExecution was refused: HTTP", 1) for status in REFUSED),
    )
]

OF_CATALOG = [*GET_TABLE, *CREATE, *GET_DATABASE, *ATHENA]
OF_QUEUE = [*RECEIVE, *DELETE]


@pytest.fixture(scope="module")
def patient_alerter(
    executable: Path, local_aws: LocalAWS, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlerterStack]:
    local_aws.arm()
    with FakeSlack() as slack, AlerterStack(executable, local_aws, slack, tmp_path_factory.mktemp("alerter")) as built:
        yield built
        local_aws.arm()


@pytest.fixture
def refresh(patient_alerter: AlerterStack) -> PartitionRefreshStack:
    built = PartitionRefreshStack(patient_alerter)
    for name in NAMES:
        built.create_table(name)
        built.put(f"{name}/{FOLDER}a")
    return built


NAMES = ["t", "u"]
FOLDER = "dt=2024-01-01-01/"


def messages(refresh: PartitionRefreshStack) -> List[event_delivery.Event]:
    return [refresh.created(f"{name}/{FOLDER}a") for name in NAMES]


def tables_with_partition(refresh: PartitionRefreshStack) -> List[str]:
    """The tables that have their partition."""
    known = []
    for name in NAMES:
        found = refresh.partitions(name)
        assert found in ({}, {("2024-01-01-01",): refresh.location(f"{name}/{FOLDER}")})
        known += [name] if found else []
    return known


def title(case: Case) -> str:
    return f"{case.mode} {case.operation} {repr(case.answer)[:60]}"


@pytest.mark.first_case("case.operation")
@pytest.mark.parametrize("case", OF_CATALOG, ids=title)
def test_a_malformed_response_of_the_catalog_or_athena(refresh: PartitionRefreshStack, case: Case) -> None:
    refresh.configure(refresh_mode=case.mode)
    batch = event_delivery.through_sqs(*messages(refresh))
    refresh.aws.arm({"operation": case.operation, "kind": "says", **case.answer})
    invocation = refresh.alerter.handler(HANDLER).invoke(batch)
    refresh.aws.arm()
    assert invocation.succeeded and all(len(line) < 3000 for line in invocation.log_lines), invocation.error
    returned = [one["itemIdentifier"] for one in invocation.payload["batchItemFailures"]]
    assert returned == [record["messageId"] for record in batch["Records"][: case.left]]
    reasons = [line["reason"] for line in invocation.logs if "reason" in line]
    assert len(reasons) == case.left and all(str(case.said) in one for one in reasons)
    # Athena may have run the statement whose response was lost.
    if case.operation != "athena.GetQueryExecution":
        assert tables_with_partition(refresh) == NAMES[case.left :]
    assert set(NAMES[case.left :]) <= set(tables_with_partition(refresh))
    # The returned messages succeed when the next response is valid.
    again = refresh.alerter.handler(HANDLER).invoke({"Records": batch["Records"][: case.left]} if case.left else batch)
    assert again.succeeded and again.payload == {"batchItemFailures": []}
    assert tables_with_partition(refresh) == NAMES


@pytest.mark.first_case("case.operation")
@pytest.mark.parametrize("case", OF_QUEUE, ids=title)
def test_a_malformed_response_of_the_queue(refresh: PartitionRefreshStack, case: Case) -> None:
    refresh.send(*messages(refresh))
    refresh.aws.arm({"operation": case.operation, "kind": "says", **case.answer})
    invocation = refresh.tick()
    refresh.aws.arm()
    if case.said is None:
        assert invocation.succeeded, invocation.error
    else:
        assert case.said in reason(invocation)
    assert all(len(line) < 3000 for line in invocation.log_lines) and refresh.count() == case.left
    assert tables_with_partition(refresh) == ([] if case.operation == "sqs.ReceiveMessage" else NAMES)
    refresh.expire_visibility_timeout()
    again = refresh.tick()
    assert again.succeeded, again.error
    assert tables_with_partition(refresh) == NAMES and refresh.count() == 0 and refresh.dead_letters() == []


def test_every_case_is_distinct() -> None:
    cases = OF_CATALOG + OF_QUEUE
    assert len({repr(case) for case in cases}) == len(cases) >= 150
