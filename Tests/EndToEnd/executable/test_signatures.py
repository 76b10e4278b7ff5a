"""Signatures equal those of botocore, for many and unusual requests."""

from __future__ import annotations

import json
import random
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple
from urllib.parse import quote

import botocore.auth
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REQUESTS = 20_000
SEED = 4

Pairs = Tuple[Tuple[str, str], ...]


@dataclass(frozen=True)
class Case:
    """A request with its time and credentials."""

    method: str
    origin: str
    path: str
    query: Optional[str]
    headers: Pairs
    body: str
    service: str
    region: str
    time: float
    key: str
    secret: str
    token: Optional[str]

    @property
    def url(self) -> str:
        return self.origin + self.path + ("" if self.query is None else "?" + self.query)

    def line(self) -> str:
        members = {
            "method": self.method,
            "url": self.url,
            "headers": self.headers,
            "body": self.body,
            "service": self.service,
            "region": self.region,
            "time": self.time,
            "key": self.key,
            "secret": self.secret,
            "token": self.token,
        }
        return json.dumps(members)


# Requests


def cases(count: int, seed: int) -> Iterator[Case]:
    chance = random.Random(seed)
    for _ in range(count):
        yield case(chance)


def case(chance: random.Random) -> Case:
    return Case(
        method=chance.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        origin=origin(chance),
        path=path(chance),
        query=query(chance),
        headers=headers(chance),
        body=chance.choice(["", "{}", "a\nb", "日本語", "\U0001f600", "\x00\x7f", "é" * 40, "x" * 300]),
        service=chance.choice(["s3", "s3", "s3", "athena", "dynamodb", "sqs", "ssm", "secretsmanager"]),
        region=chance.choice(["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"]),
        time=chance.choice(
            [1_700_000_000, 1_709_251_199.999, 951_782_400, 4_102_444_799, chance.uniform(9e8, 4e9), 1_709_164_800.5]
        ),
        key=chance.choice(["AKIAEXAMPLE", "test:tester", "ASIA0123456789ABCDEF"]),
        secret=chance.choice(["secret", "a/b+c=d", "ключ", "x" * 70, " spaced "]),
        token=chance.choice([None, None, "token", "IQoJb3JpZ2luX2VjE//////////+=" * 20]),
    )


def origin(chance: random.Random) -> str:
    scheme = chance.choice(["http", "https"])
    hosts = ["127.0.0.1", "localhost", "bucket.s3.eu-west-1.amazonaws.com", "Example.COM", "[::1]", "[fd00:ec2::80]"]
    ports = ["", "", ":80", ":443", ":5000", ":8080", ":8443", ":4438"]
    return f"{scheme}://{chance.choice(hosts)}{chance.choice(ports)}"


SEGMENTS = [
    "",
    "",
    ".",
    "..",
    "...",
    "a",
    "B",
    "~-_.",
    "%20",
    "a%20b",
    "%2F",
    "%2f",
    "%25",
    "%2525",
    "%E2%82%AC",
    "%F0%9F%98%80",
    "%e2%82%ac",
    "%00",
    "%7E",
    "%2B",
    "a+b",
    "a=b",
    "a:b@c",
    "!$'()*,;",
    "2024/03",
    "%3F",
    "%23",
    "%2E%2E",
    "%2E",
    "..a",
    "AWSLogs",
    "x.json.gz",
]


def path(chance: random.Random) -> str:
    shape = chance.random()
    if shape < 0.05:
        return ""
    if shape < 0.1:
        return "/"
    segments = [chance.choice(SEGMENTS) for _ in range(chance.randrange(1, 7))]
    if shape < 0.3:
        segments.append(quote("".join(chance.choice("aé€😀 /+%&=.~") for _ in range(6))))
    return "/" + "/".join(segments) + chance.choice(["", "", "/"])


WORDS = ["", "a", "b", "A", "a1", "a-", "a_", "aa", "%20", "%2F", "%E2%82%AC", "%3D", "x.y", "~", "%26", "*", "z%", "+"]


def query(chance: random.Random) -> Optional[str]:
    shape = chance.random()
    if shape < 0.4:
        return None
    if shape < 0.5:
        return ""
    parameters = []
    for _ in range(chance.randrange(1, 6)):
        name, value = chance.choice(WORDS), chance.choice(WORDS)
        parameters.append(chance.choice([name, name + "=", f"{name}={value}", f"{name}={value}={value}", "=" + value]))
    if chance.random() < 0.3:
        parameters.append(chance.choice(parameters))
    return "&".join(parameters)


