"""Demonstrates an alert in a few seconds, from a CloudTrail file to a message on Slack.

``make demo`` builds the executable. Everything runs on this machine, on loopback only.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, TextIO

try:
    from support import cloudtrail
    from support.alerter_stack import HANDLERS, AlerterStack
    from support.api_gateway import APIGateway
    from support.emulator import EMULATOR, Invocation
    from support.event_delivery import call_event, schedule_event
    from support.fake_slack import FakeSlack, direct_channel
    from support.local_aws import LocalAWS
    from support.partition_refresh_stack import PartitionRefreshStack
    from support.processes import REPOSITORY
    from support.query_stack import TENANT, QueryStack, rows
    from support.slack_picture import picture
    from support.terminal import display_width, render
except ImportError as missing:
    sys.exit(f"demo: the Python package {missing.name} is missing; run: make demo")

MIB, GIB, TIB = 2**20, 2**30, 2**40
DOMAIN = "example.com"
CHANNEL = "#athena"
THRESHOLDS = {"user": 10 * GIB, "channel": 100 * GIB}
# Metabase writes its own id of the user, and a function has an owner.
NAMES = {"aliases": {"metabase:1000": f"hedy@{DOMAIN}"}, "owners": {"orders-loader": f"margaret@{DOMAIN}"}}
STORE = "d-1234567890"
ETL_CHANNEL = "#etl-costs"
RULES = [{"match": {"workgroup": "etl"}, "channel": ETL_CHANNEL}]
BUDGETS = [
    {"name": "analysts", "per": "user", "match": {"workgroup": "analysts"}, "limit": "$6", "every": "month", "steps": [100]},
    {"name": "athena", "limit": "4 TiB", "every": "day"},
]
WIDEST = 100
COLD = ", cold start included"


@dataclass(frozen=True)
class DemoQuery:
    """One query: its person, how the person signs in, and its outcome."""

    person: str
    identity_text: str
    identity: cloudtrail.Identity
    size: int
    sql: str
    seconds: float = 20
    state: str = "SUCCEEDED"
    reason: Optional[str] = None
    workgroup: str = "analysts"
    runs_longer: bool = False
    member: Optional[Dict[str, Any]] = None

    def start(self, execution_id: str, at: datetime) -> cloudtrail.Record:
        return cloudtrail.query_start(execution_id, self.identity, at, self.sql, self.workgroup, **(self.member or {}))


QUERIES = [
    DemoQuery(
        "Ada",
        "signed in through Identity Center (SSO)",
        cloudtrail.sso_person(f"ada@{DOMAIN}"),
        640 * GIB + 512 * MIB,
        "SELECT customer, sum(price * amount) AS revenue\nFROM sales JOIN items USING (order_id)\n"
        "WHERE brand <> 'Black & Blue' AND year >= 2019\nGROUP BY customer ORDER BY revenue DESC",
        seconds=252,
    ),
    DemoQuery(
        "Grace",
        "IAM user",
        cloudtrail.iam_user("grace"),
        38 * GIB,
        "SELECT * FROM clicks WHERE day BETWEEN DATE '2024-01-01' AND DATE '2024-03-31'",
        seconds=41,
    ),
    DemoQuery(
        "Alan",
        "federated user",
        cloudtrail.federated_user("alan"),
        2 * TIB,
        "SELECT count(DISTINCT visitor) FROM clicks",
        seconds=754,
        state="CANCELLED",
        reason="Bytes scanned limit was exceeded",
    ),
    DemoQuery(
        "Katherine",
        "Identity Center user, whom CloudTrail names by id alone",
        None,
        30 * GIB,
        "SELECT orbit, avg(height) FROM flights GROUP BY orbit",
        seconds=8.4,
    ),
    DemoQuery(
        "Hedy",
        "in Metabase, which runs every query with one role",
        cloudtrail.machine("metabase"),
        50 * GIB,
        "-- Metabase:: userID: 1000 queryType: native queryHash: 0f3a9c01d2e4b5768899aabbccddeeff\n"
        "SELECT channel, count(*) FROM signals GROUP BY channel",
        seconds=33,
        workgroup="bi",
    ),
    DemoQuery(
        "Margaret",
        "her Lambda function load-orders",
        cloudtrail.assumed_role("orders-loader", "load-orders"),
        20 * GIB,
        "INSERT INTO orders SELECT * FROM staging_orders",
        seconds=18,
        workgroup="etl",
        member={"userAgent": "Boto3/1.34.84 md/Botocore#1.34.84 exec-env/AWS_Lambda_python3.12"},
    ),
    DemoQuery(
        "Dennis",
        "assumed a role, with the name as source identity",
        cloudtrail.assumed_role("data-science", "session-1709649007", source_identity=f"dennis@{DOMAIN}"),
        25 * GIB,
        "CREATE TABLE training AS SELECT * FROM clicks TABLESAMPLE BERNOULLI (5)",
        seconds=95,
        runs_longer=True,
    ),
    DemoQuery(
        "nightly-etl",
        "role of a machine, not a person",
        cloudtrail.machine("nightly-etl"),
        150 * GIB,
        "INSERT INTO daily SELECT day, count(*) FROM clicks GROUP BY day",
        seconds=130,
        workgroup="etl",
    ),
    DemoQuery("root", "root user of the account", cloudtrail.root(), 80 * MIB, "SELECT 1 FROM sales LIMIT 1", seconds=1.2),
]
PEOPLE = [query.person for query in QUERIES if query.person[0].isupper()]


class Console:
    """The output of the demo: steps with their progress and their results."""

    def __init__(self, output: TextIO) -> None:
        self.output = output
        self.is_terminal = output.isatty() and os.environ.get("TERM") != "dumb"
        self.is_colored = self.is_terminal and not os.environ.get("NO_COLOR")
        columns = os.get_terminal_size(output.fileno()).columns if self.is_terminal else 0
        self.width = min(columns or 88, WIDEST)
        self.steps = 0
        self.began = time.monotonic()

    def colored(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_colored else text

    def bold(self, text: str) -> str:
        return self.colored(text, "1")

    def dim(self, text: str) -> str:
        return self.colored(text, "2")

    def say(self, text: str = "") -> None:
        print(text, file=self.output, flush=True)

    @contextmanager
    def step(self, title: str, explanation: str, note: str = "") -> Iterator[None]:
        """Announces a step, and prints its duration at its end."""
        self.steps += 1
        self.say()
        self.say(f"{self.colored(str(self.steps), '1;36')}  {self.bold(title)}")
        self.say(f"   {self.dim(explanation)}")
        self.progress("working …")
        began = time.monotonic()
        yield
        self.progress("")
        self.say(f"   {self.colored('done', '32')} in {time.monotonic() - began:.2f} s{note}")

    def progress(self, text: str) -> None:
        """A line that the next one replaces; on a terminal only."""
        if self.is_terminal:
            print(f"\r\x1b[K{'   ' + self.dim(text) if text else ''}", end="", file=self.output, flush=True)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Columns as wide as their contents; those with an index in `right` are aligned to the right."""
        widths = [max(display_width(row[index]) for row in [titles, *rows]) for index in range(len(titles))]
        self.say()
        for number, row in enumerate([titles, *rows]):
            cells = []
            for index, (cell, width) in enumerate(zip(row, widths)):
                space = " " * (width - display_width(cell))
                cells.append(space + cell if index in right else cell + space)
            line = self.cut("  ".join(cells).rstrip(), self.width - 5)
            self.say("     " + (self.dim(line) if number == 0 else line))

    @staticmethod
    def cut(text: str, width: int) -> str:
        return text if len(text) <= width else text[: width - 1] + "…"

    def message(self, title: str, message: Dict[str, Any]) -> None:
        self.say()
        self.say(render({**message, "channel": title}, self.width, self.is_colored))


