"""The way from the one stack that held all systems to a stack for each, as docs/upgrading.md describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from support import template
from support.deployment import Deployment, deploying
from support.local_aws import LocalAWS

pytestmark = pytest.mark.check

# The last template that held all systems.
OLD = Path(__file__).with_name("template-of-all-systems.yaml")
SYSTEMS: Dict[str, Dict[str, str]] = {
    "partition_refresh": {"PARTITION_REFRESH_DATABASE": "logs", "PARTITION_REFRESH_TRIGGER": "queue"},
    "query_api": {"QUERY_API_TABLES": "events", "QUERY_API_OUTPUT_BUCKET": "results"},
    "run_query": {
        "RUN_QUERY_SQL": "SELECT 1",
        "RUN_QUERY_SCHEDULE": "rate(1 day)",
        "RUN_QUERY_OUTPUT_BUCKET": "results",
    },
}
PARAMETERS = {
    "PartitionRefreshDatabase": "logs",
    "PartitionRefreshTrigger": "queue",
    "QueryApiTables": "events",
    "QueryApiOutputBucket": "results",
    "RunQuerySQL": "SELECT 1",
    "RunQuerySchedule": "rate(1 day)",
    "RunQueryOutputBucket": "results",
    "NotificationMemory": "256",
}
MOVED = " ".join(SYSTEMS)


@pytest.fixture
def old(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    """A stack of the old template with all systems."""
    with deploying(local_aws, tmp_path) as made:
        bucket = made.variables["LAMBDA_BUCKET"]
        local_aws.client("s3").put_object(Bucket=bucket, Key="old.zip", Body=made.package.read_bytes())
        parameters = {
            **PARAMETERS,
            "LambdaS3Bucket": bucket,
            "LambdaS3Key": "old.zip",
            "CloudtrailBucket": made.variables["CLOUDTRAIL_BUCKET"],
            "DynamoDBTableName": made.variables["DYNAMODB_TABLE_NAME"],
            "SQSQueueName": made.variables["SQS_QUEUE_NAME"],
        }
        local_aws.client("cloudformation").create_stack(
            StackName=made.stack,
            TemplateBody=OLD.read_text(),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        assert all(own(system, made.ids()) for system in (template.ALERTER, *SYSTEMS))
        yield made


def own(system: str, of: Dict[str, str]) -> Dict[str, str]:
    """The resources of one system in a stack, by logical id."""
    return {name: one for name, one in of.items() if name in template.of(system)["Resources"]}


def functions(deployment: Deployment) -> List[str]:
    with deployment.aws.unchecked():
        found = deployment.aws.client("lambda").list_functions()["Functions"]
    return [one["FunctionName"] for one in found if one["FunctionName"].startswith(f"{deployment.stack}-")]


def name_of(queue_url: str) -> str:
    return queue_url.rsplit("/", 1)[-1]


def queues(deployment: Deployment) -> List[str]:
    """The names of the queues in the account."""
    return [name_of(url) for url in deployment.aws.client("sqs").list_queues()["QueueUrls"]]


def test_an_upgrade_deletes_no_system_unasked(old: Deployment) -> None:
    before = old.ids()
    for moved in ("", "run_query", "run_query query_api"):
        made = old.make("run_cloudformation", MOVED=moved)
        assert made.returncode != 0
        assert f"still has the resources of: {MOVED}" in made.stderr and f"MOVED='{MOVED}'" in made.stderr
    assert old.ids() == before


@pytest.mark.parametrize("first", ["the new stacks", "the old stack"])
def test_each_system_gets_a_stack_and_the_alerter_keeps_its_own(old: Deployment, first: str) -> None:
    before = old.ids()
    sqs, table = old.aws.client("sqs"), old.variables["DYNAMODB_TABLE_NAME"]
    row = {"start_date": {"S": "2026-03-05"}, "start_key": {"S": "1"}}
    old.aws.client("dynamodb").put_item(TableName=table, Item=row)
    sqs.send_message(QueueUrl=before["FinishedQueries"], MessageBody="a finished query")
    sqs.send_message(QueueUrl=before["FailedEvents"], MessageBody="a failed event")
    new = {system: old.of(system, **variables) for system, variables in SYSTEMS.items()}

    if first == "the old stack":
        old.run(MOVED=MOVED)
    for deployment in new.values():
        deployment.run()
    if first == "the new stacks":
        # Both queues of notifications are there until the old one is empty, and both are connected.
        urls = before["PartitionNotifications"], new["partition_refresh"].ids()["PartitionNotifications"]
        assert urls[0] != urls[1] and set(map(name_of, urls)) <= set(queues(old))
        sqs.send_message(QueueUrl=urls[0], MessageBody=json.dumps({"Records": []}))
        old.run(MOVED=MOVED)

    # The alerter is what it was, and holds what it held.
    now = old.ids()
    added = {name for name, one in template.of(template.ALERTER)["Resources"].items() if one.get("Condition") == "IsFast"}
    assert {name: one for name, one in now.items() if name not in added} == own(template.ALERTER, before)
    assert old.parameters()["NotificationMemory"] == "256"
    assert old.aws.client("dynamodb").scan(TableName=table)["Items"] == [row]
    for queue in ("FinishedQueries", "FailedEvents"):
        attributes = sqs.get_queue_attributes(QueueUrl=now[queue], AttributeNames=["ApproximateNumberOfMessages"])
        assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"

    # Nothing is left of the others but their new stacks.
    kept = {one for one in functions(old) if one in now.values()}
    assert kept == {now[name] for name in ("CloudtrailHandler", "UsageUpdate", "Notification")}
    gone = {name_of(before[name]) for name in ("PartitionNotifications", "PartitionDeadLetters", "RunQueryFailedEvents")}
    assert name_of(before["FinishedQueries"]) in queues(old) and not gone & set(queues(old))
    for system, deployment in new.items():
        assert set(own(system, before)) <= set(deployment.ids())
        assert not set(deployment.ids().values()) & set(before.values())
    # The next upgrade is an ordinary one.
    assert "nothing has changed" in old.run()
