"""Which alarms ring in the failures that the runbook knows, by the rules with which CloudWatch evaluates alarms.

The local AWS has no alarms. The evaluation follows "How CloudWatch evaluates alarms" in CloudWatch's user guide.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Set, Tuple

import pytest

from support import template
from support.alerter_stack import CHANNEL, AlerterStack, finished_message, metrics
from support.fake_slack import FakeSlack

HOURS = 72
# A metric's name, and the function or queue that it belongs to.
Metric = Tuple[str, str]
# The values of a metric by minute.
Minutes = Dict[int, float]


def alarms() -> Dict[str, Dict[str, Any]]:
    return {name: one["Properties"] for name, one in template.resources("AWS::CloudWatch::Alarm").items()}


def metric_of(alarm: Dict[str, Any]) -> Metric:
    [dimension] = alarm["Dimensions"]
    return alarm["MetricName"], template.text(dimension["Value"])


def rings(alarm: Dict[str, Any], minutes: Minutes) -> bool:
    """Whether an alarm goes off in some of these hours, with these values of its metric by minute."""
    length = alarm["Period"] // 60
    periods: List[bool] = []
    for start in range(0, HOURS * 60, length):
        values = [minutes[minute] for minute in range(start, start + length) if minute in minutes]
        if values:
            value = {"Sum": sum, "Maximum": max}[alarm["Statistic"]](values)
            below = alarm["ComparisonOperator"] == "LessThanThreshold"
            periods.append(value < alarm["Threshold"] if below else value >= alarm["Threshold"])
        else:
            periods.append({"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]])
    evaluated = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm", evaluated)
    return any(sum(periods[at : at + evaluated]) >= needed for at in range(len(periods) - evaluated + 1))


def ringing(told: Dict[Metric, Minutes]) -> Set[str]:
    return {name for name, alarm in alarms().items() if rings(alarm, told.get(metric_of(alarm), {}))}


def every(minutes: int, value: float = 1) -> Minutes:
    return {minute: value for minute in range(0, HOURS * 60, minutes)}


def usual() -> Dict[Metric, Minutes]:
    """An account without queries: only schedules and CloudTrail's digests invoke functions."""
    return {
        ("Ticks", "${UsageUpdate}"): every(1),
        ("OldestOpenQueryMinutes", "${UsageUpdate}"): every(1, 0),
        ("FileNotices", "${CloudtrailHandler}"): every(60),
        ("Invocations", "${QueryRetention}"): every(10),
        ("Invocations", "${Report}"): every(24 * 60),
        ("ApproximateAgeOfOldestMessage", "${FinishedQueries.QueueName}"): every(1, 0),
        ("ApproximateNumberOfMessagesVisible", "${DeadLetters.QueueName}"): every(5, 0),
    }


def test_a_quiet_account_is_quiet() -> None:
    assert ringing(usual()) == set()


def test_messages_that_fail_again_and_again_ring_before_they_are_dead_letters() -> None:
    """SQS leaves out of the age what it delivered three times: it stays below 360 s with a visibility timeout of 180."""
    told = usual()
    timeout = template.of(template.ALERTER)["Resources"]["FinishedQueries"]["Properties"]["VisibilityTimeout"] // 60
    told["ApproximateAgeOfOldestMessage", "${FinishedQueries.QueueName}"] = every(1, 2 * timeout * 60)
    told["MessagesReturned", "${Notification}"] = every(timeout)
    told["Errors", "${Notification}"] = every(timeout, 0)
    assert ringing(told) == {"FinishedQueriesReturned"}


def test_a_short_outage_of_slack_does_not_ring() -> None:
    told = {**usual(), ("MessagesReturned", "${Notification}"): {1: 10.0, 4: 10.0, 7: 10.0}}
    assert ringing(told) == set()


def test_a_disabled_mapping_rings() -> None:
    told = usual()
    ages = {minute: minute * 60.0 for minute in range(HOURS * 60)}
    told["ApproximateAgeOfOldestMessage", "${FinishedQueries.QueueName}"] = ages
    assert ringing(told) == {"FinishedQueriesTooOld"}


@pytest.mark.parametrize(
    "function, alarm",
    [
        ("UsageUpdate", "UsageUpdateNotInvoked"),
        ("CloudtrailHandler", "CloudtrailHandlerNotInvoked"),
        ("QueryRetention", "QueryRetentionNotInvoked"),
        ("Report", "ReportNotInvoked"),
    ],
)
def test_a_function_that_is_not_invoked_rings(function: str, alarm: str) -> None:
    told = {metric: values for metric, values in usual().items() if metric[1] != f"${{{function}}}"}
    assert ringing(told) == {alarm}


def test_events_do_not_hide_that_files_or_ticks_stay_out() -> None:
    told = usual()
    told["FileNotices", "${CloudtrailHandler}"] = every(1, 0)
    told["CallNotices", "${CloudtrailHandler}"] = told["Invocations", "${CloudtrailHandler}"] = every(1)
    del told["Ticks", "${UsageUpdate}"]
    told["EndingEvents", "${UsageUpdate}"] = told["Invocations", "${UsageUpdate}"] = every(1)
    assert ringing(told) == {"CloudtrailHandlerNotInvoked", "UsageUpdateNotInvoked"}


def test_only_a_created_trail_promises_a_digest_every_hour() -> None:
    resources = template.of(template.ALERTER)["Resources"]
    assert resources["CloudtrailHandlerNotInvoked"]["Condition"] == resources["Trail"]["Condition"] == "HasOwnTrail"
    assert resources["Trail"]["Properties"]["EnableLogFileValidation"] is True
    [notified] = resources["CloudtrailLogs"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    [rule] = notified["Filter"]["S3Key"]["Rules"]
    assert "_CloudTrail-Digest_eu-west-1_T_eu-west-1_20260305T150131Z.json.gz".endswith(rule["Value"])


def test_a_revoked_token_counts_messages_and_no_errors(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack={"bot_token": "xoxb-revoked", "channel": CHANNEL})
    for name in ("q-1", "q-2"):
        alerter.send(finished_message(name))
    delivery = alerter.queue().deliver_batch()
    [invocation] = delivery.invocations
    assert delivery.returned == 2 and invocation.succeeded and slack.calls
    assert metrics(invocation)["MessagesReturned"] == 2
    [line] = [line for line in invocation.log_lines if '"MessagesReturned"' in line]
    [written] = json.loads(line)["_aws"]["CloudWatchMetrics"]
    alarm = alarms()["FinishedQueriesReturned"]
    assert (written["Namespace"], written["Dimensions"]) == (alarm["Namespace"], [[alarm["Dimensions"][0]["Name"]]])
