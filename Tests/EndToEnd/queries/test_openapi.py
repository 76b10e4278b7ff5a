"""The OpenAPI document of `query_api` is valid, and schemathesis checks the service against it over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from support.api_gateway import APIGateway
from support.local_aws import LocalAWS
from support.processes import REPOSITORY, TOOLS
from support.query_stack import API_KEY, QueryStack

SCHEMATHESIS = TOOLS / "schemathesis/bin/schemathesis"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def queries(executable: Path, local_aws: LocalAWS) -> Iterator[QueryStack]:
    local_aws.arm()
    local_aws.clear_executions()
    with QueryStack(executable, local_aws) as built:
        built.configure(QUERY_API_KEY=API_KEY)
        yield built
    local_aws.arm()


@pytest.fixture(params=["rest", "http"])
def gateway(queries: QueryStack, request: pytest.FixtureRequest) -> Iterator[APIGateway]:
    with APIGateway(queries.handler("query_api").invoke, request.param) as started:
        yield started


def document(queries: QueryStack) -> Dict[str, Any]:
    served = queries.ask("GET", "openapi.json", headers={"x-api-key": API_KEY})
    assert served.status == 200
    found: Dict[str, Any] = served.body
    return found


def test_the_document_is_valid(queries: QueryStack) -> None:
    assert document(queries)["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document(queries)).iter_errors()] == []


def test_the_served_document_is_the_one_in_the_source(queries: QueryStack) -> None:
    text = (REPOSITORY / "Sources/Queries/QueryAPI/openapi.json").read_text()
    assert document(queries) == json.loads(text)
    queries.configure(LONGEST_RETENTION_MINUTES="100")
    submission = document(queries)["components"]["schemas"]["Submission"]
    assert submission["properties"]["retention_minutes"]["maximum"] == 100


def test_everything_in_the_document_is_used_and_explained(queries: QueryStack) -> None:
    served = document(queries)
    text = json.dumps(served)
    for kind, components in served["components"].items():
        for name in components:
            assert kind == "securitySchemes" or f'"#/components/{kind}/{name}"' in text, name
    operations = [one for path in served["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] for one in operations)
    assert all(one["description"] for one in served["components"]["responses"].values())


@pytest.mark.check
@pytest.mark.parametrize("seed", [1815])
def test_requests_generated_from_the_document_get_documented_responses(
    gateway: APIGateway, tmp_path: Path, seed: int
) -> None:
    command = [
        str(SCHEMATHESIS), "--config-file", str(CONFIGURATION), "run", f"{gateway.url}/v0/data_hist/openapi.json",
        "--header", f"x-api-key: {API_KEY}", "--checks", "all", "--max-examples", "20", "--seed", str(seed),
        "--request-timeout", "30", "--no-color", "--continue-on-failure",
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500)
    said = "\n".join(line[:400] for line in ran.stdout.splitlines())
    assert ran.returncode == 0, said + ran.stderr[-2000:]
    # The request must have passed validation.
    assert re.search(r"[1-9]\d* generated", ran.stdout), said
