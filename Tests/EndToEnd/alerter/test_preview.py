"""`athena-alerter preview` tells the same alerts that the handlers send, from each source, and resumes."""

from __future__ import annotations

import json
import random
import re
import subprocess
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest

from support import cloudtrail, emulator, event_delivery
from support.alerter_stack import GIB, AlerterStack
from support.documentation import documented_actions
from support.local_aws import ACCOUNT, REGION

OTHER_REGION = "us-east-1"
DAYS = 20
QUERIES = 240
# All queries are in the past, at any time of the day.
LAST = (datetime.now(timezone.utc) - timedelta(hours=6)).replace(hour=6, minute=0, second=0, microsecond=0)
FIRST = LAST - timedelta(days=DAYS)
SETTINGS: Dict[str, Any] = {
    "thresholds": {"user": "50 GiB", "channel": "$1"},
    "people": {"owners": {"nightly-*": "#data-platform"}, "aliases": {"a.turing": "alan@example.com"}},
    "rules": [
        {"match": {"workgroup": "sandbox"}, "ignore": True},
        {"match": {"user": "grace*"}, "channel": "#compilers", "thresholds": {"user": "10 GiB"}},
        {"match": {"user_type": "role"}, "thresholds": {"channel": None}},
    ],
}
PEOPLE = ("ada@example.com", "alan@example.com", "grace@example.com")

Alert = Tuple[str, str]


def records() -> List[cloudtrail.Record]:
    """A month of query starts by people, programs and aliases, in two regions."""
    chance = random.Random(7)
    callers = [
        cloudtrail.iam_user("ada"),
        cloudtrail.iam_user("a.turing"),
        cloudtrail.sso_person("grace@example.com"),
        cloudtrail.machine("nightly-etl"),
        cloudtrail.machine("dashboards"),
    ]
    starts = []
    for number in range(QUERIES):
        at = FIRST + timedelta(days=number * DAYS / QUERIES)
        starts.append(
            cloudtrail.query_start(
                str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                identity=callers[number % len(callers)],
                at=at,
                account=ACCOUNT,
                region=chance.choice([REGION, REGION, OTHER_REGION]),
                workgroup=chance.choice(["primary", "analysts", "sandbox"]),
            )
        )
    return starts


class Month:
    """The same month in CloudTrail's files, in its history, and in Athena."""

    def __init__(self, alerter: AlerterStack, directory: Path) -> None:
        self.alerter = alerter
        self.aws = alerter.aws
        self.directory = directory
        self.settings = {**SETTINGS, "slack": {"bot_token": alerter.slack.bot_token, "channel": "#athena", "email_domain": "example.com"}}
        alerter.write_settings(**self.settings)
        for number, address in enumerate(PEOPLE):
            alerter.slack.add_person(address, f"U000000000{number}")
        self.records = records()
        chance = random.Random(8)
        for record in self.records:
            identifier = record["responseElements"]["queryExecutionId"]
            sql = f'SELECT * FROM sales AS "{identifier}"'
            if chance.random() < 0.1:
                sql = f"/* user: grace@example.com */ {sql}"
            self.aws.put_execution(
                identifier,
                region=record["awsRegion"],
                state=chance.choice(["SUCCEEDED"] * 8 + ["FAILED", "CANCELLED"]),
                bytes=int(chance.paretovariate(0.4) * GIB),
                workgroup=record["requestParameters"].get("workGroup", "primary"),
                query=sql,
                submitted=cloudtrail_seconds(record),
            )
        for number in range(0, QUERIES, 20):
            alerter.put_log(self.records[number : number + 20], time=at(self.records[number + 19]), account=ACCOUNT)
        for region in (REGION, OTHER_REGION):
            self.aws.put_history([one for one in self.records if one["awsRegion"] == region], region)

    @property
    def bucket(self) -> str:
        return f"s3://{self.alerter.resources.bucket}"

    def preview(self, *arguments: str, output: str = "rows.jsonl", **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.alerter.executable, "preview", "--output", str(self.directory / output), *arguments],
            env={**self.aws.environment(self.aws.admin, SETTINGS_FILE=str(self.alerter.settings_file)), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def alerts(self, *arguments: str, **options: str) -> Set[Alert]:
        ran = self.preview("--list", *arguments, **options)
        assert ran.returncode == 0, ran.stderr
        return listed(ran.stdout)

    def told(self) -> Set[Alert]:
        """The alerts that the handlers send of the same month."""
        # The emulator runs the functions in another account than the one that the local AWS has.
        played = json.loads(json.dumps(self.records).replace(ACCOUNT, emulator.ACCOUNT))
        assert self.alerter.deliver(played)[-1].succeeded
        while self.alerter.open_ids():
            assert self.alerter.handler("usage_update").invoke(event_delivery.schedule_event()).succeeded
        self.alerter.drain()
        conversations = {"D" + user[1:]: address for address, user in self.alerter.slack.people.items()}
        return {
            (re.findall(r'AS \\?"([0-9a-f-]{36})', json.dumps(message))[0], conversations.get(message["channel"], message["channel"]))
            for message in self.alerter.slack.messages()
            if " of the budget " not in message["text"]
        }


def at(record: cloudtrail.Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))


