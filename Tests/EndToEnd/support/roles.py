"""The roles of the templates: what each must allow, on what, and what it allows."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Set

from . import template
from .partition_refresh_stack import HANDLER as PARTITION_REFRESH

ROLES = {
    "cloudtrail_handler": "CloudtrailHandler",
    "usage_update": "UsageUpdate",
    "notification": "Notification",
    "run_query": "RunQuery",
    "query_api": "QueryApi",
    "query_retention": "QueryRetention",
    "report": "Report",
    "report_page": "ReportPage",
    PARTITION_REFRESH: "PartitionRefresh",
}
# Operations that IAM knows by another name.
PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "s3:ListObjectsV2": "s3:ListBucket",
    # A transaction needs the permission for each of its writes.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    "dynamodb:TransactWriteItems": "dynamodb:UpdateItem",
}
# A statement's permission is that of its kind.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
PARTIQL = "dynamodb:BatchExecuteStatement"
PARTIQL_OF = {"cloudtrail_handler": "dynamodb:PartiQLInsert", "usage_update": "dynamodb:PartiQLUpdate"}


def permission(handler: str, call: str) -> str:
    """The permission that a handler's call needs."""
    return PARTIQL_OF[handler] if call == PARTIQL else PERMISSIONS.get(call, call)


LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}

