"""`query_api` runs permitted SQL, returns rows in pages and separates tenants; `query_retention` deletes old results."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import pytest

from support.alerter_stack import metrics, reason
from support.documentation import page
from support.query_stack import API_KEY, TENANT, QueryStack, failure, http_event, rest_event, rows


def status_of(queries: QueryStack, query: str, **options: Any) -> Any:
    return queries.ask("GET", f"status/{query}", **options)


def following(queries: QueryStack, query: str, **members: Any) -> Any:
    options = {name: members.pop(name) for name in ("tenant", "headers") if name in members}
    return queries.ask("POST", "next", {"query_id": query, **members}, **options)


# The life of a query


def test_a_query_is_submitted_polled_and_read_page_by_page(queries: QueryStack) -> None:
    values = [[str(number), None if number == 3 else f"row {number}"] for number in range(25)]
    queries.plan(rows({"n": "bigint", "s": "varchar"}, *values, states=["QUEUED", "RUNNING", "SUCCEEDED"], bytes=7))
    query = queries.submit(retention_minutes=60)
    [execution] = queries.executions()
    assert execution["QueryExecutionId"] == query and execution["QueryExecutionContext"]["Database"] == "sales"
    # Listing the executions was a poll, too.
    seen = [status_of(queries, query).body["status"] for _ in range(2)]
    assert seen == ["RUNNING", "FINISHED"]
    finished = status_of(queries, query).body
    assert (finished["query_id"], finished["state"]) == (query, "SUCCEEDED")
    assert finished["statistics"] == {"bytes_scanned": 7, "milliseconds": 1000}
    assert abs(finished["expires_at"] - time.time() - 3600) < 60

    pages: List[Any] = []
    token: Dict[str, str] = {}
    while not pages or token:
        answer = following(queries, query, results_per_page=10, **token).body
        assert answer["columns"] == [{"name": "n", "type": "bigint"}, {"name": "s", "type": "varchar"}]
        pages.append(answer["rows"])
        token = {"paging_token": answer["next_token"]} if "next_token" in answer else {}
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [row[0] for page in pages for row in page] == list(range(25))
    assert pages[0][3] == [3, None]


def test_a_page_without_a_size_has_a_thousand_rows_with_the_header(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, *([str(number)] for number in range(2500))))
    query = queries.submit()
    pages: List[Any] = []
    token: Dict[str, str] = {}
    while not pages or token:
        answer = following(queries, query, **token).body
        pages.append([row[0] for row in answer["rows"]])
        token = {"next_token": answer["next_token"]} if "next_token" in answer else {}
    assert [len(page) for page in pages] == [999, 1000, 501]
    assert [number for page in pages for number in page] == list(range(2500))


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING"])
def test_a_queued_or_running_query_has_its_status(queries: QueryStack, state: str) -> None:
    queries.plan({"order": {"state": state}})
    query = queries.submit()
    told = status_of(queries, query)
    assert (told.status, told.body["status"], told.body["state"]) == (200, state, state)
    assert "expires_at" not in told.body
    old = status_of(queries, query, queryStringParameters={"compat": "v0code"})
    assert (old.status, old.body) == (200, {"status": state})


def test_the_workgroup_comes_from_the_environment(queries: QueryStack) -> None:
    workgroup = f"programs-{queries.bucket}"
    queries.aws.client("athena").create_work_group(Name=workgroup)
    queries.submit()
    queries.configure(ATHENA_WORKGROUP=workgroup)
    queries.submit()
    assert [one["WorkGroup"] for one in queries.executions()] == ["primary", workgroup]


def test_a_listing_keeps_its_first_row(queries: QueryStack) -> None:
    queries.plan(rows({"partition": "string"}, ["dt=1"], ["dt=2"], ["dt=3"]))
    query = queries.submit("SHOW PARTITIONS metrics")
    first = following(queries, query, results_per_page=2).body
    assert first["rows"] == [["dt=1"], ["dt=2"]]
    assert following(queries, query, next_token=first["next_token"]).body["rows"] == [["dt=3"]]


def test_a_query_can_be_cancelled(queries: QueryStack) -> None:
    queries.plan({"order": {"state": "RUNNING"}})
    query = queries.submit()
    cancelled = queries.ask("POST", f"cancel/{query}")
    assert (cancelled.status, cancelled.body["status"]) == (200, "CANCELLED")
    assert status_of(queries, query).body["reason"] == "Query cancelled by user"
    assert following(queries, query).status == 410
    # An ended query keeps its state.
    ended = queries.submit()
    assert queries.ask("POST", f"cancel/{ended}").body["status"] == "FINISHED"


@pytest.mark.check
def test_pages_of_long_rows_are_smaller(queries: QueryStack) -> None:
    queries.plan(rows({"s": "varchar"}, *([str(number) + "x" * 100_000] for number in range(100))))
    query = queries.submit()
    seen: List[str] = []
    token: Dict[str, str] = {}
    while not seen or token:
        answer = following(queries, query, **token)
        assert answer.status == 200
        seen += [row[0].rstrip("x") for row in answer.body["rows"]]
        token = {"next_token": answer.body["next_token"]} if "next_token" in answer.body else {}
    assert seen == [str(number) for number in range(100)]
    queries.plan(rows({"s": "varchar"}, ["x" * 6_100_000]))
    assert following(queries, queries.submit()).status == 413


def test_a_page_of_athena_that_is_too_large_is_read_in_parts(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, *([str(number)] for number in range(10))))
    query = queries.submit()
    too_long = {"operation": "athena.GetQueryResults", "kind": "says", "body": " " * (33 << 20)}
    queries.aws.arm(too_long)
    answer = following(queries, query, results_per_page=10)
    assert (answer.status, len(answer.body["rows"]), "next_token" in answer.body) == (200, 5, True)
    queries.aws.arm({**too_long, "times": 99})
    answer = following(queries, query, results_per_page=2)
    assert (answer.status, answer.body["error"], answer.body["retryable"]) == (413, "ResultTooLong", False)


# Clients of the original service


def test_clients_of_the_original_service_are_served(queries: QueryStack) -> None:
    queries.plan(rows({"n": "bigint", "s": "varchar"}, ["1", None], ["2", "b"], states=["RUNNING", "SUCCEEDED"]))
    old = {"queryStringParameters": {"compat": "v0code"}}
    query = queries.ask("POST", "/v0/lme_hist/query/", {"sql_query": "SELECT * FROM metrics", "retention_minutes": 1440}, **old).body
    assert isinstance(query, str)
    assert [status_of(queries, query, **old).body for _ in range(2)] == [{"status": "RUNNING"}, {"status": "SUCCEEDED"}]
    page = queries.ask("POST", "next", {"query_id": query, "results_per_request": 1}, **old).body
    assert json.loads(page["result_set"]) == [{"columns": ["n", "s"]}, {"data": ["1", None]}]
    more = {"query_id": query, "next_token": page["next_token"], "results_per_request": 1}
    last = queries.ask("POST", "next", more, **old).body
    assert json.loads(last["result_set"]) == [{"data": ["2", "b"]}] and "next_token" not in last
    queries.aws.arm({"operation": "athena.GetQueryExecution", "times": 9})
    assert status_of(queries, query, **old).status == 400


@pytest.mark.parametrize("kind, status", [(100, 502), (1, 503)])
def test_clients_of_the_original_service_get_no_5xx(queries: QueryStack, kind: int, status: int) -> None:
    queries.plan(failure("GENERIC_INTERNAL_ERROR", category=1, kind=kind, retryable=True))
    query = queries.submit()
    for answer, expected in (
        (status_of(queries, query, queryStringParameters={"compat": "v0code"}), 400),
        (status_of(queries, query), status),
    ):
        assert answer.status == expected
        body = {"error": "AthenaFailed", "message": "GENERIC_INTERNAL_ERROR", "query_id": query, "retryable": True}
        assert answer.body == body


# Failures


def test_an_error_has_a_status_and_a_reason(queries: QueryStack) -> None:
    queries.plan(failure("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"))
    query = queries.submit()
    for answer in (status_of(queries, query), following(queries, query)):
        assert (answer.status, answer.body["error"]) == (400, "InvalidQuerySyntax")
        assert "Column 'x'" in answer.body["message"] and answer.body["query_id"] == query


@pytest.mark.parametrize(
    "plan, status",
    [
        (failure("HIVE_BAD_DATA"), 400),
        (failure("GENERIC_INTERNAL_ERROR", category=1, kind=100, retryable=True), 502),
        (failure("other", category=3, kind=401), 502),
        (failure("Query exhausted resources at this scale factor", category=1, kind=1), 503),
    ],
)
def test_the_status_distinguishes_client_from_server_errors(queries: QueryStack, plan: Any, status: int) -> None:
    queries.plan(plan)
    answer = status_of(queries, queries.submit())
    assert (answer.status, answer.body["message"]) == (status, plan["order"]["reason"])
    assert answer.body["retryable"] is plan["order"]["athena_error"]["Retryable"]


@pytest.mark.parametrize(
    "body, said",
    [
        ("no JSON", "not valid JSON"),
        ("", "not valid JSON"),
        ("[]", "an array"),
        ({}, "query: expected"),
        ({"query": ""}, "query: expected"),
        ({"query": " \n"}, "query: expected"),
        ({"query": 7}, "query: expected a text, found 7"),
        ({"query": "SELECT 1", "retention_minutes": 0}, "retention_minutes: expected a whole number from 1 to 43200"),
        ({"query": "SELECT 1", "retention_minutes": 43_201}, "from 1 to 43200"),
        ({"query": "SELECT 1", "retention_minutes": "60"}, "retention_minutes"),
        ({"query": "SELECT 1", "retention": 60}, "there is no member 'retention'"),
        ({"query": "SELECT 1", "sql_query": "SELECT 2"}, "expected one of query, sql_query, found both"),
        ({"query": "SELECT '" + "x" * 262_144 + "'"}, "262144 bytes"),
    ],
)
def test_a_bad_submission_is_refused_with_its_reason(queries: QueryStack, body: Any, said: str) -> None:
    answer = queries.ask("POST", "query", body)
    assert (answer.status, answer.body["error"]) == (400, "InvalidRequest") and said in answer.body["message"]
    assert queries.executions() == []


@pytest.mark.parametrize(
    "members, status",
    [
        ({"results_per_page": 0}, 400),
        ({"results_per_page": 1001}, 400),
        ({"results_per_page": "10"}, 400),
        ({"paging_token": "invented"}, 400),
        ({"paging_token": ""}, 400),
        ({"page": 1}, 400),
        ({"results_per_page": 1, "results_per_request": 2}, 400),
        ({"results_per_page": 10.0, "paging_token": None}, 200),
    ],
)
def test_a_bad_page_is_refused(queries: QueryStack, members: Any, status: int) -> None:
    assert following(queries, queries.submit(), **members).status == status


def test_an_unknown_page_token_is_refused(queries: QueryStack) -> None:
    query = queries.submit()
    answer = following(queries, query, paging_token="invented")
    assert (answer.status, answer.body["error"], answer.body["query_id"]) == (400, "InvalidToken", query)


def test_a_page_of_a_running_query_is_not_ready(queries: QueryStack) -> None:
    queries.plan({"order": {"state": "RUNNING"}})
    answer = following(queries, queries.submit())
    assert (answer.status, answer.body["error"], answer.body["retryable"]) == (409, "NotReady", True)


@pytest.mark.parametrize("query", ["00000000-0000-0000-0000-000000000000", "x", "..", "%00", "a" * 129, "ü"])
def test_an_unknown_query_is_not_found(queries: QueryStack, query: str) -> None:
    assert status_of(queries, query).status == 404
    assert queries.ask("POST", f"cancel/{query}").status == 404


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "query", 405),
        ("DELETE", "next", 405),
        ("POST", "status/x", 405),
        ("POST", "openapi.json", 405),
        ("GET", "status", 404),
        ("GET", "status/a/b", 404),
        ("GET", "", 404),
        ("GET", "/v1/data_hist/status/x", 404),
        ("GET", "/", 404),
    ],
)
def test_other_paths_and_methods_are_refused(queries: QueryStack, method: str, path: str, status: int) -> None:
    answer = queries.ask(method, path)
    assert answer.status == status
    assert ("Allow" in answer.headers) == (status == 405)


def refusal(code: str, message: str) -> Dict[str, Any]:
    """Refusals of Athena when a query is submitted."""
    body = {"__type": "InvalidRequestException", "AthenaErrorCode": code, "Message": message}
    return {
        "operation": "athena.StartQueryExecution",
        "kind": "says",
        "status": 400,
        "headers": {"X-Amzn-Errortype": "InvalidRequestException"},
        "body": json.dumps(body),
    }


@pytest.mark.parametrize(
    "code, message, error",
    [
        ("MALFORMED_QUERY", "Queries of this type are not supported", "InvalidQuerySyntax"),
        ("MALFORMED_QUERY", "line 1:8: extraneous token ','", "InvalidQuerySyntax"),
        ("INVALID_INPUT", "line 1:8: mismatched input 'FORM'. Expecting: <expression>", "InvalidQuerySyntax"),
        ("INVALID_INPUT", "WorkGroup is not found", "InvalidRequest"),
        ("INVALID_INPUT", "Unable to verify/create output bucket", "InvalidRequest"),
        ("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match", "IdempotencyMismatch"),
    ],
)
def test_sql_that_athena_refuses_is_an_error_with_its_reason(
    queries: QueryStack, code: str, message: str, error: str
) -> None:
    queries.aws.arm(refusal(code, message))
    answer = queries.ask("POST", "query", {"query": "SELECT 1"})
    assert answer.status == (409 if error == "IdempotencyMismatch" else 400)
    assert answer.body == {"error": error, "message": message, "retryable": False}


def test_a_reason_can_be_withheld_from_programs(queries: QueryStack) -> None:
    queries.configure(WITHHOLD_REASONS="true")
    queries.plan(failure("HIVE_BAD_DATA: s3://secret"))
    query = queries.submit()
    for answer in (status_of(queries, query), following(queries, query)):
        assert (answer.status, answer.body["error"], answer.body["query_id"]) == (400, "QueryFailed", query)
        assert "withheld" in answer.body["message"] and "secret" not in json.dumps(answer.body)
        # The log has no reason of a query either: it may contain values.
        assert "secret" not in "".join(answer.invocation.log_lines)
    queries.aws.arm(refusal("INVALID_INPUT", "Unable to verify/create output bucket secret"))
    refused = queries.ask("POST", "query", {"query": "SELECT 1"})
    assert refused.status == 400 and "secret" not in json.dumps(refused.body)
    assert "output bucket secret" in "".join(refused.invocation.log_lines)


def test_too_many_queries_at_once_are_throttled(queries: QueryStack) -> None:
    code, message = "TooManyRequestsException", "You have exceeded the limit for the number of queries you can run concurrently"
    queries.aws.arm({"operation": "athena.StartQueryExecution", "status": 400, "code": code, "message": message, "times": 3})
    answer = queries.ask("POST", "query", {"query": "SELECT 1"})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
    assert answer.body == {"error": "TooManyRequests", "message": message, "retryable": True}
    assert queries.executions() == []


def test_errors_of_athena_have_distinct_statuses(queries: QueryStack) -> None:
    query = queries.submit()
    queries.aws.arm({"operation": "athena.*", "kind": "throttle", "times": 3})
    throttled = status_of(queries, query)
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "5")
    queries.aws.arm({"operation": "athena.*", "times": 3})
    broken = status_of(queries, query)
    assert (broken.status, broken.body["retryable"]) == (502, True)
    queries.aws.arm()
    assert status_of(queries, query).status == 200


def test_a_missing_permission_is_named_in_the_log_only(queries: QueryStack) -> None:
    queries.actions["query_api"].remove("athena:StartQueryExecution")
    answer = queries.ask("POST", "query", {"query": "SELECT 1"})
    assert answer.status == 502 and "arn:" not in json.dumps(answer.body)
    assert "athena:StartQueryExecution" in "".join(answer.invocation.log_lines)


def test_a_query_of_another_workgroup_is_not_found(queries: QueryStack) -> None:
    """Athena asks for a permission on the workgroup of the query, so a role sees no query of any other workgroup."""
    query = queries.submit()
    message = "You are not authorized to perform: athena:GetQueryExecution on the resource. After your AWS administrator"
    denied = {"operation": "athena.GetQueryExecution", "status": 400, "code": "AccessDeniedException", "message": message}
    queries.aws.arm({**denied, "times": 3})
    for answer in (status_of(queries, query), queries.ask("POST", f"cancel/{query}"), following(queries, query)):
        unknown = {"error": "NotFound", "message": "there is no such query", "query_id": query, "retryable": False}
        assert (answer.status, answer.body) == (404, unknown)
        # The reason may also be a role without the permission, which only the owner can tell.
        assert "athena:GetQueryExecution" in "".join(answer.invocation.log_lines)


def test_an_event_that_is_not_a_request_fails(queries: QueryStack) -> None:
    assert "no request over HTTP" in reason(queries.handler("query_api").invoke({"query": "SELECT 1"}))


# Permitted SQL


@pytest.mark.parametrize(
    "example, status",
    [
        ("a:b", 403),
        ("a: b", 403),
        ("1:2", 403),
        ("FROM events where:x, other", 403),
        ("json_object('a': b)", 200),
        ("json_object(a : b)", 200),
    ],
)
def test_the_examples_of_colons_are_as_documented(queries: QueryStack, example: str, status: int) -> None:
    assert f"`{example}`" in page("query-api.md")
    queries.configure(QUERY_API_TABLES="events")
    sql = f"SELECT * {example}" if example.startswith("FROM") else f"SELECT {example} FROM events"
    assert queries.ask("POST", "query", {"query": sql}).status == status


def test_tables_that_no_environment_holds_come_from_the_settings(queries: QueryStack, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"query_api": {"tables": [f"table_{number}" for number in range(2000)]}}))
    queries.configure(SETTINGS_FILE=str(settings), QUERY_API_TABLES="")
    assert queries.ask("POST", "query", {"query": "SELECT * FROM table_1999"}).status == 200
    assert queries.ask("POST", "query", {"query": "SELECT * FROM table_2000"}).status == 403
    queries.configure(SETTINGS_FILE="")
    said = reason(queries.handler("query_api").invoke(rest_event("GET", "/v0/data_hist/openapi.json")))
    assert "QUERY_API_TABLES is not set, nor is query_api.tables in the settings" in said


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE metrics", "SELECT * FROM secret", "SELECT 1; SELECT 2", "CREATE TABLE a AS SELECT 1", "SHOW TABLES", "--"],
)
def test_sql_that_is_not_read_only_is_forbidden(queries: QueryStack, sql: str) -> None:
    answer = queries.ask("POST", "query", {"query": sql})
    assert (answer.status, answer.body["error"]) == (403, "Forbidden")
    assert queries.executions() == []


def test_the_checked_statement_is_the_one_that_runs(queries: QueryStack) -> None:
    queries.submit("SELECT a -- FROM secret\nFROM sales.events_v0;")
    assert queries.executions()[0]["Query"].split() == ["SELECT", "a", "FROM", "sales.events_v0"]


def test_the_tables_come_from_the_environment(queries: QueryStack) -> None:
    queries.configure(QUERY_API_TABLES="hr.*")
    assert queries.ask("POST", "query", {"query": "SELECT * FROM metrics"}).status == 403
    queries.submit("SELECT * FROM hr.people")
    queries.configure(QUERY_API_TABLES="")
    assert "QUERY_API_TABLES is not set" in reason(queries.handler("query_api").invoke({}))


# Tenants


STRANGE = ["../acme", "acme/", "ACME", "acme ", "%61cme", "acmé", "tenant=acme", "a" * 256]


@pytest.mark.parametrize("other", STRANGE)
def test_a_query_of_another_tenant_is_not_found(queries: QueryStack, other: str) -> None:
    query = queries.submit()
    for answer in (
        status_of(queries, query, tenant=other),
        following(queries, query, tenant=other),
        queries.ask("POST", f"cancel/{query}", tenant=other),
    ):
        assert (answer.status, answer.body["error"]) == (404, "NotFound")
    # A tenant sees its own queries, whatever its name is.
    assert status_of(queries, queries.submit(tenant=other), tenant=other).status == 200
    locations = {one["ResultConfiguration"]["OutputLocation"].rsplit("/", 2)[0] for one in queries.executions()}
    assert len(locations) == 2 and all(one.startswith(f"s3://{queries.bucket}/daily/tenant=") for one in locations)


def test_a_query_without_a_tenant_is_not_found(queries: QueryStack) -> None:
    started = queries.aws.client("athena").start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{queries.bucket}/daily/"}
    )["QueryExecutionId"]
    assert status_of(queries, started).status == 404


def test_another_key_is_another_tenant(queries: QueryStack) -> None:
    query = queries.submit()
    event = rest_event("GET", f"/v0/data_hist/status/{query}", headers={TENANT: "acme"})
    assert queries.invoke_api(event).status == 200
    event["requestContext"]["identity"]["apiKeyId"] = "key-2"
    assert queries.invoke_api(event).status == 404


@pytest.mark.parametrize("tenant", [None, "", " ", "ü", "a" * 257])
def test_a_request_without_a_tenant_is_refused(queries: QueryStack, tenant: Any) -> None:
    answer = queries.ask("POST", "query", {"query": "SELECT 1"}, tenant=tenant)
    assert answer.status == 400 and TENANT in answer.body["message"]


# Events in every format


def test_an_http_api_is_served_like_a_rest_api(queries: QueryStack) -> None:
    body = base64.b64encode(json.dumps({"query": "SELECT 1"}).encode()).decode()
    headers = {TENANT: "acme"}
    submitted = queries.invoke_api(
        http_event("POST", "/prod/v0/data_hist/query", body, headers, isBase64Encoded=True)
    )
    assert submitted.status == 200
    path = f"/v0/data_hist/status/{submitted.body['query_id']}"
    assert queries.invoke_api(http_event("GET", path, headers=headers)).body["status"] == "FINISHED"
    old = queries.invoke_api(http_event("GET", path, headers=headers, query="compat=v0code"))
    assert old.body == {"status": "SUCCEEDED"}


def test_a_configured_api_key_is_checked(queries: QueryStack) -> None:
    queries.aws.client("secretsmanager").create_secret(Name=f"key-{queries.bucket}", SecretString=API_KEY)
    queries.actions["query_api"].append("secretsmanager:GetSecretValue")
    queries.configure(QUERY_API_KEY=f"secretsmanager:key-{queries.bucket}")
    for headers, status in (({}, 401), ({"x-api-key": "wrong"}, 401), ({"X-Api-Key": API_KEY}, 200)):
        answer = queries.ask("POST", "query", {"query": "SELECT 1"}, headers=headers)
        assert answer.status == status
        assert queries.ask("GET", "openapi.json", headers=headers).status == status
    assert API_KEY not in queries.output()


# Idempotency


def test_a_repeated_submission_runs_once(queries: QueryStack) -> None:
    event = rest_event("POST", "/v0/data_hist/query", {"query": "SELECT 1"}, {TENANT: "acme"})
    assert queries.invoke_api(event).body == queries.invoke_api(event).body
    queries.aws.arm({"operation": "athena.StartQueryExecution", "kind": "lost"})
    queries.submit()
    assert len(queries.executions()) == 2


def test_an_idempotency_key_makes_submissions_one(queries: QueryStack) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert queries.submit(headers=key) == queries.submit(headers=key)
    assert queries.submit(headers=key, tenant="other") != queries.submit(headers=key)
    answer = queries.ask("POST", "query", {"query": "SELECT 2"}, headers=key)
    assert (answer.status, answer.body["error"]) == (409, "IdempotencyMismatch")
    assert queries.ask("POST", "query", {"query": "SELECT 2"}, headers={"Idempotency-Key": ""}).status == 400


# Retention


def test_expired_results_are_refused_and_deleted(queries: QueryStack) -> None:
    kept, old = queries.submit(retention_minutes=60), queries.submit(retention_minutes=1)
    others = [
        "daily/other.csv",
        "daily/tenant=x/other.csv",
        "daily/tenant=x/retention=1/deeper/other.csv",
        "daily/tenant=x/retention=-1/other.csv",
        "daily/tenant=x/retention=/other.csv",
        "elsewhere/tenant=x/retention=1/other.csv",
        "daily/tenants/retention=1/other.csv",
    ]
    queries.put(*others)
    swept = metrics(queries.sweep())
    assert (swept["ResultFilesKept"], swept["ResultFilesDeleted"], swept["ResultFilesUnknown"]) == (4, 0, 4)

    # Two minutes pass for the second query.
    queries.aws.put_execution(old, submitted=time.time() - 121)
    queries.aws.age_objects(queries.bucket, old, 120)
    for answer in (status_of(queries, old), following(queries, old)):
        assert (answer.status, answer.body["error"]) == (410, "Expired")
    swept = metrics(queries.sweep())
    assert (swept["ResultFilesKept"], swept["ResultFilesDeleted"], swept["ResultFilesUnknown"]) == (2, 2, 4)
    left = queries.keys()
    assert set(others) <= set(left) and not [key for key in left if old in key]
    assert len([key for key in left if kept in key]) == 2
    assert following(queries, kept).status == 200


@pytest.mark.parametrize("variables, minutes", [({}, 1440), ({"RETENTION_MINUTES": "90"}, 90), ({"LONGEST_RETENTION_MINUTES": "60"}, 60)])
def test_the_default_retention_comes_from_the_environment(
    queries: QueryStack, variables: Dict[str, str], minutes: int
) -> None:
    queries.configure(**variables)
    query = queries.submit()
    [execution] = queries.executions()
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert re.fullmatch(rf"s3://{queries.bucket}/daily/tenant=[0-9a-f]{{32}}/retention={minutes}/{query}\.csv", location)
    completed = execution["Status"]["CompletionDateTime"].timestamp()
    assert status_of(queries, query).body["expires_at"] == int(completed + minutes * 60)


def test_a_result_with_an_out_of_range_retention_stays(queries: QueryStack) -> None:
    odd = ["9223372036854775807", "153722867280912931", "5256001", "99999999999999999999", "01x", "+-1"]
    queries.put(*(f"daily/tenant=x/retention={minutes}/a.csv" for minutes in odd), "daily/tenant=x/retention=1/a.csv")
    queries.aws.age_objects(queries.bucket, "retention=", 3600)
    swept = metrics(queries.sweep())
    assert (swept["ResultFilesUnknown"], swept["ResultFilesDeleted"]) == (len(odd), 1)
    assert len(queries.keys()) == len(odd)


def test_a_sweep_without_results_makes_one_call(queries: QueryStack) -> None:
    assert queries.sweep().succeeded
    queries.put("daily/tenant=x/retention=60/kept.csv", "daily/other.csv")
    queries.aws.reset_calls()
    swept = queries.sweep()
    assert swept.succeeded and metrics(swept)["ResultFilesKept"] == 1
    assert queries.aws.calls() == {"s3.ListObjectsV2": 1}


def test_a_deleted_result_is_reported_as_expired(queries: QueryStack) -> None:
    query = queries.submit()
    [key] = [key for key in queries.keys() if key.endswith(f"{query}.csv")]
    queries.aws.client("s3").delete_object(Bucket=queries.bucket, Key=key)
    assert following(queries, query).status == 410


@pytest.mark.check
def test_a_sweep_of_many_pages_deletes_every_expired_result(queries: QueryStack) -> None:
    keys = [f"daily/tenant=x/retention=1/{number:04}.csv" for number in range(1100)]
    queries.put(*keys)
    queries.aws.age_objects(queries.bucket, "retention=1", 60)
    assert metrics(queries.sweep())["ResultFilesDeleted"] == 1100
    assert queries.keys() == []


def test_a_failed_sweep_is_an_error_and_the_next_continues(queries: QueryStack) -> None:
    queries.put("daily/tenant=x/retention=1/a.csv", "daily/tenant=x/retention=1/b.csv")
    queries.aws.age_objects(queries.bucket, "retention=1", 60)
    queries.aws.arm({"operation": "s3.DeleteObject", "status": 403, "code": "AccessDenied"})
    swept = queries.sweep()
    assert "s3:DeleteObject" in reason(swept) and metrics(swept)["ResultFilesNotDeleted"] == 1
    assert metrics(queries.sweep())["ResultFilesDeleted"] == 1
    queries.actions["query_retention"].remove("s3:ListBucket")
    queries.stop()
    assert "s3:ListObjectsV2" in reason(queries.sweep())


# Metrics


def test_every_request_is_counted_once_with_its_status(queries: QueryStack) -> None:
    query = queries.submit()
    answers = [queries.ask("POST", "query", {"query": sql}) for sql in ("SELECT 1", "DROP TABLE metrics", "SELECT 1; SELECT 2")]
    answers += [status_of(queries, one) for one in (query, "00000000-0000", "x")]
    answers += [following(queries, query), following(queries, query, results_per_page=0), queries.ask("GET", "nothing")]
    answers += [queries.ask("POST", "query", body) for body in ("no JSON", {"query": 7})]
    answers += [queries.ask("GET", "openapi.json"), queries.ask("PUT", "query"), status_of(queries, query, tenant="")]
    queries.aws.arm({"operation": "athena.GetQueryExecution", "times": 3})
    answers += [status_of(queries, query), queries.ask("POST", f"cancel/{query}")]
    counted = metrics(*(answer.invocation for answer in answers))
    statuses = Counter(f"Answers{answer.status // 100}xx" for answer in answers)
    assert statuses == {"Answers2xx": 5, "Answers4xx": 10, "Answers5xx": 1}
    assert counted == {"Requests": len(answers), **statuses, "QueriesStarted": 1}
    assert counted["Requests"] == sum(count for name, count in counted.items() if name.startswith("Answers"))
    # An event that is not a request is not counted, and fails.
    failed = queries.handler("query_api").invoke({"query": "SELECT 1"})
    assert not failed.succeeded and metrics(failed)["Requests"] == 0
