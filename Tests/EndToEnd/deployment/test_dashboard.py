"""The dashboard of the alerter shows metrics that exist, of resources that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from support import template
from support.deployment import deploying
from support.documentation import page
from support.local_aws import LocalAWS

# Metrics that AWS itself writes.
AWS_METRICS = {
    "AWS/Lambda": {"Duration", "Errors"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
}
# The section of the documentation about each function's metrics.
SECTIONS = {"CloudtrailHandler": "cloudtrail_handler", "UsageUpdate": "usage_update", "Notification": "notification"}
WIDTH = 24


def body() -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(template.of("alerter")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    return found


def metrics() -> Iterator[Tuple[str, List[Any]]]:
    for widget in body()["widgets"]:
        for metric in widget["properties"]["metrics"]:
            yield widget["properties"]["title"], metric


def explained(handler: str) -> List[str]:
    """The metrics that the documentation explains of a handler."""
    parts = re.split(r"^`(\w+)`(?: counts|:$|, if|: the number)", page("operations.md").split("## Logs")[0], flags=re.MULTILINE)
    return re.findall(r"`([A-Z][A-Za-z]+)`", dict(zip(parts[1::2], parts[2::2]))[handler])


def test_every_metric_exists() -> None:
    seen = set()
    for title, metric in metrics():
        if isinstance(metric[0], dict):
            assert re.findall(r'MetricName="(\w+)"', metric[0]["expression"]) == ["ProcessedBytes"], title
            continue
        namespace, name, dimension, value = metric[:4]
        [resource] = re.findall(r"^\$\{(\w+)(?:\.QueueName)?\}$", value)
        seen.add((namespace, name, resource))
        if namespace == "AthenaAlerter":
            assert dimension == "FunctionName" and name in explained(SECTIONS[resource]), (title, name)
        else:
            assert name in AWS_METRICS[namespace]
    assert {resource for _, _, resource in seen} == {*SECTIONS, "FinishedQueries", "DeadLetters", "FailedEvents"}
    assert len(seen) == len([one for _, one in metrics() if not isinstance(one[0], dict)])


def test_every_dimension_is_that_of_a_resource() -> None:
    resources = template.of("alerter")["Resources"]
    kinds = {"FunctionName": "AWS::Lambda::Function", "QueueName": "AWS::SQS::Queue"}
    for _, metric in metrics():
        if not isinstance(metric[0], dict):
            assert resources[re.findall(r"\w+", metric[3])[0]]["Type"] == kinds[metric[2]]


def test_the_widgets_fill_the_rows_without_overlap() -> None:
    taken = set()
    for widget in body()["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken and max(x for x, _ in cells) < WIDTH
        taken |= cells
    assert len(taken) == WIDTH * (1 + max(y for _, y in taken))


def test_without_the_parameter_there_is_none() -> None:
    alerter = template.of("alerter")
    assert alerter["Resources"]["Dashboard"]["Condition"] == "HasDashboard"
    assert alerter["Parameters"]["CreateDashboard"]["Default"] == "false"


@pytest.mark.check
def test_the_variable_sets_the_parameter(local_aws: LocalAWS, tmp_path: Path) -> None:
    with deploying(local_aws, tmp_path) as deployment:
        deployment.run(CREATE_DASHBOARD="true")
        assert deployment.parameters()["CreateDashboard"] == "true"
