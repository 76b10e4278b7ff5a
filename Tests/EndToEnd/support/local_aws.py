"""A local AWS: moto with keep-alive, signature checks, and the additions in this folder.

As a program it serves until it is stopped: ``python -m support.local_aws --port 5000``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence
from urllib.parse import quote

from .permissions import ALERTER_ACTIONS
from .processes import BACKLOG, harmless_aws_environment, read_line, start, stop

REGION = "eu-west-1"
ACCOUNT = "123456789012"
ROLE = "alerter"


class Credentials(NamedTuple):
    access_key_id: str
    secret_access_key: str
    session_token: Optional[str] = None


@dataclass(frozen=True)
class Resources:
    """A bucket, a table and queues for one test."""

    bucket: str
    table: str
    queue_url: str
    queue_arn: str
    dead_letter_queue_url: str
    event_queue_url: str


class LocalAWS:
    """Runs AWS in its own process for the duration of the ``with`` block."""

    def __init__(self, region: str = REGION) -> None:
        self.region = region
        self._clients: Dict[Any, Any] = {}
        self._process: Optional[subprocess.Popen] = None

    def __enter__(self) -> "LocalAWS":
        environment = {**os.environ, **harmless_aws_environment(), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "support.local_aws", "--region", self.region]
        directory = Path(__file__).resolve().parents[1]
        self._process = start(command, environment, directory, stdout=subprocess.PIPE)
        try:
            self.endpoint = read_line(self._process)
            self._prepare_identities()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    # Identities

    def _prepare_identities(self) -> None:
        """Creates the users and the role without signature checks, then turns the checks on."""
        self.admin = Credentials("AKIAXXXXXXXXXXXXXXXX", "not checked yet")
        admin = self.create_user("admin", ["*"])
        self.alerter_user = self.create_user("alerter", ALERTER_ACTIONS)
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy(trust))
        iam.put_role_policy(RoleName=ROLE, PolicyName="calls", PolicyDocument=allow(ALERTER_ACTIONS))
        self.admin = admin
        self._clients.clear()
        self._check_from(0)

    def _check_from(self, count: int) -> None:
        """Turns signature checks on after this many calls."""
        self._request("POST", "/moto-api/reset-auth", str(count).encode(), "text/plain")

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Turns signature checks off: moto refuses valid signatures of a GET for services such as Lambda."""
        self._check_from(10**9)
        try:
            yield
        finally:
            self._check_from(0)

    def create_user(self, name: str, actions: Sequence[str]) -> Credentials:
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="calls", PolicyDocument=allow(actions))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def session_credentials(self, role: str = ROLE) -> Credentials:
        """Credentials with a session token, as Lambda gives them to a function."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        assumed = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
        return Credentials(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])

    # Clients

    def client(self, service: str, credentials: Optional[Credentials] = None, region: Optional[str] = None) -> Any:
        import boto3
        from botocore.config import Config

        who = credentials or self.admin
        where = region or self.region
        key = (service, who, where)
        if key not in self._clients:
            self._clients[key] = boto3.session.Session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=where,
                aws_access_key_id=who.access_key_id,
                aws_secret_access_key=who.secret_access_key,
                aws_session_token=who.session_token,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
            )
        return self._clients[key]

    def environment(self, credentials: Optional[Credentials] = None, **more: str) -> Dict[str, str]:
        """The variables with which Lambda starts the executable, and more by name."""
        who = credentials or self.session_credentials()
        variables = {
            **harmless_aws_environment(),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": who.access_key_id,
            "AWS_SECRET_ACCESS_KEY": who.secret_access_key,
            "TZ": "UTC",
        }
        if who.session_token:
            variables["AWS_SESSION_TOKEN"] = who.session_token
        return {**variables, **more}

    # Resources

    def create_stack_like_resources(
        self, suffix: Optional[str] = None, visibility_seconds: int = 360, receives: int = 5
    ) -> Resources:
        """A bucket, the queries table and the queue with its dead-letter queue, as the template defines them."""
        suffix = suffix or uuid.uuid4().hex[:12]
        bucket, table, queue = f"trail-{suffix}", f"queries-{suffix}", f"finished-{suffix}"
        self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        self._create_table(table)
        sqs = self.client("sqs")
        dead_letters = sqs.create_queue(QueueName=f"{queue}-dead-letters")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.queue_arn(dead_letters), "maxReceiveCount": receives}
        queue_url = sqs.create_queue(
            QueueName=queue,
            Attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": str(visibility_seconds)},
        )["QueueUrl"]
        events = sqs.create_queue(QueueName=f"ending-events-{suffix}", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        return Resources(bucket, table, queue_url, self.queue_arn(queue_url), dead_letters, events)

    def _create_table(self, name: str) -> None:
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=key_schema("start_date", "start_key"),
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("start_date", "start_key", "open")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "open-queries",
                    "KeySchema": key_schema("open", "start_key"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )

    def queue_arn(self, queue_url: str) -> str:
        return f"arn:aws:sqs:{self.region}:{ACCOUNT}:{queue_url.rsplit('/', 1)[-1]}"

    def rows(self, table: str) -> List[Dict[str, Any]]:
        """Every row of the table, with numbers as ``int`` or ``float``, in the order of its keys."""
        from boto3.dynamodb.types import TypeDeserializer

        read = TypeDeserializer().deserialize
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        rows = [
            {name: plain_number(read(value)) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        return sorted(rows, key=lambda row: (row["start_date"], row["start_key"]))

    # The control endpoint

    def put_execution(self, execution_id: str, **fields: Any) -> None:
        """Creates or changes an execution.

        Fields: state, reason, bytes, query, database, catalog, workgroup, statement_type, substatement_type,
        engine_version, engine_milliseconds, queued_milliseconds, submitted, completed, reused_previous_result, dpu_count,
        athena_error (as the API spells it), region; error_code and error_message leave it unprocessed in a batch.
        """
        self._request("PUT", f"/control/athena/executions/{quote(execution_id, safe='')}", json.dumps(fields).encode())

    def put_executions(self, execution_ids: List[str], **fields: Any) -> None:
        """Creates or changes many executions with the same fields."""
        self.put_each_execution(dict.fromkeys(execution_ids, fields))

    def put_each_execution(self, executions: Dict[str, Dict[str, Any]]) -> None:
        """Creates or changes many executions, each with fields of its own."""
        self._request("PUT", "/control/athena/executions", json.dumps(executions).encode())

    def put_history(self, records: List[Dict[str, Any]], region: Optional[str] = None) -> None:
        """Sets what CloudTrail's event history of a region holds."""
        order = {"region": region or self.region, "records": records}
        self._request("PUT", "/control/cloudtrail/history", json.dumps(order).encode())

    def put_items(self, table: str, items: List[Dict[str, Any]]) -> None:
        """Writes many items at once, in DynamoDB's JSON."""
        for first in range(0, len(items), 5000):
            order = {"table": table, "items": items[first : first + 5000]}
            self._request("PUT", "/control/items", json.dumps(order).encode())

    def delete_execution(self, execution_id: str) -> None:
        self._request("DELETE", f"/control/athena/executions/{execution_id}")

    def clear_executions(self) -> None:
        """Deletes all executions, so that tests can use the same ids."""
        self._request("DELETE", "/control/athena/executions")

    def plan_executions(self, *plans: Dict[str, Any]) -> None:
        """Sets the outcomes of the next queries, in their order; later ones succeed without rows.

        Each may have an ``order`` (the fields of `put_execution`, or ``states`` to go through, one at each look),
        ``columns`` (pairs of name and type) and ``rows`` (texts, None for NULL), to which a SELECT adds its header. The
        result is written where the query says, and cannot be read once it was deleted there.
        """
        self._request("PUT", "/control/athena/plans", json.dumps(plans).encode())

    def executions(self) -> List[Dict[str, Any]]:
        """Every execution as Athena describes it, in the order of the starts."""
        athena = self.client("athena")
        ids = athena.list_query_executions()["QueryExecutionIds"]
        return [athena.get_query_execution(QueryExecutionId=one)["QueryExecution"] for one in ids]

    def age_objects(self, bucket: str, part: str, seconds: float) -> None:
        """Makes objects whose keys contain `part` older by this many seconds."""
        self._request("POST", "/control/s3/age", json.dumps({"bucket": bucket, "part": part, "seconds": seconds}).encode())

    def expire_visibility_timeouts(self, queue_url: str) -> None:
        """Ends the visibility timeouts of a queue: its received messages are visible again."""
        self._request("PUT", f"/control/queues/{queue_url.rsplit('/', 1)[-1]}")

    def clear_queues(self) -> None:
        """Empties every queue, including its invisible messages."""
        self._request("DELETE", "/control/messages")

    def calls(self) -> Dict[str, int]:
        """The number of calls of each ``service.Operation`` since the last `reset_calls`."""
        counts: Dict[str, int] = json.loads(self._request("GET", "/control/calls"))
        return counts

    def reset_calls(self) -> None:
        self._request("DELETE", "/control/calls")

    def arm(self, *faults: Dict[str, Any]) -> None:
        """Replaces the faults to come; without arguments there are none.

        Each names its ``operation`` (``dynamodb.PutItem``, ``sqs.*``), and may say: ``times`` (1), ``after`` (so many
        good calls), ``region``, ``delay`` (seconds), and a ``kind``: without one, the error ``status`` and ``code`` in
        place of the call; "throttle", the service's own throttling error; "lost", the call takes effect and its reply
        is the error; "delay", a late but good reply; "entries", a good reply that none of a queue's batch was done;
        "part", a good reply that every second statement of DynamoDB's batch failed with a ``code``
        (``ThrottlingError``); "corrupt", a reply that its checksum does not fit; "says", a ``body`` with its ``status``
        (200) and ``headers``, in place of the call.
        """
        self._request("PUT", "/control/faults", json.dumps(faults).encode())

    @contextmanager
    def quota(self, operation: str, per_second: float, burst: float) -> Iterator[Callable[[], int]]:
        """Throttles an operation beyond a quota, as AWS does; yields a function that counts the throttled calls."""
        quota = {operation: {"per_second": per_second, "burst": burst}}
        self._request("PUT", "/control/quotas", json.dumps(quota).encode())
        try:
            yield lambda: int(json.loads(self._request("GET", "/control/quotas"))[operation])
        finally:
            self._request("PUT", "/control/quotas", b"{}")

    def _request(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> bytes:
        request = urllib.request.Request(
            self.endpoint + path, data=body, method=method, headers={"Content-Type": content_type}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return bytes(reply.read())


def policy(*statements: Dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str]) -> str:
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def key_schema(partition: str, order: str) -> List[Dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": order, "KeyType": "RANGE"}]


def plain_number(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def serve(port: int, region: str) -> None:
    import logging

    from cheroot.wsgi import Server
    from moto.server import DomainDispatcherApplication, create_backend_app

    from . import (
        athena_additions,
        cloudformation_additions,
        cloudtrail_additions,
        dynamodb_additions,
        glue_additions,
        sqs_additions,
    )
    from .moto_proxy import MotoProxy

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    athena_additions.install()
    cloudformation_additions.install()
    cloudtrail_additions.install()
    dynamodb_additions.install()
    sqs_additions.install()
    glue_additions.install()
    # Each collection would go through all that the tests have put here.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    proxy = MotoProxy(DomainDispatcherApplication(create_backend_app), region)
    server = Server(("127.0.0.1", port), proxy, numthreads=32, request_queue_size=BACKLOG, timeout=60)
    server.prepare()
    print(f"http://127.0.0.1:{server.bind_addr[1]}", flush=True)

    def end(*_: Any) -> None:
        os._exit(0)  # The process keeps no data, so nothing needs closing.

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server.serve()


def main() -> None:
    parser = argparse.ArgumentParser(description="AWS on loopback, for tests.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one, which the first line names")
    parser.add_argument("--region", default=REGION)
    arguments = parser.parse_args()
    serve(arguments.port, arguments.region)


if __name__ == "__main__":
    main()
