"""`athena-alerter redrive` returns dead letters to their queue and failed events to their functions, and loses none."""

from __future__ import annotations

import json
import subprocess
import uuid
from typing import Any, Dict, List, Optional

import pytest

from support import cloudtrail, event_delivery
from support.alerter_stack import AlerterStack, finished_message, receive_all
from support.documentation import documented_actions
from support.local_aws import ACCOUNT, REGION

Ended = "subprocess.CompletedProcess[str]"

# The only function name of the emulator.
FUNCTION = "function"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
TICKER = "stack-UsageUpdate-1"


class Stack:
    """An alerter as CloudFormation describes it, with the emulator as its function."""

    def __init__(self, alerter: AlerterStack, **outputs: str) -> None:
        self.alerter = alerter
        self.sqs = alerter.aws.client("sqs")
        self.name = f"stack-{uuid.uuid4().hex[:8]}"
        self.failed_events = self.sqs.create_queue(QueueName=f"{self.name}-failed-events")["QueueUrl"]
        outputs = {
            "FinishedQueries": alerter.resources.queue_url,
            "DeadLetters": alerter.resources.dead_letter_queue_url,
            "FailedEvents": self.failed_events,
            "CloudtrailHandler": ARN,
            "UsageUpdate": TICKER,
            **outputs,
        }
        body = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        alerter.aws.client("cloudformation").create_stack(StackName=self.name, TemplateBody=json.dumps(body))
        # The local AWS checks another action for the deletion of a batch.
        actions = [*documented_actions("redrive"), "sqs:DeleteMessageBatch"]
        self.operator = alerter.aws.create_user(self.name, actions)

    def redrive(self, *options: str, name: Optional[str] = None, **environment: str) -> Ended:
        handler = self.alerter.handler("cloudtrail_handler")
        variables = self.alerter.aws.environment(
            self.operator, AWS_ENDPOINT_URL_LAMBDA=handler.endpoint, **environment
        )
        return subprocess.run(
            [self.alerter.executable, "redrive", *options, name or self.name],
            capture_output=True,
            text=True,
            env=variables,
            timeout=120,
        )

    def give_up(self, *bodies: Any) -> None:
        """Messages that `notification` could not process."""
        for body in bodies:
            self.send(self.alerter.resources.dead_letter_queue_url, body)

    def fail(self, event: Any, arn: str = ARN) -> None:
        """An event that failed at every attempt, as its failure destination receives it."""
        self.send(self.failed_events, failure_record(event, arn))

    def send(self, url: str, body: Any) -> None:
        self.sqs.send_message(QueueUrl=url, MessageBody=event_delivery.as_text(body))

    def left(self) -> int:
        """The failed events that are left, invisible ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.failed_events, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


def failure_record(event: Any, arn: str = ARN) -> Dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    return {
        "version": "1.0",
        "timestamp": "2026-03-05T14:30:07.000Z",
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "s3://…: not a CloudTrail log at byte 0: unexpected 'n'", "errorType": "HandlerError"},
    }


@pytest.fixture
def stack(alerter: AlerterStack) -> Stack:
    return Stack(alerter)


def names(bodies: List[str]) -> List[str]:
    return sorted(json.loads(body)["query_execution_id"] for body in bodies)


def test_a_dry_run_counts_messages_and_moves_none(stack: Stack) -> None:
    stack.give_up(*(finished_message(f"q-{number}") for number in range(3)))
    stack.fail({"Records": []})
    ended = stack.redrive("--dry-run")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "DeadLetters: about 3 messages wait to go back to their queue",
        "FailedEvents: about 1 events wait for their functions",
    ]
    assert len(stack.alerter.dead_letters()) == 3 and stack.left() == 1 and stack.alerter.waiting() == []


def test_dead_letters_go_back_to_their_queue(stack: Stack) -> None:
    stack.give_up(*(finished_message(f"q-{number}") for number in range(12)))
    ended = stack.redrive()
    assert (ended.returncode, ended.stderr) == (0, "") and "DeadLetters: about 12 moved" in ended.stdout
    assert stack.alerter.dead_letters() == []
    assert names(stack.alerter.waiting()) == sorted(f"q-{number}" for number in range(12))


def test_a_dead_letter_that_had_alerted_sends_no_second_alert(stack: Stack) -> None:
    message = finished_message("q-1", executing_user="etl", user_type="role")
    stack.alerter.send(message)
    stack.alerter.drain()
    stack.give_up(message)
    assert stack.redrive().returncode == 0
    assert stack.alerter.drain().received == 1 and len(stack.alerter.channel_alerts("q-1")) == 1


def test_failed_events_are_redelivered_and_deleted(stack: Stack) -> None:
    alerter = stack.alerter
    wrappings = [
        lambda event: event,
        event_delivery.through_sns,
        lambda event: event_delivery.event_bridge_object_created(
            alerter.resources.bucket, event["Records"][0]["s3"]["object"]["key"], 9
        ),
        # An event that was redelivered by hand with its whole record.
        failure_record,
    ]
    for number, wrap in enumerate(wrappings):
        stack.fail(wrap(alerter.created(alerter.put_log([cloudtrail.query_start(f"q-{number}")]))))
    ended = stack.redrive()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "FailedEvents: 4 succeeded now" in ended.stdout
    assert sorted(alerter.open_ids()) == ["q-0", "q-1", "q-2", "q-3"] and stack.left() == 0


def test_an_event_that_fails_again_stays_and_the_others_are_deleted(stack: Stack) -> None:
    alerter = stack.alerter
    bad = alerter.put_object(cloudtrail.log_key(), b"no gzip")
    for key in (alerter.put_log([cloudtrail.query_start("q-1")]), bad, alerter.put_log([cloudtrail.query_start("q-2")])):
        stack.fail(alerter.created(key))
    ended = stack.redrive()
    assert ended.returncode == 1 and "2 succeeded now" in ended.stdout and "1 left" in ended.stdout
    assert f"{bad}: not a CloudTrail log" in ended.stderr and ended.stderr.count("\n") == 1
    assert sorted(alerter.open_ids()) == ["q-1", "q-2"] and stack.left() == 1


def test_a_message_that_its_function_returns_stays(stack: Stack) -> None:
    stack.fail(event_delivery.through_sqs(stack.alerter.created(stack.alerter.put_object(cloudtrail.log_key(), b"no gzip"))))
    ended = stack.redrive()
    assert ended.returncode == 1 and "1 left" in ended.stdout and stack.left() == 1


def test_failed_schedule_events_are_deleted(stack: Stack) -> None:
    stack.fail(event_delivery.schedule_event(), arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{TICKER}")
    ended = stack.redrive()
    assert ended.returncode == 0 and "1 deleted that a later tick made needless" in ended.stdout
    assert stack.left() == 0


@pytest.mark.parametrize(
    "body, words",
    [
        ("garbage", "no record of a failed invocation"),
        ({"requestPayload": {}}, "no record of a failed invocation"),
        ({**failure_record({}), "requestContext": {"functionArn": "arn:aws:sqs:x"}}, "no record of a failed invocation"),
        (failure_record({}, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:drop-database"), "'drop-database' is none of the"),
        (failure_record({}, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"), "no record of a failed invocation"),
    ],
    ids=["garbage", "no function", "no lambda", "a function of others", "no name"],
)
def test_a_message_that_is_not_a_failed_event_of_the_stack_stays(stack: Stack, body: Any, words: str) -> None:
    stack.send(stack.failed_events, body)
    ended = stack.redrive()
    assert ended.returncode == 1 and words in ended.stderr and stack.left() == 1
    assert stack.alerter.handler("cloudtrail_handler").function_process_id() is None


def test_a_function_that_cannot_be_reached_loses_nothing(stack: Stack) -> None:
    stack.fail({"Records": []})
    stack.alerter.handler("cloudtrail_handler")
    ended = subprocess.run(
        [stack.alerter.executable, "redrive", stack.name],
        capture_output=True,
        text=True,
        env=stack.alerter.aws.environment(stack.operator, AWS_ENDPOINT_URL_LAMBDA="http://127.0.0.1:1"),
    )
    assert ended.returncode == 1 and "cannot be reached" in ended.stderr and stack.left() == 1


def test_a_move_that_sqs_refuses_is_named(stack: Stack) -> None:
    stack.give_up(finished_message("q-1"))
    stack.alerter.aws.arm({"operation": "sqs.StartMessageMoveTask", "status": 400, "code": "UnsupportedOperation"})
    ended = stack.redrive()
    assert ended.returncode == 1 and "sqs:StartMessageMoveTask was refused: UnsupportedOperation" in ended.stderr
    assert names(stack.alerter.dead_letters()) == ["q-1"]


def test_a_missing_resource_is_named(stack: Stack, alerter: AlerterStack) -> None:
    assert "does not exist" in stack.redrive(name="no-such-stack").stderr
    incomplete = Stack(alerter, FailedEvents="")
    ended = incomplete.redrive()
    assert ended.returncode == 1 and "has no output 'FailedEvents'" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--now", "a"]], ids=" ".join)
def test_wrong_usage_ends_with_2(alerter: AlerterStack, arguments: List[str]) -> None:
    ended = subprocess.run([alerter.executable, "redrive", *arguments], capture_output=True, text=True, env={})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("athena-alerter: redrive: ") and "--help" in ended.stderr


def test_every_documented_permission_is_needed(stack: Stack) -> None:
    """The command names each missing action, except those that the local SQS does not check."""
    not_asked_for = {"sqs:SendMessage"}
    # The emulator checks no credentials.
    for action in sorted(set(documented_actions("redrive")) - not_asked_for - {"lambda:InvokeFunction"}):
        stack.give_up(finished_message())
        stack.fail({"Records": []})
        others = [one for one in documented_actions("redrive") if one != action]
        stack.operator = stack.alerter.aws.create_user(f"{stack.name}-{action.replace(':', '-')}", others)
        ended = stack.redrive()
        assert ended.returncode == 1 and "AccessDenied" in ended.stderr, (action, ended.stderr)
    assert receive_all(stack.sqs, stack.failed_events)
