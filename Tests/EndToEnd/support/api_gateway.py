"""A fake of API Gateway on loopback, which turns HTTP requests into a function's events."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict
from urllib.parse import parse_qsl, unquote, urlsplit

from .emulator import Invocation
from .processes import BACKLOG
from .query_stack import http_event, rest_event

# The gateway's response to an invocation that fails or returns an invalid response.
BAD_GATEWAY = (502, {"Content-Type": "application/json"}, b'{"message": "Internal server error"}')


class Server(ThreadingHTTPServer):
    request_queue_size = BACKLOG


class APIGateway:
    """Serves for as long as the ``with`` block lasts; `kind` is "rest" or "http"."""

    def __init__(self, invoke: Callable[[Any], Invocation], kind: str) -> None:
        self.invoke = invoke
        self.kind = kind
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, text = gateway.answer(self.command, self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "APIGateway":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def event(self, method: str, target: str, headers: Dict[str, str], body: bytes) -> Any:
        parts = urlsplit(target)
        members: Dict[str, Any] = {}
        text = body.decode("utf-8", "surrogateescape")
        try:
            text.encode()
        except UnicodeEncodeError:
            import base64

            text, members = base64.b64encode(body).decode(), {"isBase64Encoded": True}
        if self.kind == "rest":
            parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
            return rest_event(method, parts.path, text, headers, queryStringParameters=parameters or None, **members)
        return http_event(method, unquote(parts.path), text, headers, query=parts.query, **members)

    def answer(self, method: str, target: str, headers: Dict[str, str], body: bytes) -> Any:
        invocation = self.invoke(self.event(method, target, headers, body))
        answer = invocation.payload
        if invocation.error is not None or not isinstance(answer, dict) or "statusCode" not in answer:
            return BAD_GATEWAY
        return answer["statusCode"], answer["headers"], answer["body"].encode()
