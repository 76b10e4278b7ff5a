"""The least policy of the person who deploys: what the command line calls, and what CloudFormation calls in their name.

CloudFormation publishes the permissions of each resource type in its schema, which cfn-lint brings along.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import cfnlint
import pytest

from support import template
from support.deployment import Deployment, deploying
from support.local_aws import ACCOUNT, REGION, LocalAWS
from support.processes import REPOSITORY

pytestmark = pytest.mark.check

POLICY = REPOSITORY / "templates/deployer-policy.json"
# What is needed for `report` beside it: one policy would be too long.
POLICY_OF_REPORT = REPOSITORY / "templates/deployer-policy-report.json"
SCHEMAS = Path(cfnlint.__file__).parent / "data/schemas"
# What scripts/deploy calls itself.
COMMANDS = {
    "athena:GetWorkGroup",
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:UpdateStack",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutObject",
}
# Permissions in the schemas for properties that no template has, and the word by which one would be found.
OTHER_SERVICES = {"ec2", "elasticfilesystem", "firehose", "kinesis", "kms", "organizations", "s3files", "s3tables"}
UNUSED: Dict[str, List[str]] = {
    "ImportSourceSpecification": ["dynamodb:DescribeImport", "dynamodb:ImportTable", "s3:GetObjectMetadata"],
    "ContributorInsightsSpecification": ["dynamodb:UpdateContributorInsights"],
    "KinesisStreamSpecification": [
        f"dynamodb:{verb}KinesisStreamingDestination" for verb in ("Enable", "Disable", "Update")
    ],
    "Replicas": [
        *(f"dynamodb:{verb}TableReplica" for verb in ("Create", "Associate")),
        *(f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete", "BatchWrite")),
        *("dynamodb:Scan", "dynamodb:Query", "iam:CreateServiceLinkedRole"),
    ],
    "ResourcePolicy": ["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"],
    "ManagedPolicyArns": ["iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:UpdateRoleDescription"],
    "ReservedConcurrentExecutions": ["lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"],
    "CodeSigningConfigArn": [
        *("lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig"),
        "lambda:DeleteFunctionCodeSigningConfig",
    ],
    "Layers": ["lambda:GetLayerVersion"],
    "RuntimeManagementConfig": ["lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"],
    "RecursiveLoop": ["lambda:PutFunctionRecursionConfig"],
    "FunctionScalingConfig": ["lambda:PutFunctionScalingConfig", "lambda:PublishVersion"],
    "CapacityProviderConfig": ["lambda:PassCapacityProvider"],
    "S3ObjectVersion": ["s3:GetObjectVersion"],
    "DataProtectionPolicy": [
        *("logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy", "logs:CreateLogDelivery"),
        *("s3:REST.PUT.OBJECT", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    ],
    "ResourcePolicyDocument": ["logs:PutResourcePolicy", "logs:DeleteResourcePolicy"],
    "FieldIndexPolicies": ["logs:PutIndexPolicy", "logs:DeleteIndexPolicy"],
    "BearerTokenAuthenticationEnabled": ["logs:PutBearerTokenAuthentication"],
    "KmsKeyId": ["logs:AssociateKmsKey", "logs:DisassociateKmsKey"],
    "DeletionProtectionEnabled": ["logs:PutLogGroupDeletionProtection", "logs:DeleteRetentionPolicy"],
    "InsightSelectors": ["cloudtrail:PutInsightSelectors"],
    "MaxEventSize": ["cloudtrail:PutEventConfiguration"],
    "AccessControl": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
    "AbacStatus": ["s3:PutBucketAbac"],
    "AnalyticsConfigurations": ["s3:PutAnalyticsConfiguration", "s3:DeleteBucketAnalyticsConfiguration"],
    "CorsConfiguration": ["s3:PutBucketCORS", "s3:DeleteBucketCors"],
    "InventoryConfigurations": ["s3:PutInventoryConfiguration"],
    "MetricsConfigurations": ["s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"],
    "ReplicationConfiguration": [
        *("s3:PutBucketReplication", "s3:PutReplicationConfiguration", "s3:DeleteBucketReplication"),
        "s3:DeleteObject",
    ],
    "WebsiteConfiguration": ["s3:PutBucketWebsite", "s3:DeleteBucketWebsite"],
    "AccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
    "ObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration", "s3:PutObjectLockConfiguration"],
    "LoggingConfiguration": ["s3:PutBucketLogging"],
    "VersioningConfiguration": ["s3:PutBucketVersioning"],
    "IntelligentTieringConfigurations": ["s3:PutIntelligentTieringConfiguration"],
    "MetadataTableConfiguration": [
        *(f"s3:{verb}BucketMetadataTableConfiguration" for verb in ("Create", "Delete")),
        *(f"s3:UpdateBucketMetadata{what}TableConfiguration" for what in ("Journal", "Inventory", "Annotation")),
        *("s3:DeleteBucketEncryption", "s3:DeleteBucketLifecycle"),
    ],
    "FederatedDatabase": [
        *(f"glue:{verb}Connection" for verb in ("Create", "Delete", "Get", "Pass", "Update")),
        "lakeformation:DescribeResource",
        "lakeformation:ListResources",
        "lakeformation:DescribeLakeFormationIdentityCenterConfiguration",
    ],
    "CreateTableDefaultPermissions": ["lakeformation:CreateTable", "lakeformation:GetDataAccess"],
    "SchemaReference": ["glue:GetSchemaVersion"],
    "ApiGatewayPolicy": ["apigateway:UpdateRestApiPolicy"],
    # Of a workgroup.
    "ResultConfiguration": [
        *("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
        *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    ],
}


def schema(kind: str) -> Dict[str, Any]:
    names = json.loads((SCHEMAS / f"providers/{REGION}.json").read_text())
    found: Dict[str, Any] = json.loads((SCHEMAS / f"resources/{names[kind]}.json").read_text())
    return found


def kinds() -> Set[str]:
    return {one["Type"] for one in template.template()["Resources"].values()}


def handled() -> Set[str]:
    """What the schemas say CloudFormation calls to create, read, update and delete the templates' resources."""
    operations = [
        handler
        for kind in kinds()
        for name, handler in schema(kind)["handlers"].items()
        if name != "list"
    ]
    names = {permission for handler in operations for permission in handler.get("permissions", [])}
    return {name.replace("CloudTrail:", "cloudtrail:") for name in names}


