"""The resources of a Terraform module as those of CloudFormation that they stand for.

Each argument becomes the property of the same name in camel case, or the one that a table below says. An argument without a
property ends with an error, so that none is left out of a comparison.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional

from .hcl import Blocks, Resource, camel

Values = Dict[str, Any]

# The type of the resource that each of Terraform's is, or is a part of. Parts have the name of the whole.
TYPES = {
    "aws_cloudtrail": "AWS::CloudTrail::Trail",
    "aws_cloudwatch_dashboard": "AWS::CloudWatch::Dashboard",
    "aws_cloudwatch_event_rule": "AWS::Events::Rule",
    "aws_cloudwatch_event_target": "AWS::Events::Rule",
    "aws_cloudwatch_log_group": "AWS::Logs::LogGroup",
    "aws_cloudwatch_metric_alarm": "AWS::CloudWatch::Alarm",
    "aws_dynamodb_table": "AWS::DynamoDB::Table",
    "aws_glue_catalog_database": "AWS::Glue::Database",
    "aws_glue_catalog_table": "AWS::Glue::Table",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_iam_role_policy": "AWS::IAM::Role",
    "aws_lambda_event_source_mapping": "AWS::Lambda::EventSourceMapping",
    "aws_lambda_function": "AWS::Lambda::Function",
    "aws_lambda_function_event_invoke_config": "AWS::Lambda::EventInvokeConfig",
    "aws_lambda_function_url": "AWS::Lambda::Url",
    "aws_lambda_permission": "AWS::Lambda::Permission",
    "aws_s3_bucket": "AWS::S3::Bucket",
    "aws_s3_bucket_lifecycle_configuration": "AWS::S3::Bucket",
    "aws_s3_bucket_notification": "AWS::S3::Bucket",
    "aws_s3_bucket_ownership_controls": "AWS::S3::Bucket",
    "aws_s3_bucket_policy": "AWS::S3::BucketPolicy",
    "aws_s3_bucket_public_access_block": "AWS::S3::Bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "AWS::S3::Bucket",
    "aws_sqs_queue": "AWS::SQS::Queue",
    "aws_sqs_queue_policy": "AWS::SQS::QueuePolicy",
}

# Properties that are not the argument in camel case.
PROPERTIES = {
    "aws_cloudtrail": {"name": "TrailName", "s3_bucket_name": "S3BucketName", "enable_logging": "IsLogging"},
    "aws_cloudwatch_log_group": {"name": "LogGroupName"},
    "aws_cloudwatch_metric_alarm": {"ok_actions": "OKActions"},
    "aws_iam_role": {"assume_role_policy": "AssumeRolePolicyDocument"},
    "aws_lambda_function_url": {"function_name": "TargetFunctionArn", "authorization_type": "AuthType"},
    "aws_s3_bucket": {"bucket": "BucketName"},
    "aws_s3_bucket_policy": {"policy": "PolicyDocument"},
    "aws_sqs_queue": {
        "name": "QueueName",
        "visibility_timeout_seconds": "VisibilityTimeout",
        "message_retention_seconds": "MessageRetentionPeriod",
    },
    "aws_sqs_queue_policy": {"policy": "PolicyDocument"},
}

# The argument that holds a name which CloudFormation makes up.
MADE_UP = {
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_iam_role": "name",
    "aws_lambda_function": "function_name",
}
# The argument that says of which resource this is a part.
WHOLE = {
    "aws_cloudwatch_event_target": "rule",
    "aws_iam_role_policy": "role",
    **{kind: "bucket" for kind, whole in TYPES.items() if whole == "AWS::S3::Bucket" and kind != "aws_s3_bucket"},
}


def one(blocks: List[Any]) -> Any:
    [only] = blocks
    return only


def named(values: Values, **names: str) -> Values:
    """These arguments and no others, by the names of the properties."""
    assert set(values) == set(names), f"{sorted(values)} instead of {sorted(names)}"
    return {names[name]: value for name, value in values.items()}


def key_schema(values: Values) -> List[Values]:
    """Takes the key of a table or an index out of its arguments."""
    return [{"AttributeName": values.pop(f"{kind.lower()}_key"), "KeyType": kind} for kind in ("HASH", "RANGE")]


def table(values: Values) -> Values:
    indexes = [
        {
            "KeySchema": key_schema(index),
            "Projection": {"ProjectionType": index.pop("projection_type")},
            **named(index, name="IndexName"),
        }
        for index in map(dict, values.pop("global_secondary_index"))
    ]
    key = key_schema(values)
    attributes = [named(it, name="AttributeName", type="AttributeType") for it in values.pop("attribute")]
    recovery, encryption = one(values.pop("point_in_time_recovery")), one(values.pop("server_side_encryption"))
    lifetime = one(values.pop("ttl"))
    return {
        "AttributeDefinitions": attributes,
        "KeySchema": key,
        "GlobalSecondaryIndexes": indexes,
        "TimeToLiveSpecification": named(lifetime, attribute_name="AttributeName", enabled="Enabled"),
        "PointInTimeRecoverySpecification": named(recovery, enabled="PointInTimeRecoveryEnabled"),
        "SSESpecification": named(encryption, enabled="SSEEnabled"),
        **named(values, name="TableName", billing_mode="BillingMode"),
    }


def function(values: Values) -> Values:
    code = {"S3Bucket": values.pop("s3_bucket"), "S3Key": values.pop("s3_key")}
    return {"Code": code, **camels(values)}


def alarm(values: Values) -> Values:
    dimensions = [{"Name": name, "Value": value} for name, value in values.pop("dimensions").items()]
    # An empty list of actions is none.
    values = {name: value for name, value in values.items() if value != []}
    return {"Dimensions": dimensions, **camels(values, PROPERTIES["aws_cloudwatch_metric_alarm"])}


def trail(values: Values) -> Values:
    selectors = [camels(selector) for selector in values.pop("event_selector")]
    return {"EventSelectors": selectors, **camels(values, PROPERTIES["aws_cloudtrail"])}


def lifecycle(values: Values) -> Values:
    rule = dict(one(values.pop("rule")))
    # Terraform wants one, even if it filters nothing.
    assert one(rule.pop("filter")) == {} and not values
    abort = camels(one(rule.pop("abort_incomplete_multipart_upload")))
    days = named(one(rule.pop("expiration")), days="ExpirationInDays")
    return {"LifecycleConfiguration": {"Rules": [{**camels(rule), **days, "AbortIncompleteMultipartUpload": abort}]}}


def bucket_notification(values: Values) -> Values:
    notice = dict(one(values.pop("lambda_function")))
    assert not values
    rules = [{"Name": "suffix", "Value": notice.pop("filter_suffix")}]
    return {
        "NotificationConfiguration": {
            "LambdaConfigurations": [
                {"Event": event, "Filter": {"S3Key": {"Rules": rules}}, **named(rest, lambda_function_arn="Function")}
                for event in notice.pop("events")
                for rest in [notice]
            ]
        }
    }


def bucket_encryption(values: Values) -> Values:
    [rule] = values.pop("rule")
    assert not values and list(rule) == ["apply_server_side_encryption_by_default"]
    default = named(one(rule["apply_server_side_encryption_by_default"]), sse_algorithm="SSEAlgorithm")
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}}


def catalog_table(values: Values) -> Values:
    storage = dict(one(values.pop("storage_descriptor")))
    partitions = [camels(key) for key in values.pop("partition_keys")]
    columns = [camels(column) for column in storage.pop("columns")]
    descriptor = {"Columns": columns, **camels(storage, {"ser_de_info": "SerdeInfo"})}
    place = {"CatalogId": values.pop("catalog_id"), "DatabaseName": values.pop("database_name")}
    return {**place, "TableInput": {"PartitionKeys": partitions, "StorageDescriptor": descriptor, **camels(values)}}


# Where an argument is more than one property, or a property more than one argument.
SPECIAL: Dict[str, Callable[[Values], Values]] = {
    "aws_cloudtrail": trail,
    "aws_cloudwatch_event_target": lambda values: {
        "Targets": [camels(values, {"target_id": "Id"})],
    },
    "aws_cloudwatch_metric_alarm": alarm,
    "aws_dynamodb_table": table,
    "aws_glue_catalog_database": lambda values: {
        "CatalogId": values.pop("catalog_id"),
        "DatabaseInput": camels(values),
    },
    "aws_glue_catalog_table": catalog_table,
    "aws_iam_role_policy": lambda values: {"Policies": [named(values, name="PolicyName", policy="PolicyDocument")]},
    "aws_lambda_function": function,
    "aws_s3_bucket_lifecycle_configuration": lifecycle,
    "aws_s3_bucket_notification": bucket_notification,
    "aws_s3_bucket_ownership_controls": lambda values: {
        "OwnershipControls": {"Rules": [camels(rule) for rule in values["rule"]]}
    },
    "aws_s3_bucket_public_access_block": lambda values: {"PublicAccessBlockConfiguration": camels(values)},
    "aws_s3_bucket_server_side_encryption_configuration": bucket_encryption,
    "aws_sqs_queue_policy": lambda values: {
        "Queues": [values.pop("queue_url")],
        **named(values, policy="PolicyDocument"),
    },
}


def camels(values: Values, names: Optional[Dict[str, str]] = None) -> Values:
    """Arguments by the names of their properties. Inner blocks that can be there once are objects."""
    inner = {name: camels(one(value)) if isinstance(value, Blocks) else value for name, value in values.items()}
    return {(names or {}).get(name, camel(name)): value for name, value in inner.items()}


def properties(resource: Resource, prefix: str) -> Values:
    """The properties that a resource, or a part of one, has in CloudFormation. Names that are made up begin with the prefix."""
    values = dict(resource.arguments)
    if resource.kind in MADE_UP:
        argument = MADE_UP[resource.kind]
        made_up = values.pop(argument, None) or values.pop(f"{argument}_prefix") + resource.id
        assert made_up == f"{prefix}-{resource.id}", made_up
    elif resource.kind == "aws_sqs_queue" and values["name"] == f"{prefix}-{resource.id}":
        del values["name"]
    if resource.kind in WHOLE:
        assert values.pop(WHOLE[resource.kind]) == f"<{resource.id} name>"
    special = SPECIAL.get(resource.kind)
    return special(values) if special else camels(values, PROPERTIES.get(resource.kind, {}))


def resources(found: Iterable[Resource], prefix: str) -> Dict[str, Values]:
    """Type and properties of each resource by logical id."""
    whole: Dict[str, Values] = {}
    for resource in found:
        entry = whole.setdefault(resource.id, {"Type": TYPES[resource.kind], "Properties": {}})
        assert entry["Type"] == TYPES[resource.kind], f"{resource.id} is of two types"
        part = properties(resource, prefix)
        assert not set(part) & set(entry["Properties"]), f"two parts of {resource.id} say the same"
        entry["Properties"].update(part)
    return whole
