"""`scripts/deploy` through every status of a stack, with versions 1 and 2 of the AWS command line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Dict, Optional

import pytest
from botocore.session import get_session

from support.aws_command import AWSCommand
from support.deployment import write_package
from support.processes import REPOSITORY

pytestmark = pytest.mark.check

PARAMETERS = {
    "CloudtrailBucket": "my-trail",
    "CreateTrail": "true",
    "DynamoDBTableName": "queries",
    "LambdaS3Bucket": "code",
    "LambdaS3Key": "a.zip",
    "SQSQueueName": "finished",
}
ENVIRONMENT = {
    "LAMBDA_BUCKET": "code",
    "LAMBDA_KEY": "a.zip",
    "CLOUDTRAIL_BUCKET": "my-trail",
    "DYNAMODB_TABLE_NAME": "queries",
    "SQS_QUEUE_NAME": "finished",
    "AWS_REGION": "eu-west-1",
}
CREATED, UPDATED, REPLACED, BUSY, STUCK = "created", "updated", "replaced", "busy", "stuck"
# What a run does with a stack in each status.
EXPECTED = {
    "CREATE_IN_PROGRESS": BUSY,
    "CREATE_FAILED": REPLACED,
    "CREATE_COMPLETE": UPDATED,
    "ROLLBACK_IN_PROGRESS": BUSY,
    "ROLLBACK_FAILED": REPLACED,
    "ROLLBACK_COMPLETE": REPLACED,
    "DELETE_IN_PROGRESS": BUSY,
    "DELETE_FAILED": REPLACED,
    "DELETE_COMPLETE": CREATED,
    "UPDATE_IN_PROGRESS": BUSY,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": BUSY,
    "UPDATE_COMPLETE": UPDATED,
    "UPDATE_FAILED": STUCK,
    "UPDATE_ROLLBACK_IN_PROGRESS": BUSY,
    "UPDATE_ROLLBACK_FAILED": STUCK,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": BUSY,
    "UPDATE_ROLLBACK_COMPLETE": UPDATED,
    "REVIEW_IN_PROGRESS": REPLACED,
    "IMPORT_IN_PROGRESS": BUSY,
    "IMPORT_COMPLETE": UPDATED,
    "IMPORT_ROLLBACK_IN_PROGRESS": BUSY,
    "IMPORT_ROLLBACK_FAILED": STUCK,
    "IMPORT_ROLLBACK_COMPLETE": UPDATED,
}
VERSIONS = pytest.mark.parametrize("version", [1, 2])



class Script:
    """scripts/deploy with the stub on its path."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.package = write_package(directory / "package.zip", b"program")

    def aws(self, **state: Any) -> AWSCommand:
        return AWSCommand(self.directory, **{"parameters": PARAMETERS, **state})

    def run(self, aws: AWSCommand, word: str = "run", **changes: str) -> Any:
        environment = {**ENVIRONMENT, "PATH": f"{aws.install()}:/usr/bin:/bin", "PACKAGE": str(self.package), **changes}
        command = [str(REPOSITORY / "scripts/deploy"), word]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def changes_of(aws: AWSCommand) -> list:
    changing = ("create-stack", "update-stack", "delete-stack", "cp")
    return [call[1] for call in aws.calls() if call[1] in changing]


def test_every_status_of_cloudformation_is_expected() -> None:
    shape = get_session().get_service_model("cloudformation").shape_for("StackStatus")
    assert set(EXPECTED) == set(shape.enum)


@VERSIONS
@pytest.mark.parametrize("status", EXPECTED)
def test_a_run_gets_on_from_every_status_or_says_what_to_do(script: Script, version: int, status: str) -> None:
    aws = script.aws(version=version, status=status)
    ran, expected = script.run(aws), EXPECTED[status]
    if expected in (BUSY, STUCK):
        assert ran.returncode == 1 and changes_of(aws) == []
        assert f"({status})" in ran.stderr
        assert ("wait until it is done" in ran.stderr) == (expected == BUSY)
        return
    assert ran.returncode == 0, ran.stderr
    assert "the stack AthenaAlerter is ready:\n  Notification       a-function\n" in ran.stdout
    operations = {CREATED: ["create-stack"], UPDATED: ["update-stack"], REPLACED: ["delete-stack", "create-stack"]}
    assert changes_of(aws) == ["cp", "cp", *operations[expected]]


