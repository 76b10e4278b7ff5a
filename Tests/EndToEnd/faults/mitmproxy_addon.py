"""An addon that runs inside mitmproxy: names every call, and breaks the calls of its plan."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import struct
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional

from mitmproxy import ctx, http

from faults.damage import UNREADABLE, damaged
from support.moto_proxy import THROTTLED, error_reply, read_call

RUNTIME_PATH = re.compile(r"/2018-06-01/runtime/(?:invocation/(?:[^/]+/)?)?(next|response|error|init/error)$")


def name_of(listener: str, request: http.Request) -> str:
    """Service and operation, such as ``dynamodb.PutItem``."""
    path, _, query = request.path.partition("?")
    if listener == "slack":
        return "slack." + (path[len("/api/") :] if path.startswith("/api/") else "webhook")
    if listener == "runtime":
        found = RUNTIME_PATH.search(path)
        return f"runtime.{found[1] if found else path}"
    call = read_call(
        {
            "HTTP_AUTHORIZATION": request.headers.get("Authorization", ""),
            "HTTP_X_AMZ_TARGET": request.headers.get("X-Amz-Target"),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": request.method,
        }
    )
    return call.name if call else f"{listener}.unsigned"


def refusal(call: str, status: int) -> http.Response:
    """The service's own error response."""
    service = call.split(".")[0]
    if service == "slack":
        headers = {"Content-Type": "text/html"}
        if status == 429:
            headers["Retry-After"] = "1"
        return http.Response.make(status, b"<html>something went wrong</html>", headers)
    code = {429: "ThrottlingException", 500: "InternalServerError", 503: "ServiceUnavailable"}[status]
    if status == 429:
        status, code = THROTTLED.get(service, (400, code))
    reply = error_reply(service if service != "runtime" else "athena", status, code, "broken on purpose")
    return http.Response.make(status, reply.body, dict(reply.headers))


