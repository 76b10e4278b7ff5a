"""Malformed input of the query handlers results in one response or error that names the mistake.

The processes survive all cases, and no other query or tenant is affected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from support.alerter_stack import metrics, reason
from support.emulator import Invocation
from support.local_aws import LocalAWS
from support.permissions import QUERY_HANDLERS
from support.query_stack import TENANT, QueryStack, body_of, http_event, rest_event, rows

DEEP = "[" * 100_000 + "]" * 100_000
LONG = "x" * 300_000
SUBMISSION = ("POST", "/v0/data_hist/query", {"query": "SELECT 1"}, {TENANT: "acme"})


@pytest.fixture(scope="module")
def all_cases(executable: Path, local_aws: LocalAWS) -> Iterator[QueryStack]:
    """One set of handlers for all cases; its processes survive every case."""
    local_aws.arm()
    local_aws.clear_executions()
    with QueryStack(executable, local_aws) as built:
        neighbor = built.submit(tenant="neighbor")
        kept = set(built.keys())
        assert len(kept) == 2
        for handler in ("run_query", "query_retention"):
            built.handler(handler).invoke({"queryExecutionId": neighbor, "answer": "message"})
        processes = processes_of(built)
        assert all(processes.values())
        yield built
        local_aws.arm()
        assert processes_of(built) == processes and "BACKTRACE" not in built.output()
        # Every other tenant's result is still there, and only its tenant sees it.
        assert kept <= set(built.keys())
        assert built.ask("GET", f"status/{neighbor}", tenant="neighbor").status == 200
        assert built.ask("GET", f"status/{neighbor}").status == 404


@pytest.fixture
def queries(all_cases: QueryStack) -> Iterator[QueryStack]:
    yield all_cases
    all_cases.aws.arm()
    all_cases.plan()


def processes_of(queries: QueryStack) -> Dict[str, Any]:
    return {name: queries.handler(name).function_process_id() for name in QUERY_HANDLERS}


def alive(invocation: Invocation) -> Invocation:
    """The invocation ended with an error of its own, not with a crash."""
    assert invocation.succeeded or "exit" not in reason(invocation).lower()
    assert all(len(line) < 3000 for line in invocation.log_lines)
    return invocation


# Events of API Gateway


def rest(**members: Any) -> Dict[str, Any]:
    return {**rest_event(*SUBMISSION), **members}


def http(**members: Any) -> Dict[str, Any]:
    return {**http_event(*SUBMISSION), **members}


# A status and a part of the response, or a part of the error. MalformedRequestTests.swift has other events.
EVENTS: List[Tuple[Optional[int], str, Any]] = [
    (None, "not valid JSON", DEEP),
    (None, "no request over HTTP", http(requestContext={"http": {"path": "/"}})),
    (404, "no such path", http(rawPath="/" * 5000)),
    (405, "use POST", rest(httpMethod="\u0000")),
    (400, TENANT, rest(headers={TENANT: ["acme"]})),
    (400, "not valid JSON", http(body="/////w==", isBase64Encoded=True)),
    (400, "262144 bytes", rest(body=json.dumps({"query": LONG}))),
    (200, "query_id", rest(requestContext={"http": None, "requestId": LONG})),
    (403, "principalId", rest(requestContext={"authorizer": {"lambda": None}})),
]


@pytest.mark.parametrize("status, word, event", EVENTS, ids=[word for _, word, _ in EVENTS])
def test_a_malformed_event_of_api_gateway(queries: QueryStack, status: Optional[int], word: str, event: Any) -> None:
    before = queries.aws.calls().get("athena.StartQueryExecution", 0)
    invocation = alive(queries.handler("query_api").invoke(event))
    if status is None:
        assert word in reason(invocation)
    else:
        body = body_of(invocation)
        assert (invocation.payload["statusCode"], metrics(invocation)["Requests"]) == (status, 1), body
        assert word in (body["message"] if status >= 400 else body)
    assert queries.aws.calls().get("athena.StartQueryExecution", 0) - before == (status == 200)


CONFIGURED = "rows"
# MalformedOrderTests.swift has others.
RUN_EVENTS: List[Tuple[str, Any]] = [
    ("not valid JSON", DEEP),
    ("expected an object, found", "null"),
    ("it may have answer", {LONG: 1}),
    ("time: expected", {"time": LONG}),
    (CONFIGURED, "\ufeff{}"),
    (CONFIGURED, {**rest_event("GET", "/hello"), "requestContext": {"requestId": []}}),
]


@pytest.mark.parametrize("word, event", RUN_EVENTS, ids=[f"{index} {word}" for index, (word, _) in enumerate(RUN_EVENTS)])
def test_a_malformed_event_for_run_query(queries: QueryStack, word: str, event: Any) -> None:
    before = queries.aws.calls().get("athena.StartQueryExecution", 0)
    invocation = alive(queries.handler("run_query").invoke(event))
    if word == CONFIGURED:
        assert body_of(invocation)["rows"] == []
    else:
        assert word in reason(invocation)
        assert queries.aws.calls().get("athena.StartQueryExecution", 0) == before


# Responses of Athena


def told(**members: Any) -> Dict[str, Any]:
    """An execution as Athena describes it, with some members replaced."""
    location = {"OutputLocation": "LOCATION"}
    execution = {"QueryExecutionId": "ID", "Status": {"State": "SUCCEEDED"}, "ResultConfiguration": location}
    return {"QueryExecution": {**execution, **members}}


def page(**members: Any) -> Dict[str, Any]:
    result = {"Rows": [{"Data": [{"VarCharValue": "n"}]}], "ResultSetMetadata": {"ColumnInfo": [{"Name": "n", "Type": "integer"}]}}
    return {"ResultSet": {**result, **members}}


# One response of each operation; MalformedAthenaTests.swift has the others.
ANSWERS: List[Tuple[str, Any]] = [
    ("StartQueryExecution", DEEP),
    ("GetQueryExecution", told(QueryExecutionId="another")),
    ("GetQueryResults", page(Rows=[{"Data": [{"VarCharValue": 7}]}])),
]


def says(queries: QueryStack, operation: str, answer: Any, query: str = "", times: int = 9) -> None:
    """Has Athena say this; `ID` and `LOCATION` in it stand for the query's own."""
    body = answer if isinstance(answer, str) else json.dumps(answer)
    if query:
        found = queries.aws.client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
        body = body.replace('"ID"', json.dumps(query)).replace("LOCATION", found["ResultConfiguration"]["OutputLocation"])
    queries.aws.arm({"operation": f"athena.{operation}", "kind": "says", "body": body, "times": times})


