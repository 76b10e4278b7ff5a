"""`athena-alerter doctor` against a deployed stack: each fault is provoked, named, and mended by following the advice."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple
from urllib.parse import unquote

import pytest

from support import cloudtrail
from support.deployment import Deployment, deploying
from support.documentation import documented_actions, page
from support.fake_slack import FakeSlack, ok_false
from support.local_aws import LocalAWS
from support.processes import REPOSITORY

pytestmark = pytest.mark.check

FUNCTIONS = {"CloudtrailHandler": "cloudtrail_handler", "UsageUpdate": "usage_update", "Notification": "notification"}


class Finding(NamedTuple):
    is_well: bool
    words: str
    advice: str


class Installation:
    """A deployed stack in which all is well, and the settings that belong to it."""

    def __init__(self, executable: Path, deployment: Deployment, directory: Path) -> None:
        self.executable = executable
        self.deployment = deployment
        self.aws = deployment.aws
        self.settings_file = directory / "settings.json"
        self.ids = deployment.ids()
        self.bucket = deployment.variables["CLOUDTRAIL_BUCKET"]
        self.table = deployment.variables["DYNAMODB_TABLE_NAME"]
        self.outputs = deployment.outputs()
        self.create_trail()
        self.notify()
        for name in FUNCTIONS:
            self.aws.client("logs").create_log_group(logGroupName=self.log_group(name))
            self.measure("AWS/Lambda", "Invocations", 10, FunctionName=self.ids[name])

    # The parts that the local CloudFormation does not make

    def create_trail(self) -> None:
        self.policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"}
            ],
        }
        self.aws.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(self.policy))
        trails = self.aws.client("cloudtrail")
        trails.create_trail(Name=self.deployment.stack, S3BucketName=self.bucket)
        trails.start_logging(Name=self.deployment.stack)

    def notify(self) -> None:
        configuration = {
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": self.outputs["CloudtrailHandler"], "Events": ["s3:ObjectCreated:*"]}
            ]
        }
        self.aws.client("s3").put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration=configuration
        )

    def attributes(self, queue: str) -> Dict[str, Any]:
        """The attributes of a queue but for its times and the number of its messages."""
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.ids[queue], AttributeNames=["All"])["Attributes"]
        return {name: value for name, value in found.items() if not re.search("Timestamp|ApproximateNumber", name)}

    def log_group(self, name: str) -> str:
        return f"/aws/lambda/{self.ids[name]}"

    def measure(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        """Adds to a metric; a negative value takes back what was added."""
        data = {
            "MetricName": name,
            "Value": value,
            "Timestamp": datetime.now(timezone.utc) - timedelta(minutes=1),
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        }
        self.aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])

    @contextmanager
    def measured(self, namespace: str, name: str, value: float, **dimensions: str) -> Iterator[None]:
        self.measure(namespace, name, value, **dimensions)
        try:
            yield
        finally:
            self.measure(namespace, name, -value, **dimensions)

    def log(self, name: str, line: Dict[str, Any]) -> None:
        logs, stream = self.aws.client("logs"), f"stream-{time.monotonic_ns()}"
        logs.create_log_stream(logGroupName=self.log_group(name), logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
        logs.put_log_events(logGroupName=self.log_group(name), logStreamName=stream, logEvents=[event])

    def add_row(self, user: str) -> None:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        row = {
            "start_date": now[:10],
            "start_key": f"{now}#{user}",
            "executing_user": user,
            "user_type": "person",
            "user_source": "session_name",
        }
        self.aws.client("dynamodb").put_item(TableName=self.table, Item={name: {"S": text} for name, text in row.items()})

    def delete_rows(self) -> None:
        dynamodb = self.aws.client("dynamodb")
        for item in dynamodb.scan(TableName=self.table)["Items"]:
            key = {name: item[name] for name in ("start_date", "start_key")}
            dynamodb.delete_item(TableName=self.table, Key=key)

    # The command

    def write_settings(self, slack: FakeSlack, bot_token: str = "", **changes: Any) -> None:
        access = {"bot_token": bot_token or slack.bot_token, "channel": "#athena", "email_domain": "example.com"}
        self.settings_file.write_text(json.dumps({"slack": access, **changes}))

    def run(
        self, slack: FakeSlack, *arguments: str, before: Sequence[str] = (), **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        environment = {
            **self.aws.environment(self.aws.admin, SETTINGS_FILE=str(self.settings_file), SLACK_API_URL=slack.api_url),
            **variables,
        }
        with self.aws.unchecked():
            return subprocess.run(
                [*before, self.executable, "doctor", *(arguments or (self.deployment.stack,))],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
            )

    def findings(self, slack: FakeSlack, *arguments: str, **variables: str) -> Dict[str, Finding]:
        ran = self.run(slack, *arguments, **variables)
        assert ran.stderr == ""
        found = read(ran.stdout)
        assert ran.returncode == (0 if all(one.is_well for one in found.values()) else 1)
        return found

    def follow(self, advice: str) -> None:
        """Runs the command of the AWS command line that the advice gives, in a shell, up to the words that follow it."""
        command = "aws " + re.split(r"; | says why", advice.split("aws ", 1)[1])[0]
        # This version of the command line does not take the endpoint of SQS from the environment.
        command = command.replace("aws sqs ", f"aws --endpoint-url {self.aws.endpoint} sqs ")
        with self.aws.unchecked():
            environment = {**self.deployment.environment, "AWS_ENDPOINT_URL": self.aws.endpoint}
            ran = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr

    def described(self, status: str) -> str:
        """CloudFormation's answer about the stack in another state."""

        def members(name: str, pairs: Dict[str, str], key: str, value: str) -> str:
            return f"<{name}>" + "".join(
                f"<member><{key}>{one}</{key}><{value}>{text}</{value}></member>" for one, text in pairs.items()
            ) + f"</{name}>"

        outputs = members("Outputs", self.outputs, "OutputKey", "OutputValue")
        parameters = members("Parameters", self.deployment.parameters(), "ParameterKey", "ParameterValue")
        stack = f"<StackName>{self.deployment.stack}</StackName><StackStatus>{status}</StackStatus>{outputs}{parameters}"
        answer = f"<DescribeStacksResult><Stacks><member>{stack}</member></Stacks></DescribeStacksResult>"
        return f"<DescribeStacksResponse>{answer}</DescribeStacksResponse>"


