"""Runs handlers behind a proxy that breaks one call, redelivers as AWS does, and compares the results."""

from __future__ import annotations

import re
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Set, Tuple, TypeVar, Union

from support import cloudtrail, event_delivery
from support.alerter_stack import CHANNEL, GIB, AlerterStack, depth, finished_message, text_of
from support.emulator import Emulator, Invocation
from support.fake_slack import WEBHOOK, FakeSlack, channel_id
from support.local_aws import LocalAWS

from . import other_scenarios, report_scenarios
from .cases import Case, EndState, cases, timeout_seconds
from .fault_proxy import RUNTIME, FaultyFunction, FaultProxy, Report
from .report_scenarios import TOKEN_PARAMETER

# The visibility timeout and the number of receives of the template's queue.
VISIBILITY_SECONDS = 180
RECEIVES = 20

LOG_KEY = cloudtrail.log_key()
WEBHOOK_SECRET = "faults/slack-webhook"


class RecordingFunction:
    """A function that records its messages, so that they can be delivered once more."""

    def __init__(self, function: event_delivery.Function, bodies: Set[str]) -> None:
        self.function = function
        self.bodies = bodies

    def invoke(self, event: event_delivery.Event) -> Invocation:
        self.bodies.update(record["body"] for record in event.get("Records", []) if "body" in record)
        return self.function.invoke(event)


# The delivery of events to a handler. Each returns the number of events that failed for good.

Deliver = Callable[[AlerterStack, event_delivery.Function], int]


def deliver_file(alerter: AlerterStack, function: event_delivery.Function) -> int:
    invoker = event_delivery.AsynchronousInvoker(function)
    invoker.invoke(alerter.created(alerter.put_object(LOG_KEY, cloudtrail.log_file(starts()))))
    return len(invoker.failed_events)


