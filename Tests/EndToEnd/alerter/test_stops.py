"""An alert of a query that somebody cancelled says who, where CloudTrail tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, List

import pytest

from support import cloudtrail, event_delivery
from support.alerter_stack import AlerterStack, ago, metrics
from support.fake_slack import FakeSlack

GRACE = cloudtrail.sso_person("grace@example.com")
LIMIT = "Query cancelled! : Bytes scanned limit was exceeded"


def stops(alerter: AlerterStack) -> List[Any]:
    return [
        (item["start_date"], item["start_key"], item["stopped_by"], item["stopped_at"])
        for item in alerter.items()
        if item["start_date"].endswith("#stops")
    ]


def cancel(alerter: AlerterStack, name: str = "q-1", reason: str = "Query cancelled by user") -> str:
    """Ends a query, and returns the alert in the channel."""
    alerter.finish(name, state="CANCELLED", reason=reason)
    assert alerter.update_and_notify().returned == 0
    [alert] = alerter.channel_alerts(name)
    return alert


def test_the_alert_names_who_stopped_the_query(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    at = ago(minutes=3)
    [invocation] = alerter.deliver(
        [cloudtrail.query_start("q-1", at=at), cloudtrail.query_stop("q-1", GRACE, at=at + timedelta(minutes=1))]
    )
    counted = metrics(invocation)
    assert (counted["Records"], counted["QueriesStored"], counted["RecordsOfOthers"]) == (2, 1, 1)
    assert "Cancelled by grace@example.com" in cancel(alerter)
    row = alerter.row("q-1")
    assert row["stopped_by"] == "grace@example.com" and row["executing_user"] == "ada"
    time = (at + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S")
    assert stops(alerter) == [("q-1#stops", "#q-1", "grace@example.com", time)]


def test_an_announced_stop_is_known_before_its_file(alerter: AlerterStack) -> None:
    alerter.start("q-1")
    stop = cloudtrail.query_stop("q-1", cloudtrail.iam_user("ada"))
    tries = event_delivery.AsynchronousInvoker(alerter.handler("cloudtrail_handler")).invoke(event_delivery.call_event(stop))
    assert tries[-1].succeeded and metrics(tries[-1])["CallNotices"] == 1
    announced = stops(alerter)
    assert "Cancelled by the person who ran it" in cancel(alerter)
    alerter.deliver([stop])
    assert stops(alerter) == announced


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_first_stop_counts_whatever_order_they_come_in(alerter: AlerterStack, order: Any) -> None:
    alerter.start("q-1", at=ago(minutes=9))
    both = [cloudtrail.query_stop("q-1", GRACE, at=ago(minutes=5)), cloudtrail.query_stop("q-1", at=ago(minutes=4))]
    for index in order:
        alerter.deliver([both[index]])
    assert "Cancelled by grace@example.com" in cancel(alerter)


def test_a_stop_of_another_account_or_one_that_was_refused_is_not_noted(alerter: AlerterStack) -> None:
    alerter.deliver(
        [
            cloudtrail.query_stop("q-1", account="999999999999"),
            cloudtrail.query_stop("q-1", errorCode="AccessDenied"),
        ]
    )
    assert stops(alerter) == []


def test_a_name_is_shown_as_text(alerter: AlerterStack) -> None:
    alerter.start("q-1")
    alerter.deliver([cloudtrail.query_stop("q-1", cloudtrail.iam_user("<!channel>"))])
    assert "Cancelled by &lt;!channel&gt;" in cancel(alerter)


@pytest.mark.parametrize("state, reason", [("SUCCEEDED", None), ("FAILED", "no"), ("CANCELLED", LIMIT)])
def test_nobody_is_looked_up_for_another_end(alerter: AlerterStack, state: str, reason: Any) -> None:
    alerter.start("q-1")
    alerter.finish("q-1", state=state, **({"reason": reason} if reason else {}))
    alerter.handler("usage_update")
    alerter.aws.reset_calls()
    assert alerter.tick().succeeded and "dynamodb.BatchGetItem" not in alerter.aws.calls()


def test_a_failed_look_up_costs_the_name_and_not_the_alert(alerter: AlerterStack) -> None:
    alerter.start("q-1")
    alerter.deliver([cloudtrail.query_stop("q-1", GRACE)])
    alerter.aws.arm({"operation": "dynamodb.BatchGetItem", "status": 400, "code": "AccessDeniedException", "message": "no"})
    alert = cancel(alerter)
    assert "Cancelled: Query cancelled by user" in alert and "stopped_by" not in alerter.row("q-1")
