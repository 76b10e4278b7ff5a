"""Runs ``aws-probe``, which uses the AWS room of the executable by itself."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Sequence


@dataclass(frozen=True)
class Probed:
    """How a call ended: with its output, or with a complaint."""

    succeeded: bool
    output: bytes
    complaint: str


def probe(
    executable: Path, environment: Dict[str, str], *arguments: str, body: bytes = b"", under: Sequence[str] = ()
) -> Probed:
    """One call in an environment that holds nothing else; `under` is a program that starts it."""
    command = [*under, str(executable), *arguments]
    # The complaint is what counts, not where in the program it was made.
    variables = {**environment, "SWIFT_BACKTRACE": "enable=no"}
    ended = subprocess.run(command, env=variables, input=body, capture_output=True, timeout=60)
    return Probed(ended.returncode == 0, ended.stdout, ended.stderr.decode(errors="replace"))
