"""The start of the program and an empty invocation, compared with a C program that does the same, and with Python."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

from support.fake_slack import BOT_TOKEN
from support.processes import REPOSITORY
from support.scenarios import LINK_SECRET

from . import measuring
from .measuring import median
from .page import Chart, bars, judged, table
from .programs import SHARED, SHIPPED, SOURCES, built, static_libcurl
from .runtime_api import RuntimeAPI
from .stub_server import StubServer

# A start is short and varies more than a long run.
STARTS = 4
INVOCATIONS = 50
SETTINGS = json.dumps(
    {
        "slack": {"bot_token": BOT_TOKEN, "channel": "#athena", "email_domain": "example.com"},
        "reports": {"link_secret": LINK_SECRET},
    }
)
EVENT = b'{"Records":[]}'
# The handler in which all programs are compared, and the others with their variables. Each opens as many connections to
# AWS in the init phase, and is compared with the C program that opens as many.
COMPARED = "notification"
OTHERS = {
    "cloudtrail_handler": 1,
    "usage_update": 3,
    "report": 1,
    "report_page": 0,
    "run_query": 1,
    "query_api": 1,
    "query_retention": 0,
    "partition_refresh": 2,
}
CONNECTIONS = {"c": 1, **{f"c{count}": count for count in sorted({*OTHERS.values()} - {1})}}
WANTED = {
    "QUERY_STRING": "SELECT 1",
    "DATABASE": "shop",
    "HISTORY_BUCKET": "history",
    "QUERY_API_TABLES": "events",
    "OUTPUT_S3_BUCKET": "s3://results/",
    "PARTITION_REFRESH_DATABASE": "shop",
    "PARTITION_REFRESH_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/notifications",
}

START_GOAL = 1.3
MEMORY_GOAL = 16e6
ZIP_GOAL = 8e6

Figures = Dict[str, List[float]]


def copied(source: Path, to: Path) -> Path:
    """Copies the programs: the layout of a file in the page cache affects the start, so all are written alike."""
    to.write_bytes(source.read_bytes())
    to.chmod(0o755)
    return to


def drop_from_memory(path: Path) -> None:
    """Removes the page cache's state, as after Lambda has unpacked the program."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(command: List[str], environment: Dict[str, str], figures: Figures) -> None:
    with RuntimeAPI(command, environment) as function:
        before = function.usage()
        first = function.invoke(EVENT)
        others = [function.invoke(EVENT) for _ in range(INVOCATIONS)]
        after = function.usage()
        status = Path(f"/proc/{function.process}/status").read_text()
    for name, value in (
        ("start", function.started),
        ("start_cpu", before.cpu_seconds),
        ("peak", before.peak_bytes),
        ("private", int(status.split("RssAnon:")[1].split()[0]) * 1024),
        ("first", first),
        ("invocation", median(others)),
        ("invocation_cpu", (after.cpu_seconds - before.cpu_seconds) / (INVOCATIONS + 1)),
    ):
        figures.setdefault(name, []).append(value)


def run_cold(command: List[str], environment: Dict[str, str], figures: Figures) -> None:
    drop_from_memory(Path(command[0]))
    with RuntimeAPI(command, environment) as function:
        figures.setdefault("cold", []).append(function.started)


def run_handler(command: List[str], environment: Dict[str, str], figures: Figures) -> None:
    with RuntimeAPI(command, environment) as function:
        figures.setdefault("start", []).append(function.started)
        figures.setdefault("peak", []).append(function.usage().peak_bytes)


def zip_size(directory: Path) -> int:
    path = directory / "athena-alerter.zip"
    package = [str(REPOSITORY / "scripts/package"), "zip", str(REPOSITORY / "settings.json.template"), str(path)]
    subprocess.run(package, check=True, stdout=subprocess.DEVNULL)
    return path.stat().st_size


