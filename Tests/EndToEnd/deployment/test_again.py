"""A stack that is created again: after a deletion that left its data, and after a creation that failed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, Set

import pytest

from support import template
from support.deployment import Deployment, deploying
from support.documentation import page
from support.local_aws import LocalAWS

pytestmark = pytest.mark.check


@pytest.fixture
def deployment(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


def alerter() -> Dict[str, Any]:
    resources: Dict[str, Any] = template.of(template.ALERTER)["Resources"]
    return resources


# The import of what was left


def test_the_imported_resources_are_those_of_the_template() -> None:
    """But for the notification of a function that is not there yet; the next update adds it."""
    document = template.load(template.IMPORT)
    whole = template.of(template.ALERTER)
    assert all(whole["Parameters"][name] == one for name, one in document["Parameters"].items())
    assert all(whole["Conditions"][name] == one for name, one in document["Conditions"].items())
    bucket = {name: one for name, one in alerter()["CloudtrailLogs"].items() if name != "DependsOn"}
    properties = dict(bucket["Properties"])
    del properties["NotificationConfiguration"]
    kept = {"QueriesTable": alerter()["QueriesTable"], "CloudtrailLogs": {**bucket, "Properties": properties}}
    assert document["Resources"] == kept
    # CloudFormation imports only resources that say what becomes of them.
    retained = {name for name, one in alerter().items() if one.get("DeletionPolicy", "").startswith("Retain")}
    assert retained == set(kept)


def test_a_run_completes_a_stack_of_imported_resources(deployment: Deployment) -> None:
    """The local AWS imports nothing, so that the stack begins here with a creation of the same resources."""
    bucket, table = deployment.variables["CLOUDTRAIL_BUCKET"], deployment.variables["DYNAMODB_TABLE_NAME"]
    deployment.aws.client("cloudformation").create_stack(
        StackName=deployment.stack,
        TemplateBody=template.IMPORT.read_text(),
        Parameters=[
            {"ParameterKey": "CloudtrailBucket", "ParameterValue": bucket},
            {"ParameterKey": "DynamoDBTableName", "ParameterValue": table},
        ],
    )
    before = deployment.ids()
    row = {"start_date": {"S": "2026-03-05"}, "start_key": {"S": "1"}}
    deployment.aws.client("dynamodb").put_item(TableName=table, Item=row)
    assert "updating the stack" in deployment.run()
    assert set(before.items()) < set(deployment.ids().items())
    assert deployment.aws.client("dynamodb").scan(TableName=table)["Items"] == [row]


def test_the_steps_name_the_resources_by_their_identifiers() -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", page("deployment.md"), re.DOTALL | re.MULTILINE)
    [block] = [one for one in blocks if "IMPORT" in one]
    for name, kind, identifier in (
        ("QueriesTable", "AWS::DynamoDB::Table", "TableName"),
        ("CloudtrailLogs", "AWS::S3::Bucket", "BucketName"),
    ):
        assert f'"ResourceType": "{kind}", "LogicalResourceId": "{name}"' in block
        assert f'"ResourceIdentifier": {{"{identifier}": ' in block
    assert str(template.IMPORT.relative_to(template.REPOSITORY)) in block


# A creation that fails


def named(value: Any) -> Set[str]:
    """The resources that a part of the template refers to."""
    found: Set[str] = set()
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("Ref", "Fn::GetAtt"):
                found.add(str(one).split(".")[0])
            elif key == "Fn::Sub":
                found |= {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", one)}
            elif key == "DependsOn":
                found |= set(template.as_list(one))
            else:
                found |= named(one)
    elif isinstance(value, list):
        found = {name for one in value for name in named(one)}
    return found & set(alerter())


def before(name: str) -> Set[str]:
    """What is created before a resource."""
    found: Set[str] = set()
    waiting = named(alerter()[name])
    while waiting:
        found |= waiting
        waiting = {other for one in waiting for other in named(alerter()[one])} - found
    return found


def test_cloudtrail_writes_into_the_bucket_only_when_nothing_else_can_fail() -> None:
    """Otherwise the rollback could not delete the bucket, and each further creation would find it in its way."""
    assert before("Trail") == set(alerter()) - {"Trail"}
