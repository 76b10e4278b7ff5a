"""`athena-alerter preview` of a large month says what the handlers say of it. These tests take minutes; ``make load`` runs them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from support import cloudtrail, emulator, event_delivery
from support.alerter_stack import GIB, AlerterStack, metrics, text_of, without_day
from support.fake_slack import channel_id
from support.local_aws import ACCOUNT, REGION

pytestmark = pytest.mark.load

COUNT = 100_000
DAYS = 30
FIRST = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
OTHER_REGION = "sa-east-1"
WAVE = 500
MOST_MEMORY = 64 * 2**20
PEOPLE = [f"person-{number:02}" for number in range(40)]
SETTINGS: Dict[str, Any] = {
    "time_zone": "America/New_York",
    "thresholds": {"user": "$2", "channel": "$10"},
    "people": {"owners": {"nightly-*": "#data-platform"}, "aliases": {"a.turing": "alan@example.com"}, "machines": ["person-39"]},
    "rules": [
        {"match": {"workgroup": "sandbox"}, "ignore": True},
        {"match": {"user": "person-0*"}, "channel": "#compilers", "thresholds": {"user": "300 GiB"}},
        {"match": {"user_type": "role"}, "thresholds": {"channel": "$50"}},
        {"match": {"region": OTHER_REGION}, "thresholds": {"user": "$20"}},
        {"match": {"workgroup": "bi"}, "notify": "person-01@example.com"},
    ],
}
BUDGETS = [
    {"name": "people", "per": "user", "limit": "$5", "every": "month"},
    {"name": "teams", "per": "workgroup", "limit": "1 TiB", "every": "week", "channel": "#compilers"},
    {"name": "all", "limit": "$2", "every": "day", "match": {"workgroup": ["primary", "analysts"]}},
]

# An execution, the name of a channel or the address of a person, and the cost.
Alert = Tuple[str, str, str]


class LargeMonth:
    """Queries of a month: people, programs, tools, regions, workgroups, and every way to end and to be billed."""

    def __init__(self, alerter: AlerterStack, count: int, directory: Path, **settings: Any) -> None:
        self.alerter = alerter
        self.rows = directory / "rows.jsonl"
        self.chance = random.Random(1843)
        self.write_settings(**settings)
        for number, name in enumerate([*PEOPLE, "alan", "grace", "tool-user"]):
            alerter.slack.add_person(f"{name}@example.com", f"U00000{number:05}")
        self.files: List[List[cloudtrail.Record]] = []
        for first in range(0, count, WAVE):
            self._add([self._start(number / count) for number in range(first, min(first + WAVE, count))])

    def write_settings(self, **changes: Any) -> None:
        slack = {"bot_token": self.alerter.slack.bot_token, "channel": "#athena", "email_domain": "example.com"}
        self.alerter.write_settings(**{**SETTINGS, "slack": slack, **changes})

    def _start(self, part: float) -> cloudtrail.Record:
        chance = self.chance
        caller = chance.choice(
            [cloudtrail.iam_user(chance.choice(PEOPLE)) for _ in range(6)]
            + [cloudtrail.sso_person("grace@example.com"), cloudtrail.iam_user("a.turing")]
            + [cloudtrail.machine("nightly-etl"), cloudtrail.machine("dashboards"), cloudtrail.machine("redash")]
        )
        return cloudtrail.query_start(
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            identity=caller,
            at=FIRST + timedelta(days=part * DAYS),
            account=ACCOUNT,
            region=chance.choice([REGION, REGION, REGION, OTHER_REGION]),
            workgroup=chance.choice(["primary", "analysts", "sandbox", "bi"]),
        )

    def _add(self, records: List[cloudtrail.Record]) -> None:
        """Puts queries into a log file of each region, and what Athena knows of them."""
        executions = {one["responseElements"]["queryExecutionId"]: self._execution(one) for one in records}
        self.alerter.aws.put_each_execution(executions)
        for region in (REGION, OTHER_REGION):
            part = [one for one in records if one["awsRegion"] == region]
            self.files.append(part)
            self.alerter.put_log(part, time=moment(part[-1]), account=ACCOUNT, region=region)

    def _execution(self, record: cloudtrail.Record) -> Dict[str, Any]:
        chance = self.chance
        sql = f'SELECT * FROM sales AS "{record["responseElements"]["queryExecutionId"]}" WHERE ' + "year = 2026 AND " * 20 + "true"
        if record["userIdentity"]["arn"].split("/")[1] == "redash":
            sql = f"/* Username: tool-user@example.com, query_id: 42, Job ID: 7, Query Hash: 1, Scheduled: False */ {sql}"
        began = moment(record).timestamp()
        kind = chance.random()
        more: Dict[str, Any] = {"state": "SUCCEEDED"}
        if kind < 0.05:
            more = {"state": "FAILED", "reason": "SYNTAX_ERROR"}
        elif kind < 0.08:
            more = {"state": "CANCELLED", "reason": "Query cancelled by user"}
        elif kind < 0.081:
            more = {"state": "CANCELLED", "reason": "Bytes scanned limit was exceeded"}
        elif kind < 0.11:
            more["reused_previous_result"] = True
        elif kind < 0.13:
            more["dpu_count"] = 24
        elif kind < 0.15:
            more["statement_type"] = "DDL"
        elif kind < 0.17:
            more["catalog"] = "lambda:orders"
        milliseconds = chance.randrange(500, 600_000)
        return {
            "bytes": int(chance.paretovariate(0.9) * GIB),
            "region": record["awsRegion"],
            "workgroup": record["requestParameters"]["workGroup"],
            "query": sql,
            "submitted": began,
            "completed": began + milliseconds / 1000,
            "engine_milliseconds": milliseconds,
            **more,
        }

    def preview(self) -> Tuple[str, int]:
        """The output of `preview --list` and the peak of its memory in bytes."""
        bucket = f"s3://{self.alerter.resources.bucket}"
        command = [str(self.alerter.executable), "preview", "--days", str(DAYS + 1), "--list", "--output", str(self.rows), bucket]
        environment = self.alerter.aws.environment(self.alerter.aws.admin, SETTINGS_FILE=str(self.alerter.settings_file))
        output = self.rows.with_suffix(".txt")
        peak = 0
        with output.open("w") as file:
            process = subprocess.Popen(command, env=environment, stdout=file)
            # The usage that the system reports of a child begins with the memory of this process.
            while process.poll() is None:
                found = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
                peak = int(found[0]) * 1024 if found else peak
                time.sleep(0.05)
        assert process.returncode == 0
        return output.read_text(), peak

    def messages(self) -> List[Dict[str, Any]]:
        """The rows of the preview, which have the form of messages."""
        rows = map(json.loads, self.rows.read_text().splitlines())
        return [row for row in rows if "query_state" in row]

    def play(self) -> Tuple[List[Dict[str, Any]], "Counter[str]"]:
        """Puts each file through all handlers; returns the messages of `usage_update` and the sums of the metrics."""
        sent: List[Dict[str, Any]] = []
        told: "Counter[str]" = Counter()
        began = time.monotonic()
        for number, records in enumerate(self.files):
            # The emulator runs the functions in another account than the one that the local AWS has.
            played = json.loads(json.dumps(records).replace(ACCOUNT, emulator.ACCOUNT))
            told.update(metrics(*self.alerter.deliver(played, region=records[0]["awsRegion"]), self.alerter.tick()))
            bodies = [json.loads(body) for body in self.alerter.waiting()]
            self.alerter.aws.clear_queues()
            told.update(metrics(*self.notify(bodies)))
            sent += bodies
            if number % 20 == 0:
                say(began, f"{len(sent)} queries played, {told['AlertsSent']} alerts")
        return sent, told

    def notify(self, bodies: List[Any]) -> List[emulator.Invocation]:
        handler = self.alerter.handler("notification")
        batches = [bodies[first : first + 10] for first in range(0, len(bodies), 10)]
        ended = [handler.invoke(event_delivery.through_sqs(*batch)) for batch in batches]
        assert all(one.payload == {"batchItemFailures": []} for one in ended)
        return ended

    def told(self) -> List[Alert]:
        """The alerts that are on Slack."""
        slack = self.alerter.slack
        names = {"D" + user[1:]: address for address, user in slack.people.items()}
        names |= {channel_id(name): name for name in ("#athena", "#compilers", "#data-platform")}
        messages = [one for one in slack.messages() if " of the budget " not in one["text"]]
        return sorted(
            (*alert(text_of(without_day(one))), names.get(one["channel"], one["channel"])) for one in messages
        )


def say(began: float, text: str) -> None:
    print(f"{time.monotonic() - began:5.0f} s: {text}", flush=True)


def moment(record: cloudtrail.Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))


def alert(text: str) -> Tuple[str, str]:
    [identifier] = set(re.findall(r'AS "([0-9a-f-]{36})', text))
    [cost] = set(re.findall(r"^\*Cost\*\s(.+?)(?: \(.*)?$", text, re.MULTILINE))
    return identifier, cost


def listed(output: str) -> List[Alert]:
    found = re.findall(r"^\S+ \S+#(\S+)  (.+?)  (?:channel|user)  (.+)$", output, re.MULTILINE)
    return sorted(one for one in found if not one[2].startswith("nobody"))


def test_a_hundred_thousand_queries_give_the_alerts_of_all_handlers(alerter: AlerterStack, tmp_path: Path) -> None:
    count = COUNT
    began = time.monotonic()
    month = LargeMonth(alerter, count, tmp_path)
    say(began, f"{count} queries are there")
    began = time.monotonic()
    output, peak = month.preview()
    say(began, f"the preview took {peak / 2**20:.1f} MiB")
    assert f": {count} queries of " in output and 0 < peak < MOST_MEMORY
    # The rows are there, so Athena is not asked again.
    alerts = listed(output)
    month.write_settings(budgets=BUDGETS)
    output, peak = month.preview()
    assert listed(output) == alerts and "\nBudgets\n" in output and 0 < peak < MOST_MEMORY
    month.write_settings()
    sent, told = month.play()
    assert told["QueriesStored"] == told["QueriesFinished"] == told["Messages"] == count
    rows = json.loads(json.dumps(month.messages()).replace(ACCOUNT, emulator.ACCOUNT))
    key = "query_execution_id"
    assert sorted(sent, key=lambda one: one[key]) == sorted(rows, key=lambda one: one[key])
    assert 300 < told["AlertsSent"] == len(alerts) < 3000
    assert {receiver for _, _, receiver in alerts} > {"#athena", "#compilers", "#data-platform", "tool-user@example.com"}
    assert month.told() == alerts


def test_three_thousand_queries_give_the_notices_of_notification(alerter: AlerterStack, tmp_path: Path) -> None:
    """The last notice about each sum is of the step that the table has.

    A batch that reaches two steps tells of the higher, so the handlers may tell less often on the way. The local
    DynamoDB slows down with each item that a transaction finds, so there are fewer queries.
    """
    month = LargeMonth(alerter, 3000, tmp_path, budgets=BUDGETS)
    output, _ = month.preview()
    assert metrics(*month.notify(month.messages()))["QueriesCounted"] == 3000
    told = {
        (item["start_date"].split("#")[1], *item["start_key"].split("#", 1), target): item[f"{target}_told_step"]
        for item in alerter.items()
        for target in ("channel", "user")
        if item["start_date"].startswith("budget#") and f"{target}_told_step" in item
    }
    line = r"^\S+ \S+  (\w+) (\S+)  (\d+)%  (channel|user)  .+?  (?:(?:Workgroup )?(\S+) has used|\d+% of the budget all) "
    notices = re.findall(line, output, re.MULTILINE)
    # Later steps replace earlier ones.
    last = {(budget, period, subject or "all", target): int(step) for budget, period, step, target, subject in notices}
    assert {budget for budget, *_ in last} == {"people", "teams", "all"} and len(set(last.values())) == 3
    assert last == told
    posted = [one["text"] for one in alerter.slack.messages() if " of the budget " in one["text"]]
    assert len(told) <= len(posted) <= len(notices)
    print(f"{len(notices)} notices in the preview, {len(posted)} on Slack")
