"""The speed of scanning a log file, compared with decompression alone and with the programs that others would write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

from . import measuring
from .log_files import LogFile, log_file
from .measuring import median
from .page import Chart, bars, judged, table
from .programs import PEERS, SHIPPED, SOURCES, built

# The window of decompression (Sources/CloudTrail/GzipStream.swift).
WINDOW = 128 << 10

SHARES_MEGABYTES = 50
# The shares of query starts, each with its goal as a multiple of the processor time of decompression with zlib. The goals
# are those with ISA-L.
GOALS = {0: 0.65, 0.01: 0.65, 0.1: 0.75, 1: 1.5}
MEMORY_GOAL = 12e6
# The last is the largest file that CloudTrail delivers: 50 MB compressed.
SIZES = [10, 50, 364]
SHARE = 0.01

OTHERS = {
    "simdjson": "C++ with simdjson and ISA-L",
    "msgspec": "Python with msgspec and ISA-L",
    "Python": "gunzip, parse and filter in Python",
    "jq": "`zcat` and `jq`",
    "DuckDB": "DuckDB",
}

FILTER = (
    '.Records[] | select(.eventSource == "athena.amazonaws.com" and .eventName == "StartQueryExecution"'
    " and .responseElements) | {query_execution_id: .responseElements.queryExecutionId,"
    " start_timestamp: .eventTime, executing_user: .userIdentity.arn}"
)


class Comparison:
    """The programs, each of which reads one file."""

    def __init__(self, directory: Path) -> None:
        self.usage = built("usage", directory)
        inflate = built("inflate", directory, ["-static", "-lz"])
        simdjson = built("simdjson_scan", directory, ["-lsimdjson", "-lisal"])
        self.commands: Dict[str, Callable[[LogFile], List[str]]] = {
            "inflate": lambda file: [str(inflate), str(WINDOW), str(file.path)],
            "scan": lambda file: [str(SHIPPED), "scan", str(file.path)],
            "Python": lambda file: [sys.executable, str(SOURCES / "python_scan.py"), str(file.path)],
            "simdjson": lambda file: [str(simdjson), str(file.path)],
            "msgspec": lambda file: [str(PEERS), str(SOURCES / "msgspec_scan.py"), str(file.path)],
            "DuckDB": lambda file: [sys.executable, str(SOURCES / "duckdb_scan.py"), str(file.path), str(file.unpacked)],
            "jq": lambda file: ["sh", "-c", 'zcat "$1" | jq --compact-output "$2"', "sh", str(file.path), FILTER],
        }

    def run(self, name: str, file: LogFile) -> Dict[str, float]:
        command = [str(self.usage), *self.commands[name](file)]
        cpu, wall, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return {"cpu": int(cpu) / 1e6, "wall": int(wall) / 1e6, "peak": int(peak) * 1024}

    def check(self, name: str, file: LogFile) -> None:
        """Fails when a program did not find every query start."""
        found = subprocess.run(self.commands[name](file), check=True, capture_output=True).stdout.count(b"\n")
        if found != file.starts:
            raise RuntimeError(f"{name} finds {found} of {file.starts} query starts in {file.path}")

    def medians(self, names: List[str], file: LogFile) -> Dict[str, Dict[str, float]]:
        """Runs the programs several times, interleaved."""
        runs: Dict[str, List[Dict[str, float]]] = {name: [] for name in names}
        for _ in range(measuring.RUNS):
            for name in names:
                runs[name].append(self.run(name, file))
        return {
            name: {key: median([run[key] for run in of]) for key in ("cpu", "wall", "peak")}
            for name, of in runs.items()
        }


def measure(directory: Path, progress: Callable[[str], None]) -> Dict[str, Any]:
    contest = Comparison(directory)
    shares, sizes = {}, {}
    for share in GOALS:
        progress(f"{SHARES_MEGABYTES} MB with {share:.0%} query starts")
        file = log_file(SHARES_MEGABYTES, share)
        for name in ("scan", *OTHERS):
            contest.check(name, file)
        shares[str(share)] = contest.medians(list(contest.commands), file)
    for megabytes in SIZES:
        progress(f"{megabytes} MB against Python and jq")
        file = log_file(megabytes, SHARE)
        contest.check("scan", file)
        sizes[str(megabytes)] = contest.medians(["inflate", "scan", "Python", "jq"], file)
    return {"shares": shares, "sizes": sizes}


def report(results: Dict[str, Any]) -> str:
    shares, sizes = results["shares"], results["sizes"]
    peak = max(case["scan"]["peak"] for case in [*shares.values(), *sizes.values()])
    by_share = [["query starts in 50 MB", "processor time, as a multiple of decompression alone", "goal", "MB/s of JSON"]]
    for share, goal in GOALS.items():
        case = shares[str(share)]
        ratio = case["scan"]["cpu"] / case["inflate"]["cpu"]
        speed = SHARES_MEGABYTES / case["scan"]["cpu"]
        by_share.append([f"{share:.0%}", judged(ratio, goal), f"{goal:.2f}", f"{speed:.0f}"])
    by_peer = [["processor time, as a multiple of `scan`", *(f"{share:.0%}" for share in GOALS), "MB resident, at most"]]
    for name, words in OTHERS.items():
        cases = [shares[str(share)] for share in GOALS]
        most = max(case[name]["peak"] for case in cases) / 1e6
        by_peer.append([words, *(multiple(case, name) for case in cases), f"{most:.0f}"])
    by_size = [["processor time, as a multiple of `scan`", *(f"{size} MB" for size in SIZES)]]
    for name in ("inflate", "Python", "jq"):
        words = OTHERS.get(name, "decompression alone")
        by_size.append([words, *(multiple(sizes[str(size)], name) for size in SIZES)])
    by_size.append(["`scan`, seconds", *(f"{sizes[str(size)]['scan']['cpu']:.2f}" for size in SIZES)])
    for name, words in (("scan", "`scan`"), ("Python", "Python"), ("jq", "`zcat` and `jq`")):
        by_size.append([f"{words}, MB resident", *(f"{sizes[str(size)][name]['peak'] / 1e6:.0f}" for size in SIZES)])
    return (
        f"{table(by_share)}\nThe same files, by programs that others would write:\n\n{table(by_peer)}\n"
        f"In a file with {SHARE:.0%} query starts:\n\n{table(by_size)}\n"
        f"No file took more than {judged(peak / 1e6, MEMORY_GOAL / 1e6, 1)} MB resident; "
        f"the goal is {MEMORY_GOAL / 1e6:.0f}.\n"
    )


def multiple(case: Dict[str, Dict[str, float]], name: str) -> str:
    ratio = case[name]["cpu"] / case["scan"]["cpu"]
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def chart(results: Dict[str, Any]) -> str:
    entries = []
    for share, goal in GOALS.items():
        case = results["shares"][str(share)]
        entries.append(Chart(f"scan, {share:.0%} query starts", case["scan"]["cpu"] / case["inflate"]["cpu"], goal))
    case = results["shares"][str(SHARE)]
    for name, words in (("simdjson", "simdjson"), ("msgspec", "msgspec"), ("Python", "Python"), ("jq", "zcat and jq"), ("DuckDB", "DuckDB")):
        entries.append(Chart(f"{words}, {SHARE:.0%}", case[name]["cpu"] / case["inflate"]["cpu"]))
    return bars("Processor time, as a multiple of decompression alone", entries)
