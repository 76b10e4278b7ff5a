"""Additions to moto's Athena: batches of executions, unknown ids and workgroups, prepared executions, client tokens, and pages."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Dict, List, Optional, Tuple, Union

from moto.athena import urls
from moto.athena.models import AthenaBackend, Execution, QueryResults, athena_backends
from moto.athena.responses import AthenaResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

Reply = Union[str, Tuple[str, Dict[str, Any]]]

LARGEST_BATCH = 50
LARGEST_PAGE = 1000
# Statements whose result is plain text without a header. The result of any other is a CSV file with a header.
PLAIN_STATEMENTS = ("ALTER", "CREATE", "DESCRIBE", "DESC", "DROP", "EXPLAIN", "MSCK", "SHOW")
# Members that a request with the same token must repeat.
REPEATED = ("QueryString", "QueryExecutionContext", "ResultConfiguration", "WorkGroup", "ExecutionParameters")


class OrderedExecution(Execution):
    """An execution in exactly the state that a test set; time does not change it."""

    def __init__(self, execution_id: str) -> None:
        super().__init__(query="SELECT 1", context={}, config={}, workgroup=None, execution_parameters=None)
        self.id = execution_id
        # The execution as it was started, if a call started it.
        self.started: Optional[Execution] = None
        self.order: Dict[str, Any] = {"state": "RUNNING", "submitted": time.time()}

    @property
    def status(self) -> str:
        return str(self.order["state"])

    @status.setter
    def status(self, state: str) -> None:
        self.order["state"] = state

    def described(self) -> Dict[str, Any]:
        order = self.order
        finished = order["state"] in ("SUCCEEDED", "FAILED", "CANCELLED")
        status: Dict[str, Any] = {"State": order["state"], "SubmissionDateTime": order["submitted"]}
        if finished:
            status["CompletionDateTime"] = order.get("completed", order["submitted"] + 1)
        if "reason" in order:
            status["StateChangeReason"] = order["reason"]
        if "athena_error" in order:
            status["AthenaError"] = order["athena_error"]

        milliseconds = order.get("engine_milliseconds", 1000 if finished else 0)
        statistics: Dict[str, Any] = {
            "EngineExecutionTimeInMillis": milliseconds,
            "TotalExecutionTimeInMillis": milliseconds + order.get("queued_milliseconds", 0),
            "QueryQueueTimeInMillis": order.get("queued_milliseconds", 0),
            "ResultReuseInformation": {"ReusedPreviousResult": order.get("reused_previous_result", False)},
        }
        # Athena leaves the bytes out until it has counted some.
        if "bytes" in order or finished:
            statistics["DataScannedInBytes"] = order.get("bytes", 0)
        if "dpu_count" in order:
            statistics["DpuCount"] = order["dpu_count"]

        described: Dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": order.get("query", "SELECT 1"),
            "StatementType": order.get("statement_type", "DML"),
            "ResultConfiguration": {"OutputLocation": order.get("output", f"s3://results/{self.id}.csv")},
            "QueryExecutionContext": {
                "Database": order.get("database", "default"),
                "Catalog": order.get("catalog", "awsdatacatalog"),
            },
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": order.get("workgroup", "primary"),
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": order.get("engine_version", "Athena engine version 3"),
            },
        }
        if self.started is not None and self.started.execution_parameters:
            described["ExecutionParameters"] = self.started.execution_parameters
        if "substatement_type" in order:
            described["SubstatementType"] = order["substatement_type"]
        return described


class CompletedAthenaResponse(AthenaResponse):
    """Moto dispatches on method names, so the missing operations are methods."""

    def start_query_execution(self) -> Reply:  # type: ignore[override]
        request = json.loads(self.body)
        token = request.get("ClientRequestToken")
        if token is not None and not 32 <= len(token) <= 128:
            return invalid_request("ClientRequestToken must have between 32 and 128 characters")
        if not (request.get("QueryString") or "").strip():
            return invalid_request("QueryString must not be empty")
        if request.get("WorkGroup") and not self.athena_backend.get_work_group(request["WorkGroup"]):
            return invalid_request("WorkGroup is not found")
        said = {name: request.get(name) for name in REPEATED}
        tokens = TOKENS.setdefault((self.region, token), {}) if token is not None else {}
        if tokens:
            if tokens["said"] != said:
                message = "Idempotent parameters do not match"
                return invalid_request(message, "IDEMPOTENT_PARAMETER_MISMATCH")
            return json.dumps({"QueryExecutionId": tokens["id"]})
        answer = json.loads(super().start_query_execution())  # type: ignore[arg-type]
        tokens.update(id=answer["QueryExecutionId"], said=said)
        finish_start(self.athena_backend.executions[tokens["id"]], self.region)
        return json.dumps(answer)

    def get_work_group(self) -> Reply:  # type: ignore[override]
        name = self._get_param("WorkGroup")
        found = self.athena_backend.get_work_group(name)
        return json.dumps({"WorkGroup": found}) if found else invalid_request(f"WorkGroup {name} is not found.")

    def stop_query_execution(self) -> Reply:  # type: ignore[override]
        execution_id = self._get_param("QueryExecutionId")
        execution = self.athena_backend.executions.get(execution_id)
        if execution is None:
            return invalid_request(not_found(execution_id))
        # Athena accepts the call for a query that has ended.
        if execution.status in ("QUEUED", "RUNNING"):
            put_execution(execution_id, {"state": "CANCELLED", "reason": "Query cancelled by user"}, self.region)
        return json.dumps({})

    def get_query_results(self) -> Reply:  # type: ignore[override]
        execution_id = self._get_param("QueryExecutionId")
        execution = self.athena_backend.executions.get(execution_id)
        if execution is None:
            return invalid_request(not_found(execution_id))
        if execution.status in ("FAILED", "CANCELLED"):
            return invalid_request(f"Query did not finish successfully. Final query state: {execution.status}")
        if execution.status != "SUCCEEDED":
            return invalid_request(f"Query has not yet finished. Current state: {execution.status}")
        count = self._get_param("MaxResults") or LARGEST_PAGE
        if not 1 <= count <= LARGEST_PAGE:
            return invalid_request(f"MaxResults is not between 1 and {LARGEST_PAGE}")
        start = start_of_page(self._get_param("NextToken"), execution_id)
        if start is None:
            return invalid_request("NextToken is not valid", "INVALID_NEXT_TOKEN")
        if result_is_gone(self.athena_backend, execution):
            return invalid_request(f"Could not find results for {execution_id}")
        answer = self.athena_backend.get_query_results(execution_id).to_dict()
        answer["UpdateCount"] = 0
        rows = answer["ResultSet"]["Rows"]
        answer["ResultSet"] = {**answer["ResultSet"], "Rows": rows[start : start + count]}
        if start + count < len(rows):
            answer["NextToken"] = page_token(execution_id, start + count)
        return json.dumps(answer)

    def get_query_execution(self) -> Reply:  # type: ignore[override]
        execution_id = self._get_param("QueryExecutionId")
        execution = self.athena_backend.executions.get(execution_id)
        if execution is None:
            return invalid_request(not_found(execution_id))
        if isinstance(execution, OrderedExecution) and execution.order.get("states"):
            execution.order["state"] = execution.order["states"].pop(0)
        return json.dumps({"QueryExecution": self._described(execution_id)})

    def batch_get_query_execution(self) -> Reply:
        ids = self._get_param("QueryExecutionIds") or []
        if not 1 <= len(ids) <= LARGEST_BATCH:
            return invalid_request(f"QueryExecutionIds must have between 1 and {LARGEST_BATCH} members")
        found = []
        unprocessed = []
        # The API guarantees no order, so a reader that relies on one must fail here.
        for execution_id in reversed(ids):
            execution = self.athena_backend.executions.get(execution_id)
            if execution is None:
                unprocessed.append(refusal(execution_id, "INVALID_INPUT", not_found(execution_id)))
            elif isinstance(execution, OrderedExecution) and "error_code" in execution.order:
                message = execution.order.get("error_message", "Internal error")
                unprocessed.append(refusal(execution_id, execution.order["error_code"], message))
            else:
                found.append(self._described(execution_id))
        return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": unprocessed})

    def _described(self, execution_id: str) -> Any:
        execution = self.athena_backend.executions[execution_id]
        if isinstance(execution, OrderedExecution):
            return execution.described()
        self.querystring["QueryExecutionId"] = [execution_id]
        return json.loads(super().get_query_execution())["QueryExecution"]


def not_found(execution_id: str) -> str:
    return f"QueryExecution {execution_id} was not found"


def refusal(execution_id: str, code: str, message: str) -> Dict[str, str]:
    return {"QueryExecutionId": execution_id, "ErrorCode": code, "ErrorMessage": message}


def invalid_request(message: str, code: str = "INVALID_INPUT") -> Reply:
    body = {"__type": "InvalidRequestException", "AthenaErrorCode": code, "Message": message}
    return json.dumps(body), {"status": 400, "X-Amzn-Errortype": "InvalidRequestException"}


# The requests that started an execution, by their tokens.
TOKENS: Dict[Tuple[str, str], Dict[str, Any]] = {}
# The outcomes of the next queries, in their order: state and rows.
PLANS: List[Dict[str, Any]] = []


def page_token(execution_id: str, start: int) -> str:
    return base64.b64encode(f"{execution_id} {start}".encode()).decode()


def start_of_page(token: Optional[str], execution_id: str) -> Optional[int]:
    """The index of a page's first row, or None for a token that was not issued for this execution."""
    if token is None:
        return 0
    try:
        known, start = base64.b64decode(token, validate=True).decode().split()
        return int(start) if known == execution_id else None
    except ValueError:
        return None


