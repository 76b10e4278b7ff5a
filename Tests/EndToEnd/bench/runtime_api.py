"""A fake of Lambda's runtime interface that measures at the program's socket."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

from support.emulator import ACCOUNT

NEXT = b"GET /2018-06-01/runtime/invocation/next "


class Usage(NamedTuple):
    """The resources that a process has used so far."""

    cpu_seconds: float
    peak_bytes: int


class RuntimeAPI:
    """Starts a program and gives it events, one at a time."""

    def __init__(self, command: Sequence[str], environment: Dict[str, str], timeout_seconds: int = 60) -> None:
        self.timeout_seconds = timeout_seconds
        self.command = list(command)
        self.environment = environment
        self.process = 0

    def __enter__(self) -> "RuntimeAPI":
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        variables = {
            **self.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.listener.getsockname()[1]}",
            "AWS_LAMBDA_LOG_LEVEL": "ERROR",
        }
        quiet = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
        self.began = time.perf_counter()
        self.process = os.posix_spawn(self.command[0], self.command, variables, file_actions=quiet)
        try:
            self.connection, _ = self.listener.accept()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.settimeout(120)
            self.buffer = b""
            self._expect(NEXT)
            self.started = time.perf_counter() - self.began
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        for name in ("connection", "listener"):
            if hasattr(self, name):
                getattr(self, name).close()

    def invoke(self, event: bytes) -> float:
        """Gives the program an event, and returns the duration until its response in seconds."""
        deadline = int((time.time() + self.timeout_seconds) * 1000)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:{ACCOUNT}:function:alerter\r\n"
            f"Content-Length: {len(event)}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        self.connection.sendall(head + event)
        request = self._request()
        taken = time.perf_counter() - began
        if not request.split(b" ", 2)[1].endswith(b"/response"):
            raise RuntimeError(f"the invocation failed: {request[-500:]!r}")
        self.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self._expect(NEXT)
        return taken

    def usage(self) -> Usage:
        cpu = int(Path(f"/proc/{self.process}/schedstat").read_text().split()[0]) / 1e9
        status = Path(f"/proc/{self.process}/status").read_text()
        return Usage(cpu, int(status.split("VmHWM:")[1].split()[0]) * 1024)

    def _expect(self, start: bytes) -> None:
        request = self._request()
        if not request.startswith(start):
            raise RuntimeError(f"an event was not asked for: {request[:500]!r}")

    def _request(self) -> bytes:
        """The next request on the connection, with its body."""
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if separator:
                length = content_length(head.split(b"\r\n"))
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return head + separator + rest[:length]
            piece = self.connection.recv(1 << 20)
            if not piece:
                raise RuntimeError(f"{self.command[0]} ended")
            self.buffer += piece


def content_length(lines: List[bytes]) -> int:
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