class Failure(Exception):
    """The reason why the demo cannot continue, in one line."""


@contextmanager
def starting(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        ports = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM, errno.EAFNOSUPPORT)
        if error.errno in ports:
            raise Failure(f"{what}: no port is available on 127.0.0.1: {error.strerror}") from error
        raise Failure(f"{what}: {error}") from error
    except Exception as error:
        raise Failure(f"{what} did not start: {error}") from error


def find_executable() -> Path:
    path = Path(os.environ.get("ATHENA_ALERTER") or REPOSITORY / ".build/release/athena-alerter").resolve()
    if not os.access(path, os.X_OK):
        raise Failure(f"the executable {path} is missing; run: make demo")
    if not os.access(EMULATOR, os.X_OK):
        raise Failure(f"the Lambda emulator {EMULATOR} is missing; run: make demo")
    return path


class Demo:
    """The steps of the demo, one method each."""

    def __init__(self, console: Console, executable: Path, output: Path) -> None:
        self.console = console
        self.executable = executable
        self.output = output
        self.stack = ExitStack()
        self.chance = random.Random(1815)
        self.ids = {query.person: str(uuid.UUID(int=self.chance.getrandbits(128), version=4)) for query in QUERIES}
        self.people = {f"{person.lower()}@{DOMAIN}": f"U0{person.upper()}" for person in PEOPLE}
        self.shown = 0

    def run(self) -> None:
        console = self.console
        console.say(console.bold("Athena Alerter") + ": who ran that query, and what did it cost?")
        console.say(
            console.dim("This demo runs on this machine only: AWS and Slack are local fakes, Lambda is AWS's own emulator.")
        )
        console.say(
            f"Settings: a query of {size(THRESHOLDS['user'])} or more alerts its person, "
            f"one of {size(THRESHOLDS['channel'])} or more also the channel {CHANNEL}."
            f"\nA rule sends those of the workgroup etl to {ETL_CHANNEL}."
        )
        self.start_services()
        self.deliver_file()
        self.store_queries()
        self.finish_queries()
        self.ask_athena()
        self.notify()
        self.another_minute()
        self.deliver_again()
        self.alert_in_seconds()
        self.show_thread()
        self.run_sql()
        self.serve_clients()
        self.refresh_partitions()
        self.sum_up()
        self.watch_budgets()
        self.write_page()
        self.draw_pictures()

    def start_services(self) -> None:
        console = self.console
        with console.step("Start AWS, Lambda and Slack", "The local AWS checks the signature of every call."):
            directory = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-")))
            console.progress("starting Slack …")
            with starting("Slack"):
                self.slack = self.stack.enter_context(FakeSlack(self.people))
            console.progress("starting AWS …")
            with starting("AWS"):
                self.aws = self.stack.enter_context(LocalAWS())
                self.alerter = self.stack.enter_context(AlerterStack(self.executable, self.aws, self.slack, directory))
            self.write_settings()
            self.alerter.set_environment(IDENTITY_STORE_ID=STORE)
            katherine = self.create_user("katherine")
            self.started = [
                query if query.identity else replace(query, identity=cloudtrail.identity_center_user(katherine))
                for query in QUERIES
            ]
            for handler in HANDLERS:
                console.progress(f"starting Lambda for {handler} …")
                with starting(f"Lambda for {handler}"):
                    self.alerter.handler(handler)

    def write_settings(self, **more: Any) -> None:
        self.alerter.write_settings(
            slack={"bot_token": self.slack.bot_token, "channel": CHANNEL, "email_domain": DOMAIN},
            people=NAMES,
            thresholds=THRESHOLDS,
            rules=RULES,
            **more,
        )

    def create_user(self, name: str) -> str:
        """Creates a user of Identity Center, and returns the id."""
        user = self.aws.client("identitystore").create_user(
            IdentityStoreId=STORE,
            UserName=name,
            DisplayName=name.title(),
            Name={"GivenName": name.title(), "FamilyName": "Johnson"},
            Emails=[{"Value": f"{name}@{DOMAIN}", "Primary": True}],
        )
        return str(user["UserId"])

    def deliver_file(self) -> None:
        """CloudTrail writes a file with every event of the account."""
        console = self.console
        explanation = "The file has a record of every AWS call; a few of them start a query."
        with console.step("CloudTrail writes a log file to S3", explanation):
            at = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=9)
            records = cloudtrail.noise(420, seed=1815, at=at)
            for index, query in enumerate(self.started):
                start = query.start(self.ids[query.person], at + timedelta(seconds=17 * index))
                records.insert(self.chance.randrange(len(records)), start)
            records.insert(7, cloudtrail.failed_start())
            text = cloudtrail.log_text(records)
            self.key = self.alerter.put_log(records, time=at + timedelta(minutes=5))
            packed = self.aws.client("s3").head_object(Bucket=self.alerter.resources.bucket, Key=self.key)
        console.say(f"     {self.key.rsplit('/', 1)[-1]}")
        console.say(
            f"     {len(records)} records in {size(len(text))}, gzipped {size(packed['ContentLength'])}: "
            f"{len(self.started)} query starts, 1 start that Athena refused, and other calls"
        )
        console.table(["started by", "identity"], [[query.person, query.identity_text] for query in self.started])

    def store_queries(self) -> None:
        console = self.console
        explanation = "S3 invokes it with the name of the file."
        with console.step("cloudtrail_handler stores the query starts", explanation, COLD):
            invocation = self.invoke("cloudtrail_handler")
        console.say(
            f"     {count(invocation, 'Records')} records read, {count(invocation, 'QueriesStored')} queries stored, "
            f"{count(invocation, 'StartsRefusedByAthena')} refused start skipped"
        )
        rows = [
            [
                row["start_timestamp"][11:],
                row["executing_user"],
                row.get("user_type", ""),
                row.get("workgroup", ""),
                row["query_state"],
                row["query_execution_id"].split("-")[0] + "…",
            ]
            for row in self.alerter.rows()
        ]
        console.table(["start (UTC)", "executing_user", "user_type", "workgroup", "query_state", "id"], rows)

    def finish_queries(self) -> None:
        console = self.console
        with console.step("The queries run in Athena", "Athena counts the bytes that each of them scans."):
            for query in self.started:
                self.put_execution(query, "RUNNING" if query.runs_longer else query.state)
        rows = [
            [
                query.person,
                "RUNNING" if query.runs_longer else query.state,
                "" if query.runs_longer else size(query.size),
                "" if query.runs_longer else query.reason or "",
            ]
            for query in self.started
        ]
        console.table(["query of", "state", "scanned", "reason"], rows, right=[2])

    def ask_athena(self) -> None:
        console = self.console
        explanation = "It runs every minute, and asks for up to 50 open queries in one call."
        with console.step("usage_update asks Athena for the results", explanation, COLD):
            self.aws.reset_calls()
            self.invoke("usage_update")
            calls = self.aws.calls().get("athena.BatchGetQueryExecution", 0)
        self.sent = self.waiting_messages()
        console.say(f"     {calls} call to Athena, {len(self.sent)} finished queries sent to the queue:")
        self.show_queue(self.sent)
        still = [row["executing_user"] for row in self.alerter.rows() if "open" in row]
        console.say()
        console.say(f"     still running: {', '.join(still) or 'none'}")

    def notify(self) -> None:
        console = self.console
        explanation = "It compares each query with the thresholds."
        with console.step("notification sends alerts to Slack", explanation, COLD):
            delivery = self.drain()
        quiet = sum(count(invocation, "QueriesBelowThresholds") for invocation in delivery.invocations)
        alerts = counted(len(self.slack.messages()), "Slack message")
        console.say(
            f"     {counted(delivery.received, 'queue message')}: {alerts}, "
            f"and {counted(quiet, 'query', 'queries')} below the thresholds"
        )
        self.show_slack()

    def another_minute(self) -> None:
        console = self.console
        late = next(query for query in self.started if query.runs_longer)
        explanation = f"The query of {late.person} has finished and scanned {size(late.size)}."
        with console.step("A minute later: usage_update and notification again", explanation):
            self.put_execution(late, late.state)
            self.invoke("usage_update")
            self.sent += self.waiting_messages()
            self.drain()
        self.show_slack()

    def deliver_again(self) -> None:
        """AWS delivers at least once, so an event may come twice."""
        console = self.console
        explanation = "AWS delivers at least once, so the file and every queue message can come twice."
        with console.step("Every event is delivered again", explanation):
            rows = self.alerter.rows()
            alerts = len(self.slack.messages())
            again = self.invoke("cloudtrail_handler")
            self.invoke("usage_update")
            for body in self.sent:
                self.aws.client("sqs").send_message(QueueUrl=self.alerter.resources.queue_url, MessageBody=body)
            delivery = self.drain()
            new_rows = [row for row in self.alerter.rows() if row not in rows]
            self.doubled = len(new_rows) + len(self.slack.messages()) - alerts
        console.say(
            f"     {count(again, 'QueriesAlreadyStored')} queries already stored, {len(new_rows)} rows new or changed; "
            f"{counted(delivery.received, 'queue message')}, {len(self.slack.messages()) - alerts} new on Slack"
        )
        if self.doubled:
            raise Failure("an event that was delivered twice had an effect twice")

    def alert_in_seconds(self) -> None:
        """EventBridge announces the start and the end of a query."""
        console = self.console
        query = replace(QUERIES[1], size=60 * GIB, sql="SELECT * FROM clicks WHERE day = DATE '2024-03-05'", seconds=9)
        execution_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        explanation = "Lambda gathers the events of five seconds, and the log file comes minutes later."
        with console.step("EventBridge tells of a start and of an end within seconds", explanation):
            start = query.start(execution_id, datetime.now(timezone.utc).replace(microsecond=0))
            succeeded("cloudtrail_handler", self.alerter.handler("cloudtrail_handler").invoke(call_event(start)))
            self.alerter.finish(execution_id, query.size, query=query.sql, engine_milliseconds=int(query.seconds * 1000))
            ended = time.monotonic()
            self.alerter.tell_of_end(execution_id)
            console.progress("waiting for further events …")
            [invocation] = self.alerter.events(window_seconds=5).drain().invocations
            succeeded("usage_update", invocation)
            self.drain()
            took = time.monotonic() - ended
        console.say(f"     {took:.1f} s from the end of the query to Slack")
        self.show_slack()

    def show_thread(self) -> None:
        """The second alert of a person's day is a reply, and the first message shows the day's sum."""
        console = self.console
        [first] = self.slack.first_messages(self.conversation("Grace"))
        replies = self.slack.replies(self.conversation("Grace"), first)
        with console.step("The first message of Grace's day shows the sum", "The second alert is a reply in its thread."):
            if len(replies) != 1:
                raise Failure(f"the thread has {counted(len(replies), 'reply', 'replies')} in place of one")
        console.message(f"direct message to Grace, {counted(len(replies), 'reply', 'replies')} below", first)

    def run_sql(self) -> None:
        """The same executable runs configured SQL."""
        console = self.console
        explanation = "It waits for Athena and returns rows; an event that is delivered twice runs the query once."
        with console.step("run_query runs SQL on a schedule", explanation, COLD):
            self.queries = self.stack.enter_context(QueryStack(self.executable, self.aws))
            values = [["2024-03-04", "812", "19 304.50"], ["2024-03-05", "0", None]]
            columns = {"day": "date", "orders": "bigint", "revenue": "varchar"}
            self.queries.plan(rows(columns, *values, states=["QUEUED", "RUNNING", "SUCCEEDED"], bytes=3 * GIB))
            event = schedule_event()
            answers = [self.answer_of("run_query", event) for _ in range(2)]
            self.doubled = len({answer["queryExecutionId"] for answer in answers}) - 1
        answer = answers[0]
        console.say(f"     {answer['location']}, {size(answer['bytesScanned'])} scanned")
        names = [column["name"] for column in answer["columns"]]
        console.table(names, [[json.dumps(row[name]) for name in names] for row in answer["rows"]])
        if self.doubled:
            raise Failure("an event that was delivered twice ran its query twice")

    def answer_of(self, handler: str, event: Dict[str, Any]) -> Dict[str, Any]:
        answer = succeeded(handler, self.queries.handler(handler).invoke(event)).payload
        body: Dict[str, Any] = json.loads(answer["body"])
        return body

    def serve_clients(self) -> None:
        """The same executable is a REST service."""
        console = self.console
        explanation = "It runs SQL that reads permitted tables; query_retention deletes expired results."
        responses: List[List[str]] = []
        with console.step("query_api serves clients over HTTP", explanation, COLD):
            self.queries.plan(rows({"service": "varchar", "events": "bigint"}, ["dns", "7"], ["web", "11"], ["vpn", "2"]))
            with APIGateway(self.queries.handler("query_api").invoke, "rest") as gateway:

                def ask(method: str, path: str, body: Any = None, tenant: str = "acme") -> Any:
                    data = None if body is None else json.dumps(body).encode()
                    url = f"{gateway.url}/v0/data_hist/{path}"
                    request = urllib.request.Request(url, data, {TENANT: tenant}, method=method)
                    try:
                        with urllib.request.urlopen(request, timeout=30) as reply:
                            status, text = reply.status, reply.read().decode()
                    except urllib.error.HTTPError as refused:
                        with refused:
                            status, text = refused.code, refused.read().decode()
                    responses.append([f"{method} /{path.split('/')[0]}", tenant, str(status), text])
                    return json.loads(text)

                ask("POST", "query", {"query": "DROP TABLE events_v0"})
                query = ask("POST", "query", {"query": "SELECT * FROM events_v0", "retention_minutes": 1})["query_id"]
                ask("GET", f"status/{query}")
                ask("GET", f"status/{query}", tenant="other")
                ask("POST", "next", {"query_id": query, "results_per_page": 2})
                self.aws.age_objects(self.queries.bucket, query, 60)
                swept = succeeded("query_retention", self.queries.sweep())
        console.table(["request", "tenant", "status", "response"], responses)
        console.say()
        console.say(f"     a minute later query_retention deletes {counted(count(swept, 'ResultFilesDeleted'), 'file')}")

    def refresh_partitions(self) -> None:
        """The handler of the partitions, which the stack has only on request."""
        console = self.console
        explanation = "This handler is optional; S3 notifies its queue of new objects."
        with console.step("partition_refresh adds new partitions to a table", explanation, COLD):
            refresh = PartitionRefreshStack(self.alerter)
            refresh.create_table("clicks")
            refresh.notify()
            keys = [f"clicks/2024/03/05/{hour}/{part}.gz" for hour in ("13", "14") for part in "ab"]
            refresh.put(*keys)
            succeeded("partition_refresh", refresh.tick())
            partitions = sorted(refresh.partitions("clicks").items())
        if len(partitions) != 2 or refresh.count():
            raise Failure("the table does not have its partitions")
        console.say(f"     {len(keys)} objects such as {keys[0]}, in partitions that Athena can now read:")
        console.table(["dt", "location"], [[dt, location] for (dt,), location in partitions])

    def sum_up(self) -> None:
        console = self.console
        messages = self.slack.messages()
        channels = {name: len(self.slack.channel_messages(name)) for name in (CHANNEL, ETL_CHANNEL)}
        direct = len(messages) - sum(channels.values())
        console.say()
        parts = [f"{len(self.started)} queries"]
        parts += [f"{counted(number, 'message')} in {name}" for name, number in channels.items()]
        parts += [counted(direct, "direct message"), "nothing lost, nothing doubled."]
        console.say(console.bold(", ".join(parts)))

    def watch_budgets(self) -> None:
        """The settings now have budgets, and the messages of the queries come twice more: each counts once."""
        console = self.console
        explanation = "Each analyst may spend $6 a month, and all together 4 TiB a day. Nothing is stopped."
        with console.step("notification counts for budgets, and tells of the steps", explanation):
            self.write_settings(budgets=BUDGETS)
            deliveries = []
            for _ in range(2):
                for body in self.sent:
                    self.aws.client("sqs").send_message(QueueUrl=self.alerter.resources.queue_url, MessageBody=body)
                deliveries.append(self.drain())
        invocations = [invocation for delivery in deliveries for invocation in delivery.invocations]
        counted_now, before = (sum(count(one, name) for one in invocations) for name in ("QueriesCounted", "QueriesCountedBefore"))
        console.say(f"     {counted(counted_now, 'query', 'queries')} counted, and {before} that had been counted before")
        self.show_slack()
        printed = subprocess.run(
            [self.executable, "budgets"], env=self.alerter.environment, check=True, capture_output=True, text=True
        )
        console.say()
        for line in ["$ athena-alerter budgets", *printed.stdout.splitlines()]:
            console.say("     " + line.rstrip())
        console.say()

    def write_page(self) -> None:
        """The page of the month in which the queries started."""
        page = self.output / "report.html"
        month = f"{datetime.now(timezone.utc):%Y-%m}"
        with self.console.step("athena-alerter report makes a page of the month", "One file, which needs nothing else."):
            subprocess.run(
                [self.executable, "report", "--month", month, "--output", page],
                env=self.alerter.environment,
                check=True,
                capture_output=True,
            )
        self.console.say(f"     {shown(page)}")

    def draw_pictures(self) -> None:
        """The messages of README.md."""
        [alert] = self.slack.first_messages(self.conversation("Ada"))
        [first] = self.slack.first_messages(self.conversation("Grace"))
        replies = self.slack.replies(self.conversation("Grace"), first)
        pictures = {
            "alert.svg": picture("A direct message about a query", [("direct message to Ada", alert)]),
            "thread.svg": picture(
                "A thread with its sum",
                [("direct message to Grace", first), *(("reply in the thread", reply) for reply in replies)],
            ),
        }
        for name, drawing in pictures.items():
            (self.output / name).write_text(drawing, encoding="utf-8")

    # Helpers

    def conversation(self, person: str) -> str:
        return direct_channel(self.people[f"{person.lower()}@{DOMAIN}"])

    def invoke(self, handler: str) -> Invocation:
        if handler == "cloudtrail_handler":
            invocation = self.alerter.announce(self.key)[-1]
        else:
            invocation = self.alerter.tick()
        return succeeded(handler, invocation)

    def drain(self) -> Any:
        delivery = self.alerter.drain()
        for invocation in delivery.invocations:
            succeeded("notification", invocation)
        if delivery.returned:
            raise Failure(f"notification returned {counted(delivery.returned, 'message')}: {errors_of(delivery)}")
        return delivery

    def put_execution(self, query: DemoQuery, state: str) -> None:
        finished = state != "RUNNING"
        fields: Dict[str, Any] = {
            "state": state,
            "query": query.sql,
            "database": "shop",
            "workgroup": query.workgroup,
            "bytes": query.size if finished else 0,
            "submitted": time.time() - query.seconds,
            "engine_milliseconds": int(query.seconds * 1000) if finished else 0,
        }
        if finished and query.reason:
            fields["reason"] = query.reason
        self.aws.put_execution(self.ids[query.person], **fields)

    def waiting_messages(self) -> List[str]:
        """The queue's messages, which stay in the queue."""
        sqs, url = self.aws.client("sqs"), self.alerter.resources.queue_url
        found: List[Dict[str, Any]] = []
        while True:
            some = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60).get("Messages", [])
            if not some:
                break
            found += some
        for message in found:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        return [message["Body"] for message in found]

    def show_queue(self, bodies: List[str]) -> None:
        messages = sorted((json.loads(body) for body in bodies), key=lambda message: message["start_timestamp"])
        rows = [
            [
                message["executing_user"],
                message["query_state"],
                f"{message['data_scanned']:,}",
                f"{message['cost_usd']:,.4f}" if message.get("cost_usd") is not None else "",
            ]
            for message in messages
        ]
        self.console.table(["executing_user", "query_state", "data_scanned", "cost_usd"], rows, right=[2, 3])

    def show_slack(self) -> None:
        """The messages since the last call, as Slack shows them."""
        added = self.slack.messages()[self.shown :]
        self.shown += len(added)
        addressees: Dict[str, List[str]] = {}
        for message in added:
            text = json.dumps({name: value for name, value in message.items() if name != "channel"})
            addressees.setdefault(text, []).append(self.addressee(message["channel"]))
        for text, names in addressees.items():
            self.console.message(", and ".join(names), json.loads(text))

    def addressee(self, channel: str) -> str:
        for person in PEOPLE:
            user = self.people[f"{person.lower()}@{DOMAIN}"]
            if channel in (user, "D" + user[1:]):
                return f"direct message to {person}"
        return "#" + channel.lstrip("#")


