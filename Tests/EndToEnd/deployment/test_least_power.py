"""The handlers make the calls that their role allows and no other, and say so when they may not."""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

import pytest

from parts import cloudtrail
from parts.emulator import Invocation
from parts.house import CHANNEL, House, ago, finished_message, reason
from parts.local_aws import ALERTER_ACTIONS, Credentials
from parts.slack import Slack

HANDLER_ACTIONS: Dict[str, Tuple[str, ...]] = {
    "cloudtrail_handler": ("s3:GetObject", "dynamodb:PutItem"),
    "usage_update": (
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "athena:BatchGetQueryExecution",
        "sqs:SendMessage",
        "sqs:SendMessageBatch",
    ),
    "notification": ("dynamodb:UpdateItem", "dynamodb:GetItem"),
}


def be(house: House, who: Credentials) -> None:
    house.set_environment(
        AWS_ACCESS_KEY_ID=who.access_key_id,
        AWS_SECRET_ACCESS_KEY=who.secret_access_key,
        AWS_SESSION_TOKEN=who.session_token or "",
    )


def whole_story(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    query = house.start()
    assert house.carry_on().received == 0
    house.finish(query)
    assert house.carry_on().returned == 0
    assert len(house.channel_alerts(query)) == len(slack.direct_messages(ada)) == 1
    # Once more, for the calls that only a repetition makes.
    house.send(finished_message(query))
    assert house.drain().returned == 0


def test_a_user_with_these_permissions_can_tell_the_whole_story(house: House, slack: Slack) -> None:
    be(house, house.aws.alerter)
    whole_story(house, slack)


def test_a_role_with_these_permissions_can_tell_the_whole_story(house: House, slack: Slack) -> None:
    be(house, house.aws.session_credentials())
    whole_story(house, slack)


def test_each_handler_needs_only_its_own_permissions(house: House, slack: Slack) -> None:
    for handler, actions in HANDLER_ACTIONS.items():
        assert set(actions) <= set(ALERTER_ACTIONS)
        be_only(house, handler, *actions)
    house.stop()
    whole_story(house, slack)


def be_only(house: House, handler: str, *actions: str) -> None:
    """Gives one handler a user of its own with so many permissions."""
    name = f"{handler}-{house.resources.table}"
    who = house.aws.create_user(name, list(actions))
    usual = house.another

    def another(asked: str) -> Any:
        emulator = usual(asked)
        if asked == handler:
            emulator.environment.update(
                AWS_ACCESS_KEY_ID=who.access_key_id, AWS_SECRET_ACCESS_KEY=who.secret_access_key, AWS_SESSION_TOKEN=""
            )
        return emulator

    house.another = another  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "handler, action",
    [
        ("cloudtrail_handler", "s3:GetObject"),
        ("cloudtrail_handler", "dynamodb:PutItem"),
        ("usage_update", "dynamodb:Query"),
        ("usage_update", "dynamodb:UpdateItem"),
        ("notification", "dynamodb:UpdateItem"),
    ],
)
def test_a_permission_that_is_missing_is_named(house: House, handler: str, action: str) -> None:
    house.run("q-1")
    house.send(finished_message("q-2"))
    be_only(house, handler, *(one for one in HANDLER_ACTIONS[handler] if one != action))
    house.stop()
    said = failure(house, handler)
    assert action in said and "AccessDenied" in said


def test_a_permission_to_send_that_is_missing_is_named_and_loses_nothing(house: House) -> None:
    house.run("q-1")
    be_only(house, "usage_update", "dynamodb:Query", "dynamodb:UpdateItem", "athena:BatchGetQueryExecution")
    house.stop()
    said = reason(house.tick())
    assert "sqs:SendMessageBatch" in said and "AccessDenied" in said
    assert house.open_ids() == ["q-1"]


def test_a_permission_that_athena_misses_is_named_and_loses_nothing(house: House) -> None:
    house.run("q-1", at=ago(minutes=5))
    be_only(house, "usage_update", "dynamodb:Query", "dynamodb:UpdateItem", "sqs:SendMessage", "sqs:SendMessageBatch")
    house.stop()
    ticked = house.tick()
    assert "athena:BatchGetQueryExecution" in "".join(ticked.log_lines)
    assert house.open_ids() == ["q-1"]


