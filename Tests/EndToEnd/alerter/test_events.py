"""Events of EventBridge bring alerts within seconds; log files and ticks find what the events leave out."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Dict, List

from moto.events.models import EventPattern

from support import cloudtrail, event_delivery, template
from support.alerter_stack import AlerterStack, ago, metrics, seconds
from support.emulator import Invocation
from support.fake_slack import FakeSlack

RULES = ("QueryStarts", "QueryEndings")


def announce(alerter: AlerterStack, *starts: cloudtrail.Record) -> Invocation:
    """Delivers one event to `cloudtrail_handler` for each start, as a rule with the function as its target does."""
    for start in starts:
        tries = event_delivery.AsynchronousInvoker(alerter.handler("cloudtrail_handler")).invoke(event_delivery.call_event(start))
        assert tries[-1].succeeded, tries[-1].error
    return tries[-1]


def test_an_alert_comes_within_ten_seconds_of_the_end(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    for handler in ("usage_update", "notification"):
        alerter.handler(handler)
    announce(alerter, cloudtrail.query_start("q-1", at=ago(seconds=30)))
    alerter.aws.put_execution("q-1", state="RUNNING")
    ended = time.time()
    alerter.finish("q-1", completed=ended)
    alerter.tell_of_end("q-1")
    # The window that the template gives Lambda.
    window = template.of(template.ALERTER)["Resources"]["EndingEventsSource"]["Properties"]["MaximumBatchingWindowInSeconds"]
    [updated] = alerter.events(window_seconds=window).drain().invocations
    delivered = alerter.drain()
    took = time.time() - ended
    assert len(alerter.channel_alerts("q-1")) == len(slack.direct_messages(ada)) == 1
    assert window <= took < 10, f"{took:.1f} s"
    assert metrics(updated)["EndingEventsDone"] == metrics(updated)["QueriesFinished"] == 1
    latencies = seconds("AlertLatencySeconds", *delivered.invocations)
    assert len(latencies) == 2 and max(latencies) < 10


def test_the_row_of_an_announced_start_is_the_row_of_its_file(alerter: AlerterStack, tmp_path: Path) -> None:
    starts = [
        cloudtrail.query_start("q-1"),
        cloudtrail.query_start("q-2", cloudtrail.identity_center_user(), workgroup=None, region="us-east-1"),
        cloudtrail.query_start("q-3", requestParameters={"omitted": True, "originalSize": 200_000, "reason": "too large"}),
    ]
    invocation = announce(alerter, *starts)
    [latency] = seconds("StartLatencySeconds", invocation)
    assert metrics(invocation)["CallNotices"] == 1 and latency > 0
    announced = without_expiry(alerter.rows())
    counted = metrics(*alerter.deliver(starts))
    assert (counted["QueriesStored"], counted["QueriesAlreadyStored"]) == (0, 3)
    with AlerterStack(alerter.executable, alerter.aws, alerter.slack, tmp_path) as other:
        other.deliver(starts)
        assert without_expiry(other.rows()) == announced


def without_expiry(rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "expires_at"} for row in rows]


def test_announced_starts_come_through_a_queue_several_at_once(alerter: AlerterStack) -> None:
    starts = [cloudtrail.query_start(f"q-{number}") for number in range(3)]
    events = [event_delivery.call_event(start) for start in starts]
    invocation = alerter.handler("cloudtrail_handler").invoke(event_delivery.through_sqs(*events, {"detail": {}}))
    assert len(invocation.payload["batchItemFailures"]) == 1 and alerter.open_ids() == ["q-0", "q-1", "q-2"]


def test_an_announced_start_that_is_not_stored_comes_again(alerter: AlerterStack) -> None:
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "status": 400, "code": "AccessDeniedException", "message": "no"})
    invoker = event_delivery.AsynchronousInvoker(alerter.handler("cloudtrail_handler"))
    tries = invoker.invoke(event_delivery.call_event(cloudtrail.query_start("q-1")))
    assert [one.succeeded for one in tries] == [False, True] and alerter.open_ids() == ["q-1"]


def test_an_ending_before_its_start_is_looked_for_again_some_seconds_later(alerter: AlerterStack) -> None:
    alerter.finish("q-1")
    alerter.tell_of_end("q-1")
    queue = alerter.events()
    early = queue.deliver_batch()
    assert (early.returned, queue.deliver_batch().received) == (1, 0)
    announce(alerter, cloudtrail.query_start("q-1"))
    time.sleep(5.2)
    assert queue.deliver_batch().deleted == 1 and alerter.row("q-1")["query_state"] == "SUCCEEDED"


def test_an_ending_without_a_start_is_dropped_after_four_looks(alerter: AlerterStack) -> None:
    alerter.tell_of_end("q-none")
    # The test does not wait for the visibility timeouts, which a unit test checks.
    delivery = alerter.events(retry_seconds=0).drain()
    assert delivery.received == 4 and delivery.drained
    assert metrics(*delivery.invocations)["EndingEventsReturned"] == 3
    assert metrics(*delivery.invocations)["EndingEventsDropped"] == 1


def test_endings_in_one_batch_take_one_call_of_athena(alerter: AlerterStack) -> None:
    names = [f"q-{number}" for number in range(12)]
    alerter.put_open_rows(names, ago(minutes=5))
    for name in names[:8]:
        alerter.finish(name)
    alerter.tell_of_end(*names[:8], *names[:4])
    alerter.aws.reset_calls()
    delivery = alerter.events(window_seconds=0.1).drain()
    assert (delivery.batches, delivery.deleted) == (1, 12)
    assert alerter.open_ids() == names[8:] and len(alerter.waiting()) == 8
    assert alerter.aws.calls()["athena.BatchGetQueryExecution"] == 1


def test_an_ending_of_another_account_makes_no_call(alerter: AlerterStack) -> None:
    alerter.tell_of_end("q-1", account="999999999999")
    alerter.handler("usage_update")
    alerter.aws.reset_calls()
    delivery = alerter.events().drain()
    assert metrics(*delivery.invocations)["EndingEventsSkipped"] == 1
    assert not {name for name in alerter.aws.calls() if not name.startswith("sqs.")}


# The rules


def matched(event: Dict[str, Any]) -> List[str]:
    """The rules of the template that take an event."""
    resources = template.of(template.ALERTER)["Resources"]
    patterns = {name: EventPattern.load(json.dumps(resources[name]["Properties"]["EventPattern"])) for name in RULES}
    return [name for name, pattern in patterns.items() if pattern.matches_event(event)]


def test_the_rules_take_successful_starts_and_stops_and_last_states_only() -> None:
    start = cloudtrail.query_start("q-1")
    assert matched(event_delivery.call_event(start)) == ["QueryStarts"]
    assert matched(event_delivery.call_event(cloudtrail.failed_start())) == []
    assert matched(event_delivery.call_event({**start, "eventName": "BatchGetQueryExecution"})) == []
    stop = cloudtrail.query_stop("q-1")
    assert matched(event_delivery.call_event(stop)) == ["QueryStarts"]
    assert matched(event_delivery.call_event({**stop, "errorCode": "AccessDenied"})) == []
    for state in ("SUCCEEDED", "FAILED", "CANCELLED"):
        assert matched(event_delivery.state_event("q-1", state)) == ["QueryEndings"]
    for state in ("QUEUED", "RUNNING"):
        assert matched(event_delivery.state_event("q-1", state)) == []


def test_another_region_forwards_what_the_rules_take_and_may_do_nothing_else() -> None:
    region, own = template.load(template.FORWARDING)["Resources"], template.of(template.ALERTER)["Resources"]
    for name in RULES:
        rule = region[name]["Properties"]
        assert rule["EventPattern"] == own[name]["Properties"]["EventPattern"]
        [target] = rule["Targets"]
        assert (target["Arn"], target["RoleArn"]) == ({"Ref": "BusArn"}, {"Fn::GetAtt": "ForwardRole.Arn"})
    [policy] = region["ForwardRole"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": {"Ref": "BusArn"}}]


def test_without_fast_nothing_of_it_is_in_the_stack() -> None:
    document = template.of(template.ALERTER)
    fast = {name for name, one in document["Resources"].items() if one.get("Condition") == "IsFast"}
    assert fast == {
        "QueryStarts", "AllowStartsToInvokeHandler", "QueryEndings", "EndingEvents", "EndingEventsPolicy", "EndingEventsSource",
    }
    assert document["Conditions"]["IsFast"] == {"Fn::Equals": [{"Ref": "Fast"}, "true"]}
    # Whatever refers to one of them has the condition, too.
    for name, one in document["Resources"].items():
        for value in conditionless(one):
            assert name in fast or value.split(".")[0] not in fast, (name, value)


def conditionless(value: Any) -> List[str]:
    """The names that a value refers to, without what an If on the condition gives."""
    if isinstance(value, list):
        return [name for one in value for name in conditionless(one)]
    if not isinstance(value, dict):
        return []
    if value.get("Fn::If", [None])[0] == "IsFast":
        return []
    if set(value) in ({"Ref"}, {"Fn::GetAtt"}):
        return [str(next(iter(value.values())))]
    return [name for one in value.values() for name in conditionless(one)]
