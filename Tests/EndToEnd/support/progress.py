"""Progress of a test run by suite: a suite is a folder of tests. ``pytest -p support.progress`` shows it.

On a terminal one line changes in place; elsewhere a line is written every ten seconds. A line for each suite comes
last; it is also appended to the file that ``SUITE_RESULTS`` names, for `scripts/run-suites`.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from typing import Any, Counter as Counts, DefaultDict, Iterable, Iterator, List, Tuple

import pytest

SECONDS_BETWEEN_LINES = 10


def suite_of(node_id: str) -> str:
    return node_id.split("/", 1)[0] if "/" in node_id else "end-to-end"


class Progress:
    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        self.began = self.shown = time.monotonic()
        self.totals: Counts[str] = Counter()
        self.outcomes: DefaultDict[str, Counts[str]] = defaultdict(Counter)
        self.seconds: Counts[str] = Counter()

    def expect(self, node_ids: Iterable[str]) -> None:
        self.totals = Counter(suite_of(node_id) for node_id in node_ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:
            self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: List[str]) -> None:
        self.expect(ids)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: Any) -> Iterator[Any]:
        """Suppresses the dot that pytest prints for a test that passes."""
        status = yield
        return (status[0], "", "") if report.passed else status

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        suite = suite_of(report.nodeid)
        self.seconds[suite] += report.duration
        if report.failed:
            self.outcomes[suite]["failed"] += 1
            self.write(f"FAILED {report.nodeid}")
        if report.when == "setup" and report.skipped:
            self.outcomes[suite]["skipped"] += 1
        if report.when == "call" and not report.failed:
            self.outcomes[suite]["skipped" if report.skipped else "passed"] += 1
        self.show(report.nodeid)

    def show(self, node_id: str) -> None:
        now = time.monotonic()
        if not self.is_terminal and now - self.shown < SECONDS_BETWEEN_LINES:
            return
        self.shown = now
        suite = suite_of(node_id)
        done, failed = sum(self.done(name) for name in self.totals), sum(one["failed"] for one in self.outcomes.values())
        text = f"{done} of {sum(self.totals.values())} tests, {failed} failed, {now - self.began:.0f} s"
        text += f"; {suite}: {self.done(suite)} of {self.totals[suite]}"
        if self.is_terminal:
            print(f"\r\x1b[K{text}", end="", flush=True)
        else:
            print(text, flush=True)

    def write(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self.is_terminal else text, flush=True)

    def done(self, suite: str) -> int:
        return sum(self.outcomes[suite].values())

    def results(self) -> List[Tuple[str, str, float]]:
        return [(suite, self.result(suite), self.seconds[suite]) for suite in sorted(self.totals)]

    def result(self, suite: str) -> str:
        counts = {name: self.outcomes[suite][name] for name in ("passed", "failed", "skipped")}
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "not run"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.is_terminal:
            print("\r\x1b[K", end="", flush=True)
        terminalreporter.section("suites")
        for suite, result, seconds in self.results():
            terminalreporter.write_line(f"{suite:<20}{result:<40}{seconds:>6.0f} s")
        path = os.environ.get("SUITE_RESULTS")
        if path:
            with open(path, "a") as file:
                file.writelines(f"{suite}\t{result}\t{seconds:.0f}\n" for suite, result, seconds in self.results())


def pytest_configure(config: pytest.Config) -> None:
    # A worker process of xdist reports to the main process, which shows the progress.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(), "suite-progress")
