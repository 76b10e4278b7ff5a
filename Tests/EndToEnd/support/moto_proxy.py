"""A proxy in front of moto: counts calls, injects faults, serves the control endpoint, and corrects responses."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
import zlib
from collections import Counter, defaultdict
from typing import Any, Callable, DefaultDict, Dict, Iterable, List, NamedTuple, Optional, Tuple

Environment = Dict[str, Any]
StartResponse = Callable[..., Any]

JSON_SERVICES = {
    "athena": "application/x-amz-json-1.1",
    "cloudtrail": "application/x-amz-json-1.1",
    "dynamodb": "application/x-amz-json-1.0",
    "glue": "application/x-amz-json-1.1",
    "identitystore": "application/x-amz-json-1.1",
    "secretsmanager": "application/x-amz-json-1.1",
    "sqs": "application/x-amz-json-1.0",
    "ssm": "application/x-amz-json-1.1",
}
THROTTLED = {"dynamodb": (400, "ProvisionedThroughputExceededException"), "s3": (503, "SlowDown")}

# The JSON services' codes for the errors that moto's authentication returns as XML.
REFUSALS = {
    "SignatureDoesNotMatch": (400, "InvalidSignatureException"),
    "InvalidClientTokenId": (400, "UnrecognizedClientException"),
    "AccessDenied": (400, "AccessDeniedException"),
}


class Call(NamedTuple):
    service: str
    operation: str
    region: str

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"


class Reply(NamedTuple):
    status: str
    headers: List[Tuple[str, str]]
    body: bytes


def read_call(environment: Environment) -> Optional[Call]:
    """The operation and service of a request, from its credential scope; None when it is unsigned."""
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", environment.get("HTTP_AUTHORIZATION", ""))
    if not scope:
        return None
    region, service = scope.groups()
    target = environment.get("HTTP_X_AMZ_TARGET")
    operation = target.split(".")[-1] if target else "Request"
    if service == "s3":
        level = "Object" if environment["PATH_INFO"].strip("/").count("/") else "Bucket"
        operation = environment["REQUEST_METHOD"].capitalize() + level
        if "list-type=2" in environment.get("QUERY_STRING", ""):
            operation = "ListObjectsV2"
    return Call(service, operation, region)


def error_reply(service: str, status: int, code: str, message: str) -> Reply:
    if service == "s3":
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return Reply(f"{status} Error", [("Content-Type", "application/xml")], body.encode())
    content_type = JSON_SERVICES.get(service)
    if content_type is None:
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return Reply(f"{status} Error", [("Content-Type", "text/xml")], body.encode())
    # Services differ: the type is in the header, in the body with a namespace, or in both.
    document = {"__type": f"com.amazonaws.{service}#{code}", "message": message}
    headers = [("Content-Type", content_type), ("x-amzn-ErrorType", code)]
    return Reply(f"{status} Error", headers, json.dumps(document).encode())


class Bucket:
    """A token bucket, as AWS counts a quota."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self.tokens = burst
        self.filled = time.monotonic()
        self.refused = 0

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.per_second)
        self.filled = now
        if self.tokens < 1:
            self.refused += 1
            return False
        self.tokens -= 1
        return True


