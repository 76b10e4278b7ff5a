"""Writes figures into the documentation between their markers, and charts into files beside it."""

from __future__ import annotations

import math
import os
import platform
import re
import subprocess
import zlib
from datetime import date
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

from support.processes import REPOSITORY

from . import measuring

DOCUMENTS = REPOSITORY / "docs"


def write(page: str, part: str, text: str) -> None:
    """Replaces the text between a part's markers."""
    path = DOCUMENTS / page
    markers = re.compile(rf"(<!-- {part} -->\n).*?(<!-- end of {part} -->)", re.DOTALL)
    changed, count = markers.subn(lambda found: found[1] + text + found[2], path.read_text())
    if count != 1:
        raise RuntimeError(f"{path} does not have the markers of {part}")
    path.write_text(changed)


def table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rest]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def judged(value: float, goal: float, digits: int = 2) -> str:
    """A figure, and how far it misses its goal."""
    missed = f" ({value / goal - 1:.0%} over the goal)" if round(value, digits) > goal else ""
    return f"{value:.{digits}f}{missed}"


def surroundings(seconds: int) -> str:
    """The machine, the versions, the date and the duration."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    system = re.search(r'^PRETTY_NAME="(.+)"$', Path("/etc/os-release").read_text(), re.MULTILINE)
    facts = [
        f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}",
        system[1] if system else platform.system(),
        f"Linux {platform.release().split('-')[0]}",
        first_line("swift", "--version"),
        f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
        f"Python {platform.python_version()}",
        first_line("jq", "--version"),
    ]
    where = ", ".join(fact for fact in facts if fact)
    runs = f"Medians of at least {measuring.RUNS} runs of each program, taken in turns"
    return f"Measured on {date.today()}, in {seconds} seconds: {where}. {runs}.\n"


def first_line(*command: str) -> str:
    """The version that a program prints."""
    said = subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0]
    version = re.search(r"Swift version [\d.]+", said)
    return version[0] if version else said


class Chart(NamedTuple):
    """One bar of a chart."""

    label: str
    value: float
    goal: Optional[float] = None


def bars(title: str, entries: List[Chart]) -> str:
    """Horizontal bars as SVG on a logarithmic scale, readable on light and on dark, with a line at ratio 1."""
    width, left, right, height, top = 760, 230, 90, 30, 46
    largest = max(max(entry.value, entry.goal or 0) for entry in entries)
    smallest = min(entry.value for entry in entries) * 0.8
    is_ratio = smallest < 1 or any(entry.goal for entry in entries)
    smallest = min(0.8, smallest) if is_ratio else smallest
    scale = (width - left - right) / math.log(largest / smallest)

    def x(value: float) -> float:
        return left + scale * math.log(value / smallest)

    rows = []
    for index, entry in enumerate(entries):
        y = top + index * height
        middle = y + height / 2 + 5
        rows.append(f'<text class="label" x="{left - 10}" y="{middle}" text-anchor="end">{entry.label}</text>')
        length = x(entry.value) - left
        rows.append(f'<rect class="bar" x="{left}" y="{y + 5}" width="{length:.1f}" height="{height - 10}"/>')
        if entry.goal:
            rows.append(f'<path class="goal" d="M{x(entry.goal):.1f} {y + 2}v{height - 4}"/>')
        end = max(x(entry.value), x(entry.goal or smallest)) + 8
        value = f"{entry.value:.2f}" if entry.value < 10 else f"{entry.value:,.0f}"
        rows.append(f'<text class="value" x="{end:.1f}" y="{middle}">{value}</text>')
    bottom = top + len(entries) * height
    one = f'<path class="one" d="M{x(1):.1f} {top - 4}V{bottom + 4}"/>' if is_ratio else ""
    note = ("dashed line: 1; " if is_ratio else "") + ("vertical strokes: goals; " if any(entry.goal for entry in entries) else "")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" viewBox="0 0 {width} {bottom + 34}">
<style>
text {{ font: 14px system-ui, sans-serif; fill: #24292f; }}
.title {{ font-weight: 600; }}
.note {{ font-size: 12px; fill: #57606a; }}
.bar {{ fill: #2f6fdb; }}
.goal {{ stroke: #bc4c00; stroke-width: 2.5; }}
.one {{ stroke: #8c959f; stroke-dasharray: 3 3; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }}
.note {{ fill: #9198a1; }}
.bar {{ fill: #4c8dff; }}
.goal {{ stroke: #ffa657; }}
}}
</style>
<text class="title" x="{left}" y="26">{title}</text>
{one}
{chr(10).join(rows)}
<text class="note" x="{left}" y="{bottom + 24}">{note}the scale is logarithmic</text>
</svg>
"""