def read(output: str) -> Dict[str, Finding]:
    found = re.findall(r"^([✓✗]) (.{20}\S*) ?(.*)\n(?:    → (.*)\n)?", output, re.MULTILINE)
    assert len(found) == sum(output.count(sign) for sign in "✓✗"), output
    return {subject.split("  ")[0].strip(): Finding(sign == "✓", words_of(subject, words), advice) for sign, subject, words, advice in found}


def words_of(subject: str, words: str) -> str:
    return f"{subject[20:]} {words}".strip()


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAWS, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path_factory.mktemp("doctor")) as deployment:
        deployment.run()
        yield deployment


@pytest.fixture(scope="module")
def installed(executable: Path, deployed: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(executable, deployed, tmp_path_factory.mktemp("settings"))


@pytest.fixture
def well(installed: Installation, slack: FakeSlack) -> Iterator[Installation]:
    installed.aws.arm()
    installed.write_settings(slack)
    yield installed
    installed.aws.arm()


def ill(well: Installation, slack: FakeSlack, subject: str, *words: str) -> Finding:
    """The one finding that is not well."""
    found = well.findings(slack)
    assert [name for name, one in found.items() if not one.is_well] == [subject], found
    one = found[subject]
    assert one.advice and all(word in one.words for word in words), one
    return one


def assert_all_is_well(well: Installation, slack: FakeSlack) -> None:
    assert [one for one in well.findings(slack).values() if not one.is_well] == []


def test_a_stack_in_which_all_is_well(well: Installation, slack: FakeSlack) -> None:
    found = well.findings(slack)
    assert [item for item in found.items() if not item[1].is_well] == []
    section = page("operations.md").split("## Doctor")[1].split("\n## ")[0]
    documented = re.findall(r"^\| ((?:`[\w. ]+`(?:, )?)+) \|", section, re.MULTILINE)
    names = {name for row in documented for name in re.findall(r"`([\w. ]+)`", row)}
    assert set(found) == names - {"slack.webhook_url"}
    assert slack.messages() == [] and slack.scheduled == {}


def test_the_version_of_the_template_is_the_programs(executable: Path) -> None:
    said = subprocess.run([executable, "--version"], capture_output=True, text=True).stdout.split()[1]
    assert re.search(rf"^  Version:\n.+\n    Value: {re.escape(said)}$", (REPOSITORY / "template.yaml").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "status, words", [("CREATE_IN_PROGRESS", "is at work"), ("UPDATE_ROLLBACK_COMPLETE", "the last change failed")]
)
def test_a_stack_that_is_not_complete(well: Installation, slack: FakeSlack, status: str, words: str) -> None:
    # The first request is the one about the stack.
    well.aws.arm({"operation": "cloudformation.Request", "kind": "says", "body": well.described(status)})
    advice = ill(well, slack, "stack", words, status).advice
    well.follow(advice)
    if "run_cloudformation" in advice:
        well.deployment.run()
    assert_all_is_well(well, slack)


def test_a_stack_of_another_version(well: Installation, slack: FakeSlack) -> None:
    change_template(well, r"(  Version:\n.+\n    Value: ).+", r"\g<1>0.0.1")
    assert "run_cloudformation" in ill(well, slack, "version", "0.0.1").advice
    change_template(well, r"  Version:\n.+\n    Value: .+\n", "")
    assert "run_cloudformation" in ill(well, slack, "version", "before").advice
    well.deployment.run()
    assert_all_is_well(well, slack)


def change_template(well: Installation, pattern: str, replacement: str) -> None:
    template = (REPOSITORY / "template.yaml").read_text()
    changed, count = re.subn(pattern, replacement, template)
    assert count == 1
    names = well.deployment.parameters()
    well.aws.client("cloudformation").update_stack(
        StackName=well.deployment.stack,
        TemplateBody=changed,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in names.items()],
        Capabilities=["CAPABILITY_IAM"],
    )