class MotoProxy:
    """A WSGI application around moto's."""

    def __init__(self, moto: Callable[[Environment, StartResponse], Iterable[bytes]], default_region: str) -> None:
        self.moto = moto
        self.default_region = default_region
        self.calls: "Counter[str]" = Counter()
        self.faults: List[Dict[str, Any]] = []
        self.quotas: Dict[str, Bucket] = {}
        self.lock = threading.Lock()
        # Moto checks a condition and writes in two steps; the lock makes them one.
        self.turns: DefaultDict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, environment: Environment, start_response: StartResponse) -> List[bytes]:
        if environment["PATH_INFO"].startswith("/control/"):
            reply = self.control(environment)
        elif environment["PATH_INFO"] == "/ping":
            # A health check of a load balancer: unsigned, and not counted as a call.
            reply = Reply("200 OK", [("Content-Type", "text/plain")], b"healthy")
        else:
            reply = self.serve(environment)
        headers = reply.headers
        if environment["REQUEST_METHOD"] != "HEAD":
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
            headers.append(("Content-Length", str(len(reply.body))))
        start_response(reply.status, headers)
        return [reply.body]

    # Calls to AWS

    def serve(self, environment: Environment) -> Reply:
        call = read_call(environment)
        if call is None:
            return self.call_moto(environment, "unsigned")
        fault = self.next_fault(call) or self.quota_fault(call)
        if fault is not None:
            time.sleep(fault.get("delay", 0))
        if fault is None or fault.get("kind") in ("lost", "delay", "corrupt"):
            reply = redirect(call, environment) or self.call_moto(environment, call.service)
        elif fault.get("kind") == "part":
            reply = self.call_broken(environment, call, fault.get("code", "ThrottlingError"))
        elif fault.get("kind") == "entries":
            reply = refused_entries(json.loads(drain(environment))["Entries"])
        else:
            drain(environment)
            reply = planned_error(call, fault)
        if fault is not None and fault.get("kind") == "lost":
            reply = planned_error(call, fault)
        reply = finished(call, reply)
        if fault is not None and fault.get("kind") == "corrupt":
            reply = reply._replace(body=reply.body[:-1] + b" }")
        return reply

    def next_fault(self, call: Call) -> Optional[Dict[str, Any]]:
        with self.lock:
            self.calls[call.name] += 1
            for fault in self.faults:
                if fault["operation"] not in (call.name, f"{call.service}.*"):
                    continue
                if fault.get("region", call.region) != call.region:
                    continue
                if fault.get("after", 0) > 0:
                    fault["after"] -= 1
                elif fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return None

    def quota_fault(self, call: Call) -> Optional[Dict[str, Any]]:
        with self.lock:
            quota = self.quotas.get(call.name)
            return {"kind": "throttle"} if quota is not None and not quota.take() else None

    def call_moto(self, environment: Environment, turn: str) -> Reply:
        answer: Dict[str, Any] = {}
        # Moto reads the path as it was signed, percent-encoded, from here.
        environment["RAW_URI"] = environment["REQUEST_URI"]

        def start_response(status: str, headers: List[Tuple[str, str]], *_: Any) -> None:
            answer.update(status=status, headers=headers)

        with self.turns[turn]:
            body = b"".join(self.moto(environment, start_response))
        return Reply(answer["status"], answer["headers"], body)

    def call_broken(self, environment: Environment, call: Call, code: str) -> Reply:
        """Calls moto, which fails a part of a batch of statements."""
        from .dynamodb_additions import breaking_a_part

        with breaking_a_part(code):
            return self.call_moto(environment, call.service)

    # The control endpoint: plain HTTP for the tests

    def control(self, environment: Environment) -> Reply:
        from . import athena_additions, cloudtrail_additions, sqs_additions

        method = environment["REQUEST_METHOD"]
        path = environment["PATH_INFO"]
        body = drain(environment)
        execution = re.fullmatch(r"/control/athena/executions/(.+)", path)
        answer: Any = {}
        if execution and method == "PUT":
            athena_additions.put_execution(execution.group(1), json.loads(body), self.default_region)
        elif (method, path) == ("PUT", "/control/athena/executions"):
            order = json.loads(body)
            for execution_id, fields in order.items():
                athena_additions.put_execution(execution_id, fields, self.default_region)
        elif (method, path) == ("PUT", "/control/items"):
            order = json.loads(body)
            put_items(self.default_region, order["table"], order["items"])
        elif (method, path) == ("DELETE", "/control/athena/executions"):
            athena_additions.clear_executions()
        elif execution and method == "DELETE":
            athena_additions.delete_execution(execution.group(1))
        elif (method, path) == ("POST", "/control/s3/age"):
            age_objects(**json.loads(body))
        elif (method, path) == ("PUT", "/control/cloudtrail/history"):
            cloudtrail_additions.put_history(**json.loads(body))
        elif (method, path) == ("PUT", "/control/athena/plans"):
            athena_additions.plan_executions(json.loads(body))
        elif path.startswith("/control/queues/") and method == "PUT":
            sqs_additions.show_invisible_messages(path.rsplit("/", 1)[-1])
        elif (method, path) == ("DELETE", "/control/messages"):
            clear_queues()
        elif (method, path) == ("GET", "/control/calls"):
            answer = dict(self.calls)
        elif (method, path) == ("DELETE", "/control/calls"):
            with self.lock:
                self.calls.clear()
        elif (method, path) == ("PUT", "/control/faults"):
            with self.lock:
                self.faults = json.loads(body)
        elif (method, path) == ("PUT", "/control/quotas"):
            with self.lock:
                self.quotas = {name: Bucket(**quota) for name, quota in json.loads(body).items()}
        elif (method, path) == ("GET", "/control/quotas"):
            with self.lock:
                answer = {name: quota.refused for name, quota in self.quotas.items()}
        else:
            return Reply("404 Not Found", [("Content-Type", "text/plain")], b"no such control endpoint\n")
        return Reply("200 OK", [("Content-Type", "application/json")], json.dumps(answer).encode())