def cloudtrail_seconds(record: cloudtrail.Record) -> float:
    return at(record).timestamp()


def listed(output: str) -> Set[Alert]:
    found = re.findall(r"^\S+ \S+#(\S+)  .+?  (?:channel|user)  (.+)$", output, re.MULTILINE)
    return {(identifier, receiver) for identifier, receiver in found if not receiver.startswith("nobody")}


@pytest.fixture
def month(alerter: AlerterStack, tmp_path: Path) -> Iterator[Month]:
    yield Month(alerter, tmp_path)
    for region in (REGION, OTHER_REGION):
        alerter.aws.put_history([], region)


def test_the_alerts_are_those_of_the_handlers(month: Month) -> None:
    told = month.told()
    assert len(told) > 30 and {"#athena", "#compilers", "#data-platform", *PEOPLE} <= {receiver for _, receiver in told}
    assert month.alerts(month.bucket, output="bucket.jsonl") == told
    assert month.alerts("--regions", f"{REGION},{OTHER_REGION}", output="history.jsonl") == told
    file = month.directory / "month.json"
    file.write_text(json.dumps({"Records": month.records}))
    assert month.alerts(str(file), output="file.jsonl") == told


def test_the_report_counts_what_the_list_shows(month: Month) -> None:
    ran = month.preview("--list", month.bucket)
    alerts = listed(ran.stdout)
    report = ran.stdout.split("\n\n", 1)[1]
    assert f"{QUERIES} queries of 3 people and 2 programs" in report
    people = {receiver for _, receiver in alerts if "@" in receiver}
    channels = {receiver for _, receiver in alerts if "#" in receiver}
    to_people = sum(receiver in people for _, receiver in alerts)
    assert f"to {len(people)} people: {to_people}," in report
    assert f"to {len(channels)} channels: {len(alerts) - to_people}," in report
    assert len(re.findall(r"rules\[\d\] applies to \d+ queries", report)) == 3
    [dearest] = re.findall(r"The dearest queries\n((?:  .+\n)+)", report)
    costs = [float(cost.replace(",", "")) for cost in re.findall(r"\$([\d,.]+)", dearest)]
    assert len(costs) == 10 and costs == sorted(costs, reverse=True)


def test_the_notices_of_budgets_are_those_of_the_handlers(month: Month) -> None:
    budgets = [
        {"name": "people", "per": "user", "limit": "$10", "every": "month"},
        {"name": "all", "limit": "10 TiB", "every": "week", "channel": "#compilers"},
    ]
    month.alerter.write_settings(**month.settings, budgets=budgets)
    report = month.preview(month.bucket).stdout
    section = report.split("\nBudgets\n")[1].split("\n\n")[0]
    assert "  people: $10.00 a month (UTC) for each user; at 50%, 80%, 100% the user and #athena hear" in section
    listing = month.preview("--list", month.bucket).stdout.split("\n\n")[0]
    found = re.findall(r"^\S+ \S+  (\w+) (\S+)  (\d+)%  (channel|user)  .+?  (?:(\S+) has used|\d+% of) ", listing, re.MULTILINE)
    # A batch that reaches several steps tells of the highest alone.
    last = {(budget, period, subject or "all", target): int(step) for budget, period, step, target, subject in found}
    counts = [int(count) for count in re.findall(r"^    (\d+) notices?:", section, re.MULTILINE)]
    assert last and sum(counts) == len(found)
    month.told()
    assert last == told_steps(month.alerter)


def told_steps(alerter: AlerterStack) -> Dict[Tuple[str, str, str, str], int]:
    return {
        (item["start_date"].split("#")[1], *item["start_key"].split("#", 1), target): item[f"{target}_told_step"]
        for item in alerter.items()
        for target in ("channel", "user")
        if item["start_date"].startswith("budget#") and f"{target}_told_step" in item
    }


