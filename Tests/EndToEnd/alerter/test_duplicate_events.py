"""An event that is delivered twice, or to two instances at once, alerts each target once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, List

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import AlerterStack, ago, finished_message, metrics
from support.emulator import Invocation
from support.fake_slack import FakeSlack
from support.processes import wait_until

DENIED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}


def at_once(alerter: AlerterStack, handler: str, event: event_delivery.Event, count: int = 2) -> List[Invocation]:
    """Invokes several instances of a handler with the same event at the same time."""
    with ExitStack() as stack:
        instances = [stack.enter_context(alerter.another(handler)) for _ in range(count)]
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda instance: instance.invoke(event), instances))


def test_a_file_delivered_again_changes_nothing(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.announce(key)
    before = alerter.rows()
    [again] = alerter.announce(key)
    assert again.succeeded and metrics(again)["QueriesAlreadyStored"] == 1
    assert alerter.rows() == before


def test_a_record_delivered_twice_is_one_query(alerter: AlerterStack) -> None:
    start = cloudtrail.query_start("q-1")
    alerter.deliver([start, start])
    alerter.deliver([start])
    alerter.finish("q-1")
    alerter.update_and_notify()
    assert len(alerter.rows()) == len(alerter.channel_alerts("q-1")) == 1


def test_a_file_delivered_again_after_the_query_ended_does_not_reopen_the_row(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.announce(key)
    alerter.finish("q-1")
    alerter.update_and_notify()
    before = alerter.rows()
    assert alerter.announce(key)[0].succeeded and alerter.rows() == before
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-1")) == 1


def test_a_file_delivered_to_two_instances_at_once_is_stored_once(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start(f"q-{number}") for number in range(40)])
    invocations = at_once(alerter, "cloudtrail_handler", alerter.created(key))
    assert all(invocation.succeeded for invocation in invocations)
    assert metrics(*invocations)["QueriesStored"] == metrics(*invocations)["QueriesAlreadyStored"] == 40
    assert len(alerter.rows()) == 40


def test_two_updates_at_once_alert_once(alerter: AlerterStack) -> None:
    names = [f"q-{number:02}" for number in range(20)]
    alerter.deliver([cloudtrail.query_start(name) for name in names])
    for name in names:
        alerter.finish(name)
    invocations = at_once(alerter, "usage_update", event_delivery.schedule_event())
    assert all(invocation.succeeded for invocation in invocations) and alerter.open_ids() == []
    alerter.drain()
    assert [len(alerter.channel_alerts(name)) for name in names] == [1] * 20


def test_a_second_update_has_nothing_to_do(alerter: AlerterStack) -> None:
    alerter.run("q-1")
    alerter.update_and_notify()
    again = alerter.update_and_notify()
    assert again.received == 0 and len(alerter.channel_alerts("q-1")) == 1


def test_a_message_delivered_again_sends_no_alert(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    for _ in range(3):
        alerter.send(finished_message("q-1"))
    delivery = alerter.drain()
    assert delivery.returned == 0
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1
    assert metrics(*delivery.invocations)["AlertsAlreadySent"] == 4


def test_a_message_delivered_again_to_a_new_instance_sends_no_alert(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1"))
    alerter.drain()
    alerter.stop()
    alerter.send(finished_message("q-1"))
    assert alerter.drain().returned == 0 and len(alerter.channel_alerts("q-1")) == 1


def test_a_message_delivered_again_days_later_sends_no_alert(alerter: AlerterStack) -> None:
    alerter.write_settings(retention_days=15)
    query = alerter.run()
    alerter.tick()
    [body] = alerter.waiting()
    alerter.send(body)
    alerter.drain()
    alerter.expire_leases()
    alerter.stop()
    alerter.send(body)
    assert alerter.drain().returned == 0 and len(alerter.channel_alerts(query)) == 1
    # The record of an alert outlives the row, the message and Athena's own retention of 45 days.
    [alerts] = [item for item in alerter.items() if item["start_date"].endswith("#alerts")]
    assert alerts["expires_at"] > (ago(days=-60)).timestamp()
    assert alerter.row(query)["expires_at"] < (ago(days=-16)).timestamp()


def test_a_file_delivered_again_after_its_rows_expired_sends_no_alert(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.announce(key)
    alerter.finish("q-1", submitted=cloudtrail.START.timestamp())
    alerter.update_and_notify()
    row = alerter.row("q-1")
    row_key = {part: {"S": row[part]} for part in ("start_date", "start_key")}
    alerter.aws.client("dynamodb").delete_item(TableName=alerter.resources.table, Key=row_key)
    alerter.announce(key)
    assert alerter.update_and_notify().received == 1
    assert alerter.row("q-1")["query_state"] == "SUCCEEDED" and len(alerter.channel_alerts("q-1")) == 1


@pytest.mark.check
def test_a_file_delivered_again_while_its_rows_are_closed_reopens_none(alerter: AlerterStack) -> None:
    names = [f"q-{number:02}" for number in range(40)]
    key = alerter.put_log([cloudtrail.query_start(name) for name in names])
    alerter.announce(key)
    for name in names:
        alerter.finish(name)
    with alerter.another("cloudtrail_handler") as reader, ThreadPoolExecutor(1) as pool:
        again = pool.submit(reader.invoke, alerter.created(key))
        assert alerter.tick().succeeded
        assert again.result().succeeded
    assert alerter.open_ids() == []
    alerter.update_and_notify()
    assert [len(alerter.channel_alerts(name)) for name in names] == [1] * 40


def test_the_row_holds_the_times_of_its_alerts(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    query = alerter.run()
    alerter.update_and_notify()
    row = alerter.row(query)
    for name in ("channel_alerted_at", "user_alerted_at"):
        noted = datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        assert noted >= ago(minutes=1)
    assert not [name for name in row if name.endswith("claimed_until")]


def test_a_message_at_two_instances_at_once_sends_one_alert(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    messages = [finished_message(f"q-{number}") for number in range(5)]
    slack.fail_next("chat.postMessage", fake_slack.slow(0.2), times=10)
    invocations = at_once(alerter, "notification", event_delivery.through_sqs(*messages))
    assert all(invocation.succeeded for invocation in invocations)
    assert [len(alerter.channel_alerts(message["query_execution_id"])) for message in messages] == [1] * 5
    assert len(slack.direct_messages(ada)) == 5
    # The second instance returns the message, or finds the alert recorded; it never treats an unfinished alert as done.
    assert metrics(*invocations)["AlertsSent"] == 10


def test_an_alert_in_flight_at_another_instance_is_waited_for(alerter: AlerterStack, slack: FakeSlack) -> None:
    message = finished_message("q-1")
    with alerter.another("notification") as other, ThreadPoolExecutor(1) as pool:
        # The second instance is warm, so its event arrives while the alert is in flight.
        assert alerter.handler("notification").invoke(event_delivery.through_sqs(finished_message(data_scanned=1))).succeeded
        slack.fail_next("chat.postMessage", fake_slack.slow(5))
        first = pool.submit(other.invoke, event_delivery.through_sqs(message))
        wait_until(lambda: bool(slack.calls_of("chat.postMessage")), "the first instance")
        second = alerter.handler("notification").invoke(event_delivery.through_sqs(message))
    assert first.result().payload == {"batchItemFailures": []}
    assert len(second.payload["batchItemFailures"]) == 1 and len(alerter.channel_alerts("q-1")) == 1


def test_a_failed_direct_message_does_not_repeat_the_channel_alert(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    slack.fail_next("conversations.open", fake_slack.ok_false("fatal_error"), times=3)
    delivery = alerter.drain()
    assert delivery.returned >= 1
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_failed_channel_alert_does_not_repeat_the_direct_message(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", fake_slack.ok_false("not_in_channel"))
    delivery = alerter.drain()
    assert delivery.returned == 1
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize(
    "failure",
    [fake_slack.reset_after_recording, fake_slack.garbage, fake_slack.truncated],
)
def test_an_alert_whose_response_is_lost_is_not_repeated_at_once(
    alerter: AlerterStack, slack: FakeSlack, failure: Callable[[], Any]
) -> None:
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", failure())
    delivery = alerter.queue(retry_seconds=0).deliver_batch()
    assert delivery.returned == 1
    assert alerter.queue(retry_seconds=60).deliver_batch().returned == 1
    assert len(alerter.channel_alerts("q-1")) == 1


def test_a_row_that_could_not_be_closed_is_sent_again_and_alerts_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    query = alerter.run()
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", **DENIED})
    assert not alerter.tick().succeeded
    assert alerter.open_ids() == [query]
    delivery = alerter.update_and_notify()
    assert delivery.received == 2 and alerter.open_ids() == []
    assert len(alerter.channel_alerts(query)) == len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize("operation", ["dynamodb.BatchExecuteStatement", "sqs.SendMessageBatch"])
def test_a_lost_response_between_sending_and_closing_alerts_once(alerter: AlerterStack, operation: str) -> None:
    query = alerter.run()
    alerter.aws.arm({"operation": operation, "kind": "lost"})
    alerter.update_and_notify()
    alerter.update_and_notify()
    assert alerter.open_ids() == [] and len(alerter.channel_alerts(query)) == 1


def test_a_claim_whose_response_is_lost_alerts_once_without_delay(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.UpdateItem", "kind": "lost"})
    # The retried write conflicts with its own claim.
    assert alerter.queue(retry_seconds=0).deliver_batch().returned == 0
    assert len(alerter.channel_alerts("q-1")) == 1 and alerter.dead_letters() == []


def test_an_alert_that_could_not_be_recorded_is_not_sent_again(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", **DENIED})
    delivery = alerter.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsNotNoted"] == 1
    assert len(alerter.channel_alerts("q-1")) == 1


def test_an_alert_that_could_not_be_recorded_is_recorded_in_the_next_invocation(alerter: AlerterStack) -> None:
    query = alerter.run()
    alerter.tick()
    [body] = alerter.waiting()
    alerter.send(body)
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", **DENIED})
    alerter.drain()
    assert "channel_alerted_at" not in alerter.row(query)
    alerter.send(finished_message("q-2"))
    alerter.drain()
    assert "channel_alerted_at" in alerter.row(query)
    alerter.expire_leases()
    alerter.send(body)
    alerter.drain()
    assert len(alerter.channel_alerts(query)) == 1


def test_a_table_that_fails_after_the_claims_repeats_no_alert(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", "times": 10, **DENIED})
    # The message is not returned because of the second alert, so the first is not repeated.
    delivery = alerter.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsNotNoted"] == 2
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_table_that_takes_no_claim_sends_no_alert_yet(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.UpdateItem", "times": 10, **DENIED})
    assert alerter.queue().deliver_batch().returned == 1 and slack.messages() == []
    alerter.aws.arm()
    alerter.expire_leases()
    assert alerter.drain().returned == 0
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_record_of_an_alert_that_times_out_does_not_repeat_the_alert(alerter: AlerterStack) -> None:
    alerter.timeout_seconds = 5
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.TransactWriteItems", "delay": 6, **DENIED})
    delivery = alerter.queue().deliver_batch()
    assert delivery.invocations[0].succeeded, "it must respond before its timeout"
    assert delivery.returned == 0 and len(alerter.channel_alerts("q-1")) == 1


def test_an_alert_missing_on_its_row_is_added_when_its_message_is_delivered_again(alerter: AlerterStack) -> None:
    query = alerter.run()
    assert alerter.tick().succeeded
    alerter.aws.arm({"operation": "dynamodb.UpdateItem", "after": 3, **DENIED})
    assert alerter.queue().deliver_batch().returned == 1
    assert "channel_alerted_at" not in alerter.row(query)
    assert alerter.drain().returned == 0
    assert "channel_alerted_at" in alerter.row(query) and len(alerter.channel_alerts(query)) == 1


# A start that is repeated with the same client token returns the same execution.


def repeated(alerter: AlerterStack, name: str, first: datetime, second: datetime, submitted: float) -> None:
    alerter.deliver([cloudtrail.query_start(name, at=first), cloudtrail.query_start(name, at=second)])
    alerter.finish(name, submitted=submitted)


@pytest.mark.parametrize("offset", [-0.9, 0, 0.9], ids=["a little before", "to the second", "a little after"])
def test_a_start_that_is_repeated_is_one_query(alerter: AlerterStack, slack: FakeSlack, offset: float) -> None:
    ada = slack.add_person("ada@example.com")
    first = ago(minutes=10)
    repeated(alerter, "q-1", first, first + timedelta(seconds=4), first.timestamp() + offset)
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1
    original, repetition = alerter.rows()
    assert (original["query_state"], original["data_scanned"] > 0) == ("SUCCEEDED", True)
    assert (repetition["query_state"], repetition["data_scanned"]) == ("REPEATED", 0)
    assert repetition["repeat_of"] == original["start_key"]


@pytest.mark.parametrize(
    "first, submitted",
    [(-2, -1.7), (0, -0.5), (0, 0.5), (1, 1.3)],
    ids=["before it", "submitted before it, told of after it", "just after it", "a second after it"],
)
def test_a_start_that_is_repeated_around_midnight_is_one_query(alerter: AlerterStack, first: float, submitted: float) -> None:
    midnight = datetime(2024, 3, 6, tzinfo=timezone.utc)
    start = midnight + timedelta(seconds=first)
    repeated(alerter, "q-1", start, start + timedelta(seconds=4), midnight.timestamp() + submitted)
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-1")) == 1
    assert [row["query_state"] for row in alerter.rows()] == ["SUCCEEDED", "REPEATED"]


@pytest.mark.parametrize("later", [1, 4])
@pytest.mark.parametrize("offset", [-0.9, 0.3, 1.1])
def test_a_repeated_start_that_is_delivered_first_is_one_query(alerter: AlerterStack, later: int, offset: float) -> None:
    first = ago(minutes=10)
    alerter.deliver([cloudtrail.query_start("q-1", at=first + timedelta(seconds=later))])
    alerter.finish("q-1", submitted=first.timestamp() + offset)
    alerter.update_and_notify()
    # CloudTrail guarantees no order between its files.
    alerter.deliver([cloudtrail.query_start("q-1", at=first)])
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-1")) == 1
