"""After any failure each query still alerts in the end, and one bad item affects only itself."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any, Callable, Dict, List

import pytest

from support import cloudtrail, event_delivery, fake_slack
from support.alerter_stack import CHANNEL_THRESHOLD, ORIGINAL_KEYS, AlerterStack, ago, finished_message, metrics, reason
from support.fake_slack import FakeSlack
from support.local_aws import REGION

DENIED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}
BATCH = "athena.BatchGetQueryExecution"
LONGEST_SQL = 262_144
LONGEST_MESSAGE = 262_144


# Files


def test_two_queries_in_the_same_second_are_two_rows_and_two_alerts(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start("q-1"), cloudtrail.query_start("q-2")])
    alerter.finish("q-1")
    alerter.finish("q-2")
    alerter.update_and_notify()
    assert [row["query_execution_id"] for row in alerter.rows()] == ["q-1", "q-2"]
    assert len(alerter.channel_alerts("q-1")) == len(alerter.channel_alerts("q-2")) == 1


def test_every_file_of_an_event_is_read(alerter: AlerterStack) -> None:
    keys = [alerter.put_log([cloudtrail.query_start(name)]) for name in ("q-1", "q-2", "q-3")]
    assert alerter.announce(*keys)[0].succeeded
    assert sorted(alerter.open_ids()) == ["q-1", "q-2", "q-3"]


def test_starts_are_found_among_other_records(alerter: AlerterStack) -> None:
    records = [*cloudtrail.noise(50), cloudtrail.query_start("q-1"), *cloudtrail.noise(50, seed=1)]
    [invocation] = alerter.deliver(records)
    assert alerter.open_ids() == ["q-1"]
    assert metrics(invocation)["Records"] == 101


@pytest.mark.parametrize("prefix", ["a b/", "a=b/", "a+b/", "100%/", "%2B/", "Übersicht/日本/", "a&b's (1)*~!/"])
def test_a_key_with_unusual_characters_is_found(alerter: AlerterStack, prefix: str) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")], prefix=prefix)
    assert alerter.announce(key)[0].succeeded
    bucket = alerter.resources.bucket
    assert alerter.invoke_with_event(event_delivery.event_bridge_object_created(bucket, key, alerter.size(key)))[0].succeeded
    assert alerter.open_ids() == ["q-1"]


Wrapping = Callable[[event_delivery.Event], Any]

WRAPPINGS: Dict[str, Wrapping] = {
    "S3": lambda event: event,
    "SNS": lambda event: event_delivery.through_sns(event),
    "SQS": lambda event: event_delivery.through_sqs(event),
    "SNS and SQS": lambda event: event_delivery.through_sns_and_sqs(event),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_a_file_is_found_in_every_event_format(alerter: AlerterStack, wrap: Wrapping) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    [invocation] = alerter.invoke_with_event(wrap(alerter.created(key)))
    assert invocation.succeeded and alerter.open_ids() == ["q-1"]


@pytest.mark.parametrize("wrap", list(WRAPPINGS.values())[1:], ids=list(WRAPPINGS)[1:])
def test_the_message_of_cloudtrails_own_topic_is_read(alerter: AlerterStack, wrap: Wrapping) -> None:
    keys = [alerter.put_log([cloudtrail.query_start(name)], prefix="a+b c/") for name in ("q-1", "q-2")]
    [invocation] = alerter.invoke_with_event(wrap(event_delivery.cloudtrail_message(alerter.resources.bucket, *keys)))
    assert invocation.succeeded and sorted(alerter.open_ids()) == ["q-1", "q-2"]


def test_an_event_bridge_event_is_read(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    event = event_delivery.event_bridge_object_created(alerter.resources.bucket, key, alerter.size(key))
    assert alerter.invoke_with_event(event)[0].succeeded and alerter.open_ids() == ["q-1"]
    assert alerter.invoke_with_event(event_delivery.through_sqs(event))[0].succeeded


@pytest.mark.parametrize(
    "event",
    [
        event_delivery.s3_test_event("trail"),
        event_delivery.through_sns(event_delivery.s3_test_event("trail")),
        event_delivery.through_sqs(event_delivery.s3_test_event("trail")),
        event_delivery.through_sns_and_sqs(event_delivery.s3_test_event("trail")),
        event_delivery.through_sns(event_delivery.CLOUDTRAIL_VALIDATION_MESSAGE),
        event_delivery.through_sns_and_sqs(event_delivery.CLOUDTRAIL_VALIDATION_MESSAGE),
    ],
    ids=["S3", "SNS", "SQS", "SNS and SQS", "validation", "validation in SQS"],
)
def test_the_test_messages_of_s3_and_cloudtrail_are_ignored(alerter: AlerterStack, event: event_delivery.Event) -> None:
    [invocation] = alerter.invoke_with_event(event)
    assert invocation.succeeded
    assert invocation.payload == {"batchItemFailures": []}
    assert metrics(invocation)["FilesSkippedTestMessage"] == 1


def test_files_that_are_not_logs_are_skipped(alerter: AlerterStack) -> None:
    keys = [
        alerter.put_object(cloudtrail.log_key(kind="CloudTrail-Digest"), cloudtrail.digest_file()),
        alerter.put_object(cloudtrail.log_key(kind="CloudTrail-Insight"), cloudtrail.log_file([])),
        alerter.put_object(cloudtrail.log_key(kind="elasticloadbalancing"), b"no gzip at all"),
        alerter.put_object(cloudtrail.log_key(kind="CloudTrail").rsplit("/", 1)[0] + "/", b""),
        alerter.put_log([cloudtrail.query_start("q-1")]),
    ]
    [invocation] = alerter.announce(*keys)
    assert invocation.succeeded and alerter.open_ids() == ["q-1"]
    assert metrics(invocation)["FilesSkippedNotALogFile"] == 4


@pytest.mark.parametrize("kind", ["CloudTrail-Digest", "Config", "elasticloadbalancing"])
def test_files_behind_a_prefix_named_like_the_logs_are_skipped(alerter: AlerterStack, kind: str) -> None:
    key = alerter.put_object(cloudtrail.log_key(prefix="CloudTrail/", kind=kind), b"no gzip at all")
    alerter.aws.reset_calls()
    [invocation] = alerter.announce(key)
    assert invocation.succeeded and metrics(invocation)["FilesSkippedNotALogFile"] == 1
    assert "s3.GetObject" not in alerter.aws.calls()


def test_a_folder_of_copies_is_read(alerter: AlerterStack) -> None:
    key = alerter.put_object("CloudTrail-copies/a.json.gz", cloudtrail.log_file([cloudtrail.query_start("q-1")]))
    assert alerter.announce(key)[0].succeeded and alerter.open_ids() == ["q-1"]


def test_the_notes_of_config_on_a_shared_topic_are_skipped(alerter: AlerterStack) -> None:
    note = {
        "s3ObjectKey": cloudtrail.log_key(kind="Config"),
        "s3Bucket": alerter.resources.bucket,
        "notificationCreationTime": event_delivery.timestamp(),
        "messageType": "ConfigurationHistoryDeliveryCompleted",
        "recordVersion": "1.1",
    }
    change = {"configurationItem": {}, "messageType": "ConfigurationItemChangeNotification", "recordVersion": "1.3"}
    for wrapped in (event_delivery.through_sns, event_delivery.through_sns_and_sqs):
        [invocation] = alerter.invoke_with_event(wrapped(note))
        assert invocation.succeeded and metrics(invocation)["FilesSkippedNotALogFile"] == 1
        [invocation] = alerter.invoke_with_event(wrapped(change))
        assert invocation.succeeded and metrics(invocation)["FilesSkippedNotCreated"] == 1


def test_a_subscription_to_be_confirmed_fails_with_what_to_do(alerter: AlerterStack) -> None:
    confirmation = {
        **event_delivery.sns_notification("You have chosen to subscribe to the topic."),
        "Type": "SubscriptionConfirmation",
        "Token": "23364120f4EXAMPLE",
        "SubscribeURL": "https://sns.example.com/?Action=ConfirmSubscription&Token=23364120f4EXAMPLE",
    }
    [invocation, *_] = alerter.invoke_with_event(event_delivery.through_sqs(confirmation))
    assert len(invocation.payload["batchItemFailures"]) == 1
    text = "".join(invocation.log_lines)
    assert "confirm-subscription" in text and confirmation["TopicArn"] in text
    assert confirmation["Token"] not in text


def test_a_digest_with_the_name_of_a_log_file_has_no_queries(alerter: AlerterStack) -> None:
    key = alerter.put_object(cloudtrail.log_key(), cloudtrail.digest_file())
    assert alerter.announce(key)[0].succeeded and alerter.rows() == []


def test_events_about_deleted_or_restored_files_are_skipped(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    removed = event_delivery.object_created_event(alerter.resources.bucket, key, 1, name="ObjectRemoved:Delete")
    [invocation] = alerter.invoke_with_event(removed)
    assert invocation.succeeded and metrics(invocation)["FilesSkippedNotCreated"] == 1


def test_a_start_that_cannot_be_read_leaves_its_neighbors_alone(alerter: AlerterStack) -> None:
    bad: List[Any] = [
        cloudtrail.query_start("q-0", eventTime="yesterday"),
        {**cloudtrail.query_start(), "responseElements": {"queryExecutionId": 7}},
        "StartQueryExecution",
        None,
        {**cloudtrail.query_start("q-2"), "userIdentity": "somebody", "requestParameters": []},
        cloudtrail.failed_start(),
    ]
    [invocation] = alerter.deliver([cloudtrail.query_start("q-1"), *bad, cloudtrail.query_start("q-3")])
    assert invocation.succeeded and sorted(alerter.open_ids()) == ["q-1", "q-2", "q-3"]
    counted = metrics(invocation)
    assert (counted["Records"], counted["QueryStarts"]) == (8, 3)
    assert (counted["StartsRefusedByAthena"], counted["RecordsMalformed"]) == (1, 4)


def test_a_start_that_the_table_refuses_is_delivered_again(alerter: AlerterStack) -> None:
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "part", "code": "AccessDenied"})
    first, second = alerter.deliver([cloudtrail.query_start(f"q-{number}") for number in range(5)])
    assert "dynamodb:BatchExecuteStatement was refused: AccessDenied" in reason(first)
    assert metrics(first)["QueriesNotStored"] == 3 and metrics(first)["QueriesStored"] == 2
    assert second.succeeded and len(alerter.open_ids()) == 5
    assert metrics(second)["QueriesStored"] == 3 and metrics(second)["QueriesAlreadyStored"] == 2


def test_only_the_message_whose_file_failed_is_returned(alerter: AlerterStack) -> None:
    good = alerter.created(alerter.put_log([cloudtrail.query_start("q-1")]))
    bad = alerter.created(alerter.put_object(cloudtrail.log_key(), b"no gzip"))
    event = event_delivery.through_sqs(bad, good)
    [invocation] = alerter.invoke_with_event(event)
    failed = [failure["itemIdentifier"] for failure in invocation.payload["batchItemFailures"]]
    assert failed == [event["Records"][0]["messageId"]] and alerter.open_ids() == ["q-1"]


@pytest.mark.parametrize("kind", ["throttle", "lost", "corrupt", "part"])
def test_a_throttled_write_is_retried(alerter: AlerterStack, kind: str) -> None:
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": kind, "times": 2})
    [invocation] = alerter.deliver([cloudtrail.query_start(f"q-{number}") for number in range(5)])
    assert invocation.succeeded and len(alerter.open_ids()) == 5


def test_a_throttled_download_is_retried(alerter: AlerterStack) -> None:
    alerter.aws.arm({"operation": "s3.GetObject", "kind": "throttle"})
    [invocation] = alerter.deliver([cloudtrail.query_start("q-1")])
    assert invocation.succeeded and alerter.open_ids() == ["q-1"]


# Open queries


@pytest.mark.parametrize("code", ["InvalidRequestException", "AccessDeniedException"])
def test_a_query_that_athena_refuses_does_not_fail_its_batch(alerter: AlerterStack, code: str) -> None:
    names = [f"q-{number:02}" for number in range(9)]
    alerter.deliver([cloudtrail.query_start(name, at=ago(minutes=5)) for name in names])
    for name in names:
        alerter.finish(name)
    # All nine in one request, then seven and two, then one of the nine alone.
    alerter.aws.arm({"operation": BATCH, "status": 400, "code": code, "times": 4})
    ticked = alerter.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnclear"] == 1
    [left] = alerter.open_ids()
    alerter.drain()
    assert [name for name in names if not alerter.channel_alerts(name)] == [left]
    alerter.update_and_notify()
    assert all(len(alerter.channel_alerts(name)) == 1 for name in names)


def test_a_query_that_athena_always_refuses_is_closed_after_athenas_retention(alerter: AlerterStack) -> None:
    alerter.run("q-1", at=ago(days=46))
    alerter.aws.arm({"operation": BATCH, "status": 400, "code": "InvalidRequestException", "times": 2})
    ticked = alerter.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnknownToAthena"] == 1
    assert alerter.open_ids() == [] and alerter.row("q-1")["query_state"] == "UNKNOWN"


def test_a_query_with_an_unclear_state_is_asked_for_again(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start(name, at=ago(minutes=5)) for name in ("q-1", "q-2")])
    alerter.aws.put_execution("q-1", error_code="INTERNAL_ERROR")
    alerter.finish("q-2")
    alerter.update_and_notify()
    assert alerter.open_ids() == ["q-1"] and len(alerter.channel_alerts("q-2")) == 1
    alerter.aws.delete_execution("q-1")
    alerter.finish("q-1")
    alerter.update_and_notify()
    assert alerter.open_ids() == [] and len(alerter.channel_alerts("q-1")) == 1


def test_a_row_without_most_attributes_does_not_affect_others(alerter: AlerterStack) -> None:
    alerter.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:00#q-0", open="0")
    alerter.put_row(start_date="2024-03-05", start_key="not even a time#q-9", open="0", executing_user=7)
    alerter.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:01#", open="0", extra={"a": [True, None]})
    alerter.run("q-1")
    alerter.finish("q-0")
    alerter.update_and_notify()
    assert [row for row in alerter.rows() if "open" in row] == []
    assert len(alerter.channel_alerts("q-0")) == len(alerter.channel_alerts("q-1")) == 1


def test_a_row_whose_key_has_another_form_does_not_stay_open(alerter: AlerterStack) -> None:
    alerter.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:00", open="0")
    alerter.run("q-1")
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-1")) == 1
    assert [row for row in alerter.rows() if "open" in row] == []


def test_a_query_of_three_hours_alerts_at_its_end(alerter: AlerterStack) -> None:
    query = alerter.start(at=ago(hours=3))
    alerter.aws.put_execution(query, submitted=ago(hours=3).timestamp())
    for _ in range(3):
        assert alerter.update_and_notify().received == 0
    alerter.finish(query, engine_milliseconds=3 * 3_600_000)
    alerter.update_and_notify()
    [text] = alerter.channel_alerts(query)
    assert "3 h 0 min" in text


def test_a_query_queued_again_is_still_running(alerter: AlerterStack) -> None:
    query = alerter.start()
    for state in ("QUEUED", "RUNNING", "QUEUED"):
        alerter.aws.put_execution(query, state=state)
        assert alerter.update_and_notify().received == 0
    alerter.finish(query)
    alerter.update_and_notify()
    assert len(alerter.channel_alerts(query)) == 1


def test_a_query_unknown_to_athena_is_closed_once_it_is_old(alerter: AlerterStack) -> None:
    starts = [cloudtrail.query_start("q-old", at=ago(hours=2)), cloudtrail.query_start("q-new", at=ago(minutes=5))]
    alerter.deliver(starts)
    ticked = alerter.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnknownToAthena"] == 1
    assert alerter.row("q-old")["query_state"] == "UNKNOWN" and alerter.open_ids() == ["q-new"]
    alerter.finish("q-new")
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-new")) == 1


def test_a_row_of_another_day_and_region_is_found(alerter: AlerterStack) -> None:
    for days in (1, 3, 40):
        alerter.run(f"q-{days}", at=ago(days=days), region="us-east-1" if days == 3 else REGION)
    alerter.update_and_notify()
    assert alerter.open_ids() == [] and len(alerter.channel_alerts()) == 3


@pytest.mark.parametrize("character", ["é", "'", "\\", "\x01", "\uffff", "😀"])
def test_the_longest_sql_reaches_the_alert(alerter: AlerterStack, character: str) -> None:
    sql = character * (LONGEST_SQL // len(character.encode()))
    query = alerter.start()
    alerter.finish(query, query=sql)
    assert alerter.tick().succeeded
    assert alerter.row(query)["query_sql"] == sql
    [body] = alerter.waiting()
    assert len(body.encode()) <= LONGEST_MESSAGE
    message = json.loads(body)
    assert message["query_sql_cut"] is True and sql.startswith(message["query_sql"])
    # Only text beyond the limit is cut.
    assert len(body.encode()) > LONGEST_MESSAGE - 16
    alerter.send(body)
    alerter.drain()
    assert len(alerter.channel_alerts(query)) == 1


def test_a_message_that_cannot_be_sent_keeps_its_row_open(alerter: AlerterStack) -> None:
    query = alerter.run()
    alerter.aws.arm({"operation": "sqs.SendMessageBatch", **DENIED})
    ticked = alerter.tick()
    assert "sqs:SendMessageBatch" in reason(ticked) and alerter.open_ids() == [query]
    alerter.update_and_notify()
    assert len(alerter.channel_alerts(query)) == 1


def test_many_messages_are_sent_in_several_batches(alerter: AlerterStack) -> None:
    names = [f"q-{number:02}" for number in range(23)]
    alerter.deliver([cloudtrail.query_start(name) for name in names])
    for name in names:
        alerter.finish(name, query="SELECT " + "x" * 30_000)
    alerter.aws.arm({"operation": "sqs.SendMessageBatch", "after": 1, **DENIED})
    assert not alerter.tick().succeeded
    assert 0 < len(alerter.open_ids()) < 23
    alerter.update_and_notify()
    assert all(len(alerter.channel_alerts(name)) == 1 for name in names)


@pytest.mark.parametrize("times", [1, 3])
def test_a_throttled_call_to_athena_is_retried(alerter: AlerterStack, times: int) -> None:
    query = alerter.run()
    alerter.aws.arm({"operation": BATCH, "kind": "throttle", "times": times})
    ticked = alerter.tick()
    assert ticked.succeeded == (times == 1)
    alerter.update_and_notify()
    assert len(alerter.channel_alerts(query)) == 1


def test_open_rows_on_several_pages_are_all_updated(alerter: AlerterStack) -> None:
    for number in range(30):
        moment = cloudtrail.START + timedelta(seconds=number)
        name = f"q-{number:02}"
        alerter.put_row(
            start_date=f"{moment:%Y-%m-%d}",
            start_key=f"{moment:%Y-%m-%d %H:%M:%S}#{name}",
            start_timestamp=f"{moment:%Y-%m-%d %H:%M:%S}",
            query_execution_id=name,
            query_state="RUNNING",
            executing_user="ada",
            open="0",
            padding="x" * 100_000,
        )
        alerter.finish(name, CHANNEL_THRESHOLD)
    alerter.aws.reset_calls()
    alerter.update_and_notify()
    assert alerter.aws.calls()["dynamodb.Query"] >= 3
    assert alerter.open_ids() == [] and len(alerter.channel_alerts()) == 30


@pytest.mark.check
def test_a_backlog_larger_than_one_invocation_starves_no_query(alerter: AlerterStack) -> None:
    old = [f"old-{number:03}" for number in range(600)]
    alerter.put_open_rows(old, ago(hours=2))
    alerter.run("q-new", at=ago(minutes=5))
    alerter.timeout_seconds = 8
    # A batch of a hundred takes one of the five seconds.
    alerter.aws.arm({"operation": BATCH, "kind": "delay", "delay": 1, "times": 1000})
    alerter.tick()
    assert alerter.drain().received == 0, "all messages must have been processed in time"
    tick_until_alerted(alerter, "q-new")
    assert len(alerter.channel_alerts("q-new")) == 1 and len(alerter.open_ids()) == 600
    # The old queries do not wait for the new ones either.
    alerter.finish("old-000")
    alerter.finish("old-599")
    tick_until_alerted(alerter, "old-000", "old-599")
    assert len(alerter.channel_alerts("old-000")) == len(alerter.channel_alerts("old-599")) == 1


def tick_until_alerted(alerter: AlerterStack, *queries: str) -> None:
    """Enough invocations for a slow machine."""
    for _ in range(30):
        alerter.tick()
        alerter.drain()
        if all(alerter.channel_alerts(query) for query in queries):
            return


def test_a_page_that_cannot_be_read_is_read_in_the_next_invocation(alerter: AlerterStack) -> None:
    query = alerter.run()
    alerter.aws.arm({"operation": "dynamodb.Query", **DENIED})
    assert "dynamodb:Query" in reason(alerter.tick())
    alerter.update_and_notify()
    assert len(alerter.channel_alerts(query)) == 1


# Messages


def test_a_message_with_the_originals_seven_keys_is_accepted(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    message = finished_message("q-1")
    assert tuple(message) == ORIGINAL_KEYS
    alerter.send(message)
    assert alerter.drain().returned == 0
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_message_begins_with_the_originals_keys(alerter: AlerterStack) -> None:
    query = alerter.run(identity=cloudtrail.iam_user("ada"))
    alerter.tick()
    [body] = alerter.waiting()
    message = json.loads(body)
    assert tuple(message)[:7] == ORIGINAL_KEYS
    assert message["query_execution_id"] == query and message["version"] == 1
    assert (message["cost_usd"], message["region"], message["account_id"]) == (5, REGION, cloudtrail.ACCOUNT)


def test_keys_of_a_later_version_are_ignored(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1", version=9, tables=["a"], cost_usd={"EUR": 4}, region=None))
    alerter.send(finished_message("q-2", query_sql=None, executing_user="q-2"))
    assert alerter.drain().returned == 0
    assert len(alerter.channel_alerts("q-1")) == len(alerter.channel_alerts("q-2")) == 1


def test_an_unreadable_message_becomes_a_dead_letter_and_the_others_alert(alerter: AlerterStack) -> None:
    garbage = ["not JSON", "[]", '{"query_execution_id": "q-0"}', json.dumps(finished_message(data_scanned="much"))]
    for number, body in enumerate(garbage):
        alerter.send(finished_message(f"q-{number}"))
        alerter.send(body)
    alerter.drain()
    assert sorted(alerter.dead_letters()) == sorted(garbage)
    assert all(len(alerter.channel_alerts(f"q-{number}")) == 1 for number in range(4))


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "service_unavailable", "some_new_error"])
def test_an_alert_that_slack_refuses_is_sent_later(alerter: AlerterStack, slack: FakeSlack, code: str) -> None:
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", fake_slack.ok_false(code))
    delivery = alerter.queue().deliver_batch()
    assert (delivery.returned, alerter.channel_alerts()) == (1, [])
    assert code in "".join(delivery.invocations[0].log_lines)
    assert alerter.drain().returned == 0
    assert len(alerter.channel_alerts("q-1")) == 1


def test_a_rotated_token_loses_no_alert(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.send(finished_message("q-1"))
    slack.bot_token, old = "xoxb-0-0-newer", slack.bot_token
    delivery = alerter.queue().deliver_batch()
    assert delivery.returned == 1 and "invalid_auth" in "".join(delivery.invocations[0].log_lines)
    slack.bot_token = old
    assert alerter.drain().returned == 0
    assert len(alerter.channel_alerts("q-1")) == 1


def test_a_short_retry_after_is_waited_for(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", fake_slack.rate_limited(1))
    began = time.monotonic()
    assert alerter.drain().returned == 0
    assert time.monotonic() - began >= 1 and len(alerter.channel_alerts("q-1")) == 1


def test_a_long_retry_after_returns_all_messages(alerter: AlerterStack, slack: FakeSlack) -> None:
    for number in range(4):
        alerter.send(finished_message(f"q-{number}"))
    slack.fail_next("chat.postMessage", fake_slack.rate_limited(120))
    assert alerter.queue().deliver_batch().returned == 4
    # No call is made to Slack meanwhile.
    assert len(slack.calls_of("chat.postMessage")) == 1
    assert alerter.drain().returned == 0
    assert all(len(alerter.channel_alerts(f"q-{number}")) == 1 for number in range(4))


def test_a_server_error_of_slack_is_retried_and_then_returned(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", fake_slack.server_error(503), times=3)
    delivery = alerter.drain()
    assert (delivery.batches, delivery.returned) == (2, 1)
    assert len(alerter.channel_alerts("q-1")) == 1


UNCLEAR = {
    "reset": fake_slack.reset(),
    "hang": fake_slack.hang(),
    "half-way": fake_slack.ok_false("fatal_error"),
    "gateway": fake_slack.server_error(504),
}


@pytest.mark.check
@pytest.mark.parametrize("failure", UNCLEAR.values(), ids=UNCLEAR)
def test_an_alert_with_a_lost_response_is_settled_when_its_lease_expires(
    alerter: AlerterStack, slack: FakeSlack, failure: fake_slack.Failure
) -> None:
    alerter.timeout_seconds = 5
    alerter.send(finished_message("q-1"))
    alerter.send(finished_message("q-2"))
    slack.fail_next("chat.postMessage", failure)
    delivery = alerter.queue(retry_seconds=1).deliver_batch()
    assert delivery.invocations[0].succeeded, "it must respond before its timeout"
    assert delivery.returned >= 1
    alerter.expire_leases()
    time.sleep(1)
    alerter.drain()
    assert len(alerter.channel_alerts("q-1")) == len(alerter.channel_alerts("q-2")) == 1


@pytest.mark.parametrize("method", ["users.lookupByEmail", "conversations.open"])
@pytest.mark.parametrize("failure", [fake_slack.reset(), fake_slack.garbage(), fake_slack.server_error()])
def test_a_person_is_alerted_after_a_lookup_that_failed_once(
    alerter: AlerterStack, slack: FakeSlack, method: str, failure: fake_slack.Failure
) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.send(finished_message("q-1"))
    slack.fail_next(method, failure, times=2)
    alerter.drain()
    assert len(slack.direct_messages(ada)) == len(alerter.channel_alerts("q-1")) == 1


def test_an_unknown_person_does_not_keep_the_message(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1"))
    delivery = alerter.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsSkippedUnknownPerson"] == 1


def test_an_alert_whose_blocks_slack_refuses_is_sent_as_text(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", fake_slack.ok_false("invalid_blocks"))
    assert alerter.drain().returned == 0
    [message] = slack.channel_messages("#athena")
    assert "ada" in message["text"] and "blocks" not in message


def test_a_message_stays_when_its_claim_cannot_be_written(alerter: AlerterStack) -> None:
    alerter.send(finished_message("q-1"))
    alerter.aws.arm({"operation": "dynamodb.UpdateItem", **DENIED})
    delivery = alerter.queue().deliver_batch()
    assert (delivery.returned, delivery.invocations[0].succeeded) == (1, True)
    alerter.drain()
    assert len(alerter.channel_alerts("q-1")) == 1
