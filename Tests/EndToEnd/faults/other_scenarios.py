"""The scenarios of `partition_refresh` and of the handlers that run queries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from support import event_delivery
from support.alerter_stack import depth, metrics, reason
from support.emulator import Emulator, Invocation
from support.partition_refresh_stack import HANDLER as PARTITION_REFRESH
from support.partition_refresh_stack import PartitionRefreshStack
from support.query_stack import TENANT, Plan, QueryStack, rest_event, rows

from .cases import Case, EndState, timeout_seconds
from .fault_proxy import RUNTIME, FaultyFunction, Report

if TYPE_CHECKING:
    from .fault_runner import FaultRunner

# The attempts of a client that gets no response, or one that asks for a retry.
TRIES = 3
ScenarioRun = Callable[["FaultRunner", Optional[Case]], Tuple[Report, EndState]]


def handler_with_fault(
    runner: "FaultRunner", name: str, environment: Dict[str, str], case: Optional[Case], least_seconds: int = 5
) -> FaultyFunction:
    """A handler behind the proxy, armed with the case's fault."""
    within = ["/usr/bin/env", f"AWS_LAMBDA_RUNTIME_API={runner.proxy.address(RUNTIME)}"]
    through = {**environment, "AWS_ENDPOINT_URL": runner.proxy.url("aws")}
    emulator = runner.enter(Emulator(runner.executable, name, through, timeout_seconds(case, least_seconds), within=within))
    runner.proxy.arm(case.plan(emulator.process_id) if case else None, emulator.runtime_port)
    return FaultyFunction(emulator, runner.proxy)


# partition_refresh


