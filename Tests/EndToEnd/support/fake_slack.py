"""A fake Slack workspace on loopback, which keeps and validates messages and fails on request."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
import uuid
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

from .processes import BACKLOG
from .slack_rules import fault_in_message

BOT_TOKEN = "xoxb-0-0-fake"
WEBHOOK_PATH = "/services/T0/B0/secret"
WEBHOOK = "webhook"


@dataclass(frozen=True)
class Failure:
    """One kind of failure; with `after_recording` the call takes effect first."""

    kind: str
    status: int = 200
    error: str = ""
    seconds: float = 0
    after_recording: bool = False
    body: bytes = b""
    headers: Tuple[Tuple[str, str], ...] = ()


def ok_false(error: str) -> Failure:
    return Failure("error", error=error)


def rate_limited(retry_after: float) -> Failure:
    return Failure("rate_limited", status=429, seconds=retry_after)


def server_error(status: int = 500) -> Failure:
    return Failure("status", status=status)


def reset() -> Failure:
    return Failure("reset")


def reset_after_recording() -> Failure:
    return Failure("reset", after_recording=True)


def hang(seconds: float = 60) -> Failure:
    return Failure("hang", seconds=seconds)


def slow(seconds: float) -> Failure:
    """A good response after a delay."""
    return Failure("slow", seconds=seconds, after_recording=True)


def garbage() -> Failure:
    return Failure("garbage", after_recording=True)


def truncated() -> Failure:
    return Failure("truncated", after_recording=True)


def says(body: bytes, status: int = 200, **headers: str) -> Failure:
    """Any response, in place of the call."""
    return Failure("says", status=status, body=body, headers=tuple(headers.items()))


@dataclass(frozen=True)
class SlackCall:
    """One request. `accepted` says whether it took effect; `error` is the error of the response."""

    method: str
    payload: Dict[str, Any]
    content_type: str
    token: Optional[str]
    time: float
    accepted: bool = False
    error: Optional[str] = None


class Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    error: Optional[str] = None


class FakeSlack:
    """The workspace: its people, its channels, and every call that it received."""

    def __init__(self, people: Optional[Dict[str, str]] = None) -> None:
        self.bot_token = BOT_TOKEN
        self.people: Dict[str, str] = dict(people or {})
        self.unknown_channels: List[str] = []
        self.archived_channels: List[str] = []
        # The messages that are there, by their conversation's id and their timestamp, as they look now.
        self.shown: Dict[Tuple[str, str], Dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        # The names of channels by their ids.
        self.names: Dict[str, str] = {}
        # Channels in which the bot is not.
        self.other_channels: List[str] = []
        # The scopes of the token, which each answer names.
        self.scopes = ["chat:write", "im:write", "users:read", "users:read.email"]
        self.scheduled: Dict[str, str] = {}
        self.calls: List[SlackCall] = []
        self.connections = 0
        self._failures: Dict[str, List[Failure]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> "FakeSlack":
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.slack = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        address = f"http://127.0.0.1:{self._server.server_port}"
        self.api_url = f"{address}/api/"
        self.webhook_url = address + WEBHOOK_PATH
        return self

    def __exit__(self, *_: Any) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # For tests

    def add_person(self, email: str, user_id: Optional[str] = None) -> str:
        self.people[email] = user_id or f"U{uuid.uuid4().hex[:10].upper()}"
        return self.people[email]

    def fail_next(self, method: str, failure: Failure, times: int = 1) -> None:
        """Makes the next calls of the method (``webhook`` for a webhook) fail, after the failures already planned."""
        with self._lock:
            self._failures.setdefault(method, []).extend([failure] * times)

    def calls_of(self, method: str) -> List[SlackCall]:
        return [call for call in list(self.calls) if call.method == method]

    def messages(self) -> List[Dict[str, Any]]:
        """Every message posted with the bot token, oldest first, each with its channel's name where it has one."""
        posted = [call.payload for call in self.calls_of("chat.postMessage") if call.accepted]
        return [{**message, "channel": self.names.get(message["channel"], message["channel"])} for message in posted]

    def channel_messages(self, channel: str) -> List[Dict[str, Any]]:
        return [message for message in self.messages() if channel_id(message["channel"]) == channel_id(channel)]

    def direct_messages(self, user_id: str) -> List[Dict[str, Any]]:
        return [message for message in self.messages() if message["channel"] in (user_id, direct_channel(user_id))]

    def first_messages(self, channel: str) -> List[Dict[str, Any]]:
        """The messages of a conversation outside of threads, as they look now, oldest first."""
        return [message for message in self._shown_in(channel) if "thread_ts" not in message]

    def replies(self, channel: str, first: Dict[str, Any]) -> List[Dict[str, Any]]:
        """The replies in the thread of a message, oldest first."""
        return [message for message in self._shown_in(channel) if message.get("thread_ts") == first["ts"]]

    def _shown_in(self, channel: str) -> List[Dict[str, Any]]:
        return [message for (place, _), message in sorted(self.shown.items()) if place == channel_id(channel)]

    def delete(self, message: Dict[str, Any]) -> None:
        del self.shown[message["channel"], message["ts"]]

    def webhook_messages(self) -> List[Dict[str, Any]]:
        return [call.payload for call in self.calls_of(WEBHOOK) if call.accepted]

    # For the server

    def next_failure(self, method: str) -> Optional[Failure]:
        with self._lock:
            planned = self._failures.get(method)
            return planned.pop(0) if planned else None

    def record(self, call: SlackCall) -> None:
        with self._lock:
            self.calls.append(call)

    def wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def answer(self, call: SlackCall) -> Answer:
        if call.method == WEBHOOK:
            return self._answer_webhook(call)
        if call.token is None:
            return refused("not_authed")
        if call.token != self.bot_token:
            return refused("invalid_auth")
        if call.method == "chat.postMessage":
            return self._post_message(call.payload)
        if call.method == "chat.update":
            return self._update_message(call.payload)
        if call.method == "users.lookupByEmail":
            return self._look_up(call)
        if call.method == "conversations.open":
            return self._open_conversation(call.payload)
        if call.method == "auth.test":
            return accepted(team="Analytics", user="athena-alerter", team_id="T0", user_id="U0", bot_id="B0")
        if call.method == "chat.scheduleMessage":
            return self._schedule(call.payload)
        if call.method == "chat.deleteScheduledMessage":
            return self._delete_scheduled(call.payload)
        return refused("unknown_method")

    def _schedule(self, message: Dict[str, Any]) -> Answer:
        """https://docs.slack.dev/reference/methods/chat.scheduleMessage"""
        channel = message.get("channel")
        if not isinstance(channel, str) or not self._knows_channel(channel):
            return refused("channel_not_found")
        if channel.lstrip("#") in (other.lstrip("#") for other in self.other_channels):
            return refused("not_in_channel")
        if not 0 < int(message.get("post_at", 0)) - time.time() <= 120 * 86_400:
            return refused("time_too_far")
        identifier = f"Q{uuid.uuid4().hex[:10].upper()}"
        self.scheduled[identifier] = f"C-{channel.lstrip('#')}"
        return accepted(channel=self.scheduled[identifier], scheduled_message_id=identifier, post_at=message["post_at"])

    def _delete_scheduled(self, message: Dict[str, Any]) -> Answer:
        """https://docs.slack.dev/reference/methods/chat.deleteScheduledMessage"""
        identifier = str(message.get("scheduled_message_id"))
        if self.scheduled.get(identifier) != message.get("channel"):
            return refused("invalid_scheduled_message_id")
        del self.scheduled[identifier]
        return accepted()

    def _post_message(self, message: Dict[str, Any]) -> Answer:
        channel = message.get("channel")
        if not isinstance(channel, str) or not self._knows_channel(channel):
            return refused("channel_not_found")
        if channel in self.archived_channels:
            return refused("is_archived")
        place = channel_id(channel)
        if place != channel:
            self.names[place] = channel
        if "thread_ts" in message and (place, message["thread_ts"]) not in self.shown:
            return refused("thread_not_found")
        fault = fault_in_message(message)
        if fault:
            return refused_layout(*fault)
        # The timestamp is a message's name, so no two are the same.
        timestamp = f"{int(time.time())}.{next(self._numbers):06d}"
        self.shown[place, timestamp] = {**message, "channel": place, "ts": timestamp}
        return accepted(channel=place, ts=timestamp, message={"type": "message", **message})

    def _update_message(self, change: Dict[str, Any]) -> Answer:
        # Unlike a post, an update needs the conversation's id.
        place = (str(change.get("channel")), str(change.get("ts")))
        if place[0][:1] not in "CDG" or not self._knows_channel(place[0]):
            return refused("channel_not_found")
        if place not in self.shown:
            return refused("message_not_found")
        fault = fault_in_message(change)
        if fault:
            return refused_layout(*fault)
        kept = {name: value for name, value in self.shown[place].items() if name == "thread_ts"}
        self.shown[place] = {**change, **kept}
        return accepted(channel=place[0], ts=place[1], text=change.get("text", ""))

    def _knows_channel(self, channel: str) -> bool:
        if not channel or channel in self.unknown_channels or channel.lstrip("#") in self.unknown_channels:
            return False
        looks_personal = channel[0] in "UDW" and channel.isalnum() and channel.isupper()
        if looks_personal:
            return any(channel in (user, direct_channel(user)) for user in self.people.values())
        return True

    def _look_up(self, call: SlackCall) -> Answer:
        # This method does not accept JSON, so a JSON body is an empty one.
        email = None if call.content_type.startswith("application/json") else call.payload.get("email")
        if not email:
            detail = "[ERROR] missing required field: email"
            return refused("invalid_arguments", response_metadata={"messages": [detail]})
        user_id = self.people.get(email)
        if user_id is None:
            return refused("users_not_found")
        name = email.split("@")[0]
        return accepted(user={"id": user_id, "name": name, "deleted": False, "profile": {"email": email}})

    def _open_conversation(self, payload: Dict[str, Any]) -> Answer:
        user = payload.get("users")
        if user not in self.people.values():
            return refused("user_not_found")
        return accepted(channel={"id": direct_channel(str(user))})

    def _answer_webhook(self, call: SlackCall) -> Answer:
        if not call.payload:
            return webhook_answer(400, "invalid_payload")
        fault = fault_in_message(call.payload)
        return webhook_answer(400, fault[0]) if fault else webhook_answer(200, "ok")


