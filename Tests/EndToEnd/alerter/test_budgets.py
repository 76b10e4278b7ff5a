"""Budgets: every query counts once, and each step is told once."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from typing import Any, Dict, List

from support import event_delivery
from support.alerter_stack import CHANNEL, GIB, AlerterStack, ago, finished_message, metrics, text_of
from support.fake_slack import FakeSlack, ok_false

ANALYSTS = {"name": "analysts", "per": "user", "match": {"workgroup": "ana*"}, "limit": "$50", "every": "month"}
EVERYTHING = {"name": "athena", "limit": "100 TiB", "every": "month", "steps": [80, 100], "channel": "#data-platform"}
# The period of the messages.
PERIOD = "2024-03"


def message(execution: str, cost: float = 0, user: str = "ada", **changes: Any) -> Dict[str, Any]:
    changes = {"executing_user": user, "workgroup": "analysts", "cost_usd": cost, "data_scanned": GIB, **changes}
    return finished_message(execution, **changes)


def sums(alerter: AlerterStack) -> Dict[str, Dict[str, str]]:
    """The items of the sums by their keys, with numbers in their own digits."""
    pages = alerter.aws.client("dynamodb").get_paginator("scan").paginate(TableName=alerter.resources.table)
    items = [item for page in pages for item in page["Items"] if item["start_date"]["S"].startswith("budget#")]
    return {
        f"{item['start_date']['S'][7:]} {item['start_key']['S']}": {
            name: next(iter(value.values())) for name, value in item.items()
        }
        for item in items
    }


def notices(slack: FakeSlack, messages: List[Dict[str, Any]]) -> List[str]:
    return [text.splitlines()[0] for text in (message["text"] for message in messages) if "of the budget" in text]


def run(alerter: AlerterStack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [alerter.executable, "budgets", *arguments], capture_output=True, text=True, env=alerter.environment
    )


def test_each_step_is_told_once_and_the_table_shows_where_one_stands(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(budgets=[ANALYSTS, EVERYTHING], thresholds={"user": "$20", "channel": None})
    alerter.send(message("q-1", 21.4))
    assert alerter.drain().returned == 0
    [alert] = slack.direct_messages(ada)
    assert "Your March: $21.40 of $50.00" in text_of(alert) and "athena, March: 1.0 GiB of 100.0 TiB" in text_of(alert)
    for number in range(2, 6):
        alerter.send(message(f"q-{number}", 5.0, data_scanned=25 * 1024 * GIB))
    assert alerter.drain().returned == 0
    assert notices(slack, slack.direct_messages(ada)) == [
        "You have used 82% of the budget analysts for March: $41.40 of $50.00"
    ]
    assert notices(slack, slack.channel_messages(CHANNEL)) == [
        "ada has used 82% of the budget analysts for March: $41.40 of $50.00"
    ]
    assert notices(slack, slack.channel_messages("#data-platform")) == [
        "100% of the budget athena for March is used: 100.0 TiB of 100.0 TiB"
    ]
    [notice] = [text for text in map(text_of, slack.direct_messages(ada)) if "of the budget" in text]
    assert "1 March to 31 March (UTC): 5 queries, counted since 5 March 14:30" in notice
    assert "The 3 dearest queries are 75% of it" in notice
    # Messages that come again count and tell nothing.
    for number in range(1, 6):
        alerter.send(message(f"q-{number}", 5.0))
    assert alerter.drain().returned == 0
    assert sums(alerter)["analysts 2024-03#ada"]["cost_usd"] == "41.4"
    assert len(slack.direct_messages(ada)) == 2
    printed = run(alerter, "--period", PERIOD)
    assert (printed.returncode, printed.stderr) == (0, "")
    lines = [line.split() for line in printed.stdout.splitlines()]
    assert lines[1] == ["analysts", "2024-03", "ada", "$41.40", "$50.00", "█" * 16 + "░" * 4, "82%", "5"]
    assert lines[2][:3] + lines[2][-3:] == ["athena", "2024-03", "all", "█" * 20, "100%", "5"]
    assert " 0% " in run(alerter).stdout and run(alerter, "--period", "2024-W10").returncode == 1
    assert run(alerter, "--period", "March").returncode == 2


def test_every_sum_is_the_sum_over_the_rows_and_twins_count_once(alerter: AlerterStack) -> None:
    alerter.write_settings(budgets=[{**ANALYSTS, "match": {}}, EVERYTHING], time_zone="Europe/Berlin", prices={})
    names = [f"q-{number:02}" for number in range(40)]
    for number, name in enumerate(names):
        alerter.start(name, at=ago(hours=1))
        alerter.finish(name, 123_456_789 * (number + 1), workgroup="analysts")
    alerter.tick()
    bodies = alerter.waiting()
    assert len(bodies) == len(names)
    batches = [event_delivery.through_sqs(*map(json.loads, bodies[first : first + 10])) for first in range(0, 40, 10)]
    with ExitStack() as stack:
        instances = [stack.enter_context(alerter.another("notification")) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda instance: [instance.invoke(batch) for batch in batches], instances))
    counted = metrics(*(invocation for one in ended for invocation in one))
    assert counted["QueriesToCount"] == 120
    # One whose alert another instance was sending comes again, and has been counted.
    assert (counted["QueriesCounted"], counted["QueriesCountedBefore"], counted["QueriesNotCounted"]) == (40, 80, 0)
    table = alerter.aws.client("dynamodb").scan(TableName=alerter.resources.table)["Items"]
    rows = [item for item in table if "#" not in item["start_date"]["S"]]
    found = sums(alerter)
    assert len(found) == 2 and len(rows) == 40
    for item in found.values():
        assert Decimal(item["cost_usd"]) == sum(Decimal(row["cost_usd"]["N"]) for row in rows)
        assert int(item["data_scanned"]) == sum(int(row["data_scanned"]["N"]) for row in rows)
        assert item["queries"] == "40"
    assert all("counted_at" in item for item in table if item["start_date"]["S"].endswith("#alerts"))


def test_an_answer_that_is_lost_counts_once(alerter: AlerterStack) -> None:
    alerter.write_settings(budgets=[ANALYSTS])
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", "kind": "lost", "status": 500, "code": "InternalServerError"})
    counted = metrics(alerter.handler("notification").invoke(event_delivery.through_sqs(message("q-1", 1.0), message("q-2", 2.0))))
    assert (counted["QueriesToCount"], counted["QueriesCountedBefore"], counted["QueriesNotCounted"]) == (2, 2, 0)
    item = sums(alerter)["analysts 2024-03#ada"]
    assert (item["cost_usd"], item["queries"]) == ("3", "2")


def test_a_conflict_is_retried(alerter: AlerterStack) -> None:
    alerter.write_settings(budgets=[ANALYSTS])
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]
    body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons}
    alerter.aws.arm(
        {"operation": "dynamodb.TransactWriteItems", "kind": "says", "status": 400, "body": json.dumps(body), "times": 2}
    )
    counted = metrics(alerter.handler("notification").invoke(event_delivery.through_sqs(message("q-1", 1.0))))
    assert counted["QueriesCounted"] == 1 and sums(alerter)["analysts 2024-03#ada"]["queries"] == "1"


def test_a_message_that_cannot_be_counted_returns_and_counts_later(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(budgets=[ANALYSTS])
    denied = {"status": 400, "code": "AccessDeniedException"}
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", "times": 10, **denied})
    event = event_delivery.through_sqs(message("q-1", 45.0), finished_message("other"))
    failed = alerter.handler("notification").invoke(event)
    assert failed.succeeded and len(failed.payload["batchItemFailures"]) == 1
    assert not any("q-1" in text_of(one) for one in slack.messages())
    alerter.aws.arm()
    again = alerter.handler("notification").invoke(event)
    assert again.payload == {"batchItemFailures": []}
    assert sums(alerter)["analysts 2024-03#ada"]["queries"] == "1"
    assert notices(slack, slack.channel_messages(CHANNEL)) == [
        "ada has used 90% of the budget analysts for March: $45.00 of $50.00"
    ]


def test_a_notice_that_slack_refuses_comes_again(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(
        budgets=[{**ANALYSTS, "notify": "channel", "channel": "#nowhere"}], thresholds={"user": None, "channel": None}
    )
    slack.fail_next("chat.postMessage", ok_false("channel_not_found"))
    alerter.send(message("q-1", 45.0))
    first = alerter.queue().deliver_batch()
    assert first.returned == 1
    alerter.aws.expire_visibility_timeouts(alerter.resources.queue_url)
    assert alerter.drain().returned == 0
    assert len(notices(slack, slack.channel_messages("#nowhere"))) == 1


def test_without_budgets_there_is_no_call_more(alerter: AlerterStack) -> None:
    alerter.aws.reset_calls()
    alerter.handler("notification").invoke(event_delivery.through_sqs(message("q-1", 1.0)))
    assert "dynamodb.TransactWriteItems" not in alerter.aws.calls()
    alerter.write_settings(budgets=[{**ANALYSTS, "match": {"workgroup": "other"}}])
    alerter.aws.reset_calls()
    alerter.handler("notification").invoke(event_delivery.through_sqs(message("q-2", 1.0)))
    assert "dynamodb.TransactWriteItems" not in alerter.aws.calls()
