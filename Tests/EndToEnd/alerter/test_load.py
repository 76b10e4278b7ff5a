"""Many queries, all of them accounted for. These tests take minutes; ``make load`` runs them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from support import cloudtrail, event_delivery
from support.alerter_stack import GIB, AlerterStack, ago, metrics
from support.fake_slack import FakeSlack

pytestmark = pytest.mark.load

STARTS = 10_000
# The local queue slows down with each waiting message, so it is emptied on the way.
WAVE = 500
EVERY = 20
BACKLOG = 100_000


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
