"""Breaks every network call of every handler in every way, and checks that nothing is lost or doubled.

``make faults`` builds what this needs. It writes the result line into README.md and the tables into docs/faults.md.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Callable, Dict, Hashable, List, Sequence, Tuple, TypeVar

from faults.cases import COLUMNS, Case, sample
from faults.fault_runner import FaultRunner, Outcome
from support.processes import REPOSITORY

README = REPOSITORY / "README.md"
PAGE = REPOSITORY / "docs/faults.md"
WORKERS = 4

Progress = Callable[[Outcome], None]
Group = TypeVar("Group", bound=Hashable)


def run(executable: Path, choose: Callable[[List[Case]], Sequence[Case]], workers: int, progress: Progress) -> List[Outcome]:
    """Runs the chosen cases in parallel, each worker with its own runner. The outcomes are in the order of the cases."""
    waiting: "queue.SimpleQueue[Tuple[int, Case]]" = queue.SimpleQueue()
    outcomes: Dict[int, Outcome] = {}
    errors: List[BaseException] = []

    def work(runner: FaultRunner) -> None:
        while not errors:
            try:
                index, case = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                outcomes[index] = runner.run(case)
                progress(outcomes[index])
            except BaseException as error:
                errors.append(RuntimeError(f"{case}: {error!r}"))
                raise

    with ExitStack() as stack:
        directories = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-"))) for _ in range(workers)]
        runners = [stack.enter_context(FaultRunner(executable, directory)) for directory in directories]
        chosen = choose(runners[0].cases())
        for numbered in enumerate(chosen):
            waiting.put(numbered)
        threads = [threading.Thread(target=work, args=(runner,), daemon=True) for runner in runners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return [outcomes[index] for index in range(len(chosen))]


# The tables


def by_handler(outcomes: Sequence[Outcome]) -> str:
    """A row for each handler, over all of its scenarios."""
    rows = []
    for handler, own in grouped(outcomes, lambda case: case.scenario.split(",")[0]).items():
        calls = {(outcome.case.scenario, outcome.case.call, outcome.case.nth) for outcome in own}
        rows.append([f"`{handler}`", str(len(calls)), *cells(own)])
    return table(["handler", "calls"], rows)


def by_call(outcomes: Sequence[Outcome]) -> str:
    """A row for each call of each scenario."""
    rows = []
    for (scenario, call), own in grouped(outcomes, lambda case: (case.scenario, case.call)).items():
        repeats = len({outcome.case.nth for outcome in own})
        times = f" × {repeats}" if repeats > 1 else ""
        rows.append([f"`{scenario}`", f"`{call}`{times}", *cells(own)])
    return table(["handler", "call"], rows)


def table(heads: List[str], rows: List[List[str]]) -> str:
    heads = [*heads, *COLUMNS, "lost", "doubled"]
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, ["---"] * len(heads), *rows))


def grouped(outcomes: Sequence[Outcome], key: Callable[[Case], Group]) -> Dict[Group, List[Outcome]]:
    groups: Dict[Group, List[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[key(outcome.case)].append(outcome)
    return groups


def cells(outcomes: Sequence[Outcome]) -> List[str]:
    of_faults = grouped(outcomes, lambda case: case.fault.name)
    lost = sum(len(outcome.lost) for outcome in outcomes)
    doubled = sum(len(outcome.doubled) for outcome in outcomes if not outcome.case.is_in_window)
    in_window = sum(len(outcome.doubled) for outcome in outcomes if outcome.case.is_in_window)
    of_window = f" ({in_window})" if in_window else ""
    return [*(cell(of_faults.get(column, [])) for column in COLUMNS), str(lost), f"{doubled}{of_window}"]


def cell(outcomes: Sequence[Outcome]) -> str:
    """The number of good cases, of those in the known window in brackets, and of bad ones after a cross."""
    if not outcomes:
        return "–"
    bad = sum(not outcome.is_good for outcome in outcomes)
    window = sum(outcome.is_good and outcome.case.is_in_window for outcome in outcomes)
    good = len(outcomes) - bad - window
    return " ".join([*([str(good)] if good else []), *([f"({window})"] if window else []), *([f"✗{bad}"] if bad else [])])


def summary(outcomes: Sequence[Outcome]) -> str:
    outside = [outcome for outcome in outcomes if not outcome.case.is_in_window]
    window = [outcome for outcome in outcomes if outcome.case.is_in_window]
    bad = sum(not outcome.is_good for outcome in outcomes)
    counts = [
        f"{len(outcomes)} cases",
        f"{sum(len(outcome.lost) for outcome in outcomes)} lost",
        f"{sum(len(outcome.doubled) for outcome in outside)} doubled",
        f"{sum(len(outcome.differing) for outcome in outcomes)} attributes different",
    ]
    twice = sum(bool(outcome.doubled) for outcome in window)
    known = f"{len(window)} cases are in the one known window; in {twice} of them an alert arrived twice"
    not_noted = sum(outcome.not_noted > 0 for outcome in outcomes)
    noted = f"in {not_noted} a row lacks the time of its alert"
    return f"**{', '.join(counts)}.** {known}, and {noted}." + (f" {bad} cases are bad." if bad else "")


def write(text: str, path: Path, part: str) -> None:
    """Replaces the text between a part's markers."""
    markers = re.compile(rf"(<!-- {part} -->\n).*?(<!-- end of {part} -->)", re.DOTALL)
    page, count = markers.subn(lambda found: found[1] + text + found[2], path.read_text())
    if count != 1:
        sys.exit(f"fault_matrix: {path} does not have the markers of '{part}'")
    path.write_text(page)


