"""Starts and stops the processes of servers."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

REPOSITORY = Path(__file__).resolve().parents[3]
TOOLS = REPOSITORY / ".tools"
# Test processes that run at the same time must not draw the same numbers.
RANDOM = random.SystemRandom()
# The accept backlog. Connections beyond it are dropped, and retried after a second.
BACKLOG = 128
# The state code in the kernel's table of connections.
LISTENING = "0A"


def free_ports(count: int) -> List[int]:
    """Free ports outside the ephemeral range, from which the system could take one in the meantime."""
    ports: List[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = RANDOM.randrange(10_000, 32_768)
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    return ports


def start_serving(
    launch: Callable[[List[int]], subprocess.Popen], ports: int, what: str, seconds: float = 30
) -> Tuple[subprocess.Popen, List[int]]:
    """Starts a server on free ports, and on others when it ends because another process took one."""
    for _ in range(3):
        drawn = free_ports(ports)
        process = launch(drawn)
        try:
            wait_until(lambda: process.poll() is not None or listens(process, drawn), f"starting {what}", seconds)
        except BaseException:
            stop(process)
            raise
        if process.poll() is None:
            return process, drawn
        stop(process)
    raise RuntimeError(f"{what} ended as it started, with {process.returncode}")


def listens(process: subprocess.Popen, ports: List[int]) -> bool:
    """Whether this process listens on the ports; another process there does not count."""
    try:
        held = {os.readlink(descriptor) for descriptor in Path(f"/proc/{process.pid}/fd").iterdir()}
    except OSError:
        # A descriptor was closed in the meantime, or the process ended.
        return False
    listening = set()
    for connection in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = connection.split()[:10]
        if state == LISTENING and f"socket:[{inode}]" in held:
            listening.add(int(local.rpartition(":")[2], 16))
    return listening.issuperset(ports)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {seconds:g} s")
        time.sleep(0.02)


def read_line(process: subprocess.Popen, seconds: float = 120) -> str:
    """The first line of the process's standard output; an error when it ends or writes none."""
    assert process.stdout is not None, "started without a pipe for its standard output"
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RuntimeError(f"{process.args!r} said nothing; exit status {process.poll()}")
    return line.decode().strip()


def stop(process: subprocess.Popen, seconds: float = 5) -> None:
    """Ends the process and every process of its group."""
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
    """Keeps an AWS client from using the developer's account or the instance's role."""
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
