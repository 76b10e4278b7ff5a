"""``athena-alerter scan`` finds the same query starts as a reference reader in Python."""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from support import cloudtrail
from support.alerter_stack import AlerterStack
from support.emulator import ACCOUNT
from support.naming import caller, part, text

SMALL_FILES = 600
LARGE_FILES = 3
LARGE_BYTES = 3_000_000
CUTS = 700

Row = Dict[str, str]
# Deep values are written by recursion.
sys.setrecursionlimit(20_000)


# The reference reader


def expected_rows(text: bytes) -> List[Row]:
    document = json.loads(text)
    records = document.get("Records")
    found = [row(record) for record in records if isinstance(record, dict)] if isinstance(records, list) else []
    return [one for one in found if one is not None]


def expected_error(text: bytes) -> Optional[str]:
    """The error about a file without records, or whose records cannot all be read."""
    document = json.loads(text)
    records = document.get("Records")
    if not isinstance(records, list):
        names = [f"'{name}'" for name in document if re.fullmatch(r"[A-Za-z0-9_-]+", name)]
        return "no CloudTrail record in any known form; found an object" + (f" with {', '.join(names)}" if names else "")
    count = sum(map(is_unreadable, records))
    return {0: None, 1: "1 record cannot be read"}.get(count, f"{count} records cannot be read")


def is_unreadable(record: Any) -> bool:
    """Whether it is not a record, or a successful start without an id or a time."""
    if not isinstance(record, dict):
        return True
    is_start = row({**record, "eventTime": "2000-01-01T00:00:00Z", "responseElements": {"queryExecutionId": "x"}})
    return is_start is not None and record.get("responseElements") is not None and row(record) is None


