"""Invalid input results in one clear error, affects no other item, and writes no secret into the logs."""

from __future__ import annotations

import gzip
import json
from typing import Any, Dict

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import CHANNEL, HANDLERS, AlerterStack, finished_message, metrics, reason
from support.emulator import Invocation
from support.fake_slack import FakeSlack
from support.scenarios import CONFIDENTIAL, cause_errors

pytestmark = pytest.mark.first_case

TOKEN = "xoxb-a-very-secret-token"


# Settings


def with_slack(**slack: Any) -> Dict[str, Any]:
    return {"slack": slack}


def start_error(alerter: AlerterStack, handler: str = "notification") -> str:
    """The error of a handler that cannot start, which is also one line in the log."""
    invocation = alerter.handler(handler).invoke(event_delivery.through_sqs())
    said = reason(invocation)
    lines = [line for line in invocation.logs if line.get("level") == "ERROR"]
    assert any(said in line["message"] for line in lines), (said, invocation.log_lines)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    "changes, words",
    [
        (with_slack(bot_token="ssm:/absent"), ["slack.bot_token", "ssm:/absent"]),
        (with_slack(bot_token="secretsmanager:absent#token"), ["slack.bot_token", "secretsmanager:absent#token"]),
        (with_slack(webhook_url=f"http://hooks.example/{TOKEN}"), ["slack.webhook_url", "https://"]),
        (with_slack(channel="#athena"), ["slack", "bot_token or webhook_url"]),
    ],
    ids=lambda value: None if isinstance(value, list) else json.dumps(value)[:50],
)
def test_a_setting_that_is_wrong_is_named(alerter: AlerterStack, changes: Dict[str, Any], words: list) -> None:
    alerter.write_settings(**changes)
    said = start_error(alerter)
    assert all(word in said for word in words), said
    assert TOKEN not in alerter.output() + said


@pytest.mark.first_case("handler")
@pytest.mark.parametrize("handler", HANDLERS)
def test_every_handler_names_a_wrong_setting(alerter: AlerterStack, handler: str) -> None:
    alerter.write_settings(tresholds={})
    assert "tresholds" in start_error(alerter, handler)


def test_an_error_about_settings_that_are_not_json_does_not_quote_them(alerter: AlerterStack) -> None:
    alerter.settings_file.write_text(f'{{"slack": {{"bot_token": "{TOKEN}" "channel": "#a"}}}}')
    assert "settings" in start_error(alerter)
    assert TOKEN not in alerter.output()


def test_a_missing_settings_file_is_named(alerter: AlerterStack) -> None:
    alerter.set_environment(SETTINGS_FILE="/nowhere/settings.json")
    assert "/nowhere/settings.json" in start_error(alerter)


@pytest.mark.first_case("handler")
@pytest.mark.parametrize(
    "handler, variable", [("cloudtrail_handler", "QUERIES_TABLE"), ("usage_update", "SQS_QUEUE_URL")]
)
def test_a_variable_that_is_not_set_is_named(alerter: AlerterStack, handler: str, variable: str) -> None:
    alerter.set_environment(**{variable: ""})
    assert variable in start_error(alerter, handler)


def test_a_handler_that_does_not_exist_is_named(alerter: AlerterStack) -> None:
    said = start_error(alerter, "cloudtrail_handle")
    assert "cloudtrail_handle" in said


# Resources


@pytest.mark.parametrize(
    "variable, value, words",
    [
        ("QUERIES_TABLE", "no-such-table", ["dynamodb:", "ResourceNotFound"]),
        ("AWS_REGION", "us-east-1", ["dynamodb:", "ResourceNotFound"]),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1", ["dynamodb:", "cannot be reached"]),
        ("AWS_ENDPOINT_URL_DYNAMODB", "not a url", ["AWS_ENDPOINT_URL_DYNAMODB"]),
    ],
)
def test_a_missing_table_is_an_error(alerter: AlerterStack, variable: str, value: str, words: list) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.set_environment(**{variable: value})
    for invocation in (alerter.announce(key)[-1], alerter.tick()):
        assert all(word in reason(invocation) for word in words), reason(invocation)
    alerter.send(finished_message())
    delivery = alerter.queue().deliver_batch()
    assert delivery.returned == 1 and all(word in "".join(delivery.invocations[0].log_lines) for word in words)


