"""What the handlers do when all goes well, and errors of every kind."""

from __future__ import annotations

import gzip
import hmac
import json
import time
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Set

from . import cloudtrail, fake_slack
from .alerter_stack import CHANNEL, AlerterStack, ago, finished_message, metrics
from .fake_slack import FakeSlack
from .partition_refresh_stack import HANDLER as PARTITION_REFRESH
from .partition_refresh_stack import PartitionRefreshStack
from .query_stack import QueryStack, body_of, rows
from .roles import HINTS, ROLES, STATEMENTS

LINK_SECRET = "a-secret-of-more-than-32-characters"
CONFIDENTIAL = "SELECT confidential FROM payroll"
REFUSED = {"status": 400, "code": "AccessDeniedException", "message": "not allowed"}


def run_all_handlers(alerter: AlerterStack, slack: FakeSlack) -> None:
    """Runs a query from its start to its alerts."""
    ada = slack.add_person("ada@example.com")
    query = alerter.start()
    assert alerter.update_and_notify().received == 0
    alerter.finish(query)
    assert alerter.update_and_notify().returned == 0
    assert len(alerter.channel_alerts(query)) == len(slack.direct_messages(ada)) == 1
    # Once more, for the calls that only a repeated message causes.
    alerter.send(finished_message(query))
    assert alerter.drain().returned == 0


def cause_errors(alerter: AlerterStack, slack: FakeSlack) -> None:
    """Causes an error of every kind in each handler."""
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", **REFUSED})
    alerter.deliver([cloudtrail.query_start("q-1", sql=CONFIDENTIAL, identity=cloudtrail.sso_person("ada@example.com"))])
    alerter.deliver([{**cloudtrail.query_start("q-2", sql=CONFIDENTIAL), "eventTime": CONFIDENTIAL}])
    alerter.announce(alerter.put_object(cloudtrail.log_key(), gzip.compress(cloudtrail.log_text([cloudtrail.query_start("q-0")])[:-2])))
    alerter.handler("cloudtrail_handler").invoke({"Records": [{"Sns": {"Message": CONFIDENTIAL}}]})
    alerter.finish("q-1", query=CONFIDENTIAL, state="FAILED", reason=f"line 1: {CONFIDENTIAL}")
    alerter.aws.arm({"operation": "sqs.SendMessageBatch", **REFUSED}, {"operation": "dynamodb.BatchExecuteStatement", **REFUSED})
    alerter.tick()
    alerter.tick()
    alerter.tick()
    slack.fail_next("chat.postMessage", fake_slack.ok_false("invalid_auth"))
    slack.fail_next("chat.postMessage", fake_slack.reset())
    alerter.send(CONFIDENTIAL)
    alerter.send({**finished_message(query_sql=CONFIDENTIAL), "data_scanned": CONFIDENTIAL})
    alerter.send(json.dumps(finished_message(query_sql=CONFIDENTIAL))[:-3])
    alerter.drain()
    slack.bot_token = "xoxb-0-0-newer"
    alerter.send(finished_message(query_sql=CONFIDENTIAL))
    alerter.queue().deliver_batch()


def run_a_query(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, ["7"]))
    invocation = queries.run(deleteResult=True)
    assert body_of(invocation)["rows"] == [{"n": 7}] and metrics(invocation)["ResultFilesDeleted"] == 2


def serve_a_query(queries: QueryStack) -> None:
    queries.plan({"order": {"state": "RUNNING"}}, rows({"n": "integer"}, ["7"]))
    assert queries.ask("POST", f"cancel/{queries.submit()}").body["status"] == "CANCELLED"
    assert queries.ask("POST", "next", {"query_id": queries.submit()}).body["rows"] == [[7]]


def sweep(queries: QueryStack) -> None:
    queries.put("daily/tenant=x/retention=1/a.csv")
    queries.aws.age_objects(queries.bucket, "a.csv", 60)
    queries.handler("query_retention")
    queries.aws.reset_calls()
    assert metrics(queries.sweep())["ResultFilesDeleted"] == 1