class FaultInjector:
    def __init__(self) -> None:
        self.listeners: Dict[int, str] = {}
        self.upstreams: Dict[str, int] = {}
        self.seen: List[str] = []
        self.counts: "Counter[str]" = Counter()
        self.plan: Optional[Dict[str, Any]] = None
        self.reached = 0
        self.broken = 0
        self.closed: Optional[str] = None
        self.place = socket.socket()
        self.healed = asyncio.Event()

    def load(self, loader: Any) -> None:
        loader.add_option("listeners", str, "{}", "the name of each listening port, as JSON")

    def running(self) -> None:
        self.listeners = {int(port): name for port, name in json.loads(ctx.options.listeners).items()}

    # Hooks of mitmproxy

    async def request(self, flow: http.HTTPFlow) -> None:
        listener = self.listeners[flow.client_conn.sockname[1]]
        if listener == "control":
            await self.control(flow)
            return
        if listener in self.upstreams:
            flow.request.port = self.upstreams[listener]
        call = name_of(listener, flow.request)
        self.seen.append(call)
        self.counts[call] += 1
        if self.closed == listener:
            self.reset(flow)
            return
        fault = flow.metadata["fault"] = self.fault_of(call)
        flow.metadata["call"] = call
        if fault and fault["moment"] == "before":
            await self.inflict(fault, flow, call)

    async def response(self, flow: http.HTTPFlow) -> None:
        if "call" not in flow.metadata:
            return
        fault = flow.metadata["fault"]
        if fault and fault["moment"] == "after":
            await self.inflict(fault, flow, flow.metadata["call"])
        await self.close_after(flow)

    # Faults

    def fault_of(self, call: str) -> Optional[Dict[str, Any]]:
        plan = self.plan
        if plan is None or plan["kind"] == "refused" or call != plan["call"]:
            return None
        count = self.counts[call]
        if count == plan["nth"] or (plan["lasting"] and count > plan["nth"]):
            self.reached += 1
            return plan
        return None

    async def inflict(self, fault: Dict[str, Any], flow: http.HTTPFlow, call: str) -> None:
        kind = fault["kind"]
        if kind == "kill":
            self.broken += kill_child(fault["parent"])
            flow.kill()
        elif kind == "reset":
            self.broken += self.reset(flow)
        elif kind == "silence":
            self.broken += 1
            await self.healed.wait()
            self.reset(flow)
        elif kind == "status":
            answer = refusal(call, fault["status"])
            self.broken += flow.response is None or flow.response.status_code != answer.status_code
            flow.response = answer
        elif kind == "truncated":
            self.broken += self.truncate(flow)
        elif kind == "damaged":
            self.broken += self.damage(flow, call)
        else:
            raise ValueError(kind)

    # The result of each function says whether there was anything to break.

    def writer(self, flow: http.HTTPFlow) -> Any:
        """The stream of the response; None when the client has disconnected."""
        try:
            connection = ctx.master.addons.get("proxyserver").connections[flow.client_conn.id]
            return connection.transports[flow.client_conn].writer
        except KeyError:
            return None

    def reset(self, flow: http.HTTPFlow) -> bool:
        writer = self.writer(flow)
        if writer is None:
            return False
        # Closing with a zero linger time sends a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        if flow.killable:
            flow.kill()
        return True

    def truncate(self, flow: http.HTTPFlow) -> bool:
        """Sends half of the response, then closes the connection."""
        assert flow.response is not None
        body = flow.response.raw_content or b""
        fields = [f"{name}: {value}" for name, value in flow.response.headers.items() if name.lower() not in FRAMING]
        lines = [f"HTTP/1.1 {flow.response.status_code} OK", *fields, f"Content-Length: {len(body) + 1}", "", ""]
        head = "\r\n".join(lines).encode()
        # Without a body, half of the status line: some clients accept a head that is incomplete.
        return self.end_with(flow, head + body[: len(body) // 2] if body else head[: len(lines[0]) // 2])

    def damage(self, flow: http.HTTPFlow, call: str) -> bool:
        assert flow.response is not None
        body = flow.response.raw_content or b""
        if not body:
            return self.end_with(flow, UNREADABLE)
        flow.response.raw_content = damaged(call, body)
        flow.response.headers["Content-Length"] = str(len(flow.response.raw_content))
        return flow.response.raw_content != body

    def end_with(self, flow: http.HTTPFlow, data: bytes) -> bool:
        """Sends these bytes in place of the response, then closes the connection."""
        writer = self.writer(flow)
        if writer is not None:
            writer.write(data)
            writer.transport.close()
        flow.kill()
        return writer is not None

    # Refused connections

    async def close_after(self, flow: http.HTTPFlow) -> None:
        """Refuses connections from here on, when this was the last call before the one to break."""
        plan = self.plan
        if plan is None or plan["kind"] != "refused" or plan["predecessor"] is None or self.closed:
            return
        call, nth = plan["predecessor"]
        if flow.metadata["call"] == call and self.counts[call] >= nth:
            assert flow.response is not None
            flow.response.headers["Connection"] = "close"
            await self.close(plan["listener"])

    def port(self, listener: str) -> int:
        return next(port for port, name in self.listeners.items() if name == listener)

    def instance(self, listener: str) -> Any:
        servers = ctx.master.addons.get("proxyserver").servers
        return next(server for server in servers if server.mode.listen_port() == self.port(listener))

    async def close(self, listener: str) -> None:
        self.closed = listener
        self.reached += 1
        self.broken += 1
        await self.instance(listener).stop()
        self.place = place_holder(self.port(listener))

    # The control endpoint: plain HTTP for the tests

    async def control(self, flow: http.HTTPFlow) -> None:
        order = json.loads(flow.request.content or b"null")
        path = flow.request.path
        answer: Any = {}
        if path == "/arm":
            self.seen = []
            self.counts.clear()
            self.reached = self.broken = 0
            self.healed = asyncio.Event()
            self.upstreams = order["upstreams"]
            self.plan = order["plan"]
            if self.plan and self.plan["kind"] == "refused" and self.plan["predecessor"] is None:
                await self.close(self.plan["listener"])
        elif path == "/heal":
            answer = {"calls": self.seen, "reached": self.reached, "broken": self.broken}
            self.plan = None
            self.healed.set()
            if self.closed:
                await self.instance(self.closed).start()
                self.closed = None
                self.place.close()
        flow.response = http.Response.make(200, json.dumps(answer), {"Content-Type": "application/json"})


FRAMING = ("content-length", "transfer-encoding", "connection")


def place_holder(port: int) -> socket.socket:
    """Holds the port without accepting connections, until the proxy listens there again."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", port))
    return place


def kill_child(parent: int) -> bool:
    """Whether there was a child to kill."""
    children = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            children += task.read_text().split()
        except OSError:
            # The thread has ended in the meantime.
            continue
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    return bool(children)


addons = [FaultInjector()]