def measure(directory: Path, progress: Callable[[str], None]) -> Dict[str, Any]:
    settings = directory / "settings.json"
    settings.write_text(SETTINGS)
    files = {
        "shipped": copied(SHIPPED, directory / "shipped"),
        "shared": copied(SHARED, directory / "shared"),
        "c": copied(built("first_request", directory, static_libcurl()), directory / "c"),
    }
    commands = {name: [str(path)] for name, path in files.items()}
    commands["c"].append("1")
    commands["python"] = [sys.executable, str(SOURCES / "python_start.py")]
    # Those of which only the start is measured.
    handlers = {name: (commands["shipped"], {**WANTED, "_HANDLER": name}) for name in OTHERS}
    handlers |= {name: ([str(files["c"]), str(count)], {}) for name, count in CONNECTIONS.items() if name != "c"}
    figures: Dict[str, Figures] = {name: {} for name in (*commands, *handlers)}
    with StubServer(directory) as stub_server:
        environment = stub_server.environment(
            _HANDLER=COMPARED, SETTINGS_FILE=str(settings), AWS_DEFAULT_REGION="eu-west-1"
        )
        runs = STARTS * measuring.RUNS
        chance = random.Random(0)
        for turn in range(runs):
            progress(f"run {turn + 1} of {runs}")
            # In random order: a start is faster when the same file was started just before it.
            programs = [*commands, *handlers]
            for name in chance.sample(programs, len(programs)):
                if name in handlers:
                    command, variables = handlers[name]
                    run_handler(command, {**environment, **variables}, figures[name])
                elif name != "python" or turn % STARTS == 0:
                    run(commands[name], environment, figures[name])
        # The last measurement, because reading the file again changes its layout in the page cache.
        for turn in range(measuring.RUNS):
            progress(f"run {turn + 1} of {measuring.RUNS} that must read the file")
            for name in files:
                run_cold(commands[name], environment, figures[name])
    results: Dict[str, Any] = {
        name: {key: median(values) for key, values in of.items()} for name, of in figures.items()
    }
    for name, path in files.items():
        results[name]["file"] = path.stat().st_size
    progress("the zip")
    results["zip"] = zip_size(directory)
    return results


NAMES = {"shipped": "shipped", "shared": "with shared libraries", "c": "C", "python": "Python with boto3"}


def report(results: Dict[str, Any]) -> str:
    def row(words: str, key: str, unit: float = 0, digits: int = 1) -> List[str]:
        """A multiple of the C program's figure, or a figure with its unit."""
        divisor = unit or results["c"][key]
        values = [results[name].get(key) for name in NAMES]
        return [words, *("-" if value is None else f"{value / divisor:.{digits}f}" for value in values)]

    rows = [
        ["", *NAMES.values()],
        row("from exec to the first request for an event, as a multiple of C", "start"),
        row("processor time of that, as a multiple of C", "start_cpu"),
        row("from exec to the first request when the file must be read, as a multiple of C", "cold"),
        row("an empty invocation, as a multiple of C", "invocation"),
        row("processor time of that, as a multiple of C", "invocation_cpu"),
        row("from exec to the first request, ms", "start", 1e-3),
        row("the same when the file must be read, ms", "cold", 1e-3),
        row("processor time of that, ms", "start_cpu", 1e-3),
        row("the first empty invocation, ms", "first", 1e-3, 2),
        row("an empty invocation, ms", "invocation", 1e-3, 2),
        row("processor time of that, ms", "invocation_cpu", 1e-3, 2),
        row("resident at the first request, MB", "peak", 1e6),
        row("of that, private memory, MB", "private", 1e6),
        row("executable, MB", "file", 1e6),
    ]
    ratio = results["shipped"]["start"] / results["c"]["start"]
    each = {COMPARED: results["shipped"], **{name: results[name] for name in OTHERS}}
    opened = {count: results[name]["start"] for name, count in CONNECTIONS.items()}
    handlers = [["handler", "connections to AWS", "start, ms", "start, as a multiple of C", "MB resident"]]
    for name, of in each.items():
        count = OTHERS.get(name, 1)
        multiple = judged(of["start"] / opened[count], START_GOAL)
        handlers.append([f"`{name}`", str(count), f"{of['start'] * 1e3:.1f}", multiple, judged(of["peak"] / 1e6, MEMORY_GOAL / 1e6, 1)])
    return (
        f"{table(rows)}\n{table(handlers)}\nThe start takes {judged(ratio, START_GOAL)} times as long as in C; the goal is {START_GOAL}. "
        f"{judged(results['shipped']['peak'] / 1e6, MEMORY_GOAL / 1e6, 1)} MB are resident; "
        f"the goal is {MEMORY_GOAL / 1e6:.0f}. The zip with settings and certificates has "
        f"{judged(results['zip'] / 1e6, ZIP_GOAL / 1e6, 1)} MB; the goal is {ZIP_GOAL / 1e6:.0f}.\n"
    )


def chart(results: Dict[str, Any]) -> str:
    whole = results["c"]["start"]
    goals = {"shipped": START_GOAL}
    entries = [Chart(NAMES[name], results[name]["start"] / whole, goals.get(name)) for name in NAMES if name != "c"]
    return bars("From exec to the first request for an event, as a multiple of C", entries)
