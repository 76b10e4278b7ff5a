"""Each role in the template allows the calls that its handler makes, and what Lambda itself needs; no more, no less.

The calls come from two sources, the handlers at work and the sources of the AWS module, so that a
call that the scenarios below miss is noticed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any, Callable, Dict, Iterable, List, Set

import pytest
from botocore.session import get_session

from deployment.test_least_power import run_all_handlers
from support import cloudtrail, template
from support.alerter_stack import CHANNEL, AlerterStack, ago, finished_message, metrics, reason
from support.fake_slack import FakeSlack
from support.partition_refresh_stack import HANDLER as PARTITION_REFRESH
from support.partition_refresh_stack import PartitionRefreshStack
from support.processes import REPOSITORY
from support.permissions import QUERY_HANDLERS
from support.query_stack import QueryStack, body_of, rows

ROLES = {
    "cloudtrail_handler": "CloudtrailHandler",
    "usage_update": "UsageUpdate",
    "notification": "Notification",
    "run_query": "RunQuery",
    "query_api": "QueryApi",
    "query_retention": "QueryRetention",
    PARTITION_REFRESH: "PartitionRefresh",
}
SOURCES = REPOSITORY / "Sources"
SERVICES = {
    "Athena.swift": ["athena"],
    "AthenaQueries.swift": ["athena"],
    "DynamoDB.swift": ["dynamodb"],
    "S3+Listing.swift": ["s3"],
    "Glue.swift": ["glue"],
    "IdentityStore.swift": ["identitystore"],
    "S3.swift": ["s3"],
    "SQS.swift": ["sqs"],
    "SQSMessages.swift": ["sqs"],
    "Secrets.swift": ["ssm", "secretsmanager"],
}
# What only the commands of operators use; docs/operations.md has the policies for them.
COMMANDS = {
    "CloudFormation.swift",
    "DynamoDB+BatchGetItem.swift",
    "Lambda.swift",
    "SQS+Redrive.swift",
    "STS.swift",
}
# Functions that another one calls, which handlers do.
CALLED_BY_THE_ROOM = {"execution"}
# Operations that IAM knows by another name.
PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "s3:ListObjectsV2": "s3:ListBucket",
}

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}

# On what each action is allowed. An action on nothing else than what is here is what "least" means.
QUEUE, TABLE = "${FinishedQueries.Arn}", "${QueriesTable.Arn}"
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
PLACES = {
    "athena:BatchGetQueryExecution": {"arn:${AWS::Partition}:athena:*:${AWS::AccountId}:workgroup/*"},
    "dynamodb:GetItem": {TABLE},
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
PLACES.update({f"glue:{action}": CATALOG for action in ("GetDatabase", "GetTable", "BatchCreatePartition")})
S3 = "arn:${AWS::Partition}:s3:::"
# Queues that are one handler's own.
PLACES_OF[PARTITION_REFRESH] = {action: {"${PartitionNotifications.Arn}"} for action in POLLING}
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
# What only some users need, under a condition of the template.
OPTIONAL = {
    "cloudtrail_handler": {("HasTrailKey", "kms:Decrypt", "${TrailKeyArn}")},
    "usage_update": {
        ("HasIdentityStore", "identitystore:DescribeUser", f"arn:${{AWS::Partition}}:identitystore:{place}")
        for place in (":*:identitystore/${IdentityStoreId}", "::user/*")
    },
    "notification": {("HasSlackKey", "kms:Decrypt", "${SlackKeyArn}")},
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
}
# What they need who do without.
INSTEAD = {
    "run_query": {("s3:GetObject", BUCKET + "${RunQueryOutputBucket}/*")},
    "query_api": {("s3:GetObject", BUCKET + "${QueryApiOutputBucket}/*")},
}


# What the handlers do


def run_a_query(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, ["7"]))
    invocation = queries.run(deleteResult=True)
    assert body_of(invocation)["rows"] == [{"n": 7}] and metrics(invocation)["ResultFilesDeleted"] == 2


def serve_a_query(queries: QueryStack) -> None:
    queries.plan({"order": {"state": "RUNNING"}}, rows({"n": "integer"}, ["7"]))
    assert queries.ask("POST", f"cancel/{queries.submit()}").body["status"] == "CANCELLED"
    assert queries.ask("POST", "next", {"query_id": queries.submit()}).body["rows"] == [[7]]


def sweep(queries: QueryStack) -> None:
    queries.put("daily/tenant=x/retention=1/a.csv")
    queries.aws.age_objects(queries.bucket, "a.csv", 60)
    queries.handler("query_retention")
    queries.aws.reset_calls()
    assert metrics(queries.sweep())["ResultFilesDeleted"] == 1


QUERY_SCENARIOS: Dict[str, Callable[[QueryStack], None]] = {
    "run_query": run_a_query,
    "query_api": serve_a_query,
    "query_retention": sweep,
}


def made(calls: Dict[str, int]) -> Set[str]:
    return {name.replace(".", ":", 1) for name in calls}


class Observed:
    """Runs the handlers one after another, and notes what each of them calls."""

    def __init__(self, alerter: AlerterStack, slack: FakeSlack) -> None:
        self.alerter, self.slack = alerter, slack
        self.calls: Dict[str, Set[str]] = {handler: set() for handler in ROLES}

    def invoke(self, handler: str, event: Any) -> None:
        self.alerter.aws.reset_calls()
        invocation = self.alerter.handler(handler).invoke(event)
        assert invocation.succeeded, invocation.error
        self.calls[handler] |= made(self.alerter.aws.calls())

    def logs(self, records: List[cloudtrail.Record]) -> None:
        self.invoke("cloudtrail_handler", self.alerter.created(self.alerter.put_log(records)))

    def messages(self, *bodies: Any) -> None:
        records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
        self.invoke("notification", {"Records": records})

    def minute(self) -> None:
        self.invoke("usage_update", {})

    def everything(self) -> Dict[str, Set[str]]:
        # Two queries, one of which may be the repetition of a start: its row is younger than Athena's own time.
        start = ago(minutes=3)
        records = [cloudtrail.query_start("q-1", at=start), cloudtrail.query_start("q-2", at=start)]
        for name in ("q-1", "q-2"):
            self.alerter.finish(name, submitted=(start - timedelta(seconds=5)).timestamp())
        self.logs(records)
        self.minute()
        assert sorted(json.loads(body)["query_execution_id"] for body in self.alerter.waiting()) == ["q-1", "q-2"]
        self.directory()
        # Secrets in both places, and a message that comes twice.
        name = f"slack-{self.alerter.resources.table}"
        self.alerter.aws.client("ssm").put_parameter(Name=f"/{name}", Value=self.slack.bot_token, Type="SecureString")
        self.alerter.aws.client("secretsmanager").create_secret(Name=name, SecretString=self.slack.webhook_url)
        secrets = {"bot_token": f"ssm:/{name}", "webhook_url": f"secretsmanager:{name}"}
        self.alerter.write_settings(slack={**secrets, "channel": CHANNEL, "email_domain": "example.com"})
        self.slack.add_person("ada@example.com")
        for _ in range(2):
            self.messages(finished_message("q-1"))
        with QueryStack(self.alerter.executable, self.alerter.aws) as queries:
            for handler, scenario in QUERY_SCENARIOS.items():
                queries.handler(handler)
                self.alerter.aws.reset_calls()
                scenario(queries)
                self.calls[handler] |= made(self.alerter.aws.calls())
        self.partitions()
        return self.calls

    def directory(self) -> None:
        """A query of a user whom only Identity Center can name, which the handler may ask under a condition only."""
        asked = {"identitystore:DescribeUser"}
        assert not asked & self.calls["usage_update"]
        query = self.alerter.start(identity=cloudtrail.identity_center_user())
        self.alerter.finish(query)
        self.alerter.set_environment(IDENTITY_STORE_ID="d-1234567890")
        self.minute()
        assert self.alerter.row(query)["query_state"] == "SUCCEEDED" and asked <= self.calls["usage_update"]
        self.alerter.waiting()

    def partitions(self) -> None:
        refresh = PartitionRefreshStack(self.alerter)
        refresh.create_table("t")
        # In Athena's modes it makes calls that are allowed under a condition only.
        for mode in ("glue", "add_partition"):
            refresh.configure("t", refresh_mode=mode)
            refresh.send(refresh.created(f"t/dt=2024-01-01-0{mode.count('_')}/x"))
            self.invoke(PARTITION_REFRESH, {})
            asked = {call for call in self.calls[PARTITION_REFRESH] if call.startswith("athena:")}
            assert asked == (set() if mode == "glue" else {call for call, _ in STATEMENTS if call.startswith("athena:")})
        assert len(refresh.partitions("t")) == 2 and refresh.count() == 0


@pytest.fixture
def observed(alerter: AlerterStack, slack: FakeSlack) -> Dict[str, Set[str]]:
    return Observed(alerter, slack).everything()


# What the source says


def operations(file: str) -> Dict[str, Set[str]]:
    """The operations that a file of the AWS room names, by the function in which it does."""
    session = get_session()
    known = {
        operation: service
        for service in SERVICES[file]
        for operation in session.get_service_model(service).operation_names
    }
    found: Dict[str, Set[str]] = {}
    function = ""
    for line in (SOURCES / "AWS" / file).read_text().splitlines():
        function = next(iter(re.findall(r"\bfunc (\w+)", line)), function)
        for word in re.findall(r'"([A-Z]\w+)"', line):
            if word in known:
                found.setdefault(function, set()).add(f"{known[word]}:{word}")
    return found


def test_every_service_of_the_aws_module_is_covered() -> None:
    calls = re.compile(r"\.(json|query)\(\s*\.\w+,|service: \.\w+|= call\(")
    callers = {path.name for path in (SOURCES / "AWS").glob("*.swift") if calls.search(path.read_text())}
    assert callers == set(SERVICES) | COMMANDS


def test_the_scenarios_make_every_call_in_the_sources(observed: Dict[str, Set[str]]) -> None:
    handlers = "".join(
        path.read_text()
        for room in ("Alerter", "Assembly", "PartitionRefresh", "Queries")
        for path in (SOURCES / room).rglob("*.swift")
    )
    known = {
        operation
        for file in SERVICES
        for function, named in operations(file).items()
        # What no handler calls is for the tests of the room itself. A property belongs to no function.
        if not function or f".{function}(" in handlers or file == "DynamoDB.swift" or function in CALLED_BY_THE_ROOM
        for operation in named
    }
    assert set().union(*observed.values()) == known


# What the template allows


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


def needed(handler: str, calls: Set[str]) -> Set[Any]:
    """The pairs of action and resource without which this function does not work."""
    name = ROLES[handler]
    actions = {PERMISSIONS.get(call, call) for call in calls}
    mappings = template.resources("AWS::Lambda::EventSourceMapping").values()
    if any(one["Properties"]["FunctionName"] == {"Ref": name} for one in mappings):
        actions |= POLLING
    places = {**PLACES, **PLACES_OF.get(handler, {})}
    actions -= {action for _, action, _ in OPTIONAL[handler]} - set(places)
    actions |= LENT.get(handler, set())
    pairs = {(action, place) for action in actions for place in places[action]}
    pairs |= {(action, f"${{{name}Logs.Arn}}") for action in LOGS}
    for one in template.resources("AWS::Lambda::EventInvokeConfig").values():
        if one["Properties"]["FunctionName"] == {"Ref": name}:
            destination = one["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
            pairs.add(("sqs:SendMessage", template.text(destination)))
    return pairs


def test_each_role_allows_what_its_handler_does_and_nothing_else(observed: Dict[str, Set[str]]) -> None:
    for handler, calls in observed.items():
        allowed = Counter(always_granted(handler))
        assert set(allowed) == needed(handler, calls), handler
        assert max(allowed.values()) == 1, "said twice"


@pytest.mark.parametrize("handler", ROLES)
def test_optional_permissions_are_under_a_condition(handler: str) -> None:
    conditional, instead = set(), set()
    for statement in statements(handler):
        if "Fn::If" in statement:
            condition, then, otherwise = statement["Fn::If"]
            if otherwise != {"Ref": "AWS::NoValue"}:
                instead |= set(grants(otherwise))
            conditional |= {(condition, *grant) for grant in grants(then)}
    assert (conditional, instead) == (OPTIONAL[handler], INSTEAD.get(handler, set()))


@pytest.mark.parametrize("handler", ROLES)
def test_each_function_has_its_own_role(handler: str) -> None:
    function = template.template()["Resources"][ROLES[handler]]["Properties"]
    assert (function["Handler"], template.text(function["Role"])) == (handler, f"${{{ROLES[handler]}Role.Arn}}")
    assert not any("*" in action for action, _ in always_granted(handler))


def test_the_alerter_works_with_the_roles_of_the_template(alerter: AlerterStack, slack: FakeSlack) -> None:
    # The local AWS knows the batch by its own name.
    names = {permission: call for call, permission in PERMISSIONS.items()}
    for handler in set(ROLES) - {PARTITION_REFRESH}:
        allowed = {action for action, _ in always_granted(handler)}
        alerter.restrict(handler, *sorted(allowed | {names[action] for action in allowed & set(names)}))
    alerter.stop()
    run_all_handlers(alerter, slack)


@pytest.mark.parametrize("handler", QUERY_HANDLERS)
def test_a_handler_runs_queries_with_its_role_of_the_template(alerter: AlerterStack, handler: str) -> None:
    with QueryStack(alerter.executable, alerter.aws) as queries:
        queries.actions[handler] = sorted({action for action, _ in always_granted(handler)})
        QUERY_SCENARIOS[handler](queries)


@pytest.mark.parametrize("mode", ["glue", "add_partition", "repair"])
def test_partition_refresh_works_with_its_role_of_the_template(refresh: PartitionRefreshStack, mode: str) -> None:
    allowed = {action for action, _ in always_granted(PARTITION_REFRESH)} | {"sqs:DeleteMessageBatch"}
    if mode != "glue":
        allowed |= {action for _, action, _ in OPTIONAL[PARTITION_REFRESH]}
    refresh.alerter.restrict(PARTITION_REFRESH, *sorted(allowed))
    refresh.configure("t", refresh_mode=mode)
    refresh.create_table("t")
    refresh.put("t/dt=2024-01-01-01/x")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    assert refresh.tick().succeeded and len(refresh.partitions("t")) == 1 and refresh.count() == 0


@pytest.mark.parametrize(
    "action", ["glue:GetDatabase", "glue:GetTable", "glue:BatchCreatePartition", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
)
def test_a_missing_permission_of_partition_refresh_is_named(refresh: PartitionRefreshStack, action: str) -> None:
    allowed = {one for one, _ in always_granted(PARTITION_REFRESH)} | {"sqs:DeleteMessageBatch"}
    refresh.alerter.restrict(PARTITION_REFRESH, *sorted(one for one in allowed if not one.startswith(action)))
    refresh.configure("t")
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    said = reason(refresh.tick())
    assert action in said and "AccessDenied" in said and refresh.count() == 1
