"""The workgroup in which `query_api` runs its queries: one that the stack makes, or the operator's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from support import template
from support.deployment import Deployment, deploying
from support.local_aws import LocalAWS

pytestmark = pytest.mark.check

QUERY_API = {"QUERY_API_TABLES": "events_v0,metrics", "QUERY_API_OUTPUT_BUCKET": "results"}


@pytest.fixture
def deployment(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


def configuration_of(deployment: Deployment, workgroup: str) -> Dict[str, Any]:
    found = deployment.aws.client("athena").get_work_group(WorkGroup=workgroup)["WorkGroup"]["Configuration"]
    return dict(found)


def make_workgroup(deployment: Deployment, **configuration: Any) -> str:
    name = f"{deployment.stack}-mine"
    whole = {"EnforceWorkGroupConfiguration": False, **configuration}
    deployment.aws.client("athena").create_work_group(Name=name, Configuration=whole)
    return name


def workgroup_of(query_api: Deployment) -> str:
    """The workgroup of the function, in which its role may run queries."""
    variables = query_api.function("QueryApi")["Environment"]["Variables"]
    allowed = [
        (template.as_list(one["Action"]), one["Resource"])
        for one in query_api.statements("QueryApiRole")
        if any(action.startswith("athena:") for action in template.as_list(one["Action"]))
    ]
    [(actions, resource)] = allowed
    assert "athena:StartQueryExecution" in actions and resource.endswith(f":workgroup/{variables['ATHENA_WORKGROUP']}")
    return str(variables["ATHENA_WORKGROUP"])


def test_the_stack_makes_a_workgroup_with_a_limit_for_each_query(deployment: Deployment) -> None:
    query_api = deployment.of("query_api", **QUERY_API)
    query_api.run()
    assert workgroup_of(query_api) == query_api.stack
    made = configuration_of(query_api, query_api.stack)
    assert (made["BytesScannedCutoffPerQuery"], made["EnforceWorkGroupConfiguration"]) == (100 * 2**30, False)
    query_api.run(QUERY_API_SCAN_LIMIT_BYTES="10000000")
    assert configuration_of(query_api, query_api.stack)["BytesScannedCutoffPerQuery"] == 10_000_000
    query_api.make("delete_cloudformation")
    assert query_api.stack not in [one["Name"] for one in deployment.aws.client("athena").list_work_groups()["WorkGroups"]]


def test_your_own_workgroup_is_used_if_it_has_a_limit(deployment: Deployment) -> None:
    mine = make_workgroup(deployment, BytesScannedCutoffPerQuery=20_000_000)
    query_api = deployment.of("query_api", **QUERY_API)
    query_api.run(QUERY_API_WORKGROUP=mine)
    assert workgroup_of(query_api) == mine and "QueryApiQueries" not in query_api.ids()
    assert configuration_of(query_api, mine)["BytesScannedCutoffPerQuery"] == 20_000_000
    # It is looked at in each run.
    changed = {"WorkGroup": {"Name": mine, "Configuration": {"EnforceWorkGroupConfiguration": False}}}
    deployment.aws.arm({"operation": "athena.GetWorkGroup", "kind": "says", "body": json.dumps(changed)})
    assert f"a query in the workgroup {mine} may scan without a limit" in query_api.make("run_cloudformation").stderr


@pytest.mark.parametrize(
    "configuration, problem",
    [
        ({}, "may scan without a limit. Set one, here of 100 GiB:\naws athena update-work-group --work-group "),
        (
            {"BytesScannedCutoffPerQuery": 20_000_000, "EnforceWorkGroupConfiguration": True},
            "enforces its settings, and would put all results into one place.\n",
        ),
    ],
)
def test_a_workgroup_that_does_not_fit_is_refused_before_the_upload(
    deployment: Deployment, configuration: Dict[str, Any], problem: str
) -> None:
    mine = make_workgroup(deployment, **configuration)
    query_api = deployment.of("query_api", **QUERY_API, QUERY_API_WORKGROUP=mine)
    deployment.aws.reset_calls()
    said = query_api.make("run_cloudformation").stderr
    assert f"the workgroup {mine} {problem}" in said and "QUERY_API_WORKGROUP=" in said
    assert "s3.PutObject" not in deployment.aws.calls()


def test_no_other_run_looks_at_a_workgroup(deployment: Deployment) -> None:
    deployment.aws.reset_calls()
    deployment.of("query_api", **QUERY_API).run()
    deployment.of("run_query", RUN_QUERY_SQL="SELECT 1", RUN_QUERY_OUTPUT_BUCKET="results").run()
    assert not [call for call in deployment.aws.calls() if call.startswith("athena.")]


def test_a_workgroup_that_does_not_exist_is_named(deployment: Deployment) -> None:
    made = deployment.of("query_api", **QUERY_API).make("run_cloudformation", QUERY_API_WORKGROUP="none")
    assert made.returncode != 0 and "the workgroup none cannot be looked at: " in made.stderr
