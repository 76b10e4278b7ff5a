"""Bugs of the Python original that have no test elsewhere. docs/upgrading.md lists all of its bugs."""

from __future__ import annotations

import ast
import re
from typing import Dict, List

import pytest

from support import cloudtrail, event_delivery, template
from support.alerter_stack import CHANNEL_THRESHOLD, AlerterStack, finished_message, metrics
from support.fake_slack import FakeSlack
from support.processes import REPOSITORY

NAMED = re.compile(r"`(test_\w+)`")


def test_finished_rows_do_not_hide_an_open_one(alerter: AlerterStack) -> None:
    for number in range(30):
        name = f"q-{number:02}"
        alerter.put_row(
            start_date="2024-03-05",
            start_key=f"2024-03-05 14:00:{number:02}#{name}",
            start_timestamp=f"2024-03-05 14:00:{number:02}",
            query_execution_id=name,
            query_state="SUCCEEDED",
            query_sql="x" * 100_000,
        )
    alerter.run("q-new")
    alerter.aws.reset_calls()
    alerter.update_and_notify()
    assert alerter.open_ids() == [] and len(alerter.channel_alerts("q-new")) == 1
    # Finished rows are not read.
    assert alerter.aws.calls()["dynamodb.Query"] == 1


def test_an_event_that_failed_for_good_can_be_redelivered(alerter: AlerterStack) -> None:
    key = alerter.put_object(cloudtrail.log_key(), b"not yet a log file")
    invoker = event_delivery.AsynchronousInvoker(alerter.handler("cloudtrail_handler"))
    assert len(invoker.invoke(alerter.created(key))) == 3
    [kept] = invoker.failed_events
    alerter.put_object(key, cloudtrail.log_file([cloudtrail.query_start("q-1")]))
    record = {"version": "1.0", "requestPayload": kept.event, "responsePayload": kept.response}
    assert alerter.invoke_with_event(record)[-1].succeeded
    assert alerter.open_ids() == ["q-1"]


IDENTITIES = {
    "user": cloudtrail.iam_user("ada"),
    "single sign-on": cloudtrail.sso_person(),
    "machine": cloudtrail.machine(),
    "federated": cloudtrail.federated_user(),
    "root": cloudtrail.root(),
    "Identity Center": cloudtrail.identity_center_user(),
    "web identity": cloudtrail.web_identity_user(),
    "SAML": cloudtrail.saml_user(),
    "service": cloudtrail.aws_service(),
}


def test_every_kind_of_identity_is_stored_in_one_file(alerter: AlerterStack) -> None:
    names = {kind: f"q-{number}" for number, kind in enumerate(IDENTITIES)}
    starts = [cloudtrail.query_start(names[kind], identity) for kind, identity in IDENTITIES.items()]
    [invocation] = alerter.deliver([*starts, cloudtrail.without_identity(cloudtrail.query_start("q-nobody"))])
    assert invocation.succeeded and metrics(invocation)["QueriesStored"] == len(IDENTITIES) + 1
    users = {row["query_execution_id"]: row["executing_user"] for row in alerter.rows()}
    assert all(users.values())
    assert "API" not in users.values() and users[names["root"]] != users[names["service"]]


def test_people_with_the_same_name_at_two_domains_are_distinct(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    other = slack.add_person("ada@elsewhere.example")
    alerter.run("q-1", identity=cloudtrail.sso_person("ada@example.com"))
    alerter.run("q-2", identity=cloudtrail.sso_person("ada@elsewhere.example"))
    alerter.update_and_notify()
    assert {row["executing_user"] for row in alerter.rows()} == {"ada@example.com", "ada@elsewhere.example"}
    assert len(slack.direct_messages(ada)) == len(slack.direct_messages(other)) == 1


@pytest.mark.parametrize("name", ["athena_queries", "athena-queries", "finished"])
def test_the_queue_may_have_any_name(alerter: AlerterStack, name: str) -> None:
    event = event_delivery.through_sqs(finished_message("q-1"))
    for record in event["Records"]:
        record["eventSourceARN"] = f"arn:aws:sqs:eu-west-1:123456789012:{name}"
    invocation = alerter.handler("notification").invoke(event)
    assert invocation.payload == {"batchItemFailures": []} and len(alerter.channel_alerts("q-1")) == 1


def test_machines_are_not_looked_up_as_people(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.run(identity=cloudtrail.machine())
    alerter.run(identity=cloudtrail.root())
    alerter.run(identity=cloudtrail.aws_service())
    assert alerter.update_and_notify().returned == 0
    assert slack.calls_of("users.lookupByEmail") == [] and len(alerter.channel_alerts()) == 3


def test_a_person_whom_slack_does_not_know_is_looked_up_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    for number in range(4):
        alerter.send(finished_message(f"q-{number}"))
    assert alerter.drain().returned == 0
    assert len(slack.calls_of("users.lookupByEmail")) == 1


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_an_unknown_attribute_of_a_row_is_kept(alerter: AlerterStack, state: str) -> None:
    alerter.put_row(
        start_date="2024-03-05",
        start_key="2024-03-05 14:00:00#q-1",
        start_timestamp="2024-03-05 14:00:00",
        query_execution_id="q-1",
        executing_user="ada",
        open="0",
        expires_at=1,
        a_later_version={"says": ["more"]},
    )
    alerter.finish("q-1", CHANNEL_THRESHOLD, state=state)
    alerter.update_and_notify()
    row = alerter.row("q-1")
    assert (row["query_state"], row["a_later_version"]) == (state, {"says": ["more"]})
    assert len(alerter.channel_alerts("q-1")) == 1


def test_the_trail_covers_every_region() -> None:
    [trail] = template.resources("AWS::CloudTrail::Trail").values()
    assert trail["Properties"]["IsMultiRegionTrail"] is True


# The list of the bugs


def files_of_tests() -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for path in (REPOSITORY / "Tests/EndToEnd").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, []).append(path.name)
    return found


def test_every_test_named_in_the_documentation_exists() -> None:
    known = files_of_tests()
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    named = {name for page in pages for name in NAMED.findall(page.read_text())}
    assert named and named <= known.keys(), named - known.keys()


def test_every_test_of_this_file_is_listed_in_the_documentation() -> None:
    own = {name for name, files in files_of_tests().items() if "test_bugs_of_the_original.py" in files}
    listed = set(NAMED.findall((REPOSITORY / "docs/upgrading.md").read_text()))
    assert own - listed == {
        "test_every_test_named_in_the_documentation_exists",
        "test_every_test_of_this_file_is_listed_in_the_documentation",
    }
