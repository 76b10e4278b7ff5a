"""People are warned of queries that still run, once, and hear of their ends as usual."""

from __future__ import annotations

import pytest

from support.alerter_stack import CHANNEL, AlerterStack, ago, metrics, text_of
from support.fake_slack import FakeSlack

TIB = 2**40


def run_for(alerter: AlerterStack, minutes: float, name: str = "q-1", **fields: object) -> None:
    alerter.aws.put_execution(name, state="RUNNING", submitted=ago(minutes=minutes).timestamp(), query="SELECT 7", **fields)


def test_each_target_is_warned_once_and_hears_of_the_end(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(running={"warn": "30 min", "warn_channel": "2 h"})
    alerter.start("q-1", at=ago(minutes=29))
    run_for(alerter, 29)
    assert alerter.update_and_notify().received == 0
    run_for(alerter, 31, bytes=3 * TIB)
    ticked = alerter.tick()
    assert metrics(ticked)["RunningWarningsSent"] == metrics(ticked)["QueriesRunning"] == 1
    assert alerter.drain().returned == 0
    [warning] = slack.direct_messages(ada)
    text = text_of(warning)
    for words in ("Your query has been running for 31 min", "3.0 TiB, $15.00 so far", "Running since", "Seen", "SELECT 7", "history/q-1"):
        assert words in text
    for _ in range(2):
        assert alerter.update_and_notify().received == 0
    run_for(alerter, 121, bytes=3 * TIB)
    assert alerter.update_and_notify().returned == 0
    [channel] = slack.channel_messages(CHANNEL)
    assert "A query of ada has been running for 2 h 1 min" in text_of(channel) and "SELECT ?" in text_of(channel)
    row = alerter.row("q-1")
    assert row["running_warned"] == "channel user" and row["running_user_alerted_at"] and "user_alerted_at" not in row
    alerter.finish("q-1", 3 * TIB)
    alerter.update_and_notify()
    assert len(slack.direct_messages(ada)) == len(slack.channel_messages(CHANNEL)) == 2


def test_a_warning_that_is_delivered_twice_reaches_a_person_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(running={"warn": "$10"})
    alerter.start("q-1", at=ago(minutes=9))
    run_for(alerter, 9, bytes=3 * TIB)
    assert alerter.tick().succeeded
    for body in alerter.waiting():
        for _ in range(2):
            alerter.send(body)
    assert alerter.drain().returned == 0 and len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize("running", [None, {"warn": "1 min", "match": {"user": "grace"}}])
def test_nothing_is_sent_or_written_without_a_bound_for_the_query(alerter: AlerterStack, running: object) -> None:
    alerter.write_settings(**({"running": running} if running else {}))
    alerter.start("q-1", at=ago(hours=9))
    run_for(alerter, 540, bytes=3 * TIB)
    alerter.handler("usage_update")
    alerter.aws.reset_calls()
    assert alerter.tick().succeeded
    assert {"sqs.SendMessageBatch", "dynamodb.BatchExecuteStatement"}.isdisjoint(alerter.aws.calls())


def test_a_query_at_its_bound_is_stopped_and_both_hear_why(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(running={"stop": "1 h"}, thresholds={"user": None, "channel": None})
    alerter.start("q-1", at=ago(minutes=61))
    run_for(alerter, 61, bytes=3 * TIB)
    assert alerter.tick().succeeded and alerter.row("q-1")["query_state"] == "RUNNING"
    assert "athena.StopQueryExecution" not in alerter.aws.calls()
    alerter.set_environment(ALLOW_STOP="true")
    ticked = alerter.tick()
    assert metrics(ticked)["QueriesStopped"] == metrics(ticked)["QueriesRunning"] == 1
    assert alerter.row("q-1")["running_stopped"] == "1 h"
    alerter.finish("q-1", 3 * TIB, state="CANCELLED", reason="Query cancelled by user")
    alerter.update_and_notify()
    [direct], [channel] = slack.direct_messages(ada), slack.channel_messages(CHANNEL)
    for message in (direct, channel):
        text = text_of(message)
        assert "running.stop (1 h)" in text and "is charged: $15.00" in text
    assert alerter.aws.calls()["athena.StopQueryExecution"] == 1


def test_a_query_that_may_not_be_stopped_is_no_failure(alerter: AlerterStack) -> None:
    alerter.write_settings(running={"stop": "1 h"})
    alerter.set_environment(ALLOW_STOP="true")
    alerter.start("q-1", at=ago(minutes=61))
    run_for(alerter, 61)
    alerter.aws.arm({"operation": "athena.StopQueryExecution", "status": 400, "code": "AccessDeniedException", "message": "no"})
    ticked = alerter.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesNotStopped"] == 1
    assert metrics(alerter.tick())["QueriesStopped"] == 1
