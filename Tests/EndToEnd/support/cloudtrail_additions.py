"""CloudTrail's event history, which moto lacks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, List

from moto.cloudtrail.responses import CloudTrailResponse

LARGEST_PAGE = 50
# The records of each region, which a test set.
HISTORY: Dict[str, List[Dict[str, Any]]] = {}


def lookup_events(self: CloudTrailResponse) -> Any:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
    request = json.loads(self.body)
    [attribute] = request["LookupAttributes"]
    assert attribute["AttributeKey"] == "EventName"
    start, end = request["StartTime"], request["EndTime"]
    found = [
        (seconds(record), record)
        for record in HISTORY.get(self.region, [])
        if record["eventName"] == attribute["AttributeValue"] and start <= seconds(record) <= end
    ]
    # The latest come first.
    found.sort(key=lambda pair: -pair[0])
    first = int(request.get("NextToken") or 0)
    page = found[first : first + min(request.get("MaxResults", LARGEST_PAGE), LARGEST_PAGE)]
    answer: Dict[str, Any] = {"Events": [event(*pair) for pair in page]}
    if first + len(page) < len(found):
        answer["NextToken"] = str(first + len(page))
    return json.dumps(answer)


def event(time: float, record: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "EventId": record.get("eventID", ""),
        "EventName": record["eventName"],
        "EventTime": time,
        "EventSource": record["eventSource"],
        "CloudTrailEvent": json.dumps(record),
    }


def seconds(record: Dict[str, Any]) -> float:
    return datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")).timestamp()


def put_history(region: str, records: List[Dict[str, Any]]) -> None:
    HISTORY[region] = records


def install() -> None:
    CloudTrailResponse.lookup_events = lookup_events  # type: ignore[attr-defined]


