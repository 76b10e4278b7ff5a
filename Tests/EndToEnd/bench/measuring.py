"""The number of runs, and the figure that they result in."""

from __future__ import annotations

import statistics
from typing import Sequence

# Of each program, interleaved with the others.
RUNS = 5


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