# On what each action is allowed. An action on nothing else than what is here is what "least" means.
QUEUE, TABLE = "${FinishedQueries.Arn}", "${QueriesTable.Arn}"
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
PLACES = {
    "athena:BatchGetQueryExecution": {"arn:${AWS::Partition}:athena:*:${AWS::AccountId}:workgroup/*"},
    "dynamodb:BatchGetItem": {TABLE},
    "dynamodb:GetItem": {TABLE},
    "dynamodb:PartiQLInsert": {TABLE},
    "dynamodb:PartiQLUpdate": {TABLE},
    "dynamodb:PutItem": {TABLE},
    "dynamodb:Query": {TABLE, TABLE + "/index/open-queries"},
    "dynamodb:UpdateItem": {TABLE},
    "s3:GetObject": {"arn:${AWS::Partition}:s3:::${CloudtrailBucket}/*"},
    "secretsmanager:GetSecretValue": {"arn:${AWS::Partition}:secretsmanager:" + ACCOUNT + ":secret:${SlackSecret}"},
    "ssm:GetParameter": {"arn:${AWS::Partition}:ssm:" + ACCOUNT + ":parameter/${SlackParameter}"},
    **{action: {QUEUE} for action in (*POLLING, "sqs:SendMessage")},
}
# What a handler that runs queries does elsewhere, and what Athena does there in its name.
GLUE = "arn:${AWS::Partition}:glue:" + ACCOUNT + ":"
BUCKET = "arn:aws:s3:::".replace("aws", "${AWS::Partition}")
CATALOG_READS = ("GetDatabase", "GetDatabases", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")
READING = tuple(f"glue:{action}" for action in CATALOG_READS)
STORING = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
ATHENA = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution")
LOOKING = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")


def queries_of(name: str) -> Dict[str, Set[str]]:
    """The places of one of those handlers, by action."""
    database = f"${{{name}Database}}"
    results = f"{BUCKET}${{{name}OutputBucket}}"
    tables = {GLUE + one for one in ("catalog", "database/default", f"database/{database}", f"table/{database}/*")}
    group = f"${{{name}Workgroup}}"
    if name == "QueryApi":
        # The one that the stack makes, or else the operator's.
        group = f"(${{QueryApiQueries}}|{group})"
    workgroup = {"arn:${AWS::Partition}:athena:" + ACCOUNT + f":workgroup/{group}"}
    return {
        **{action: tables for action in READING},
        **{action: {f"{results}/${{{name}OutputPrefix}}*"} for action in (*STORING, "s3:DeleteObject")},
        **{action: {results} for action in LOOKING},
        **{f"athena:{action}": workgroup for action in ATHENA},
    }


PLACES_OF: Dict[str, Dict[str, Set[str]]] = {
    "run_query": queries_of("RunQuery"),
    "query_api": queries_of("QueryApi"),
    "query_retention": {
        "s3:ListBucket": {BUCKET + "${QueryApiOutputBucket}"},
        "s3:DeleteObject": {BUCKET + "${QueryApiOutputBucket}/${QueryApiOutputPrefix}tenant=*"},
    },
    "report": {
        "dynamodb:Query": {"arn:${AWS::Partition}:dynamodb:" + ACCOUNT + ":table/${ReportTable}"},
        "s3:ListBucket": {BUCKET + "${ReportBucket}"},
        "s3:GetObject": {BUCKET + "${ReportBucket}/sums/*"},
        "s3:PutObject": {BUCKET + f"${{ReportBucket}}/{folder}/*" for folder in ("queries", "sums", "pages")},
    },
}
PLACES_OF["report_page"] = {
    "s3:GetObject": {BUCKET + "${ReportBucket}/pages/*"},
    "ssm:GetParameter": {"arn:${AWS::Partition}:ssm:" + ACCOUNT + ":parameter/${ReportSlackParameter}"},
    "secretsmanager:GetSecretValue": {"arn:${AWS::Partition}:secretsmanager:" + ACCOUNT + ":secret:${ReportSlackSecret}"},
}
LENT = {handler: {*READING, *STORING, *LOOKING} for handler in ("run_query", "query_api")}


def data_of(name: str) -> Set[Any]:
    """What one of those handlers may read when its data have a bucket of their own."""
    bucket = f"{BUCKET}${{{name}DataBucket}}"
    actions = ("s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject")
    return {(f"Has{name}Data", action, place) for action in actions for place in (bucket, f"{bucket}/*")}


def keys_of(name: str) -> Set[Any]:
    """What one of those handlers may do with keys, and may ask Lake Formation for."""
    return {
        (f"Has{name}DataKey", "kms:Decrypt", f"${{{name}DataKeyArn}}"),
        (f"Has{name}ResultsKey", "kms:Decrypt", f"${{{name}ResultsKeyArn}}"),
        (f"Has{name}ResultsKey", "kms:GenerateDataKey", f"${{{name}ResultsKeyArn}}"),
        (f"Has{name}LakeFormation", "lakeformation:GetDataAccess", "*"),
    }


CATALOG = {GLUE + one for one in ("catalog", "database/${PartitionRefreshDatabase}", "table/${PartitionRefreshDatabase}/*")}
S3 = "arn:${AWS::Partition}:s3:::"
# Queues that are one handler's own.
PLACES_OF[PARTITION_REFRESH] = {
    **{action: {"${PartitionNotifications.Arn}"} for action in POLLING},
    **{f"glue:{action}": CATALOG for action in ("GetDatabase", "GetTable", "BatchCreatePartition")},
}
# What Athena does in the handler's name, where it is asked at all.
STATEMENTS = {
    *((f"athena:{action}", "arn:${AWS::Partition}:athena:" + ACCOUNT + ":workgroup/${PartitionRefreshWorkgroup}")
      for action in ("StartQueryExecution", "GetQueryExecution")),
    *((f"glue:{action}", place) for place in CATALOG
      for action in ("GetDatabases", "GetPartition", "GetPartitions", "BatchGetPartition", "CreatePartition")),
    *((f"glue:{action}", GLUE + "database/default") for action in ("GetDatabase", "GetDatabases")),
    *((f"s3:{action}", S3 + "${PartitionRefreshBuckets}") for action in ("GetBucketLocation", "ListBucket")),
}
RESULTS = {
    ("s3:GetBucketLocation", S3 + "${PartitionRefreshResults}"),
    *((f"s3:{action}", S3 + "${PartitionRefreshResults}/partition_refresh/*") for action in ("GetObject", "PutObject")),
}
# What hints need of tables, executions and workgroups in any region.
HINTS = {
    *(("glue:GetTable", GLUE.replace("${AWS::Region}", "*") + one) for one in ("catalog", "database/*", "table/*")),
    *((f"athena:{action}", "arn:${AWS::Partition}:athena:*:${AWS::AccountId}:workgroup/*")
      for action in ("GetQueryRuntimeStatistics", "GetWorkGroup")),
}
# What `report` needs for summaries on Slack.
SUMMARIES = {
    *((f"dynamodb:{action}", "arn:${AWS::Partition}:dynamodb:" + ACCOUNT + ":table/${ReportTable}")
      for action in ("GetItem", "UpdateItem")),
    ("ssm:GetParameter", "arn:${AWS::Partition}:ssm:" + ACCOUNT + ":parameter/${ReportSlackParameter}"),
    ("secretsmanager:GetSecretValue", "arn:${AWS::Partition}:secretsmanager:" + ACCOUNT + ":secret:${ReportSlackSecret}"),
}
# What only some users need, under a condition of the template.
OPTIONAL = {
    "cloudtrail_handler": {("HasTrailKey", "kms:Decrypt", "${TrailKeyArn}")},
    "usage_update": {
        *(("HasIdentityStore", "identitystore:DescribeUser", f"arn:${{AWS::Partition}}:identitystore:{place}")
          for place in (":*:identitystore/${IdentityStoreId}", "::user/*")),
        ("CanStop", "athena:StopQueryExecution", "arn:${AWS::Partition}:athena:*:${AWS::AccountId}:workgroup/*"),
        *(("IsFast", action, "${EndingEvents.Arn}") for action in (*POLLING, "sqs:ChangeMessageVisibility")),
    },
    "notification": {
        ("HasSlackKey", "kms:Decrypt", "${SlackKeyArn}"),
        *(("HasHints", *grant) for grant in HINTS),
    },
    "run_query": data_of("RunQuery") | keys_of("RunQuery"),
    "query_api": data_of("QueryApi") | keys_of("QueryApi"),
    PARTITION_REFRESH: {
        *(("HasPartitionStatements", *grant) for grant in STATEMENTS),
        *(("HasPartitionResults", *grant) for grant in RESULTS),
        ("HasPartitionResultsKey", "kms:Decrypt", "${PartitionRefreshResultsKeyArn}"),
        ("HasPartitionResultsKey", "kms:GenerateDataKey", "${PartitionRefreshResultsKeyArn}"),
        ("HasPartitionLakeFormation", "lakeformation:GetDataAccess", "*"),
    },
    "query_retention": set(),
    "report_page": {("HasReportPageKey", "kms:Decrypt", "${ReportSlackKeyArn}")},
    "report": {
        *(("SendsReportSummaries", *grant) for grant in SUMMARIES),
        ("HasReportSlackKey", "kms:Decrypt", "${ReportSlackKeyArn}"),
    },
}
# What they need who do without.
INSTEAD = {
    "run_query": {("s3:GetObject", BUCKET + "${RunQueryOutputBucket}/*")},
    "query_api": {("s3:GetObject", BUCKET + "${QueryApiOutputBucket}/*")},
}


def statements(handler: str) -> List[Dict[str, Any]]:
    role = template.template()["Resources"][f"{ROLES[handler]}Role"]["Properties"]
    expected = {"AssumeRolePolicyDocument", "Path", "PermissionsBoundary", "Policies"}
    assert set(role) == expected, "no managed policy: those allow more"
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    [policy] = role["Policies"]
    found: List[Dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def grants(statement: Dict[str, Any]) -> Iterable[Any]:
    assert set(statement) == {"Effect", "Action", "Resource"} and statement["Effect"] == "Allow"
    for action in template.as_list(statement["Action"]):
        for resource in template.as_list(statement["Resource"]):
            yield action, template.text(resource)


def always_granted(handler: str) -> List[Any]:
    return [grant for statement in statements(handler) if "Fn::If" not in statement for grant in grants(statement)]
