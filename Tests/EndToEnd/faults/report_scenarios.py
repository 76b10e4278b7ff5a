"""The scenarios of `report` and `report_page`."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from support import event_delivery
from support.alerter_stack import CHANNEL, AlerterStack, text_of
from support.fake_slack import channel_id
from support.scenarios import LINK_SECRET, page_event

from .cases import Case, EndState
from .fault_proxy import Report
from .other_scenarios import TRIES, ScenarioRun, handler_with_fault

if TYPE_CHECKING:
    from .fault_runner import FaultRunner

PAGE = "pages/month/2026-11.html"
# The handler reserves some seconds for its report.
LEAST_SECONDS = 15
# The person that the runner's Slack knows, and the parameter with its token.
PERSON = "ada@example.com"
TOKEN_PARAMETER = "/faults/slack-bot-token"


def put_queries(alerter: AlerterStack) -> str:
    """One query that ended yesterday; returns the day."""
    day = f"{datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%d}"
    alerter.put_row(
        start_date=day,
        start_key=f"{day} 10:00:00#q-1",
        start_timestamp=f"{day} 10:00:00",
        query_execution_id="q-1",
        query_state="SUCCEEDED",
        executing_user="ada",
        data_scanned=2**40,
        cost_usd=5,
    )
    return day


def objects(alerter: AlerterStack) -> Dict[str, Dict[str, Any]]:
    """The hash of each object of the history."""
    s3, bucket = alerter.aws.client("s3"), alerter.resources.bucket
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {key: {"hash": hashlib.sha256(body).hexdigest()} for key, body in bodies.items()}


def write_history(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
    """A night with a fault, with Lambda's retries; the next night repairs what is left."""
    alerter = runner.alerter("report")
    s3, bucket = alerter.aws.client("s3"), alerter.resources.bucket
    for key in objects(alerter):
        s3.delete_object(Bucket=bucket, Key=key)
    put_queries(alerter)
    environment = {**alerter.environment, "HISTORY_BUCKET": bucket}
    with runner.one_case():
        broken = handler_with_fault(runner, "report", environment, case, least_seconds=LEAST_SECONDS)
        invoker = event_delivery.AsynchronousInvoker(broken)
        for _ in range(2):
            invoker.invoke(event_delivery.schedule_event())
    return broken.report, EndState(objects(alerter), given_up=len(invoker.failed_events))


def put_last_week(alerter: AlerterStack) -> None:
    """What a person spent in the last week, whose summary is due today."""
    today = datetime.now(timezone.utc)
    day = f"{today - timedelta(days=today.weekday() + 4):%Y-%m-%d}"
    amounts = {"queries": 3, "failed": 1, "cancelled": 0, "unpriced": 0, "data_scanned": 2**40, "cost_usd": 5.25, "cost_cny": 0.0}
    query = {
        "start_date": day,
        "start_timestamp": f"{day} 10:00:00",
        "query_execution_id": "q-0",
        "query_state": "SUCCEEDED",
        "executing_user": PERSON,
        "cost_usd": 4.0,
    }
    lines: List[Dict[str, Any]] = [{"kind": "total"}, {"kind": "person", "name": PERSON}, {"kind": "human", "name": PERSON, "dearest_query": query}]
    text = "".join(json.dumps({**line, **amounts}) + "\n" for line in lines)
    alerter.put_object(f"sums/dt={day}/sums.json.gz", gzip.compress(text.encode(), mtime=0))


def send_summaries(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
    """A night that tells the channel and a person of the last week, with a fault and Lambda's retries; what is left is told
    in the next night, when the claims have ended."""
    alerter = runner.alerter("report")
    clear(runner, alerter)
    put_queries(alerter)
    put_last_week(alerter)
    weekday = f"{datetime.now(timezone.utc):%A}".lower()
    alerter.write_settings(
        slack={"bot_token": f"ssm:{TOKEN_PARAMETER}"}, reports={"channel": CHANNEL, "weekly": weekday, "people": True}
    )
    environment = {
        **alerter.environment,
        "HISTORY_BUCKET": alerter.resources.bucket,
        "SLACK_API_URL": runner.proxy.through("slack", runner.slack.api_url),
    }
    with runner.one_case():
        broken = handler_with_fault(runner, "report", environment, case, least_seconds=LEAST_SECONDS)
        event_delivery.AsynchronousInvoker(broken).invoke(event_delivery.schedule_event())
        alerter.expire_leases()
        next_night = event_delivery.AsynchronousInvoker(broken)
        next_night.invoke(event_delivery.schedule_event())
    posted = [call.payload for call in runner.slack.calls if call.accepted and call.method == "chat.postMessage"]
    alerts = sorted((channel_id(one["channel"]), text_of([one.get("text"), one.get("blocks")])) for one in posted)
    records = [one for one in alerter.items() if "#" in one["start_date"]]
    rows = {f"{one['start_date']} {one['start_key']}": {name: "a time" for name in one if name.endswith("_at")} for one in records}
    return broken.report, EndState({**objects(alerter), **rows}, alerts, given_up=len(next_night.failed_events))


def clear(runner: "FaultRunner", alerter: AlerterStack) -> None:
    for key in objects(alerter):
        alerter.aws.client("s3").delete_object(Bucket=alerter.resources.bucket, Key=key)
    for row in alerter.items():
        key = {part: {"S": row[part]} for part in ("start_date", "start_key")}
        alerter.aws.client("dynamodb").delete_item(TableName=alerter.resources.table, Key=key)
    runner.slack.calls.clear()
    runner.slack.shown.clear()


def show_page(place: str) -> ScenarioRun:
    """A reader opens a link until a page comes. The secret of links is a parameter (`ssm`) or a `secretsmanager` secret."""

    def run_scenario(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
        alerter = runner.alerter(f"report_page-{place}")
        alerter.put_object(PAGE, b"<p>a page</p>")
        name = f"faults-{alerter.resources.table}"
        if place == "ssm":
            ssm = alerter.aws.client("ssm")
            ssm.put_parameter(Name=f"/{name}", Value=LINK_SECRET, Type="SecureString", Overwrite=True)
            alerter.write_settings(reports={"link_secret": f"ssm:/{name}"})
        else:
            secrets = alerter.aws.client("secretsmanager")
            if not secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]:
                secrets.create_secret(Name=name, SecretString=LINK_SECRET)
            alerter.write_settings(reports={"link_secret": f"secretsmanager:{name}"})
        environment = {**alerter.environment, "HISTORY_BUCKET": alerter.resources.bucket}
        with runner.one_case():
            broken = handler_with_fault(runner, "report_page", environment, case)
            answer: Dict[str, Any] = {}
            for _ in range(TRIES):
                invocation = broken.invoke(page_event("/month/2026-11.html", LINK_SECRET))
                if invocation.succeeded:
                    answer = invocation.payload
                    break
        return broken.report, EndState({"answer": {"status": answer.get("statusCode"), "body": answer.get("body")}})

    return run_scenario
