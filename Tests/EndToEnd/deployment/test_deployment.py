"""`make run_cloudformation` and `make delete_cloudformation`, by the real AWS command line against the local AWS."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List
from urllib.parse import parse_qs

import pytest
import yaml
from botocore.session import get_session

from support import template
from support.deployment import ARM64, X86_64, Deployment, deploying, write_package
from support.local_aws import ACCOUNT, REGION, LocalAWS
from support.processes import REPOSITORY

pytestmark = pytest.mark.check

# Parameters with a default whose variables are required all the same.
REQUIRED = {"DynamoDBTableName", "SQSQueueName"}
HANDLERS = {"CloudtrailHandler": "cloudtrail_handler", "UsageUpdate": "usage_update", "Notification": "notification"}


@pytest.fixture
def deployment(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


# A life


def test_a_stack_is_created_updated_and_deleted(
    deployment: Deployment, local_aws: LocalAWS, tmp_path: Path
) -> None:
    said = deployment.run()
    assert "creating the stack" in said
    outputs = deployment.outputs()
    assert outputs and all(name in said and value in said for name, value in outputs.items())
    check_template(deployment)
    check_functions(deployment)
    check_data(deployment)
    check_events(deployment)
    check_roles(deployment)
    before = deployment.ids()

    # The same program again.
    assert "nothing has changed" in deployment.run()

    # Another program under the same key.
    deployment.package = write_package(tmp_path / "second.zip", b"second")
    assert "updating the stack" in deployment.run()
    check_functions(deployment)
    assert deployment.ids()["CloudtrailHandler"] == before["CloudtrailHandler"]

    made = deployment.make("delete_cloudformation")
    assert (made.returncode, made.stderr) == (0, "")
    kept = (deployment.variables["DYNAMODB_TABLE_NAME"], deployment.variables["CLOUDTRAIL_BUCKET"])
    assert all(name in made.stdout for name in kept)
    with local_aws.unchecked():
        remaining = local_aws.client("lambda").list_functions()["Functions"]
    assert not [one for one in remaining if one["FunctionName"].startswith(deployment.stack)]
    assert "there is no stack" in deployment.make("delete_cloudformation").stdout


def check_template(deployment: Deployment) -> None:
    text = template.TEMPLATES[deployment.variables.get("SYSTEM", template.ALERTER)].read_bytes()
    sent = deployment.aws.client("cloudformation").get_template(StackName=deployment.stack)["TemplateBody"]
    assert sent.encode() == text
    # It lies beside the program, for people to read.
    key = f"lambda/athena.alerter-{hashlib.sha256(text).hexdigest()[:16]}.yaml"
    stored = deployment.aws.client("s3").get_object(Bucket=deployment.variables["LAMBDA_BUCKET"], Key=key)
    assert stored["Body"].read() == text


def check_functions(deployment: Deployment) -> None:
    package = deployment.package.read_bytes()
    bucket = deployment.variables["LAMBDA_BUCKET"]
    key = deployment.parameters()["LambdaS3Key"]
    assert key == f"lambda/athena.alerter-{hashlib.sha256(package).hexdigest()[:16]}.zip"
    assert deployment.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == package
    for name, handler in HANDLERS.items():
        function = deployment.function(name)
        assert base64.b64decode(function["CodeSha256"]) == hashlib.sha256(package).digest()
        assert (function["Handler"], function["Runtime"]) == (handler, "provided.al2023")
        assert function["Role"].endswith(":role/" + deployment.ids()[f"{name}Role"])
        variables = function["Environment"]["Variables"]
        assert variables["QUERIES_TABLE"] == deployment.variables["DYNAMODB_TABLE_NAME"]
        if name == "UsageUpdate":
            assert variables["SQS_QUEUE_URL"] == deployment.outputs()["FinishedQueries"]


def check_data(deployment: Deployment) -> None:
    name = deployment.variables["DYNAMODB_TABLE_NAME"]
    table = deployment.aws.client("dynamodb").describe_table(TableName=name)["Table"]
    [index] = table["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["start_date", "start_key"]
    assert (index["IndexName"], index["Projection"]) == ("open-queries", {"ProjectionType": "ALL"})
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["open", "start_key"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    queue = queue_attributes(deployment, deployment.outputs()["FinishedQueries"])
    dead_letters = queue_attributes(deployment, deployment.outputs()["DeadLetters"])
    assert queue["QueueArn"].endswith(":" + deployment.variables["SQS_QUEUE_NAME"])
    assert json.loads(queue["RedrivePolicy"]) == {"deadLetterTargetArn": dead_letters["QueueArn"], "maxReceiveCount": 20}
    assert int(queue["VisibilityTimeout"]) >= 6 * deployment.function("Notification")["Timeout"]
    assert dead_letters["MessageRetentionPeriod"] == "1209600"
    deployment.aws.client("s3").head_bucket(Bucket=deployment.variables["CLOUDTRAIL_BUCKET"])
    for name in HANDLERS:
        group = deployment.ids()[f"{name}Logs"]
        [found] = deployment.aws.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert found["retentionInDays"] == 30


def queue_attributes(deployment: Deployment, url: str) -> Dict[str, str]:
    sqs = deployment.aws.client("sqs")
    attributes: Dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes


def check_events(deployment: Deployment) -> None:
    [mapping] = deployment.ask_lambda("list_event_source_mappings", "Notification")["EventSourceMappings"]
    assert mapping["EventSourceArn"].endswith(":" + deployment.variables["SQS_QUEUE_NAME"])
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (10, {"MaximumConcurrency": 2})

    files, starts = json.loads(deployment.ask_lambda("get_policy", "CloudtrailHandler")["Policy"])["Statement"]
    if files["Principal"] != {"Service": "s3.amazonaws.com"}:
        files, starts = starts, files
    check_rules(deployment, starts)
    allowed = files
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    bucket = f"arn:aws:s3:::{deployment.variables['CLOUDTRAIL_BUCKET']}"
    assert allowed["Condition"]["ArnLike"]["AWS:SourceArn"] == bucket
    assert allowed["Condition"]["StringEquals"]["AWS:SourceAccount"] == ACCOUNT

    events, rule_name = deployment.aws.client("events"), deployment.ids()["EveryMinute"]
    rule = events.describe_rule(Name=rule_name)
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    [target] = events.list_targets_by_rule(Rule=rule_name)["Targets"]
    assert target["Arn"] == deployment.function("UsageUpdate")["FunctionArn"]
    [allowed] = json.loads(deployment.ask_lambda("get_policy", "UsageUpdate")["Policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"]["ArnLike"]["AWS:SourceArn"] == rule["Arn"]


def check_rules(deployment: Deployment, allowed: Dict[str, Any]) -> None:
    events, ids = deployment.aws.client("events"), deployment.ids()
    rules = {name: events.describe_rule(Name=ids[name]) for name in ("QueryStarts", "QueryEndings")}
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"]["ArnLike"]["AWS:SourceArn"] == rules["QueryStarts"]["Arn"]
    own = template.of(template.ALERTER)["Resources"]
    for name, rule in rules.items():
        assert json.loads(rule["EventPattern"]) == own[name]["Properties"]["EventPattern"]
    [target] = events.list_targets_by_rule(Rule=ids["QueryStarts"])["Targets"]
    assert target["Arn"] == deployment.function("CloudtrailHandler")["FunctionArn"]
    [mapping] = deployment.ask_lambda("list_event_source_mappings", "UsageUpdate")["EventSourceMappings"]
    [target] = events.list_targets_by_rule(Rule=ids["QueryEndings"])["Targets"]
    assert mapping["EventSourceArn"] == target["Arn"] and mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert deployment.function("UsageUpdate")["Environment"]["Variables"]["EVENT_QUEUE_URL"] == ids["EndingEvents"]
    queue = own["EndingEvents"]["Properties"]
    # Lambda refuses a mapping of a queue whose visibility timeout is shorter than the function's.
    assert own["UsageUpdate"]["Properties"]["Timeout"] < queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]


def check_roles(deployment: Deployment) -> None:
    for name in HANDLERS:
        allowed = json.dumps(deployment.statements(f"{name}Role"))
        assert "${" not in allowed and "kms:" not in allowed
        assert f"log-group:{deployment.ids()[name + 'Logs']}" in allowed
        assert deployment.variables["DYNAMODB_TABLE_NAME"] in allowed


# What one decides


PARTITIONS = {"PARTITION_REFRESH_DATABASE": "logs", "PARTITION_REFRESH_BUCKETS": "data-*"}


@pytest.mark.parametrize("system", template.TEMPLATES)
def test_a_template_holds_one_system(system: str) -> None:
    properties = [one["Properties"] for one in template.of(system)["Resources"].values()]
    assert {one["Handler"] for one in properties if "Handler" in one} == {
        "alerter": set(HANDLERS.values()),
        "run_query": {"run_query"},
        "query_api": {"query_api", "query_retention"},
        "partition_refresh": {"partition_refresh"},
        "report": {"report", "report_page"},
    }[system]
    others = [template.of(other)["Resources"] for other in template.TEMPLATES if other != system]
    assert not set(template.of(system)["Resources"]) & {name for resources in others for name in resources}


@pytest.mark.parametrize("path", template.TEMPLATES.values(), ids=template.TEMPLATES)
def test_a_template_fits_into_a_request(path: Path) -> None:
    assert path.stat().st_size < template.LONGEST


@pytest.mark.parametrize("trigger", ["schedule", "queue"])
def test_partition_refresh_is_made_when_it_is_asked_for(deployment: Deployment, trigger: str) -> None:
    deployment = deployment.of("partition_refresh", **PARTITIONS)
    deployment.run(PARTITION_REFRESH_TRIGGER=trigger)
    check_template(deployment)
    function = deployment.function("PartitionRefresh")
    assert (function["Handler"], function["MemorySize"], function["Timeout"]) == ("partition_refresh", 128, 60)
    url = deployment.ids()["PartitionNotifications"]
    queue = queue_attributes(deployment, url)
    dead_letters = queue_attributes(deployment, deployment.ids()["PartitionDeadLetters"])
    assert json.loads(queue["RedrivePolicy"]) == {"deadLetterTargetArn": dead_letters["QueueArn"], "maxReceiveCount": 5}
    assert int(queue["VisibilityTimeout"]) >= 6 * template.template()["Parameters"]["PartitionRefreshTimeout"]["MaxValue"]
    assert deployment.outputs()["PartitionNotifications"] == queue["QueueArn"]
    variables = function["Environment"]["Variables"]
    assert variables["PARTITION_REFRESH_QUEUE_URL"] == url and variables["PARTITION_REFRESH_DATABASE"] == "logs"
    allowed = json.dumps(deployment.statements("PartitionRefreshRole"))
    assert "table/logs/*" in allowed and "athena:" not in allowed and "s3:" not in allowed
    mappings = deployment.ask_lambda("list_event_source_mappings", "PartitionRefresh")["EventSourceMappings"]
    if trigger == "schedule":
        rule = deployment.aws.client("events").describe_rule(Name=deployment.ids()["PartitionSchedule"])
        assert rule["ScheduleExpression"] == "rate(10 minutes)" and mappings == []
    else:
        [mapping] = mappings
        assert mapping["EventSourceArn"] == queue["QueueArn"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert "PartitionSchedule" not in deployment.ids()


def test_in_athenas_modes_the_role_may_ask_athena(deployment: Deployment) -> None:
    deployment = deployment.of("partition_refresh", **PARTITIONS)
    deployment.run(PARTITION_REFRESH_MODE="repair", PARTITION_REFRESH_RESULTS="results")
    allowed = json.dumps(deployment.statements("PartitionRefreshRole"))
    assert "workgroup/primary" in allowed and ":::results/partition_refresh/*" in allowed and ":::data-*" in allowed
    assert deployment.function("PartitionRefresh")["Environment"]["Variables"]["PARTITION_REFRESH_MODE"] == "repair"


def test_only_this_accounts_buckets_may_notify_partition_refresh() -> None:
    [statement] = properties("PartitionNotificationsPolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"} and statement["Action"] == "sqs:SendMessage"
    source = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert template.text(source) == "arn:${AWS::Partition}:s3:::${PartitionRefreshBuckets}"
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_an_existing_trail_gets_no_second_one(deployment: Deployment) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/trail"
    deployment.run(CREATE_TRAIL="false", TRAIL_KEY_ARN=key)
    buckets = [one["Name"] for one in deployment.aws.client("s3").list_buckets()["Buckets"]]
    assert deployment.variables["CLOUDTRAIL_BUCKET"] not in buckets
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
    assert decrypt in deployment.statements("CloudtrailHandlerRole")
    permission = deployment.ask_lambda("get_policy", "CloudtrailHandler")["Policy"]
    assert deployment.variables["CLOUDTRAIL_BUCKET"] in permission
    # What is not said again stays as it was.
    deployment.run(NOTIFICATION_MEMORY="256")
    assert deployment.function("Notification")["MemorySize"] == 256
    assert (deployment.parameters()["CreateTrail"], deployment.parameters()["TrailKeyArn"]) == ("false", key)
    deployment.run(TRAIL_KEY_ARN="")
    assert deployment.parameters()["TrailKeyArn"] == ""
    assert "unchanged" in deployment.make("delete_cloudformation").stdout


RUN_QUERY = {
    "RUN_QUERY_SQL": "SELECT * FROM orders WHERE dt = '{{date-1}}'",
    "RUN_QUERY_SCHEDULE": "cron(0 6 * * ? *)",
    "RUN_QUERY_OUTPUT_BUCKET": "results",
}
QUERY_API = {"QUERY_API_TABLES": "events_v0,metrics", "QUERY_API_OUTPUT_BUCKET": "results"}


def variables_of(deployment: Deployment, name: str, handler: str) -> Dict[str, str]:
    function = deployment.function(name)
    assert (function["Handler"], function["Runtime"]) == (handler, "provided.al2023")
    variables: Dict[str, str] = function["Environment"]["Variables"]
    return variables


def test_run_query_is_a_stack_of_its_own(deployment: Deployment) -> None:
    run_query = deployment.of("run_query", **RUN_QUERY)
    run_query.run()
    check_template(run_query)
    variables = variables_of(run_query, "RunQuery", "run_query")
    assert variables["QUERY_STRING"] == RUN_QUERY["RUN_QUERY_SQL"]
    assert variables["OUTPUT_S3_BUCKET"] == "s3://results/run-query/"
    rule = deployment.aws.client("events").describe_rule(Name=run_query.ids()["RunQueryRule"])
    assert rule["ScheduleExpression"] == RUN_QUERY["RUN_QUERY_SCHEDULE"]
    # A later run needs only the package.
    for name in RUN_QUERY:
        del run_query.variables[name]
    run_query.run(RUN_QUERY_TIMEOUT="100")
    assert run_query.function("RunQuery")["Timeout"] == 100
    assert variables_of(run_query, "RunQuery", "run_query") == variables
    said = run_query.make("delete_cloudformation").stdout
    assert "the results in the bucket results" in said and "table" not in said


def test_query_api_is_a_stack_of_its_own(deployment: Deployment) -> None:
    query_api = deployment.of("query_api", **QUERY_API)
    query_api.run()
    check_template(query_api)
    variables = variables_of(query_api, "QueryApi", "query_api")
    assert (variables["QUERY_API_TABLES"], variables["WITHHOLD_REASONS"]) == ("events_v0,metrics", "false")
    # query_retention sweeps the place that query_api writes to.
    swept = variables_of(query_api, "QueryRetention", "query_retention")
    assert variables["OUTPUT_S3_BUCKET"] == swept["OUTPUT_S3_BUCKET"] == "s3://results/query-api/"
    assert query_api.outputs()["QueryApiUrl"].endswith("/prod")
    [allowed] = json.loads(query_api.ask_lambda("get_policy", "QueryApi")["Policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "apigateway.amazonaws.com"}
    query_api.run(QUERY_API_WITHHOLD_REASONS="true")
    assert variables_of(query_api, "QueryApi", "query_api")["WITHHOLD_REASONS"] == "true"


def test_a_new_stack_of_a_system_needs_what_the_system_cannot_guess(deployment: Deployment) -> None:
    run_query = deployment.of("run_query", RUN_QUERY_SQL="SELECT 1")
    made = run_query.make("run_cloudformation", PACKAGE="")
    assert made.returncode != 0 and made.stdout == ""
    assert made.stderr.startswith("deploy: not set: RUN_QUERY_OUTPUT_BUCKET\nusage: make SYSTEM=run_query LAMBDA_BUCKET=")
    assert made.stderr.splitlines()[1].endswith(" RUN_QUERY_OUTPUT_BUCKET=… RUN_QUERY_SQL=… run_cloudformation")
    emptied = run_query.make("run_cloudformation", RUN_QUERY_OUTPUT_BUCKET="")
    assert "RUN_QUERY_OUTPUT_BUCKET is empty; make SYSTEM=run_query delete_cloudformation" in emptied.stderr


def test_an_unknown_system_is_refused(deployment: Deployment) -> None:
    made = deployment.make("run_cloudformation", SYSTEM="reports")
    assert made.returncode != 0
    assert "SYSTEM is 'reports', which is none of: alerter partition_refresh query_api report run_query" in made.stderr


def test_the_stack_of_one_system_is_never_taken_for_anothers(deployment: Deployment) -> None:
    deployment.run()
    run_query = deployment.of("run_query", **RUN_QUERY)
    run_query.run()
    before = deployment.ids(), run_query.ids()
    confused = [
        (deployment.make, {"SYSTEM": "query_api", **QUERY_API}),
        (deployment.make, {"SYSTEM": "run_query", **RUN_QUERY}),
        (run_query.make, {"SYSTEM": "query_api", **QUERY_API}),
        (deployment.make, {"STACK_NAME": run_query.stack}),
    ]
    for make, variables in confused:
        for target in ("run_cloudformation", "delete_cloudformation"):
            made = make(target, **variables)
            assert made.returncode != 0 and "choose another STACK_NAME" in made.stderr, made.stderr
    assert (deployment.ids(), run_query.ids()) == before


@pytest.mark.check
def test_two_stacks_live_in_one_account(deployment: Deployment) -> None:
    deployment.run()
    other = {"STACK_NAME": f"{deployment.stack}-2", "CLOUDTRAIL_BUCKET": f"{deployment.stack}-2".lower()}
    other.update(DYNAMODB_TABLE_NAME=f"{deployment.stack}_2", SQS_QUEUE_NAME=f"{deployment.stack}-2")
    first = deployment.ids()
    deployment.run(**other)
    deployment.variables.update(other)
    second = deployment.ids()
    assert set(first) == set(second) and not set(first.values()) & set(second.values())
    deployment.make("delete_cloudformation")
    deployment.variables["STACK_NAME"] = deployment.stack[:-2]


@pytest.mark.parametrize("machine, architecture", [(X86_64, "x86_64"), (ARM64, "arm64")], ids=["x86_64", "arm64"])
def test_the_program_says_which_processor_it_is_for(
    deployment: Deployment, tmp_path: Path, machine: bytes, architecture: str
) -> None:
    deployment.package = write_package(tmp_path / "machine.zip", b"", machine)
    deployment.run()
    assert deployment.parameters()["Architecture"] == architecture


def pairs(block: str, indent: int) -> Dict[str, str]:
    """The variables and parameters in a part of scripts/deploy."""
    return dict(re.findall(rf"^ {{{indent}}}([A-Z_]+):([A-Za-z0-9]+)$", block, re.MULTILINE))


def test_every_parameter_can_be_set_and_is_explained() -> None:
    said = (REPOSITORY / "scripts/deploy").read_text()
    page = (REPOSITORY / "docs/deployment.md").read_text()
    functions = dict(re.findall(r"^system_(\w+)\(\) \{\n(.+?)^\}", said, re.MULTILINE | re.DOTALL))
    assert set(functions) == set(template.TEMPLATES)
    shared = pairs(said, 4)
    described = dict(re.findall(r"^### `?([\w ]+)`?\n(.+?)(?=^##)", page, re.MULTILINE | re.DOTALL))
    row = re.compile(r"^\| `([A-Z_]+)` \| `(\w+)` \| (.*?) \|", re.MULTILINE)
    rows = {name: row.findall(text) for name, text in described.items()}
    assert {variable: parameter for variable, parameter, _ in rows["All systems"]} == shared
    for system, function in functions.items():
        assert f"template={template.TEMPLATES[system].relative_to(REPOSITORY)}\n" in function
        own = pairs(function, 8)
        parameters = template.of(system)["Parameters"]
        assert set(own.values()) | set(shared.values()) | {"Architecture"} == set(parameters)
        assert {variable: parameter for variable, parameter, _ in rows[system]} == own
        for _, parameter, default in rows[system] + rows["All systems"]:
            expected = "–" if parameters[parameter].get("Default") == "" else f"`{parameters[parameter].get('Default')}`"
            is_required = parameter in REQUIRED or "Default" not in parameters[parameter]
            assert default == ("required" if is_required else expected), parameter
        assert f"`{re.findall('stack=(.+)', function)[0]}`" in page


# What goes wrong


def test_missing_variables_are_named_before_anything_is_built(deployment: Deployment) -> None:
    deployment.aws.reset_calls()
    for name in ("LAMBDA_KEY", "SQS_QUEUE_NAME"):
        deployment.variables[name] = ""
    made = deployment.make("run_cloudformation", PACKAGE="")
    assert made.returncode != 0 and made.stdout == ""
    assert "deploy: not set: LAMBDA_KEY SQS_QUEUE_NAME\n" in made.stderr
    assert deployment.aws.calls() == {}


def test_a_missing_command_line_is_named(deployment: Deployment, tmp_path: Path) -> None:
    for name in ("bash", "env", "make", "date", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    deployment.environment["PATH"] = str(tmp_path)
    made = deployment.make("run_cloudformation")
    assert made.returncode != 0 and "aws is not installed" in made.stderr


@pytest.mark.parametrize("wrong", ["absent", "no zip", "incomplete", "no program"])
def test_a_wrong_package_is_not_uploaded(deployment: Deployment, tmp_path: Path, wrong: str) -> None:
    deployment.package = tmp_path / "wrong.zip"
    expected = {"absent": "does not exist", "no zip": "is not a zip file", "incomplete": "has no settings.json"}
    if wrong == "no zip":
        deployment.package.write_bytes(b"text")
    elif wrong == "incomplete":
        with zipfile.ZipFile(deployment.package, "w") as package:
            package.writestr("bootstrap", b"")
    elif wrong == "no program":
        write_package(deployment.package, b"", machine=b"\x00\x00")
    deployment.aws.reset_calls()
    made = deployment.make("run_cloudformation")
    assert made.returncode != 0
    assert expected.get(wrong, "is not a program for x86-64 or arm64") in made.stderr
    assert deployment.aws.calls() == {}


def test_a_refused_upload_ends_it(deployment: Deployment) -> None:
    made = deployment.make("run_cloudformation", LAMBDA_BUCKET="nobody-made-this-bucket")
    assert made.returncode != 0
    assert "NoSuchBucket" in made.stderr and "the upload failed" in made.stderr


def test_an_answer_that_is_refused_is_not_taken_for_no_stack(deployment: Deployment) -> None:
    deployment.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
    for target in ("run_cloudformation", "delete_cloudformation"):
        made = deployment.make(target)
        assert made.returncode != 0 and "SignatureDoesNotMatch" in made.stderr
        assert "there is no stack" not in made.stdout and "creating" not in made.stdout


class Failing(BaseHTTPRequestHandler):
    """CloudFormation with a stack that fails: the local AWS either makes a resource or breaks.

    The answers are of AWS's shape: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
    """

    protocol_version = "HTTP/1.1"
    states: List[str] = []
    events: List[str] = []
    actions: List[str] = []
    stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Failing/1"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = form["Action"][0]
        self.actions.append(action)
        token = form.get("ClientRequestToken", [""])[0]
        status = 200
        if action == "DescribeStacks" and not self.states:
            reason = "<Code>ValidationError</Code><Message>Stack with id x does not exist</Message>"
            status, body = 400, f"<ErrorResponse><Error>{reason}</Error></ErrorResponse>"
        elif action == "DescribeStacks":
            state = self.states[0] if len(self.states) == 1 else self.states.pop(0)
            stack = f"<StackName>F</StackName><StackId>{self.stack_id}</StackId><StackStatus>{state}</StackStatus>"
            stack += "<CreationTime>2024-03-05T14:30:07Z</CreationTime>"
            body = answer(action, f"<Stacks><member>{stack}</member></Stacks>")
        elif action == "DescribeStackEvents":
            body = answer(action, f"<StackEvents>{''.join(self.events)}</StackEvents>")
        else:
            if action == "CreateStack":
                type(self).events = failure_events(token)
                type(self).states = ["ROLLBACK_COMPLETE"]
            elif action == "DeleteStack":
                type(self).states = ["DELETE_COMPLETE"]
            body = answer(action, f"<StackId>{self.stack_id}</StackId>")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def answer(action: str, body: str) -> str:
    return f"<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"


def failure_events(token: str) -> List[str]:
    """The newest first, as AWS gives them; the oldest is of an earlier run."""
    rows = [
        ("Notification", "AWS::Lambda::Function", "CREATE_FAILED", "Resource creation cancelled", token),
        ("CloudtrailLogs", "AWS::S3::Bucket", "CREATE_FAILED", "that bucket already exists", token),
        ("QueriesTable", "AWS::DynamoDB::Table", "CREATE_COMPLETE", "", token),
        ("Trail", "AWS::CloudTrail::Trail", "CREATE_FAILED", "an earlier failure", "deploy-0"),
    ]
    return [
        f"<member><StackId>1</StackId><EventId>{number}</EventId><StackName>F</StackName>"
        f"<LogicalResourceId>{name}</LogicalResourceId><ResourceType>{kind}</ResourceType>"
        f"<Timestamp>2024-03-05T14:30:07Z</Timestamp><ResourceStatus>{status}</ResourceStatus>"
        f"<ResourceStatusReason>{reason}</ResourceStatusReason><ClientRequestToken>{of}</ClientRequestToken></member>"
        for number, (name, kind, status, reason, of) in enumerate(rows)
    ]


@pytest.fixture
def failing(deployment: Deployment) -> Iterator[Deployment]:
    Failing.states, Failing.events, Failing.actions = [], [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    deployment.environment["AWS_ENDPOINT_URL_CLOUDFORMATION"] = f"http://127.0.0.1:{server.server_address[1]}"
    yield deployment
    server.shutdown()
    server.server_close()


def test_a_failing_stack_shows_the_reason_of_the_resource_that_failed(failing: Deployment) -> None:
    made = failing.make("run_cloudformation")
    assert made.returncode != 0
    assert "  CloudtrailLogs (AWS::S3::Bucket): that bucket already exists\n" in made.stderr
    assert "cancelled" not in made.stderr and "an earlier failure" not in made.stderr


def test_what_a_failed_creation_left_is_removed_first(failing: Deployment) -> None:
    Failing.states = ["ROLLBACK_COMPLETE"]
    made = failing.make("run_cloudformation")
    assert "deleting the stack" in made.stdout and "is ROLLBACK_COMPLETE" in made.stdout
    assert Failing.actions.index("DeleteStack") < Failing.actions.index("CreateStack")
    assert "UpdateStack" not in Failing.actions


def test_a_busy_stack_is_left_alone(failing: Deployment) -> None:
    Failing.states = ["UPDATE_IN_PROGRESS"]
    made = failing.make("run_cloudformation")
    assert made.returncode != 0 and "is busy (UPDATE_IN_PROGRESS)" in made.stderr
    assert set(Failing.actions) == {"DescribeStacks"}


# What the local AWS leaves out, and so is looked at in the template's text: it makes neither a bucket's policy nor a
# trail, a destination or an alarm, and drops the table's TTL, recovery and encryption, the bucket's settings, the
# functions' architecture and log configuration, and `RetainExceptOnCreate`.


def properties(name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = template.template()["Resources"][name]["Properties"]
    return found


def test_the_table_keeps_its_data_and_forgets_old_rows() -> None:
    table = properties("QueriesTable")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in template.resources("AWS::SQS::Queue").values())


@pytest.mark.parametrize("name", ["QueriesTable", "CloudtrailLogs"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str) -> None:
    resource = template.template()["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_nothing_of_a_trail_is_made_beside_an_existing_one() -> None:
    made = {name for name, one in template.template()["Resources"].items() if one.get("Condition") == "HasOwnTrail"}
    assert made == {"CloudtrailLogs", "CloudtrailLogsPolicy", "Trail", "CloudtrailHandlerNotInvoked"}


def test_the_trail_is_private_and_tells_the_function() -> None:
    bucket = properties("CloudtrailLogs")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "ServerSideEncryptionConfiguration" in bucket["BucketEncryption"]
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == {"Ref": "TrailRetentionDays"}
    [told] = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    assert (told["Event"], template.text(told["Function"])) == ("s3:ObjectCreated:*", "${CloudtrailHandler.Arn}")
    assert template.template()["Resources"]["CloudtrailLogs"]["DependsOn"] == "AllowLogsToInvokeHandler"
    *allowed, denied = properties("CloudtrailLogsPolicy")["PolicyDocument"]["Statement"]
    for statement in allowed:
        assert statement["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        trail = template.text(statement["Condition"]["StringEquals"]["aws:SourceArn"])
        assert trail.endswith(":trail/" + template.text(properties("Trail")["TrailName"]))
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_trail_tells_of_starts_and_costs_nothing_for_reads() -> None:
    trail = properties("Trail")
    assert trail["EventSelectors"] == [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    assert trail["IsLogging"] and trail["IsMultiRegionTrail"]


def test_every_schedule_may_invoke_its_function() -> None:
    permitted = {
        template.text(one["Properties"]["SourceArn"]): template.text(one["Properties"]["FunctionName"])
        for one in template.resources("AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "events.amazonaws.com"
    }
    invoked = {}
    for name, rule in template.resources("AWS::Events::Rule").items():
        [target] = rule["Properties"]["Targets"]
        if name != "QueryEndings":
            invoked[f"${{{name}.Arn}}"] = template.text(target["Arn"])
    assert invoked == permitted
    assert invoked == {
        "${EveryMinute.Arn}": "${UsageUpdate.Arn}",
        "${QueryStarts.Arn}": "${CloudtrailHandler.Arn}",
        "${EveryNight.Arn}": "${Report.Arn}",
        "${RunQueryRule.Arn}": "${RunQuery.Arn}",
        "${QueryRetentionRule.Arn}": "${QueryRetention.Arn}",
        "${PartitionSchedule.Arn}": "${PartitionRefresh.Arn}",
    }
    # Results are gone soon after their time.
    assert properties("QueryRetentionRule")["ScheduleExpression"] == "rate(10 minutes)"


def test_nobody_reaches_query_api_without_a_key() -> None:
    methods = template.resources("AWS::ApiGateway::Method").values()
    assert methods and all(one["Properties"]["ApiKeyRequired"] is True for one in methods)
    assert template.text(properties("GatewayUsageKey")["KeyId"]) == "${GatewayKey}"
    assert template.text(properties("GatewayUsageKey")["UsagePlanId"]) == "${GatewayUsage}"
    [stage] = properties("GatewayUsage")["ApiStages"]
    # The usage plan ties the key to the stage; keys of a stage itself are deprecated.
    assert "StageKeys" not in properties("GatewayKey")
    assert (template.text(stage["ApiId"]), stage["Stage"]) == ("${Gateway}", properties("GatewayStage")["StageName"])


def test_a_changed_method_reaches_the_stage() -> None:
    """A stage shows the snapshot of its deployment: a change of what it snaps needs a deployment with a new logical id."""
    snapped = ("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Resource", "AWS::ApiGateway::Method")
    resources = template.of("query_api")["Resources"]
    properties = {name: one["Properties"] for name, one in resources.items() if one["Type"] in snapped}
    checksum = hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:8]
    [deployment] = template.resources("AWS::ApiGateway::Deployment")
    assert deployment == f"GatewayDeployment{checksum}"
    assert template.template()["Resources"]["GatewayStage"]["Properties"]["DeploymentId"] == {"Ref": deployment}


def test_a_query_has_minutes_to_end() -> None:
    assert template.text(properties("RunQuery")["Timeout"]) == "${RunQueryTimeout}"
    timeout = template.template()["Parameters"]["RunQueryTimeout"]
    assert (timeout["Default"], timeout["MinValue"], timeout["MaxValue"]) == (300, 10, 900)


def test_no_description_is_a_copy_of_another() -> None:
    """Two parameters are in two templates each."""
    described = [one["Description"] for one in template.template()["Parameters"].values()]
    described += [one["Properties"]["Description"] for one in template.resources("AWS::Lambda::Function").values()]
    described += [one["Properties"]["AlarmDescription"] for one in template.resources("AWS::CloudWatch::Alarm").values()]
    copies = {text for text in described if described.count(text) > 1}
    assert copies == {
        "Prefix of the results in that bucket, with a slash at the end.",
        "ARN of the KMS key that encrypts these secrets. Empty for the key that AWS manages.",
    }


def test_no_event_is_dropped() -> None:
    destinations = {
        template.text(one["Properties"]["FunctionName"]): template.text(
            one["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        )
        for one in template.resources("AWS::Lambda::EventInvokeConfig").values()
    }
    assert destinations == {
        **dict.fromkeys(["${CloudtrailHandler}", "${UsageUpdate}"], "${FailedEvents.Arn}"),
        "${RunQuery}": "${RunQueryFailedEvents.Arn}",
    }


def test_each_function_logs_into_its_own_group() -> None:
    for name, function in template.resources("AWS::Lambda::Function").items():
        logging = function["Properties"]["LoggingConfig"]
        assert template.text(logging["LogGroup"]) == f"${{{name}Logs}}"
        assert function["Properties"]["Architectures"] == [{"Ref": "Architecture"}]


def test_every_alarm_reaches_the_topic() -> None:
    alarms = template.resources("AWS::CloudWatch::Alarm")
    watched = set()
    for alarm in alarms.values():
        [dimension] = alarm["Properties"]["Dimensions"]
        watched.add((alarm["Properties"]["MetricName"], template.text(dimension["Value"])))
    assert {("Errors", f"${{{name}}}") for name in template.resources("AWS::Lambda::Function")} < watched
    for queue in ("DeadLetters", "FailedEvents", "PartitionDeadLetters", "RunQueryFailedEvents"):
        assert ("ApproximateNumberOfMessagesVisible", f"${{{queue}.QueueName}}") in watched
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for alarm in alarms.values():
        assert alarm["Properties"]["AlarmActions"] == alarm["Properties"]["OKActions"] == topic


def own_alarm_metrics() -> List[str]:
    alarms = template.resources("AWS::CloudWatch::Alarm").values()
    return [one["Properties"]["MetricName"] for one in alarms if one["Properties"]["Namespace"] == "AthenaAlerter"]


def test_every_alarm_watches_a_metric_that_is_written() -> None:
    sources = "".join(path.read_text() for path in (REPOSITORY / "Sources").glob("**/*.swift"))
    assert own_alarm_metrics() and all(f'metrics.add("{name}"' in sources for name in own_alarm_metrics())


@pytest.mark.parametrize("system, path", template.TEMPLATES.items(), ids=template.TEMPLATES)
def test_the_template_is_one_that_cloudformation_takes(system: str, path: Path) -> None:
    text = path.read_text()
    events = list(yaml.parse(text, template.Loader))
    assert not [event for event in events if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)]
    assert "arn:aws:" not in text
    # Every name is a parameter, or has the stack's name in it.
    for name, resource in template.of(system)["Resources"].items():
        named = {key: value for key, value in resource["Properties"].items() if key.endswith("Name")}
        # A stage's name is its gateway's own affair.
        for key in set(named) - {"MetricName", "StageName"}:
            assert isinstance(named[key], dict), (name, key)


def test_every_template_is_linted() -> None:
    scanned = yaml.safe_load((REPOSITORY / ".checkov.yaml").read_text())["file"]
    assert {REPOSITORY / one for one in scanned} == {*template.TEMPLATES.values(), template.IMPORT, template.FORWARDING}
    makefile = (REPOSITORY / "Makefile").read_text()
    assert " --template template.yaml templates/*.yaml templates/import/*.yaml\n" in makefile
    [regions] = re.findall(r"^regions := (.+)$", makefile, re.MULTILINE)
    partitions = {get_session().get_partition_for_region(region) for region in regions.split()}
    assert partitions == set(get_session().get_available_partitions())


def test_every_check_that_the_scanner_skips_is_answered() -> None:
    skipped = yaml.safe_load((REPOSITORY / ".checkov.yaml").read_text())["skip-check"]
    answered = re.findall(r"^\| `(CKV_\w+)` \|", (REPOSITORY / "docs/deployment.md").read_text(), re.MULTILINE)
    assert answered == skipped