def age_objects(bucket: str, part: str, seconds: float) -> None:
    """Makes some objects older than they are."""
    from datetime import timedelta

    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    for name, key in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys.items():
        if part in name:
            key.last_modified -= timedelta(seconds=seconds)


def redirect(call: Call, environment: Environment) -> Optional[Reply]:
    """S3's answer to a request that is signed for another region than the bucket's."""
    from moto.s3.models import s3_backends

    from .local_aws import ACCOUNT

    if call.service != "s3":
        return None
    name = environment["PATH_INFO"].lstrip("/").split("/")[0]
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(name)
    if bucket is None or bucket.region_name == call.region:
        return None
    drain(environment)
    reply = error_reply("s3", 301, "PermanentRedirect", "The bucket must be addressed using the specified endpoint.")
    return reply._replace(headers=[*reply.headers, ("x-amz-bucket-region", bucket.region_name)])


def planned_error(call: Call, fault: Dict[str, Any]) -> Reply:
    if fault.get("kind") == "says":
        return Reply(f"{fault.get('status', 200)} So", list(fault.get("headers", {}).items()), fault["body"].encode())
    if fault.get("kind") == "throttle":
        status, code = THROTTLED.get(call.service, (400, "ThrottlingException"))
        return error_reply(call.service, status, code, "Rate exceeded")
    status, code = fault.get("status", 500), fault.get("code", "InternalServerError")
    return error_reply(call.service, status, code, fault.get("message", "We encountered an internal error"))


def refused_entries(entries: List[Dict[str, str]]) -> Reply:
    """SQS's response to a batch of which every entry failed."""
    failed = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in entries]
    return Reply("200 OK", [], json.dumps({"Failed": failed}).encode())


def finished(call: Call, reply: Reply) -> Reply:
    """Corrects responses of moto that differ from AWS's."""
    if call.service in JSON_SERVICES and reply.status.startswith("4") and reply.body.startswith(b"<"):
        code = re.search(rb"<Code>(\w+)</Code>\s*<Message>([^<]*)", reply.body)
        if code:
            status, name = REFUSALS.get(code.group(1).decode(), (400, code.group(1).decode()))
            reply = error_reply(call.service, status, name, code.group(2).decode())
    replaced = ["x-amzn-requestid", "x-amz-crc32"]
    if call.service in JSON_SERVICES:
        replaced.append("content-type")
    headers = [(name, value) for name, value in reply.headers if name.lower() not in replaced]
    if call.service in JSON_SERVICES:
        headers.append(("Content-Type", JSON_SERVICES[call.service]))
    headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
    if call.service == "dynamodb" and "x-amz-crc32" not in [name.lower() for name, _ in headers]:
        headers.append(("x-amz-crc32", str(zlib.crc32(reply.body))))
    return reply._replace(headers=headers)


def put_items(region: str, table: str, items: List[Dict[str, Any]]) -> None:
    """Writes items past the API, which would take too long."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][region]
    for item in items:
        backend.get_table(table).put_item(item)


def clear_queues() -> None:
    """Empties every queue; the API allows that once a minute."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sqs.models import sqs_backends

    for backend in sqs_backends[DEFAULT_ACCOUNT_ID].values():
        for queue in backend.queues.values():
            queue._messages = []
            queue._pending_messages = set()


def drain(environment: Environment) -> bytes:
    """Reads the whole body: unread bytes would become part of the connection's next request."""
    return bytes(environment["wsgi.input"].read())
