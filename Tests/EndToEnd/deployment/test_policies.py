"""Each role in the template allows the calls that its handler makes, and what Lambda itself needs; no more, no less.

The calls come from two sources, the handlers at work and the sources of the AWS module, so that a
call that the scenarios miss is noticed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Dict, Set

import pytest
from botocore.session import get_session

from support import template
from support.alerter_stack import AlerterStack, reason
from support.fake_slack import FakeSlack
from support.partition_refresh_stack import HANDLER as PARTITION_REFRESH
from support.partition_refresh_stack import PartitionRefreshStack
from support.permissions import QUERY_HANDLERS
from support.processes import REPOSITORY
from support.query_stack import QueryStack
from support.roles import (
    INSTEAD,
    LENT,
    LOGS,
    OPTIONAL,
    PERMISSIONS,
    PLACES,
    PLACES_OF,
    POLLING,
    ROLES,
    always_granted,
    grants,
    permission,
    statements,
)
from support.scenarios import QUERY_SCENARIOS, Observed, run_all_handlers

SOURCES = REPOSITORY / "Sources"
SERVICES = {
    "Athena.swift": ["athena"],
    "AthenaQueries.swift": ["athena"],
    "DynamoDB+BatchExecuteStatement.swift": ["dynamodb"],
    "DynamoDB+BatchGetItem.swift": ["dynamodb"],
    "DynamoDB+TransactWriteItems.swift": ["dynamodb"],
    "DynamoDB.swift": ["dynamodb"],
    "S3+Listing.swift": ["s3"],
    "Glue.swift": ["glue"],
    "IdentityStore.swift": ["identitystore"],
    "S3.swift": ["s3"],
    "SQS+Visibility.swift": ["sqs"],
    "SQS.swift": ["sqs"],
    "SQSMessages.swift": ["sqs"],
    "Secrets.swift": ["ssm", "secretsmanager"],
}
# What only the commands of operators use; docs/operations.md has the policies for them.
COMMANDS = {
    "CloudFormation.swift",
    "CloudWatch.swift",
    "DynamoDB+Description.swift",
    "EventRules.swift",
    "Lambda+Configuration.swift",
    "Lambda.swift",
    "LogGroups.swift",
    "S3+Notification.swift",
    "SQS+Redrive.swift",
    "STS.swift",
    "Trails+History.swift",
    "Trails.swift",
}
# Functions that another one calls, which handlers do.
CALLED_BY_THE_ROOM = {"execution"}


@pytest.fixture
def observed(alerter: AlerterStack, slack: FakeSlack) -> Dict[str, Set[str]]:
    return Observed(alerter, slack).everything()


# What the source says


def operations(file: str) -> Dict[str, Set[str]]:
    """The operations that a file of the AWS room names, by the function in which it does."""
    session = get_session()
    known = {
        operation: service
        for service in SERVICES[file]
        for operation in session.get_service_model(service).operation_names
    }
    found: Dict[str, Set[str]] = {}
    function = ""
    for line in (SOURCES / "AWS" / file).read_text().splitlines():
        function = next(iter(re.findall(r"\bfunc (\w+)", line)), function)
        for word in re.findall(r'"([A-Z]\w+)"', line):
            if word in known:
                found.setdefault(function, set()).add(f"{known[word]}:{word}")
    return found


def test_every_service_of_the_aws_module_is_covered() -> None:
    calls = re.compile(r"\.(json|query)\(\s*\.\w+,|service: \.\w+|= call\(")
    callers = {path.name for path in (SOURCES / "AWS").glob("*.swift") if calls.search(path.read_text())}
    assert callers == set(SERVICES) | COMMANDS


def test_the_scenarios_make_every_call_in_the_sources(observed: Dict[str, Set[str]]) -> None:
    handlers = "".join(
        path.read_text()
        for room in ("Alerter", "Assembly", "PartitionRefresh", "Queries")
        for path in (SOURCES / room).rglob("*.swift")
    )
    known = {
        operation
        for file in SERVICES
        for function, named in operations(file).items()
        # What no handler calls is for the tests of the room itself. A property belongs to no function.
        if not function or f".{function}(" in handlers or file == "DynamoDB.swift" or function in CALLED_BY_THE_ROOM
        for operation in named
    }
    assert set().union(*observed.values()) == known


# What the template allows


def needed(handler: str, calls: Set[str]) -> Set[Any]:
    """The pairs of action and resource without which this function does not work."""
    name = ROLES[handler]
    actions = {permission(handler, call) for call in calls}
    mappings = template.resources("AWS::Lambda::EventSourceMapping").values()
    is_optional = any(action in POLLING for _, action, _ in OPTIONAL[handler])
    if not is_optional and any(one["Properties"]["FunctionName"] == {"Ref": name} for one in mappings):
        actions |= POLLING
    places = {**PLACES, **PLACES_OF.get(handler, {})}
    actions -= {action for _, action, _ in OPTIONAL[handler]} - set(places)
    actions |= LENT.get(handler, set())
    pairs = {(action, place) for action in actions for place in places[action]}
    pairs |= {(action, f"${{{name}Logs.Arn}}") for action in LOGS}
    for one in template.resources("AWS::Lambda::EventInvokeConfig").values():
        if one["Properties"]["FunctionName"] == {"Ref": name}:
            destination = one["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
            pairs.add(("sqs:SendMessage", template.text(destination)))
    return pairs


def test_each_role_allows_what_its_handler_does_and_nothing_else(observed: Dict[str, Set[str]]) -> None:
    for handler, calls in observed.items():
        allowed = Counter(always_granted(handler))
        assert set(allowed) == needed(handler, calls), handler
        assert max(allowed.values()) == 1, "said twice"


@pytest.mark.parametrize("handler", ROLES)
def test_optional_permissions_are_under_a_condition(handler: str) -> None:
    conditional, instead = set(), set()
    for statement in statements(handler):
        if "Fn::If" in statement:
            condition, then, otherwise = statement["Fn::If"]
            if otherwise != {"Ref": "AWS::NoValue"}:
                instead |= set(grants(otherwise))
            conditional |= {(condition, *grant) for grant in grants(then)}
    assert (conditional, instead) == (OPTIONAL[handler], INSTEAD.get(handler, set()))


@pytest.mark.parametrize("handler", ROLES)
def test_each_function_has_its_own_role(handler: str) -> None:
    function = template.template()["Resources"][ROLES[handler]]["Properties"]
    assert (function["Handler"], template.text(function["Role"])) == (handler, f"${{{ROLES[handler]}Role.Arn}}")
    assert not any("*" in action for action, _ in always_granted(handler))


def test_the_alerter_works_with_the_roles_of_the_template(alerter: AlerterStack, slack: FakeSlack) -> None:
    # The local AWS knows the batch by its own name.
    names = {permission: call for call, permission in PERMISSIONS.items()}
    for handler in set(ROLES) - {PARTITION_REFRESH}:
        allowed = {action for action, _ in always_granted(handler)}
        alerter.restrict(handler, *sorted(allowed | {names[action] for action in allowed & set(names)}))
    alerter.stop()
    run_all_handlers(alerter, slack)


@pytest.mark.parametrize("handler", QUERY_HANDLERS)
def test_a_handler_runs_queries_with_its_role_of_the_template(alerter: AlerterStack, handler: str) -> None:
    with QueryStack(alerter.executable, alerter.aws) as queries:
        queries.actions[handler] = sorted({action for action, _ in always_granted(handler)})
        QUERY_SCENARIOS[handler](queries)


@pytest.mark.parametrize("mode", ["glue", "add_partition", "repair"])
def test_partition_refresh_works_with_its_role_of_the_template(refresh: PartitionRefreshStack, mode: str) -> None:
    allowed = {action for action, _ in always_granted(PARTITION_REFRESH)} | {"sqs:DeleteMessageBatch"}
    if mode != "glue":
        allowed |= {action for _, action, _ in OPTIONAL[PARTITION_REFRESH]}
    refresh.alerter.restrict(PARTITION_REFRESH, *sorted(allowed))
    refresh.configure("t", refresh_mode=mode)
    refresh.create_table("t")
    refresh.put("t/dt=2024-01-01-01/x")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    assert refresh.tick().succeeded and len(refresh.partitions("t")) == 1 and refresh.count() == 0


@pytest.mark.parametrize(
    "action", ["glue:GetDatabase", "glue:GetTable", "glue:BatchCreatePartition", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
)
def test_a_missing_permission_of_partition_refresh_is_named(refresh: PartitionRefreshStack, action: str) -> None:
    allowed = {one for one, _ in always_granted(PARTITION_REFRESH)} | {"sqs:DeleteMessageBatch"}
    refresh.alerter.restrict(PARTITION_REFRESH, *sorted(one for one in allowed if not one.startswith(action)))
    refresh.configure("t")
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    said = reason(refresh.tick())
    assert action in said and "AccessDenied" in said and refresh.count() == 1