def finish_start(execution: Execution, region: str) -> None:
    """Gives a started query the outcome of the next plan; without a plan it succeeds without rows."""
    plan = PLANS.pop(0) if PLANS else {}
    order = {"state": "SUCCEEDED", "query": execution.query, **plan.get("order", {})}
    if "states" in order:
        order["state"] = "QUEUED"
    is_plain = execution.query.lstrip("( ").upper().startswith(PLAIN_STATEMENTS)
    order.setdefault("statement_type", "UTILITY" if is_plain else "DML")
    location = (execution.config or {}).get("OutputLocation", f"s3://results/{execution.id}.csv")
    order["output"] = location.removesuffix(".csv") + (".txt" if is_plain else ".csv")
    for member, name in (("Database", "database"), ("Catalog", "catalog")):
        if (execution.context or {}).get(member):  # type: ignore[attr-defined]
            order[name] = execution.context[member]  # type: ignore[index]
    put_execution(execution.id, order, region)
    columns, rows = plan.get("columns", []), plan.get("rows", [])
    header = [] if is_plain or not columns else [[name for name, _ in columns]]
    result = QueryResults(
        rows=[{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in header + rows],
        column_info=[column_info(name, kind) for name, kind in columns],
    )
    # Moto's own queue of results has precedence.
    backend(region).query_results.setdefault(execution.id, result)
    if order.get("states", [order["state"]])[-1] == "SUCCEEDED":
        write_result(order["output"], header + rows)


def column_info(name: str, kind: str) -> Dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": 0,
        "Scale": 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": False,
    }