class Terminal:
    """Shows the progress: on a terminal in one line that changes, elsewhere in a line for every hundred cases."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.total = 0
        self.done = 0
        self.bad = 0
        self._lock = threading.Lock()

    def __call__(self, outcome: Outcome) -> None:
        with self._lock:
            self.done += 1
            self.bad += not outcome.is_good
            if not outcome.is_good:
                print(f"{self._erased()}✗ {outcome}", flush=True)
            text = f"{self.done} of {self.total} cases, {self.bad} bad, {time.monotonic() - self.began:.0f} s"
            if sys.stdout.isatty():
                print(f"{self._erased()}{text}: {outcome.case}"[:160], end="", flush=True)
            elif self.done % 100 == 0 or self.done == self.total:
                print(text, flush=True)

    def _erased(self) -> str:
        return "\r\x1b[K" if sys.stdout.isatty() else ""

    def end(self) -> None:
        print(self._erased(), end="", flush=True)


def main() -> None:
    # SIGTERM raises KeyboardInterrupt, so that the servers are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", action="store_true", help="the smallest set of cases that covers each call and each fault")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose description contains TEXT")
    parser.add_argument("--write", action="store_true", help="write the results into README.md and docs/faults.md")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"number of parallel workers (default: {WORKERS})")
    arguments = parser.parse_args()
    executable = Path(os.environ.get("ATHENA_ALERTER", REPOSITORY / ".build/release/athena-alerter")).resolve()
    terminal = Terminal()

    def choose(found: List[Case]) -> List[Case]:
        chosen = [case for case in (sample(found) if arguments.sample else found) if arguments.only in str(case)]
        terminal.total = len(chosen)
        return chosen

    outcomes = run(executable, choose, arguments.workers, terminal)
    terminal.end()
    print(by_call(outcomes), by_handler(outcomes), summary(outcomes), sep="\n")
    if arguments.write:
        write(f"On {date.today()}: {summary(outcomes)}\n", README, "faults")
        write(by_handler(outcomes), PAGE, "faults by handler")
        write(by_call(outcomes), PAGE, "faults by call")
    if not outcomes or any(not outcome.is_good for outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
