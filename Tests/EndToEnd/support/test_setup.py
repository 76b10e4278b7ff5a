"""`scripts/setup` where a package cannot be installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from support.processes import REPOSITORY


def set_up(directory: Path, missing: str) -> "subprocess.CompletedProcess[str]":
    """Installs the libraries on an x86-64 machine that has all packages but one, which apt-get does not know."""
    programs: Dict[str, str] = {
        "uname": "echo x86_64",
        "dpkg-query": f'[ "$3" = {missing} ] || printf installed',
        "sudo": '[ "$2" = true ] || { shift; exec "$@"; }',
        "apt-get": f'case "$*" in *install*) echo "E: Unable to locate package {missing}"; exit 100 ;; esac',
        "swift": "echo Swift version 6.3.1",
    }
    for name, text in programs.items():
        (directory / name).write_text(f"#!/bin/sh\n{text}\n")
        (directory / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}
    command = [str(REPOSITORY / "scripts/setup"), "libraries"]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_the_build_goes_on_without_isal(tmp_path: Path) -> None:
    ended = set_up(tmp_path, missing="libisal-dev")
    assert ended.returncode == 0
    assert "note: libisal-dev is not there: zlib decompresses the log files, which takes twice the time\n" in ended.stdout


@pytest.mark.parametrize("package", ["libcurl4-openssl-dev", "zlib1g-dev"])
def test_a_library_that_is_needed_ends_the_setup(package: str, tmp_path: Path) -> None:
    ended = set_up(tmp_path, missing=package)
    assert ended.returncode == 1
    assert f"could not install {package}: E: Unable to locate package {package}" in ended.stderr