def deliver_file_of_the_directory(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """A query of a user of Identity Center, who is not there: a fault may cost the name, and there is none."""
    invoker = event_delivery.AsynchronousInvoker(function)
    start = cloudtrail.query_start(DIRECTORY_QUERY, cloudtrail.identity_center_user())
    invoker.invoke(alerter.created(alerter.put_object(LOG_KEY, cloudtrail.log_file([start]))))
    return len(invoker.failed_events)


def deliver_file_of_the_cancelled(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """A query that was cancelled, nobody knows by whom: a fault may cost the name, and there is none."""
    invoker = event_delivery.AsynchronousInvoker(function)
    invoker.invoke(alerter.created(alerter.put_object(LOG_KEY, cloudtrail.log_file([cloudtrail.query_start(CANCELLED_QUERY)]))))
    return len(invoker.failed_events)


def deliver_stops(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """The file that tells who stopped a query."""
    invoker = event_delivery.AsynchronousInvoker(function)
    stop = cloudtrail.query_stop(CANCELLED_QUERY, cloudtrail.iam_user("grace"))
    invoker.invoke(alerter.created(alerter.put_object(LOG_KEY, cloudtrail.log_file([stop]))))
    return len(invoker.failed_events)


def deliver_calls(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """EventBridge announces one start."""
    invoker = event_delivery.AsynchronousInvoker(function)
    invoker.invoke(event_delivery.call_event(starts()[0]))
    return len(invoker.failed_events)


def deliver_endings(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """Athena tells of each end, and of one without a row. What a fault keeps in the queue is left to the next tick."""
    alerter.tell_of_end(*QUERIES, UNKNOWN_QUERY)
    alerter.events(function, window_seconds=0.1).deliver_batch()
    return 0


def deliver_schedule(alerter: AlerterStack, function: event_delivery.Function) -> int:
    invoker = event_delivery.AsynchronousInvoker(function)
    invoker.invoke(event_delivery.schedule_event())
    return len(invoker.failed_events)


def throttle_a_part(alerter: AlerterStack) -> None:
    """Lets the table throttle every second statement of the next batch."""
    alerter.aws.arm({"operation": "dynamodb.BatchExecuteStatement", "kind": "part"})


def deliver_file_under_load(alerter: AlerterStack, function: event_delivery.Function) -> int:
    throttle_a_part(alerter)
    return deliver_file(alerter, function)


def deliver_schedule_under_load(alerter: AlerterStack, function: event_delivery.Function) -> int:
    throttle_a_part(alerter)
    return deliver_schedule(alerter, function)


def deliver_messages(alerter: AlerterStack, function: event_delivery.Function) -> int:
    resources = alerter.resources
    sqs = alerter.aws.client("sqs")
    queue = event_delivery.QueueConsumer(sqs, resources.queue_url, resources.queue_arn, function)
    while (delivery := queue.deliver_batch()).received:
        if delivery.returned:
            pass_visibility_timeout(alerter)
    return 0


def deliver_messages_of_one_program(alerter: AlerterStack, function: event_delivery.Function) -> int:
    """Two queries of one program and the warning of the first, so that the alerts are replies in the warning's thread."""
    etl = {"executing_user": "etl", "user_type": "role"}
    alerter.send(finished_message("q-first", query_state="RUNNING", warning=["channel"], **etl))
    for name in ("q-first", "q-second"):
        alerter.send(finished_message(name, **etl))
    return deliver_messages(alerter, function)


def deliver_messages_twice(alerter: AlerterStack, function: event_delivery.Function) -> int:
    bodies = alerter.waiting()
    alerter.aws.clear_queues()
    for body in [*bodies, *bodies]:
        alerter.send(body)
    return deliver_messages(alerter, function)


def pass_visibility_timeout(alerter: AlerterStack) -> None:
    """Lets the visibility timeout pass, and the leases that end within it."""
    end = (time.time() + VISIBILITY_SECONDS) * 1000
    claims = [value for row in alerter.items() for name, value in row.items() if name.endswith("_claimed_until")]
    if all(float(claim) < end for claim in claims):
        alerter.expire_leases()


@dataclass(frozen=True)
class Scenario:
    """A handler under faults: the steps before it, and the delivery of its event.

    A scenario that is `like` another breaks only the calls that the other does not make.
    """

    title: str
    handler: str
    deliver: Deliver
    before: Tuple[Deliver, ...] = ()
    webhook: bool = False
    budgets: bool = False
    like: Optional[str] = None
    # The identity store, if the handlers may ask for its users.
    store: str = ""
    # Whether queries are stopped that run for a minute.
    stops: bool = False
    # Whether alerts have hints.
    hints: bool = False

    @property
    def source(self) -> Deliver:
        """The delivery of the file with which everything begins."""
        return (*self.before, self.deliver)[0]


@dataclass(frozen=True)
class OtherScenario:
    """A handler of another system under faults, with a run of its own."""

    title: str
    run_scenario: other_scenarios.ScenarioRun
    like: Optional[str] = None


SCENARIOS = {
    scenario.title: scenario
    for scenario in (
        Scenario("cloudtrail_handler", "cloudtrail_handler", deliver_file),
        Scenario("cloudtrail_handler, under load", "cloudtrail_handler", deliver_file_under_load),
        Scenario("cloudtrail_handler, announced calls", "cloudtrail_handler", deliver_calls),
        Scenario("cloudtrail_handler, stops", "cloudtrail_handler", deliver_stops),
        Scenario("usage_update", "usage_update", deliver_schedule, before=(deliver_file,)),
        Scenario("usage_update, under load", "usage_update", deliver_schedule_under_load, before=(deliver_file,)),
        Scenario(
            "usage_update, cancelled",
            "usage_update",
            deliver_schedule,
            before=(deliver_file_of_the_cancelled,),
            like="usage_update",
        ),
        Scenario("usage_update, events", "usage_update", deliver_endings, before=(deliver_file,)),
        Scenario(
            "usage_update, Identity Center",
            "usage_update",
            deliver_schedule,
            before=(deliver_file_of_the_directory,),
            like="usage_update",
            store="d-1234567890",
        ),
        Scenario(
            "usage_update, stop", "usage_update", deliver_schedule, before=(deliver_file,), like="usage_update", stops=True
        ),
        Scenario("notification", "notification", deliver_messages, before=(deliver_file, deliver_schedule)),
        Scenario(
            "notification, webhook",
            "notification",
            deliver_messages,
            before=(deliver_file, deliver_schedule),
            webhook=True,
            like="notification",
        ),
        Scenario(
            "notification, doubled",
            "notification",
            deliver_messages_twice,
            before=(deliver_file, deliver_schedule),
            like="notification",
        ),
        Scenario(
            "notification, thread",
            "notification",
            deliver_messages_of_one_program,
        ),
        Scenario(
            "notification, budgets",
            "notification",
            deliver_messages_twice,
            before=(deliver_file, deliver_schedule),
            budgets=True,
        ),
        Scenario(
            "notification, hints",
            "notification",
            deliver_messages,
            before=(deliver_file, deliver_schedule),
            like="notification",
            hints=True,
        ),
        OtherScenario("partition_refresh", other_scenarios.refresh_partitions("glue")),
        OtherScenario(
            "partition_refresh, add_partition", other_scenarios.refresh_partitions("add_partition"), like="partition_refresh"
        ),
        OtherScenario("partition_refresh, repair", other_scenarios.refresh_partitions("repair"), like="partition_refresh"),
        OtherScenario("run_query", other_scenarios.run_query),
        OtherScenario("run_query, deleteResult", other_scenarios.run_query_and_delete, like="run_query"),
        OtherScenario("query_api, query", other_scenarios.asked("POST", "query", {"query": "SELECT 1"}, prepare=False)),
        OtherScenario("query_api, status", other_scenarios.asked("GET", "status/ID"), like="query_api, query"),
        OtherScenario("query_api, next", other_scenarios.asked("POST", "next", {}), like="query_api, status"),
        OtherScenario(
            "query_api, cancel",
            other_scenarios.asked("POST", "cancel/ID", plan=other_scenarios.RUNNING),
            like="query_api, status",
        ),
        OtherScenario("query_retention", other_scenarios.sweep),
        OtherScenario("report", report_scenarios.write_history),
        OtherScenario("report, summaries", report_scenarios.send_summaries, like="report"),
        OtherScenario("report_page", report_scenarios.show_page("ssm")),
        OtherScenario("report_page, secret", report_scenarios.show_page("secretsmanager"), like="report_page"),
    )
}
AnyScenario = Union[Scenario, OtherScenario]
HANDLER_OF = {
    deliver_file: "cloudtrail_handler",
    deliver_file_under_load: "cloudtrail_handler",
    deliver_file_of_the_directory: "cloudtrail_handler",
    deliver_file_of_the_cancelled: "cloudtrail_handler",
    deliver_stops: "cloudtrail_handler",
    deliver_calls: "cloudtrail_handler",
    deliver_schedule: "usage_update",
    deliver_schedule_under_load: "usage_update",
    deliver_endings: "usage_update",
    deliver_messages: "notification",
    deliver_messages_of_one_program: "notification",
    deliver_messages_twice: "notification",
}

# The queries of a run: one that alerts a person and the channel, one of a machine that alerts the channel, one that
# was started twice, and one that still runs.
QUERIES: Dict[str, Dict[str, Any]] = {
    "q-person": {"scanned": 1024 * GIB, "identity": cloudtrail.iam_user("ada")},
    "q-machine": {"scanned": 500 * GIB, "identity": cloudtrail.machine()},
    "q-repeated": {"scanned": GIB, "identity": cloudtrail.iam_user("grace")},
    "q-running": {"scanned": 0, "identity": cloudtrail.iam_user("ada")},
}
DIRECTORY_QUERY = "q-directory"
# The person and the channel hear of the person's half; of everything, the channel hears only of the highest step.
BUDGETS = [
    {"name": "people", "per": "user", "limit": "$10", "every": "month", "match": {"user_type": "person"}},
    {"name": "all", "limit": "1 TiB", "every": "day"},
]
CANCELLED_QUERY = "q-cancelled"
UNKNOWN_QUERY = "q-unknown"


def starts() -> List[cloudtrail.Record]:
    records = [cloudtrail.query_start(name, query["identity"]) for name, query in QUERIES.items()]
    again = cloudtrail.START + timedelta(seconds=4)
    return [*records, cloudtrail.query_start("q-repeated", QUERIES["q-repeated"]["identity"], at=again)]


def set_executions(alerter: AlerterStack) -> None:
    for name, query in QUERIES.items():
        submitted = cloudtrail.START.timestamp() + 0.3
        if name == "q-running":
            alerter.aws.put_execution(name, state="RUNNING", submitted=submitted)
        else:
            alerter.finish(name, query["scanned"], submitted=submitted)
    alerter.finish(CANCELLED_QUERY, state="CANCELLED", submitted=cloudtrail.START.timestamp() + 0.3)
    alerter.finish(DIRECTORY_QUERY, GIB, submitted=cloudtrail.START.timestamp() + 0.3)


Part = TypeVar("Part")
NO_EFFECT = "the fault had no effect"


@dataclass
class Outcome:
    """The result of a case, compared with a run without faults."""

    case: Case
    is_reached: bool
    is_broken: bool
    lost: List[str] = field(default_factory=list)
    doubled: List[str] = field(default_factory=list)
    differing: List[str] = field(default_factory=list)
    not_noted: int = 0

    @property
    def is_good(self) -> bool:
        """Inside the known window an alert may come twice; nothing may be lost anywhere."""
        is_doubled = bool(self.doubled) and not self.case.is_in_window
        return self.is_broken and not self.lost and not self.differing and not is_doubled

    def __str__(self) -> str:
        faults = [
            *([] if self.is_broken else [NO_EFFECT if self.is_reached else "the call to break was not made"]),
            *(f"lost: {what}" for what in self.lost),
            *(f"doubled: {what}" for what in self.doubled),
            *(f"differs: {what}" for what in self.differing),
        ]
        return f"{self.case}: {'; '.join(faults) or 'good'}"


class FaultRunner:
    """A local AWS, Slack, a proxy and the handlers, which run one case after another."""

    def __init__(self, executable: Path, directory: Path) -> None:
        self.executable = executable
        self.directory = directory
        self._stack = ExitStack()
        self._case = ExitStack()
        self._stacks: Dict[str, AlerterStack] = {}
        self._baselines: Dict[str, Tuple[List[str], EndState]] = {}

    def __enter__(self) -> "FaultRunner":
        try:
            self.aws = self._stack.enter_context(LocalAWS())
            self.slack = self._stack.enter_context(FakeSlack())
            self.slack.add_person("ada@example.com", "UADA000001")
            upstreams = {"aws": self.aws.endpoint, "slack": self.slack.api_url[: -len("/api/")]}
            self.proxy = self._stack.enter_context(FaultProxy(upstreams, self.directory))
            self.aws.client("ssm").put_parameter(Name=TOKEN_PARAMETER, Value=self.slack.bot_token, Type="SecureString")
            webhook = self.proxy.through("slack", self.slack.webhook_url)
            self.aws.client("secretsmanager").create_secret(Name=WEBHOOK_SECRET, SecretString=webhook)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    def calls(self, scenario: AnyScenario) -> List[str]:
        """The calls that the scenario's handler makes without faults, in their order."""
        return self._baseline(scenario)[0]

    def cases(self) -> List[Case]:
        """Every case of every scenario."""
        found = []
        for title, scenario in SCENARIOS.items():
            known = self.calls(SCENARIOS[scenario.like]) if scenario.like else []
            found += [case for case in cases(title, self.calls(scenario)) if case.call not in known]
        return found

    def run(self, case: Case) -> Outcome:
        scenario = SCENARIOS[case.scenario]
        _, expected = self._baseline(scenario)
        report, found = self._run_scenario(scenario, case)
        return compared(case, report, expected, found)

    def _baseline(self, scenario: AnyScenario) -> Tuple[List[str], EndState]:
        if scenario.title not in self._baselines:
            report, state = self._run_scenario(scenario, None)
            calls = list(report.calls)
            # After its response the handler asks for the next event, which belongs to another invocation.
            while calls and calls[-1] == "runtime.next":
                calls.pop()
            if state.waiting or state.dead_letters or state.given_up or not (state.alerts or state.rows):
                raise RuntimeError(f"a run without faults of {scenario.title} does not end in a clean state: {state}")
            self._baselines[scenario.title] = calls, state
        return self._baselines[scenario.title]

    def _run_scenario(self, scenario: AnyScenario, case: Optional[Case]) -> Tuple[Report, EndState]:
        return scenario.run_scenario(self, case) if isinstance(scenario, OtherScenario) else self._run_alerter(scenario, case)

    def _run_alerter(self, scenario: Scenario, case: Optional[Case]) -> Tuple[Report, EndState]:
        alerter = self._stack_for(scenario)
        self._clear(alerter)
        set_executions(alerter)
        for deliver in scenario.before:
            deliver(alerter, alerter.handler(HANDLER_OF[deliver]))
        environment = {
            **alerter.environment,
            "AWS_ENDPOINT_URL": self.proxy.url("aws"),
            "SLACK_API_URL": self.proxy.through("slack", self.slack.api_url),
            "IDENTITY_STORE_ID": scenario.store,
            "ALLOW_STOP": "true" if scenario.stops else "",
            "HINTS": "true" if scenario.hints else "",
        }
        within = ["/usr/bin/env", f"AWS_LAMBDA_RUNTIME_API={self.proxy.address(RUNTIME)}"]
        with Emulator(self.executable, scenario.handler, environment, timeout_seconds(case), within=within) as emulator:
            self.proxy.arm(case.plan(emulator.process_id) if case else None, emulator.runtime_port)
            broken = FaultyFunction(emulator, self.proxy)
            bodies: Set[str] = set()

            def function(deliver: Deliver) -> event_delivery.Function:
                """The handler under test stays the same; the others run without faults."""
                name = HANDLER_OF[deliver]
                # Only these messages are sent once more: those of the other queue are Athena's events.
                recorded = bodies if name == "notification" else set()
                return RecordingFunction(broken if name == scenario.handler else alerter.handler(name), recorded)

            given_up = scenario.deliver(alerter, function(scenario.deliver))
            for _ in range(2):
                given_up += deliver_schedule(alerter, function(deliver_schedule))
                deliver_messages(alerter, function(deliver_messages))
            in_time = self._end_state(alerter, given_up)
            # Everything may be delivered once more after the end. The run without faults does not do this.
            if case is not None:
                alerter.expire_leases()
                for body in sorted(bodies):
                    alerter.send(body)
                deliver_messages(alerter, function(deliver_messages))
                given_up += scenario.source(alerter, function(scenario.source))
        assert broken.report is not None
        return broken.report, replace(self._end_state(alerter, given_up), in_time=in_time)

    def _stack_for(self, scenario: Scenario) -> AlerterStack:
        is_warning = scenario.handler == "usage_update"
        name = "webhook" if scenario.webhook else "budgets" if scenario.budgets else "running" if is_warning else "bot"
        if name not in self._stacks:
            slack = {"bot_token": f"ssm:{TOKEN_PARAMETER}", "email_domain": "example.com"}
            slack.update({"webhook_url": f"secretsmanager:{WEBHOOK_SECRET}"} if scenario.webhook else {"channel": CHANNEL})
            # Queries count whether or not they cause an alert, and alerts are broken in other scenarios.
            silent = {"user": None, "channel": None}
            budgets = {"budgets": BUDGETS, "thresholds": silent} if scenario.budgets else {}
            running = {"running": {"warn": "1 min", "stop": "1 min"}} if is_warning else {}
            self.alerter(name).write_settings(slack=slack, **running, **budgets)
        return self.alerter(name)

    def alerter(self, name: str) -> AlerterStack:
        """The stack with this name, which all cases share."""
        if name not in self._stacks:
            directory = self.directory / name
            directory.mkdir()
            alerter = AlerterStack(self.executable, self.aws, self.slack, directory, receives=RECEIVES)
            self._stacks[name] = self._stack.enter_context(alerter)
        return self._stacks[name]

    @contextmanager
    def one_case(self) -> Iterator[None]:
        """Ends what is entered during a case with the case."""
        with ExitStack() as self._case:
            yield

    def enter(self, part: ContextManager[Part]) -> Part:
        return self._case.enter_context(part)

    def _clear(self, alerter: AlerterStack) -> None:
        dynamodb = self.aws.client("dynamodb")
        for row in alerter.items():
            key = {part: {"S": row[part]} for part in ("start_date", "start_key")}
            dynamodb.delete_item(TableName=alerter.resources.table, Key=key)
        self.aws.clear_queues()
        self.aws.clear_executions()
        self.slack.calls.clear()
        self.slack.shown.clear()

    def _end_state(self, alerter: AlerterStack, given_up: int) -> EndState:
        posted = [call for call in self.slack.calls if call.accepted and call.method in ("chat.postMessage", WEBHOOK)]
        texts = [text_without_order(text_of([call.payload.get("text"), call.payload.get("blocks")])) for call in posted]
        alerts = [(channel_id(call.payload.get("channel", WEBHOOK)), text) for call, text in zip(posted, texts)]
        rows = {f"{row['start_date']} {row['start_key']}": comparable_part(row) for row in alerter.items()}
        waiting, dead = (
            depth(self.aws.client("sqs"), url)
            for url in (alerter.resources.queue_url, alerter.resources.dead_letter_queue_url)
        )
        headlines = [message["text"].splitlines()[0] for message in self.slack.shown.values() if "thread_ts" not in message]
        sums = sorted(headline for headline in headlines if " queries " in headline)
        return EndState(rows, sorted(alerts), waiting, dead, given_up, sums=sums)


def text_without_order(text: str) -> str:
    """An alert without what depends on the day's other alerts, and on the time at which its query was seen running.

    It has no hints either: the promise is that it goes out, if need be without them.
    """
    lines = re.sub(r"(running for |\*Seen\*\n).*", r"\1", text).splitlines()
    left_out = r"^(• |\*Largest\*$|context$|section$|mrkdwn$)|\|Read more>$|: \d+ quer(y|ies)\b.* today, "
    return "\n".join(line for line in lines if not re.search(left_out, line))


def comparable_part(row: Dict[str, Any]) -> Dict[str, Any]:
    """The item without timestamps, expired leases, and what depends on the order of a day's alerts."""
    kept = {
        name: value
        for name, value in row.items()
        if not name.endswith(("_claimed_until", "_claimed_step"))
        and name not in ("thread_ts", "opening", "announced", "largest")
    }
    if "recent_statements" in kept:
        runs = [statement.rsplit(":", 1)[0] for statement in kept["recent_statements"].split(" ")]
        kept["recent_statements"] = sorted(runs)
    return {name: "a time" if name.endswith("_at") else value for name, value in kept.items()}


def missing(expected: EndState, found: EndState) -> List[str]:
    return missing_rows(expected, found) + missing_alerts(expected, found)


def without_records(state: EndState) -> EndState:
    """The state without the items that are part of an alert's record, which a later invocation may make."""
    return replace(state, rows={key: row for key, row in state.rows.items() if "#openings " not in key})


def missing_rows(expected: EndState, found: EndState) -> List[str]:
    return [f"row {key}" for key in expected.rows if key not in found.rows]


def missing_alerts(expected: EndState, found: EndState) -> List[str]:
    surplus = Counter(expected.alerts) - Counter(found.alerts)
    return [f"alert to {place}: {text.splitlines()[0]}" for place, text in sorted(surplus.elements())]


def compared(case: Case, report: Report, expected: EndState, found: EndState) -> Outcome:
    outcome = Outcome(case, report.reached > 0, report.broken > 0)
    outcome.lost += missing(expected, found)
    if found.in_time is not None:
        late = [what for what in missing(without_records(expected), found.in_time) if what not in outcome.lost]
        outcome.lost += [f"{what}, until it was redelivered" for what in late]
    for key, row in expected.rows.items():
        other = found.rows.get(key, row)
        for name in sorted(row.keys() | other.keys()):
            if name.endswith(("_alerted_at", "_told_at", "_told_step")) and name not in other:
                outcome.not_noted += 1
            elif row.get(name) != other.get(name):
                outcome.differing.append(f"{name} of row {key} is {other.get(name)!r}, not {row.get(name)!r}")
    if found.sums != expected.sums:
        outcome.differing.append(f"the sums shown are {found.sums}, not {expected.sums}")
    outcome.doubled += missing_rows(found, expected)
    outcome.doubled += missing_alerts(found, expected)
    if found.waiting:
        outcome.lost.append(f"{found.waiting} messages still in the queue")
    if found.dead_letters:
        outcome.lost.append(f"{found.dead_letters} messages in the dead-letter queue")
    if found.given_up:
        outcome.lost.append(f"{found.given_up} events failed for good")
    return outcome