def shown(path: Path) -> str:
    """The path below the working directory, if it is there."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def succeeded(handler: str, invocation: Invocation) -> Invocation:
    if invocation.error is not None:
        reason = invocation.error.get("errorMessage") or "it ended without a response"
        last = invocation.log_lines[-1] if invocation.log_lines else ""
        raise Failure(f"{handler} failed: {reason.splitlines()[0]} {last[:300]}".rstrip())
    return invocation


def errors_of(delivery: Any) -> str:
    lines = [line for invocation in delivery.invocations for line in invocation.logs if "reason" in line]
    return str(lines[0]["reason"]) if lines else "no reason given"


def count(invocation: Invocation, metric: str) -> int:
    return sum(line.get(metric, 0) for line in invocation.logs if "_aws" in line)


def counted(number: int, one: str, many: Optional[str] = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    value, unit = float(number), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.1f}".removesuffix(".0") + f" {unit}"


class Interrupted(BaseException):
    """The demo was interrupted."""


def interrupt(number: int, _: Any) -> None:
    raise Interrupted(number)


def main() -> int:
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for end in ends:
        signal.signal(end, interrupt)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    console = Console(sys.stdout)
    demo: Optional[Demo] = None
    status, error_text = 1, ""
    try:
        output = Path(os.environ.get("DEMO_OUTPUT") or REPOSITORY / ".build/demo")
        output.mkdir(parents=True, exist_ok=True)
        demo = Demo(console, find_executable(), output)
        demo.run()
        status = 0
    except Interrupted as interrupted:
        status = 128 + interrupted.args[0]
    except BrokenPipeError:
        # The output is closed, but the servers must still be stopped.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Failure as failure:
        error_text = str(failure)
    except Exception as error:  # A user of the demo gets one line in place of a stack trace.
        error_text = f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        # The demo now stops by itself; a second signal must not interrupt it.
        for end in ends:
            signal.signal(end, signal.SIG_IGN)
        if demo is not None:
            demo.stack.close()
    if status == 0:
        took = f"It took {time.monotonic() - console.began:.1f} s, and every process was stopped."
        console.say(console.dim(f"{took} README.md describes the deployment."))
    elif console.is_terminal and status != 141:
        console.progress("")
        console.say()
    if error_text:
        print(f"demo: {error_text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
