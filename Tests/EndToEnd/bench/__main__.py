"""Measures, and writes what it finds into docs/: ``make bench``, or ``make bench ONLY=scan`` for one part."""

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
    """One line that replaces itself on a terminal."""
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)


def measure(name: str) -> Dict[str, Any]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        results = PARTS[name].measure(Path(directory), lambda text: say(f"{name}: {text}"))
    say(f"{name}: {time.monotonic() - began:.0f} s")
    print()
    return results


def publish(name: str, results: Dict[str, Any]) -> None:
    page.write("performance.md", name, f"{page.surroundings()}\n{PARTS[name].report(results)}")
    if hasattr(PARTS[name], "chart"):
        (page.DOCUMENTS / f"performance-{name}.svg").write_text(PARTS[name].chart(results))
    if name == "handlers":
        page.write("cost.md", "cost", cost.report(results))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--runs", type=int, default=measuring.RUNS, help="of each program; default: %(default)s")
    arguments = parser.parse_args()
    measuring.RUNS = arguments.runs
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in arguments.parts or PARTS:
        results = measure(name)
        # Kept, so that the words around the figures can change without measuring again.
        (CACHE / f"{name}.json").write_text(json.dumps(results, indent=2))
        publish(name, results)
        print(PARTS[name].report(results))


if __name__ == "__main__":
    main()
