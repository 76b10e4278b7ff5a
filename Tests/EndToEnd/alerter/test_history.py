"""`report` from end to end: the history in the bucket, its sums and pages, and the queries of docs/history.md."""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import duckdb
import pytest
import sqlglot
from slackblocks import DataTableBlock, DataVisualizationBlock
from slackblocks.objects import AxisConfig, BarChart, DataPoint, DataSeries, RawNumber, RawText

from support import fake_slack, template
from support.alerter_stack import CHANNEL, AlerterStack, metrics, reason
from support.fake_slack import FakeSlack
from support.processes import REPOSITORY
from support.scenarios import LINK_SECRET, page_event

TODAY = datetime.now(timezone.utc).date()
STATES = ["SUCCEEDED"] * 8 + ["FAILED", "CANCELLED"]
TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN"}
SECRET = "'a secret'"


def row(number: int, day: date, generator: random.Random) -> Dict[str, Any]:
    started = f"{day} {number % 24:02}:00:00"
    name = f"00000000-0000-4000-8000-{number:012}"
    megabytes = generator.randrange(10, 1 << 20)
    state = generator.choice(STATES)
    found: Dict[str, Any] = {
        "start_date": str(day),
        "start_key": f"{started}#{name}",
        "start_timestamp": started,
        "query_execution_id": name,
        "executing_user": f"user{generator.randrange(20)}@example.com",
        "query_state": state,
        "data_scanned": megabytes << 20,
        "query_sql": f"SELECT * FROM orders_{generator.randrange(5)} WHERE note = {SECRET}",
        "workgroup": generator.choice(["etl", "analysts"]),
        "database": generator.choice(["sales", "web"]),
        "duration_ms": generator.randrange(1000, 100_000),
        "expires_at": 4_000_000_000,
    }
    cost = 0.0 if state == "FAILED" else megabytes * 5 / 2**20
    found["cost_usd"] = cost
    found.update({"not_billed": "failed"} if state == "FAILED" else {"price_certainty": "known"})
    if state == "CANCELLED":
        found["state_change_reason"] = "Query cancelled by user"
    if number % 3:
        found["tool"] = "dbt"
    return found


def put(alerter: AlerterStack, rows: List[Dict[str, Any]]) -> None:
    items = []
    for one in rows:
        kinds = {name: "S" if isinstance(value, str) else "N" for name, value in one.items()}
        items.append({name: {kinds[name]: str(value)} for name, value in one.items()})
    alerter.aws.put_items(alerter.resources.table, items)


def objects(alerter: AlerterStack) -> Dict[str, bytes]:
    s3, bucket = alerter.aws.client("s3"), alerter.resources.bucket
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def lines(packed: bytes) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


@pytest.fixture
def days(alerter: AlerterStack) -> Dict[date, List[Dict[str, Any]]]:
    """Rows of the last five days, and a bucket for their history."""
    generator = random.Random(1)
    found = {}
    for back in range(5):
        day = TODAY - timedelta(days=back)
        found[day] = [row(1000 * back + number, day, generator) for number in range(40)]
        put(alerter, found[day])
    alerter.set_environment(HISTORY_BUCKET=alerter.resources.bucket)
    return found


def run(alerter: AlerterStack, **event: str) -> Dict[str, int]:
    invocation = alerter.handler("report").invoke(event)
    assert invocation.succeeded, invocation.error
    return metrics(invocation)


