"""The three handlers, wired to one another through a test's own bucket, table and queue."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Dict, List

from . import bridge, cloudtrail
from .emulator import Emulator, Invocation
from .local_aws import LocalAWS
from .slack import Slack

HANDLERS = ("cloudtrail_handler", "usage_update", "notification")


class House:
    """Starts a handler when it is first needed, and anew after the settings or the environment changed."""

    def __init__(
        self, executable: Path, aws: LocalAWS, slack: Slack, directory: Path, timeout_seconds: int = 30
    ) -> None:
        self.executable = executable
        self.aws = aws
        self.slack = slack
        self.settings_file = directory / "settings.json"
        self.timeout_seconds = timeout_seconds
        self.resources = aws.create_stack_like_resources()
        self.environment = aws.environment(
            QUERIES_TABLE=self.resources.table,
            SQS_QUEUE_URL=self.resources.queue_url,
            SETTINGS_FILE=str(self.settings_file),
            SLACK_API_URL=slack.api_url,
        )
        self._emulators: Dict[str, Emulator] = {}
        self._stack = ExitStack()
        self.write_settings()

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    # What the operator decides

    def write_settings(self, **changes: Any) -> None:
        """Writes the settings file anew from the ordinary settings; each change replaces one top-level key."""
        settings: Dict[str, Any] = {
            "slack": {"bot_token": self.slack.bot_token, "channel": "#athena", "email_domain": "example.com"},
            "thresholds": {"user": 10 * 2**30, "channel": 100 * 2**30},
            **changes,
        }
        self.settings_file.write_text(json.dumps(settings, indent=2))
        self.stop()

    def set_environment(self, **changes: str) -> None:
        self.environment.update(changes)
        self.stop()

    def stop(self) -> None:
        """Ends every handler; the next invocation starts cold."""
        self._stack.close()
        self._emulators.clear()

    # What AWS does

    def handler(self, name: str) -> Emulator:
        if name not in self._emulators:
            emulator = Emulator(self.executable, name, self.environment, self.timeout_seconds)
            self._emulators[name] = self._stack.enter_context(emulator)
        return self._emulators[name]

    def put_log(self, records: List[cloudtrail.Record], **key: Any) -> str:
        """Stores a CloudTrail file without telling anyone; the result is its key."""
        return self.put_object(cloudtrail.log_key(**key), cloudtrail.log_file(records))

    def put_object(self, key: str, body: bytes) -> str:
        self.aws.client("s3").put_object(Bucket=self.resources.bucket, Key=key, Body=body)
        return key

    def deliver(self, records: List[cloudtrail.Record], **key: Any) -> List[Invocation]:
        """Stores a CloudTrail file and tells `cloudtrail_handler`, as S3 would, with its retries."""
        return self.announce(self.put_log(records, **key))

    def announce(self, key: str) -> List[Invocation]:
        size = self.aws.client("s3").head_object(Bucket=self.resources.bucket, Key=key)["ContentLength"]
        event = bridge.object_created_event(self.resources.bucket, key, size)
        return bridge.AsynchronousInvoker(self.handler("cloudtrail_handler")).invoke(event)

    def tick(self) -> Invocation:
        """A minute passes: `usage_update` runs once."""
        return self.handler("usage_update").invoke(bridge.schedule_event())

    def queue(self, **options: Any) -> bridge.QueueConsumer:
        resources = self.resources
        function = self.handler("notification")
        return bridge.QueueConsumer(
            self.aws.client("sqs"), resources.queue_url, resources.queue_arn, function, **options
        )

    def drain(self) -> bridge.Delivery:
        """`notification` gets every message that waits."""
        return self.queue().drain()

    # What is there to see

    def rows(self) -> List[Dict[str, Any]]:
        return self.aws.rows(self.resources.table)

    def dead_letters(self) -> List[str]:
        """The bodies of the messages that were given up; they stay there, hidden for a while."""
        return receive_all(self.aws.client("sqs"), self.resources.dead_letter_queue_url)

    def waiting(self) -> List[str]:
        """Takes every visible message out of the queue, for a test that looks at them in place of `notification`."""
        return receive_all(self.aws.client("sqs"), self.resources.queue_url)


def receive_all(sqs: Any, queue_url: str) -> List[str]:
    bodies: List[str] = []
    while True:
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages", []
        )
        if not messages:
            return bodies
        bodies += [message["Body"] for message in messages]
