"""Damages a response: it does not match its checksum, or cannot be parsed when it has none."""

from __future__ import annotations

import json
from typing import Any, Dict

UNREADABLE = b"\xff\xfe<no answer"


def damaged(call: str, body: bytes) -> bytes:
    """A different body for any call and body."""
    service = call.split(".")[0]
    if call == "s3.GetObject" and body:
        # A CloudTrail file, which is compressed.
        middle = len(body) // 2
        return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
    if service == "dynamodb" and body:
        return body[:-1] + b" }"
    if service == "sqs":
        answer = json.loads(body or b"{}")
        other = other_checksums(answer) or other_messages(answer)
        return json.dumps(answer).encode() if other else UNREADABLE
    return UNREADABLE


def other_checksums(answer: Dict[str, Any]) -> int:
    """Reports other messages than were sent, and returns their number."""
    sent = [one for one in answer.get("Successful", []) if "MD5OfMessageBody" in one]
    for one in sent:
        one["MD5OfMessageBody"] = "g" + one["MD5OfMessageBody"][1:]
    return len(sent)


def other_messages(answer: Dict[str, Any]) -> int:
    """Changes the received messages, which stay readable, and returns their number."""
    changeable = [one for one in answer.get("Messages", []) if "1" in one["Body"]]
    for one in changeable:
        one["Body"] = one["Body"].replace("1", "7")
    return len(changeable)
