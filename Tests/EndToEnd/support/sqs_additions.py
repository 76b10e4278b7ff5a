"""Additions to moto's SQS: message move tasks, visibility timeouts that end on a test's request, and faster receipts."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import Any, Dict, List, Type

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.sqs import urls
from moto.sqs.exceptions import InvalidParameterValue, QueueDoesNotExist
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends
from moto.sqs.responses import SQSResponse

moto_deletion = Queue.delete_from_cloudformation_json.__func__

# The tasks of each dead-letter queue, the latest first.
tasks: Dict[str, List[Dict[str, Any]]] = {}


class CompletedSQSResponse(SQSResponse):
    """Moto dispatches on method names, so the missing operations are methods."""

    def start_message_move_task(self) -> ActionResult:
        arn = self._get_param("SourceArn")
        queue = next((queue for queue in self.sqs_backend.queues.values() if queue.queue_arn == arn), None)
        sources = self.sqs_backend.list_dead_letter_source_queues(queue.name) if queue else []
        if not sources:
            raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
        handle = uuid.uuid4().hex
        moved = self.move(queue, sources[0])
        tasks.setdefault(arn, []).insert(0, {"handle": handle, "moved": moved, "is_new": True})
        return ActionResult({"TaskHandle": handle})

    def move(self, queue: Queue, destination: Queue) -> int:
        waiting = list(queue.messages)
        for message in waiting:
            self.sqs_backend.send_message(destination.name, message.body, message.message_attributes)
            queue._messages.remove(message)
        return len(waiting)

    def list_message_move_tasks(self) -> ActionResult:
        arn = self._get_param("SourceArn")
        described = [self.described(arn, task) for task in tasks.get(arn, [])[: self._get_param("MaxResults") or 1]]
        return ActionResult({"Results": described})

    def described(self, arn: str, task: Dict[str, Any]) -> Dict[str, Any]:
        """A task is reported once as running, so a caller has to poll."""
        is_running = task["is_new"]
        task["is_new"] = False
        told: Dict[str, Any] = {
            "Status": "RUNNING" if is_running else "COMPLETED",
            "SourceArn": arn,
            "ApproximateNumberOfMessagesMoved": 0 if is_running else task["moved"],
            "ApproximateNumberOfMessagesToMove": task["moved"],
            "StartedTimestamp": 1700000000000,
        }
        return {**told, "TaskHandle": task["handle"]} if is_running else told


def is_retained(backend: SQSBackend, queue: str, message: Message) -> bool:
    """Moto counts all messages of the queue for each that it returns."""
    return time.time() < message.sent_timestamp / 1000 + backend.get_queue(queue).message_retention_period


def delete_with_its_stack(queue: Type[Queue], *arguments: Any) -> None:
    """CloudFormation goes on when a resource is gone; moto ends with an error."""
    with suppress(QueueDoesNotExist):
        moto_deletion(queue, *arguments)


def install() -> None:
    Queue.delete_from_cloudformation_json = classmethod(delete_with_its_stack)
    SQSBackend.is_message_valid_based_on_retention_period = is_retained
    for path in urls.url_paths:
        urls.url_paths[path] = CompletedSQSResponse.dispatch


def show_invisible_messages(queue: str) -> None:
    """Makes every received message that was not deleted visible again."""
    for backend in sqs_backends[DEFAULT_ACCOUNT_ID].values():
        for name, found in backend.queues.items():
            if name == queue:
                for message in found._messages:
                    message.visible_at = 0
