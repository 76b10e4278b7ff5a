"""A root directory in which there is nothing but what a test puts there, and `/proc`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import List

# The mount is seen by the command alone, and gone when the command has ended.
ENTER = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'


class EmptyRoot:
    """A root of its own for a command; see `enter`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "proc").mkdir(parents=True)

    def enter(self) -> List[str]:
        """The beginning of a command; the rest of it runs with this root."""
        return [*own_mounts(), "sh", "-c", ENTER, str(self.path)]


def own_mounts() -> List[str]:
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def why_impossible(directory: Path) -> str:
    """Why this machine lets nobody change the root; nothing when it does."""
    (directory / "proc").mkdir(parents=True, exist_ok=True)
    attempt = [*own_mounts(), "sh", "-c", 'mount --rbind /proc "$0/proc" && chroot / true', str(directory)]
    try:
        tried = subprocess.run(attempt, capture_output=True, text=True)
    except FileNotFoundError as error:
        return str(error)
    return "" if tried.returncode == 0 else tried.stderr.strip() or f"exit status {tried.returncode}"
