"""The handlers that run queries, each with its own role, and a bucket for results."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from .emulator import Emulator, Invocation
from .emulators import Emulators
from .event_delivery import schedule_event
from .local_aws import LocalAWS
from .permissions import HANDLER_ACTIONS, QUERY_HANDLERS

TENANT = "X-TREBUCHET-TENANT-ID"
API_KEY = "the-gateways-own-key"
Plan = Dict[str, Any]


def rows(columns: Dict[str, str], *values: Sequence[Optional[str]], **order: Any) -> Plan:
    """The plan for a query with these rows; columns are types by name."""
    return {"columns": list(columns.items()), "rows": [list(row) for row in values], "order": order}


def failure(reason: str, category: int = 2, kind: int = 1006, retryable: bool = False, **order: Any) -> Plan:
    """The plan for a query that fails."""
    error = {"ErrorCategory": category, "ErrorType": kind, "Retryable": retryable, "ErrorMessage": reason}
    return {"order": {"state": "FAILED", "reason": reason, "athena_error": error, **order}}


class QueryStack:
    """A handler starts at its first use, and anew after its environment changed."""

    def __init__(self, executable: Path, aws: LocalAWS, timeout_seconds: int = 30) -> None:
        self.executable = executable
        self.aws = aws
        self.timeout_seconds = timeout_seconds
        self.bucket = f"results-{uuid.uuid4().hex[:12]}"
        aws.client("s3").create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": aws.region}
        )
        self.variables: Dict[str, str] = {
            "OUTPUT_S3_BUCKET": f"s3://{self.bucket}/daily/",
            "DATABASE": "sales",
            "ATHENA_WORKGROUP": "primary",
            "QUERY_STRING": "SELECT * FROM orders",
            "QUERY_API_TABLES": "events_v0, metrics",
        }
        self.actions = {handler: list(HANDLER_ACTIONS[handler]) for handler in QUERY_HANDLERS}
        self.emulators = Emulators(self._make)

    def __enter__(self) -> "QueryStack":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        self.emulators.stop()

    def configure(self, **variables: str) -> None:
        self.variables.update(variables)
        self.stop()

    def handler(self, name: str) -> Emulator:
        return self.emulators[name]

    def environment(self, name: str) -> Dict[str, str]:
        """The environment of a handler, with a new user that has the handler's permissions."""
        user = self.aws.create_user(f"{name}-{uuid.uuid4().hex[:8]}", self.actions[name])
        return self.aws.environment(user, **self.variables)

    def _make(self, name: str) -> Emulator:
        return Emulator(self.executable, name, self.environment(name), self.timeout_seconds)

    def output(self) -> str:
        """Standard output and standard error of all handlers."""
        return self.emulators.output()

    # Athena's behavior

    def plan(self, *plans: Plan) -> None:
        self.aws.plan_executions(*plans)

    def executions(self) -> List[Dict[str, Any]]:
        return self.aws.executions()

    def keys(self) -> List[str]:
        """Every key in the bucket of results."""
        pages = self.aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def put(self, *keys: str) -> None:
        for key in keys:
            self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"x")

    # run_query

    def run(self, **event: Any) -> Invocation:
        """Invokes `run_query` directly with these members."""
        return self.handler("run_query").invoke(event)

    def tick(self, **members: Any) -> Invocation:
        """Invokes `run_query` by its schedule."""
        return self.handler("run_query").invoke({**schedule_event(), **members})

    def get(self) -> Invocation:
        """Requests the configured query over HTTP."""
        return self.handler("run_query").invoke(rest_event("GET", "/hello"))

    # query_api and query_retention

    def ask(self, method: str, path: str, body: Any = None, tenant: Optional[str] = "acme", **members: Any) -> "Answer":
        """Sends a request to the service through a REST API; `path` is what follows `/v0/data_hist/`."""
        headers = {**({TENANT: tenant} if tenant is not None else {}), **members.pop("headers", {})}
        if not path.startswith("/"):
            path = f"/v0/data_hist/{path}"
        return self.invoke_api(rest_event(method, path, body, headers, **members))

    def invoke_api(self, event: Any) -> "Answer":
        invocation = self.handler("query_api").invoke(event)
        return Answer(invocation.payload["statusCode"], body_of(invocation), invocation.payload["headers"], invocation)

    def submit(self, sql: str = "SELECT * FROM metrics", **members: Any) -> str:
        """Submits a query, and returns its id."""
        options = {name: members.pop(name) for name in ("tenant", "headers") if name in members}
        answer = self.ask("POST", "query", {"query": sql, **members}, **options)
        assert answer.status == 200, answer.body
        return str(answer.body["query_id"])

    def sweep(self) -> Invocation:
        """Invokes `query_retention` by its schedule."""
        return self.handler("query_retention").invoke(schedule_event())


@dataclass(frozen=True)
class Answer:
    """A response of the service."""

    status: int
    body: Any
    headers: Dict[str, str]
    invocation: Invocation


def http_event(
    method: str, path: str, body: Any = None, headers: Optional[Dict[str, str]] = None, query: str = "", **members: Any
) -> Any:
    """A request in the format of an HTTP API or a function URL."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
            "timeEpoch": int(datetime.now(timezone.utc).timestamp() * 1000),
        },
        **({} if body is None else {"body": body if isinstance(body, str) else json.dumps(body)}),
        "isBase64Encoded": False,
        **members,
    }


def rest_event(method: str, path: str, body: Any = None, headers: Optional[Dict[str, str]] = None, **members: Any) -> Any:
    """A request in the format of a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "api.example.com", **(headers or {})},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "requestId": str(uuid.uuid4()),
            "stage": "prod",
            "requestTimeEpoch": int(datetime.now(timezone.utc).timestamp() * 1000),
            "identity": {"apiKeyId": "key-1", "sourceIp": "192.0.2.1"},
        },
        **members,
    }


def body_of(invocation: Invocation) -> Any:
    """The body of a response over HTTP."""
    assert invocation.succeeded, invocation.error
    assert invocation.payload["headers"]["Content-Type"] == "application/json"
    return json.loads(invocation.payload["body"])