def refresh_partitions(mode: str) -> ScenarioRun:
    """Two partitions get objects; every message is delivered once more at the end."""

    def run_scenario(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
        alerter = runner.alerter("partition_refresh")
        refresh = PartitionRefreshStack(alerter)
        refresh.configure("t", refresh_mode=mode)
        refresh.create_table("t")
        keys = [[f"t/dt=2024-01-01-0{hour}/{part}" for part in "ab"] for hour in (1, 2)]
        for some in keys:
            refresh.put(*some)
        messages = [refresh.created(*some) for some in keys]
        refresh.send(*messages)
        with runner.one_case():
            broken = handler_with_fault(runner, PARTITION_REFRESH, alerter.environment, case)
            invoker = event_delivery.AsynchronousInvoker(broken)
            invoker.invoke(event_delivery.schedule_event())
            refresh.expire_visibility_timeout()
            invoker.invoke(event_delivery.schedule_event())
            in_time = EndState(locations(refresh))
            if case is not None:
                refresh.send(*messages)
                invoker.invoke(event_delivery.schedule_event())
        dead = depth(runner.aws.client("sqs"), refresh.dead_letters_url)
        state = EndState(locations(refresh), (), refresh.count(), dead, len(invoker.failed_events), in_time)
        return broken.report, state

    return run_scenario


def locations(refresh: PartitionRefreshStack) -> Dict[str, Dict[str, Any]]:
    """The location of each partition without the bucket, which belongs to the case."""
    places = refresh.partitions("t").items()
    return {" ".join(values): {"location": place.split("/", 3)[3]} for values, place in places}


# run_query, query_api and query_retention

PLAN = rows({"day": "date", "orders": "bigint"}, ["2024-03-04", "812"], ["2024-03-05", None])
ANSWER = [{"day": "2024-03-04", "orders": 812}, {"day": "2024-03-05", "orders": None}]
SQL = "SELECT * FROM metrics"


def executions(queries: QueryStack) -> Dict[str, Dict[str, Any]]:
    """The number of executions of each statement."""
    texts = [one["Query"] for one in queries.executions()]
    return {text: {"executions": texts.count(text)} for text in texts}


def run_query(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
    """A schedule event, which Lambda retries and which is delivered once more at the end."""
    with QueryStack(runner.executable, runner.aws) as queries, runner.one_case():
        broken = run_query_with_fault(runner, queries, case)
        invoker = event_delivery.AsynchronousInvoker(broken)
        event = event_delivery.schedule_event()
        tries = invoker.invoke(event)
        if case is not None:
            tries += invoker.invoke(event)
        found = {**executions(queries), "answer": {"body": answered_rows(tries)}}
    return broken.report, EndState(found, given_up=len(invoker.failed_events))


def run_query_and_delete(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
    """The same with a result that is deleted after reading; a repeated event is told that it is gone."""
    with QueryStack(runner.executable, runner.aws) as queries, runner.one_case():
        queries.configure(DELETE_RESULT="true")
        broken = run_query_with_fault(runner, queries, case)
        first, second = (event_delivery.AsynchronousInvoker(broken) for _ in range(2))
        event = event_delivery.schedule_event()
        tries = first.invoke(event)
        # No other reader had read it.
        has_died_with_it = case is not None and case.ends_between_deletion_and_answer and is_reported_expired(tries)
        # A file that stays is not a failure, but counted.
        uncounted = max(0, len(queries.keys()) - metrics(*tries)["ResultFilesNotDeleted"])
        again = second.invoke(event)
        found = {
            **executions(queries),
            "answer": {"is told": has_died_with_it or answered_rows(tries) == ANSWER},
            "repetition": {"is told": is_reported_expired(again) or answered_rows(again) == ANSWER},
            "files": {"uncounted": 0 if has_died_with_it else uncounted},
        }
    return broken.report, EndState(found, given_up=0 if has_died_with_it else len(first.failed_events))


def is_reported_expired(tries: List[Invocation]) -> bool:
    return not tries[-1].succeeded and "Expired" in reason(tries[-1])


def run_query_with_fault(runner: "FaultRunner", queries: QueryStack, case: Optional[Case]) -> FaultyFunction:
    runner.aws.clear_executions()
    queries.plan(PLAN)
    return handler_with_fault(runner, "run_query", queries.environment("run_query"), case)


def answered_rows(tries: List[Invocation]) -> Any:
    last = tries[-1]
    return json.loads(last.payload["body"])["rows"] if last.succeeded else None


RUNNING = rows({}, state="RUNNING")


def asked(method: str, path: str, body: Any = None, prepare: bool = True, plan: Plan = PLAN) -> ScenarioRun:
    """A client's request, retried until it succeeds; a retried submission has the same idempotency key."""

    def run_scenario(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
        with QueryStack(runner.executable, runner.aws) as queries, runner.one_case():
            runner.aws.clear_executions()
            queries.plan(plan)
            query = queries.submit(SQL) if prepare else ""
            told = {"query_id": query, **body} if body is not None and prepare else body
            headers = {TENANT: "acme", "Idempotency-Key": "one-and-the-same"}
            event = rest_event(method, f"/v0/data_hist/{path.replace('ID', query)}", told, headers)
            broken = handler_with_fault(runner, "query_api", queries.environment("query_api"), case)
            status = None
            for _ in range(TRIES):
                invocation = broken.invoke(event)
                status = invocation.payload["statusCode"] if invocation.succeeded else None
                if status is not None and status not in (429, 500, 502, 503, 504):
                    break
            found = {**executions(queries), "answer": {"status": status}}
        return broken.report, EndState(found)

    return run_scenario


def sweep(runner: "FaultRunner", case: Optional[Case]) -> Tuple[Report, EndState]:
    """The results of two queries, one of which has expired."""
    with QueryStack(runner.executable, runner.aws) as queries, runner.one_case():
        runner.aws.clear_executions()
        queries.plan(PLAN, PLAN)
        old, _ = (queries.submit(SQL, retention_minutes=minutes) for minutes in (1, 60))
        runner.aws.age_objects(queries.bucket, old, 120)
        environment = queries.environment("query_retention")
        # The handler reserves some seconds for requests in flight.
        broken = handler_with_fault(runner, "query_retention", environment, case, least_seconds=10)
        invoker = event_delivery.AsynchronousInvoker(broken)
        for _ in range(2):
            invoker.invoke(event_delivery.schedule_event())
        found = {"old": {"is_kept": any(old in key for key in queries.keys())}, "files": {"count": len(queries.keys())}}
    return broken.report, EndState(found, given_up=len(invoker.failed_events))
