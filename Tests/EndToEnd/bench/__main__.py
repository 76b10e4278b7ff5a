"""Measures, and writes the results into docs/: ``make bench``, or ``make bench ONLY=scan`` for one part."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict

from . import cost, handlers, measuring, page, scan, start
from .log_files import CACHE

PARTS = {"scan": scan, "start": start, "handlers": handlers}


def say(text: str) -> None:
    """One line, which the next one replaces on a terminal."""
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)


def measure(name: str) -> Dict[str, Any]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        results = PARTS[name].measure(Path(directory), lambda text: say(f"{name}: {text}"))
    seconds = round(time.monotonic() - began)
    say(f"{name}: {seconds} s")
    print()
    return {"surroundings": page.surroundings(seconds), **results}


def publish(name: str, results: Dict[str, Any]) -> None:
    page.write("performance.md", name, f"{results['surroundings']}\n{PARTS[name].report(results)}")
    (page.DOCUMENTS / f"performance-{name}.svg").write_text(PARTS[name].chart(results))
    if name == "handlers":
        page.write("cost.md", "cost", cost.report(results))
        page.write("cost.md", "events", cost.report_of_events())
        (page.DOCUMENTS / "cost.svg").write_text(cost.chart(results))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--runs", type=int, default=measuring.RUNS, help="of each program; default: %(default)s")
    parser.add_argument("--kept", action="store_true", help="write what was measured last, without measuring again")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown or arguments.runs < 1:
        parser.error(f"there is no part '{unknown[0]}'" if unknown else "--runs must be at least 1")
    measuring.RUNS = arguments.runs
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in arguments.parts or PARTS:
        kept = CACHE / f"{name}.json"
        if not arguments.kept:
            kept.write_text(json.dumps(measure(name), indent=2))
        results = json.loads(kept.read_text())
        publish(name, results)
        print(PARTS[name].report(results))


if __name__ == "__main__":
    main()
