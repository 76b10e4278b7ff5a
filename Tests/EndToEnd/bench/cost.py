"""The cost of a million queries on AWS: counted calls times published prices, compared with the Python original."""

from __future__ import annotations

import math
from typing import Any, Dict, List, NamedTuple

from .handlers import per_thousand
from .page import Chart, bars, table

# Dollars in us-east-1, as published in November 2026: https://aws.amazon.com/dynamodb/pricing/on-demand/,
# https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/s3/pricing/
PRICES_OF = "2026-11-21"
WRITE_UNIT = 0.625e-6
READ_UNIT = 0.125e-6
QUEUE_REQUEST = 0.40e-6
LAMBDA_REQUEST = 0.20e-6
LAMBDA_GB_SECOND = 16.6667e-6
GET_OBJECT = 0.40e-6

# Assumptions about the traffic.
QUERIES_A_FILE = 20
ROW_BYTES = 450
FINISHED_ROW_BYTES = 1000
MINUTES_A_ROW_IS_READ = 60
MINUTES_A_QUERY_IS_OPEN = 2
MESSAGES_A_BATCH = 10
# Seconds that a call takes, and the number of calls in flight.
ASKING, WRITING, WRITING_A_BATCH, SENDING = 0.1, 0.005, 0.02, 0.01
ASKING_TOGETHER, BATCHES_TOGETHER, SENDING_TOGETHER = 2, 4, 8
HANDLING_MESSAGES = 0.005
# The memory of the functions in GB: ours as in template.yaml, the original's as in its template.
OURS = {"read": 0.5, "update": 0.25, "notify": 0.125}
ORIGINALS = {"read": 0.5, "update": 0.25, "notify": 0.125}


class Line(NamedTuple):
    service: str
    ours: float
    original: float
    because: str


def lines(results: Dict[str, Any]) -> List[Line]:
    """Dollars per million queries, from the counted calls."""
    started, ended = (per_thousand(results["works"][name]) for name in ("`cloudtrail_handler`", "`usage_update`"))
    million = 1_000_000
    inserting, closing = (counted["BatchExecuteStatement"].calls * 1000 for counted in (started, ended))
    sent = ended["SendMessageBatch"].calls * 1000
    # A batch costs what its statements cost: the row and its copy in the index; at the end the new row, and the removal of
    # the copy.
    writes = million * 2 + million * (math.ceil(FINISHED_ROW_BYTES / 1024) + 1)
    # An open row is read from the index once a minute: eventually consistent, half a unit for 4 KB.
    reads = million * MINUTES_A_QUERY_IS_OPEN * ROW_BYTES / 4096 / 2
    # The original reads each row of the last hour once a minute, its SQL included.
    original_reads = million * MINUTES_A_ROW_IS_READ * FINISHED_ROW_BYTES / 4096 / 2
    batches = million / MESSAGES_A_BATCH
    files = million / QUERIES_A_FILE
    asked = ended["BatchGetQueryExecution"].calls * 1000
    updating = asked * ASKING / ASKING_TOGETHER + sent * SENDING / SENDING_TOGETHER
    time = gigabyte_seconds(
        OURS,
        read=inserting * WRITING_A_BATCH / BATCHES_TOGETHER,
        update=updating + closing * WRITING_A_BATCH / BATCHES_TOGETHER,
        notify=batches * HANDLING_MESSAGES,
    )
    original_time = gigabyte_seconds(
        ORIGINALS,
        read=million * WRITING,
        update=million * (ASKING + WRITING + SENDING),
        notify=million * HANDLING_MESSAGES,
    )
    return [
        Line(
            "DynamoDB, writes",
            writes * WRITE_UNIT,
            2 * million * WRITE_UNIT,
            "an insertion and an update for each query; Athena Alerter also maintains the index of open queries",
        ),
        Line(
            "DynamoDB, reads",
            reads * READ_UNIT,
            original_reads * READ_UNIT,
            "the open rows each minute, or all rows of the last hour",
        ),
        Line(
            "SQS",
            (sent + 2 * batches) * QUEUE_REQUEST,
            3 * million * QUEUE_REQUEST,
            "send, receive and delete; ten messages at a time, or one",
        ),
        Line(
            "Lambda, requests",
            (files + batches) * LAMBDA_REQUEST,
            (files + million) * LAMBDA_REQUEST,
            "one for each file, and one for ten messages or for each message",
        ),
        Line(
            "Lambda, time",
            time * LAMBDA_GB_SECOND,
            original_time * LAMBDA_GB_SECOND,
            "estimated: many calls in parallel, or one after another",
        ),
        Line("S3", files * GET_OBJECT, files * GET_OBJECT, "one `GetObject` for each file"),
        Line("Athena", 0, 0, "the calls are free, but have a quota: 20 calls for 1,000 queries, or 1,000"),
    ]


