"""The page of a large company: ten thousand people and a million queries, from the files of the history and from the sums."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from support.alerter_stack import AlerterStack, ago, finished_message, metrics
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS

QUERIES = 1_000_000
PEOPLE = 10_000
SECONDS = 60
PAGE_BYTES = 2_000_000
MEMORY_BYTES = 256 << 20


@pytest.fixture
def release(executable: Path) -> Path:
    """The release build: another one is slower by far."""
    found = Path(os.environ.get("ATHENA_ALERTER_RELEASE", executable)).resolve()
    if "release" not in found.parts:
        pytest.skip("not a release build")
    return found


def expect_within_limits(page_bytes: int, seconds: float, memory_bytes: int) -> None:
    found = {"page": page_bytes, "seconds": seconds, "memory": memory_bytes}
    print(found)
    assert page_bytes < PAGE_BYTES and seconds < SECONDS and memory_bytes < MEMORY_BYTES, found


def processor_seconds(process_id: Optional[int]) -> float:
    """The processor time of a process so far: that of a clock depends on what else the machine does."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_history(folder: Path) -> None:
    """The queries of November 2025. The lines of a day differ in what the page shows."""
    generator = random.Random(5)
    days = [date(2025, 11, 1) + timedelta(days=number) for number in range(30)]
    for index, day in enumerate(days):
        message = finished_message("ID", start_date=str(day), start_timestamp=f"{day} 10:00:00", query_sql=None)
        message.update(executing_user="USER", user_type="person", query_shape="SHAPE", workgroup="WORKGROUP", tool="dbt")
        start, _, rest = json.dumps(message)[:-1].partition("ID")
        lines: List[str] = []
        for number in range(index, QUERIES, len(days)):
            words = rest.replace("USER", f"person{generator.randrange(PEOPLE)}@example.com")
            words = words.replace("SHAPE", f"{generator.randrange(100_000):016x}").replace("WORKGROUP", f"wg{number % 30}")
            lines.append(f'{start}00000000-0000-4000-8000-{number:012}{words}, "cost_usd": {generator.randrange(1, 500) / 100}}}')
        path = folder / f"dt={day}" / "queries.json"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(lines))


@pytest.mark.check
def test_the_page_of_a_million_queries_is_small_and_quick(release: Path, tmp_path: Path) -> None:
    write_history(tmp_path / "queries")
    command = [release, "report", "--month", "2025-11", "--from", "queries", "--output", "page.html"]
    # A child's peak begins with the memory of its parent, so the parent must be a small process.
    parent = (
        "import os, sys; os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); _, status, usage = os.wait3(0); "
        "print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)"
    )
    ended = subprocess.run([sys.executable, "-c", parent, *command], cwd=tmp_path, capture_output=True, text=True, check=True)
    status, seconds, kilobytes = ended.stdout.split()
    page = (tmp_path / "page.html").read_text()
    assert status == "0" and "9,960 others" in page, ended
    expect_within_limits(len(page), float(seconds), int(kilobytes) << 10)


def sums_of_a_day(day: date) -> bytes:
    """The sums of a day on which everybody ran three queries."""

    def amounts(queries: int) -> Dict[str, Any]:
        counts = {"queries": queries, "failed": 0, "cancelled": 0, "unpriced": 0, "data_scanned": queries << 30}
        return {**counts, "cost_usd": queries * 0.25, "cost_cny": 0.0}

    lines = [{"kind": "total", **amounts(3 * PEOPLE)}]
    for number in range(PEOPLE):
        name = f"person{number}@example.com"
        dearest = finished_message(f"00000000-0000-4000-8000-{number:012}", query_sql=None, executing_user=name)
        dearest.update(start_date=str(day), region="eu-west-1", workgroup="analysts", cost_usd=0.25)
        lines += [{"kind": kind, "name": name, **amounts(3)} for kind in ("person", "human")]
        lines[-1]["dearest_query"] = dearest
    lines += [{"kind": "workgroup", "name": f"wg{number}", **amounts(PEOPLE // 10)} for number in range(30)]
    for number in range(5000):
        shape = {"queries": 6, "data_scanned": 6 << 30, "cost": 1.5, "people": ["a", "b", "c"], "has_more_people": True}
        name = f"{number * day.day:016x}"
        lines.append({"kind": "shape", "name": name, **shape, "masked_sql": f"select {'x' * 500} from t{number}"})
    return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode(), 1)


@pytest.mark.check
def test_the_pages_of_ten_thousand_people_are_small_and_quick(
    release: Path, local_aws: LocalAWS, slack: FakeSlack, tmp_path: Path
) -> None:
    yesterday = ago(days=1).date()
    first = (yesterday.replace(day=1) - timedelta(days=1)).replace(day=1)
    with AlerterStack(release, local_aws, slack, tmp_path, timeout_seconds=300) as alerter:
        alerter.write_settings()
        alerter.set_environment(HISTORY_BUCKET=alerter.resources.bucket)
        # The handler itself writes the last three days, in which nobody ran anything.
        for number in range((yesterday - first).days - 2):
            day = first + timedelta(days=number)
            alerter.put_object(f"sums/dt={day}/sums.json.gz", sums_of_a_day(day))
        handler = alerter.handler("report")
        invocation = handler.invoke({})
        assert invocation.succeeded and metrics(invocation)["PagesWritten"] >= 2
        s3, bucket = alerter.aws.client("s3"), alerter.resources.bucket
        page = s3.get_object(Bucket=bucket, Key=f"pages/month/{yesterday:%Y-%m}.html")["Body"].read()
        expect_within_limits(len(page), processor_seconds(handler.function_process_id()), handler.peak_memory_bytes())
