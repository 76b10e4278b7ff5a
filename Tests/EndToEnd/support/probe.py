"""Runs ``aws-probe``, which calls the AWS module without the handlers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Sequence


@dataclass(frozen=True)
class ProbeResult:
    """The result of a call: its output, or its error."""

    succeeded: bool
    output: bytes
    error_text: str


def probe(
    executable: Path, environment: Dict[str, str], *arguments: str, body: bytes = b"", under: Sequence[str] = ()
) -> ProbeResult:
    """Runs one call with exactly this environment; `under` is a program that starts it."""
    command = [*under, str(executable), *arguments]
    # The error is what the tests check, not its backtrace.
    variables = {**environment, "SWIFT_BACKTRACE": "enable=no"}
    ended = subprocess.run(command, env=variables, input=body, capture_output=True, timeout=60)
    return ProbeResult(ended.returncode == 0, ended.stdout, ended.stderr.decode(errors="replace"))
