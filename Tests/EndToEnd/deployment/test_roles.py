"""What a deployment adds to the roles: keys, Lake Formation, a permissions boundary and a path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from support import template
from support.deployment import Deployment, deploying
from support.documentation import page
from support.local_aws import ACCOUNT, REGION, LocalAWS

pytestmark = pytest.mark.check

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"
SYSTEMS: Dict[str, Dict[str, str]] = {
    "partition_refresh": {"PARTITION_REFRESH_DATABASE": "logs", "PARTITION_REFRESH_MODE": "repair"},
    "query_api": {"QUERY_API_TABLES": "events", "QUERY_API_OUTPUT_BUCKET": "results"},
    "report": {"REPORT_BUCKET": "history"},
    "run_query": {"RUN_QUERY_SQL": "SELECT 1", "RUN_QUERY_OUTPUT_BUCKET": "results"},
}
ROLES = {"partition_refresh": "PartitionRefreshRole", "query_api": "QueryApiRole", "run_query": "RunQueryRole"}


@pytest.fixture
def alerter(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


def allowed(statements: List[Dict[str, Any]]) -> set:
    return {
        (action, resource)
        for statement in statements
        for action in template.as_list(statement["Action"])
        for resource in template.as_list(statement["Resource"])
        if action.startswith(("kms:", "lakeformation:"))
    }


@pytest.mark.parametrize("system", ROLES)
def test_keys_and_lake_formation_are_allowed_when_they_are_asked_for(alerter: Deployment, system: str) -> None:
    deployment = alerter.of(system, **SYSTEMS[system])
    prefix = system.upper()
    keys = {f"{prefix}_RESULTS_KEY_ARN": KEY + "results", f"{prefix}_LAKE_FORMATION": "true"}
    if system != "partition_refresh":
        keys[f"{prefix}_DATA_KEY_ARN"] = KEY + "data"
    deployment.run(**keys)
    expected = {
        ("kms:Decrypt", KEY + "results"),
        ("kms:GenerateDataKey", KEY + "results"),
        ("lakeformation:GetDataAccess", "*"),
        ("kms:Decrypt", KEY + "data"),
    }
    if system == "partition_refresh":
        expected -= {("kms:Decrypt", KEY + "data")}
    assert allowed(deployment.statements(ROLES[system])) == expected
    role = deployment.outputs()[ROLES[system]]
    assert role.startswith(f"arn:aws:iam::{ACCOUNT}:role/") and role.endswith(deployment.ids()[ROLES[system]])


def test_partition_refresh_needs_neither_without_athena(alerter: Deployment) -> None:
    deployment = alerter.of("partition_refresh", PARTITION_REFRESH_DATABASE="logs")
    deployment.run(PARTITION_REFRESH_RESULTS_KEY_ARN=KEY + "results", PARTITION_REFRESH_LAKE_FORMATION="true")
    assert allowed(deployment.statements("PartitionRefreshRole")) == set()


@pytest.mark.parametrize("system", template.TEMPLATES)
def test_roles_take_a_boundary_and_a_path(alerter: Deployment, system: str) -> None:
    deployment = alerter if system == template.ALERTER else alerter.of(system, **SYSTEMS[system])
    iam = alerter.aws.client("iam")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boundary = iam.create_policy(PolicyName=f"{deployment.stack}-boundary", PolicyDocument=document)["Policy"]["Arn"]
    deployment.run(ROLE_BOUNDARY_ARN=boundary, ROLE_PATH="/service/queries/")
    resources = template.of(system)["Resources"].items()
    # One of a feature that is off is not made.
    roles = [name for name, one in resources if one["Type"] == "AWS::IAM::Role" and "Condition" not in one]
    assert roles
    for name in roles:
        role = iam.get_role(RoleName=deployment.ids()[name])["Role"]
        assert role["Path"] == "/service/queries/"
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
        # Without the variables there are neither keys nor Lake Formation.
        assert allowed(deployment.statements(name)) == set()


def test_every_role_takes_them() -> None:
    for role in template.resources("AWS::IAM::Role").values():
        properties = role["Properties"]
        nothing = {"Ref": "AWS::NoValue"}
        assert properties["Path"] == {"Fn::If": ["HasRolePath", {"Ref": "RolePath"}, nothing]}
        assert properties["PermissionsBoundary"] == {"Fn::If": ["HasRoleBoundary", {"Ref": "RoleBoundaryArn"}, nothing]}


def keys() -> Dict[str, Dict[str, Any]]:
    return {name: one for name, one in template.template()["Parameters"].items() if name.endswith("KeyArn")}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"])
@pytest.mark.parametrize("key", ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_the_arn_of_a_key_is_taken(partition: str, key: str) -> None:
    assert len(keys()) == 8
    for one in keys().values():
        assert re.fullmatch(one["AllowedPattern"], f"arn:{partition}:kms:us-gov-west-1:123456789012:key/{key}")
        assert re.fullmatch(one["AllowedPattern"], "")


@pytest.mark.parametrize(
    "value",
    [
        "alias/my-key",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/my-key",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/",
        f"{KEY}*",
        "*",
    ],
)
def test_an_alias_or_anything_else_in_place_of_a_key_is_refused(value: str) -> None:
    for one in keys().values():
        assert not re.fullmatch(one["AllowedPattern"], value) and "alias" in one["ConstraintDescription"]


@pytest.mark.parametrize(
    "path, valid", [("/", True), ("/a/", True), ("/a/b-c/", True), ("", True), ("a/", False), ("/a", False)]
)
def test_a_path_has_a_slash_at_both_ends(path: str, valid: bool) -> None:
    pattern = template.template()["Parameters"]["RolePath"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, path)) == valid


def test_the_page_has_every_variable_and_role() -> None:
    text = page("keys-and-grants.md")
    said = page("deployment.md")
    for variable in re.findall(r"`(\w+_(?:DATA|RESULTS)_KEY_ARN|\w+_LAKE_FORMATION)` \|", said):
        assert f"`{variable}" in text
    assert all(f"`{role}`" in text for role in ROLES.values())
