"""Counts the instructions of a program, which are the same on every machine under any load."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Sequence


def instructions(command: Sequence[str | Path]) -> int:
    """The number of instructions that a command executes under callgrind."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run([*valgrind, *map(str, command)], check=True, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if not collected:
        raise RuntimeError(f"callgrind did not count: {done.stderr}")
    return int(collected[1])