@VERSIONS
@pytest.mark.parametrize("status", EXPECTED)
def test_a_stack_in_any_status_can_be_deleted_unless_it_is_busy(script: Script, version: int, status: str) -> None:
    aws = script.aws(version=version, status=status)
    ran = script.run(aws, "delete")
    if EXPECTED[status] == BUSY:
        assert ran.returncode == 1 and f"is busy ({status})" in ran.stderr and changes_of(aws) == []
    elif EXPECTED[status] == CREATED:
        assert ran.returncode == 0 and "there is no stack AthenaAlerter" in ran.stdout and changes_of(aws) == []
    else:
        assert ran.returncode == 0 and changes_of(aws) == ["delete-stack"]
        assert ("the table queries" in ran.stdout) == (status != "REVIEW_IN_PROGRESS")


@pytest.mark.parametrize(
    "status, command",
    [("UPDATE_FAILED", "rollback-stack"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")],
)
def test_the_way_out_of_a_failed_update_is_named(script: Script, status: str, command: str) -> None:
    ran = script.run(script.aws(status=status))
    assert f"aws cloudformation {command} --stack-name AthenaAlerter\n" in ran.stderr
    assert command in get_commands()


def get_commands() -> set:
    """The operations of CloudFormation in the words of the command line."""
    names = get_session().get_service_model("cloudformation").operation_names
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in names}


@VERSIONS
def test_a_warning_is_no_failure_and_is_printed_once(script: Script, version: int) -> None:
    ran = script.run(script.aws(version=version, status="UPDATE_COMPLETE"))
    assert ran.returncode == 0 and ran.stderr.count("Warning") == 1


@VERSIONS
def test_a_run_without_changes_is_a_success(script: Script, version: int) -> None:
    ran = script.run(script.aws(version=version, status="UPDATE_COMPLETE", refusal="No updates are to be performed."))
    assert ran.returncode == 0 and "nothing has changed" in ran.stdout


@VERSIONS
def test_a_refusal_is_said_in_one_line_without_warnings(script: Script, version: int) -> None:
    why = "Parameters: [NotificationMemory] must be numbers of a size that this long sentence need not say"
    ran = script.run(script.aws(version=version, status="UPDATE_COMPLETE", refusal=why))
    line = f"deploy: An error occurred (ValidationError) when calling the UpdateStack operation: {why}\n"
    assert ran.returncode == 1 and line in ran.stderr


@VERSIONS
@pytest.mark.parametrize(
    "status, becomes",
    [
        ("DELETE_FAILED", "DELETE_FAILED"),
        ("", "ROLLBACK_COMPLETE"),
        ("CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
    ],
)
def test_an_operation_that_fails_shows_its_reasons(script: Script, version: int, status: str, becomes: str) -> None:
    ran = script.run(script.aws(version=version, status=status, becomes=becomes))
    assert ran.returncode == 1 and "is ready" not in ran.stdout
    assert "deploy: the stack AthenaAlerter failed:\n  QueriesTable (AWS::DynamoDB::Table): it is in use\n" in ran.stderr
    assert f'we matched "{becomes}"' in ran.stderr


@VERSIONS
def test_a_bucket_that_a_rollback_could_not_delete_is_deleted(script: Script, version: int) -> None:
    aws = script.aws(version=version, status="ROLLBACK_FAILED", bucket="my-trail")
    ran = script.run(aws)
    assert ran.returncode == 0, ran.stderr
    assert "deleting the bucket my-trail, which the failed creation made" in ran.stdout
    operations = [one for one in aws.operations() if one.split()[1] in ("rb", "delete-stack", "create-stack")]
    assert operations == ["s3 rb", "cloudformation delete-stack", "cloudformation create-stack"]
    [call] = [call for call in aws.calls() if call[1] == "rb"]
    assert call == ["s3", "rb", "--force", "s3://my-trail"]


@pytest.mark.parametrize("status", sorted(set(EXPECTED) - {"ROLLBACK_FAILED"}))
def test_no_other_status_deletes_a_bucket(script: Script, status: str) -> None:
    aws = script.aws(status=status, bucket="my-trail")
    for word in ("run", "delete"):
        script.run(aws, word)
        assert "s3 rb" not in aws.operations()


def test_an_operation_that_takes_too_long_is_not_a_failure_of_the_stack(script: Script) -> None:
    ran = script.run(script.aws(status="CREATE_COMPLETE", becomes="UPDATE_IN_PROGRESS"))
    assert ran.returncode == 1 and "is still busy" in ran.stderr and "failed" not in ran.stderr


# Where the template is


@VERSIONS
@pytest.mark.parametrize(
    "region, bucket, place",
    [
        ("eu-west-1", "code", "https://code.s3.eu-west-1.amazonaws.com/"),
        ("us-east-1", "code", "https://code.s3.us-east-1.amazonaws.com/"),
        ("eu-west-1", "my.code", "https://s3.eu-west-1.amazonaws.com/my.code/"),
        ("cn-north-1", "code", "https://code.s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_address_of_the_template_is_its_regions(
    script: Script, version: int, region: str, bucket: str, place: str
) -> None:
    aws = script.aws(version=version)
    assert script.run(aws, AWS_REGION=region, LAMBDA_BUCKET=bucket).returncode == 0
    url = aws.option("create-stack", "--template-url")
    assert url.startswith(place) and url.endswith(".yaml") and "?" not in url


@VERSIONS
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION", "the configuration"])
def test_both_versions_take_the_region_from_the_same_place(script: Script, version: int, variable: str) -> None:
    aws = script.aws(version=version, region="ap-south-1" if variable == "the configuration" else "")
    ran = script.run(aws, **{"AWS_REGION": "", variable: "ap-south-1"})
    assert ran.returncode == 0, ran.stderr
    assert ".s3.ap-south-1." in aws.option("create-stack", "--template-url")


def test_a_missing_region_is_named(script: Script) -> None:
    aws = script.aws(region="")
    ran = script.run(aws, AWS_REGION="")
    assert ran.returncode == 1 and "no region is set" in ran.stderr and changes_of(aws) == []


# The stack's name


@pytest.mark.parametrize("name", ["1st", "my_alerter", "my.alerter", "a" * 129, "-a", "ab", "my--alerter", "alerter-"])
def test_a_name_that_the_stack_or_its_trail_cannot_have_is_refused_first(script: Script, name: str) -> None:
    aws = script.aws()
    for word in ("check", "run"):
        ran = script.run(aws, word, STACK_NAME=name)
        assert ran.returncode == 1 and f"'{name}' is no name of a" in ran.stderr and aws.calls() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"CREATE_TRAIL": "false"},
        {"SYSTEM": "run_query", "RUN_QUERY_SQL": "SELECT 1", "RUN_QUERY_OUTPUT_BUCKET": "results"},
    ],
    ids=["alerter", "run_query"],
)
def test_a_stack_without_a_trail_may_have_any_name_of_a_stack(script: Script, changes: Dict[str, str]) -> None:
    for name in ("ab", "my--alerter", "alerter-"):
        assert script.run(script.aws(), STACK_NAME=name, **changes).returncode == 0


# The workgroup of query_api

QUERY_API = {
    "SYSTEM": "query_api",
    "STACK_NAME": "Api",
    "QUERY_API_TABLES": "events",
    "QUERY_API_OUTPUT_BUCKET": "results",
}
LIMITED = {"BytesScannedCutoffPerQuery": 10_000_000, "EnforceWorkGroupConfiguration": False}


@VERSIONS
@pytest.mark.parametrize(
    "configuration, problem",
    [
        (LIMITED, None),
        ({**LIMITED, "BytesScannedCutoffPerQuery": None}, "a query in the workgroup mine may scan without a limit"),
        ({**LIMITED, "EnforceWorkGroupConfiguration": True}, "the workgroup mine enforces its settings"),
        (None, "the workgroup mine cannot be looked at: An error occurred (InvalidRequestException)"),
    ],
)
@pytest.mark.parametrize("place", ["the variable", "the stack"])
def test_the_workgroup_is_looked_at(
    script: Script, version: int, configuration: Any, problem: Optional[str], place: str
) -> None:
    parameters = {"QueryApiTables": "events", "QueryApiOutputBucket": "results", "QueryApiWorkgroup": "mine"}
    aws = script.aws(version=version, status="UPDATE_COMPLETE", parameters=parameters, workgroup=configuration)
    given = {"QUERY_API_WORKGROUP": "mine"} if place == "the variable" else {}
    ran = script.run(aws, **QUERY_API, **given)
    assert aws.option("get-work-group", "--work-group") == "mine"
    assert ran.returncode == (1 if problem else 0), ran.stderr
    assert (problem or "") in ran.stderr and (changes_of(aws) == []) == bool(problem)


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "ROLLBACK_COMPLETE", None])
def test_a_workgroup_that_the_stack_makes_is_not_looked_at(script: Script, status: Optional[str]) -> None:
    before = "mine" if status == "ROLLBACK_COMPLETE" else ""
    parameters = {"QueryApiTables": "events", "QueryApiOutputBucket": "results", "QueryApiWorkgroup": before}
    aws = script.aws(status=status, parameters=parameters)
    assert script.run(aws, **QUERY_API).returncode == 0
    assert "athena get-work-group" not in aws.operations()