def test_the_suggested_threshold_gives_one_alert_a_week(month: Month) -> None:
    report = month.preview(month.bucket).stdout
    [size] = re.findall(r'thresholds.user "(.+)" would', report)
    month.alerter.write_settings(slack=month.settings["slack"], thresholds={"user": size, "channel": None})
    alerts = month.alerts(month.bucket)
    when = {one["responseElements"]["queryExecutionId"]: at(one).isocalendar()[:2] for one in month.records}
    weeks = [(when[identifier], receiver) for identifier, receiver in alerts if "@" in receiver]
    assert weeks and len(weeks) == len(set(weeks))


def test_nothing_is_sent_or_stored(month: Month) -> None:
    month.aws.reset_calls()
    assert month.preview(month.bucket).returncode == 0
    called = {name.split(".")[0] for name in month.aws.calls()}
    assert called == {"s3", "sts", "athena"} and month.alerter.slack.calls == []


def test_the_rows_serve_other_settings_without_a_call(month: Month) -> None:
    month.preview("--regions", f"{REGION},{OTHER_REGION}")
    month.aws.reset_calls()
    month.alerter.write_settings(slack=month.settings["slack"], thresholds={"user": "1 PB", "channel": None})
    assert month.alerts("--regions", f"{REGION},{OTHER_REGION}") == set()
    assert month.aws.calls() == {}


