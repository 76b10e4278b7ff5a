"""Whatever comes twice, or at the same time as its twin, alerts each target once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, List

import pytest

from parts import bridge, cloudtrail
from parts import slack as slack_part
from parts.emulator import Invocation
from parts.house import House, ago, finished_message, metrics
from parts.processes import wait_until
from parts.slack import Slack

DENIED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}


def at_once(house: House, handler: str, event: bridge.Event, count: int = 2) -> List[Invocation]:
    """Invokes as many instances of a handler with the same event at the same time."""
    with ExitStack() as stack:
        instances = [stack.enter_context(house.another(handler)) for _ in range(count)]
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda instance: instance.invoke(event), instances))


def test_a_file_that_comes_again_changes_nothing(house: House) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    house.announce(key)
    before = house.rows()
    [again] = house.announce(key)
    assert again.succeeded and metrics(again)["QueriesAlreadyStored"] == 1
    assert house.rows() == before


def test_a_record_that_cloudtrail_delivers_twice_is_one_query(house: House) -> None:
    start = cloudtrail.query_start("q-1")
    house.deliver([start, start])
    house.deliver([start])
    house.finish("q-1")
    house.carry_on()
    assert len(house.rows()) == len(house.channel_alerts("q-1")) == 1


def test_a_file_that_comes_again_after_the_end_does_not_open_the_row(house: House) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    house.announce(key)
    house.finish("q-1")
    house.carry_on()
    before = house.rows()
    assert house.announce(key)[0].succeeded and house.rows() == before
    house.carry_on()
    assert len(house.channel_alerts("q-1")) == 1


def test_a_file_that_comes_twice_at_once_is_stored_once(house: House) -> None:
    key = house.put_log([cloudtrail.query_start(f"q-{number}") for number in range(40)])
    invocations = at_once(house, "cloudtrail_handler", house.created(key))
    assert all(invocation.succeeded for invocation in invocations)
    assert metrics(*invocations)["QueriesStored"] == metrics(*invocations)["QueriesAlreadyStored"] == 40
    assert len(house.rows()) == 40


def test_two_ticks_at_once_alert_once(house: House) -> None:
    names = [f"q-{number:02}" for number in range(20)]
    house.deliver([cloudtrail.query_start(name) for name in names])
    for name in names:
        house.finish(name)
    invocations = at_once(house, "usage_update", bridge.schedule_event())
    assert all(invocation.succeeded for invocation in invocations) and house.open_ids() == []
    house.drain()
    assert [len(house.channel_alerts(name)) for name in names] == [1] * 20


def test_a_second_tick_finds_nothing_to_do(house: House) -> None:
    house.run("q-1")
    house.carry_on()
    again = house.carry_on()
    assert again.received == 0 and len(house.channel_alerts("q-1")) == 1


def test_a_message_that_comes_again_alerts_nobody(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    for _ in range(3):
        house.send(finished_message("q-1"))
    delivery = house.drain()
    assert delivery.returned == 0
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1
    assert metrics(*delivery.invocations)["AlertsAlreadySent"] == 4


def test_a_message_that_comes_again_to_a_new_instance_alerts_nobody(house: House) -> None:
    house.send(finished_message("q-1"))
    house.drain()
    house.stop()
    house.send(finished_message("q-1"))
    assert house.drain().returned == 0 and len(house.channel_alerts("q-1")) == 1


def test_a_message_that_comes_again_days_later_alerts_nobody(house: House) -> None:
    house.write_settings(retention_days=15)
    query = house.run()
    house.tick()
    [body] = house.waiting()
    house.send(body)
    house.drain()
    house.let_claims_run_out()
    house.stop()
    house.send(body)
    assert house.drain().returned == 0 and len(house.channel_alerts(query)) == 1
    # What remembers the alert outlives the row, the message and Athena's own memory of 45 days.
    [alerts] = [item for item in house.items() if item["start_date"].endswith("#alerts")]
    assert alerts["expires_at"] > (ago(days=-60)).timestamp()
    assert house.row(query)["expires_at"] < (ago(days=-16)).timestamp()


def test_a_file_that_comes_again_after_its_rows_have_expired_alerts_nobody(house: House) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    house.announce(key)
    house.finish("q-1", submitted=cloudtrail.START.timestamp())
    house.carry_on()
    row = house.row("q-1")
    row_key = {part: {"S": row[part]} for part in ("start_date", "start_key")}
    house.aws.client("dynamodb").delete_item(TableName=house.resources.table, Key=row_key)
    house.announce(key)
    assert house.carry_on().received == 1
    assert house.row("q-1")["query_state"] == "SUCCEEDED" and len(house.channel_alerts("q-1")) == 1


def test_a_file_that_comes_again_while_its_queries_are_closed_opens_none(house: House) -> None:
    names = [f"q-{number:02}" for number in range(40)]
    key = house.put_log([cloudtrail.query_start(name) for name in names])
    house.announce(key)
    for name in names:
        house.finish(name)
    with house.another("cloudtrail_handler") as reader, ThreadPoolExecutor(1) as pool:
        again = pool.submit(reader.invoke, house.created(key))
        assert house.tick().succeeded
        assert again.result().succeeded
    assert house.open_ids() == []
    house.carry_on()
    assert [len(house.channel_alerts(name)) for name in names] == [1] * 40


def test_the_row_remembers_its_alerts(house: House, slack: Slack) -> None:
    slack.add_person("ada@example.com")
    query = house.run()
    house.carry_on()
    row = house.row(query)
    for name in ("channel_alerted_at", "user_alerted_at"):
        noted = datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        assert noted >= ago(minutes=1)
    assert not [name for name in row if name.endswith("claimed_until")]


def test_a_message_at_two_instances_at_once_alerts_once(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    messages = [finished_message(f"q-{number}") for number in range(5)]
    slack.fail_next("chat.postMessage", slack_part.slow(0.2), times=10)
    invocations = at_once(house, "notification", bridge.through_sqs(*messages))
    assert all(invocation.succeeded for invocation in invocations)
    assert [len(house.channel_alerts(message["query_execution_id"])) for message in messages] == [1] * 5
    assert len(slack.direct_messages(ada)) == 5
    # Who came second gives the message back or sees that it is done; nobody takes it for done while it is not.
    assert metrics(*invocations)["AlertsSent"] == 10


def test_an_alert_under_way_elsewhere_is_waited_for(house: House, slack: Slack) -> None:
    message = finished_message("q-1")
    with house.another("notification") as other, ThreadPoolExecutor(1) as pool:
        # The second has started already, and so comes while the alert is under way.
        assert house.handler("notification").invoke(bridge.through_sqs(finished_message(data_scanned=1))).succeeded
        slack.fail_next("chat.postMessage", slack_part.slow(5))
        first = pool.submit(other.invoke, bridge.through_sqs(message))
        wait_until(lambda: bool(slack.calls_of("chat.postMessage")), "the first instance")
        second = house.handler("notification").invoke(bridge.through_sqs(message))
    assert first.result().payload == {"batchItemFailures": []}
    assert len(second.payload["batchItemFailures"]) == 1 and len(house.channel_alerts("q-1")) == 1


def test_a_direct_message_that_fails_does_not_repeat_the_channels(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    house.send(finished_message("q-1"))
    slack.fail_next("conversations.open", slack_part.ok_false("fatal_error"), times=3)
    delivery = house.drain()
    assert delivery.returned >= 1
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_channel_that_fails_does_not_repeat_the_direct_message(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", slack_part.ok_false("not_in_channel"))
    delivery = house.drain()
    assert delivery.returned == 1
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize(
    "failure",
    [slack_part.reset_after_recording, slack_part.garbage, slack_part.truncated],
)
def test_an_alert_whose_answer_is_lost_is_not_repeated_at_once(
    house: House, slack: Slack, failure: Callable[[], Any]
) -> None:
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", failure())
    delivery = house.queue(retry_seconds=0).deliver_batch()
    assert delivery.returned == 1
    assert house.queue(retry_seconds=60).deliver_batch().returned == 1
    assert len(house.channel_alerts("q-1")) == 1


def test_a_row_that_could_not_be_closed_is_sent_again_and_alerts_once(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    query = house.run()
    house.aws.arm({"operation": "dynamodb.UpdateItem", **DENIED})
    assert not house.tick().succeeded
    assert house.open_ids() == [query]
    delivery = house.carry_on()
    assert delivery.received == 2 and house.open_ids() == []
    assert len(house.channel_alerts(query)) == len(slack.direct_messages(ada)) == 1


@pytest.mark.parametrize("operation", ["dynamodb.UpdateItem", "sqs.SendMessageBatch"])
def test_a_lost_answer_between_sending_and_closing_alerts_once(house: House, operation: str) -> None:
    query = house.run()
    house.aws.arm({"operation": operation, "kind": "lost"})
    house.carry_on()
    house.carry_on()
    assert house.open_ids() == [] and len(house.channel_alerts(query)) == 1


def test_a_claim_whose_answer_is_lost_still_alerts_once_and_at_once(house: House) -> None:
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", "kind": "lost"})
    # The claim that stands in the way of the repeated write is its own.
    assert house.queue(retry_seconds=0).deliver_batch().returned == 0
    assert len(house.channel_alerts("q-1")) == 1 and house.dead_letters() == []


def test_an_alert_that_could_not_be_noted_does_not_go_out_again(house: House) -> None:
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 2, **DENIED})
    delivery = house.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsNotNoted"] == 1
    assert len(house.channel_alerts("q-1")) == 1


def test_an_alert_that_could_not_be_noted_is_noted_with_the_next_message(house: House) -> None:
    query = house.run()
    house.tick()
    [body] = house.waiting()
    house.send(body)
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 2, **DENIED})
    house.drain()
    assert "channel_alerted_at" not in house.row(query)
    house.send(finished_message("q-2"))
    house.drain()
    assert "channel_alerted_at" in house.row(query)
    house.let_claims_run_out()
    house.send(body)
    house.drain()
    assert len(house.channel_alerts(query)) == 1


def test_a_table_that_fails_after_the_claims_repeats_no_alert(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 2, "times": 10, **DENIED})
    # The message does not come back for the sake of the second alert, and so does not repeat the first.
    delivery = house.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsNotNoted"] == 2
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_table_that_fails_between_the_claims_sends_no_alert_yet(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 1, "times": 10, **DENIED})
    assert house.queue().deliver_batch().returned == 1 and slack.messages() == []
    house.aws.arm()
    house.let_claims_run_out()
    assert house.drain().returned == 0
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_note_that_nobody_answers_does_not_repeat_the_alert(house: House) -> None:
    house.timeout_seconds = 5
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 2, "delay": 6, **DENIED})
    delivery = house.queue().deliver_batch()
    assert delivery.invocations[0].succeeded, "it must answer before Lambda ends it"
    assert delivery.returned == 0 and len(house.channel_alerts("q-1")) == 1


def test_an_alert_that_does_not_show_on_its_row_shows_when_its_message_comes_again(house: House) -> None:
    query = house.run()
    assert house.tick().succeeded
    house.aws.arm({"operation": "dynamodb.UpdateItem", "after": 3, **DENIED})
    assert house.queue().deliver_batch().returned == 1
    assert "channel_alerted_at" not in house.row(query)
    assert house.drain().returned == 0
    assert "channel_alerted_at" in house.row(query) and len(house.channel_alerts(query)) == 1


# A start that is repeated with the same client token gives the same execution again.


def repeated(house: House, name: str, first: datetime, second: datetime, submitted: float) -> None:
    house.deliver([cloudtrail.query_start(name, at=first), cloudtrail.query_start(name, at=second)])
    house.finish(name, submitted=submitted)


@pytest.mark.parametrize("offset", [-0.9, 0, 0.9], ids=["a little before", "to the second", "a little after"])
def test_a_start_that_is_repeated_is_one_query(house: House, slack: Slack, offset: float) -> None:
    ada = slack.add_person("ada@example.com")
    first = ago(minutes=10)
    repeated(house, "q-1", first, first + timedelta(seconds=4), first.timestamp() + offset)
    house.carry_on()
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1
    original, repetition = house.rows()
    assert (original["query_state"], original["data_scanned"] > 0) == ("SUCCEEDED", True)
    assert (repetition["query_state"], repetition["data_scanned"]) == ("REPEATED", 0)
    assert repetition["repeat_of"] == original["start_key"]


@pytest.mark.parametrize(
    "first, submitted",
    [(-2, -1.7), (0, -0.5), (0, 0.5), (1, 1.3)],
    ids=["before it", "submitted before it, told of after it", "just after it", "a second after it"],
)
def test_a_start_that_is_repeated_around_midnight_is_one_query(house: House, first: float, submitted: float) -> None:
    midnight = datetime(2024, 3, 6, tzinfo=timezone.utc)
    start = midnight + timedelta(seconds=first)
    repeated(house, "q-1", start, start + timedelta(seconds=4), midnight.timestamp() + submitted)
    house.carry_on()
    assert len(house.channel_alerts("q-1")) == 1
    assert [row["query_state"] for row in house.rows()] == ["SUCCEEDED", "REPEATED"]


@pytest.mark.parametrize("later", [1, 4])
@pytest.mark.parametrize("offset", [-0.9, 0.3, 1.1])
def test_a_repetition_that_is_told_of_first_is_one_query(house: House, later: int, offset: float) -> None:
    first = ago(minutes=10)
    house.deliver([cloudtrail.query_start("q-1", at=first + timedelta(seconds=later))])
    house.finish("q-1", submitted=first.timestamp() + offset)
    house.carry_on()
    # CloudTrail promises no order between its files.
    house.deliver([cloudtrail.query_start("q-1", at=first)])
    house.carry_on()
    assert len(house.channel_alerts("q-1")) == 1
