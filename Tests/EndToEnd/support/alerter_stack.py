"""The alerter's handlers with a bucket, a table and queues of their own."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from . import cloudtrail, event_delivery
from .emulator import Emulator, Invocation
from .emulators import Emulators
from .fake_slack import FakeSlack
from .local_aws import Credentials, LocalAWS

HANDLERS = ("cloudtrail_handler", "usage_update", "notification")

CHANNEL = "#athena"
GIB = 2**30
USER_THRESHOLD = 10 * GIB
CHANNEL_THRESHOLD = 100 * GIB
# The seven keys that a message of the Python original has.
ORIGINAL_KEYS = (
    "start_date",
    "start_timestamp",
    "query_execution_id",
    "query_state",
    "executing_user",
    "data_scanned",
    "query_sql",
)


class AlerterStack:
    """A handler starts at its first use, and anew after the settings or the environment changed."""

    def __init__(
        self,
        executable: Path,
        aws: LocalAWS,
        slack: FakeSlack,
        directory: Path,
        timeout_seconds: int = 30,
        receives: int = 5,
    ) -> None:
        self.executable = executable
        self.aws = aws
        self.slack = slack
        self.settings_file = directory / "settings.json"
        self.timeout_seconds = timeout_seconds
        self.resources = aws.create_stack_like_resources(receives=receives)
        self.environment = aws.environment(
            QUERIES_TABLE=self.resources.table,
            SQS_QUEUE_URL=self.resources.queue_url,
            EVENT_QUEUE_URL=self.resources.event_queue_url,
            SETTINGS_FILE=str(self.settings_file),
            SLACK_API_URL=slack.api_url,
        )
        self.emulators = Emulators(self.another)
        self._environments: Dict[str, Dict[str, str]] = {}
        self.write_settings()

    def __enter__(self) -> "AlerterStack":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    # Configuration

    def write_settings(self, **changes: Any) -> None:
        """Writes the default settings; each change replaces one top-level key."""
        settings: Dict[str, Any] = {
            "slack": {"bot_token": self.slack.bot_token, "channel": CHANNEL, "email_domain": "example.com"},
            "thresholds": {"user": USER_THRESHOLD, "channel": CHANNEL_THRESHOLD},
            **changes,
        }
        self.settings_file.write_text(json.dumps(settings, indent=2))
        self.stop()

    def set_environment(self, **changes: str) -> None:
        self.environment.update(changes)
        self.stop()

    def use_credentials(self, credentials: Credentials) -> None:
        """Starts every handler anew with these credentials."""
        self.set_environment(**variables(credentials))

    def restrict(self, handler: str, *actions: str) -> None:
        """Starts one handler anew as a user that has these permissions and no others."""
        user = self.aws.create_user(f"{handler}-{uuid.uuid4().hex[:12]}", actions)
        self._environments[handler] = variables(user)
        self.stop()

    def stop(self) -> None:
        """Ends every handler; its next invocation is a cold start."""
        self.emulators.stop()

    # Events

    def handler(self, name: str) -> Emulator:
        return self.emulators[name]

    def another(self, name: str) -> Emulator:
        """A second instance of a handler, not started, for tests that need two at once."""
        environment = {**self.environment, **self._environments.get(name, {})}
        return Emulator(self.executable, name, environment, self.timeout_seconds)

    def put_log(self, records: List[cloudtrail.Record], **key: Any) -> str:
        """Stores a CloudTrail file without an event, and returns its key."""
        return self.put_object(cloudtrail.log_key(**key), cloudtrail.log_file(records))

    def put_object(self, key: str, body: bytes) -> str:
        self.aws.client("s3").put_object(Bucket=self.resources.bucket, Key=key, Body=body)
        return key

    def deliver(self, records: List[cloudtrail.Record], **key: Any) -> List[Invocation]:
        """Stores a CloudTrail file and delivers its S3 event, with S3's retries."""
        return self.announce(self.put_log(records, **key))

    def announce(self, *keys: str) -> List[Invocation]:
        """Delivers one S3 event for files that are stored."""
        return self.invoke_with_event(self.created(*keys))

    def created(self, *keys: str) -> event_delivery.Event:
        bucket = self.resources.bucket
        return event_delivery.object_created_events([(bucket, key, self.size(key)) for key in keys])

    def size(self, key: str) -> int:
        return int(self.aws.client("s3").head_object(Bucket=self.resources.bucket, Key=key)["ContentLength"])

    def invoke_with_event(self, event: event_delivery.Event) -> List[Invocation]:
        """Invokes `cloudtrail_handler` with an event, with S3's retries."""
        return event_delivery.AsynchronousInvoker(self.handler("cloudtrail_handler")).invoke(event)

    def start(self, execution_id: Optional[str] = None, **members: Any) -> str:
        """Starts a query: the CloudTrail file is delivered, and Athena reports it as running."""
        started = cloudtrail.query_start(execution_id, **members)
        identifier = str(started["responseElements"]["queryExecutionId"])
        self.aws.put_execution(identifier, state="RUNNING", region=started["awsRegion"])
        tries = self.deliver([started])
        assert tries[-1].succeeded, tries[-1].error
        return identifier

    def finish(self, execution_id: str, scanned: int = 1024 * GIB, state: str = "SUCCEEDED", **fields: Any) -> None:
        """Ends a query in Athena. Its SQL contains its id, so its alerts do."""
        fields.setdefault("query", f'SELECT * FROM sales AS "{execution_id}"')
        self.aws.put_execution(execution_id, state=state, bytes=scanned, **fields)

    def run(self, execution_id: Optional[str] = None, scanned: int = 1024 * GIB, **members: Any) -> str:
        """Starts and ends a query. No alert has been sent yet."""
        identifier = self.start(execution_id, **members)
        self.finish(identifier, scanned, region=members.get("region", self.aws.region))
        return identifier

    def update_and_notify(self) -> event_delivery.Delivery:
        """Runs `usage_update` once, and delivers every message that it sent."""
        ticked = self.tick()
        assert ticked.succeeded, ticked.error
        return self.drain()

    def tick(self) -> Invocation:
        """Runs `usage_update` once."""
        return self.handler("usage_update").invoke(event_delivery.schedule_event())

    def queue(self, **options: Any) -> event_delivery.QueueConsumer:
        resources = self.resources
        function = self.handler("notification")
        return event_delivery.QueueConsumer(
            self.aws.client("sqs"), resources.queue_url, resources.queue_arn, function, **options
        )

    def events(self, function: Optional[event_delivery.Function] = None, **options: Any) -> event_delivery.QueueConsumer:
        """The queue of Athena's events with its mapping. The function says when a message is visible again."""
        url = self.resources.event_queue_url
        function = function or self.handler("usage_update")
        more = {"batch_size": 1000, "retry_seconds": None, **options}
        return event_delivery.QueueConsumer(self.aws.client("sqs"), url, self.aws.queue_arn(url), function, **more)

    def tell_of_end(self, *execution_ids: str, **members: Any) -> None:
        """Sends Athena's event of the end of each query to the queue of events."""
        for name in execution_ids:
            body = event_delivery.as_text(event_delivery.state_event(name, **members))
            self.aws.client("sqs").send_message(QueueUrl=self.resources.event_queue_url, MessageBody=body)

    def drain(self) -> event_delivery.Delivery:
        """Delivers every visible message to `notification`."""
        return self.queue().drain()

    def send(self, message: Any) -> None:
        """Sends a message to the queue of finished queries."""
        self.aws.client("sqs").send_message(QueueUrl=self.resources.queue_url, MessageBody=event_delivery.as_text(message))

    def put_row(self, **attributes: Any) -> None:
        """Writes a row directly into the table."""
        from boto3.dynamodb.types import TypeSerializer

        item = {name: TypeSerializer().serialize(value) for name, value in attributes.items()}
        self.aws.client("dynamodb").put_item(TableName=self.resources.table, Item=item)

    def put_open_rows(self, execution_ids: List[str], first: datetime) -> None:
        """Writes rows of running queries directly into the table, one started each second; Athena reports them as running."""
        self.aws.put_executions(execution_ids, state="RUNNING", submitted=first.timestamp())
        items = []
        for seconds, name in enumerate(execution_ids):
            moment = f"{first + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"
            row = {
                "start_date": moment[:10],
                "start_key": f"{moment}#{name}",
                "start_timestamp": moment,
                "query_execution_id": name,
                "query_state": "RUNNING",
                "executing_user": "ada",
                "region": self.aws.region,
                "open": "0",
            }
            items.append({name: {"S": value} for name, value in row.items()})
        self.aws.put_items(self.resources.table, items)

    def expire_leases(self) -> None:
        """Lets the leases of alerts expire, without waiting."""
        for row in self.items():
            for name in row:
                if name.endswith("_claimed_until"):
                    self.aws.client("dynamodb").update_item(
                        TableName=self.resources.table,
                        Key={part: {"S": row[part]} for part in ("start_date", "start_key")},
                        UpdateExpression="SET #claim = :past",
                        ExpressionAttributeNames={"#claim": name},
                        ExpressionAttributeValues={":past": {"N": "1"}},
                    )

    # Results

    def output(self) -> str:
        """Standard output and standard error of all handlers."""
        return self.emulators.output()

    def row(self, execution_id: str) -> Dict[str, Any]:
        """The row of a query."""
        [row] = [row for row in self.rows() if row.get("query_execution_id") == execution_id]
        return row

    def open_ids(self) -> List[str]:
        return [row["query_execution_id"] for row in self.rows() if "open" in row]

    def channel_alerts(self, execution_id: Optional[str] = None) -> List[str]:
        """The messages in the channel, each as one text without the day's largest queries; those of one query, or all."""
        texts = [text_of(without_day(message)) for message in self.slack.channel_messages(CHANNEL)]
        return [text for text in texts if execution_id is None or execution_id in text]

    def rows(self) -> List[Dict[str, Any]]:
        """The rows of queries. The records of alerts have partitions of their own."""
        return [row for row in self.items() if "#" not in row["start_date"]]

    def items(self) -> List[Dict[str, Any]]:
        """Every item of the table."""
        return self.aws.rows(self.resources.table)

    def dead_letters(self) -> List[str]:
        """The bodies of the dead letters, which stay in their queue."""
        return receive_all(self.aws.client("sqs"), self.resources.dead_letter_queue_url)

    def waiting(self) -> List[str]:
        """Takes every visible message out of the queue, for a test that reads them in place of `notification`."""
        return receive_all(self.aws.client("sqs"), self.resources.queue_url)


