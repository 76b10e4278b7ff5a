"""A root directory that contains only a test's files and `/proc`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import List

# Only the command sees the mount, which ends with it.
ENTER = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'


class EmptyRoot:
    """An own root directory for a command; see `enter`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "proc").mkdir(parents=True)

    def enter(self) -> List[str]:
        """The beginning of a command; its remaining arguments run with this root."""
        return [*own_mounts(), "sh", "-c", ENTER, str(self.path)]


def own_mounts() -> List[str]:
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def obstacle_to_chroot(directory: Path) -> str:
    """The reason why this machine does not allow a change of the root; empty when it does."""
    (directory / "proc").mkdir(parents=True, exist_ok=True)
    attempt = [*own_mounts(), "sh", "-c", 'mount --rbind /proc "$0/proc" && chroot / true', str(directory)]
    try:
        tried = subprocess.run(attempt, capture_output=True, text=True)
    except FileNotFoundError as error:
        return str(error)
    return "" if tried.returncode == 0 else tried.stderr.strip() or f"exit status {tried.returncode}"