@pytest.mark.parametrize("operation, answer", ANSWERS, ids=lambda value: repr(value)[:70])
def test_a_malformed_response_of_athena(queries: QueryStack, operation: str, answer: Any) -> None:
    """`run_query` reports it in its error, `query_api` in its log and with a status."""
    query = queries.submit()
    says(queries, operation, answer, query)
    event = {} if operation == "StartQueryExecution" else {"queryExecutionId": query}
    said = reason(alive(queries.run(**event)))
    assert f"athena:{operation} answered what cannot be read" in said and len(said) < 500
    asked = {
        "StartQueryExecution": ("POST", "query", {"query": "SELECT 1"}),
        "GetQueryExecution": ("GET", f"status/{query}", None),
        "GetQueryResults": ("POST", "next", {"query_id": query}),
    }[operation]
    refused = queries.ask(*asked)
    assert (refused.status, refused.body["error"], refused.body["retryable"]) == (502, "AthenaUnavailable", True)
    assert f"athena:{operation} answered what cannot be read" in "".join(alive(refused.invocation).log_lines)


# Malformed, but with a state: the service's status and a part of its response; MalformedExecutionTests.swift has the others.
ODD_EXECUTIONS: List[Tuple[int, str, Dict[str, Any]]] = [
    (502, "no known state", told(Status={"State": "\u0000"})),
    (410, "expired", told(Status={"State": "SUCCEEDED", "CompletionDateTime": 0})),
    (404, "no such query", told(ResultConfiguration={"OutputLocation": "LOCATION/../../x"})),
]


@pytest.mark.parametrize("status, word, execution", ODD_EXECUTIONS, ids=lambda value: repr(value)[:70])
def test_a_malformed_execution(queries: QueryStack, status: int, word: str, execution: Dict[str, Any]) -> None:
    query = queries.submit()
    says(queries, "GetQueryExecution", execution, query)
    answer = queries.ask("GET", f"status/{query}")
    assert answer.status == status and word in json.dumps(answer.body), answer.body
    state = execution["QueryExecution"]["Status"]["State"]
    assert alive(queries.run(queryExecutionId=query, answer="message")).succeeded == (state == "SUCCEEDED")


def test_a_value_that_does_not_fit_its_type_stays_a_string(queries: QueryStack) -> None:
    """QueryRowsTests.swift has other values and types."""
    query = queries.submit()
    lines = [{"Data": [{"VarCharValue": text}]} for text in ("n", "\u0000\u2028")]
    columns = {"ColumnInfo": [{"Name": "n", "Type": "new_type(7)"}]}
    says(queries, "GetQueryResults", page(Rows=lines, ResultSetMetadata=columns))
    assert body_of(alive(queries.run(queryExecutionId=query)))["rows"] == [{"n": "\u0000\u2028"}]
    assert queries.ask("POST", "next", {"query_id": query}).body["rows"] == [["\u0000\u2028"]]


def test_a_page_token_that_repeats_ends_in_an_error(queries: QueryStack) -> None:
    query = queries.submit()
    says(queries, "GetQueryResults", {**page(), "NextToken": "t"}, times=99)
    queries.aws.reset_calls()
    assert "the result does not go on" in reason(alive(queries.run(queryExecutionId=query)))
    assert queries.aws.calls()["athena.GetQueryResults"] == 2


# MalformedErrorTests.swift has other statuses and bodies.
ERRORS = [(400, '{"__type": "\\u0000\\n", "Message": "' + "x" * 100_000 + '"}'), (503, "<Error>")]


