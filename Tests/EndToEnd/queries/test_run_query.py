"""`run_query` runs configured SQL and returns its rows, once for each event."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from support.alerter_stack import metrics, reason
from support.event_delivery import schedule_event
from support.local_aws import LocalAWS
from support.query_stack import QueryStack, body_of, failure, rest_event, rows

TYPES = {
    "b": "boolean",
    "t": "tinyint",
    "l": "bigint",
    "d": "double",
    "m": "decimal(38,9)",
    "s": "varchar",
    "on": "date",
    "a": "array",
}
VALUES = ["true", "7", "9007199254740993", "0.25", "12345678901234567890.5", "", "2024-03-05", "[1, 2]"]


# SQL in the settings


def test_sql_that_no_environment_holds_comes_from_the_settings(queries: QueryStack, tmp_path: Path) -> None:
    sql = "SELECT '{{date}}' AS \"on\",\n" + "".join(f"\tcolumn_{number},\n" for number in range(2000)) + "1 FROM orders"
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"run_query": {"sql": sql}}))
    queries.configure(SETTINGS_FILE=str(settings), QUERY_STRING="")
    body_of(queries.tick(time="2024-03-05T06:00:00Z"))
    [execution] = queries.executions()
    assert execution["Query"] == sql.replace("{{date}}", "2024-03-05")


def test_sql_in_both_places_stops_the_start(queries: QueryStack, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"run_query": {"sql": "SELECT 1"}}))
    queries.configure(SETTINGS_FILE=str(settings))
    assert "QUERY_STRING and run_query.sql in the settings are both set" in reason(queries.run())


def test_sql_in_neither_place_is_named_with_both(queries: QueryStack) -> None:
    queries.configure(QUERY_STRING="")
    assert "QUERY_STRING is not set, nor is run_query.sql in the settings" in reason(queries.tick())
    assert body_of(queries.run(query="SELECT 1"))["rows"] is not None


# Rows


def test_rows_have_their_types_and_nulls(queries: QueryStack) -> None:
    queries.plan(rows(TYPES, VALUES, [None] * len(TYPES), bytes=1024))
    invocation = queries.run()
    body = body_of(invocation)
    assert invocation.payload["statusCode"] == 200
    [execution] = queries.executions()
    assert body["queryExecutionId"] == execution["QueryExecutionId"]
    assert body["location"] == f"s3://{queries.bucket}/daily/{execution['QueryExecutionId']}.csv"
    assert body["bytesScanned"] == 1024
    assert body["columns"] == [{"name": name, "type": kind} for name, kind in TYPES.items()]
    # The last digit of 2^53 + 1 is exact, and so is every digit of the decimal.
    values = [True, 7, 9007199254740993, 0.25, "12345678901234567890.5", "", "2024-03-05", "[1, 2]"]
    assert body["rows"] == [dict(zip(TYPES, values)), dict.fromkeys(TYPES)]
    counted = metrics(invocation)
    assert (counted["QueriesStarted"], counted["QueriesSucceeded"], counted["RowsReturned"]) == (1, 1, 2)


def test_all_pages_are_read(queries: QueryStack) -> None:
    queries.aws.reset_calls()
    queries.plan(rows({"n": "integer"}, *([str(number)] for number in range(2500))))
    assert [row["n"] for row in body_of(queries.run())["rows"]] == list(range(2500))
    assert queries.aws.calls()["athena.GetQueryResults"] == 3


def test_columns_with_the_same_name_are_distinct(queries: QueryStack) -> None:
    queries.plan(rows({"id": "integer"}, ["1", "2"]) | {"columns": [("id", "integer"), ("id", "integer")]})
    assert body_of(queries.run())["rows"] == [{"id": 1, "id_2": 2}]


def test_a_listing_keeps_its_first_row(queries: QueryStack) -> None:
    queries.plan(rows({"tab_name": "string"}, ["orders"], ["tab_name"]))
    body = body_of(queries.run(query="SHOW TABLES"))
    assert [row["tab_name"] for row in body["rows"]] == ["orders", "tab_name"]
    # A table may have the name of the column.
    queries.plan(rows({"tab_name": "string"}, ["tab_name"]))
    assert body_of(queries.run(query="SHOW TABLES"))["rows"] == [{"tab_name": "tab_name"}]


def test_an_empty_result_has_an_empty_list_of_rows(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}))
    assert body_of(queries.run())["rows"] == []


def test_rows_can_have_another_name_and_be_untyped(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, ["7"], [None]))
    assert body_of(queries.run(rowsName="ratings", typed=False))["ratings"] == [{"n": "7"}, {"n": None}]


def test_a_result_over_the_response_limit_is_refused(queries: QueryStack) -> None:
    queries.plan(rows({"s": "varchar"}, *(["x" * 60_000] for _ in range(120))))
    said = reason(queries.run())
    assert "ResultTooLong" in said and queries.executions()[0]["QueryExecutionId"] in said
    # Quotes take more bytes in the response than in the result.
    queries.plan(rows({"s": "varchar"}, *(['"' * 60_000] for _ in range(60))))
    assert "ResultTooLong" in reason(queries.run())
    assert queries.run(queryExecutionId=queries.executions()[1]["QueryExecutionId"], answer="message").succeeded


def test_reading_stops_at_the_response_limit(queries: QueryStack) -> None:
    # The response has more bytes around a short value than in it.
    queries.plan(rows({"n" * 200: "integer"}, *(["1"] for _ in range(50_000))))
    queries.aws.reset_calls()
    assert "ResultTooLong" in reason(queries.run())
    assert 25 < queries.aws.calls()["athena.GetQueryResults"] < 35
    # Each row takes 209 bytes.
    queries.plan(rows({"n" * 200: "integer"}, *(["1"] for _ in range(28_600))))
    assert queries.run().succeeded
    queries.plan(rows({"n": "integer"}, ["1"]))
    queries.aws.arm({"operation": "athena.GetQueryResults", "kind": "says", "body": " " * (33 << 20)})
    assert "ResultTooLong" in reason(queries.run())


# Polling


def test_polling_backs_off(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, ["1"], states=["QUEUED", "RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]))
    queries.handler("run_query")
    queries.aws.reset_calls()
    invocation = queries.run()
    assert body_of(invocation)["rows"] == [{"n": 1}]
    assert queries.aws.calls()["athena.GetQueryExecution"] == 5
    # 0.2 s, 0.3 s, 0.45 s and 0.675 s.
    assert invocation.duration > 1.6


def test_a_running_query_is_not_reported_as_successful(queries: QueryStack) -> None:
    queries.plan(failure("SYNTAX_ERROR: no such column", states=["RUNNING", "FAILED"]))
    assert "SYNTAX_ERROR" in reason(queries.run(answer="message"))
    queries.plan({"order": {"states": ["RUNNING", "SUCCEEDED"]}})
    told = queries.run(answer="message").payload
    execution = queries.executions()[1]
    sentence = f"Successfully ran query and saved to s3://{queries.bucket}/daily/!"
    assert told["statusCode"] == 200 and json.loads(told["body"]) == sentence
    assert told["queryExecutionId"] == execution["QueryExecutionId"]


def test_the_execution_is_returned_without_waiting(queries: QueryStack) -> None:
    queries.plan({"order": {"state": "RUNNING"}})
    invocation = queries.run(wait=False)
    [execution] = queries.executions()
    body = body_of(invocation)
    assert invocation.payload["statusCode"] == 202
    assert (body["queryExecutionId"], body["state"]) == (execution["QueryExecutionId"], "RUNNING")
    queries.plan({"order": {"state": "RUNNING"}})
    told = queries.run(wait=False, answer="message").payload
    assert json.loads(told["body"]).startswith("Started query") and told["statusCode"] == 202
    assert told["queryExecutionId"] == queries.executions()[1]["QueryExecutionId"]


def test_an_execution_can_be_awaited_later(queries: QueryStack) -> None:
    queries.plan(rows({"n": "integer"}, ["7"], states=["QUEUED", "RUNNING", "SUCCEEDED"]))
    execution = body_of(queries.run(wait=False))["queryExecutionId"]
    assert body_of(queries.run(queryExecutionId=execution))["rows"] == [{"n": 7}]
    assert len(queries.executions()) == 1


def test_a_repeated_event_waits_for_the_running_execution(executable: Path, local_aws: LocalAWS) -> None:
    local_aws.clear_executions()
    with QueryStack(executable, local_aws, timeout_seconds=8) as queries:
        queries.plan(rows({"n": "integer"}, ["7"], state="RUNNING"))
        event = schedule_event()
        said = reason(queries.handler("run_query").invoke(event))
        [execution] = queries.executions()
        assert "StillRunning" in said and execution["QueryExecutionId"] in said
        local_aws.put_execution(execution["QueryExecutionId"], state="SUCCEEDED")
        # The planned query never ends, so its result file is missing.
        queries.put(f"daily/{execution['QueryExecutionId']}.csv")
        assert body_of(queries.handler("run_query").invoke(event))["rows"] == [{"n": 7}]
        assert len(queries.executions()) == 1


# Once for each event


def test_an_event_delivered_twice_runs_the_query_once(queries: QueryStack) -> None:
    event = schedule_event()
    queries.plan(rows({"n": "integer"}, ["1"]))
    first, second = (body_of(queries.handler("run_query").invoke(event)) for _ in range(2))
    assert first == second and len(queries.executions()) == 1
    queries.tick()
    assert len(queries.executions()) == 2


def test_a_token_of_the_caller_makes_invocations_one(queries: QueryStack) -> None:
    ids = {body_of(queries.run(token="daily-2024-03-05"))["queryExecutionId"] for _ in range(2)}
    assert len(ids) == 1
    assert body_of(queries.run())["queryExecutionId"] not in ids


def test_a_start_whose_response_is_lost_runs_once(queries: QueryStack) -> None:
    queries.aws.arm({"operation": "athena.StartQueryExecution", "kind": "lost"})
    assert queries.run().succeeded
    assert len(queries.executions()) == 1


@pytest.mark.parametrize("operation", ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"])
def test_throttling_is_retried_until_it_ends(queries: QueryStack, operation: str) -> None:
    queries.plan(rows({"n": "integer"}, ["1"]))
    queries.aws.arm({"operation": f"athena.{operation}", "kind": "throttle", "times": 2})
    assert body_of(queries.run())["rows"] == [{"n": 1}]


# Failures


def test_a_failed_query_fails_the_scheduled_invocation_with_athenas_reason(queries: QueryStack) -> None:
    queries.plan(failure("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"))
    invocation = queries.tick()
    said = reason(invocation)
    assert "InvalidQuerySyntax" in said and "Column 'x' cannot be resolved" in said
    assert queries.executions()[0]["QueryExecutionId"] in said
    assert metrics(invocation)["QueriesFailed"] == 1


@pytest.mark.parametrize(
    "plan, status, code",
    [
        (failure("SYNTAX_ERROR: line 1"), 400, "InvalidQuerySyntax"),
        (failure("HIVE_BAD_DATA: x"), 400, "QueryFailed"),
        (failure("GENERIC_INTERNAL_ERROR", category=1, kind=100), 502, "AthenaFailed"),
        (failure("Query exhausted resources at this scale factor", category=1, kind=1), 503, "AthenaFailed"),
        ({"order": {"state": "CANCELLED", "reason": "Bytes scanned limit was exceeded"}}, 410, "QueryCancelled"),
        ({"order": {"state": "FAILED"}}, 400, "QueryFailed"),
    ],
)
def test_a_failure_over_http_has_its_status_and_reason(queries: QueryStack, plan: Any, status: int, code: str) -> None:
    queries.plan(plan)
    answer = queries.get()
    body = body_of(answer)
    assert (answer.payload["statusCode"], body["error"]) == (status, code)
    assert body["message"] == plan["order"].get("reason", "Athena gives no reason")
    assert body["query_id"] == queries.executions()[0]["QueryExecutionId"]


def test_a_failure_can_have_the_original_format(queries: QueryStack) -> None:
    queries.configure(ON_FAILURE="false", ROWS_NAME="ratings")
    queries.plan(failure("no"))
    answer = queries.run()
    assert answer.payload["statusCode"] == 200
    assert body_of(answer) == {"location": False, "ratings": None}
    assert "no" in "".join(answer.log_lines)


def test_an_internal_failure_of_athena_is_retried_once(queries: QueryStack) -> None:
    passing = failure("GENERIC_INTERNAL_ERROR", category=1, kind=100, retryable=True)
    queries.plan(passing, rows({"n": "integer"}, ["7"]))
    event = schedule_event()
    assert body_of(queries.handler("run_query").invoke(event))["rows"] == [{"n": 7}]
    # A repeated event takes the same path, and starts nothing.
    assert body_of(queries.handler("run_query").invoke(event))["rows"] == [{"n": 7}]
    assert len(queries.executions()) == 2
    queries.plan(passing, passing, rows({"n": "integer"}, ["7"]))
    assert "GENERIC_INTERNAL_ERROR" in reason(queries.tick())
    assert len(queries.executions()) == 4


@pytest.mark.parametrize("missing", ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"])
def test_a_missing_permission_is_named(queries: QueryStack, missing: str) -> None:
    queries.actions["run_query"].remove(missing)
    said = reason(queries.run())
    assert missing in said and "AccessDenied" in said
    assert "AccessDenied" not in body_of(queries.get())["message"]


# Deletion of results


def test_only_the_files_of_the_query_are_deleted(queries: QueryStack) -> None:
    others = ["daily/other.csv", "daily/other.csv.metadata", "daily2/kept.csv", "daily/"]
    queries.put(*others)
    queries.plan(rows({"n": "integer"}, ["1"]), rows({"n": "integer"}, ["2"]))
    kept = body_of(queries.run())["queryExecutionId"]
    assert f"daily/{kept}.csv" in queries.keys()
    invocation = queries.run(deleteResult=True)
    body = body_of(invocation)
    assert body["rows"] == [{"n": 2}] and metrics(invocation)["ResultFilesDeleted"] == 2
    # A deleted result is not offered.
    assert body["location"] is None
    assert sorted(queries.keys()) == sorted([*others, f"daily/{kept}.csv", f"daily/{kept}.csv.metadata"])


def test_a_result_that_cannot_be_deleted_is_counted(queries: QueryStack) -> None:
    queries.actions["run_query"].remove("s3:DeleteObject")
    queries.plan(rows({"n": "integer"}, ["1"]))
    invocation = queries.run(deleteResult=True)
    assert body_of(invocation)["rows"] == [{"n": 1}]
    assert metrics(invocation)["ResultFilesNotDeleted"] == 2 and "s3:DeleteObject" in "".join(invocation.log_lines)


def test_a_result_is_kept_when_its_answer_fails(queries: QueryStack) -> None:
    queries.plan(rows({"s": "varchar"}, *(["x" * 60_000] for _ in range(120))))
    assert "ResultTooLong" in reason(queries.run(deleteResult=True))
    assert len(queries.keys()) == 2


# The query


def asked(queries: QueryStack) -> Dict[str, Any]:
    return queries.executions()[-1]


def test_the_query_comes_from_the_environment(queries: QueryStack) -> None:
    queries.run()
    assert asked(queries)["Query"] == "SELECT * FROM orders"
    assert asked(queries)["QueryExecutionContext"]["Database"] == "sales"


def rows_of(answer: Any) -> Any:
    return json.loads(answer["body"])["rows"]


# The effect of a setting: in the request to Athena, in the response, or in the bucket.
SHOWN: Dict[str, Callable[[QueryStack, Any], Any]] = {
    "ATHENA_WORKGROUP": lambda queries, _: asked(queries)["WorkGroup"],
    "ATHENA_CATALOG": lambda queries, _: asked(queries)["QueryExecutionContext"]["Catalog"],
    "WAIT": lambda _, answer: (answer["statusCode"], json.loads(answer["body"])["state"]),
    "ANSWER": lambda _, answer: str(json.loads(answer["body"]))[:22],
    "TYPED": lambda _, answer: rows_of(answer),
    "DELETE_RESULT": lambda queries, answer: (json.loads(answer["body"])["location"], queries.keys()),
}
SETTINGS = [
    ("ATHENA_WORKGROUP", "workgroup", "etl", "etl"),
    ("ATHENA_CATALOG", "catalog", "lake", "lake"),
    ("WAIT", "wait", False, (202, "RUNNING")),
    ("ANSWER", "answer", "message", "Successfully ran query"),
    ("TYPED", "typed", False, [{"n": "7"}]),
    ("DELETE_RESULT", "deleteResult", True, (None, [])),
]


@pytest.mark.parametrize("is_variable", [True, False], ids=["variable", "member"])
@pytest.mark.parametrize("variable, member, value, shown", SETTINGS)
def test_every_setting_has_an_effect(
    queries: QueryStack, variable: str, member: str, value: Any, shown: Any, is_variable: bool
) -> None:
    if variable == "ATHENA_WORKGROUP":
        queries.aws.client("athena").create_work_group(Name=f"{value}-{queries.bucket}")
        value = shown = f"{value}-{queries.bucket}"
    states = {"states": ["RUNNING", "SUCCEEDED"]} if variable == "WAIT" else {}
    plan = rows({"n": "integer"}, ["7"], **states)
    queries.plan(plan, plan)
    # Without the setting the effect is another.
    before = queries.run().payload
    assert before["statusCode"] == 200 and (variable == "WAIT" or SHOWN[variable](queries, before) != shown)
    for key in queries.keys():
        queries.aws.client("s3").delete_object(Bucket=queries.bucket, Key=key)
    if is_variable:
        queries.configure(**{variable: value if isinstance(value, str) else json.dumps(value)})
    invocation = queries.run(**({} if is_variable else {member: value}))
    assert invocation.succeeded, invocation.error
    assert SHOWN[variable](queries, invocation.payload) == shown


@pytest.mark.parametrize("is_variable", [True, False], ids=["variable", "member"])
@pytest.mark.parametrize("value, status, said", [("status", 400, "QueryFailed"), ("false", 200, None), ("error", None, None)])
def test_the_response_to_a_failure_can_be_configured(
    queries: QueryStack, value: str, status: Optional[int], said: Optional[str], is_variable: bool
) -> None:
    if is_variable:
        queries.configure(ON_FAILURE=value)
    queries.plan(failure("HIVE_BAD_DATA"))
    invocation = queries.run(**({} if is_variable else {"onFailure": value}))
    if status is None:
        assert "HIVE_BAD_DATA" in reason(invocation)
    else:
        assert invocation.payload["statusCode"] == status and body_of(invocation).get("error") == said


def test_an_event_overrides_the_environment(queries: QueryStack) -> None:
    queries.aws.client("athena").create_work_group(Name="etl")
    location = f"s3://{queries.bucket}/elsewhere/"
    invocation = queries.run(
        query="SELECT ?, ?, ?, ?", database="hr", workgroup="etl", outputLocation=location, parameters=["it's", 7, True, None]
    )
    execution = asked(queries)
    assert invocation.succeeded
    assert (execution["Query"], execution["WorkGroup"]) == ("SELECT ?, ?, ?, ?", "etl")
    assert execution["QueryExecutionContext"]["Database"] == "hr"
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(location)
    assert execution["ExecutionParameters"] == ["'it''s'", "7", "TRUE", "NULL"]
    queries.run(bucket=queries.bucket, path="resultados")
    assert asked(queries)["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{queries.bucket}/resultados/")


def test_a_custom_event_overrides_in_its_detail(queries: QueryStack) -> None:
    event = {**schedule_event(), "source": "shop", "detail-type": "Nightly", "detail": {"query": "SELECT 2"}}
    queries.handler("run_query").invoke(event)
    assert asked(queries)["Query"] == "SELECT 2"
    # An event of AWS about something else does not choose the query.
    queries.handler("run_query").invoke({**event, "source": "aws.s3", "id": "another"})
    assert asked(queries)["Query"] == "SELECT * FROM orders"


def athenas_event(kind: str) -> Dict[str, Any]:
    detail = {
        "versionId": "0",
        "currentState": "SUCCEEDED",
        "previousState": "RUNNING",
        "statementType": "DML",
        "queryExecutionId": "01234567-0123-0123-0123-012345678901",
        "workgroupName": "primary",
        "sequenceNumber": "3",
    }
    return {**schedule_event(), "source": "aws.athena", "detail-type": kind, "detail": detail}


@pytest.mark.parametrize("kind", ["Athena Query State Change", "AWS API Call via CloudTrail"])
def test_an_event_of_athena_starts_no_query(queries: QueryStack, kind: str) -> None:
    said = reason(queries.handler("run_query").invoke(athenas_event(kind)))
    assert "its source is aws.athena" in said and "without end" in said and "another target" in said
    assert queries.executions() == []
    # Nor does an event whose transformer removes its type.
    bare = {name: value for name, value in athenas_event(kind).items() if name != "detail-type"}
    assert "its source is aws.athena" in reason(queries.handler("run_query").invoke(bare))
    assert queries.executions() == []


def test_a_request_over_http_cannot_choose_the_sql(queries: QueryStack) -> None:
    event = rest_event("GET", "/hello", body={"query": "DROP TABLE orders"})
    assert queries.handler("run_query").invoke({**event, "query": "DROP TABLE orders"}).succeeded
    assert [one["Query"] for one in queries.executions()] == ["SELECT * FROM orders"]


def test_placeholders_hold_the_time_of_the_event(queries: QueryStack) -> None:
    queries.configure(QUERY_STRING="SELECT * FROM orders WHERE dt = '{{date-1}}' AND hour = {{hour}}")
    queries.tick(time="2024-03-01T04:05:06Z")
    assert asked(queries)["Query"] == "SELECT * FROM orders WHERE dt = '2024-02-29' AND hour = 04"
    queries.run(query="SELECT '{{year}}'")
    assert asked(queries)["Query"] == f"SELECT '{datetime.now(timezone.utc).year}'"


def test_statements_run_one_after_another(queries: QueryStack) -> None:
    queries.plan({}, rows({"n": "integer"}, ["7"]))
    body = body_of(queries.run(query="CREATE TABLE a AS SELECT ';' AS x;\n-- then;\nSELECT * FROM a;"))
    first, second = queries.executions()
    assert body["rows"] == [{"n": 7}]
    assert body["queryExecutionIds"] == [first["QueryExecutionId"], second["QueryExecutionId"]]
    queries.plan(failure("no such table"))
    assert "no such table" in reason(queries.run(query="SELECT 1; SELECT 2"))
    assert len(queries.executions()) == 3


def test_the_actual_output_location_is_returned(queries: QueryStack) -> None:
    queries.run(wait=False)
    execution = asked(queries)["QueryExecutionId"]
    queries.aws.put_execution(execution, output=f"s3://forced/by-workgroup/{execution}.csv")
    told = queries.run(queryExecutionId=execution, answer="message").payload
    assert json.loads(told["body"]) == "Successfully ran query and saved to s3://forced/by-workgroup/!"


@pytest.mark.parametrize(
    "event, said",
    [
        ({"databse": "hr"}, "'databse'"),
        ({"query": 7}, "query: expected a text that is not empty, found 7"),
        ({"query": " ; "}, "query: there is no statement"),
        ({"query": "SELECT {{day of}}"}, "{{day of}}"),
        ({"wait": "no"}, 'wait: expected true or false, found "no"'),
        ({"answer": "csv"}, "answer: expected one of 'rows', 'message'"),
        ({"outputLocation": "results"}, "outputLocation: expected s3://"),
        ({"parameters": "x"}, "parameters: expected an array"),
        ({"parameters": [[1]]}, "found an array"),
        ({"time": "yesterday"}, "time: expected a time"),
        ({"query": "SELECT 1; SELECT 2", "wait": False}, "several statements need wait"),
        ({"deleteResult": True, "wait": False}, "deleteResult needs wait"),
        ({"queryExecutionId": "nobody-knows"}, "NotFound"),
    ],
)
def test_a_bad_event_is_refused_with_its_reason(queries: QueryStack, event: Any, said: str) -> None:
    assert said in reason(queries.run(**event))
    assert queries.executions() == []


def test_a_missing_query_is_an_error(queries: QueryStack) -> None:
    queries.configure(QUERY_STRING="")
    assert "QUERY_STRING is not set" in reason(queries.tick())
    assert "not valid JSON" in reason(queries.handler("run_query").invoke("no JSON"))


def test_no_sql_is_in_the_log(queries: QueryStack) -> None:
    queries.plan(rows({"n": "varchar"}, ["value"]))
    assert "orders" not in "".join(queries.run().log_lines)


def test_the_counts_of_a_run_add_up(queries: QueryStack) -> None:
    n = rows({"n": "integer"}, ["1"], ["2"], bytes=5)
    bad, passing = failure("HIVE_BAD_DATA"), failure("INTERNAL", category=1, kind=100, retryable=True)
    too_long = rows({"s": "varchar"}, *(["x" * 60_000] for _ in range(120)))
    queries.plan(n, n, n, bad, passing, n, n, bad, {"order": {"state": "RUNNING"}}, too_long)
    two = {"query": "SELECT 1; SELECT 2"}
    # The fourth runs again; the second statement of the fifth fails.
    events: List[Dict[str, Any]] = [{}, two, {}, {}, two, {"wait": False}, {}]
    invocations = [queries.run(**event) for event in events]
    invocations.append(queries.run(queryExecutionId=queries.executions()[0]["QueryExecutionId"]))
    invocations.append(queries.run(query=7))
    queries.aws.arm({"operation": "athena.StartQueryExecution", "status": 400, "code": "InvalidRequestException"})
    invocations.append(queries.run())
    counted = metrics(*invocations)
    assert len(queries.executions()) == counted["QueriesStarted"] == 10
    ends = {name: counted[f"Queries{name}"] for name in ("Succeeded", "Failed", "RunAgain", "LeftRunning")}
    assert ends == {"Succeeded": 6, "Failed": 4, "RunAgain": 1, "LeftRunning": 1}
    assert counted["Queries"] == sum(ends.values()) == 12
    assert (counted["RowsReturned"], counted["BytesScanned"]) == (8, 25)