def failure(house: House, handler: str) -> str:
    """What a handler says about work that it may not do."""
    if handler == "cloudtrail_handler":
        return reason(house.deliver([cloudtrail.query_start("q-3")])[-1])
    if handler == "usage_update":
        return reason(house.tick())
    delivery = house.queue().deliver_batch()
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
def test_wrong_credentials_are_refused_by_name(house: House, handler: str, call: str, wrong: Dict[str, str]) -> None:
    house.send(finished_message("q-1"))
    house.set_environment(**wrong)
    said = failure(house, handler)
    assert call in said
    codes = ("SignatureDoesNotMatch", "InvalidSignature", "InvalidAccessKeyId", "UnrecognizedClient", "InvalidToken")
    assert any(code in said for code in (*codes, "InvalidClientTokenId")), said
    assert wrong.get("AWS_SECRET_ACCESS_KEY", "-" * 9) not in house.output()


@pytest.mark.parametrize(
    "operation, call",
    [("athena.BatchGetQueryExecution", "athena:BatchGetQueryExecution"), ("sqs.SendMessageBatch", "sqs:SendMessage")],
)
def test_credentials_that_end_on_the_way_are_named(house: House, operation: str, call: str) -> None:
    house.run("q-1")
    house.aws.arm({"operation": operation, "status": 400, "code": "ExpiredTokenException", "message": "it has expired"})
    said = reason(house.tick())
    assert call in said and "ExpiredTokenException" in said and house.open_ids() == ["q-1"]


def test_without_credentials_the_error_says_so(house: House) -> None:
    house.set_environment(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_SESSION_TOKEN="")
    assert "no AWS credentials" in reason(house.tick())


# Secrets that are kept elsewhere


def keep(house: House, kind: str, token: str, webhook: str) -> Dict[str, Any]:
    """Puts the secrets where the settings will point."""
    name = f"slack-{house.resources.table}"
    if kind == "ssm":
        house.aws.client("ssm").put_parameter(Name=f"/{name}", Value=token, Type="SecureString")
        return {"bot_token": f"ssm:/{name}"}
    secret = token if kind == "secretsmanager" else json.dumps({"token": token, "webhook": webhook, "number": 7})
    house.aws.client("secretsmanager").create_secret(Name=name, SecretString=secret)
    return {"bot_token": f"secretsmanager:{name}" + ("#token" if kind == "member" else "")}


@pytest.mark.parametrize("kind", ["ssm", "secretsmanager", "member"])
def test_a_secret_is_fetched_from_where_it_is_kept(house: House, slack: Slack, kind: str) -> None:
    # Whoever stored it may have left a line break at its end.
    where = keep(house, kind, slack.bot_token + ("\n" if kind == "secretsmanager" else ""), slack.webhook_url)
    house.write_settings(slack={**where, "channel": CHANNEL, "email_domain": "example.com"})
    be(house, house.aws.alerter)
    whole_story(house, slack)
    assert slack.bot_token not in house.output()


def test_a_webhook_is_fetched_from_where_it_is_kept(house: House, slack: Slack) -> None:
    where = keep(house, "member", slack.bot_token, slack.webhook_url)["bot_token"].replace("#token", "#webhook")
    house.write_settings(slack={"webhook_url": where})
    house.send(finished_message("q-1"))
    assert house.drain().returned == 0 and len(slack.webhook_messages()) == 1


@pytest.mark.parametrize("member", ["absent", "number"])
def test_a_member_that_is_not_there_is_named(house: House, slack: Slack, member: str) -> None:
    where = keep(house, "member", slack.bot_token, slack.webhook_url)["bot_token"].replace("#token", f"#{member}")
    house.write_settings(slack={"bot_token": where, "channel": CHANNEL})
    said = started_badly(house)
    assert "slack.bot_token" in said and f"#{member}" in said and slack.bot_token not in said


def test_a_secret_that_may_not_be_read_is_named(house: House, slack: Slack) -> None:
    where = keep(house, "ssm", slack.bot_token, slack.webhook_url)
    house.write_settings(slack={**where, "channel": CHANNEL})
    be_only(house, "notification", *HANDLER_ACTIONS["notification"])
    said = started_badly(house)
    assert "slack.bot_token" in said and "ssm:GetParameter" in said and "AccessDenied" in said


def started_badly(house: House) -> str:
    invocation: Invocation = house.handler("notification").invoke({"Records": []})
    return reason(invocation)


def test_secrets_are_fetched_once_for_many_invocations(house: House, slack: Slack) -> None:
    where = keep(house, "ssm", slack.bot_token, slack.webhook_url)
    house.write_settings(slack={**where, "channel": CHANNEL})
    house.aws.forget_calls()
    for number in range(3):
        house.send(finished_message(f"q-{number}"))
        house.drain()
    assert house.aws.calls()["ssm.GetParameter"] == 1
