"""The page of `report` in a real browser: Debian's Chromium, by Playwright, with the rules of axe-core."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from support.alerter_stack import AlerterStack, ago, finished_message

PEOPLE = 60
QUERIES = 100_000
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
EVIL = "<img src=x onerror=\"document.title='broken'\">"


def history(folder: Path, count: int) -> int:
    """Writes the history of October and November 2025, and returns what November cost, in billionths of a dollar."""
    generator = random.Random(3)
    total = 0
    days = [date(2025, 10, 1) + timedelta(days=number) for number in range(61)]
    files: Dict[date, List[str]] = {day: [] for day in days}
    for number in range(count):
        day = generator.choice(days)
        megabytes = generator.randrange(10, 1 << 20)
        state = generator.choice(["SUCCEEDED"] * 8 + ["FAILED", "CANCELLED"])
        message = finished_message(f"00000000-0000-4000-8000-{number:012}")
        message.update(
            start_date=str(day),
            start_timestamp=f"{day} 10:00:00",
            query_state=state,
            executing_user=EVIL if number == 0 else f"person{generator.randrange(PEOPLE)}@example.com",
            data_scanned=megabytes << 20,
            query_sql=f"select {EVIL} from t{generator.randrange(50)}" if number % 7 == 0 else None,
            query_shape=f"{generator.randrange(50):016x}",
            workgroup=generator.choice(["etl", "bi", "analysts", "finance", "science", "web", "adhoc", "sandbox"]),
            database=generator.choice(["sales", "web", "events"]),
            tool=generator.choice(["dbt", "Tableau", "Looker"]),
            region="eu-west-1",
            cost_usd=0.0 if state == "FAILED" else megabytes * 5 / 2**20,
        )
        if state == "FAILED":
            message["not_billed"] = "failed"
        elif day.month == 11:
            # Half a billionth is rounded up, and not to the even one.
            total += int(message["cost_usd"] * 1e9 + 0.5)
        files[day].append(json.dumps(message))
    for day, lines in files.items():
        path = folder / f"dt={day}" / "queries.json"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(lines))
    return total


@pytest.fixture(scope="module")
def report(executable: Path, tmp_path_factory: pytest.TempPathFactory) -> Tuple[Path, int]:
    """A page, and what its month cost in billionths of a dollar."""
    folder = tmp_path_factory.mktemp("history")
    total = history(folder / "queries", QUERIES)
    command = [executable, "report", "--month", "2025-11", "--from", "queries", "--output", "page.html"]
    ended = subprocess.run(command, capture_output=True, cwd=folder, env={}, timeout=300)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, b"", b"")
    return folder / "page.html", total


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed: scripts/setup tools"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


DEVICES = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


@pytest.fixture(params=DEVICES, ids="-".join)
def page(request: pytest.FixtureRequest, browser: Browser, report: Tuple[Path, int], tmp_path: Path) -> Iterator[Page]:
    """The page as one device shows it. It must ask for nothing, and say nothing on the console."""
    with shown(report[0], request.param, browser, tmp_path) as page:
        yield page


@contextmanager
def shown(path: Path, device: Tuple[str, str], browser: Browser, tmp_path: Path) -> Iterator[Page]:
    size, scheme = device
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    opened = context.new_page()
    asked: List[str] = []
    said: List[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("console", lambda one: said.append(one.text))
    opened.on("pageerror", lambda one: said.append(str(one)))
    address = path.as_uri()
    opened.goto(address)
    yield opened
    opened.screenshot(path=tmp_path / f"{size}-{scheme}.png")
    assert asked == [address] and said == []
    context.close()


def column(page: Page, table: int, index: int) -> List[Any]:
    return page.evaluate(
        """([table, index]) => Array.from(document.querySelectorAll("table")[table].tBodies[0].rows)
        .map(row => row.cells[index].dataset.v ? Number(row.cells[index].dataset.v) : row.cells[index].textContent)""",
        [table, index],
    )


def test_the_page_is_accessible_and_fits(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title() == "Athena in 2025-11"


def test_the_plot_has_a_bar_for_each_day_and_a_text(page: Page) -> None:
    plot = page.get_by_role("img", name="Cost by day and workgroup")
    assert plot.count() == 1
    # Six workgroups and the others, on each of thirty days.
    assert plot.locator("rect").count() == 30 * 7
    boxes = [one.bounding_box() for one in plot.locator("rect").all()]
    assert all(box and box["height"] > 0 for box in boxes)
    page.get_by_text("The plot as a table").click()
    assert page.get_by_role("row", name=re.compile("^2025-11-30")).count() == 1


def test_tables_sort_by_the_heading_that_is_pressed(page: Page) -> None:
    people = 1
    money = column(page, people, 1)
    assert money == sorted(money, reverse=True) and len(money) == 40
    table = page.locator("table").nth(people)
    for _ in range(2):
        table.get_by_role("button", name="Queries").focus()
        page.keyboard.press("Enter")
        heading = table.locator("th", has=page.get_by_role("button", name="Queries"))
        order = heading.get_attribute("aria-sort")
        counts = column(page, people, 5)
        assert counts == sorted(counts, reverse=order == "descending")
    table.get_by_role("button", name="Name").click()
    names = column(page, people, 0)
    assert names == page.evaluate("names => names.slice().sort((a, b) => a.localeCompare(b))", names)
    assert "others" in table.locator("tfoot").inner_text()


def test_the_total_is_the_sum_of_the_queries_to_the_cent(page: Page, report: Tuple[Path, int]) -> None:
    total = f"${report[1] / 10**9:,.2f}"
    assert page.locator(".tiles dd").first.inner_text() == total
    # Each table adds up to it too, with the row of the others.
    for table in range(1, 5):
        shown = sum(column(page, table, 1))
        others = page.evaluate(
            "table => { const row = document.querySelectorAll('table')[table].tFoot; "
            "return row ? Number(row.rows[0].cells[1].dataset.v) : 0; }",
            table,
        )
        assert shown + others == report[1], table


def test_a_name_and_sql_are_text(page: Page) -> None:
    assert page.locator("img").count() == 0 and page.title() == "Athena in 2025-11"
    assert EVIL in page.locator("pre").first.inner_text()


def test_budgets_are_shown_beside_their_limits(alerter: AlerterStack, browser: Browser, tmp_path: Path) -> None:
    month, day = f"{ago(days=40):%Y-%m}", f"{ago(days=40):%Y-%m-%d}"
    alerter.put_row(**{
        **finished_message("q-1"), "start_date": day, "start_key": f"{day} 10:00:00#q-1", "start_timestamp": f"{day} 10:00:00"
    })
    budgets = [
        {"name": EVIL, "limit": "$50", "every": "month"},
        {"name": "people", "limit": "1 TiB", "every": "day", "per": "user"},
        {"name": "unused", "limit": "$1", "every": "month", "per": "workgroup"},
    ]
    alerter.write_settings(budgets=budgets)
    alerter.put_row(start_date=f"budget#{EVIL}", start_key=f"{month}#all", cost_usd=60, data_scanned=1, queries=9)
    for name, tebibytes in ((EVIL, 3), ("ada@example.com", 1), ("grace@example.com", 0)):
        item = {"data_scanned": tebibytes << 40, "queries": 1}
        alerter.put_row(start_date="budget#people", start_key=f"{day}#{name}", **item)
    path = tmp_path / "page.html"
    command = [alerter.executable, "report", "--month", month, "--output", path]
    ended = subprocess.run(command, capture_output=True, env=alerter.environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    for device in DEVICES:
        with shown(path, device, browser, tmp_path) as page:
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            table = page.get_by_role("region", name="Budgets")
            rows = [[cell.strip() for cell in row.inner_text().split("\t")] for row in table.locator("tbody tr").all()]
            days = re.sub(r".* of", "1 of", rows[0][-1])
            assert re.fullmatch(r"1 of (28|29|30|31) days", days)
            assert rows == [
                ["people", EVIL, day, "3.0 TiB", "1.0 TiB", "", "300%", days],
                [EVIL, "all together", month, "$60.00", "$50.00", "", "120%", "yes"],
                ["people", "ada@example.com", day, "1.0 TiB", "1.0 TiB", "", "100%", days],
                ["people", "grace@example.com", day, "0 B", "1.0 TiB", "", "0%", "no"],
                ["unused", "–", month, "$0.00", "$1.00", "", "0%", "no"],
            ]
            assert table.locator("span.o").count() == 3
            table.get_by_role("button", name="Used up").click()
            assert table.locator("tbody tr").last.inner_text().endswith("no")


def test_a_page_without_budgets_does_not_speak_of_them(report: Tuple[Path, int]) -> None:
    assert "Budgets" not in report[0].read_text()
