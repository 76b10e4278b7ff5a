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

DEEP = "[" * 100_000 + "]" * 100_000
UNREADABLE = "answered what cannot be read"
# Attempts of a deletion.
DELETIONS = 3


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


# One response of each kind. The unit tests of Swift have the others: MalformedGlueTests, MalformedSQSTests,
# MalformedAthenaTests and MalformedCatalogTests.
OF_CATALOG: List[Case] = [
    Case("glue.GetTable", says(DEEP), UNREADABLE, 1),
    Case("glue.GetTable", says({"Table": {"StorageDescriptor": {"Location": "s3://b/t/"}}}), "is partitioned by", 1),
    Case("glue.GetTable", says("x", status=500), None, 0),
    # An error that names no partition may be any's.
    Case("glue.BatchCreatePartition", says({"Errors": [{}]}), "glue:BatchCreatePartition was refused", 1),
    Case("glue.GetDatabase", says({"__type": "EntityNotFoundException"}, status=400), "does not exist", 2),
    Case("athena.StartQueryExecution", says(DEEP), f"athena:StartQueryExecution {UNREADABLE}", 1, "add_partition"),
    # The id of an execution that does not exist.
    Case(
        "athena.StartQueryExecution", says({"QueryExecutionId": "unknown-id"}), "athena:GetQueryExecution was refused", 1,
        "repair",
    ),
    Case(
        "athena.GetQueryExecution", says({"QueryExecution": {"QueryExecutionId": "another", "Status": {"State": "SUCCEEDED"}}}),
        f"athena:GetQueryExecution {UNREADABLE}", 1, "repair",
    ),
]

OF_QUEUE: List[Case] = [
    Case("sqs.ReceiveMessage", says({"Messages": [{}]}), f"sqs:ReceiveMessage {UNREADABLE}", 2),
    # Read as an empty queue.
    Case("sqs.ReceiveMessage", says("{}"), None, 2),
    Case("sqs.DeleteMessageBatch", says({"Failed": [{"Id": "9"}]}), None, 0),
    Case("sqs.DeleteMessageBatch", says(DEEP, times=DELETIONS), "sqs:DeleteMessageBatch", 2),
    # A message that SQS reports as deleted but keeps is delivered and processed again.
    Case("sqs.DeleteMessageBatch", says({"Successful": [{"Id": "0"}, {"Id": "1"}]}, times=DELETIONS), None, 2),
]


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