def channel_id(name: str) -> str:
    """The id of a channel by its name; an id stands for itself."""
    if name[:1] in "CDGU" and name.isalnum() and name.isupper():
        return name
    return "C" + name.lstrip("#").encode().hex().upper().ljust(10, "0")


def direct_channel(user_id: str) -> str:
    return "D" + user_id[1:]


def accepted(**fields: Any) -> Answer:
    return Answer(200, json.dumps({"ok": True, **fields}).encode())


def refused(error: str, **fields: Any) -> Answer:
    return Answer(200, json.dumps({"ok": False, "error": error, **fields}).encode(), error=error)


def refused_layout(code: str, details: List[str]) -> Answer:
    return refused(code, errors=details, response_metadata={"messages": [f"[ERROR] {one}" for one in details]})


def webhook_answer(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), "text/html", None if status == 200 else text)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = BACKLOG
    slack: FakeSlack

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that disconnect are expected."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A whole response is sent in one piece.
    wbufsize = -1
    timeout = 60
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.slack.connections += 1

    def log_message(self, *_: Any) -> None:
        """Sends no response."""

    def do_GET(self) -> None:
        self.serve(b"")

    def do_POST(self) -> None:
        self.serve(self.read_body())

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body

    def serve(self, body: bytes) -> None:
        slack = self.server.slack
        url = urlsplit(self.path)
        if url.path == WEBHOOK_PATH:
            method = WEBHOOK
        elif url.path.startswith("/api/"):
            method = url.path[len("/api/") :]
        else:
            self.send(webhook_answer(404, "no_service"))
            return
        call = self.read_call(method, url.query, body)
        failure = slack.next_failure(method)
        if failure and not failure.after_recording:
            slack.record(replace(call, error=failure.error or failure.kind))
            self.send_failure(failure)
            return
        answer = slack.answer(call)
        slack.record(replace(call, accepted=answer.error is None, error=answer.error))
        if failure:
            self.send_failure(failure, answer)
        else:
            self.send(answer, {"X-OAuth-Scopes": ",".join(slack.scopes)})

    def read_call(self, method: str, query: str, body: bytes) -> SlackCall:
        content_type = self.headers.get("Content-Type", "")
        payload: Dict[str, Any] = dict(parse_qsl(query))
        if content_type.startswith("application/json"):
            try:
                document = json.loads(body)
            except ValueError:
                document = None
            payload.update(document if isinstance(document, dict) else {})
        else:
            payload.update(parse_qsl(body.decode(errors="replace")))
            if isinstance(payload.get("blocks"), str):
                payload["blocks"] = json.loads(payload["blocks"])
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        bearer = token if scheme == "Bearer" else payload.pop("token", None)
        return SlackCall(method, payload, content_type, bearer, time.time())

    def send_failure(self, failure: Failure, answer: Optional[Answer] = None) -> None:
        if failure.kind == "error":
            self.send(refused(failure.error))
        elif failure.kind == "rate_limited":
            body = b"" if self.path == WEBHOOK_PATH else json.dumps({"ok": False, "error": "ratelimited"}).encode()
            self.send(Answer(429, body), {"Retry-After": f"{failure.seconds:g}"})
        elif failure.kind == "status":
            self.send(Answer(failure.status, b"<html>something went wrong</html>", "text/html"))
        elif failure.kind == "says":
            headers = {name.replace("_", "-"): value for name, value in failure.headers}
            self.send(Answer(failure.status, failure.body), headers)
        elif failure.kind == "garbage":
            self.send(Answer(200, b"\xff\xfe<not json"))
        elif failure.kind == "slow" and answer:
            self.server.slack.wait(failure.seconds)
            self.send(answer)
        elif failure.kind == "truncated" and answer:
            self.send(answer, {"Content-Length": str(len(answer.body) + 100)})
            self.close_connection = True
        elif failure.kind == "hang":
            self.server.slack.wait(failure.seconds)
            self.close_connection = True
        else:
            self.reset_connection()

    def reset_connection(self) -> None:
        # Closing with a zero linger time sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def send(self, answer: Answer, headers: Optional[Dict[str, str]] = None) -> None:
        self.send_response(answer.status)
        fields = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body)), **(headers or {})}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
