"""The thread that gathers the alerts about one person on one day, and the sums that its first message shows."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Dict, List

import pytest

from support import event_delivery, fake_slack
from support.alerter_stack import CHANNEL, GIB, AlerterStack, finished_message, metrics, text_of
from support.fake_slack import FakeSlack
from support.local_aws import REGION


def messages(count: int, **changes: Any) -> List[Dict[str, Any]]:
    """The messages of queries of 1 TiB, for five dollars each."""
    return [finished_message(f"q-{number:03}", region=REGION, **changes) for number in range(count)]


def deliver(alerter: AlerterStack, finished: List[Dict[str, Any]]) -> event_delivery.Delivery:
    for message in finished:
        alerter.send(message)
    return alerter.drain()


def sums(alerter: AlerterStack) -> List[Dict[str, Any]]:
    return [item for item in alerter.items() if item["start_date"].endswith("#threads")]


def test_a_days_alerts_are_one_thread_whose_first_message_has_the_sums(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    for message in messages(7):
        deliver(alerter, [message])
    for conversation, name, threshold in ((CHANNEL, "ada", "100.0 GiB"), (fake_slack.direct_channel(ada), "You", "10.0 GiB")):
        [first] = slack.first_messages(conversation)
        headline = f"{name}: 7 queries over {threshold} today, 7.0 TiB, $35.00"
        assert first["text"].splitlines()[0] == headline and headline in text_of(first["blocks"])
        # The alert with which the thread began is still there, below the sums.
        assert "q-000" in first["text"] + text_of(first["blocks"]) and "*Largest*" in text_of(first["blocks"])
        replies = slack.replies(conversation, first)
        assert [f"q-{number:03}" in text_of(reply) for number, reply in enumerate(replies, start=1)] == [True] * 6
        broadcasts = [number for number, reply in enumerate(replies, start=2) if reply.get("reply_broadcast")]
        assert broadcasts == [3, 7]
    assert {(one["queries"], one["data_scanned"], one["cost_usd"]) for one in sums(alerter)} == {(7, 7 * 1024 * GIB, 35)}


def test_a_hundred_alerts_at_once_are_one_thread_with_a_right_sum(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(thresholds={"user": None, "channel": "$1"})
    batches = [messages(100)[first : first + 10] for first in range(0, 100, 10)]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        instances = [stack.enter_context(alerter.another("notification")) for _ in range(2)]
        events = [event_delivery.through_sqs(*batch) for batch in batches]
        halves = [events[0::2], events[1::2]]
        invocations = [
            invocation
            for half in pool.map(lambda index: [instances[index].invoke(event) for event in halves[index]], range(2))
            for invocation in half
        ]
    assert all(one.succeeded and one.payload == {"batchItemFailures": []} for one in invocations)
    [first] = slack.first_messages(CHANNEL)
    assert first["text"].splitlines()[0] == "ada: 100 queries over $1.00 today, 100.0 TiB, $500.00"
    assert len(slack.replies(CHANNEL, first)) == 99 and metrics(*invocations)["AlertsSent"] == 100
    [day] = sums(alerter)
    assert (day["queries"], day["data_scanned"], day["cost_usd"]) == (100, 100 * 1024 * GIB, 500)
    assert day["shown_queries"] == 100 and not [name for name in day if name.endswith("_claimed_until")]


def test_an_update_that_slack_refuses_for_its_rate_is_made_later_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    deliver(alerter, messages(1))
    slack.fail_next("chat.update", fake_slack.rate_limited(120))
    batch = event_delivery.through_sqs(*messages(5)[1:])
    invocation = alerter.handler("notification").invoke(batch)
    assert len(invocation.payload["batchItemFailures"]) == 1 and metrics(invocation)["AlertsSent"] == 4
    [first] = slack.first_messages(CHANNEL)
    assert "queries" not in first["text"]
    again = alerter.handler("notification").invoke(batch)
    assert again.payload == {"batchItemFailures": []} and metrics(again)["AlertsAlreadySent"] == 4
    assert slack.first_messages(CHANNEL)[0]["text"].startswith("ada: 5 queries over 100.0 GiB today, 5.0 TiB, $25.00")
    assert [call.accepted for call in slack.calls_of("chat.update")] == [False, True]


def test_a_thread_whose_first_message_was_deleted_begins_anew(alerter: AlerterStack, slack: FakeSlack) -> None:
    deliver(alerter, messages(2))
    [first] = slack.first_messages(CHANNEL)
    slack.delete(first)
    assert deliver(alerter, messages(3)[2:]).returned == 0
    [second] = slack.first_messages(CHANNEL)
    assert second["text"].startswith("ada: 3 queries") and "q-002" in text_of(second["blocks"])


def test_a_thread_of_a_channel_that_was_archived_begins_anew_in_its_successor(alerter: AlerterStack, slack: FakeSlack) -> None:
    deliver(alerter, messages(1))
    slack.archived_channels.append(fake_slack.channel_id(CHANNEL))
    assert deliver(alerter, messages(2)[1:]).returned == 0
    assert len(slack.first_messages(CHANNEL)) == 2 and [one["queries"] for one in sums(alerter)] == [2]


def test_a_webhook_hears_the_first_alert_and_each_doubling(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack={"webhook_url": slack.webhook_url})
    delivery = deliver(alerter, messages(8))
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsCountedOnly"] == 5
    assert [message["text"].splitlines() for message in slack.webhook_messages()] == [
        ["ada scanned 1.0 TiB for $5.00"],
        ["ada scanned 1.0 TiB for $5.00", "ada: 3 queries over 100.0 GiB today, 3.0 TiB, $15.00"],
        ["ada scanned 1.0 TiB for $5.00", "ada: 7 queries over 100.0 GiB today, 7.0 TiB, $35.00"],
    ]
    assert [one["queries"] for one in sums(alerter)] == [8]


@pytest.mark.parametrize("query, items", [(None, 0), ("{user}: {queries_today} for {cost_today}", 1)])
def test_without_threads_each_alert_is_a_message(
    alerter: AlerterStack, slack: FakeSlack, query: str, items: int
) -> None:
    alerter.write_settings(quiet={"thread": "off"}, messages={"query": query} if query else {})
    deliver(alerter, messages(3))
    assert len(slack.first_messages(CHANNEL)) == 3 and slack.calls_of("chat.update") == []
    assert len(sums(alerter)) == items
    if query:
        texts = [message["text"] for message in slack.first_messages(CHANNEL)]
        assert texts == ["ada: 1 for $5.00", "ada: 2 for $10.00", "ada: 3 for $15.00"]


def test_each_person_and_each_channel_has_a_thread_of_its_own(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(rules=[{"match": {"workgroup": "bi"}, "channel": "#bi"}])
    deliver(alerter, [finished_message(f"{user}-{group}", executing_user=user, workgroup=group)
                      for user in ("ada", "grace") for group in ("etl", "bi")])
    assert len(slack.first_messages(CHANNEL)) == len(slack.first_messages("#bi")) == 2


def stored_size(item: Dict[str, Any]) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    values = {name: str(value) for name, value in item.items()}
    return sum(len(name.encode()) + len(value.encode()) for name, value in values.items())


def test_a_days_item_is_one_write_unit(alerter: AlerterStack, slack: FakeSlack) -> None:
    sql = "SELECT " + ", ".join(f"column_{number}" for number in range(1000))
    person = "augusta.ada.king.countess.of.lovelace@example.com"
    for _ in range(4):
        deliver(alerter, [finished_message(str(uuid.uuid4()), executing_user=person, region=REGION, query_sql=sql)])
    [day] = sums(alerter)
    assert day["queries"] == 4 and stored_size(day) < 1024
    [opening] = [item for item in alerter.items() if item["start_date"].endswith("#openings")]
    assert stored_size(opening) > 1024 and opening["start_key"] == day["start_key"]
    # It is deleted about when the day is.
    assert abs(opening["expires_at"] - day["expires_at"]) < 600


def test_a_thread_of_an_earlier_version_goes_on(alerter: AlerterStack, slack: FakeSlack) -> None:
    deliver(alerter, messages(1))
    store_as_before(alerter)
    deliver(alerter, messages(2)[1:])
    [first] = slack.first_messages(CHANNEL)
    assert first["text"].startswith("ada: 2 queries") and "q-000" in first["text"] + text_of(first["blocks"])
    assert text_of(first["blocks"]).count("Open in Athena") >= 2

    # A thread that begins anew moves the content of its first message into an item of its own.
    slack.delete(first)
    deliver(alerter, messages(4)[2:])
    [second] = slack.first_messages(CHANNEL)
    assert second["text"].startswith("ada: 4 queries") and "q-002" in text_of(second["blocks"])
    assert "opening" not in sums(alerter)[0]


def store_as_before(alerter: AlerterStack) -> None:
    """Rewrites the day's items as earlier versions wrote them: in one, with a URL for each of the largest queries."""
    dynamodb = alerter.aws.client("dynamodb")
    [opening] = [item for item in alerter.items() if item["start_date"].endswith("#openings")]
    [day] = sums(alerter)
    key = {part: {"S": opening[part]} for part in ("start_date", "start_key")}
    dynamodb.delete_item(TableName=alerter.resources.table, Key=key)
    largest = json.loads(day["largest"])
    for query in largest:
        identifier, region = query["query_execution_id"], query.pop("region")
        host = f"https://{region}.console.aws.amazon.com"
        query["url"] = f"{host}/athena/home?region={region}#/query-editor/history/{identifier}"
    dynamodb.update_item(
        TableName=alerter.resources.table,
        Key={part: {"S": day[part]} for part in ("start_date", "start_key")},
        UpdateExpression="SET opening = :opening, largest = :largest",
        ExpressionAttributeValues={":opening": {"S": opening["opening"]}, ":largest": {"S": json.dumps(largest)}},
    )