@pytest.mark.parametrize("status, body", ERRORS, ids=["400", "503"])
def test_a_malformed_error_of_athena(queries: QueryStack, status: int, body: str) -> None:
    query = queries.submit()
    for operation, asked in (
        ("StartQueryExecution", ("POST", "query", {"query": "SELECT 1"})),
        ("GetQueryExecution", ("POST", f"cancel/{query}", None)),
        ("GetQueryResults", ("POST", "next", {"query_id": query})),
    ):
        queries.aws.arm({"operation": f"athena.{operation}", "kind": "says", "status": status, "body": body, "times": 9})
        answer = queries.ask(*asked)
        assert (answer.status, answer.body["error"]) == (502, "AthenaUnavailable")
        assert answer.body["retryable"] is (status >= 500)
        assert f"athena:{operation} was refused" in "".join(alive(answer.invocation).log_lines)
    queries.aws.arm()
    assert queries.ask("GET", f"status/{query}").status == 200


# Responses of S3


def listing(*objects: str, truncated: str = "false", more: str = "") -> str:
    return f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{''.join(objects)}</ListBucketResult>"


def listed(key: str) -> str:
    return f"<Contents><Key>{key}</Key><LastModified>2024-03-05T14:30:07.000Z</LastModified><Size>1</Size></Contents>"


EXPIRED = "daily/tenant=x/retention=1/a.csv"
# One listing that is not whole, and one of another user's data; MalformedListingTests.swift has the others.
LISTINGS: List[str] = ["<a>" * 5000 + "</a>" * 5000, listing(listed(EXPIRED), listed("tenant=x/retention=1/a.csv"))]


@pytest.mark.parametrize("body", LISTINGS, ids=["nested", "elsewhere"])
def test_a_malformed_listing_deletes_nothing(queries: QueryStack, body: str) -> None:
    queries.aws.arm({"operation": "s3.ListObjectsV2", "kind": "says", "body": body, "times": 9})
    queries.aws.reset_calls()
    assert "s3:ListObjectsV2 answered what cannot be read" in reason(alive(queries.sweep()))
    assert "s3.DeleteObject" not in queries.aws.calls()


def test_an_object_without_a_known_retention_stays(queries: QueryStack) -> None:
    """QueryRetentionTests.swift has other keys."""
    queries.put(EXPIRED)
    body = listing(listed("daily/tenant=%00/%2F/a"), listed(EXPIRED))
    queries.aws.arm({"operation": "s3.ListObjectsV2", "kind": "says", "body": body})
    queries.aws.reset_calls()
    swept = metrics(alive(queries.sweep()))
    assert (swept["ResultFilesUnknown"], swept["ResultFilesDeleted"], swept["ResultFilesKept"]) == (1, 1, 0)
    assert queries.aws.calls()["s3.DeleteObject"] == 1


def test_a_listing_token_that_repeats_ends_in_an_error(queries: QueryStack) -> None:
    more = "<NextContinuationToken>t</NextContinuationToken>"
    queries.aws.arm({"operation": "s3.ListObjectsV2", "kind": "says", "body": listing(truncated="true", more=more), "times": 99})
    queries.aws.reset_calls()
    assert "the listing does not go on" in reason(alive(queries.sweep()))
    assert queries.aws.calls()["s3.ListObjectsV2"] == 2


DELETIONS: List[Tuple[int, str]] = [
    *((400, body) for body in ("", "x", "{}", "<", "<Error/>", "<Error><Code></Code></Error>")),
    (403, ""), (405, "<Error><Code>MethodNotAllowed</Code></Error>"), (301, ""), (307, ""), (418, "<html>"),
    (409, "<Error><Code>" + "x" * 100_000 + "</Code></Error>"), (500, ""), (503, "{}"),
]


@pytest.mark.first_case
@pytest.mark.parametrize("status, body", DELETIONS, ids=lambda value: repr(value)[:40])
def test_a_deletion_with_a_malformed_response_has_failed(queries: QueryStack, status: int, body: str) -> None:
    plan = rows({"n": "integer"}, ["7"])
    queries.put(EXPIRED)
    queries.aws.age_objects(queries.bucket, EXPIRED, 3600)
    queries.plan(plan)
    refusal = {"operation": "s3.DeleteObject", "kind": "says", "status": status, "body": body, "times": 9}
    queries.aws.arm(refusal)
    swept = alive(queries.sweep())
    assert "s3:DeleteObject" in reason(swept) and len(reason(swept)) < 3000
    assert (metrics(swept)["ResultFilesNotDeleted"], metrics(swept)["ResultFilesDeleted"]) == (1, 0)
    queries.aws.arm(refusal)
    answered = alive(queries.run(deleteResult=True))
    assert body_of(answered)["rows"] == [{"n": 7}] and metrics(answered)["ResultFilesNotDeleted"] == 2
    queries.aws.arm()
    assert metrics(queries.sweep())["ResultFilesDeleted"] == 1