def variables(credentials: Credentials) -> Dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
    }


def receive_all(sqs: Any, queue_url: str) -> List[str]:
    bodies: List[str] = []
    while True:
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages", []
        )
        if not messages:
            return bodies
        bodies += [message["Body"] for message in messages]


def metrics(*invocations: Invocation) -> Dict[str, int]:
    """The sum of each count over the invocations; a count that was not written is 0."""
    sums: Dict[str, int] = Counter()
    for line in (line for invocation in invocations for line in invocation.logs if "_aws" in line):
        for definition in line["_aws"]["CloudWatchMetrics"]:
            for metric in definition["Metrics"]:
                if metric["Unit"] == "Count":
                    sums[metric["Name"]] += line[metric["Name"]]
    return sums


def seconds(name: str, *invocations: Invocation) -> List[int]:
    """The times that the invocations wrote under a name."""
    return [time for invocation in invocations for line in invocation.logs for time in line.get(name, []) if "_aws" in line]


def reason(invocation: Invocation) -> str:
    """The error message of a failed invocation."""
    assert invocation.error is not None, "it succeeded"
    return str(invocation.error["errorMessage"])


def without_day(message: Dict[str, Any]) -> Dict[str, Any]:
    """A message without the list of the day's largest queries, which names other queries."""
    blocks = [block for block in message.get("blocks", []) if "*Largest*" not in text_of(block)]
    return {**message, "blocks": blocks}


def text_of(message: Any) -> str:
    """Every text of a Slack message, one on each line."""
    return "\n".join(texts_in(message))


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for element in value.values() if isinstance(value, dict) else value:
            yield from texts_in(element)


def ago(**time: float) -> datetime:
    """A time in the past, in whole seconds like CloudTrail's times."""
    return datetime.now(timezone.utc).replace(microsecond=0) - timedelta(**time)


def finished_message(execution_id: Optional[str] = None, **changes: Any) -> Dict[str, Any]:
    """The message of a query above every threshold, with the original's seven keys and the changes."""
    identifier = execution_id or str(uuid.uuid4())
    return {
        "start_date": "2024-03-05",
        "start_timestamp": "2024-03-05 14:30:07",
        "query_execution_id": identifier,
        "query_state": "SUCCEEDED",
        "executing_user": "ada",
        "data_scanned": 1024 * GIB,
        # The SQL contains the id, as a name, so the alerts do.
        "query_sql": f'SELECT * FROM sales AS "{identifier}"',
        **changes,
    }


def depth(sqs: Any, url: str) -> int:
    """The approximate number of messages in a queue, invisible ones included."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(attributes[name]) for name in attributes if name.startswith("ApproximateNumberOfMessages"))
