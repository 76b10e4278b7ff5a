"""Delivers events to a function as AWS does, with AWS's retries and its rules for failed batches."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, List, Optional, Protocol, Sequence, Set, Tuple
from urllib.parse import quote_plus

from .emulator import ACCOUNT as FUNCTION_ACCOUNT
from .emulator import Invocation
from .local_aws import ACCOUNT, REGION

Event = Dict[str, Any]


class Function(Protocol):
    """Anything that can be invoked: an emulator, or a fake function of a test."""

    def invoke(self, event: Event) -> Invocation: ...


# The formats of S3 events


def timestamp() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def object_created_event(
    bucket: str, key: str, size: int, name: str = "ObjectCreated:Put", region: str = REGION
) -> Event:
    """S3's own event for one object."""
    return object_created_events([(bucket, key, size)], name, region)


def object_created_events(
    objects: Iterable[Tuple[str, str, int]], name: str = "ObjectCreated:Put", region: str = REGION
) -> Event:
    return {"Records": [notification_record(bucket, key, size, name, region) for bucket, key, size in objects]}


def notification_record(bucket: str, key: str, size: int, name: str, region: str) -> Event:
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": timestamp(),
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AROAEXAMPLEEXAMPLE000:CloudTrail"},
        "requestParameters": {"sourceIPAddress": "192.0.2.10"},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "cloudtrail-files",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A1EXAMPLE"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": size,
                "eTag": uuid.uuid4().hex,
                "sequencer": f"{time.time_ns():018X}",
            },
        },
    }


def s3_test_event(bucket: str) -> Event:
    """The test event that S3 sends when a notification is configured. It has no Records."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": timestamp(),
        "Bucket": bucket,
        "RequestId": uuid.uuid4().hex[:16].upper(),
        "HostId": uuid.uuid4().hex,
    }


def through_sns(*messages: Any) -> Event:
    """SNS's event for a function. Each message is an event, or a plain text."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:trail:{uuid.uuid4()}",
                "Sns": sns_notification(message),
            }
            for message in messages
        ]
    }


def sns_notification(message: Any, subject: str = "Amazon S3 Notification") -> Event:
    return {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:trail",
        "Subject": subject,
        "Message": as_text(message),
        "Timestamp": timestamp(),
        "SignatureVersion": "1",
        "Signature": "ZXhhbXBsZQ==",
        "MessageAttributes": {},
    }


def through_sqs(*messages: Any) -> Event:
    """SQS's event for a function, made without a queue; `QueueConsumer` reads a real queue."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:trail"
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": uuid.uuid4().hex,
                "body": as_text(message),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(int(time.time() * 1000)),
                    "SenderId": ACCOUNT,
                    "ApproximateFirstReceiveTimestamp": str(int(time.time() * 1000)),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(as_text(message).encode()).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


def through_sns_and_sqs(*messages: Any) -> Event:
    return through_sqs(*(sns_notification(message) for message in messages))


def event_bridge_object_created(bucket: str, key: str, size: int, region: str = REGION) -> Event:
    """EventBridge's event, in which the key is not encoded."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT,
        "time": timestamp(),
        "region": region,
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": size, "etag": uuid.uuid4().hex, "sequencer": f"{time.time_ns():018X}"},
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": "cloudtrail.amazonaws.com",
            "source-ip-address": "192.0.2.10",
            "reason": "PutObject",
        },
    }


def cloudtrail_message(bucket: str, *keys: str) -> Event:
    """The message that CloudTrail publishes to its own topic; its keys are not encoded."""
    return {"s3Bucket": bucket, "s3ObjectKey": list(keys)}


CLOUDTRAIL_VALIDATION_MESSAGE = "CloudTrail validation message."


def schedule_event() -> Event:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/every-minute"],
        "detail": {},
    }


def call_event(record: Dict[str, Any]) -> Event:
    """EventBridge's event of a call that CloudTrail recorded."""
    return athena_event("AWS API Call via CloudTrail", record)


def state_event(execution_id: str, state: str = "SUCCEEDED", previous: str = "RUNNING", account: str = FUNCTION_ACCOUNT) -> Event:
    """Athena's event of a query that has changed its state."""
    detail = {
        "versionId": "0",
        "currentState": state,
        "previousState": previous,
        "statementType": "DML",
        "queryExecutionId": execution_id,
        "workgroupName": "analysts",
        "sequenceNumber": "3",
    }
    return {**athena_event("Athena Query State Change", detail), "account": account}


def athena_event(kind: str, detail: Dict[str, Any]) -> Event:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": "aws.athena",
        "account": FUNCTION_ACCOUNT,
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def as_text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)


# Asynchronous invocation


