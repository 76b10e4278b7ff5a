"""Runs one handler under AWS's Lambda runtime interface emulator."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from .processes import TOOLS, start, start_serving, stop, wait_until

EMULATOR = TOOLS / "aws-lambda-rie"
# The account in every function's ARN; the emulator has no other.
ACCOUNT = "012345678912"
LARGEST_EVENT = 6 * 1024 * 1024
# The emulator's own lines in the function's output.
PLATFORM_LINE = re.compile(r"(START|END|REPORT) RequestId: ")


@dataclass(frozen=True)
class Invocation:
    """The result of an invocation: `payload` when it succeeded, `error` when it failed."""

    payload: Any
    error: Optional[Dict[str, Any]]
    duration: float
    log_lines: List[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return self.error is None

    @property
    def logs(self) -> List[Dict[str, Any]]:
        """The log lines that are JSON objects."""
        return [json.loads(line) for line in self.log_lines if line.startswith("{")]


class Emulator:
    """One execution environment of a function, which stays alive between invocations as on Lambda."""

    def __init__(
        self,
        executable: Union[str, Path],
        handler: str,
        environment: Dict[str, str],
        timeout_seconds: int = 30,
        memory: int = 256,
        within: Sequence[str] = (),
    ) -> None:
        """`within` is a command that runs the command after it."""
        self.command = [*within, str(executable), handler]
        self.timeout_seconds = timeout_seconds
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
            **environment,
        }
        # A second concurrent invocation crashes the emulator.
        self._turn = threading.Lock()
        self._process: Optional[subprocess.Popen] = None

    def __enter__(self) -> "Emulator":
        if shutil.which(self.command[0]) is None:
            raise FileNotFoundError(f"{self.command[0]} is not an executable; build it first")
        self._output = tempfile.NamedTemporaryFile(prefix="function-")
        self._platform_output = tempfile.NamedTemporaryFile(prefix="emulator-")
        self._process, (self._port, self.runtime_port) = start_serving(self._launch, 2, "the emulator")
        return self

    def _launch(self, ports: List[int]) -> subprocess.Popen:
        port, runtime_port = ports
        command = [
            str(EMULATOR),
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{port}",
            "--runtime-api-address",
            f"127.0.0.1:{runtime_port}",
            "--log-level",
            "warn",
            *self.command,
        ]
        return start(command, self.environment, stdout=self._output.fileno(), stderr=self._platform_output.fileno())

    def __exit__(self, *_: Any) -> None:
        if self._process is None:
            return
        # The emulator gives the function a process group of its own.
        function = self.function_process_id()
        stop(self._process)
        if function is not None:
            try:
                os.kill(function, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process = None
        self._output.close()
        self._platform_output.close()

    def invoke(self, event: Union[Dict[str, Any], List[Any], str]) -> Invocation:
        body = (event if isinstance(event, str) else json.dumps(event)).encode()
        if len(body) > LARGEST_EVENT:
            raise ValueError(f"an event of {len(body)} bytes; Lambda takes {LARGEST_EVENT}")
        with self._turn:
            seen = os.path.getsize(self._output.name)
            began = time.monotonic()
            status, answer = self._post(body)
            duration = time.monotonic() - began
            lines = self._lines_since(seen, ended=b"Task timed out" not in answer and status == 200)
        payload, error = read_answer(status, answer)
        return Invocation(payload, error, duration, lines)

    @property
    def endpoint(self) -> str:
        """The endpoint of Lambda's API, which has a function with the name `function`."""
        return f"http://127.0.0.1:{self._port}"

    def _post(self, body: bytes) -> "tuple[int, bytes]":
        url = f"{self.endpoint}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=body, method="POST")
        # The start is not part of the function's own time limit.
        patience = self.timeout_seconds + 30
        try:
            with urllib.request.urlopen(request, timeout=patience) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
        except ConnectionResetError:
            # The emulator's response when the function ended before it asked for an event.
            return 502, b""

    def _lines_since(self, seen: int, ended: bool) -> List[str]:
        # The function's output reaches the file shortly after its response.
        if ended:
            wait_until(lambda: "REPORT RequestId: " in self._output_since(seen), "the emulator's report", seconds=60)
        lines = self._output_since(seen).splitlines()
        return [line for line in lines if line.strip() and not PLATFORM_LINE.match(line)]

    def _output_since(self, seen: int) -> str:
        with open(self._output.name, "rb") as output:
            output.seek(seen)
            return output.read().decode(errors="replace")

    def output(self) -> str:
        """The standard output and standard error of the function."""
        return Path(self._output.name).read_text(errors="replace")

    def platform_output(self) -> str:
        """The emulator's own messages."""
        return Path(self._platform_output.name).read_text(errors="replace")

    @property
    def process_id(self) -> int:
        """The process of the emulator itself, the parent of the function's."""
        if self._process is None:
            raise RuntimeError("the emulator is not running")
        return self._process.pid

    def function_process_id(self) -> Optional[int]:
        """The process of the function, which starts with the first invocation."""
        if self._process is None:
            return None
        for task in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            try:
                children = task.read_text().split()
            except OSError:
                continue
            if children:
                return int(children[0])
        return None

    def peak_memory_bytes(self) -> int:
        """The peak memory of the function's process."""
        process_id = self.function_process_id()
        if process_id is None:
            raise RuntimeError("the function is not running")
        status = Path(f"/proc/{process_id}/status").read_text()
        peak = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        if peak is None:
            raise RuntimeError("the function has just ended")
        return int(peak.group(1)) * 1024


def read_answer(status: int, answer: bytes) -> "tuple[Any, Optional[Dict[str, Any]]]":
    """Reads success or failure from the body: the emulator's status does not distinguish them."""
    text = answer.decode(errors="replace")
    if text.startswith("Task timed out after"):
        return None, {"errorType": "Sandbox.Timedout", "errorMessage": text}
    try:
        payload = json.loads(text) if text else None
    except ValueError:
        payload = text
    if isinstance(payload, dict) and ("errorType" in payload or "errorMessage" in payload):
        return None, payload
    if status != 200:
        return None, {"errorType": "Runtime.InitError", "errorMessage": text or "the function ended as it started"}
    return payload, None
