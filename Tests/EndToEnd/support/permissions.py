"""The calls that each handler makes, as the permissions that the local AWS checks."""

from __future__ import annotations

from typing import Dict, Tuple

HANDLER_ACTIONS: Dict[str, Tuple[str, ...]] = {
    "cloudtrail_handler": ("s3:GetObject", "dynamodb:PutItem", "dynamodb:PartiQLInsert"),
    "usage_update": (
        "dynamodb:Query",
        "dynamodb:BatchGetItem",
        "dynamodb:PartiQLUpdate",
        "athena:BatchGetQueryExecution",
        "sqs:SendMessage",
        "sqs:SendMessageBatch",
        "sqs:ChangeMessageVisibility",
        "sqs:ChangeMessageVisibilityBatch",
        "athena:StopQueryExecution",
    ),
    "notification": ("dynamodb:UpdateItem", "dynamodb:TransactWriteItems", "dynamodb:GetItem"),
    "report": ("dynamodb:Query", "s3:ListBucket", "s3:GetObject", "s3:PutObject"),
    "report_page": ("s3:GetObject",),
    "partition_refresh": (
        "athena:GetQueryExecution",
        "athena:StartQueryExecution",
        "glue:BatchCreatePartition",
        "glue:GetDatabase",
        "glue:GetTable",
        "sqs:DeleteMessage",
        "sqs:DeleteMessageBatch",
        "sqs:ReceiveMessage",
    ),
    "run_query": (
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "s3:DeleteObject",
    ),
    "query_api": (
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StopQueryExecution",
    ),
    "query_retention": ("s3:ListBucket", "s3:DeleteObject"),
}

ALERTER_HANDLERS = ("cloudtrail_handler", "usage_update", "notification", "report", "report_page", "partition_refresh")
QUERY_HANDLERS = ("run_query", "query_api", "query_retention")

# For settings that name a secret.
SECRET_ACTIONS = ("secretsmanager:GetSecretValue", "ssm:GetParameter")
# For the commands, and for what aws-probe tries.
OTHER_ACTIONS = (
    "athena:GetQueryRuntimeStatistics",
    "athena:GetWorkGroup",
    "identitystore:DescribeUser",
    "sqs:GetQueueUrl",
    "ssm:GetParameters",
)

# For the user and the role that all handlers of an `AlerterStack` share.
ALERTER_ACTIONS = sorted(
    {action for handler in ALERTER_HANDLERS for action in HANDLER_ACTIONS[handler]} | {*SECRET_ACTIONS, *OTHER_ACTIONS}
)
