"""Whatever goes wrong, each query that should alert does so in the end, and one bad item harms only itself."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any, Callable, Dict, List

import pytest

from parts import bridge, cloudtrail
from parts import slack as slack_part
from parts.house import CHANNEL_THRESHOLD, ORIGINAL_KEYS, House, ago, finished_message, metrics, reason
from parts.local_aws import REGION
from parts.slack import Slack

DENIED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}
BATCH = "athena.BatchGetQueryExecution"
LONGEST_SQL = 262_144
LONGEST_MESSAGE = 262_144


# Files


def test_queries_of_one_second_are_two_rows_and_two_alerts(house: House) -> None:
    house.deliver([cloudtrail.query_start("q-1"), cloudtrail.query_start("q-2")])
    house.finish("q-1")
    house.finish("q-2")
    house.carry_on()
    assert [row["query_execution_id"] for row in house.rows()] == ["q-1", "q-2"]
    assert len(house.channel_alerts("q-1")) == len(house.channel_alerts("q-2")) == 1


def test_every_file_of_an_event_is_read(house: House) -> None:
    keys = [house.put_log([cloudtrail.query_start(name)]) for name in ("q-1", "q-2", "q-3")]
    assert house.announce(*keys)[0].succeeded
    assert sorted(house.open_ids()) == ["q-1", "q-2", "q-3"]


def test_a_file_is_read_among_other_records(house: House) -> None:
    records = [*cloudtrail.noise(50), cloudtrail.query_start("q-1"), *cloudtrail.noise(50, seed=1)]
    [invocation] = house.deliver(records)
    assert house.open_ids() == ["q-1"]
    assert metrics(invocation)["Records"] == 101


@pytest.mark.parametrize("prefix", ["a b/", "a=b/", "a+b/", "100%/", "%2B/", "Übersicht/日本/", "a&b's (1)*~!/"])
def test_a_key_with_unusual_characters_is_found(house: House, prefix: str) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")], prefix=prefix)
    assert house.announce(key)[0].succeeded
    bucket = house.resources.bucket
    assert house.tell(bridge.event_bridge_object_created(bucket, key, house.size(key)))[0].succeeded
    assert house.open_ids() == ["q-1"]


Wrapping = Callable[[bridge.Event], Any]

WRAPPINGS: Dict[str, Wrapping] = {
    "S3": lambda event: event,
    "SNS": lambda event: bridge.through_sns(event),
    "SQS": lambda event: bridge.through_sqs(event),
    "SNS and SQS": lambda event: bridge.through_sns_and_sqs(event),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_a_file_is_found_in_each_wrapping(house: House, wrap: Wrapping) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    [invocation] = house.tell(wrap(house.created(key)))
    assert invocation.succeeded and house.open_ids() == ["q-1"]


@pytest.mark.parametrize("wrap", list(WRAPPINGS.values())[1:], ids=list(WRAPPINGS)[1:])
def test_cloudtrails_own_message_is_understood(house: House, wrap: Wrapping) -> None:
    keys = [house.put_log([cloudtrail.query_start(name)], prefix="a+b c/") for name in ("q-1", "q-2")]
    [invocation] = house.tell(wrap(bridge.cloudtrail_message(house.resources.bucket, *keys)))
    assert invocation.succeeded and sorted(house.open_ids()) == ["q-1", "q-2"]


def test_event_bridge_tells_of_a_file(house: House) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    event = bridge.event_bridge_object_created(house.resources.bucket, key, house.size(key))
    assert house.tell(event)[0].succeeded and house.open_ids() == ["q-1"]
    assert house.tell(bridge.through_sqs(event))[0].succeeded


@pytest.mark.parametrize(
    "event",
    [
        bridge.s3_test_event("trail"),
        bridge.through_sns(bridge.s3_test_event("trail")),
        bridge.through_sqs(bridge.s3_test_event("trail")),
        bridge.through_sns_and_sqs(bridge.s3_test_event("trail")),
        bridge.through_sns(bridge.CLOUDTRAIL_VALIDATION_MESSAGE),
        bridge.through_sns_and_sqs(bridge.CLOUDTRAIL_VALIDATION_MESSAGE),
    ],
    ids=["S3", "SNS", "SQS", "SNS and SQS", "validation", "validation in SQS"],
)
def test_a_trial_message_is_no_error(house: House, event: bridge.Event) -> None:
    [invocation] = house.tell(event)
    assert invocation.succeeded
    assert invocation.payload == {"batchItemFailures": []}
    assert metrics(invocation)["FilesSkippedTestMessage"] == 1


def test_files_that_are_no_logs_are_skipped_beside_one_that_is(house: House) -> None:
    keys = [
        house.put_object(cloudtrail.log_key(kind="CloudTrail-Digest"), cloudtrail.digest_file()),
        house.put_object(cloudtrail.log_key(kind="CloudTrail-Insight"), cloudtrail.log_file([])),
        house.put_object(cloudtrail.log_key(kind="elasticloadbalancing"), b"no gzip at all"),
        house.put_object(cloudtrail.log_key(kind="CloudTrail").rsplit("/", 1)[0] + "/", b""),
        house.put_log([cloudtrail.query_start("q-1")]),
    ]
    [invocation] = house.announce(*keys)
    assert invocation.succeeded and house.open_ids() == ["q-1"]
    assert metrics(invocation)["FilesSkippedNotALogFile"] == 4


def test_a_digest_without_a_name_to_tell_it_by_holds_no_queries(house: House) -> None:
    key = house.put_object(cloudtrail.log_key(), cloudtrail.digest_file())
    assert house.announce(key)[0].succeeded and house.rows() == []


def test_what_happens_to_old_files_is_skipped(house: House) -> None:
    key = house.put_log([cloudtrail.query_start("q-1")])
    removed = bridge.object_created_event(house.resources.bucket, key, 1, name="ObjectRemoved:Delete")
    [invocation] = house.tell(removed)
    assert invocation.succeeded and metrics(invocation)["FilesSkippedNotCreated"] == 1


def test_a_start_that_cannot_be_read_leaves_its_neighbors_alone(house: House) -> None:
    bad: List[Any] = [
        cloudtrail.query_start("q-0", eventTime="yesterday"),
        {**cloudtrail.query_start(), "responseElements": {"queryExecutionId": 7}},
        "StartQueryExecution",
        None,
        {**cloudtrail.query_start("q-2"), "userIdentity": "somebody", "requestParameters": []},
        cloudtrail.failed_start(),
    ]
    [invocation] = house.deliver([cloudtrail.query_start("q-1"), *bad, cloudtrail.query_start("q-3")])
    assert invocation.succeeded and sorted(house.open_ids()) == ["q-1", "q-2", "q-3"]
    counted = metrics(invocation)
    assert (counted["Records"], counted["QueryStarts"]) == (8, 3)
    assert (counted["StartsRefusedByAthena"], counted["RecordsMalformed"]) == (1, 4)


def test_a_start_that_the_table_refuses_comes_again(house: House) -> None:
    house.aws.arm({"operation": "dynamodb.PutItem", "after": 1, **DENIED})
    first, second = house.deliver([cloudtrail.query_start(f"q-{number}") for number in range(5)])
    assert "dynamodb:PutItem" in reason(first) and "AccessDeniedException" in reason(first)
    assert metrics(first)["QueriesNotStored"] == 1 and metrics(first)["QueriesStored"] == 4
    assert second.succeeded and len(house.open_ids()) == 5
    assert metrics(second)["QueriesStored"] == 1 and metrics(second)["QueriesAlreadyStored"] == 4


def test_only_the_message_whose_file_failed_goes_back(house: House) -> None:
    good = house.created(house.put_log([cloudtrail.query_start("q-1")]))
    bad = house.created(house.put_object(cloudtrail.log_key(), b"no gzip"))
    event = bridge.through_sqs(bad, good)
    [invocation] = house.tell(event)
    failed = [failure["itemIdentifier"] for failure in invocation.payload["batchItemFailures"]]
    assert failed == [event["Records"][0]["messageId"]] and house.open_ids() == ["q-1"]


@pytest.mark.parametrize("kind", ["throttle", "lost", "corrupt"])
def test_a_busy_table_is_asked_again(house: House, kind: str) -> None:
    house.aws.arm({"operation": "dynamodb.PutItem", "kind": kind, "times": 2})
    [invocation] = house.deliver([cloudtrail.query_start(f"q-{number}") for number in range(5)])
    assert invocation.succeeded and len(house.open_ids()) == 5


def test_a_file_whose_store_is_busy_is_fetched_again(house: House) -> None:
    house.aws.arm({"operation": "s3.GetObject", "kind": "throttle"})
    [invocation] = house.deliver([cloudtrail.query_start("q-1")])
    assert invocation.succeeded and house.open_ids() == ["q-1"]


# Open queries


@pytest.mark.parametrize("code", ["InvalidRequestException", "AccessDeniedException"])
def test_a_query_that_athena_takes_offense_at_stays_alone(house: House, code: str) -> None:
    names = [f"q-{number:02}" for number in range(9)]
    house.deliver([cloudtrail.query_start(name, at=ago(minutes=5)) for name in names])
    for name in names:
        house.finish(name)
    # All nine in one request, then seven and two, then one of the nine by itself.
    house.aws.arm({"operation": BATCH, "status": 400, "code": code, "times": 4})
    ticked = house.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnclear"] == 1
    [left] = house.open_ids()
    house.drain()
    assert [name for name in names if not house.channel_alerts(name)] == [left]
    house.carry_on()
    assert all(len(house.channel_alerts(name)) == 1 for name in names)


def test_a_query_that_athena_refuses_for_good_is_closed_when_athena_has_forgotten_it(house: House) -> None:
    house.run("q-1", at=ago(days=46))
    house.aws.arm({"operation": BATCH, "status": 400, "code": "InvalidRequestException", "times": 2})
    ticked = house.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnknownToAthena"] == 1
    assert house.open_ids() == [] and house.row("q-1")["query_state"] == "UNKNOWN"


def test_a_query_whose_state_is_unclear_is_asked_for_again(house: House) -> None:
    house.deliver([cloudtrail.query_start(name, at=ago(minutes=5)) for name in ("q-1", "q-2")])
    house.aws.put_execution("q-1", error_code="INTERNAL_ERROR")
    house.finish("q-2")
    house.carry_on()
    assert house.open_ids() == ["q-1"] and len(house.channel_alerts("q-2")) == 1
    house.aws.delete_execution("q-1")
    house.finish("q-1")
    house.carry_on()
    assert house.open_ids() == [] and len(house.channel_alerts("q-1")) == 1


def test_a_row_without_most_attributes_harms_nobody(house: House) -> None:
    house.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:00#q-0", open="0")
    house.put_row(start_date="2024-03-05", start_key="not even a time#q-9", open="0", executing_user=7)
    house.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:01#", open="0", extra={"a": [True, None]})
    house.run("q-1")
    house.finish("q-0")
    house.carry_on()
    assert [row for row in house.rows() if "open" in row] == []
    assert len(house.channel_alerts("q-0")) == len(house.channel_alerts("q-1")) == 1


def test_a_row_whose_key_has_another_form_does_not_stay_open(house: House) -> None:
    house.put_row(start_date="2024-03-05", start_key="2024-03-05 14:00:00", open="0")
    house.run("q-1")
    house.carry_on()
    assert len(house.channel_alerts("q-1")) == 1
    assert [row for row in house.rows() if "open" in row] == []


def test_a_query_of_three_hours_alerts_at_its_end(house: House) -> None:
    query = house.start(at=ago(hours=3))
    house.aws.put_execution(query, submitted=ago(hours=3).timestamp())
    for _ in range(3):
        assert house.carry_on().received == 0
    house.finish(query, engine_milliseconds=3 * 3_600_000)
    house.carry_on()
    [text] = house.channel_alerts(query)
    assert "3 h 0 min" in text


def test_a_query_that_was_queued_again_is_not_over(house: House) -> None:
    query = house.start()
    for state in ("QUEUED", "RUNNING", "QUEUED"):
        house.aws.put_execution(query, state=state)
        assert house.carry_on().received == 0
    house.finish(query)
    house.carry_on()
    assert len(house.channel_alerts(query)) == 1


def test_a_query_that_athena_forgot_is_closed_and_a_fresh_one_is_not(house: House) -> None:
    starts = [cloudtrail.query_start("q-old", at=ago(hours=2)), cloudtrail.query_start("q-new", at=ago(minutes=5))]
    house.deliver(starts)
    ticked = house.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesUnknownToAthena"] == 1
    assert house.row("q-old")["query_state"] == "UNKNOWN" and house.open_ids() == ["q-new"]
    house.finish("q-new")
    house.carry_on()
    assert len(house.channel_alerts("q-new")) == 1


def test_a_row_of_another_day_and_region_is_found(house: House) -> None:
    for days in (1, 3, 40):
        house.run(f"q-{days}", at=ago(days=days), region="us-east-1" if days == 3 else REGION)
    house.carry_on()
    assert house.open_ids() == [] and len(house.channel_alerts()) == 3


@pytest.mark.parametrize("character", ["é", "'", "\\", "\x01", "\uffff", "😀"])
def test_the_longest_sql_goes_all_the_way(house: House, character: str) -> None:
    sql = character * (LONGEST_SQL // len(character.encode()))
    query = house.start()
    house.finish(query, query=sql)
    assert house.tick().succeeded
    assert house.row(query)["query_sql"] == sql
    [body] = house.waiting()
    assert len(body.encode()) <= LONGEST_MESSAGE
    message = json.loads(body)
    assert message["query_sql_cut"] is True and sql.startswith(message["query_sql"])
    # Nothing is cut that would have fit.
    assert len(body.encode()) > LONGEST_MESSAGE - 16
    house.send(body)
    house.drain()
    assert len(house.channel_alerts(query)) == 1


def test_a_message_that_cannot_be_sent_keeps_its_row_open(house: House) -> None:
    query = house.run()
    house.aws.arm({"operation": "sqs.SendMessageBatch", **DENIED})
    ticked = house.tick()
    assert "sqs:SendMessageBatch" in reason(ticked) and house.open_ids() == [query]
    house.carry_on()
    assert len(house.channel_alerts(query)) == 1


def test_many_messages_leave_in_several_requests(house: House) -> None:
    names = [f"q-{number:02}" for number in range(23)]
    house.deliver([cloudtrail.query_start(name) for name in names])
    for name in names:
        house.finish(name, query="SELECT " + "x" * 30_000)
    house.aws.arm({"operation": "sqs.SendMessageBatch", "after": 1, **DENIED})
    assert not house.tick().succeeded
    assert 0 < len(house.open_ids()) < 23
    house.carry_on()
    assert all(len(house.channel_alerts(name)) == 1 for name in names)


@pytest.mark.parametrize("times", [1, 3])
def test_a_busy_athena_is_asked_again(house: House, times: int) -> None:
    query = house.run()
    house.aws.arm({"operation": BATCH, "kind": "throttle", "times": times})
    ticked = house.tick()
    assert ticked.succeeded == (times == 1)
    house.carry_on()
    assert len(house.channel_alerts(query)) == 1


def test_open_rows_on_several_pages_are_all_dealt_with(house: House) -> None:
    for number in range(30):
        moment = cloudtrail.START + timedelta(seconds=number)
        name = f"q-{number:02}"
        house.put_row(
            start_date=f"{moment:%Y-%m-%d}",
            start_key=f"{moment:%Y-%m-%d %H:%M:%S}#{name}",
            start_timestamp=f"{moment:%Y-%m-%d %H:%M:%S}",
            query_execution_id=name,
            query_state="RUNNING",
            executing_user="ada",
            open="0",
            padding="x" * 100_000,
        )
        house.finish(name, CHANNEL_THRESHOLD)
    house.aws.forget_calls()
    house.carry_on()
    assert house.aws.calls()["dynamodb.Query"] >= 3
    assert house.open_ids() == [] and len(house.channel_alerts()) == 30


def test_a_backlog_that_no_minute_suffices_for_starves_nobody(house: House) -> None:
    old = [f"old-{number:03}" for number in range(600)]
    house.put_open_rows(old, ago(hours=2))
    house.run("q-new", at=ago(minutes=5))
    house.timeout_seconds = 8
    # A piece of a hundred takes a second of the five that there are.
    house.aws.arm({"operation": BATCH, "kind": "delay", "delay": 1, "times": 1000})
    house.tick()
    assert house.drain().received == 0, "there was time for all of them"
    tick_until_told(house, "q-new")
    assert len(house.channel_alerts("q-new")) == 1 and len(house.open_ids()) == 600
    # Nor do the old ones wait for the new.
    house.finish("old-000")
    house.finish("old-599")
    tick_until_told(house, "old-000", "old-599")
    assert len(house.channel_alerts("old-000")) == len(house.channel_alerts("old-599")) == 1


def tick_until_told(house: House, *queries: str) -> None:
    """As many minutes as a slow machine needs for them all."""
    for _ in range(30):
        house.tick()
        house.drain()
        if all(house.channel_alerts(query) for query in queries):
            return


def test_a_page_that_cannot_be_read_is_read_in_a_minute(house: House) -> None:
    query = house.run()
    house.aws.arm({"operation": "dynamodb.Query", **DENIED})
    assert "dynamodb:Query" in reason(house.tick())
    house.carry_on()
    assert len(house.channel_alerts(query)) == 1


# Messages


def test_the_originals_seven_keys_are_a_message(house: House, slack: Slack) -> None:
    ada = slack.add_person("ada@example.com")
    message = finished_message("q-1")
    assert tuple(message) == ORIGINAL_KEYS
    house.send(message)
    assert house.drain().returned == 0
    assert len(house.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1


def test_a_message_begins_with_the_originals_keys(house: House) -> None:
    query = house.run(identity=cloudtrail.iam_user("ada"))
    house.tick()
    [body] = house.waiting()
    message = json.loads(body)
    assert tuple(message)[:7] == ORIGINAL_KEYS
    assert message["query_execution_id"] == query and message["version"] == 1
    assert (message["cost_usd"], message["region"], message["account_id"]) == (5, REGION, cloudtrail.ACCOUNT)


def test_keys_of_a_later_version_are_ignored(house: House) -> None:
    house.send(finished_message("q-1", version=9, tables=["a"], cost_usd={"EUR": 4}, region=None))
    house.send(finished_message("q-2", query_sql=None, executing_user="q-2"))
    assert house.drain().returned == 0
    assert len(house.channel_alerts("q-1")) == len(house.channel_alerts("q-2")) == 1


def test_garbage_is_given_up_and_its_neighbors_alert(house: House) -> None:
    garbage = ["not JSON", "[]", '{"query_execution_id": "q-0"}', json.dumps(finished_message(data_scanned="much"))]
    for number, body in enumerate(garbage):
        house.send(finished_message(f"q-{number}"))
        house.send(body)
    house.drain()
    assert sorted(house.dead_letters()) == sorted(garbage)
    assert all(len(house.channel_alerts(f"q-{number}")) == 1 for number in range(4))


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "service_unavailable", "some_new_error"])
def test_an_alert_that_slack_refuses_goes_out_once_it_does_not(house: House, slack: Slack, code: str) -> None:
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", slack_part.ok_false(code))
    delivery = house.queue().deliver_batch()
    assert (delivery.returned, house.channel_alerts()) == (1, [])
    assert code in "".join(delivery.invocations[0].log_lines)
    assert house.drain().returned == 0
    assert len(house.channel_alerts("q-1")) == 1


def test_a_token_that_was_replaced_loses_nothing(house: House, slack: Slack) -> None:
    house.send(finished_message("q-1"))
    slack.bot_token, old = "xoxb-0-0-newer", slack.bot_token
    delivery = house.queue().deliver_batch()
    assert delivery.returned == 1 and "invalid_auth" in "".join(delivery.invocations[0].log_lines)
    slack.bot_token = old
    assert house.drain().returned == 0
    assert len(house.channel_alerts("q-1")) == 1


def test_a_short_pause_is_waited_for(house: House, slack: Slack) -> None:
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", slack_part.rate_limited(1))
    began = time.monotonic()
    assert house.drain().returned == 0
    assert time.monotonic() - began >= 1 and len(house.channel_alerts("q-1")) == 1


def test_a_long_pause_sends_all_messages_back(house: House, slack: Slack) -> None:
    for number in range(4):
        house.send(finished_message(f"q-{number}"))
    slack.fail_next("chat.postMessage", slack_part.rate_limited(120))
    assert house.queue().deliver_batch().returned == 4
    # Slack is left alone meanwhile.
    assert len(slack.calls_of("chat.postMessage")) == 1
    assert house.drain().returned == 0
    assert all(len(house.channel_alerts(f"q-{number}")) == 1 for number in range(4))


def test_slacks_own_trouble_is_tried_again_and_then_later(house: House, slack: Slack) -> None:
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", slack_part.server_error(503), times=3)
    delivery = house.drain()
    assert (delivery.batches, delivery.returned) == (2, 1)
    assert len(house.channel_alerts("q-1")) == 1


UNCLEAR = {
    "reset": slack_part.reset(),
    "hang": slack_part.hang(),
    "half-way": slack_part.ok_false("fatal_error"),
    "gateway": slack_part.server_error(504),
}


@pytest.mark.parametrize("failure", UNCLEAR.values(), ids=UNCLEAR)
def test_a_lost_answer_is_cleared_up_when_its_claim_has_run_out(
    house: House, slack: Slack, failure: slack_part.Failure
) -> None:
    house.timeout_seconds = 5
    house.send(finished_message("q-1"))
    house.send(finished_message("q-2"))
    slack.fail_next("chat.postMessage", failure)
    delivery = house.queue(retry_seconds=1).deliver_batch()
    assert delivery.invocations[0].succeeded, "it must answer before Lambda ends it"
    assert delivery.returned >= 1
    house.let_claims_run_out()
    time.sleep(1)
    house.drain()
    assert len(house.channel_alerts("q-1")) == len(house.channel_alerts("q-2")) == 1


@pytest.mark.parametrize("method", ["users.lookupByEmail", "conversations.open"])
@pytest.mark.parametrize("failure", [slack_part.reset(), slack_part.garbage(), slack_part.server_error()])
def test_a_person_who_could_not_be_found_for_once_hears_later(
    house: House, slack: Slack, method: str, failure: slack_part.Failure
) -> None:
    ada = slack.add_person("ada@example.com")
    house.send(finished_message("q-1"))
    slack.fail_next(method, failure, times=2)
    house.drain()
    assert len(slack.direct_messages(ada)) == len(house.channel_alerts("q-1")) == 1


def test_an_unknown_person_does_not_keep_the_message(house: House) -> None:
    house.send(finished_message("q-1"))
    delivery = house.drain()
    assert delivery.returned == 0 and metrics(*delivery.invocations)["AlertsSkippedUnknownPerson"] == 1


def test_a_layout_that_slack_refuses_goes_out_as_text(house: House, slack: Slack) -> None:
    house.send(finished_message("q-1"))
    slack.fail_next("chat.postMessage", slack_part.ok_false("invalid_blocks"))
    assert house.drain().returned == 0
    [message] = slack.channel_messages("#athena")
    assert "ada" in message["text"] and "blocks" not in message


def test_a_table_that_cannot_note_claims_keeps_the_message(house: House) -> None:
    house.send(finished_message("q-1"))
    house.aws.arm({"operation": "dynamodb.UpdateItem", **DENIED})
    delivery = house.queue().deliver_batch()
    assert (delivery.returned, delivery.invocations[0].succeeded) == (1, True)
    house.drain()
    assert len(house.channel_alerts("q-1")) == 1