NAMES = [
    "Content-Type",
    "content-type",
    "X-Amz-Target",
    "x-amz-meta-a",
    "X-AMZ-META-A",
    "X-Amz-Meta-B",
    "User-Agent",
    "user-agent",
    "X-Amzn-Trace-Id",
    "Traceparent",
    "Baggage",
    "Connection",
    "Expect",
    "Transfer-Encoding",
    "TE",
    "Accept",
    "Accept-Encoding",
    "Range",
    "Content-MD5",
    "Zz",
    "A",
    "X_Under-Score.Dot",
]
VALUES = [
    "",
    " ",
    "v",
    "  v  ",
    "a  b",
    "a   b  c",
    "\ta\t\tb\t",
    " \t ",
    "a,b",
    "a, b",
    '"a  b"',
    "application/x-amz-json-1.1",
    "MixedCase",
    "é€",
    "bytes=0-9",
    "100-continue",
    "a:b",
    "a;b",
]


def headers(chance: random.Random) -> Pairs:
    found = [(chance.choice(NAMES), chance.choice(VALUES)) for _ in range(chance.choice([0, 1, 2, 3, 5, 8]))]
    if chance.random() < 0.1:
        # Headers of an earlier attempt.
        found += [("Authorization", "AWS4-HMAC-SHA256 old"), ("X-Amz-Date", "20010101T000000Z")]
    return tuple(found)


# Signatures


def probe(batch: Sequence[Case], executable: Path) -> List[Dict[str, str]]:
    """The signed headers of the executable, by name in lower case."""
    lines = "".join(one.line() + "\n" for one in batch)
    signed = subprocess.run(
        [str(executable), "sign"], input=lines.encode(), stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout.splitlines()
    assert len(signed) == len(batch)
    return [{name.lower(): value for name, value in json.loads(line).items()} for line in signed]


def sign_with_botocore(one: Case) -> Dict[str, str]:
    """The signed headers of botocore, which gets the URL as it is sent."""
    request = AWSRequest(one.method, replace(one, path=one.path or "/").url, data=one.body.encode())
    for name, value in one.headers:
        request.headers[name] = value
    auth = (S3SigV4Auth if one.service == "s3" else SigV4Auth)(
        Credentials(one.key, one.secret, one.token), one.service, one.region
    )
    host = auth.headers_to_sign(request)["host"]
    with at(int(one.time)):
        auth.add_auth(request)
    return {"host": host, **{name.lower(): value for name, value in request.headers.items()}}


@contextmanager
def at(seconds: int) -> Iterator[None]:
    """Sets botocore's clock."""
    clock = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda: datetime.fromtimestamp(seconds, timezone.utc)
    try:
        yield
    finally:
        botocore.auth.get_current_datetime = clock


def difference(one: Case, signed: Dict[str, str]) -> Optional[str]:
    expected = sign_with_botocore(one)
    for name in ("host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "authorization"):
        if expected.get(name) != signed.get(name):
            return f"{name}: botocore {expected.get(name)!r}, ours {signed.get(name)!r}"
    return None


def differing(batch: Sequence[Case], executable: Path) -> Iterator[Tuple[Case, str]]:
    for one, signed in zip(batch, probe(batch, executable)):
        found = difference(one, signed)
        if found:
            yield one, found


# The smallest case that differs


def smaller(one: Case) -> Iterator[Case]:
    """The case without one of its parts."""
    for index in range(len(one.headers)):
        yield replace(one, headers=one.headers[:index] + one.headers[index + 1 :])
    for index, (name, value) in enumerate(one.headers):
        for shorter in without_one_part(value, r".", re.DOTALL):
            yield replace(one, headers=(*one.headers[:index], (name, shorter), *one.headers[index + 1 :]))
    for shorter in without_one_part(one.path, r"%[0-9A-Fa-f]{2}|."):
        if shorter[:1] in ("", "/"):
            yield replace(one, path=shorter)
    if one.query is not None:
        yield replace(one, query=None)
        for shorter in without_one_part(one.query, r"%[0-9A-Fa-f]{2}|."):
            yield replace(one, query=shorter)
    plain: Dict[str, Any] = {
        "body": "",
        "token": None,
        "origin": "http://h",
        "secret": "s",
        "key": "k",
        "time": 0,
        "method": "GET",
        "service": "sqs",
        "region": "r",
    }
    for name, value in plain.items():
        if getattr(one, name) != value:
            yield replace(one, **{name: value})


def without_one_part(text: str, parts: str, flags: int = 0) -> Iterator[str]:
    for part in re.finditer(parts, text, flags):
        yield text[: part.start()] + text[part.end() :]


def smallest(one: Case, executable: Path) -> Tuple[Case, str]:
    found: Optional[Tuple[Case, str]] = one, ""
    while found:
        result = found
        found = next(differing(list(smaller(result[0])), executable), None)
    return result[0], difference(result[0], probe([result[0]], executable)[0]) or ""


def test_signatures_equal_those_of_botocore(aws_probe: Path) -> None:
    batch = list(cases(REQUESTS, SEED))
    differences = list(differing(batch, aws_probe))
    if differences:
        example, how = smallest(min((one for one, _ in differences), key=lambda one: len(one.line())), aws_probe)
        raise AssertionError(f"{len(differences)} of {len(batch)} differ, the smallest:\n{example.line()}\n{how}")
