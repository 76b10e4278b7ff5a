"""Measures how the program starts, beside a C program that does the same, and writes the table of docs/performance.md.

``make bench`` builds what this needs.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

from parts.processes import REPOSITORY, TOOLS
from parts.slack import BOT_TOKEN

PAGE = REPOSITORY / "docs/performance.md"
TABLE = re.compile(r"(<!-- start -->\n).*?(<!-- end of start -->)", re.DOTALL)
RUNS = 41
COLD_RUNS = 11
SETTINGS = '{"slack": {"bot_token": "%s", "channel": "#athena", "email_domain": "example.com"}}' % BOT_TOKEN


@dataclass
class Program:
    name: str
    path: Path
    wall: List[float] = field(default_factory=list)
    cold: List[float] = field(default_factory=list)
    cpu: List[float] = field(default_factory=list)
    resident: List[float] = field(default_factory=list)
    private: List[float] = field(default_factory=list)

    def run_cold(self, listener: socket.socket, environment: Dict[str, str]) -> None:
        """The same when nothing of the file is in memory, as after Lambda has unpacked it somewhere."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.run(listener, environment)
        self.cold.append(self.wall.pop())
        for kept in (self.cpu, self.resident, self.private):
            kept.pop()

    def run(self, listener: socket.socket, environment: Dict[str, str]) -> None:
        """Starts it, and measures when its request for an event is here."""
        began = time.perf_counter()
        process = os.posix_spawn(self.path, [str(self.path)], environment)
        try:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(4096)
                self.wall.append(time.perf_counter() - began)
                assert request.startswith(b"GET /2018-06-01/runtime/invocation/next "), request
                self.cpu.append(int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9)
                status = Path(f"/proc/{process}/status").read_text()
                self.resident.append(int(status.split("VmHWM:")[1].split()[0]) * 1024)
                self.private.append(int(status.split("RssAnon:")[1].split()[0]) * 1024)
                os.kill(process, signal.SIGKILL)
        except BaseException:
            os.kill(process, signal.SIGKILL)
            raise
        finally:
            os.waitpid(process, 0)


def c_program(directory: Path) -> Path:
    """The yardstick, linked with the same static libraries."""
    path = directory / "first_request"
    source = REPOSITORY / "Tests/EndToEnd/bench/first_request.c"
    pkg_config = {**os.environ, "PKG_CONFIG_PATH": str(TOOLS / "static/lib/pkgconfig")}
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libcurl"], env=pkg_config, check=True, capture_output=True, text=True
    ).stdout.split()
    command = ["cc", "-O2", "-Wall", "-static", "-s", "-Wl,--gc-sections", "-o", str(path), str(source), *flags]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return path


def copied(source: Path, to: Path) -> Path:
    """How a file was written decides how its pages lie in memory, and so how fast it starts: all are written alike."""
    to.write_bytes(source.read_bytes())
    to.chmod(0o755)
    return to


def measure(programs: List[Program], directory: Path) -> None:
    settings = directory / "settings.json"
    settings.write_text(SETTINGS)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
            "_HANDLER": "notification",
            "SETTINGS_FILE": str(settings),
            "QUERIES_TABLE": "queries",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        for _ in range(RUNS):
            for program in programs:
                program.run(listener, environment)
        # Last, because a file that is read again lies otherwise in memory than one that was just written.
        for _ in range(COLD_RUNS):
            for program in programs:
                program.run_cold(listener, environment)


def zip_size(directory: Path) -> int:
    path = directory / "athena-alerter.zip"
    package = [str(REPOSITORY / "scripts/package"), "zip", str(REPOSITORY / "settings.json.template"), str(path)]
    subprocess.run(package, check=True, stdout=subprocess.DEVNULL)
    return path.stat().st_size


def table(programs: List[Program], zipped: int) -> str:
    yardstick = programs[-1]

    def times(of: str) -> List[str]:
        whole = statistics.median(getattr(yardstick, of))
        return [f"{statistics.median(getattr(program, of)) / whole:.1f}" for program in programs]

    def medians(of: str, unit: float) -> List[str]:
        return [f"{statistics.median(getattr(program, of)) / unit:.1f}" for program in programs]

    rows = [
        ["", *(program.name for program in programs)],
        ["---"] * (len(programs) + 1),
        ["from exec to the first request for an event, times that of C", *times("wall")],
        ["processor time of it, times that of C", *times("cpu")],
        ["from exec to the first request when the file must be read, times that of C", *times("cold")],
        ["from exec to the first request, ms", *medians("wall", 1e-3)],
        ["the same when the file must be read, ms", *medians("cold", 1e-3)],
        ["processor time of it, ms", *medians("cpu", 1e-3)],
        ["resident until then, at its peak, MB", *medians("resident", 1e6)],
        ["of it not pages of the file, MB", *medians("private", 1e6)],
        ["executable, MB", *(f"{program.path.stat().st_size / 1e6:.1f}" for program in programs)],
        ["zip with settings and certificates, MB", f"{zipped / 1e6:.1f}", *["-"] * (len(programs) - 1)],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        programs = [
            Program("shipped", copied(REPOSITORY / "build/athena-alerter", directory / "shipped")),
            Program("with shared libraries", copied(REPOSITORY / ".build/release/athena-alerter", directory / "shared")),
            Program("C", copied(c_program(directory), directory / "c")),
        ]
        measure(programs, directory)
        text = f"Medians of {RUNS} runs in turns ({COLD_RUNS} of those that read the file):\n\n{table(programs, zip_size(directory))}"
    page, count = TABLE.subn(lambda found: found[1] + text + found[2], PAGE.read_text())
    if count != 1:
        sys.exit(f"bench_start: {PAGE} does not have its markers")
    PAGE.write_text(page)
    print(text, end="")


if __name__ == "__main__":
    main()