QUERY_SCENARIOS: Dict[str, Callable[[QueryStack], None]] = {
    "run_query": run_a_query,
    "query_api": serve_a_query,
    "query_retention": sweep,
}


def page_path(day: datetime) -> str:
    """The path of a month's page, as a link has it."""
    return f"/month/{day:%Y-%m}.html"


def page_event(path: str, secret: str, days: float = 35, **changes: str) -> Dict[str, Any]:
    """The event of a function URL for a signed link, by Python's own HMAC."""
    expires = changes.pop("expires", str(int(time.time() + days * 86400)))
    code = hmac.new(secret.encode(), f"{path}\n{expires}".encode(), "sha256").hexdigest()
    parts = {"expires": expires, "signature": code, **changes}
    query = "&".join(f"{name}={value}" for name, value in parts.items())
    return {"version": "2.0", "rawPath": path, "rawQueryString": query, "requestContext": {"http": {"method": "GET"}}}


def made(calls: Dict[str, int]) -> Set[str]:
    return {name.replace(".", ":", 1) for name in calls}


class Observed:
    """Runs the handlers one after another, and notes what each of them calls."""

    def __init__(self, alerter: AlerterStack, slack: FakeSlack) -> None:
        self.alerter, self.slack = alerter, slack
        self.calls: Dict[str, Set[str]] = {handler: set() for handler in ROLES}

    def invoke(self, handler: str, event: Any) -> None:
        self.alerter.aws.reset_calls()
        invocation = self.alerter.handler(handler).invoke(event)
        assert invocation.succeeded, invocation.error
        self.calls[handler] |= made(self.alerter.aws.calls())

    def logs(self, records: List[cloudtrail.Record]) -> None:
        self.invoke("cloudtrail_handler", self.alerter.created(self.alerter.put_log(records)))

    def messages(self, *bodies: Any) -> None:
        records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
        self.invoke("notification", {"Records": records})

    def minute(self) -> None:
        self.invoke("usage_update", {})

    def everything(self) -> Dict[str, Set[str]]:
        # Two queries, one of which may be the repetition of a start: its row is younger than Athena's own time.
        start = ago(minutes=3)
        records = [cloudtrail.query_start("q-1", at=start), cloudtrail.query_start("q-2", at=start)]
        for name in ("q-1", "q-2"):
            self.alerter.finish(name, submitted=(start - timedelta(seconds=5)).timestamp())
        self.logs(records)
        self.minute()
        assert sorted(json.loads(body)["query_execution_id"] for body in self.alerter.waiting()) == ["q-1", "q-2"]
        self.directory()
        self.cancelling()
        self.ending()
        self.stopping()
        # Secrets in both places, and a message that comes twice.
        name = f"slack-{self.alerter.resources.table}"
        self.alerter.aws.client("ssm").put_parameter(Name=f"/{name}", Value=self.slack.bot_token, Type="SecureString")
        self.alerter.aws.client("secretsmanager").create_secret(Name=name, SecretString=self.slack.webhook_url)
        secrets = {"bot_token": f"ssm:/{name}", "webhook_url": f"secretsmanager:{name}"}
        self.alerter.write_settings(slack={**secrets, "channel": CHANNEL, "email_domain": "example.com"})
        self.slack.add_person("ada@example.com")
        for _ in range(2):
            self.messages(finished_message("q-1"))
        self.hints()
        self.budgets()
        with QueryStack(self.alerter.executable, self.alerter.aws) as queries:
            for handler, scenario in QUERY_SCENARIOS.items():
                queries.handler(handler)
                self.alerter.aws.reset_calls()
                scenario(queries)
                self.calls[handler] |= made(self.alerter.aws.calls())
        self.partitions()
        self.report()
        return self.calls

    def report(self) -> None:
        self.alerter.set_environment(HISTORY_BUCKET=self.alerter.resources.bucket)
        self.invoke("report", {})
        # The secret of links, in each of its places.
        name = f"links-{self.alerter.resources.table}"
        self.alerter.aws.client("ssm").put_parameter(Name=f"/{name}", Value=LINK_SECRET, Type="SecureString")
        self.alerter.aws.client("secretsmanager").create_secret(Name=name, SecretString=LINK_SECRET)
        for place in (f"ssm:/{name}", f"secretsmanager:{name}"):
            self.alerter.write_settings(reports={"link_secret": place})
            self.invoke("report_page", page_event(page_path(ago(minutes=0)), LINK_SECRET))

    def directory(self) -> None:
        """A query of a user whom only Identity Center can name, which the handler may ask under a condition only."""
        asked = {"identitystore:DescribeUser"}
        assert not asked & self.calls["usage_update"]
        query = self.alerter.start(identity=cloudtrail.identity_center_user())
        self.alerter.finish(query)
        self.alerter.set_environment(IDENTITY_STORE_ID="d-1234567890")
        self.minute()
        assert self.alerter.row(query)["query_state"] == "SUCCEEDED" and asked <= self.calls["usage_update"]
        self.alerter.waiting()

    def cancelling(self) -> None:
        """A query that somebody cancelled."""
        query = self.alerter.start()
        self.logs([cloudtrail.query_stop(query, cloudtrail.iam_user("grace"))])
        self.alerter.finish(query, state="CANCELLED")
        self.minute()
        [body] = self.alerter.waiting()
        assert json.loads(body)["stopped_by"] == "grace"

    def ending(self) -> None:
        """An event of a query without a row, which the handler puts off under a condition only."""
        asked = {"sqs:ChangeMessageVisibilityBatch"}
        assert not asked & self.calls["usage_update"]
        self.alerter.tell_of_end("q-none")
        self.alerter.aws.reset_calls()
        [invocation] = self.alerter.events().drain().invocations
        self.calls["usage_update"] |= made(self.alerter.aws.calls()) & asked
        assert invocation.succeeded and asked <= self.calls["usage_update"]

    def stopping(self) -> None:
        """A query that runs too long, which the handler may stop under a condition only."""
        asked = {"athena:StopQueryExecution"}
        assert not asked & self.calls["usage_update"]
        query = self.alerter.start()
        self.alerter.write_settings(running={"stop": "1 min"})
        self.alerter.aws.put_execution(query, state="RUNNING", submitted=ago(minutes=9).timestamp())
        self.minute()
        assert not asked & self.calls["usage_update"]
        self.alerter.set_environment(ALLOW_STOP="true")
        self.minute()
        assert asked <= self.calls["usage_update"]
        self.alerter.finish(query, state="CANCELLED")
        self.minute()
        [body] = self.alerter.waiting()
        assert json.loads(body)["stopped_at"] == "1 min"

    def budgets(self) -> None:
        """A query that a budget counts, whose sums are read at once."""
        asked = {"dynamodb:BatchGetItem"}
        assert not asked & self.calls["notification"]
        self.alerter.write_settings(budgets=[{"name": "all", "limit": "$50", "every": "month"}])
        self.messages(finished_message("q-3"))
        assert asked <= self.calls["notification"]

    def hints(self) -> None:
        """An alert with hints, for which the handler may ask under a condition only."""
        asked = {call for call, _ in HINTS}
        assert not asked & self.calls["notification"]
        self.alerter.set_environment(HINTS="true")
        self.messages(finished_message("q-hints", query_sql="SELECT a FROM t", database="web", workgroup="primary"))
        assert asked <= self.calls["notification"]
        self.alerter.set_environment(HINTS="")

    def partitions(self) -> None:
        refresh = PartitionRefreshStack(self.alerter)
        refresh.create_table("t")
        # In Athena's modes it makes calls that are allowed under a condition only.
        for mode in ("glue", "add_partition"):
            refresh.configure("t", refresh_mode=mode)
            refresh.send(refresh.created(f"t/dt=2024-01-01-0{mode.count('_')}/x"))
            self.invoke(PARTITION_REFRESH, {})
            asked = {call for call in self.calls[PARTITION_REFRESH] if call.startswith("athena:")}
            assert asked == (set() if mode == "glue" else {call for call, _ in STATEMENTS if call.startswith("athena:")})
        assert len(refresh.partitions("t")) == 2 and refresh.count() == 0