@dataclass(frozen=True)
class FailedEvent:
    """An event that failed at every attempt, as an on-failure destination receives it."""

    event: Event
    condition: str
    tries: int
    response: Optional[Event]


@dataclass
class AsynchronousInvoker:
    """Invokes as S3 and EventBridge do: two retries after an error, then the on-failure destination.

    AWS waits one minute and then two; `delays` are what to wait here.
    """

    function: Function
    delays: Sequence[float] = (0, 0)
    failed_events: List[FailedEvent] = field(default_factory=list)

    def invoke(self, event: Event) -> List[Invocation]:
        """Invokes, and returns every attempt in order; the last one is the result."""
        tries = [self.function.invoke(event)]
        for delay in self.delays:
            if tries[-1].error is None:
                return tries
            time.sleep(delay)
            tries.append(self.function.invoke(event))
        if tries[-1].error is not None:
            self.failed_events.append(FailedEvent(event, "RetriesExhausted", len(tries), tries[-1].error))
        return tries


# The event source mapping of a queue


@dataclass
class Delivery:
    """The result of one or more batches."""

    batches: int = 0
    received: int = 0
    deleted: int = 0
    returned: int = 0
    invocations: List[Invocation] = field(default_factory=list)
    drained: bool = False

    def add(self, other: "Delivery") -> None:
        self.batches += other.batches
        self.received += other.received
        self.deleted += other.deleted
        self.returned += other.returned
        self.invocations += other.invocations


class QueueConsumer:
    """Polls a queue for a function as Lambda's event source mapping does.

    A message that fails is visible again after `retry_seconds`, or when the function itself has said if that is None; the
    queue's own redrive policy ends its life. A window is the time for which Lambda gathers messages.
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        queue_arn: str,
        function: Function,
        batch_size: int = 10,
        report_batch_item_failures: bool = True,
        visibility_seconds: int = 60,
        retry_seconds: Optional[int] = 0,
        region: str = REGION,
        window_seconds: float = 0,
    ) -> None:
        self.sqs = sqs
        self.queue_url = queue_url
        self.queue_arn = queue_arn
        self.function = function
        self.batch_size = batch_size
        self.report_batch_item_failures = report_batch_item_failures
        self.visibility_seconds = visibility_seconds
        self.retry_seconds = retry_seconds
        self.region = region
        self.window_seconds = window_seconds

    def deliver_batch(self) -> Delivery:
        """Receives a batch, invokes, deletes the messages that succeeded and returns the others."""
        messages = self.receive()
        if not messages:
            return Delivery()
        if self.window_seconds:
            time.sleep(self.window_seconds)
            while len(messages) < self.batch_size and (more := self.receive()):
                messages += more
        invocation = self.function.invoke({"Records": [self.record(message) for message in messages]})
        failed = self.failed_ids(invocation, [message["MessageId"] for message in messages])
        for message in messages:
            handle = {"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] not in failed:
                self.sqs.delete_message(**handle)
            elif self.retry_seconds is not None:
                self.sqs.change_message_visibility(**handle, VisibilityTimeout=self.retry_seconds)
        return Delivery(1, len(messages), len(messages) - len(failed), len(failed), [invocation])

    def receive(self) -> List[Dict[str, Any]]:
        received: List[Dict[str, Any]] = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=min(self.batch_size, 10),
            VisibilityTimeout=self.visibility_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=0,
        ).get("Messages", [])
        return received

    def drain(self, most_batches: int = 100) -> Delivery:
        """Delivers until no message is visible; failed messages are delivered again until they are dead letters."""
        total = Delivery()
        for _ in range(most_batches):
            delivery = self.deliver_batch()
            if delivery.received == 0:
                total.drained = True
                return total
            total.add(delivery)
        return total

    def failed_ids(self, invocation: Invocation, ids: Sequence[str]) -> Set[str]:
        """The ids of the messages that Lambda would not delete after this response."""
        if invocation.error is not None:
            return set(ids)
        if not self.report_batch_item_failures or invocation.payload in (None, "", {}):
            return set()
        everything = set(ids)
        if not isinstance(invocation.payload, dict) or "batchItemFailures" not in invocation.payload:
            return everything
        failures = invocation.payload["batchItemFailures"]
        if failures is None:
            return set()
        if not isinstance(failures, list):
            return everything
        named = set()
        for failure in failures:
            identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
            # An id that is empty or not in the batch fails the whole batch.
            if identifier not in everything:
                return everything
            named.add(identifier)
        return named

    def record(self, message: Dict[str, Any]) -> Event:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: {
                    "stringValue": value.get("StringValue"),
                    "dataType": value["DataType"],
                    "stringListValues": [],
                    "binaryListValues": [],
                }
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.queue_arn,
            "awsRegion": self.region,
        }