def row(record: Dict[str, Any]) -> Optional[Row]:
    """The row of a query start, None for any other record."""
    source, name = text(record, "eventSource"), text(record, "eventName")
    if (source, name) != ("athena.amazonaws.com", "StartQueryExecution") or text(record, "errorCode"):
        return None
    execution_id = text(part(record, "responseElements"), "queryExecutionId")
    try:
        whole_second = re.sub(r"\.[0-9]+Z\Z", "Z", text(record, "eventTime") or "")
        at = datetime.strptime(whole_second, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None
    if execution_id is None:
        return None
    identity = part(record, "userIdentity")
    found = {
        "start_date": f"{at:%Y-%m-%d}",
        "start_timestamp": f"{at:%Y-%m-%d %H:%M:%S}",
        "query_execution_id": execution_id,
        **caller(record),
        "account_id": text(record, "recipientAccountId") or text(identity, "accountId"),
        "region": text(record, "awsRegion"),
        "workgroup": workgroup(record.get("requestParameters")),
        "principal_arn": text(identity, "arn"),
    }
    return {name: value for name, value in found.items() if value is not None}


def workgroup(parameters: Any) -> Optional[str]:
    """The workgroup, None where the parameters were left out."""
    if not isinstance(parameters, dict):
        return None
    return text(parameters, "workGroup") or (None if "omitted" in parameters else "primary")


# JSON in every valid notation


class Writer:
    """Writes values as JSON with random white space, order and escapes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.spaces = chance.choice([[""], [""], ["", " "], ["", "\n", "\t", "  ", "\r\n"]])
        self.escapes = chance.choice([0.0, 0.0, 0.02, 0.3])
        self.shuffles = chance.random() < 0.5
        self.ascii = chance.random() < 0.5

    def write(self, value: Any) -> str:
        if isinstance(value, dict):
            members = list(value.items())
            if self.shuffles:
                self.chance.shuffle(members)
            return self.joined(
                "{",
                [self.string(name) + self.space() + ":" + self.space() + self.write(one) for name, one in members],
                "}",
            )
        if isinstance(value, list):
            return self.joined("[", [self.write(one) for one in value], "]")
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, Number):
            return value.written
        return json.dumps(value)

    def space(self) -> str:
        return self.chance.choice(self.spaces)

    def joined(self, opening: str, parts: List[str], closing: str) -> str:
        inside = ",".join(self.space() + one + self.space() for one in parts)
        return opening + (inside or self.space()) + closing

    def string(self, value: str) -> str:
        if not self.escapes:
            return json.dumps(value, ensure_ascii=self.ascii)
        return '"' + "".join(map(self.character, value)) + '"'

    def character(self, one: str) -> str:
        if self.chance.random() < self.escapes:
            if one == "/":
                return "\\/"
            units = one.encode("utf-16-be")
            form = self.chance.choice(["\\u{:04x}", "\\u{:04X}"])
            return "".join(form.format(int.from_bytes(units[i : i + 2], "big")) for i in range(0, len(units), 2))
        return json.dumps(one, ensure_ascii=self.ascii)[1:-1]


class Number:
    """A number in its notation."""

    def __init__(self, written: str) -> None:
        self.written = written


NUMBERS = ["0", "-0", "1", "-1.5", "1e5", "1E+10", "2.5e-3", "123456789012345678901234567890", "1.7976931348623157e308"]
ODD_TEXTS = [
    "",
    "{",
    "}]}",
    '"',
    "\\",
    '\\"',
    "\\\\",
    'SELECT \'{"Records":[{\' AS "x"',
    '"Records":[{"eventName":"StartQueryExecution"',
    "a\nb\tc\r\x00\x1f\x7f",
    "日本語 €é",
    "\U0001f600\U0001d11e",
    "\\u0041",
    "/* ada */ // --",
    "\u2028\u2029\ufeff\ufffe\uffff",
    "StartQueryExecution",
    "e\u0301",
]


AGENTS = [
    "Boto3/1.34 exec-env/AWS_Lambda_python3.12",
    "exec-env/AWS_ECS_FARGATE",
    "PyAthena/3.0 dbt-athena/1.9",
    "[Grafana/11.0 athena]",
    "awswrangler/3.9 PyAthena/3",
    "signin.amazonaws.com",
    "Mozilla/5.0 (X11)",
    "x exec-env/CloudShell",
    " PyAthena/4",
]


def value(chance: random.Random, depth: int = 3) -> Any:
    shape = chance.random()
    if depth and shape < 0.2:
        return {chance.choice(ODD_TEXTS) + str(index): value(chance, depth - 1) for index in range(chance.randrange(4))}
    if depth and shape < 0.35:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if shape < 0.5:
        return Number(chance.choice(NUMBERS))
    if shape < 0.6:
        return chance.choice([None, True, False])
    return chance.choice(ODD_TEXTS)


def nested(chance: random.Random, depth: int) -> Any:
    found: Any = chance.choice(ODD_TEXTS)
    for _ in range(depth):
        found = [found] if chance.random() < 0.5 else {"a": found}
    return found


# Records


SESSIONS = [
    "ada",
    "ada@example.com",
    "Ada.Lovelace@Example.COM",
    "i-0123456789abcdef0",
    "i-0abc",
    "i-like-trains",
    "botocore-session-1709649007",
    "AWSCLI-Session",
    "aws-sdk-java-1709649007",
    "GlueJobRunnerSession",
    "9e1c6a2e-1111-4222-8333-444455556666",
    "9E1C6A2E111142228333444455556666",
    "0123456789abcdef0123456789abcdef",
    "1709649007123",
    "12345678",
    "facade",
    "deadbeef",
    "thumbnails",
    "a:b",
    "with space",
    "józef",
    "session-ada@example.com",
    "session-ada",
    "run-9XyZabcdEFGH1234",
    "gntd-3FzX0kQ",
    "nightly-etl-abc123",
    "nightly-etl-ada",
    "aBcDeFgHiJkLmNoPqRs12",
    "AdaAugustaKingLovelace",
    "terraform-run-abc123",
    "federated-aws-cli-ada@example.com",
    "cli",
    "eks-cluster-pod",
    "Résumé@example.com",
]
SOURCES = ["", "grace@example.com", "x", "CN=grace@example.com,O=Navy", "CN=host", "botocore-session-1709649007", "CN="]
ROLES = ["analyst", "AWSReservedSSO_Analyst_0123456789abcdef", "nightly-etl", "Admin@home", "x"]


def of_a_service(role: str, session: str, path: str) -> Any:
    made: Any = cloudtrail.assumed_role(role, session)
    made["sessionContext"]["sessionIssuer"]["arn"] = f"arn:aws:iam::123456789012:role/{path}/{role}"
    return made


def identity(chance: random.Random) -> Any:
    makers: List[Callable[[], Any]] = [
        cloudtrail.iam_user,
        lambda: cloudtrail.iam_user(chance.choice(SESSIONS)),
        lambda: cloudtrail.assumed_role(chance.choice(ROLES), chance.choice(SESSIONS)),
        lambda: cloudtrail.assumed_role(chance.choice(ROLES), chance.choice(SESSIONS)),
        lambda: cloudtrail.assumed_role(chance.choice(ROLES), chance.choice(SESSIONS)),
        lambda: cloudtrail.assumed_role(
            chance.choice(ROLES), chance.choice(SESSIONS), source_identity=chance.choice(SOURCES)
        ),
        cloudtrail.sso_person,
        lambda: cloudtrail.federated_user(chance.choice(SESSIONS)),
        cloudtrail.root,
        cloudtrail.identity_center_user,
        lambda: cloudtrail.web_identity_user(chance.choice(SESSIONS)),
        lambda: cloudtrail.saml_user(chance.choice(SESSIONS)),
        cloudtrail.aws_service,
        lambda: {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": f"arn:aws:iam::123456789012:role/{chance.choice(ROLES)}",
            "userName": chance.choice(ROLES),
        },
        lambda: {"type": "AWSAccount", "principalId": "AIDAEXAMPLE:x", "accountId": "210987654321"},
        lambda: {"type": "Directory", "userName": chance.choice(SESSIONS)},
        lambda: {"type": "Unknown"},
        lambda: of_a_service(chance.choice(ROLES), chance.choice(SESSIONS), chance.choice(["service-role", "aws-service-role"])),
        lambda: {**(cloudtrail.machine() or {}), "onBehalfOf": {"userId": chance.choice(["90-1", "", "x"])}},
        dict,
    ]
    found = chance.choice(makers)()
    shape = chance.random()
    if shape < 0.25 and found:
        # A member is missing, empty or null.
        name = chance.choice(list(found))
        if chance.random() < 0.4:
            del found[name]
        else:
            found[name] = None if isinstance(found[name], dict) or chance.random() < 0.5 else ""
    elif shape < 0.35 and isinstance(found.get("sessionContext"), dict):
        found["sessionContext"].pop("sessionIssuer", None)
    elif shape < 0.45:
        found["invokedBy"] = chance.choice(["quicksight.amazonaws.com", "athena.amazonaws.com", ""])
    elif shape < 0.5:
        found["inScopeOf"] = value(chance)
    return found


def start(chance: random.Random) -> Dict[str, Any]:
    started = cloudtrail.query_start(
        str(uuid.UUID(int=chance.getrandbits(128))),
        identity(chance),
        datetime(2016, 12, 31, 23, 59, 58, tzinfo=timezone.utc) + timedelta(seconds=chance.randrange(2**28)),
        chance.choice([*ODD_TEXTS, None]),
        chance.choice(["analysts", "primary", "", None, "работа"]),
        chance.choice(["eu-west-1", "us-east-1", "cn-north-1"]),
        chance.choice(["123456789012", "abcdefghijkl", ACCOUNT]),
    )
    shape = chance.random()
    if shape < 0.3:
        changes: Dict[str, Any] = {
            "userIdentity": chance.choice([None, "ada", [], 5]),
            "requestParameters": chance.choice([None, "", [], {"workGroup": None}, {"workGroup": 5}]),
            "recipientAccountId": chance.choice([None, "", 5]),
            "awsRegion": chance.choice([None, "", {}]),
            "errorCode": chance.choice([None, ""]),
            "userAgent": chance.choice([None, 5, "", *AGENTS]),
            "additionalEventData": chance.choice(
                [None, "x", {}, {"UserName": ""}, {"UserName": "ada@example.com"}, {"UserName": 7}]
            ),
        }
        name = chance.choice(list(changes))
        started[name] = changes[name]
    elif shape < 0.4:
        del started[
            chance.choice(["userIdentity", "requestParameters", "recipientAccountId", "awsRegion", "tlsDetails"])
        ]
    elif shape < 0.5:
        started["requestParameters"]["deep"] = nested(chance, chance.choice([5, 50, 400]))
    elif shape < 0.6:
        started[chance.choice(ODD_TEXTS) + "!"] = value(chance)
    return started


def no_start(chance: random.Random) -> Any:
    """A record that is not a start: of another service, refused, or without a member that a start needs."""
    refused = start(chance)
    shape = chance.randrange(12)
    if shape == 0:
        refused["eventSource"] = chance.choice(["glue.amazonaws.com", "Athena.amazonaws.com", "", None, 5])
    elif shape == 1:
        refused["eventName"] = chance.choice(
            ["StartQueryExecutions", "startQueryExecution", "StopQueryExecution", None]
        )
    elif shape == 2:
        refused["errorCode"] = "AccessDenied"
    elif shape == 3:
        refused["responseElements"] = chance.choice([None, {}, "", [], {"queryExecutionId": None}])
    elif shape == 4:
        refused["responseElements"] = {"queryExecutionId": chance.choice(["", 5, [], {"a": "b"}])}
    elif shape == 5:
        del refused[chance.choice(["eventSource", "eventName", "responseElements", "eventTime"])]
    elif shape == 6:
        refused["eventTime"] = chance.choice(["", "yesterday", None, 1709649007, "2024-13-05T14:30:07Z"])
    elif shape == 7:
        # A start within another record.
        return {"eventName": "Other", "requestParameters": refused, "Records": [start(chance)]}
    elif shape == 8:
        return cloudtrail.failed_start()
    elif shape == 9:
        return {"deep": nested(chance, chance.choice([10, 300, 450])), "eventName": "StartQueryExecutionLike"}
    else:
        return chance.choice(
            [
                None,
                True,
                Number("5"),
                "StartQueryExecution",
                "",
                [],
                [refused],
                {},
                {"Records": [refused]},
                value(chance),
            ]
        )
    return refused


def records(chance: random.Random, count: int) -> List[Any]:
    found: List[Any] = []
    for _ in range(count):
        shape = chance.random()
        if shape < 0.35:
            found.append(start(chance))
        elif shape < 0.6:
            found.append(no_start(chance))
        else:
            found += cloudtrail.noise(1, chance.randrange(1 << 30))
    return found


# Files


def document(chance: random.Random, count: int) -> bytes:
    writer = Writer(chance)
    others = [(chance.choice(ODD_TEXTS) + f"#{index}", value(chance)) for index in range(chance.choice([0, 0, 1, 3]))]
    shape = chance.random()
    if shape < 0.04:
        others.append(("records", [start(chance)]))
    elif shape < 0.08:
        others.append(("Records", chance.choice([[], None, "", {"Records": [start(chance)]}, Number("1")])))
    else:
        others.insert(chance.randrange(len(others) + 1), ("Records", records(chance, count)))
    writer_order, writer.shuffles = writer.shuffles, False
    head = [writer.string(name) + writer.space() + ":" for name, _ in others]
    writer.shuffles = writer_order
    members = [name + writer.space() + writer.write(one) for name, (_, one) in zip(head, others)]
    return (writer.space() + writer.joined("{", members, "}") + writer.space()).encode()


def packed(chance: random.Random, plain: bytes) -> bytes:
    """The text as a file: plain, or gzip with one or more members, sometimes with trailing bytes."""
    shape = chance.random()
    if shape < 0.2:
        return plain
    if shape < 0.6:
        return gzip.compress(plain, chance.choice([1, 6, 9]))
    cuts = sorted(chance.randrange(len(plain) + 1) for _ in range(chance.randrange(1, 5)))
    pieces = [plain[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(plain)])]
    members = b"".join(gzip.compress(piece) for piece in pieces)
    return members + chance.choice([b"", b"\0" * 512, b"\0", b"\x1f", b"\x1fgarbage", b"garbage {", b"{}"])


# Scanning


def scan(executable: Path, *files: Path, stdin: Optional[bytes] = None) -> "subprocess.CompletedProcess[bytes]":
    command = [str(executable), "scan", *map(str, files)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60)


def rows(output: bytes) -> List[Row]:
    return [json.loads(line) for line in output.splitlines()]


def same_as_reference(executable: Path, path: Path, plain: bytes) -> None:
    scanned = scan(executable, path)
    assert (scanned.returncode, scanned.stderr.decode()) == error_of([(path, plain)])
    found, expected = rows(scanned.stdout), expected_rows(plain)
    for one, other in zip(found, expected):
        assert one == other
    assert len(found) == len(expected)


def error_of(files: List[Tuple[Path, bytes]]) -> Tuple[int, str]:
    """The exit status and the errors of a scan of these files."""
    errors = [(path, expected_error(plain)) for path, plain in files]
    lines = [f"athena-alerter: {path}: {error_text}\n" for path, error_text in errors if error_text]
    return (1 if lines else 0), "".join(lines)


def test_small_files_are_read_as_by_a_reference_reader(executable: Path, tmp_path: Path) -> None:
    plain = []
    paths = []
    for seed in range(SMALL_FILES):
        chance = random.Random(seed)
        plain.append(document(chance, chance.choice([0, 1, 2, 3, 5, 12])))
        paths.append(tmp_path / f"{seed}.json.gz")
        paths[-1].write_bytes(packed(chance, plain[-1]))
    scanned = scan(executable, *paths)
    expected = [one for text in plain for one in expected_rows(text)]
    assert len(expected) > SMALL_FILES
    said = (scanned.returncode, scanned.stderr.decode())
    if said != error_of(list(zip(paths, plain))) or rows(scanned.stdout) != expected:
        # The smallest file that differs is the most useful.
        for index in sorted(range(SMALL_FILES), key=lambda index: len(plain[index])):
            same_as_reference(executable, paths[index], plain[index])
        pytest.fail("read one by one, the files are read right")


@pytest.mark.check
@pytest.mark.parametrize("seed", range(LARGE_FILES))
def test_large_files_are_read_as_by_a_reference_reader(executable: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    writer = Writer(chance)
    pieces: List[str] = []
    length = 0
    while length < LARGE_BYTES:
        pieces += [writer.write(one) for one in records(chance, 50)]
        length = sum(map(len, pieces)) if len(pieces) % 500 == 0 else length + 60_000
    plain = ('{"Records":' + writer.joined("[", pieces, "]") + "}").encode()
    for index, contents in enumerate([plain, gzip.compress(plain, 1), packed(chance, plain)]):
        path = tmp_path / f"{index}.json"
        path.write_bytes(contents)
        same_as_reference(executable, path, plain)


def test_standard_input_may_arrive_in_small_pieces(executable: Path) -> None:
    chance = random.Random(0)
    plain = b'{"Records":' + Writer(chance).write(records(chance, 40)).encode() + b"}"
    for contents in (plain, gzip.compress(plain)):
        command = [str(executable), "scan", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
            assert process.stdin is not None and process.stdout is not None
            at = 0
            while at < len(contents):
                size = chance.choice([1, 1, 2, 3, 7, 100, 1000])
                process.stdin.write(contents[at : at + size])
                at += size
            process.stdin.close()
            found = rows(process.stdout.read())
        assert process.returncode == (1 if expected_error(plain) else 0)
        assert found == expected_rows(plain)


def test_the_handler_accounts_for_every_record(alerter: AlerterStack) -> None:
    chance = random.Random(11)
    whole = records(chance, 3000)
    plain = b'{"Records":' + Writer(chance).write(whole).encode() + b"}"
    key = alerter.put_object(cloudtrail.log_key(), gzip.compress(plain))
    (invocation,) = alerter.announce(key)
    assert invocation.succeeded
    counts = next(line for line in invocation.logs if "_aws" in line)
    expected = expected_rows(plain)
    assert counts["Records"] == len(json.loads(plain)["Records"])
    assert counts["QueryStarts"] == len(expected)
    kinds = ("QueryStarts", "StartsRefusedByAthena", "RecordsOfOthers", "RecordsMalformed")
    assert sum(counts[kind] for kind in kinds) == counts["Records"]
    # Starts of other accounts belong to other installations.
    here = [one["query_execution_id"] for one in expected if one.get("account_id", ACCOUNT) == ACCOUNT]
    assert counts["QueriesSkippedOtherAccount"] == len(expected) - len(here)
    assert sorted(row["query_execution_id"] for row in alerter.rows()) == sorted(here)


# A malformed member does not affect the others


@pytest.mark.parametrize(
    "change",
    [
        lambda start: start["userIdentity"].update(accountId=123456789012),
        lambda start: start["userIdentity"].update(sessionContext=""),
        lambda start: start["userIdentity"].update(sessionContext={"sourceIdentity": {}}),
        lambda start: start["userIdentity"].update(onBehalfOf="somebody"),
        lambda start: start["userIdentity"].update(invokedBy=["athena.amazonaws.com"]),
    ],
    ids=["number as account", "text as context", "object as source", "text as behalf", "list as service"],
)
def test_a_malformed_member_of_an_identity_does_not_affect_the_others(
    executable: Path, tmp_path: Path, change: Callable[[Dict[str, Any]], None]
) -> None:
    started = cloudtrail.query_start("one", cloudtrail.iam_user("ada"))
    change(started)
    path = tmp_path / "file.json"
    path.write_bytes(cloudtrail.log_text([started]))
    same_as_reference(executable, path, path.read_bytes())


@pytest.mark.parametrize("odd", ["\\ud800", "\\udc00 x", "\\ud83d\\u0041", "\\ud83d"], ids=ascii)
def test_an_unpaired_surrogate_in_an_unused_text_does_not_hide_a_query(
    executable: Path, tmp_path: Path, odd: str
) -> None:
    plain = cloudtrail.log_text([cloudtrail.query_start("one", sql="SELECT HERE")]).replace(b"HERE", odd.encode())
    path = tmp_path / "file.json"
    path.write_bytes(plain)
    same_as_reference(executable, path, plain)


# Truncated and damaged files


def errors(executable: Path, folder: Path, contents: List[bytes]) -> Tuple[List[Optional[str]], bytes]:
    """The program's error for each file, None for a valid one, and its standard output."""
    folder.mkdir()
    paths = [folder / f"{index:04}" for index in range(len(contents))]
    for path, content in zip(paths, contents):
        path.write_bytes(content)
    scanned = scan(executable, *paths)
    assert scanned.returncode in (0, 1)
    lines = scanned.stderr.decode().split("\n")[:-1]
    said: Dict[str, str] = {}
    for line in lines:
        program, name, reason = line.split(": ", 2)
        assert program == "athena-alerter" and name not in said and reason
        said[name] = reason
    assert scanned.returncode == (1 if lines else 0)
    return [said.get(str(path)) for path in paths], scanned.stdout


def cuts(chance: random.Random, length: int) -> List[int]:
    """The positions to truncate at: all near both ends, and some between."""
    ends = [*range(min(length, 60)), *range(max(0, length - 60), length)]
    return sorted({*ends, *(chance.randrange(length) for _ in range(CUTS))})


@pytest.mark.parametrize("form", ["plain", "gzip", "members"])
def test_a_truncated_file_is_never_accepted(executable: Path, tmp_path: Path, form: str) -> None:
    chance = random.Random(7)
    plain = Writer(chance).write({"a": value(chance), "Records": records(chance, 6), "b": [{}]}).encode()
    half = len(plain) // 2
    whole = {
        "plain": plain,
        "gzip": gzip.compress(plain),
        "members": gzip.compress(plain[:half]) + gzip.compress(plain[half:]),
    }[form]
    said, _ = errors(executable, tmp_path / "cut", [whole[:at] for at in cuts(chance, len(whole))])
    assert None not in said
    alone = tmp_path / "alone"
    alone.write_bytes(whole[: len(whole) // 2])
    scanned = scan(executable, alone)
    assert scanned.returncode == 1
    assert re.fullmatch(rb"athena-alerter: \S+: [^\n]+\n", scanned.stderr)


def test_a_damaged_gzip_file_is_refused_or_read_correctly(executable: Path, tmp_path: Path) -> None:
    chance = random.Random(8)
    plain = b'{"Records":' + Writer(chance).write(records(chance, 12)).encode() + b"}"
    whole = gzip.compress(plain)
    expected = expected_rows(plain)
    good = [whole] * 2
    for at in cuts(chance, len(whole))[:300]:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        good.append(bytes(damaged))
    said, _ = errors(executable, tmp_path / "damaged", good)
    error_text = expected_error(plain)
    assert said[:2] == [error_text, error_text]
    assert sum(one != error_text for one in said) > 200
    for index, one in enumerate(said):
        if one == error_text:
            assert rows(scan(executable, tmp_path / "damaged" / f"{index:04}").stdout) == expected


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_never_crash_the_reader(executable: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    plain = b'{"Records":' + Writer(chance).write(records(chance, 6)).encode() + b"}"
    contents = []
    for _ in range(200):
        broken = bytearray(plain)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.choice([0, 1, 1, 5])] = chance.choice(
                [b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\xff", b"\0", chance.randbytes(3)]
            )
        contents.append(bytes(broken) if chance.random() < 0.7 else gzip.compress(bytes(broken)))
    contents += [chance.randbytes(chance.randrange(1, 300)) for _ in range(50)]
    contents += [b"\x1f\x8b" + chance.randbytes(chance.randrange(1, 300)) for _ in range(50)]
    said, output = errors(executable, tmp_path / "broken", contents)
    assert sum(one is not None for one in said) > 100
    assert all(isinstance(one, dict) and one["query_execution_id"] and one["executing_user"] for one in rows(output))


@pytest.mark.parametrize(
    "contents",
    [b"", b" ", b"[]", b"null", b'"Records"', b"{", b"}", b'{"Records":[}', b'{"Records":[]}}', b'{"Records":[],}',
     b'{"Records":[,]}', b'{"Records" []}', b"{'Records':[]}", b'{"Records":[]}{"Records":[', b"\x1f", b"\x1f\x8b",
     b'{"Records"\x1b[31m', b'{"Records"\x85', b'{"Records"\x00', b'{"Records":[]}\x0b'],
    ids=ascii,
)  # fmt: skip
def test_a_file_that_is_not_a_log_is_refused_in_one_line(executable: Path, contents: bytes) -> None:
    scanned = scan(executable, Path("-"), stdin=contents)
    assert (scanned.returncode, scanned.stdout) == (1, b"")
    line = scanned.stderr.decode()
    assert re.fullmatch(r"athena-alerter: -: [^\n]+\n", line)
    assert line[:-1].isprintable()