# What the events of EventBridge cost (FAST=true): queries a minute, and seconds that an invocation takes for them.
MINUTES_A_MONTH = 43_200
RATES = {1: 0.05, 100: 0.1, 10_000: 1.5}
WINDOWS_A_MINUTE, MAPPINGS = 12, 2
TAKING_A_START = 0.015
EMPTY_RECEIVES = 650_000


def event_lines(rate: int) -> List[Line]:
    """Dollars a month, beside what the alerter costs without events."""
    queries = rate * MINUTES_A_MONTH
    # Two invocations at once may each gather for the whole window.
    runs = min(rate, WINDOWS_A_MINUTE * MAPPINGS) * MINUTES_A_MONTH
    receives = max(runs, queries / MESSAGES_A_BATCH)
    open_rows = rate * MINUTES_A_QUERY_IS_OPEN
    reads = runs * max(0.5, open_rows * ROW_BYTES / 4096 / 2)
    start_time = gigabyte_seconds(OURS, read=queries * TAKING_A_START)
    end_time = gigabyte_seconds(OURS, update=runs * RATES[rate])
    return [
        Line("DynamoDB, writes", queries * WRITE_UNIT, 0, "the insertion from the log file, which finds the row there"),
        Line("DynamoDB, reads", reads * READ_UNIT, 0, "the index of open rows, for each run"),
        Line("SQS", (queries + 2 * receives) * QUEUE_REQUEST, 0, "send, receive and delete of the endings"),
        Line("SQS, polling", EMPTY_RECEIVES * QUEUE_REQUEST, 0, "Lambda's empty receives"),
        Line("Lambda, requests", (queries + runs) * LAMBDA_REQUEST, 0, "each start; the endings of five seconds"),
        Line("Lambda, time", (start_time + end_time) * LAMBDA_GB_SECOND, 0, "estimated"),
    ]


def report_of_events() -> str:
    columns = [event_lines(rate) for rate in RATES]
    rows = [["", *(f"{rate:,} a minute" for rate in RATES), "why"]]
    for lines_of_service in zip(*columns):
        rows.append([lines_of_service[0].service, *(f"${line.ours:.2f}" for line in lines_of_service), lines_of_service[0].because])
    rows.append(["total", *(f"${sum(line.ours for line in column):.2f}" for column in columns), ""])
    return f"Dollars a month, at the prices of {PRICES_OF} in us-east-1:\n\n{table(rows)}"


def gigabyte_seconds(memory: Dict[str, float], **seconds: float) -> float:
    return sum(memory[name] * time for name, time in seconds.items())


def report(results: Dict[str, Any]) -> str:
    found = lines(results)
    rows = [["", "Athena Alerter", "the Python original's way", "why"]]
    rows += [[line.service, f"${line.ours:.2f}", f"${line.original:.2f}", line.because] for line in found]
    ours, original = sum(line.ours for line in found), sum(line.original for line in found)
    rows.append(["total", f"${ours:.2f}", f"${original:.2f}", f"{ours / original:.2f} times"])
    return f"Dollars for a million queries, at the prices of {PRICES_OF} in us-east-1:\n\n{table(rows)}"


def chart(results: Dict[str, Any]) -> str:
    found = [line for line in lines(results) if line.ours > 0]
    together = Chart("total", sum(line.original for line in found) / sum(line.ours for line in found))
    entries = [Chart(line.service, line.original / line.ours) for line in found]
    return bars("Cost of the Python original's way, as a multiple of Athena Alerter's", [*entries, together])
