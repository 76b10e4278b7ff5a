"""Two stacks of the alerter in one account, both told of one trail's files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import pytest

from support import cloudtrail, template
from support.alerter_stack import AlerterStack, ago


@pytest.fixture
def second(alerter: AlerterStack, tmp_path: Path) -> Iterator[AlerterStack]:
    (tmp_path / "second").mkdir()
    with AlerterStack(alerter.executable, alerter.aws, alerter.slack, tmp_path / "second") as built:
        yield built


def test_a_stack_closes_and_tells_its_own_rows_only(alerter: AlerterStack, second: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1", at=ago(minutes=5))])
    event = alerter.created(key)
    for stack in (alerter, second):
        assert stack.invoke_with_event(event)[0].succeeded
    alerter.finish("q-1")
    alerter.update_and_notify()
    assert (alerter.open_ids(), second.open_ids()) == ([], ["q-1"])
    assert second.waiting() == [] and len(alerter.channel_alerts("q-1")) == 1
    # Why there should be one: the second one tells it again.
    second.update_and_notify()
    assert second.open_ids() == [] and len(alerter.channel_alerts("q-1")) == 2


def test_the_roles_reach_the_tables_and_queues_of_their_own_stack_only() -> None:
    own = set(template.of(template.ALERTER)["Resources"])
    roles = [one for one in template.of(template.ALERTER)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    statements = [
        statement
        for role in roles
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if any(action.startswith(("dynamodb:", "sqs:")) for action in template.as_list(statement.get("Action", [])))
    ]
    reached = {template.text(one) for statement in statements for one in template.as_list(statement["Resource"])}
    assert len(roles) == 3 and len(statements) >= 7
    assert {re.sub(r"^\$\{(\w+)\.Arn\}(/index/.+)?$", r"\1", one) for one in reached} <= own
