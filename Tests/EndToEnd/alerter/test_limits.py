"""Memory, time and work are limited for any input."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Iterator, List

import pytest

from support import cloudtrail, fake_slack
from support.alerter_stack import AlerterStack, finished_message, metrics, reason
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS

MEGABYTE = 1_000_000
MOST_MEMORY = 32 * 2**20
# CloudTrail's limit for a file.
LARGEST_FILE = 50 * MEGABYTE


@pytest.fixture
def roomy_alerter(executable: Path, local_aws: LocalAWS, slack: FakeSlack, tmp_path: Path) -> Iterator[AlerterStack]:
    """An alerter with minutes of time, and the release build if ``ATHENA_ALERTER_RELEASE`` names one."""
    release = Path(os.environ.get("ATHENA_ALERTER_RELEASE", executable)).resolve()
    with AlerterStack(release, local_aws, slack, tmp_path, timeout_seconds=300) as built:
        yield built


def upload(alerter: AlerterStack, path: Path) -> str:
    key = cloudtrail.log_key()
    with path.open("rb") as file:
        alerter.aws.client("s3").put_object(Bucket=alerter.resources.bucket, Key=key, Body=file)
    return key


@pytest.mark.check
def test_the_largest_file_takes_little_memory(roomy_alerter: AlerterStack, tmp_path: Path) -> None:
    path = tmp_path / "large.json.gz"
    ids = cloudtrail.write_large_file(path, megabytes=340, starts=500)
    assert path.stat().st_size > 0.9 * LARGEST_FILE
    [invocation] = roomy_alerter.invoke_with_event(roomy_alerter.created(upload(roomy_alerter, path)))
    assert invocation.succeeded, invocation.error
    counted = metrics(invocation)
    assert counted["QueriesStored"] == counted["QueryStarts"] == len(ids)
    assert roomy_alerter.handler("cloudtrail_handler").peak_memory_bytes() <= MOST_MEMORY
    assert sorted(row["query_execution_id"] for row in roomy_alerter.rows()) == sorted(ids)


def test_memory_does_not_grow_with_the_file(alerter: AlerterStack, tmp_path: Path) -> None:
    peaks = []
    for megabytes in (2, 16):
        path = tmp_path / f"{megabytes}.json.gz"
        cloudtrail.write_large_file(path, megabytes=megabytes, starts=5)
        [invocation] = alerter.invoke_with_event(alerter.created(upload(alerter, path)))
        assert invocation.succeeded and metrics(invocation)["QueriesStored"] == 5
        peaks.append(alerter.handler("cloudtrail_handler").peak_memory_bytes())
    assert peaks[1] - peaks[0] < 4 * 2**20


@pytest.mark.check
def test_many_small_files_leak_no_memory(alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("q-1"), *cloudtrail.noise(100)])
    event = alerter.created(*[key] * 100)
    handler = alerter.handler("cloudtrail_handler")
    alerter.invoke_with_event(event)
    after_one_hundred = handler.peak_memory_bytes()
    alerter.invoke_with_event(event)
    assert handler.peak_memory_bytes() - after_one_hundred < 2 * 2**20


def bomb(path: Path, begin: bytes, middle: bytes, megabytes: int) -> Path:
    with path.open("wb") as file:
        packer = zlib.compressobj(9, wbits=31)
        file.write(packer.compress(begin))
        for _ in range(megabytes):
            file.write(packer.compress(middle * (MEGABYTE // len(middle))))
        file.write(packer.flush())
    return path


@pytest.mark.first_case
@pytest.mark.parametrize(
    "begin, middle",
    [(b'{"Records":[', b" "), (b'{"Records":["', b"x"), (b'{"Records":[', b"["), (b"{", b'"')],
    ids=["spaces", "a string", "brackets", "quotes"],
)
def test_a_decompression_bomb_is_refused(alerter: AlerterStack, tmp_path: Path, begin: bytes, middle: bytes) -> None:
    path = bomb(tmp_path / "bomb.json.gz", begin, middle, megabytes=200)
    good = alerter.put_log([cloudtrail.query_start("q-1")])
    event = alerter.created(upload(alerter, path), good)
    invocation = alerter.handler("cloudtrail_handler").invoke(event)
    said = reason(invocation)
    assert "which no log file does" in said or "not a CloudTrail log" in said
    assert alerter.handler("cloudtrail_handler").peak_memory_bytes() <= MOST_MEMORY
    assert alerter.open_ids() == ["q-1"]


def test_a_record_over_the_length_limit_is_skipped(alerter: AlerterStack) -> None:
    long = cloudtrail.query_start("q-0", userAgent="x" * (6 * MEGABYTE))
    [invocation] = alerter.deliver([cloudtrail.query_start("q-1"), long, cloudtrail.query_start("q-2")])
    assert invocation.succeeded and sorted(alerter.open_ids()) == ["q-1", "q-2"]
    assert metrics(invocation)["RecordsMalformed"] == 1


def test_a_record_nested_too_deeply_does_not_affect_others(alerter: AlerterStack) -> None:
    deep = json.dumps(cloudtrail.query_start("q-0", additionalEventData="HERE"))
    deep = deep.replace('"HERE"', "[" * 100_000 + "]" * 100_000)
    around = [json.dumps(cloudtrail.query_start(name)) for name in ("q-1", "q-2")]
    text = f'{{"Records":[{around[0]},{deep},{around[1]}]}}'
    key = alerter.put_object(cloudtrail.log_key(), gzip.compress(text.encode()))
    [invocation] = alerter.announce(key)
    assert invocation.succeeded, invocation.error
    assert {"q-1", "q-2"} <= set(alerter.open_ids())


@pytest.mark.parametrize("name", ["cloudtrail_handler", "notification"])
def test_an_event_nested_too_deeply_is_an_error(alerter: AlerterStack, name: str) -> None:
    invocation = alerter.handler(name).invoke("[" * 50_000 + "]" * 50_000)
    assert "JSON" in reason(invocation)


# Time


def test_an_update_ends_before_its_deadline_and_the_next_continues(alerter: AlerterStack) -> None:
    alerter.timeout_seconds = 5
    names = [f"q-{number:02}" for number in range(60)]
    start_and_finish(alerter, names)
    alerter.aws.arm({"operation": "athena.BatchGetQueryExecution", "kind": "delay", "delay": 4, "times": 2})
    ticked = alerter.tick()
    assert "athena:BatchGetQueryExecution failed: no answer in time" in reason(ticked)
    assert len(alerter.open_ids()) == metrics(ticked)["QueriesFailed"] > 0
    assert_next_tick_sends(alerter, names)


def test_a_slow_response_does_not_delay_other_queries(alerter: AlerterStack) -> None:
    alerter.timeout_seconds = 7
    # Two regions take two requests.
    alerter.run("q-1")
    alerter.run("q-2", region="us-east-1")
    alerter.aws.arm({"operation": "athena.BatchGetQueryExecution", "kind": "delay", "delay": 8})
    ticked = alerter.tick()
    assert "athena:BatchGetQueryExecution failed: no answer in time" in reason(ticked)
    assert metrics(ticked)["QueriesFinished"] == metrics(ticked)["QueriesFailed"] == 1


@pytest.mark.check
def test_a_page_left_for_lack_of_time_is_the_first_of_the_next_update(alerter: AlerterStack) -> None:
    alerter.timeout_seconds = 8
    for seconds, name in enumerate(["q-old", "q-read", "q-next"]):
        alerter.run(name, at=cloudtrail.START + timedelta(seconds=seconds))
        alerter.finish(name)
    _, read, _ = alerter.rows()
    item = {name: {"S": read[name]} for name in ("start_date", "start_key", "open")}
    page = {"Items": [item], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": item}
    alerter.aws.arm(
        {"operation": "dynamodb.Query", "kind": "says", "body": json.dumps(page)},
        {"operation": "dynamodb.Query", "kind": "delay", "delay": 9, "times": 9},
    )
    ticked = alerter.tick()
    assert ticked.succeeded and metrics(ticked)["QueriesFinished"] == 1
    assert "time ran out" in "".join(ticked.log_lines)
    alerter.aws.arm()
    assert alerter.tick().succeeded and alerter.open_ids() == []
    assert [json.loads(body)["query_execution_id"] for body in alerter.waiting()] == ["q-read", "q-next", "q-old"]


def assert_next_tick_sends(alerter: AlerterStack, names: List[str]) -> None:
    """Open queries that were left are updated in the next invocation, and no message is missing."""
    alerter.aws.arm()
    alerter.timeout_seconds = 30
    alerter.stop()
    assert alerter.tick().succeeded and alerter.open_ids() == []
    assert {json.loads(body)["query_execution_id"] for body in alerter.waiting()} == set(names)


def start_and_finish(alerter: AlerterStack, names: List[str]) -> None:
    alerter.deliver([cloudtrail.query_start(name) for name in names])
    for name in names:
        alerter.finish(name)


def test_an_update_ends_before_its_deadline_when_closing_is_slow(alerter: AlerterStack) -> None:
    alerter.timeout_seconds = 5
    names = [f"q-{number:02}" for number in range(12)]
    start_and_finish(alerter, names)
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "delay", "delay": 4, "times": 5})
    ticked = alerter.tick()
    assert len(alerter.open_ids()) >= 5 and "Sandbox.Timedout" not in str(ticked.error)
    assert_next_tick_sends(alerter, names)


@pytest.mark.check
@pytest.mark.parametrize("operation", ["s3.GetObject", "dynamodb.BatchExecuteStatement"])
def test_a_file_that_takes_too_long_is_delivered_again(alerter: AlerterStack, operation: str) -> None:
    alerter.timeout_seconds = 4
    key = alerter.put_log([cloudtrail.query_start("q-1")])
    alerter.aws.arm({"operation": operation, "kind": "delay", "delay": 5})
    event = alerter.created(key)
    invocation = alerter.handler("cloudtrail_handler").invoke(event)
    assert key in reason(invocation)
    assert alerter.invoke_with_event(event)[-1].succeeded and alerter.open_ids() == ["q-1"]


@pytest.mark.check
def test_a_slow_slack_returns_the_rest_of_a_batch(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.timeout_seconds = 4
    names = [f"q-{number}" for number in range(8)]
    for name in names:
        alerter.send(finished_message(name, executing_user="nobody", user_type="role"))
    slack.fail_next("chat.postMessage", fake_slack.slow(0.5), times=8)
    consumer = alerter.queue(retry_seconds=0)
    delivery = consumer.deliver_batch()
    assert delivery.invocations[0].succeeded
    assert 0 < delivery.returned < 8
    alerter.expire_leases()
    consumer.drain()
    # At most the interrupted alert is sent twice.
    counts = [len(alerter.channel_alerts(name)) for name in names]
    assert min(counts) == 1 and sum(counts) <= 9


def test_athena_is_asked_for_fifty_queries_at_a_time(alerter: AlerterStack) -> None:
    alerter.deliver([cloudtrail.query_start(f"q-{number}") for number in range(101)])
    for number in range(101):
        alerter.aws.put_execution(f"q-{number}", state="RUNNING")
    alerter.aws.reset_calls()
    assert alerter.tick().succeeded
    assert alerter.aws.calls() == {"dynamodb.Query": 1, "athena.BatchGetQueryExecution": 3}


def test_an_update_without_work_makes_one_call(alerter: AlerterStack) -> None:
    for number in range(3):
        alerter.run(f"q-{number}")
    alerter.update_and_notify()
    alerter.aws.reset_calls()
    assert alerter.tick().succeeded
    assert alerter.aws.calls() == {"dynamodb.Query": 1}


def test_a_person_is_looked_up_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    for number in range(5):
        alerter.send(finished_message(f"q-{number}", executing_user="ada" if number % 2 else "nobody"))
    alerter.drain()
    assert len(slack.calls_of("users.lookupByEmail")) == 2
    assert len(slack.calls_of("conversations.open")) == 1


# Endless standard input


@pytest.mark.parametrize(
    "begin",
    [b'{"Records":["', b'{"a":"', b'[{"a":"', b'{"Events":[{"CloudTrailEvent":"', b'{"logEvents":[{"message":"', b'{"detail":{"a":"'],
    ids=bytes.decode,
)
def test_an_endless_file_on_the_command_line_takes_little_memory(executable: Path, begin: bytes) -> None:
    scan = subprocess.Popen([executable, "scan", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert scan.stdin is not None
    scan.stdin.write(begin)
    began = time.monotonic()
    while time.monotonic() - began < 1:
        scan.stdin.write(b"x" * MEGABYTE)
    peak = next(line for line in Path(f"/proc/{scan.pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    _, error = scan.communicate()
    assert int(peak.split()[1]) * 1024 <= MOST_MEMORY
    assert scan.returncode == 1 and b"ends before its contents do" in error