def test_the_history_has_the_queries_of_the_last_three_days(
    alerter: AlerterStack, days: Dict[date, List[Dict[str, Any]]]
) -> None:
    yesterday = TODAY - timedelta(days=1)
    put(alerter, [{**days[yesterday][0], "start_key": f"{yesterday} 23:59:59#open", "open": "0"}])
    put(alerter, [{**days[yesterday][1], "start_key": f"{yesterday} 23:59:58#again", "query_state": "REPEATED"}])
    counted = run(alerter)
    assert (counted["HistoryDaysWritten"], counted["HistoryQueries"], counted["HistoryRowsUnreadable"]) == (3, 120, 0)
    found = objects(alerter)
    for back in range(5):
        day = TODAY - timedelta(days=back)
        key = f"queries/dt={day}/queries.json.gz"
        assert (key in found) == (back in (1, 2, 3))
        if key in found:
            written = {one["query_execution_id"]: one for one in lines(found[key])}
            assert len(written) == 40
            for one in days[day]:
                line = written[one["query_execution_id"]]
                assert line["query_sql"] is None and len(line["query_shape"]) == 16
                assert all(line[name] == one[name] for name in ("cost_usd", "data_scanned", "executing_user", "workgroup"))
            total = next(one for one in lines(found[f"sums/dt={day}/sums.json.gz"]) if one["kind"] == "total")
            assert total["queries"] == 40
            humans = [one for one in lines(found[f"sums/dt={day}/sums.json.gz"]) if one["kind"] == "human"]
            assert sum(one["queries"] for one in humans) == 40
            assert max(one["dearest_query"]["cost_usd"] for one in humans if one["cost_usd"]) == max(one["cost_usd"] for one in days[day])
            assert total["cost_usd"] == pytest.approx(sum(one["cost_usd"] for one in days[day]), abs=1e-7)
    assert SECRET.encode() not in b"".join(gzip.decompress(one) if key.endswith(".gz") else one for key, one in found.items())


def test_a_second_run_leaves_the_same_bytes(alerter: AlerterStack, days: Dict[date, List[Dict[str, Any]]]) -> None:
    run(alerter)
    first = objects(alerter)
    alerter.stop()
    run(alerter)
    assert objects(alerter) == first


def test_the_page_of_the_handler_is_that_of_the_command(
    alerter: AlerterStack, days: Dict[date, List[Dict[str, Any]]], tmp_path: Path
) -> None:
    oldest = TODAY - timedelta(days=4)
    run(alerter, days=f"{oldest}..{TODAY - timedelta(days=1)}")
    found = objects(alerter)
    folder = tmp_path / "queries"
    for key, body in found.items():
        if key.startswith("queries/"):
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    month = f"{oldest:%Y-%m}"
    page = tmp_path / "page.html"
    command = [alerter.executable, "report", "--month", month, "--from", folder, "--output", page]
    subprocess.run(command, check=True, env={}, capture_output=True)
    total = re.compile(r"<dt>Cost</dt><dd>([^<]*)</dd>")
    expected = sum(one["cost_usd"] for day, rows in days.items() if f"{day:%Y-%m}" == month and day != TODAY for one in rows)
    for text in (page.read_text(), found[f"pages/month/{month}.html"].decode()):
        assert total.findall(text) == [f"${expected:,.2f}"]


def test_a_missing_bucket_is_named(alerter: AlerterStack, days: Dict[date, List[Dict[str, Any]]]) -> None:
    alerter.set_environment(HISTORY_BUCKET="no-such-bucket")
    invocation = alerter.handler("report").invoke({})
    assert not invocation.succeeded and "NoSuchBucket" in reason(invocation)


# The queries of docs/history.md


def documented() -> List[str]:
    return re.findall(r"```sql\n(.*?)```", (REPOSITORY / "docs/history.md").read_text(), re.S)


def columns(name: str) -> Dict[str, str]:
    """The columns of a table of the template, with DuckDB's words for their types."""
    tables = template.of("report")["Resources"].values()
    [found] = [
        one["Properties"]["TableInput"]
        for one in tables
        if one["Type"] == "AWS::Glue::Table" and one["Properties"]["TableInput"]["Name"] == name
    ]
    return {one["Name"]: TYPES[one["Type"]] for one in found["StorageDescriptor"]["Columns"]}