def test_the_rows_make_the_page_of_a_month(month: Month) -> None:
    month.aws.delete_execution(identifier(month.records[-1]))
    month.preview(month.bucket)
    last = month.records[-2]["eventTime"][:7]
    count = sum(one["eventTime"].startswith(last) for one in month.records[:-1])
    page = month.directory / "page.html"
    rows = month.directory / "rows.jsonl"
    arguments = ["report", "--month", last, "--from", str(rows), "--output", str(page)]
    environment = {"SETTINGS_FILE": str(month.alerter.settings_file)}
    ran = subprocess.run([month.alerter.executable, *arguments], env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f">{count:,}<" in page.read_text()
    rows.write_text(rows.read_text() + '{"no": "query"}\n')
    ran = subprocess.run([month.alerter.executable, *arguments], env=environment, capture_output=True, text=True)
    assert ran.returncode == 1 and "1 lines are no queries" in ran.stderr


def test_fifty_are_asked_for_at_a_time(month: Month) -> None:
    month.aws.reset_calls()
    month.preview(month.bucket)
    assert month.aws.calls()["athena.BatchGetQueryExecution"] <= QUERIES / 50 + 4


def test_the_history_is_read_at_the_pace_that_cloudtrail_allows(month: Month) -> None:
    with month.aws.quota("cloudtrail.LookupEvents", per_second=2, burst=2) as refused:
        assert month.preview().returncode == 0
        assert refused() == 0


@pytest.mark.parametrize("source", ["bucket", "history"])
def test_an_interrupted_preview_resumes(month: Month, source: str) -> None:
    arguments = [month.bucket] if source == "bucket" else ["--regions", f"{REGION},{OTHER_REGION}"]
    whole = month.preview("--list", *arguments, output="whole.jsonl").stdout
    denial = {"status": 400, "code": "AccessDeniedException", "times": 100}
    month.aws.arm({"operation": "athena.BatchGetQueryExecution", "after": 3, **denial})
    cut = month.preview("--list", *arguments)
    assert cut.returncode == 1 and "AccessDenied" in cut.stderr
    month.aws.arm()
    rows = month.directory / "rows.jsonl"
    before = len(rows.read_text().splitlines())
    assert 1 < before < QUERIES
    # The line that a killed process was writing.
    with rows.open("a") as file:
        file.write('{"query_execution_id": "cut')
    month.aws.reset_calls()
    resumed = month.preview("--list", *arguments)
    assert resumed.returncode == 0 and sorted(resumed.stdout.splitlines()) == sorted(whole.splitlines())
    ids = [row["query_execution_id"] for row in map(json.loads, rows.read_text().splitlines()) if "query_execution_id" in row]
    assert len(ids) == len(set(ids)) == QUERIES


def test_the_file_of_another_preview_is_refused(month: Month) -> None:
    month.preview(month.bucket)
    ran = month.preview("--days", "3", month.bucket)
    assert ran.returncode == 1 and "is of another preview" in ran.stderr and "--output" in ran.stderr
    (month.directory / "mine.txt").write_text("my notes\n")
    assert "is not of a preview" in month.preview(month.bucket, output="mine.txt").stderr
    assert (month.directory / "mine.txt").read_text() == "my notes\n"


def test_only_the_owner_can_read_the_rows(month: Month) -> None:
    month.preview(month.bucket)
    assert (month.directory / "rows.jsonl").stat().st_mode & 0o777 == 0o600


def test_days_are_chosen(month: Month) -> None:
    day = f"{FIRST + timedelta(days=5):%Y-%m-%d}"
    ran = month.preview("--from", day, "--to", day, month.bucket)
    expected = sum(one["eventTime"].startswith(day) for one in month.records)
    assert expected and f"{day} to {day}: {expected} queries" in ran.stdout


def test_queries_that_athena_has_forgotten_are_counted(month: Month) -> None:
    for record in month.records[:7]:
        month.aws.delete_execution(record["responseElements"]["queryExecutionId"])
    assert "7 more are forgotten by Athena" in month.preview(month.bucket).stdout


def test_the_documented_permissions_are_enough(month: Month) -> None:
    user = month.aws.create_user(f"previewer-{uuid.uuid4().hex[:8]}", documented_actions("preview"))
    variables = {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key}
    assert month.preview(month.bucket, output="1", **variables).returncode == 0
    assert month.preview(output="2", **variables).returncode == 0
    for action in documented_actions("preview"):
        others = [one for one in documented_actions("preview") if one != action]
        user = month.aws.create_user(f"previewer-{uuid.uuid4().hex[:8]}", others)
        variables = {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key}
        source = [] if action.startswith("cloudtrail:") else [month.bucket]
        ran = month.preview(*source, output=action.replace(":", "-"), **variables)
        assert ran.returncode == 1 and "AccessDenied" in ran.stderr, action


# Athena's system table

OLD = FIRST - timedelta(days=40)
COLUMNS = [
    ("query_execution_id", "varchar"),
    ("state", "varchar"),
    ("submission_date_time", "timestamp with time zone"),
    ("completion_date_time", "timestamp with time zone"),
    ("work_group_name", "varchar"),
    ("query_string", "varchar"),
    ("data_scanned_in_bytes", "bigint"),
    ("total_execution_time_in_millis", "bigint"),
    ("reused_previous_result", "boolean"),
]


class OldMonth:
    """Queries that Athena has forgotten, beside those of the month."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.aws = month.aws
        self.records = [
            cloudtrail.query_start(
                str(uuid.UUID(int=number, version=4)),
                identity=cloudtrail.iam_user("ada" if number % 2 else "grace"),
                at=OLD + timedelta(hours=number),
                account=ACCOUNT,
                region=OTHER_REGION if number % 3 == 0 else REGION,
            )
            for number in range(30)
        ]
        month.alerter.put_log(self.records, time=at(self.records[-1]), account=ACCOUNT)
        for record in self.records:
            self.aws.put_execution(identifier(record), region=record["awsRegion"], **self.execution(record))

    def execution(self, record: cloudtrail.Record) -> Dict[str, Any]:
        number = self.records.index(record)
        began = cloudtrail_seconds(record)
        return {
            "state": "FAILED" if number % 7 == 0 else "SUCCEEDED",
            "bytes": number * 20 * GIB,
            "workgroup": "analysts",
            "query": f'SELECT * FROM sales AS "{identifier(record)}"',
            "submitted": began,
            "completed": began + 2,
            "engine_milliseconds": 2000,
            "reused_previous_result": number % 5 == 0,
        }

    def forget(self) -> None:
        for record in self.records:
            self.aws.delete_execution(identifier(record))

    def plan(self, region: str, missing: int = 0) -> Dict[str, Any]:
        """The result of the query in a region."""
        rows = [self.row(record) for record in self.records if record["awsRegion"] == region]
        return {"columns": COLUMNS, "rows": rows[missing:], "order": {"bytes": 12_345_678}}

    def row(self, record: cloudtrail.Record) -> List[str]:
        ran = self.execution(record)
        times = [f"{at(record) + timedelta(seconds=more):%Y-%m-%d %H:%M:%S}.000 UTC" for more in (0, 2)]
        numbers = [str(ran["bytes"]), "2000", str(ran["reused_previous_result"]).lower()]
        return [identifier(record), ran["state"], *times, ran["workgroup"], ran["query"], *numbers]

    def preview(self, *arguments: str, **options: str) -> "subprocess.CompletedProcess[str]":
        return self.month.preview("--days", "90", "--list", *arguments, self.month.bucket, **options)


def identifier(record: cloudtrail.Record) -> str:
    return str(record["responseElements"]["queryExecutionId"])


@pytest.fixture
def old(month: Month) -> OldMonth:
    return OldMonth(month)


def test_the_system_table_tells_what_athena_has_forgotten(old: OldMonth) -> None:
    remembered = old.preview(output="remembered").stdout
    assert sum(identifier(record) in remembered for record in old.records) > 10
    old.forget()
    old.aws.reset_calls()
    assert "30 more are forgotten by Athena" in old.preview(output="forgotten").stdout
    assert "athena.StartQueryExecution" not in old.aws.calls()
    old.aws.plan_executions(old.plan(REGION), old.plan(OTHER_REGION))
    old.aws.reset_calls()
    ran = old.preview("--system-table", "--results", "s3://results/preview/", output="read")
    assert ran.returncode == 0 and sorted(ran.stdout.splitlines()) == sorted(remembered.splitlines()), ran.stderr
    assert ran.stderr.count("reads Athena's system table; what it scans is billed") == 2
    assert ran.stderr.count("it scanned 12345678 bytes") == 2
    calls = old.aws.calls()
    assert calls["athena.StartQueryExecution"] == calls["athena.GetQueryResults"] == 2
    # The rows serve other settings without another query.
    old.aws.reset_calls()
    assert old.preview("--system-table", output="read").stdout == ran.stdout
    assert "athena.StartQueryExecution" not in old.aws.calls()


def test_what_the_system_table_does_not_have_is_counted(old: OldMonth) -> None:
    old.forget()
    old.aws.plan_executions(old.plan(REGION, missing=3), old.plan(OTHER_REGION, missing=2))
    assert "5 more are forgotten by Athena" in old.preview("--system-table").stdout


def test_a_system_table_that_cannot_be_read_ends_the_preview(old: OldMonth) -> None:
    remembered = old.preview(output="remembered").stdout
    old.forget()
    failed = {"order": {"state": "FAILED", "reason": "TABLE_NOT_FOUND: query_executions"}}
    old.aws.plan_executions(old.plan(REGION), failed)
    ran = old.preview("--system-table")
    assert ran.returncode == 1 and "could not be read" in ran.stderr and "TABLE_NOT_FOUND" in ran.stderr
    # The next run asks for the other region alone.
    old.aws.plan_executions(old.plan(OTHER_REGION))
    ran = old.preview("--system-table")
    assert ran.returncode == 0 and sorted(ran.stdout.splitlines()) == sorted(remembered.splitlines())
    old.aws.plan_executions({"columns": [("id", "varchar"), ("bytes", "bigint")], "rows": []})
    ran = old.preview("--system-table", output="other")
    assert ran.returncode == 1 and "no column for the id" in ran.stderr and "it has id, bytes" in ran.stderr


def test_the_system_table_is_read_in_the_workgroup_that_is_named(old: OldMonth) -> None:
    old.forget()
    for region in (REGION, OTHER_REGION):
        client = old.aws.client("athena", region=region)
        client.create_work_group(Name="previews", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/p/"}})
    old.aws.plan_executions(old.plan(REGION), old.plan(OTHER_REGION))
    ran = old.preview("--system-table", "--workgroup", "previews")
    assert ran.returncode == 0 and "a query in the workgroup previews" in ran.stderr
    for region in (REGION, OTHER_REGION):
        old.aws.client("athena", region=region).delete_work_group(WorkGroup="previews")


def test_the_documented_permissions_of_the_system_table_are_enough(old: OldMonth) -> None:
    old.forget()
    actions = documented_actions("preview") + documented_actions("the system table")
    local = [one for one in actions if one.startswith("athena:")]
    for number, missing in enumerate([None, *(one for one in local if one not in documented_actions("preview"))]):
        user = old.aws.create_user(f"previewer-{uuid.uuid4().hex[:8]}", [one for one in actions if one != missing])
        variables = {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key}
        old.aws.plan_executions(old.plan(REGION), old.plan(OTHER_REGION))
        ran = old.preview("--system-table", output=str(number), **variables)
        assert (ran.returncode, "AccessDenied" in ran.stderr) == ((0, False) if missing is None else (1, True)), (missing, ran.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["--days", "0"], ["--days", "many"], ["--days", "3", "--from", "2026-01-01"], ["--from", "tomorrow"], ["--from", "2026-01-02", "--to", "2026-01-01"]]
    + [["s3://a", "b"], ["s3://"], ["--regions", "here/there"], ["--regions", "eu-west-1", "s3://a"], ["--now"]]
    + [["--workgroup", "bi"], ["--results", "s3://a/"], ["--system-table", "--results", "here"]],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(executable: Path, arguments: List[str], tmp_path: Path) -> None:
    ended = subprocess.run([executable, "preview", *arguments], capture_output=True, text=True, env={}, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "") and ended.stderr.startswith("athena-alerter: preview: ")
    assert list(tmp_path.iterdir()) == []
