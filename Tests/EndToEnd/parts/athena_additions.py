"""What moto's Athena lacks: a batch of executions, unknown ids, and executions made to order."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, Tuple, Union

from moto.athena import urls
from moto.athena.models import AthenaBackend, Execution, athena_backends
from moto.athena.responses import AthenaResponse
from moto.core import DEFAULT_ACCOUNT_ID

Reply = Union[str, Tuple[str, Dict[str, Any]]]

LARGEST_BATCH = 50


class OrderedExecution(Execution):
    """An execution in exactly the state that a test ordered; time does not move it on."""

    def __init__(self, execution_id: str) -> None:
        super().__init__(query="SELECT 1", context={}, config={}, workgroup=None, execution_parameters=None)
        self.id = execution_id
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
        # Athena leaves the bytes out until it has counted any.
        if "bytes" in order or finished:
            statistics["DataScannedInBytes"] = order.get("bytes", 0)
        if "dpu_count" in order:
            statistics["DpuCount"] = order["dpu_count"]

        described: Dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": order.get("query", "SELECT 1"),
            "StatementType": order.get("statement_type", "DML"),
            "ResultConfiguration": {"OutputLocation": f"s3://results/{self.id}.csv"},
            "QueryExecutionContext": {"Database": order.get("database", "default"), "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": order.get("workgroup", "primary"),
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
        if "substatement_type" in order:
            described["SubstatementType"] = order["substatement_type"]
        return described


class CompletedAthenaResponse(AthenaResponse):
    """Moto dispatches on method names, so the missing operations are methods."""

    def get_query_execution(self) -> Reply:  # type: ignore[override]
        execution_id = self._get_param("QueryExecutionId")
        if execution_id not in self.athena_backend.executions:
            return invalid_request(not_found(execution_id))
        return json.dumps({"QueryExecution": self._described(execution_id)})

    def batch_get_query_execution(self) -> Reply:
        ids = self._get_param("QueryExecutionIds") or []
        if not 1 <= len(ids) <= LARGEST_BATCH:
            return invalid_request(f"QueryExecutionIds must have between 1 and {LARGEST_BATCH} members")
        found = []
        unprocessed = []
        # The API promises no order, and a reader that relies on one should fail here.
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


def invalid_request(message: str) -> Reply:
    body = {"__type": "InvalidRequestException", "AthenaErrorCode": "INVALID_INPUT", "Message": message}
    return json.dumps(body), {"status": 400, "X-Amzn-Errortype": "InvalidRequestException"}


def backend(region: str) -> AthenaBackend:
    return athena_backends[DEFAULT_ACCOUNT_ID][region]


def put_execution(execution_id: str, order: Dict[str, Any], default_region: str) -> None:
    """Creates the execution, or changes the fields that the order names."""
    order = dict(order)
    executions = backend(order.pop("region", default_region)).executions
    execution = executions.get(execution_id)
    if not isinstance(execution, OrderedExecution):
        started = execution
        execution = OrderedExecution(execution_id)
        if started is not None:
            execution.order["query"] = started.query
            if started.workgroup is not None:
                execution.order["workgroup"] = started.workgroup.name
        executions[execution_id] = execution
    execution.order.update(order)


def delete_execution(execution_id: str) -> None:
    for athena in athena_backends[DEFAULT_ACCOUNT_ID].values():
        athena.executions.pop(execution_id, None)


def forget_executions() -> None:
    for athena in athena_backends[DEFAULT_ACCOUNT_ID].values():
        athena.executions.clear()


def install() -> None:
    urls.url_paths["{0}/$"] = CompletedAthenaResponse.dispatch
