"""The handlers make the calls that their role allows and no other, and name a permission that is missing."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from support import cloudtrail
from support.alerter_stack import CHANNEL, HANDLERS, AlerterStack, ago, finished_message, reason
from support.emulator import Invocation
from support.fake_slack import FakeSlack
from support.permissions import ALERTER_ACTIONS, HANDLER_ACTIONS
from support.scenarios import run_all_handlers


def test_the_alerter_works_with_the_permissions_of_a_user(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.use_credentials(alerter.aws.alerter_user)
    run_all_handlers(alerter, slack)


def test_the_alerter_works_with_the_permissions_of_a_role(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.use_credentials(alerter.aws.session_credentials())
    run_all_handlers(alerter, slack)


def test_each_handler_needs_only_its_own_permissions(alerter: AlerterStack, slack: FakeSlack) -> None:
    for handler in HANDLERS:
        actions = HANDLER_ACTIONS[handler]
        assert set(actions) <= set(ALERTER_ACTIONS)
        alerter.restrict(handler, *actions)
    alerter.stop()
    run_all_handlers(alerter, slack)


@pytest.mark.parametrize(
    "handler, action",
    [
        ("cloudtrail_handler", "s3:GetObject"),
        ("cloudtrail_handler", "dynamodb:PartiQLInsert"),
        ("usage_update", "dynamodb:Query"),
        ("usage_update", "dynamodb:PartiQLUpdate"),
        ("notification", "dynamodb:UpdateItem"),
    ],
)
def test_a_missing_permission_is_named(alerter: AlerterStack, handler: str, action: str) -> None:
    alerter.run("q-1")
    alerter.send(finished_message("q-2"))
    alerter.restrict(handler, *(one for one in HANDLER_ACTIONS[handler] if one != action))
    alerter.stop()
    said = failure(alerter, handler)
    assert action in said and "AccessDenied" in said


def test_a_missing_permission_to_send_is_named_and_loses_nothing(alerter: AlerterStack) -> None:
    alerter.run("q-1")
    alerter.restrict("usage_update", "dynamodb:Query", "dynamodb:PartiQLUpdate", "athena:BatchGetQueryExecution")
    alerter.stop()
    said = reason(alerter.tick())
    assert "sqs:SendMessageBatch" in said and "AccessDenied" in said
    assert alerter.open_ids() == ["q-1"]


def test_a_missing_permission_for_athena_is_named_and_loses_nothing(alerter: AlerterStack) -> None:
    alerter.run("q-1", at=ago(minutes=5))
    alerter.restrict("usage_update", "dynamodb:Query", "dynamodb:PartiQLUpdate", "sqs:SendMessage", "sqs:SendMessageBatch")
    alerter.stop()
    ticked = alerter.tick()
    assert "athena:BatchGetQueryExecution" in "".join(ticked.log_lines)
    assert alerter.open_ids() == ["q-1"]


def failure(alerter: AlerterStack, handler: str) -> str:
    """The error of a handler without a permission."""
    if handler == "cloudtrail_handler":
        return reason(alerter.deliver([cloudtrail.query_start("q-3")])[-1])
    if handler == "usage_update":
        return reason(alerter.tick())
    delivery = alerter.queue().deliver_batch()
    assert delivery.returned > 0
    return "".join(delivery.invocations[0].log_lines)


CALLS = {
    "s3": ("cloudtrail_handler", "s3:GetObject"),
    "dynamodb": ("notification", "dynamodb:UpdateItem"),
    "dynamodb of usage_update": ("usage_update", "dynamodb:Query"),
}
WRONG_KEY = {"AWS_SECRET_ACCESS_KEY": "wrong" * 8}
UNKNOWN_KEY = {"AWS_ACCESS_KEY_ID": "AKIANOBODYNOBODY0000"}
WRONG_TOKEN = {"AWS_SESSION_TOKEN": "wrong"}


@pytest.mark.parametrize("wrong", [WRONG_KEY, UNKNOWN_KEY, WRONG_TOKEN], ids=["secret", "id", "token"])
@pytest.mark.parametrize("handler, call", CALLS.values(), ids=CALLS.keys())
def test_wrong_credentials_are_refused_by_name(alerter: AlerterStack, handler: str, call: str, wrong: Dict[str, str]) -> None:
    alerter.send(finished_message("q-1"))
    alerter.set_environment(**wrong)
    said = failure(alerter, handler)
    assert call in said
    codes = ("SignatureDoesNotMatch", "InvalidSignature", "InvalidAccessKeyId", "UnrecognizedClient", "InvalidToken")
    assert any(code in said for code in (*codes, "InvalidClientTokenId")), said
    assert wrong.get("AWS_SECRET_ACCESS_KEY", "-" * 9) not in alerter.output()


@pytest.mark.parametrize(
    "operation, call",
    [("athena.BatchGetQueryExecution", "athena:BatchGetQueryExecution"), ("sqs.SendMessageBatch", "sqs:SendMessage")],
)
def test_expired_credentials_are_named(alerter: AlerterStack, operation: str, call: str) -> None:
    alerter.run("q-1")
    alerter.aws.arm({"operation": operation, "status": 400, "code": "ExpiredTokenException", "message": "it has expired"})
    said = reason(alerter.tick())
    assert call in said and "ExpiredTokenException" in said and alerter.open_ids() == ["q-1"]


def test_missing_credentials_are_an_error(alerter: AlerterStack) -> None:
    alerter.set_environment(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_SESSION_TOKEN="")
    assert "no AWS credentials" in reason(alerter.tick())


# Secrets in a secret store


def store_secret(alerter: AlerterStack, kind: str, token: str, webhook: str) -> Dict[str, Any]:
    """Stores the secrets, and returns settings that refer to them."""
    name = f"slack-{alerter.resources.table}"
    if kind == "ssm":
        alerter.aws.client("ssm").put_parameter(Name=f"/{name}", Value=token, Type="SecureString")
        return {"bot_token": f"ssm:/{name}"}
    secret = token if kind == "secretsmanager" else json.dumps({"token": token, "webhook": webhook, "number": 7})
    alerter.aws.client("secretsmanager").create_secret(Name=name, SecretString=secret)
    return {"bot_token": f"secretsmanager:{name}" + ("#token" if kind == "member" else "")}


@pytest.mark.parametrize("kind", ["ssm", "secretsmanager", "member"])
def test_a_bot_token_is_read_from_its_secret_store(alerter: AlerterStack, slack: FakeSlack, kind: str) -> None:
    # A secret may end with a line break.
    where = store_secret(alerter, kind, slack.bot_token + ("\n" if kind == "secretsmanager" else ""), slack.webhook_url)
    alerter.write_settings(slack={**where, "channel": CHANNEL, "email_domain": "example.com"})
    alerter.use_credentials(alerter.aws.alerter_user)
    run_all_handlers(alerter, slack)
    assert slack.bot_token not in alerter.output()


def test_a_webhook_is_read_from_its_secret_store(alerter: AlerterStack, slack: FakeSlack) -> None:
    where = store_secret(alerter, "member", slack.bot_token, slack.webhook_url)["bot_token"].replace("#token", "#webhook")
    alerter.write_settings(slack={"webhook_url": where})
    alerter.send(finished_message("q-1"))
    assert alerter.drain().returned == 0 and len(slack.webhook_messages()) == 1


@pytest.mark.parametrize("member", ["absent", "number"])
def test_a_missing_member_of_a_secret_is_named(alerter: AlerterStack, slack: FakeSlack, member: str) -> None:
    where = store_secret(alerter, "member", slack.bot_token, slack.webhook_url)["bot_token"].replace("#token", f"#{member}")
    alerter.write_settings(slack={"bot_token": where, "channel": CHANNEL})
    said = start_failure(alerter)
    assert "slack.bot_token" in said and f"#{member}" in said and slack.bot_token not in said


def test_a_secret_without_read_permission_is_named(alerter: AlerterStack, slack: FakeSlack) -> None:
    where = store_secret(alerter, "ssm", slack.bot_token, slack.webhook_url)
    alerter.write_settings(slack={**where, "channel": CHANNEL})
    alerter.restrict("notification", *HANDLER_ACTIONS["notification"])
    said = start_failure(alerter)
    assert "slack.bot_token" in said and "ssm:GetParameter" in said and "AccessDenied" in said


def start_failure(alerter: AlerterStack) -> str:
    invocation: Invocation = alerter.handler("notification").invoke({"Records": []})
    return reason(invocation)


def test_secrets_are_read_once_for_many_invocations(alerter: AlerterStack, slack: FakeSlack) -> None:
    where = store_secret(alerter, "ssm", slack.bot_token, slack.webhook_url)
    alerter.write_settings(slack={**where, "channel": CHANNEL})
    alerter.aws.reset_calls()
    for number in range(3):
        alerter.send(finished_message(f"q-{number}"))
        alerter.drain()
    assert alerter.aws.calls()["ssm.GetParameter"] == 1
