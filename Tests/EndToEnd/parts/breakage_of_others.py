"""The handlers beside the alerter under faults: what reaches them, and what must be there when nothing moves any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from . import bridge
from .emulator import Emulator, Invocation
from .fault_proxy import RUNTIME, BrokenOnce, Report
from .faults import Case, EndState, timeout_seconds
from .house import depth, metrics, reason
from .lake import HANDLER as PARTITION_REFRESH
from .lake import Lake
from .queries import TENANT, Plan, Queries, rest_event, rows

if TYPE_CHECKING:
    from .breakage import World

# A program that gets no answer, or one that says "try again", asks as often as this.
TRIES = 3
Journey = Callable[["World", Optional[Case]], Tuple[Report, EndState]]


def broken_handler(
    world: "World", name: str, environment: Dict[str, str], case: Optional[Case], least_seconds: int = 5
) -> BrokenOnce:
    """A handler behind the proxy, which is about to break a call."""
    within = ["/usr/bin/env", f"AWS_LAMBDA_RUNTIME_API={world.proxy.address(RUNTIME)}"]
    through = {**environment, "AWS_ENDPOINT_URL": world.proxy.url("aws")}
    emulator = world.enter(Emulator(world.executable, name, through, timeout_seconds(case, least_seconds), within=within))
    world.proxy.arm(case.plan(emulator.process_id) if case else None, emulator.runtime_port)
    return BrokenOnce(emulator, world.proxy)


# partition_refresh


def refresh(mode: str) -> Journey:
    """Objects come to two partitions; every message comes once more when all is over."""

    def journey(world: "World", case: Optional[Case]) -> Tuple[Report, EndState]:
        house = world.house("lake")
        lake = Lake(house)
        lake.configure("t", refresh_mode=mode)
        lake.create_table("t")
        keys = [[f"t/dt=2024-01-01-0{hour}/{part}" for part in "ab"] for hour in (1, 2)]
        for some in keys:
            lake.put(*some)
        messages = [lake.created(*some) for some in keys]
        lake.send(*messages)
        with world.one_case():
            broken = broken_handler(world, PARTITION_REFRESH, house.environment, case)
            invoker = bridge.AsynchronousInvoker(broken)
            invoker.invoke(bridge.schedule_event())
            lake.show_hidden()
            invoker.invoke(bridge.schedule_event())
            in_time = EndState(locations(lake))
            if case is not None:
                lake.send(*messages)
                invoker.invoke(bridge.schedule_event())
        dead = depth(world.aws.client("sqs"), lake.dead_letters_url)
        state = EndState(locations(lake), (), lake.count(), dead, len(invoker.undelivered), in_time)
        return broken.report, state

    return journey


def locations(lake: Lake) -> Dict[str, Dict[str, Any]]:
    """Of each partition, without the bucket: that is the case's own."""
    places = lake.partitions("t").items()
    return {" ".join(values): {"location": place.split("/", 3)[3]} for values, place in places}


# run_query, query_api and query_retention

PLAN = rows({"day": "date", "orders": "bigint"}, ["2024-03-04", "812"], ["2024-03-05", None])
ANSWER = [{"day": "2024-03-04", "orders": 812}, {"day": "2024-03-05", "orders": None}]
SQL = "SELECT * FROM metrics"


def executions(queries: Queries) -> Dict[str, Dict[str, Any]]:
    """What Athena ran, and how often."""
    texts = [one["Query"] for one in queries.executions()]
    return {text: {"executions": texts.count(text)} for text in texts}


def handlers_environment(world: "World", queries: Queries, handler: str) -> Dict[str, str]:
    who = world.aws.create_user(f"{handler}-{queries.bucket}", queries.actions[handler])
    return world.aws.environment(who, **queries.variables)


def run_query(world: "World", case: Optional[Case]) -> Tuple[Report, EndState]:
    """A schedule's event, which Lambda tries again, and which comes once more when all is over."""
    with Queries(world.executable, world.aws) as queries, world.one_case():
        broken = about_to_run(world, queries, case)
        invoker = bridge.AsynchronousInvoker(broken)
        event = bridge.schedule_event()
        tries = invoker.invoke(event)
        if case is not None:
            tries += invoker.invoke(event)
        found = {**executions(queries), "answer": {"body": answered_rows(tries)}}
    return broken.report, EndState(found, given_up=len(invoker.undelivered))


