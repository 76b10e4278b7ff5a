"""A proxy between a handler and its servers, which breaks one call at a time: mitmproxy with `mitmproxy_addon`."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.parse import urlsplit

from support import event_delivery
from support.emulator import Emulator, Invocation
from support.processes import TOOLS, start, start_serving, stop

MITMPROXY = TOOLS / "mitmproxy/bin/mitmdump"
RUNTIME = "runtime"
CONTROL = "control"


class Report(NamedTuple):
    """The calls since the proxy was armed, and how many it was to break and did break."""

    calls: List[str]
    reached: int
    broken: int


class FaultProxy:
    """A proxy in front of AWS, Slack and Lambda's runtime interface."""

    def __init__(self, upstreams: Dict[str, str], directory: Path) -> None:
        """`upstreams` has the address of each service by its name; the address of the runtime interface comes with `arm`."""
        self._upstreams = upstreams
        self._directory = directory
        self._names = [*upstreams, RUNTIME, CONTROL]
        self._ports: Dict[str, int] = {}
        self._process: Optional[subprocess.Popen] = None

    def __enter__(self) -> "FaultProxy":
        if not MITMPROXY.exists():
            raise FileNotFoundError(f"{MITMPROXY} is missing; run: scripts/setup")
        with (self._directory / "mitmproxy.log").open("wb") as self._output:
            self._process, ports = start_serving(self._launch, len(self._names), "mitmproxy", seconds=60)
        self._ports = dict(zip(self._names, ports))
        return self

    def _launch(self, ports: List[int]) -> subprocess.Popen:
        modes = []
        for name, port in zip(self._names, ports):
            # The runtime interface has no fixed address; the addon sets it for each call.
            upstream = self._upstreams.get(name, "http://127.0.0.1:9")
            modes += ["--mode", f"reverse:{upstream}@127.0.0.1:{port}"]
        command = [str(MITMPROXY), "--quiet", *modes, "--scripts", str(Path(__file__).with_name("mitmproxy_addon.py"))]
        for option in (
            f"confdir={self._directory}",
            f"listeners={json.dumps(dict(zip(ports, self._names)))}",
            "connection_strategy=lazy",
            # Signatures cover the caller's host.
            "keep_host_header=true",
        ):
            command += ["--set", option]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1]), "HOME": str(self._directory)}
        return start(command, environment, stdout=self._output.fileno(), stderr=self._output.fileno())

    def __exit__(self, *_: Any) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    def output(self) -> str:
        """The proxy's own messages."""
        return (self._directory / "mitmproxy.log").read_text(errors="replace")

    def url(self, name: str, path: str = "") -> str:
        return f"http://{self.address(name)}{path}"

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name]}"

    def through(self, name: str, url: str) -> str:
        """The same URL through the proxy."""
        return self.url(name, urlsplit(url).path)

    def arm(self, plan: Optional[Dict[str, Any]], runtime_port: int) -> None:
        """Starts recording, and breaks calls as the plan says."""
        self._ask("/arm", {"plan": plan, "upstreams": {RUNTIME: runtime_port}})

    def heal(self) -> Report:
        """Ends all faults, and returns the report."""
        answer = self._ask("/heal", None)
        return Report(answer["calls"], answer["reached"], answer["broken"])

    def _ask(self, path: str, order: Any) -> Any:
        request = urllib.request.Request(self.url(CONTROL, path), data=json.dumps(order).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())


class FaultyFunction:
    """A function that calls through the proxy; its calls break during the first invocation only."""

    def __init__(self, emulator: Emulator, proxy: FaultProxy) -> None:
        self.emulator = emulator
        self.proxy = proxy
        self.report: Optional[Report] = None

    def invoke(self, event: event_delivery.Event) -> Invocation:
        try:
            return self.emulator.invoke(event)
        finally:
            if self.report is None:
                self.report = self.proxy.heal()