def test_an_unreachable_s3_is_an_error(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.set_environment(AWS_ENDPOINT_URL_S3="http://127.0.0.1:1")
    invocation = alerter.announce(key)[-1]
    assert "s3:GetObject" in reason(invocation) and "cannot be reached" in reason(invocation)


def test_a_missing_object_or_bucket_is_named(alerter: AlerterStack) -> None:
    key = cloudtrail.log_key()
    [*_, gone] = alerter.invoke_with_event(event_delivery.object_created_event(alerter.resources.bucket, key, 1))
    assert key in reason(gone) and "NoSuchKey" in reason(gone)
    [*_, gone] = alerter.invoke_with_event(event_delivery.object_created_event("no-such-bucket", key, 1))
    assert "no-such-bucket" in reason(gone) and "NoSuchBucket" in reason(gone)


# Files


START = cloudtrail.query_start("q-0")
TEXT = cloudtrail.log_text([START, *cloudtrail.noise(20)])


@pytest.mark.parametrize("pack", [bytes, lambda text: gzip.compress(text, mtime=0)], ids=["plain", "gzipped"])
@pytest.mark.parametrize("form, text", cloudtrail.in_forms([cloudtrail.query_start("q-1"), cloudtrail.query_start("q-2")]).items())
def test_a_file_in_another_form_is_read(alerter: AlerterStack, form: str, text: bytes, pack: Any) -> None:
    invocation = alerter.announce(alerter.put_object(cloudtrail.log_key(), pack(text)))[-1]
    assert invocation.succeeded, invocation.error
    assert sorted(alerter.open_ids()) == ["q-1", "q-2"]
    assert metrics(invocation)["FilesRead"] == 1 and metrics(invocation)["Records"] == 2


def test_starts_before_the_damage_are_stored(alerter: AlerterStack) -> None:
    alerter.announce(alerter.put_object(cloudtrail.log_key(), gzip.compress(TEXT[:-2], mtime=0)))
    assert alerter.open_ids() == ["q-0"]


def test_a_file_of_several_gzip_members_is_read_to_its_end(alerter: AlerterStack) -> None:
    body = gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:5000], mtime=0) + gzip.compress(TEXT[5000:], mtime=0)
    assert alerter.announce(alerter.put_object(cloudtrail.log_key(), body))[0].succeeded
    assert alerter.open_ids() == ["q-0"]