def test_a_trail_that_was_stopped(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("cloudtrail").stop_logging(Name=well.deployment.stack)
    well.follow(ill(well, slack, "trail", "records nothing").advice)
    assert_all_is_well(well, slack)


def test_a_trail_that_is_gone(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("cloudtrail").delete_trail(Name=well.deployment.stack)
    assert "run_cloudformation" in ill(well, slack, "trail", f"no trail writes to {well.bucket}").advice
    # The local CloudFormation makes no trail.
    well.create_trail()
    assert_all_is_well(well, slack)


@pytest.mark.parametrize(
    "status, words, policy",
    [
        ({"LatestDeliveryError": "AccessDenied"}, "failed: AccessDenied", "CloudtrailLogsPolicy"),
        ({"LatestDeliveryTime": time.time() - 4 * 3600}, "the last log file is of", ""),
        ({"LatestDeliveryTime": None}, "there is no log file yet", ""),
    ],
    ids=["refused", "silent", "new"],
)
def test_a_trail_that_does_not_deliver(
    well: Installation, slack: FakeSlack, status: Dict[str, Any], words: str, policy: str
) -> None:
    body = json.dumps({"IsLogging": True, "LatestDeliveryTime": time.time(), **status})
    well.aws.arm({"operation": "cloudtrail.GetTrailStatus", "kind": "says", "body": body})
    advice = ill(well, slack, "trail", words).advice
    assert policy in advice and f"  {policy}" in (REPOSITORY / "template.yaml").read_text()
    well.follow(advice)
    assert_all_is_well(well, slack)


def test_a_bucket_that_notifies_nobody(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("s3").put_bucket_notification_configuration(Bucket=well.bucket, NotificationConfiguration={})
    function = well.outputs["CloudtrailHandler"]
    advice = ill(well, slack, "log files").advice
    assert function in advice and "'A trail that you have'" in advice
    section = page("deployment.md").split("## A trail that you have")[1].split("```")[1]
    well.follow(section.split("\n", 2)[2].replace("my-trail", well.bucket).replace("<CloudtrailHandler>", function))
    assert_all_is_well(well, slack)
    well.notify()


def test_a_table_without_its_index(well: Installation, slack: FakeSlack) -> None:
    dynamodb = well.aws.client("dynamodb")
    change = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "open-queries"}}]}
    dynamodb.update_table(TableName=well.table, **change)
    well.follow(ill(well, slack, "table", "has no index open-queries").advice)
    assert_all_is_well(well, slack)