def write_result(location: str, rows: List[Any]) -> None:
    """Writes the result and its metadata to the location that Athena would use."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if bucket not in s3.buckets:
        return
    lines = [",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    s3.put_object(bucket, key, "".join(line + "\n" for line in lines).encode())
    s3.put_object(bucket, f"{key}.metadata", b"\x08")


def result_is_gone(athena: AthenaBackend, execution: Execution) -> bool:
    """Whether the result's file was deleted; Athena reads results from it."""
    if not isinstance(execution, OrderedExecution) or "output" not in execution.order:
        return False
    bucket, _, key = execution.order["output"].removeprefix("s3://").partition("/")
    s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    return bucket in s3.buckets and key not in s3.buckets[bucket].keys


def plan_executions(plans: List[Dict[str, Any]]) -> None:
    PLANS[:] = plans


def backend(region: str) -> AthenaBackend:
    return athena_backends[DEFAULT_ACCOUNT_ID][region]


def put_execution(execution_id: str, order: Dict[str, Any], default_region: str) -> None:
    """Creates the execution, or changes the fields of the order."""
    order = dict(order)
    executions = backend(order.pop("region", default_region)).executions
    execution = executions.get(execution_id)
    if not isinstance(execution, OrderedExecution):
        started = execution
        execution = OrderedExecution(execution_id)
        if started is not None:
            execution.started = started
            execution.order["query"] = started.query
            if started.workgroup is not None:
                execution.order["workgroup"] = started.workgroup.name
        executions[execution_id] = execution
    execution.order.update(order)


def delete_execution(execution_id: str) -> None:
    for athena in athena_backends[DEFAULT_ACCOUNT_ID].values():
        athena.executions.pop(execution_id, None)


def clear_executions() -> None:
    for athena in athena_backends[DEFAULT_ACCOUNT_ID].values():
        athena.executions.clear()
        athena.query_results.clear()
    TOKENS.clear()
    PLANS.clear()


def install() -> None:
    urls.url_paths["{0}/$"] = CompletedAthenaResponse.dispatch
