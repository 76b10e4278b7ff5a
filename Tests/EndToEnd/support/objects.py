"""A body with every byte, and keys that are encoded in unusual ways."""

from __future__ import annotations

ODD_KEYS = [
    "plain",
    "a b",
    " a ",
    "a+b",
    "a%20b",
    "%",
    "%2F",
    "a/b/c.json.gz",
    "trailing/",
    "ü€😀",
    "e\u0301",
    "~-_.!*'()",
    "a=b&c=d;e,f:g@h",
    "what?",
    "#1",
    '[x]{y}|z^`<>"\\',
    "AWSLogs/o-abc/123456789012/CloudTrail/eu-west-1/2024/03/05/x.json.gz",
    "k" * 900,
]
BODY = bytes(range(256)) * 3