@pytest.mark.parametrize("index", [False, True])
def test_a_table_that_is_being_made(well: Installation, slack: FakeSlack, index: bool) -> None:
    indexes = [{"IndexName": "open-queries", "IndexStatus": "CREATING"}]
    table = {"TableName": well.table, "TableStatus": "ACTIVE" if index else "UPDATING", "GlobalSecondaryIndexes": indexes}
    well.aws.arm({"operation": "dynamodb.DescribeTable", "kind": "says", "body": json.dumps({"Table": table})})
    assert "look again" in ill(well, slack, "table", "is CREATING" if index else "is UPDATING").advice
    assert_all_is_well(well, slack)


def test_finished_queries_that_wait_too_long(well: Installation, slack: FakeSlack) -> None:
    # The first request is the one about the queue's age.
    age = json.dumps({"MetricDataResults": [{"Id": "m0", "Values": [3600.0, 3660.0]}]})
    well.aws.arm({"operation": "monitoring.GetMetricData", "kind": "says", "body": age})
    found = ill(well, slack, "FinishedQueries", "61 minutes")
    assert "FinishedQueriesTooOld" in found.advice and "## FinishedQueriesTooOld" in page("runbook.md")
    assert_all_is_well(well, slack)


def test_a_queue_that_is_gone(executable: Path, local_aws: LocalAWS, slack: FakeSlack, tmp_path: Path) -> None:
    with deploying(local_aws, tmp_path) as deployment:
        deployment.run()
        well = Installation(executable, deployment, tmp_path)
        well.write_settings(slack)
        for queue in ("FinishedQueries", "DeadLetters", "FailedEvents"):
            before = well.attributes(queue)
            local_aws.client("sqs").delete_queue(QueueUrl=well.ids[queue])
            well.follow(ill(well, slack, queue, "QueueDoesNotExist").advice)
            # The local AWS leaves the encryption out of a queue that CloudFormation makes.
            assert well.attributes(queue) == {**before, "SqsManagedSseEnabled": "true"}
        assert_all_is_well(well, slack)
        # A stack whose queues were made by hand can be updated and deleted.
        deployment.run(NOTIFICATION_MEMORY="256")
        assert deployment.make("delete_cloudformation").returncode == 0


def test_a_fault_of_aws(well: Installation, slack: FakeSlack) -> None:
    well.aws.arm({"operation": "sqs.GetQueueAttributes", "status": 500, "code": "InternalError", "times": 100})
    found = well.findings(slack)
    assert [name for name, one in found.items() if not one.is_well] == ["FinishedQueries", "DeadLetters", "FailedEvents"]
    assert all("look again" in one.advice for one in found.values() if not one.is_well)
    well.aws.arm()
    assert_all_is_well(well, slack)


def test_a_refusal_of_another_kind(well: Installation, slack: FakeSlack) -> None:
    refusal = {"operation": "dynamodb.DescribeTable", "status": 400, "code": "ValidationException"}
    well.aws.arm(refusal)
    advice = ill(well, slack, "table", "ValidationException").advice
    assert "correct what the error names" in advice and "look again" not in advice
    assert_all_is_well(well, slack)


def test_a_service_that_cannot_be_reached(well: Installation, slack: FakeSlack) -> None:
    found = well.findings(slack, AWS_ENDPOINT_URL_EVENTBRIDGE="http://127.0.0.1:1")
    assert [name for name, one in found.items() if not one.is_well] == ["schedule"]
    assert "check the network" in found["schedule"].advice
    assert_all_is_well(well, slack)


