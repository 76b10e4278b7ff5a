"""`partition_refresh` with tables, a bucket for their data and a queue for the bucket's events."""

from __future__ import annotations

import json
import uuid
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import event_delivery
from .alerter_stack import AlerterStack, receive_all
from .emulator import Invocation

HANDLER = "partition_refresh"
RECEIVES = 3


class PartitionRefreshStack:
    """A database, a bucket and a queue of its own, beside the alerter of a test."""

    def __init__(self, alerter: AlerterStack, visibility_seconds: int = 0) -> None:
        self.alerter = alerter
        self.aws = alerter.aws
        name = uuid.uuid4().hex[:12]
        self.database, self.bucket = f"data_{name}", f"data-{name}"
        sqs = self.aws.client("sqs")
        self.dead_letters_url = sqs.create_queue(QueueName=f"data-{name}-dead-letters")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.aws.queue_arn(self.dead_letters_url), "maxReceiveCount": RECEIVES}
        attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": str(visibility_seconds)}
        self.queue_url = sqs.create_queue(QueueName=f"data-{name}", Attributes=attributes)["QueueUrl"]
        self.aws.client("glue").create_database(DatabaseInput={"Name": self.database})
        self.aws.client("s3").create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.aws.region}
        )
        alerter.set_environment(PARTITION_REFRESH_QUEUE_URL=self.queue_url, PARTITION_REFRESH_DATABASE=self.database)
        self.configure()

    def configure(self, table: Any = "data", **settings: Any) -> None:
        """Writes the settings; `table` is the table of the bucket's data."""
        said = {"enable_custom_metrics": True, "buckets": {self.bucket: table}, **settings}
        self.alerter.write_settings(partition_refresh=said)

    def notify(self) -> None:
        """Connects the bucket's events to the queue, to which S3 sends a test message."""
        configuration = {"QueueArn": self.aws.queue_arn(self.queue_url), "Events": ["s3:ObjectCreated:*"]}
        self.aws.client("s3").put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": [configuration]}
        )

    def create_table(
        self,
        name: str,
        columns: Sequence[Tuple[str, str]] = (("dt", "string"),),
        folder: Optional[str] = None,
        **parameters: str,
    ) -> None:
        storage = {
            "Columns": [{"Name": "line", "Type": "string"}],
            "Location": f"s3://{self.bucket}/{name if folder is None else folder}",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
                "Parameters": {"ignore.malformed.json": "true"},
            },
        }
        described = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": column, "Type": kind} for column, kind in columns],
            "Parameters": parameters,
        }
        self.aws.client("glue").create_table(DatabaseName=self.database, TableInput=described)

    def put(self, *keys: str) -> None:
        for key in keys:
            self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"{}")

    def send(self, *messages: Any) -> None:
        """Sends messages directly to the queue."""
        for message in messages:
            self.aws.client("sqs").send_message(QueueUrl=self.queue_url, MessageBody=event_delivery.as_text(message))

    def created(self, *keys: str, bucket: Optional[str] = None) -> event_delivery.Event:
        """S3's message about objects, whether or not they exist."""
        return event_delivery.object_created_events([(bucket or self.bucket, key, 2) for key in keys])

    def tick(self) -> Invocation:
        """Invokes the handler by its schedule."""
        return self.alerter.handler(HANDLER).invoke(event_delivery.schedule_event())

    def queue(self, **options: Any) -> event_delivery.QueueConsumer:
        """The queue as an event source of the handler."""
        arn = self.aws.queue_arn(self.queue_url)
        return event_delivery.QueueConsumer(
            self.aws.client("sqs"), self.queue_url, arn, self.alerter.handler(HANDLER), **options
        )

    def partitions(self, table: str) -> Dict[Tuple[str, ...], str]:
        """The locations of a table's partitions by their values."""
        found = self.described_partitions(table)
        return {tuple(one["Values"]): one["StorageDescriptor"]["Location"] for one in found}

    def described_partitions(self, table: str) -> List[Dict[str, Any]]:
        pages = self.aws.client("glue").get_paginator("get_partitions")
        return [
            one for page in pages.paginate(DatabaseName=self.database, TableName=table) for one in page["Partitions"]
        ]

    def storage(self, table: str) -> Dict[str, Any]:
        found = self.aws.client("glue").get_table(DatabaseName=self.database, Name=table)
        described: Dict[str, Any] = found["Table"]["StorageDescriptor"]
        return described

    def location(self, folder: str) -> str:
        return f"s3://{self.bucket}/{folder}"

    def count(self) -> int:
        """The number of messages in the queue, invisible ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in found.values())

    def count_invisible(self) -> int:
        """The number of invisible messages."""
        name = "ApproximateNumberOfMessagesNotVisible"
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])["Attributes"]
        return int(found[name])

    def expire_visibility_timeout(self) -> None:
        """Ends the visibility timeouts: invisible messages are visible again."""
        self.alerter.aws.expire_visibility_timeouts(self.queue_url)

    def dead_letters(self) -> List[str]:
        return receive_all(self.aws.client("sqs"), self.dead_letters_url)
