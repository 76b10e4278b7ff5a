"""The queries that each handler processes in a second, and its calls to each service, counted at the server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

from support import event_delivery
from support.alerter_stack import GIB, finished_message
from support.emulator import ACCOUNT

from . import measuring
from .log_files import LogFile, log_file
from .measuring import median
from .page import Chart, bars, table
from .programs import SHIPPED
from .runtime_api import RuntimeAPI
from .stub_server import StubServer, Traffic
from .start import SETTINGS

# Six batches for Athena in each of five invocations: fewer than its quota allows at once.
OPEN = 300
INVOCATIONS = 5
# One file with a share of query starts as busy accounts have it.
FILE_MEGABYTES = 10
FILE_SHARE = 0.1
MESSAGES = 10
KEY = f"trail/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2024/03/05/file.json.gz"


# One sum for each user, and one for all.
BUDGETS = [
    {"name": "people", "per": "user", "limit": "$1000000", "every": "month"},
    {"name": "all", "limit": "1000 PiB", "every": "day"},
]


class Work(NamedTuple):
    """A handler's measurement: the events of a run, and the number of queries in them."""

    name: str
    handler: str
    events: List[bytes]
    queries: int
    settings: str = SETTINGS


def works(file: LogFile) -> List[Work]:
    """The events, the same in every run."""
    created = json.dumps(event_delivery.object_created_events([("trail", KEY.partition("/")[2], file.path.stat().st_size)]))
    tick = json.dumps(event_delivery.schedule_event())

    def messages(scanned: int) -> bytes:
        bodies = [
            finished_message(f"q-{number}", data_scanned=scanned, user_type="role", executing_user=f"role-{number}")
            for number in range(MESSAGES)
        ]
        return json.dumps(event_delivery.through_sqs(*bodies)).encode()

    return [
        Work("`cloudtrail_handler`", "cloudtrail_handler", [created.encode()] * INVOCATIONS, file.starts * INVOCATIONS),
        Work("`usage_update`", "usage_update", [tick.encode()] * INVOCATIONS, OPEN * INVOCATIONS),
        Work("`notification`, no alert", "notification", [messages(1)] * 100, MESSAGES * 100),
        Work("`notification`, channel alert", "notification", [messages(1024 * GIB)] * 20, MESSAGES * 20),
        Work(
            "`notification`, two budgets",
            "notification",
            [messages(1)] * 100,
            MESSAGES * 100,
            json.dumps({**json.loads(SETTINGS), "budgets": BUDGETS}),
        ),
    ]


def measure(directory: Path, progress: Callable[[str], None]) -> Dict[str, Any]:
    file = log_file(FILE_MEGABYTES, FILE_SHARE)
    figures: Dict[str, Any] = {}
    with StubServer(directory) as stub_server:
        stub_server.open_queries(OPEN)
        served = stub_server.objects / KEY
        served.parent.mkdir(parents=True)
        shutil.copyfile(file.path, served)
        runs: Dict[str, List[Dict[str, Any]]] = {}
        for turn in range(measuring.RUNS):
            for work in works(file):
                progress(f"{work.name.replace('`', '')}, run {turn + 1} of {measuring.RUNS}")
                runs.setdefault(work.name, []).append(run(work, stub_server))
    for name, of in runs.items():
        figures[name] = {key: median([one[key] for one in of]) for key in ("wall", "cpu", "peak", "queries")}
        figures[name]["traffic"] = of[-1]["traffic"]
    return {"works": figures}


def run(work: Work, stub_server: StubServer) -> Dict[str, Any]:
    settings = stub_server.directory / "settings.json"
    settings.write_text(work.settings)
    environment = stub_server.environment(SETTINGS_FILE=str(settings))
    with RuntimeAPI([str(SHIPPED)], {**environment, "_HANDLER": work.handler}) as function:
        stub_server.forget()
        before = function.usage().cpu_seconds
        wall = sum(function.invoke(event) for event in work.events)
        usage = function.usage()
    return {
        "wall": wall,
        "cpu": usage.cpu_seconds - before,
        "peak": usage.peak_bytes,
        "queries": work.queries,
        "traffic": {name: list(traffic) for name, traffic in stub_server.traffic().items()},
    }


def per_thousand(result: Dict[str, Any]) -> Dict[str, Traffic]:
    """Calls and bytes for 1,000 queries, by operation."""
    factor = 1000 / result["queries"]
    return {
        name: Traffic(*(round(figure * factor) for figure in traffic))
        for name, traffic in sorted(result["traffic"].items())
    }


def report(results: Dict[str, Any]) -> str:
    speeds = [["", "queries a second", "queries a second of processor time", "MB resident"]]
    calls = [["", "call", "calls for 1,000 queries", "KB sent", "KB received"]]
    for name, result in results["works"].items():
        queries = result["queries"]
        speeds.append(
            [name, f"{queries / result['wall']:,.0f}", f"{queries / result['cpu']:,.0f}", f"{result['peak'] / 1e6:.1f}"]
        )
        for operation, traffic in per_thousand(result).items():
            figures = (traffic.calls, traffic.bytes_in / 1e3, traffic.bytes_out / 1e3)
            calls.append([name, f"`{operation}`", *(f"{figure:,.0f}" for figure in figures)])
            name = ""
        if not result["traffic"]:
            calls.append([name, "none", "0", "0", "0"])
    return f"{table(speeds)}\n{table(calls)}"


def chart(results: Dict[str, Any]) -> str:
    speeds = {name.replace("`", ""): result["queries"] / result["cpu"] for name, result in results["works"].items()}
    return bars("Queries a second of processor time", [Chart(name, speed) for name, speed in speeds.items()])
