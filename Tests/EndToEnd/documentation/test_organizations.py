"""The filters on the page about deployment let the files of one account through, and no others."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from moto.events.models import EventPattern
from moto.sns.utils import FilterPolicyMatcher

from support import cloudtrail, event_delivery
from support.documentation import block

BUCKET = "my-trail"
OWN, OTHER = "123456789012", "999999999999"


def key(account: str, kind: str = "CloudTrail") -> str:
    return cloudtrail.log_key(account, kind=kind).replace("AWSLogs/", "AWSLogs/o-a1b2c3d4e5/")


KEYS = {key(OWN): True, key(OTHER): False, key(OWN, "CloudTrail-Digest"): False, key(OWN, "Config"): False}


def example(name: str) -> Dict[str, Any]:
    return json.loads(block("deployment.md", name))


@pytest.mark.parametrize("one, passes", KEYS.items())
def test_the_filter_of_s3(one: str, passes: bool) -> None:
    rules: List[Dict[str, str]] = example("filter of S3")["Key"]["FilterRules"]
    tests = {"prefix": one.startswith, "suffix": one.endswith}
    assert all(tests[rule["Name"]](rule["Value"]) for rule in rules) == passes


@pytest.mark.parametrize("one, passes", KEYS.items())
def test_the_pattern_of_eventbridge(one: str, passes: bool) -> None:
    pattern = EventPattern.load(json.dumps(example("pattern of EventBridge")))
    assert pattern.matches_event(event_delivery.event_bridge_object_created(BUCKET, one, 1)) == passes


@pytest.mark.parametrize("one, passes", KEYS.items())
def test_the_filter_policies_of_sns(one: str, passes: bool) -> None:
    notes = {
        "filter policy for S3's notes": event_delivery.object_created_event(BUCKET, one, 1),
        # CloudTrail writes a list of keys. SNS compares each value of a list, this copy of its rules only a text.
        "filter policy for CloudTrail's notes": {"s3Bucket": BUCKET, "s3ObjectKey": one},
    }
    for name, note in notes.items():
        assert FilterPolicyMatcher(example(name), "MessageBody").matches(None, json.dumps(note)) == passes, name
