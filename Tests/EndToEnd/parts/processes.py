"""Starting and stopping the processes that stand in for the world."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional

REPOSITORY = Path(__file__).resolve().parents[3]
TOOLS = REPOSITORY / ".tools"
# Tests that run side by side must not draw the same numbers.
CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port for a server to be started: none of those that the system gives to whoever connects, or it might be gone by then."""
    while True:
        port = CHANCE.randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {seconds:g} s")
        time.sleep(0.02)


def read_line(process: subprocess.Popen, seconds: float = 30) -> str:
    """The first line on the process's standard output, or an error when it ends or stays silent."""
    assert process.stdout is not None, "started without a pipe for its standard output"
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RuntimeError(f"{process.args!r} said nothing; exit status {process.poll()}")
    return line.decode().strip()


def stop(process: subprocess.Popen, seconds: float = 5) -> None:
    """Ends the process and whatever it started in its own process group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def start(
    command: List[str],
    environment: Dict[str, str],
    directory: Optional[Path] = None,
    stdout: Optional[int] = None,
    stderr: Optional[int] = None,
) -> subprocess.Popen:
    """Starts the command as the leader of its own process group, so that `stop` finds its children."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def harmless_aws_environment() -> Dict[str, str]:
    """Keeps an AWS client away from the developer's own account and from the instance's role."""
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
