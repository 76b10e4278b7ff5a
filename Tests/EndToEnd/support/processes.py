"""Starting and stopping the processes that stand in for the world."""

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
# Tests that run side by side must not draw the same numbers.
CHANCE = random.SystemRandom()
# How many connections wait for a server that is busy: beyond it the system drops them, and they come again a second later.
BACKLOG = 128
# In the kernel's table of connections.
LISTENING = "0A"


def free_ports(count: int) -> List[int]:
    """Different ports for servers to be started: none of those that the system gives to whoever connects, or they might be gone by then."""
    ports: List[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = CHANCE.randrange(10_000, 32_768)
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
    """Starts a server on free ports, and on others when it ends: somebody may have been faster to take one of them."""
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
    """Whether this very process takes connections there; somebody else's answer says nothing."""
    try:
        held = {os.readlink(descriptor) for descriptor in Path(f"/proc/{process.pid}/fd").iterdir()}
    except OSError:
        # One of them was closed just now, or all of them.
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
