"""`athena-alerter reconcile` lists queries that CloudTrail has and the table does not, and stores them on request."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List

import pytest

from support import cloudtrail
from support.alerter_stack import AlerterStack, ago
from support.documentation import documented_actions
from support.local_aws import ACCOUNT

# The permissions that an operator needs.
COMPARING = documented_actions("reconcile")
REPLAYING = [*COMPARING, "dynamodb:PartiQLInsert"]

YESTERDAY = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY = f"{YESTERDAY:%Y-%m-%d}"

Ended = "subprocess.CompletedProcess[str]"


def start(name: str, at: datetime = YESTERDAY, **members: Any) -> Dict[str, Any]:
    return cloudtrail.query_start(name, at=at, **{"account": ACCOUNT, **members})


class Operator:
    """An operator with the documented permissions."""

    def __init__(self, alerter: AlerterStack) -> None:
        self.alerter = alerter
        self.comparer = alerter.aws.create_user(f"comparer-{alerter.resources.bucket}", COMPARING)
        self.replayer = alerter.aws.create_user(f"replayer-{alerter.resources.bucket}", REPLAYING)

    def reconcile(self, *arguments: str, **environment: str) -> Ended:
        who = self.replayer if "--replay" in arguments else self.comparer
        variables = self.alerter.aws.environment(who, QUERIES_TABLE=self.alerter.resources.table)
        return subprocess.run(
            [self.alerter.executable, "reconcile", *arguments],
            capture_output=True,
            text=True,
            env={**variables, **environment},
            timeout=120,
        )

    def bucket(self, *options: str, prefix: str = "", **environment: str) -> Ended:
        # The command's default day would change after midnight.
        day = [] if "--date" in options else ["--date", DAY]
        return self.reconcile(*options, *day, f"{self.address}{prefix}", **environment)

    @property
    def address(self) -> str:
        return f"s3://{self.alerter.resources.bucket}"

    def put(self, *records: Any, time: datetime = YESTERDAY, **key: Any) -> str:
        """Stores a CloudTrail file without an event."""
        return self.alerter.put_log(list(records), time=time, **{"account": ACCOUNT, **key})


@pytest.fixture
def operator(alerter: AlerterStack) -> Operator:
    return Operator(alerter)


def missing(ended: Ended) -> List[str]:
    return sorted(json.loads(line)["query_execution_id"] for line in ended.stdout.splitlines())


def sums(ended: Ended) -> Dict[str, int]:
    """The numbers of the summary by their labels; each line must add up."""
    found: Dict[str, int] = {}
    for line in ended.stderr.splitlines():
        parts = re.findall(r"(\d+) ([a-z][A-Za-z ]*)", line)
        if re.match(r"athena-alerter: \d+ (records|query starts|missing):", line):
            total, *rest = [int(number) for number, _ in parts]
            assert total == sum(rest), line
        found.update({words: int(number) for number, words in parts})
    return found


def test_a_complete_table_misses_nothing(operator: Operator) -> None:
    names = [f"q-{number}" for number in range(5)]
    key = operator.put(*(start(name) for name in names), *cloudtrail.noise(20))
    deliver(operator.alerter, key)
    ended = operator.bucket()
    assert (ended.returncode, ended.stdout) == (0, "")
    assert {"in the table": 5, "missing": 0, "of others": 20, "files read": 1}.items() <= sums(ended).items()


def deliver(alerter: AlerterStack, *keys: str) -> None:
    """The queries that `cloudtrail_handler` stores from these files, in any account."""
    for key in keys:
        text = gzip.decompress(alerter.aws.client("s3").get_object(Bucket=alerter.resources.bucket, Key=key)["Body"].read())
        own = text.replace(ACCOUNT.encode(), cloudtrail.ACCOUNT.encode())
        assert alerter.announce(alerter.put_object("handler/" + cloudtrail.log_key(), gzip.compress(own)))[-1].succeeded


def test_a_missing_query_is_printed_with_the_attributes_of_a_row(operator: Operator) -> None:
    lost = start("q-lost", identity=cloudtrail.sso_person("ada@example.com", ACCOUNT))
    operator.put(lost)
    ended = operator.bucket("--date", DAY)
    assert ended.returncode == 1
    assert json.loads(ended.stdout) == {
        "start_date": DAY,
        "start_timestamp": f"{DAY} 12:00:00",
        "query_execution_id": "q-lost",
        "executing_user": "ada@example.com",
        "user_type": "person",
        "user_source": "identity_center",
        "session_name": "ada@example.com",
        "account_id": ACCOUNT,
        "region": operator.alerter.aws.region,
        "workgroup": "analysts",
        "principal_arn": lost["userIdentity"]["arn"],
    }
    assert operator.alerter.rows() == []


def test_only_missing_queries_are_printed(operator: Operator) -> None:
    names = [f"q-{number:03}" for number in range(600)]
    operator.put(*(start(name, YESTERDAY + timedelta(seconds=index)) for index, name in enumerate(names)))
    stored = operator.put(
        *(start(name, YESTERDAY + timedelta(seconds=index)) for index, name in enumerate(names) if index % 3)
    )
    deliver(operator.alerter, stored)
    ended = operator.bucket()
    assert missing(ended) == [name for index, name in enumerate(names) if index % 3 == 0]
    assert {"query starts": 1000, "in the table": 800, "missing": 200}.items() <= sums(ended).items()


def test_a_replay_stores_missing_queries_and_they_alert(operator: Operator) -> None:
    alerter = operator.alerter
    at = ago(hours=30)
    operator.put(start("q-lost", at, identity=cloudtrail.machine()), start("q-kept", at), time=at)
    alerter.put_row(start_date=f"{at:%Y-%m-%d}", start_key=f"{at:%Y-%m-%d %H:%M:%S}#q-kept", query_state="SUCCEEDED")
    alerter.finish("q-lost", submitted=at.timestamp())
    ended = operator.bucket("--replay", "--date", f"{at:%Y-%m-%d}")
    assert (ended.returncode, missing(ended)) == (0, ["q-lost"])
    assert {"stored now": 1, "stored meanwhile": 0, "not stored": 0}.items() <= sums(ended).items()
    assert alerter.open_ids() == ["q-lost"]
    alerter.update_and_notify()
    assert len(alerter.channel_alerts("q-lost")) == 1
    again = operator.bucket("--replay", "--date", f"{at:%Y-%m-%d}")
    assert (again.returncode, again.stdout) == (0, "")


def test_a_replay_changes_no_existing_row(operator: Operator) -> None:
    alerter = operator.alerter
    alerter.put_row(start_date=DAY, start_key=f"{DAY} 12:00:00#q-1", query_state="SUCCEEDED", data_scanned=7)
    before = alerter.rows()
    operator.put(start("q-1"))
    assert operator.bucket("--replay").returncode == 0
    assert alerter.rows() == before


def test_records_of_the_last_minutes_are_found_in_the_next_days_files(operator: Operator) -> None:
    late = YESTERDAY.replace(hour=23, minute=59)
    operator.put(start("q-late", late), start("q-next-day", late + timedelta(minutes=2)), time=late + timedelta(minutes=9))
    operator.put(start("q-day-before", YESTERDAY - timedelta(days=1)))
    ended = operator.bucket("--date", DAY)
    assert missing(ended) == ["q-late"]
    assert sums(ended)["of other days"] == 2


def test_yesterday_is_compared_without_a_date(operator: Operator) -> None:
    today = ago().replace(hour=12)
    for days in range(3):
        day = today - timedelta(days=days)
        operator.put(start(f"q-{days}", day), time=day)
    ended = operator.reconcile(operator.address)
    has_midnight_passed = ago().date() > today.date()
    assert missing(ended) == ["q-1"] or (has_midnight_passed and missing(ended) == ["q-0"])


def test_a_range_of_days_is_compared(operator: Operator) -> None:
    days = [YESTERDAY - timedelta(days=number) for number in range(5)]
    for number, day in enumerate(days):
        operator.put(start(f"q-{number}", day), time=day)
    ended = operator.bucket("--date", f"{days[3]:%Y-%m-%d}..{days[1]:%Y-%m-%d}")
    assert missing(ended) == ["q-1", "q-2", "q-3"]


def test_all_regions_and_organization_trails_are_searched_for_this_account_only(operator: Operator) -> None:
    operator.put(start("q-here"))
    operator.put(start("q-there", region="us-east-1"), region="us-east-1")
    alerter = operator.alerter
    key = cloudtrail.log_key(ACCOUNT, time=YESTERDAY).replace("AWSLogs/", "AWSLogs/o-abc123/")
    alerter.put_object(key, cloudtrail.log_file([start("q-org"), start("q-of-others", account="999999999999")]))
    operator.put(start("q-elsewhere", account="999999999999"), account="999999999999")
    alerter.put_object(cloudtrail.log_key(ACCOUNT, time=YESTERDAY, kind="CloudTrail-Digest"), cloudtrail.digest_file())
    ended = operator.bucket()
    assert missing(ended) == ["q-here", "q-org", "q-there"]
    assert sums(ended)["of other accounts"] == 1 and sums(ended)["files read"] == 3


@pytest.mark.parametrize("prefix", ["trails/main", "trails/main/", "a b+c&d=%41<é>"])
def test_a_trail_may_have_a_prefix(operator: Operator, prefix: str) -> None:
    operator.put(start("q-1"), prefix=prefix.rstrip("/") + "/")
    assert missing(operator.bucket(prefix="/" + prefix)) == ["q-1"]
    assert "no CloudTrail logs of account" in operator.bucket().stderr


def test_files_of_other_accounts_are_not_downloaded(operator: Operator) -> None:
    for account in ("111111111111", "222222222222"):
        operator.put(start("q-elsewhere", account=account), account=account, prefix="t/")
    own = operator.put(start("q-1"), prefix="t/")
    for key in (own, own.replace(ACCOUNT, "333333333333")):
        operator.alerter.put_object(key.replace("AWSLogs/", "AWSLogs/o-abc123/"), cloudtrail.log_file([start("q-2")]))
    operator.alerter.aws.reset_calls()
    assert missing(operator.bucket(prefix="/t")) == ["q-1", "q-2"]
    assert operator.alerter.aws.calls()["s3.GetObject"] == 2


def test_a_bucket_of_another_region_is_compared(operator: Operator) -> None:
    aws = operator.alerter.aws
    name = f"there-{operator.alerter.resources.bucket[-20:]}"
    s3 = aws.client("s3", region="us-east-2")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    for number in range(2):
        key = cloudtrail.log_key(ACCOUNT, time=YESTERDAY, region="us-east-2")
        s3.put_object(Bucket=name, Key=key, Body=cloudtrail.log_file([start(f"q-{number}", region="us-east-2")]))
    aws.reset_calls()
    ended = operator.reconcile("--date", DAY, f"s3://{name}")
    assert missing(ended) == ["q-0", "q-1"] and sums(ended)["files read"] == 2, ended.stderr
    # Only the first call is redirected.
    assert aws.calls()["s3.GetObject"] == 2


@pytest.mark.check
def test_a_listing_of_several_pages_is_read_to_its_end(operator: Operator) -> None:
    alerter = operator.alerter
    body = cloudtrail.log_file([])
    for number in range(1005):
        alerter.put_object(cloudtrail.log_key(ACCOUNT, time=YESTERDAY, unique=f"{number:016}"), body)
    operator.put(start("q-last"), unique="z" * 16)
    ended = operator.bucket()
    assert missing(ended) == ["q-last"] and sums(ended)["files read"] == 1006


def test_a_start_in_two_files_is_missing_once(operator: Operator) -> None:
    operator.put(start("q-1"), start("q-1"))
    operator.put(start("q-1"))
    ended = operator.bucket()
    assert missing(ended) == ["q-1"]
    assert {"missing": 1, "missing and told again": 2}.items() <= sums(ended).items()


def test_a_truncated_file_is_named_and_the_other_files_are_compared(operator: Operator) -> None:
    operator.put(start("q-1"), unique="a" * 16)
    whole = cloudtrail.log_file([start("q-2"), *cloudtrail.noise(50)])
    bad = operator.alerter.put_object(cloudtrail.log_key(ACCOUNT, time=YESTERDAY, unique="b" * 16), whole[:-20])
    operator.put(start("q-3"), {**start("q-4"), "eventTime": "never"}, unique="c" * 16)
    ended = operator.bucket()
    assert ended.returncode == 1 and missing(ended) == ["q-1", "q-2", "q-3"]
    assert f"{bad}: the file ends before its contents do" in ended.stderr
    assert {"failed": 1, "that cannot be read": 1}.items() <= sums(ended).items()


def test_a_retried_download_is_counted_once(operator: Operator) -> None:
    operator.put(start("q-1"), *cloudtrail.noise(9))
    operator.alerter.aws.arm({"operation": "s3.GetObject", "kind": "lost"})
    ended = operator.bucket()
    assert missing(ended) == ["q-1"]
    assert {"records": 10, "missing": 1, "missing and told again": 0}.items() <= sums(ended).items()


def test_an_unreadable_table_is_an_error_and_not_a_missing_query(operator: Operator) -> None:
    operator.put(start("q-1"))
    operator.alerter.aws.arm({"operation": "dynamodb.BatchGetItem", "status": 400, "code": "AccessDeniedException"})
    ended = operator.bucket()
    assert (ended.returncode, ended.stdout) == (1, "") and "AccessDeniedException" in ended.stderr
    assert {"not compared": 1, "missing": 0}.items() <= sums(ended).items()


def test_a_failed_replay_is_reported_with_its_exit_status(operator: Operator) -> None:
    operator.put(start("q-1"), start("q-2"))
    operator.alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "part", "code": "AccessDenied"})
    ended = operator.bucket("--replay")
    assert ended.returncode == 1 and missing(ended) == ["q-1", "q-2"]
    assert {"stored now": 1, "not stored": 1}.items() <= sums(ended).items()
    assert len(operator.alerter.rows()) == 1
    assert operator.bucket("--replay").returncode == 0


def test_queries_unknown_to_athena_are_not_replayed(operator: Operator) -> None:
    old = YESTERDAY - timedelta(days=50)
    operator.put(start("q-old", old), time=old)
    ended = operator.bucket("--replay", "--date", f"{old:%Y-%m-%d}")
    assert ended.returncode == 1 and missing(ended) == ["q-old"]
    assert sums(ended)["too old for Athena to know"] == 1 and operator.alerter.rows() == []


def test_days_that_the_table_no_longer_keeps_are_refused(operator: Operator) -> None:
    expired = YESTERDAY - timedelta(days=90)
    operator.put(start("q-1"))
    ended = operator.bucket("--date", f"{expired:%Y-%m-%d}")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "have expired" in ended.stderr and "90 days" in ended.stderr


def test_local_files_are_compared(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(cloudtrail.log_file([start("q-1")]))
    (tmp_path / "b.json").write_bytes(cloudtrail.in_forms([start("q-2"), start("q-ancient", cloudtrail.START)])["lines"])
    (tmp_path / "c.json.gz").write_bytes(cloudtrail.digest_file())
    paths = [str(tmp_path / name) for name in ("a.json.gz", "b.json", "c.json.gz")]
    ended = operator.reconcile(*paths)
    assert ended.returncode == 1 and missing(ended) == ["q-1", "q-2"]
    assert {"files read": 2, "digests and insights skipped": 1, "failed": 0}.items() <= sums(ended).items()
    # The third has expired in the table.
    assert sums(ended)["of other days"] == 1
    assert missing(operator.reconcile("--replay", "--date", DAY, paths[0])) == ["q-1"]
    absent = operator.reconcile(paths[0], str(tmp_path / "absent"))
    assert absent.returncode == 1 and "absent: No such file" in absent.stderr and sums(absent)["files read"] == 1


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--date", "2024-02-30", "s3://b"],
        ["--date", "yesterday", "s3://b"],
        ["--date", "2024-3-5", "s3://b"],
        ["--date", "2024-03-06..2024-03-05", "s3://b"],
        ["--date", "2024-03-05..", "s3://b"],
        ["--date", "2024-03-01..2024-03-02..2024-03-03", "s3://b"],
        ["s3://b", "--date"],
        ["--fast", "s3://b"],
        ["s3://"],
        ["s3://a", "s3://b"],
        ["s3://a", "file"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(operator: Operator, arguments: List[str]) -> None:
    ended = operator.reconcile(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("athena-alerter: reconcile: ") and ended.stderr.count("\n") == 1
    assert "--help" in ended.stderr


def test_a_missing_resource_is_named(operator: Operator) -> None:
    operator.put(start("q-1"))
    for ended, words in (
        (operator.reconcile("s3://no-such-bucket"), "NoSuchBucket"),
        (operator.bucket(QUERIES_TABLE=""), "QUERIES_TABLE is not set"),
        (operator.bucket(QUERIES_TABLE="no-such-table"), "ResourceNotFoundException"),
        (operator.bucket(AWS_ACCESS_KEY_ID=""), "no AWS credentials"),
        (operator.bucket(AWS_SECRET_ACCESS_KEY="wrong"), "SignatureDoesNotMatch"),
        (operator.bucket(SETTINGS_FILE="/nowhere"), "/nowhere cannot be read"),
    ):
        assert (ended.returncode, ended.stdout) == (1, "") and words in ended.stderr, ended.stderr


def test_it_ends_when_its_output_is_closed(operator: Operator) -> None:
    operator.put(*(start(f"q-{number}") for number in range(5)))
    variables = operator.alerter.aws.environment(operator.comparer, QUERIES_TABLE=operator.alerter.resources.table)
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [operator.alerter.executable, "reconcile", "--date", DAY, operator.address],
            stdout=full,
            stderr=subprocess.PIPE,
            env=variables,
        )
    assert ended.returncode == 1 and ended.stderr.count(b"No space left") == 1


def test_progress_is_shown_on_a_terminal_only(operator: Operator) -> None:
    operator.put(start("q-1"))
    assert "\r" not in operator.bucket().stderr
    ours, theirs = pty.openpty()
    variables = operator.alerter.aws.environment(operator.comparer, QUERIES_TABLE=operator.alerter.resources.table)
    subprocess.run(
        [operator.alerter.executable, "reconcile", "--date", DAY, operator.address],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=variables,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "1 files" in shown and "1 missing" in shown


@pytest.mark.check
def test_memory_does_not_grow_with_the_day(operator: Operator) -> None:
    records = [start(f"q-{number:05}", YESTERDAY + timedelta(seconds=number)) for number in range(1000)]
    deliver(operator.alerter, operator.put(*records))
    peaks = [peak_memory_bytes(operator)]
    for _ in range(7):
        operator.put(*records)
    peaks.append(peak_memory_bytes(operator))
    assert peaks[1] - peaks[0] < 2**20


def peak_memory_bytes(operator: Operator) -> int:
    variables = operator.alerter.aws.environment(operator.comparer, QUERIES_TABLE=operator.alerter.resources.table)
    command = [str(operator.alerter.executable), "reconcile", "--date", DAY, operator.address]
    # A small process starts the command: the peak memory of a child begins with its parent's.
    parent = "import os, sys; os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); print(os.wait3(0)[2].ru_maxrss)"
    ran = subprocess.run([sys.executable, "-SIc", parent, *command], capture_output=True, text=True, env=variables)
    return int(ran.stdout) * 1024