def statements() -> List[Dict[str, Any]]:
    policies = [json.loads(path.read_text()) for path in (POLICY, POLICY_OF_REPORT)]
    return [statement for policy in policies for statement in policy["Statement"]]


def allowed() -> Set[str]:
    return {action for statement in statements() for action in template.as_list(statement["Action"])}


def unused() -> Set[str]:
    return {action for actions in UNUSED.values() for action in actions}


def test_the_policy_allows_what_cloudformation_calls_and_nothing_else() -> None:
    needed = {name for name in handled() if name.split(":")[0] not in OTHER_SERVICES} - unused()
    assert allowed() == needed | COMMANDS


def test_what_is_left_out_is_for_properties_that_no_template_has() -> None:
    assert unused() <= handled()
    properties = {name for one in template.template()["Resources"].values() for name in one["Properties"]}
    # A function has a configuration of logs too, and a table encrypts with a key of AWS's.
    bucket = template.template()["Resources"]["CloudtrailLogs"]["Properties"]
    workgroup = template.template()["Resources"]["QueryApiQueries"]["Properties"]["WorkGroupConfiguration"]
    assert not set(UNUSED) & properties and not set(UNUSED) & {*bucket, *workgroup}


def test_the_policy_fits_and_names_its_resources() -> None:
    # The limit of a managed policy, without the white space.
    assert all(len(re.sub(r"\s", "", path.read_text())) <= 6144 for path in (POLICY, POLICY_OF_REPORT))
    for statement in statements():
        if statement["Resource"] == "*":
            assert all(action.split(":")[1].startswith("Describe") for action in statement["Action"])
    [passing] = [one for one in statements() if "iam:PassRole" in one["Action"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


@pytest.fixture
def deployment(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


def become(deployment: Deployment, actions: Set[str]) -> None:
    """Gives the command line the credentials of a user with these permissions."""
    user = deployment.aws.create_user(f"{deployment.stack}-{len(actions)}", sorted(actions))
    deployment.environment.update(AWS_ACCESS_KEY_ID=user.access_key_id, AWS_SECRET_ACCESS_KEY=user.secret_access_key)


def query_api(deployment: Deployment) -> Deployment:
    return deployment.of("query_api", QUERY_API_TABLES="events", QUERY_API_OUTPUT_BUCKET="results")


def test_with_the_policy_query_api_gets_its_own_workgroup_or_yours(deployment: Deployment) -> None:
    mine = f"{deployment.stack}-mine"
    configuration = {"EnforceWorkGroupConfiguration": False, "BytesScannedCutoffPerQuery": 10_000_000}
    deployment.aws.client("athena").create_work_group(Name=mine, Configuration=configuration)
    become(deployment, allowed())
    query_api(deployment).run()
    query_api(deployment).run(QUERY_API_WORKGROUP=mine)
    become(deployment, allowed() - {"athena:GetWorkGroup"})
    said = query_api(deployment).make("run_cloudformation", QUERY_API_WORKGROUP=mine).stderr
    assert f"the workgroup {mine} cannot be looked at: " in said and "athena:GetWorkGroup" in said


def test_with_the_policy_a_stack_is_created_updated_and_deleted(deployment: Deployment) -> None:
    become(deployment, allowed())
    deployment.run()
    deployment.run(NOTIFICATION_MEMORY="256")
    made = deployment.make("delete_cloudformation")
    assert (made.returncode, made.stderr) == (0, "")


# What only a failed creation calls, or only AWS checks.
RARE = {"athena:GetWorkGroup", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources", "s3:DeleteObject", "s3:GetObject"}


@pytest.mark.parametrize("action", sorted(COMMANDS - RARE))
def test_a_permission_of_the_command_line_that_is_missing_is_named(deployment: Deployment, action: str) -> None:
    become(deployment, allowed() - {action})
    said = deployment.make("run_cloudformation").stderr
    said += deployment.make("run_cloudformation", NOTIFICATION_MEMORY="256").stderr
    said += deployment.make("delete_cloudformation").stderr
    # S3's refusals name the operation only.
    assert (action in said or action.split(":")[1] in said) and "AccessDenied" in said


ARNS = {
    "AWS::Lambda::Function": ("lambda:DeleteFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}"),
    "AWS::IAM::Role": ("iam:DeleteRole", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::Logs::LogGroup": ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}"),
    "AWS::Events::Rule": ("events:DeleteRule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}"),
    "AWS::SQS::Queue": ("sqs:DeleteQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}"),
    "AWS::DynamoDB::Table": ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}"),
    "AWS::S3::Bucket": ("s3:DeleteBucket", "arn:aws:s3:::{}"),
    "AWS::Athena::WorkGroup": ("athena:DeleteWorkGroup", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{{}}"),
}


def test_the_resources_of_a_stack_are_those_that_the_policy_names(deployment: Deployment) -> None:
    deployment.run()
    api = query_api(deployment)
    api.run()
    text = POLICY.read_text().replace("Athena*", f"{deployment.stack}*").replace("REGION", REGION)
    text = text.replace("ACCOUNT", ACCOUNT)
    for variable in ("LAMBDA_BUCKET", "CLOUDTRAIL_BUCKET", "DYNAMODB_TABLE_NAME", "SQS_QUEUE_NAME"):
        text = text.replace(variable, deployment.variables[variable])
    policy = json.loads(text)["Statement"]
    seen = set()
    for name, physical in [*deployment.ids().items(), *api.ids().items()]:
        kind = template.template()["Resources"][name]["Type"]
        if kind not in ARNS:
            continue
        action, arn = ARNS[kind]
        arn = arn.format(physical.rsplit("/", 1)[-1] if kind == "AWS::SQS::Queue" else physical)
        [statement] = [one for one in policy if action in one["Action"]]
        assert any(fnmatchcase(arn, one) for one in template.as_list(statement["Resource"])), arn
        seen.add(kind)
    assert seen == set(ARNS)