@pytest.fixture
def database(
    alerter: AlerterStack, days: Dict[date, List[Dict[str, Any]]], tmp_path: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of the history, with the rows of three days."""
    run(alerter)
    for key, body in objects(alerter).items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    with duckdb.connect() as database:
        for name in ("queries", "sums"):
            options = f"columns = {columns(name)}, hive_partitioning = true, hive_types = {{'dt': VARCHAR}}"
            database.execute(f"CREATE VIEW {name} AS SELECT * FROM read_json('{tmp_path}/{name}/*/*.json.gz', {options})")
        yield database


def rows_of(days: Dict[date, List[Dict[str, Any]]], *back: int) -> List[Dict[str, Any]]:
    return [one for number in back for one in days[TODAY - timedelta(days=number)]]


def spent(rows: List[Dict[str, Any]], name: str) -> Dict[str, float]:
    found: Dict[str, float] = {}
    for one in rows:
        key = one.get(name, "not known")
        found[key] = found.get(key, 0) + one["cost_usd"]
    return found


def test_the_documented_queries_run(database: duckdb.DuckDBPyConnection, days: Dict[date, List[Dict[str, Any]]]) -> None:
    # Athena's own table, with one of the queries in it.
    database.execute("""ATTACH ':memory:' AS "s3tablescatalog/aws-athena" """)
    database.execute("""CREATE SCHEMA "s3tablescatalog/aws-athena"."metadata" """)
    database.execute(
        """CREATE TABLE "s3tablescatalog/aws-athena"."metadata"."query_executions" AS
        SELECT query_execution_id, ['sales.orders'] AS tables_accessed FROM queries ORDER BY cost_usd DESC LIMIT 1"""
    )
    month_of_all = [str(TODAY - timedelta(days=3)), str(TODAY - timedelta(days=1))]
    answers = []
    for text in documented():
        text = text.replace("2026-11-01", month_of_all[0]).replace("2026-11-30", month_of_all[1])
        answers.append(database.execute(text.replace("2026-11-15", str(TODAY - timedelta(days=2)))).fetchall())
    assert len(answers) >= 6 and all(answers)
    rows = rows_of(days, 1, 2, 3)
    people = spent(rows, "executing_user")
    by_person, by_day, by_shape, by_tool, halves, stopped, joined = answers
    assert by_person[0][0] == max(people, key=lambda name: round(people[name], 2))
    assert by_person[0][2] == pytest.approx(max(people.values()), abs=0.01)
    assert sum(one[2] for one in by_day) == pytest.approx(sum(people.values()))
    assert len(by_shape) == 5 and sum(one[1] for one in by_shape) == len(rows)
    assert sum(one[2] for one in by_tool) == len(rows)
    assert {one[0] for one in halves} == {"before", "after"}
    assert {one[0] for one in stopped} == {"FAILED", "CANCELLED"}
    assert joined[0][1] == max(one["cost_usd"] for one in rows)


# The dashboard for Grafana


def statements(dashboard: Dict[str, Any], first: date, last: date) -> Dict[str, str]:
    """The SQL of each panel, with the variables' own values and the macros of a range of time."""
    values = {one["name"]: one["query"] for one in dashboard["templating"]["list"]}
    values["$__timeFrom()"], values["$__timeTo()"] = (f"TIMESTAMP '{day} 11:12:13'" for day in (first, last))
    found = {}
    for panel in dashboard["panels"]:
        [target] = panel["targets"]
        text = re.sub(r"\$\{(\w+)\}|\$__\w+\(\)", lambda one: values[one[1] or one[0]], target["rawSQL"])
        assert "$" not in text
        found[panel["title"]] = text
    return found


def test_the_panels_of_the_dashboard_show_the_days_of_their_range(
    database: duckdb.DuckDBPyConnection, days: Dict[date, List[Dict[str, Any]]]
) -> None:
    dashboard = json.loads((REPOSITORY / "docs/grafana-dashboard.json").read_text())
    texts = statements(dashboard, TODAY - timedelta(days=2), TODAY - timedelta(days=1))
    shown = {}
    for title, text in texts.items():
        sqlglot.parse_one(text, dialect="athena")
        shown[title] = database.execute(text).fetchall()
    rows = rows_of(days, 1, 2)
    ended = [one for one in rows if one["query_state"] != "SUCCEEDED"]
    cost = sum(one["cost_usd"] for one in rows)
    [[dollars]], [[queries]], [[scanned]] = shown.pop("Cost"), shown.pop("Queries"), shown.pop("Scanned")
    assert (dollars, queries, scanned) == (pytest.approx(cost), 80, sum(one["data_scanned"] for one in rows))
    [[wasted]] = shown.pop("Cost of queries that failed or were cancelled")
    assert wasted == pytest.approx(sum(one["cost_usd"] for one in ended)) and wasted > 0
    by_day = shown.pop("Cost by day and workgroup")
    assert [one[0].date() for one in by_day] == sorted([TODAY - timedelta(days=1), TODAY - timedelta(days=2)] * 2)
    assert {one[1] for one in by_day} == {"etl", "analysts"} and sum(one[2] for one in by_day) == pytest.approx(cost)
    for title, name in (("People", "executing_user"), ("Workgroups", "workgroup"), ("Tools", "tool")):
        found = shown.pop(title)
        assert {one[0]: one[3] for one in found} == pytest.approx(spent(rows, name))
        assert sum(one[1] for one in found) == 80 and found == sorted(found, key=lambda one: -one[3])
    dearest = sorted((one for one in rows if one["cost_usd"]), key=lambda one: -one["cost_usd"])[:50]
    assert [one[8] for one in shown.pop("Dearest queries")] == [one["query_execution_id"] for one in dearest]
    assert sum(one[1] for one in shown.pop("Statements")) == 80
    stopped = shown.pop("Failed and cancelled")
    assert {one[0] for one in stopped} == {"FAILED", "CANCELLED"} and sum(one[2] for one in stopped) == len(ended)
    assert not shown


# Summaries


def faked_week(alerter: AlerterStack) -> str:
    """Puts sums of a day of the last week into the bucket, and lets its summary be due today. Returns the week's name."""
    day = TODAY - timedelta(days=TODAY.weekday() + 4)
    amounts = {"queries": 3, "failed": 1, "cancelled": 0, "unpriced": 0, "data_scanned": 2**40, "cost_usd": 5.25, "cost_cny": 0.0}
    lines = [{"kind": "total"}, {"kind": "person", "name": "ada@example.com"}, {"kind": "workgroup", "name": "etl"}]
    text = "".join(json.dumps({**line, **amounts}) + "\n" for line in lines)
    alerter.put_object(f"sums/dt={day}/sums.json.gz", gzip.compress(text.encode()))
    alerter.write_settings(reports={"channel": CHANNEL, "weekly": f"{TODAY:%A}".lower()})
    alerter.set_environment(HISTORY_BUCKET=alerter.resources.bucket)
    return f"{day:%G-W%V}"


def summaries(slack: FakeSlack, week: str) -> List[Dict[str, Any]]:
    return [one for one in slack.channel_messages(CHANNEL) if week in one["text"]]


def test_a_summary_is_sent_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    week = faked_week(alerter)
    for _ in range(2):
        run(alerter)
        alerter.stop()
    [message] = summaries(slack, week)
    assert message["text"] == f"Athena in {week}: $5.25"


def test_a_workspace_without_the_new_blocks_gets_plain_sections(alerter: AlerterStack, slack: FakeSlack) -> None:
    week = faked_week(alerter)
    slack.fail_next("chat.postMessage", fake_slack.ok_false("invalid_blocks"))
    run(alerter)
    [message] = summaries(slack, week)
    assert {one["type"] for one in message["blocks"]} == {"section", "context"}
    assert "ada@example.com: $5.25 in 3 queries" in json.dumps(message["blocks"])


def test_a_summary_that_slack_refuses_comes_with_the_next_run(alerter: AlerterStack, slack: FakeSlack) -> None:
    week = faked_week(alerter)
    slack.fail_next("chat.postMessage", fake_slack.ok_false("channel_not_found"))
    refused = alerter.handler("report").invoke({})
    assert not refused.succeeded and "channel_not_found" in reason(refused)
    assert run(alerter)["SummariesSent"] >= 1
    assert len(summaries(slack, week)) == 1


def test_the_blocks_are_those_that_slack_documents(alerter: AlerterStack, slack: FakeSlack) -> None:
    faked_week(alerter)
    run(alerter)
    [first, *_] = [one for one in (call.payload for call in slack.calls_of("chat.postMessage"))]
    chart = next(one for one in first["blocks"] if one["type"] == "data_visualization")
    table = next(one for one in first["blocks"] if one["type"] == "data_table")
    [series] = chart["chart"]["series"]
    points = [DataPoint(one["label"], one["value"]) for one in series["data"]]
    axis = AxisConfig(chart["chart"]["axis_config"]["categories"])
    rebuilt = DataVisualizationBlock(chart["title"], BarChart([DataSeries(series["name"], points)], axis))
    assert {**rebuilt._resolve(), "block_id": None} == {**chart, "block_id": None}
    rows = [[RawNumber(one["value"], one["text"]) if "value" in one else RawText(one["text"]) for one in row] for row in table["rows"]]
    again = DataTableBlock(caption=table["caption"], rows=rows, page_size=table["page_size"])._resolve()
    assert again["rows"] == table["rows"] and len(table["rows"]) == 2


# Messages to people

ADA, STRANGER, FRUGAL = "ada@example.com", "stranger@example.com", "frugal@example.com"


def faked_week_of_people(alerter: AlerterStack, slack: FakeSlack, **settings: Any) -> str:
    """Puts sums of people into the last week. One is on Slack, one is not, and one spent nothing. Returns Ada's id."""
    week = faked_week(alerter)
    day = TODAY - timedelta(days=TODAY.weekday() + 4)
    amounts = {"queries": 3, "failed": 1, "cancelled": 0, "unpriced": 0, "data_scanned": 2**40, "cost_cny": 0.0}
    before = {"kind": "human", "name": ADA, **amounts, "cost_usd": 4.2}
    alerter.put_object(f"sums/dt={day - timedelta(days=7)}/sums.json.gz", gzip.compress(json.dumps(before).encode()))
    spent = [{"kind": "total", "cost_usd": 5.25}, {"kind": "human", "name": FRUGAL, "cost_usd": 0.0}]
    for name in (ADA, STRANGER):
        dearest = row(1, day, random.Random(1)) | {"executing_user": name, "region": "eu-west-1", "cost_usd": 4.0}
        spent.append({"kind": "human", "name": name, "cost_usd": 5.25, "dearest_query": dearest})
    text = "".join(json.dumps({**amounts, **line}) + "\n" for line in spent)
    alerter.put_object(f"sums/dt={day}/sums.json.gz", gzip.compress(text.encode()))
    alerter.write_settings(reports={"people": True, "weekly": f"{TODAY:%A}".lower(), **settings})
    assert week == f"{day:%G-W%V}"
    return slack.add_person(ADA)


def looked_up(slack: FakeSlack) -> List[str]:
    return sorted(call.payload["email"] for call in slack.calls_of("users.lookupByEmail"))


def about_the_week(slack: FakeSlack, user_id: str) -> List[Dict[str, Any]]:
    return [one for one in slack.direct_messages(user_id) if "-W" in one["text"].splitlines()[0]]


def test_a_person_hears_their_own_sums_once(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = faked_week_of_people(alerter, slack)
    first, second = (run(alerter) for _ in range(2))
    [message] = about_the_week(slack, ada)
    assert re.match(r"Your Athena queries in \d+-W\d+: \$5\.25, \+25\.0 % against \d+-W\d+ \(\$4\.20\)", message["text"])
    assert "3 queries, 1 failed; 1.0 TiB scanned" in message["text"] and "The dearest query: $4.00" in message["text"]
    links = re.findall(r"https://[^\"|>]+", json.dumps(message["blocks"]))
    assert len(links) == 1 and "eu-west-1.console.aws.amazon.com" in links[0]
    assert STRANGER not in json.dumps(message)
    assert looked_up(slack) == [ADA, STRANGER]
    assert first["PeopleTold"] == first["PeopleSkipped"] >= 1
    assert (second["PeopleTold"], second["PeopleDoneBefore"]) == (0, first["PeopleToTell"])


def test_people_hear_nothing_unless_the_settings_ask(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = faked_week_of_people(alerter, slack, people=False, channel=CHANNEL)
    assert not {name for name in run(alerter) if name.startswith("People")}
    assert slack.direct_messages(ada) == [] and looked_up(slack) == []
    assert not [one for one in alerter.items() if one["start_date"].endswith("#people")]


def test_the_next_run_goes_on_where_slack_stopped_the_last(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = faked_week_of_people(alerter, slack)
    slack.fail_next("users.lookupByEmail", fake_slack.rate_limited(3600))
    stopped = run(alerter)
    assert stopped["PeopleLeft"] >= 2 and about_the_week(slack, ada) == []
    run(alerter)
    assert len(about_the_week(slack, ada)) == 1


def test_a_rule_keeps_the_message_back(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = faked_week_of_people(alerter, slack)
    reports = {"people": True, "weekly": f"{TODAY:%A}".lower()}
    alerter.write_settings(reports=reports, rules=[{"match": {"user": ADA}, "notify": False}])
    assert run(alerter)["PeopleSkipped"] >= 2
    assert slack.direct_messages(ada) == [] and ADA not in looked_up(slack)


# Links


@pytest.fixture
def page(alerter: AlerterStack) -> Callable[[Dict[str, Any]], Dict[str, Any]]:
    """Asks `report_page` with an event, and returns its answer."""
    alerter.put_object("pages/month/2026-11.html", b"<p>a page</p>")
    alerter.put_object("pages/month/2026-10.html", b"<p>another page</p>")
    alerter.write_settings(reports={"link_secret": LINK_SECRET})
    alerter.set_environment(HISTORY_BUCKET=alerter.resources.bucket)

    def ask(event: Dict[str, Any]) -> Dict[str, Any]:
        invocation = alerter.handler("report_page").invoke(event)
        assert invocation.succeeded, invocation.error
        answer: Dict[str, Any] = invocation.payload
        return answer

    return ask


PAGE = "/month/2026-11.html"


def test_a_link_shows_its_page(page: Callable[[Dict[str, Any]], Dict[str, Any]]) -> None:
    answer = page(page_event(PAGE, LINK_SECRET))
    assert (answer["statusCode"], answer["body"]) == (200, "<p>a page</p>")
    assert answer["headers"]["Cache-Control"].startswith("private")
    assert page(page_event("/month/2025-01.html", LINK_SECRET))["statusCode"] == 404


@pytest.mark.parametrize(
    "event",
    [
        page_event(PAGE, LINK_SECRET, days=-0.001),
        page_event(PAGE, "another secret of more than 32 characters"),
        page_event(PAGE, LINK_SECRET, signature="0" * 64),
        {**page_event(PAGE, LINK_SECRET), "rawPath": "/month/2026-10.html"},
        page_event("/../queries/dt=2026-11-01/queries.json.gz", LINK_SECRET),
        {**page_event(PAGE, LINK_SECRET), "rawQueryString": ""},
    ],
    ids=["expired", "another secret", "altered", "another page", "no page", "no signature"],
)
def test_every_other_link_is_forbidden(
    alerter: AlerterStack, page: Callable[[Dict[str, Any]], Dict[str, Any]], event: Dict[str, Any]
) -> None:
    alerter.handler("report_page")
    alerter.aws.reset_calls()
    answer = page(event)
    assert (answer["statusCode"], answer["body"]) == (403, "Forbidden\n")
    assert not alerter.aws.calls(), "nothing is read"


def test_a_short_secret_stops_the_start(alerter: AlerterStack) -> None:
    alerter.write_settings(reports={"link_secret": "short"})
    alerter.set_environment(HISTORY_BUCKET=alerter.resources.bucket)
    invocation = alerter.handler("report_page").invoke(page_event(PAGE, "short"))
    assert not invocation.succeeded
    assert "reports.link_secret: expected at least 32 characters, found 5" in reason(invocation)
