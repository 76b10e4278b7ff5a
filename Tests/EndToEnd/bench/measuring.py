"""How often, and how many runs become one figure."""

from __future__ import annotations

import statistics
from typing import Sequence

# Of each program, in turns with the others.
RUNS = 5


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