WRAPPINGS = {
    "straight": lambda event, key: event,
    "by SNS": lambda event, key: event_delivery.through_sns(event),
    "by EventBridge": lambda event, key: event_delivery.event_bridge_object_created(event["Records"][0]["s3"]["bucket"]["name"], key, 9),
    "by CloudTrail": lambda event, key: event_delivery.through_sns(
        event_delivery.cloudtrail_message(event["Records"][0]["s3"]["bucket"]["name"], key)
    ),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_an_event_with_an_unreadable_file_goes_to_the_failure_destination_with_its_reason(
    alerter: AlerterStack, wrap: Any
) -> None:
    key = alerter.put_object(cloudtrail.log_key(), b"no gzip")
    invoker = event_delivery.AsynchronousInvoker(alerter.handler("cloudtrail_handler"))
    assert len(invoker.invoke(wrap(alerter.created(key), key))) == 3
    [failed_events] = invoker.failed_events
    assert failed_events.response is not None
    said = failed_events.response["errorMessage"]
    assert "not a CloudTrail log" in said and key in said


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_only_the_message_with_an_unreadable_file_becomes_a_dead_letter(
    alerter: AlerterStack, wrap: Any
) -> None:
    bad = alerter.put_object(cloudtrail.log_key(), b"no gzip")
    good = [alerter.put_log([cloudtrail.query_start(name)]) for name in ("q-1", "q-2")]
    messages = {key: wrap(alerter.created(key), key) for key in (good[0], bad, good[1])}
    for key, event in messages.items():
        # A queue receives the notification that SNS puts into a function's event.
        alerter.send(event["Records"][0]["Sns"] if "Sns" in event.get("Records", [{}])[0] else event)
    resources = alerter.resources
    function = alerter.handler("cloudtrail_handler")
    delivery = event_delivery.QueueConsumer(alerter.aws.client("sqs"), resources.queue_url, resources.queue_arn, function).drain()
    assert delivery.drained and delivery.deleted == 2 and sorted(alerter.open_ids()) == ["q-1", "q-2"]
    [letter] = alerter.dead_letters()
    assert bad.split("/")[-1] in letter
    said = [line for invocation in delivery.invocations for line in invocation.logs if bad in str(line.get("reason"))]
    assert said and all("not a CloudTrail log" in line["reason"] for line in said)
    assert len(said) == 5, "as often as the queue delivers"


# Events


@pytest.mark.parametrize("event", ["{", {"Records": [{"eventSource": "aws:kinesis"}]}], ids=json.dumps)
def test_an_event_of_unknown_shape_is_an_error(alerter: AlerterStack, event: Any) -> None:
    invocation = alerter.handler("cloudtrail_handler").invoke(event)
    assert "the event is of no known shape" in reason(invocation)


def test_a_message_of_unknown_shape_does_not_affect_others(alerter: AlerterStack) -> None:
    good = alerter.created(alerter.put_log([cloudtrail.query_start("q-1")]))
    event = event_delivery.through_sqs("what?", good)
    [invocation] = alerter.invoke_with_event(event)
    assert invocation.payload == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert alerter.open_ids() == ["q-1"]


def test_a_record_of_unknown_shape_does_not_affect_others(alerter: AlerterStack) -> None:
    event = alerter.created(*(alerter.put_log([cloudtrail.query_start(name)]) for name in ("q-1", "q-2")))
    event["Records"].insert(1, {"eventSource": "aws:kinesis"})
    assert "the event is of no known shape" in reason(alerter.invoke_with_event(event)[-1])
    assert sorted(alerter.open_ids()) == ["q-1", "q-2"]


def test_notification_refuses_an_event_that_is_not_a_batch(alerter: AlerterStack) -> None:
    assert "not a batch of messages" in reason(alerter.handler("notification").invoke({"Records": [{"body": "{}"}]}))


def test_one_bad_event_does_not_end_the_process(alerter: AlerterStack) -> None:
    for name in ("cloudtrail_handler", "notification"):
        handler = alerter.handler(name)
        handler.invoke(event_delivery.through_sqs())
        before = handler.function_process_id()
        assert not handler.invoke({"Records": 7}).succeeded
        assert handler.function_process_id() == before


# The logs contain no secret


def test_no_secret_sql_or_email_address_is_in_the_logs(alerter: AlerterStack, slack: FakeSlack) -> None:
    webhook = slack.webhook_url + "-unknown"
    alerter.write_settings(
        slack={"bot_token": slack.bot_token, "channel": CHANNEL, "email_domain": "example.com", "webhook_url": webhook}
    )
    token = slack.bot_token
    cause_errors(alerter, slack)
    output = alerter.output()
    assert output.count("AccessDeniedException") >= 3 and "invalid_auth" in output
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert alerter.environment[name] not in output
    for secret in (token, webhook, fake_slack.WEBHOOK_PATH, CONFIDENTIAL, "confidential", "ada@example.com"):
        assert secret not in output


def test_a_webhook_that_fails_is_not_in_the_logs(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack={"webhook_url": slack.webhook_url.replace("secret", "other-secret")})
    alerter.send(finished_message())
    assert alerter.queue().deliver_batch().returned == 1
    assert "no_service" in alerter.output() and "other-secret" not in alerter.output()
    alerter.write_settings(slack={"webhook_url": f"http://127.0.0.1:1/{TOKEN}"})
    assert alerter.queue().deliver_batch().returned == 1
    assert "cannot be reached" in alerter.output()
    assert TOKEN not in alerter.output()


def errors(invocation: Invocation) -> list:
    return [line for line in invocation.logs if line.get("level") == "ERROR"]


def test_a_failure_is_an_error_line_with_its_request(alerter: AlerterStack) -> None:
    invocation = alerter.announce(alerter.put_object(cloudtrail.log_key(), b"no gzip"))[-1]
    assert errors(invocation) and all(line["request_id"] for line in errors(invocation))
    assert all(line["handler"] == "cloudtrail_handler" for line in errors(invocation))
