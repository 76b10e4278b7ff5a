"""Builds the reference programs in C and C++."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Sequence

from support.processes import REPOSITORY, TOOLS

SOURCES = Path(__file__).resolve().parent
SHIPPED = REPOSITORY / "build/athena-alerter"
# Has the libraries of peers.txt.
PEERS = TOOLS / "peers/bin/python"
SHARED = REPOSITORY / ".build/release/athena-alerter"


def built(name: str, directory: Path, flags: Sequence[str] = ()) -> Path:
    """Compiles bench/<name>.c or bench/<name>.cpp into a directory."""
    path = directory / name
    [source] = SOURCES.glob(f"{name}.c*")
    compiler = ["c++", "-O3"] if source.suffix == ".cpp" else ["cc", "-O2"]
    command = [*compiler, "-Wall", "-Werror", "-o", str(path), str(source), *flags]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL if "-static" in flags else None)
    return path


def static_libcurl() -> list[str]:
    """The linker flags of the packaged executable's libcurl."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(TOOLS / "static/lib/pkgconfig")}
    command = ["pkg-config", "--cflags", "--libs", "libcurl"]
    flags = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
    return ["-static", "-s", "-Wl,--gc-sections", *flags]
