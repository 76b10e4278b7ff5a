"""Many queries, all of them accounted for. These tests take minutes; ``make load`` runs them."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Dict

import pytest

from support import cloudtrail, event_delivery
from support.alerter_stack import CHANNEL, GIB, AlerterStack, ago, finished_message, metrics
from support.fake_slack import FakeSlack

pytestmark = pytest.mark.load

STARTS = 10_000
# The local queue slows down with each waiting message, so it is emptied on the way.
WAVE = 500
EVERY = 20
BACKLOG = 100_000
PEOPLE = 200


def test_ten_thousand_queries_are_accounted_for(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    names = [f"q-{number:05}" for number in range(STARTS)]
    expensive = set(names[::EVERY])
    told: "Counter[str]" = Counter()
    for first in range(0, STARTS, WAVE):
        wave = names[first : first + WAVE]
        starts = [
            cloudtrail.query_start(name, at=cloudtrail.START + timedelta(seconds=index // 7))
            for index, name in enumerate(wave, first)
        ]
        # Every file is delivered twice, as S3 may do.
        key = alerter.put_log(starts)
        told.update(metrics(*alerter.announce(key), *alerter.announce(key)))
        for name in wave:
            alerter.finish(name, 1024 * GIB if name in expensive else 1)
        ticked = alerter.tick()
        assert ticked.succeeded, ticked.error
        delivery = alerter.queue().drain(most_batches=2 * WAVE)
        assert delivery.drained and delivery.returned == 0
        told.update(metrics(ticked, *delivery.invocations))
    assert told["QueriesStored"] == told["QueriesAlreadyStored"] == told["QueriesFinished"] == STARTS
    assert told["MessagesSent"] == told["Messages"] == STARTS
    assert told["QueriesBelowThresholds"] == STARTS - len(expensive)
    assert told["AlertsSent"] == told["AlertsDue"] == 2 * len(expensive)
    assert [row["query_execution_id"] for row in alerter.rows()] == names
    assert alerter.open_ids() == [] and alerter.dead_letters() == []
    alerts = Counter(text.rsplit('AS "', 1)[-1][:7] for text in alerter.channel_alerts())
    assert alerts == dict.fromkeys(expensive, 1)
    assert len(slack.direct_messages(ada)) == len(expensive)


def test_ten_thousand_queries_of_two_hundred_people_count_for_budgets(alerter: AlerterStack, slack: FakeSlack) -> None:
    """Two instances, as the template allows; every tenth message comes twice."""
    per_user = {"name": "people", "per": "user", "limit": "$1", "every": "month", "notify": "channel"}
    alerter.write_settings(
        budgets=[per_user, {"name": "all", "limit": "1 PiB", "every": "day"}], thresholds={"user": None, "channel": None}
    )
    chance = random.Random(1815)
    messages = []
    for number in range(STARTS):
        size = chance.randrange(10**6, 10**11)
        user = f"person-{chance.randrange(PEOPLE):03}@example.com"
        message = finished_message(f"q-{number:05}", executing_user=user, data_scanned=size)
        messages.append({**message, "cost_usd": max(10, -(-size // 2**20)) * 5 / 2**20})
    bodies = messages + messages[::10]
    batches = [event_delivery.through_sqs(*bodies[first : first + 10]) for first in range(0, len(bodies), 10)]
    alerter.aws.reset_calls()
    with ExitStack() as stack:
        instances = [stack.enter_context(alerter.another("notification")) for _ in range(2)]
        for instance in instances:
            instance.invoke(event_delivery.through_sqs())
        began = time.monotonic()
        with ThreadPoolExecutor(len(instances)) as pool:
            parts = [batches[first :: len(instances)] for first in range(len(instances))]
            ended = list(pool.map(lambda one: [one[0].invoke(batch) for batch in one[1]], zip(instances, parts)))
        seconds = time.monotonic() - began
        invocations = [invocation for part in ended for invocation in part]
        # A message returns when the other instance is sending the notice that it owes.
        records = {record["messageId"]: record for batch in batches for record in batch["Records"]}
        returned = [one["itemIdentifier"] for it in invocations for one in it.payload["batchItemFailures"]]
        alerter.expire_leases()
        again = [instances[0].invoke({"Records": [records[identifier]]}) for identifier in returned]
    assert all(invocation.payload == {"batchItemFailures": []} for invocation in again)
    counted = metrics(*invocations, *again)
    counts = (counted["QueriesCounted"], counted["QueriesCountedBefore"])
    assert counts == (STARTS, STARTS // 10 + len(returned)) and len(returned) < 20
    expected: "Dict[str, Decimal]" = defaultdict(Decimal)
    for message in messages:
        expected[f"2024-03#{message['executing_user']}"] += Decimal(repr(message["cost_usd"]))
    table = alerter.aws.client("dynamodb").get_paginator("scan").paginate(TableName=alerter.resources.table)
    items = {item["start_key"]["S"]: item for page in table for item in page["Items"] if "queries" in item}
    assert {key: Decimal(item["cost_usd"]["N"]) for key, item in items.items() if "@" in key} == expected
    total = items["2024-03-05#all"]
    assert int(total["data_scanned"]["N"]) == sum(message["data_scanned"] for message in messages)
    assert (total["queries"]["N"], Decimal(total["cost_usd"]["N"])) == (str(STARTS), sum(expected.values()))
    reached = [key for key, cost in expected.items() if cost >= 1]
    told = Counter(message["text"].splitlines()[0] for message in slack.channel_messages(CHANNEL))
    assert set(told.values()) == {1} and len(told) == counted["BudgetNoticesSent"]
    assert {text.split(" has used ")[0] for text in told} >= {key.split("#")[1] for key in reached}
    calls = alerter.aws.calls()
    notices = f"{counted['BudgetNoticesSent']} notices, {len(returned)} messages returned"
    print(f"{len(bodies)} messages in {seconds:.1f} s: {dict(calls)}, {notices}")
    # One transaction for each batch, and one more for a batch with a query or a sum that another has changed.
    assert calls["dynamodb.TransactWriteItems"] <= 2 * len(batches)


def test_a_backlog_of_a_hundred_thousand_starves_no_query(alerter: AlerterStack) -> None:
    old = [f"old-{number:06}" for number in range(BACKLOG)]
    alerter.put_open_rows(old, ago(days=2))
    alerter.run("q-new", at=ago(minutes=5))
    ends = [old[0], old[BACKLOG // 2], old[-1], "q-new"]
    for name in ends:
        alerter.finish(name)
    alerter.timeout_seconds = 50
    alerter.stop()
    asked = 0
    turns = 0
    while asked < BACKLOG + len(ends) and turns < 100:
        ticked = alerter.handler("usage_update").invoke(event_delivery.schedule_event())
        turns += 1
        asked += metrics(ticked)["OpenQueries"] - metrics(ticked)["QueriesLeftForLater"]
        assert alerter.drain().returned == 0
    assert {name: len(alerter.channel_alerts(name)) for name in ends} == dict.fromkeys(ends, 1)
    assert len(alerter.open_ids()) == BACKLOG + 1 - len(ends)