def run_query_and_delete(world: "World", case: Optional[Case]) -> Tuple[Report, EndState]:
    """The same with a result that is deleted once it was read: who asks for it again is told that it is gone."""
    with Queries(world.executable, world.aws) as queries, world.one_case():
        queries.configure(DELETE_RESULT="true")
        broken = about_to_run(world, queries, case)
        first, second = (bridge.AsynchronousInvoker(broken) for _ in range(2))
        event = bridge.schedule_event()
        tries = first.invoke(event)
        # Nobody else had read it.
        has_died_with_it = case is not None and case.ends_between_deletion_and_answer and says_gone(tries)
        # A file that stays is no failure, but counted, and so is one of which nobody knows.
        uncounted = max(0, len(queries.keys()) - metrics(*tries)["ResultFilesNotDeleted"])
        again = second.invoke(event)
        found = {
            **executions(queries),
            "answer": {"is told": has_died_with_it or answered_rows(tries) == ANSWER},
            "repetition": {"is told": says_gone(again) or answered_rows(again) == ANSWER},
            "files": {"uncounted": 0 if has_died_with_it else uncounted},
        }
    return broken.report, EndState(found, given_up=0 if has_died_with_it else len(first.undelivered))


def says_gone(tries: List[Invocation]) -> bool:
    return not tries[-1].succeeded and "Expired" in reason(tries[-1])


def about_to_run(world: "World", queries: Queries, case: Optional[Case]) -> BrokenOnce:
    world.aws.forget_executions()
    queries.plan(PLAN)
    return broken_handler(world, "run_query", handlers_environment(world, queries, "run_query"), case)


def answered_rows(tries: List[Invocation]) -> Any:
    last = tries[-1]
    return json.loads(last.payload["body"])["rows"] if last.succeeded else None


RUNNING = rows({}, state="RUNNING")


def asked(method: str, path: str, body: Any = None, prepare: bool = True, plan: Plan = PLAN) -> Journey:
    """A program's request, repeated until it is answered; a repeated submission has the same key."""

    def journey(world: "World", case: Optional[Case]) -> Tuple[Report, EndState]:
        with Queries(world.executable, world.aws) as queries, world.one_case():
            world.aws.forget_executions()
            queries.plan(plan)
            query = queries.submit(SQL) if prepare else ""
            told = {"query_id": query, **body} if body is not None and prepare else body
            headers = {TENANT: "acme", "Idempotency-Key": "one-and-the-same"}
            event = rest_event(method, f"/v0/data_hist/{path.replace('ID', query)}", told, headers)
            broken = broken_handler(world, "query_api", handlers_environment(world, queries, "query_api"), case)
            status = None
            for _ in range(TRIES):
                invocation = broken.invoke(event)
                status = invocation.payload["statusCode"] if invocation.succeeded else None
                if status is not None and status not in (429, 500, 502, 503, 504):
                    break
            found = {**executions(queries), "answer": {"status": status}}
        return broken.report, EndState(found)

    return journey


def sweep(world: "World", case: Optional[Case]) -> Tuple[Report, EndState]:
    """The results of two queries, of which one has expired."""
    with Queries(world.executable, world.aws) as queries, world.one_case():
        world.aws.forget_executions()
        queries.plan(PLAN, PLAN)
        old, _ = (queries.submit(SQL, retention_minutes=minutes) for minutes in (1, 60))
        world.aws.age_objects(queries.bucket, old, 120)
        environment = handlers_environment(world, queries, "query_retention")
        # It keeps some seconds of its time for what has begun.
        broken = broken_handler(world, "query_retention", environment, case, least_seconds=10)
        invoker = bridge.AsynchronousInvoker(broken)
        for _ in range(2):
            invoker.invoke(bridge.schedule_event())
        found = {"old": {"is_kept": any(old in key for key in queries.keys())}, "files": {"count": len(queries.keys())}}
    return broken.report, EndState(found, given_up=len(invoker.undelivered))