def test_dead_letters_are_redriven(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("sqs").send_message(QueueUrl=well.outputs["DeadLetters"], MessageBody="{}")
    advice = ill(well, slack, "DeadLetters", "1 wait").advice
    redrive(well, advice)
    assert_all_is_well(well, slack)
    well.aws.clear_queues()


def test_failed_events_are_redriven(well: Installation, slack: FakeSlack) -> None:
    arn = well.outputs["CloudtrailHandler"].replace(well.ids["CloudtrailHandler"], well.ids["UsageUpdate"])
    record = {"requestContext": {"functionArn": f"{arn}:$LATEST"}, "requestPayload": {}}
    well.aws.client("sqs").send_message(QueueUrl=well.outputs["FailedEvents"], MessageBody=json.dumps(record))
    redrive(well, ill(well, slack, "FailedEvents", "1 wait").advice)
    assert_all_is_well(well, slack)


def redrive(well: Installation, advice: str) -> None:
    arguments = advice.split("athena-alerter ")[1].split()
    ran = subprocess.run(
        [well.executable, *arguments], env=well.aws.environment(well.aws.admin), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_fails(well: Installation, slack: FakeSlack, name: str) -> None:
    well.log(name, {"level": "ERROR", "message": "the table does not exist"})
    with well.measured("AWS/Lambda", "Errors", 2, FunctionName=well.ids[name]):
        found = ill(well, slack, FUNCTIONS[name], "2 invocations failed in the last hour: the table does not exist")
    assert "When something fails" in found.advice and "## When something fails" in page("operations.md")
    assert_all_is_well(well, slack)


def test_a_function_that_needs_more_memory(well: Installation, slack: FakeSlack) -> None:
    report = {"type": "platform.report", "record": {"metrics": {"maxMemoryUsedMB": 250}}}
    well.log("UsageUpdate", report)
    advice = ill(well, slack, "usage_update", "250 of 256 MB").advice
    [(variable, value)] = re.findall(r"(\w+_MEMORY)=(\d+)", advice)
    well.deployment.run(**{variable: value})
    assert_all_is_well(well, slack)
    assert well.deployment.function("UsageUpdate")["MemorySize"] == 512


@pytest.mark.parametrize("state", [{"State": "Failed"}, {"LastUpdateStatus": "Failed"}], ids=str)
def test_a_function_that_cannot_run(well: Installation, slack: FakeSlack, state: Dict[str, str]) -> None:
    function = well.deployment.function("CloudtrailHandler")
    body = json.dumps({"FunctionArn": function["FunctionArn"], "MemorySize": 256, **state})
    # The first request is the one about this function.
    well.aws.arm({"operation": "lambda.Request", "kind": "says", "body": body})
    advice = ill(well, slack, "cloudtrail_handler", "Failed").advice
    well.follow(advice)
    assert "run_cloudformation" in advice
    assert_all_is_well(well, slack)


def test_a_function_without_a_log(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("logs").delete_log_group(logGroupName=well.log_group("Notification"))
    well.follow(ill(well, slack, "notification", "log group does not exist").advice)
    assert_all_is_well(well, slack)


def test_a_function_that_nobody_invokes(well: Installation, slack: FakeSlack) -> None:
    with well.measured("AWS/Lambda", "Invocations", -10, FunctionName=well.ids["UsageUpdate"]):
        advice = ill(well, slack, "usage_update", "not invoked for a day").advice
    assert "the schedule" in advice and "## UsageUpdateNotInvoked" in page("runbook.md")
    assert_all_is_well(well, slack)


def test_metrics_that_do_not_add_up(well: Installation, slack: FakeSlack) -> None:
    function = {"FunctionName": well.ids["UsageUpdate"]}
    with ExitStack() as stack:
        stack.enter_context(well.measured("AthenaAlerter", "OpenQueries", 5, **function))
        stack.enter_context(well.measured("AthenaAlerter", "QueriesFinished", 4, **function))
        found = ill(well, slack, "metrics", "usage_update: OpenQueries is 5, its parts are 4")
        assert "reconcile" in found.advice
        stack.enter_context(well.measured("AthenaAlerter", "QueriesRunning", 1, **function))
        assert_all_is_well(well, slack)


def test_a_schedule_that_is_disabled(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("events").disable_rule(Name=well.ids["EveryMinute"])
    well.follow(ill(well, slack, "schedule", "is disabled").advice)
    assert_all_is_well(well, slack)


def test_a_mapping_that_is_disabled(well: Installation, slack: FakeSlack) -> None:
    client = well.aws.client("lambda")
    with well.aws.unchecked():
        [mapping] = client.list_event_source_mappings(FunctionName=well.ids["Notification"])["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    advice = ill(well, slack, "mapping", "is Disabled").advice
    well.follow(advice.split(";")[0])
    well.follow("aws lambda " + advice.split("then ")[1].replace("…", mapping["UUID"]))
    assert_all_is_well(well, slack)


def test_a_mapping_that_is_gone(well: Installation, slack: FakeSlack) -> None:
    client = well.aws.client("lambda")
    with well.aws.unchecked():
        for mapping in client.list_event_source_mappings(FunctionName=well.ids["Notification"])["EventSourceMappings"]:
            client.delete_event_source_mapping(UUID=mapping["UUID"])
    well.follow(ill(well, slack, "mapping", "no mapping").advice)
    assert_all_is_well(well, slack)
    mapping = r"Type: AWS::Lambda::EventSourceMapping\n    Properties:\n      FunctionName: !Ref Notification\n(.+?)\n\n"
    template = re.search(mapping, (REPOSITORY / "template.yaml").read_text(), re.DOTALL)
    assert template and "BatchSize: 10\n" in template[1] and "MaximumConcurrency: 2 " in template[1]


def test_an_alarm_that_goes_off(well: Installation, slack: FakeSlack) -> None:
    cloudwatch, name = well.aws.client("cloudwatch"), f"{well.deployment.stack}-UsageUpdateErrors-1"
    where = {"MetricName": "Errors", "Namespace": "AWS/Lambda", "Statistic": "Sum", "Period": 60}
    rule = {"EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(AlarmName=name, **where, **rule)
    for state in ("ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
        if state == "ALARM":
            assert "runbook" in ill(well, slack, "alarms", name).advice
    assert_all_is_well(well, slack)


@pytest.mark.parametrize("place", ["ssm:/athena-alerter/token", "secretsmanager:athena-alerter-token"])
def test_a_secret_that_does_not_exist(well: Installation, slack: FakeSlack, place: str) -> None:
    well.write_settings(slack, bot_token=place)
    found = well.findings(slack)
    assert [name for name, one in found.items() if not one.is_well] == ["slack.bot_token"]
    well.follow(found["slack.bot_token"].advice.replace("…", slack.bot_token))
    assert_all_is_well(well, slack)


def test_a_secret_that_the_role_may_not_read(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("ssm").put_parameter(Name="/team/token", Value=slack.bot_token, Type="SecureString")
    well.write_settings(slack, bot_token="ssm:/team/token")
    advice = ill(well, slack, "slack.bot_token", "athena-alerter/*", "/team/token").advice
    [value] = re.findall(r"SLACK_PARAMETER=(\S+)", advice)
    well.deployment.run(SLACK_PARAMETER=value)
    assert_all_is_well(well, slack)
    assert well.deployment.parameters()["SlackParameter"] == "team/token"
    well.deployment.run(SLACK_PARAMETER="athena-alerter/*")


def test_a_secret_of_secrets_manager_that_the_role_may_not_read(well: Installation, slack: FakeSlack) -> None:
    well.aws.client("secretsmanager").create_secret(Name="team/token", SecretString=slack.bot_token)
    well.write_settings(slack, bot_token="secretsmanager:team/token")
    advice = ill(well, slack, "slack.bot_token", "athena-alerter*", "team/token").advice
    [value] = re.findall(r"SLACK_SECRET='(\S+)'", advice)
    well.deployment.run(SLACK_SECRET=value)
    assert_all_is_well(well, slack)
    well.deployment.run(SLACK_SECRET="athena-alerter*")


def test_settings_without_access_to_slack(well: Installation, slack: FakeSlack) -> None:
    well.settings_file.write_text("{}")
    advice = ill(well, slack, "settings", "bot_token or webhook_url").advice
    assert "settings.json" in advice and "run_cloudformation" in advice
    well.write_settings(slack)
    assert_all_is_well(well, slack)


def test_a_token_that_slack_refuses(well: Installation, slack: FakeSlack) -> None:
    well.write_settings(slack, bot_token="xoxb-wrong")
    found = well.findings(slack)["slack"]
    assert not found.is_well and "invalid_auth" in found.words and "Bot User OAuth Token" in found.advice
    well.write_settings(slack)
    assert_all_is_well(well, slack)


def test_a_token_that_lacks_a_scope(well: Installation, slack: FakeSlack) -> None:
    slack.scopes.remove("im:write")
    assert "slack-app.yaml" in ill(well, slack, "slack", "lacks the scopes im:write").advice
    slack.scopes.append("im:write")
    assert_all_is_well(well, slack)


def test_a_channel_in_which_the_bot_is_not(well: Installation, slack: FakeSlack) -> None:
    slack.other_channels.append("#athena")
    assert "/invite @athena-alerter" in ill(well, slack, "slack.channel", "not_in_channel").advice
    slack.other_channels.remove("#athena")
    slack.unknown_channels.append("#athena")
    assert "correct slack.channel" in ill(well, slack, "slack.channel", "channel_not_found").advice
    slack.unknown_channels.remove("#athena")
    assert_all_is_well(well, slack)


def test_a_channel_that_is_archived(well: Installation, slack: FakeSlack) -> None:
    slack.fail_next("chat.scheduleMessage", ok_false("is_archived"))
    assert "unarchive #athena" in ill(well, slack, "slack.channel", "is_archived").advice
    assert_all_is_well(well, slack)


def test_slack_that_does_not_answer(well: Installation, slack: FakeSlack) -> None:
    slack.fail_next("auth.test", ok_false("internal_error"))
    assert "slack-status.com" in ill(well, slack, "slack", "internal_error").advice
    assert_all_is_well(well, slack)


def test_people_whom_slack_does_not_know(well: Installation, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    well.add_row("ada")
    well.add_row("a.turing")
    assert "people.aliases" in ill(well, slack, "people", "1 of 2", "a.turing").advice
    well.write_settings(slack, people={"aliases": {"a.turing": "ada@example.com"}})
    assert_all_is_well(well, slack)
    well.delete_rows()


@pytest.mark.skipif(not shutil.which("faketime"), reason="needs scripts/setup strict-s3")
def test_prices_that_are_old(well: Installation, slack: FakeSlack) -> None:
    def prices() -> Finding:
        return read(well.run(slack, before=["faketime", "-f", "+1000d"]).stdout)["prices"]

    found = prices()
    assert not found.is_well and "the newest price" in found.words
    well.write_settings(slack, **json.loads("{" + found.advice.split("settings.json: ")[1] + "}"))
    assert prices().is_well


@pytest.mark.parametrize("receiver", ["ada@example.com", "#athena", "U0123456789"])
def test_a_test_alert_is_posted(well: Installation, slack: FakeSlack, receiver: str) -> None:
    slack.add_person("ada@example.com", "U0123456789")
    found = well.findings(slack, "--send", receiver, well.deployment.stack)
    assert found["test alert"].is_well
    [message] = slack.messages()
    assert "The query does not exist" in message["text"]
    assert message["channel"] == ("#athena" if receiver == "#athena" else "D0123456789")


def test_a_test_alert_to_nobody(well: Installation, slack: FakeSlack) -> None:
    found = well.findings(slack, "--send", "nobody@example.com", well.deployment.stack)
    assert not found["test alert"].is_well and slack.messages() == []
    assert found["test alert"].advice == "name the address of your Slack account"


def test_a_test_alert_without_a_bot(well: Installation, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    well.settings_file.write_text(json.dumps({"slack": {"webhook_url": "https://hooks.slack.com/services/T/B/X"}}))
    found = well.findings(slack, "--send", "ada@example.com", well.deployment.stack)
    assert found["slack.webhook_url"].is_well and found["test alert"].advice == "set slack.bot_token"
    well.write_settings(slack)
    assert well.findings(slack, "--send", "ada@example.com", well.deployment.stack)["test alert"].is_well


def test_a_stack_that_is_none_of_the_alerter(well: Installation, slack: FakeSlack) -> None:
    ran = well.run(slack, "no-such-stack")
    assert ran.returncode == 1 and "does not exist" in ran.stderr and ran.stdout == ""
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    name = f"{well.deployment.stack}-other"
    well.aws.client("cloudformation").create_stack(StackName=name, TemplateBody=body)
    ran = well.run(slack, name)
    assert ran.returncode == 1 and "is it one of Athena Alerter?" in ran.stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--send", "me", "a"], ["--now", "a"]], ids=" ".join)
def test_wrong_usage_ends_with_2(executable: Path, arguments: List[str]) -> None:
    ended = subprocess.run([executable, "doctor", *arguments], capture_output=True, text=True, env={})
    assert (ended.returncode, ended.stdout) == (2, "") and ended.stderr.startswith("athena-alerter: doctor: ")


# The policy


class FakeLambda(BaseHTTPRequestHandler):
    """The two calls of Lambda, whose signatures the local AWS cannot check: it refuses every GET of that service."""

    paths: List[str] = []

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        FakeLambda.paths.append("ListEventSourceMappings" if "mappings" in path else "GetFunctionConfiguration")
        name = unquote(path).removesuffix("/configuration").split("/")[-1].split(":")[-1]
        function = {"FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}", "MemorySize": 512}
        body = {"EventSourceMappings": [{"State": "Enabled"}]} if "mappings" in path else function
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""


@pytest.fixture
def fake_lambda() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), FakeLambda)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_documented_permissions_are_the_least(well: Installation, slack: FakeSlack, fake_lambda: str) -> None:
    """With all of them everything is well; without one, the checks that need it name it, and no others fail."""
    parameter = {"Name": "/athena-alerter/policy", "Value": slack.bot_token, "Type": "SecureString"}
    well.aws.client("ssm").put_parameter(**parameter)
    well.write_settings(slack, bot_token="ssm:/athena-alerter/policy")
    FakeLambda.paths.clear()

    def examine(actions: List[str]) -> Tuple[Dict[str, Finding], str]:
        user = well.aws.create_user(f"doctor-{time.monotonic_ns()}", [as_the_local_aws_calls_it(one) for one in actions])
        environment = well.aws.environment(
            user,
            SETTINGS_FILE=str(well.settings_file),
            SLACK_API_URL=slack.api_url,
            AWS_ENDPOINT_URL_LAMBDA=fake_lambda,
        )
        ran = subprocess.run(
            [well.executable, "doctor", well.deployment.stack], env=environment, capture_output=True, text=True
        )
        return read(ran.stdout), ran.stderr

    actions = documented_actions("doctor")
    found, error = examine(actions)
    assert [item for item in found.items() if not item[1].is_well] == [] and error == ""
    assert {f"lambda:{name}" for name in FakeLambda.paths} == {one for one in actions if one.startswith("lambda:")}
    for action in actions:
        if action.startswith("lambda:"):
            continue
        found, error = examine([one for one in actions if one != action])
        refused = [one for one in found.values() if not one.is_well]
        said = error if action == "cloudformation:DescribeStacks" else " ".join(one.words for one in refused)
        assert "AccessDenied" in said, (action, found)
        if action != "ssm:GetParameter":
            assert all("AccessDenied" in one.words and "'Doctor'" in one.advice for one in refused), (action, refused)


def as_the_local_aws_calls_it(action: str) -> str:
    return action.replace("cloudwatch:", "monitoring:")


def test_the_sums_are_those_of_the_documentation() -> None:
    source = (REPOSITORY / "Sources/Alerter/Doctor/MetricSums.swift").read_text()
    sums = {
        (whole, tuple(re.findall(r'"(\w+)"', parts)))
        for whole, parts in re.findall(r'whole: "(\w+)",\s+parts: \[(.+?)\]', source, re.DOTALL)
    }
    text = re.sub(r"\s\([^)]*\)", "", page("operations.md").split("`run_query`:")[0])
    documented = {
        (whole, tuple(re.findall(r"`(\w+)`", parts)))
        for whole, parts in re.findall(r"^- `(\w+)` = ((?:`\w+`(?:\s\+\s+)?)+)", text, re.MULTILINE)
    }
    assert sums and sums == documented
