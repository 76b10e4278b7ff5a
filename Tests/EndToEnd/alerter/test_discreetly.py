"""The dashboard discreETLy reads the table as it is: a day by its hash key, and of its rows those that scanned something."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, List

from boto3.dynamodb.types import TypeDeserializer

from support.alerter_stack import GIB, AlerterStack
from support.fake_slack import FakeSlack

BUDGET = {"name": "everything", "limit": "1 TB", "every": "month"}


def query_day(alerter: AlerterStack, day: str, **filters: Any) -> List[Dict[str, Any]]:
    pages = alerter.aws.client("dynamodb").get_paginator("query")
    found = pages.paginate(
        TableName=alerter.resources.table,
        KeyConditionExpression="start_date = :day",
        ExpressionAttributeValues={":day": {"S": day}, **filters.pop("values", {})},
        **filters,
    )
    read = TypeDeserializer().deserialize
    return [{name: read(value) for name, value in item.items()} for page in found for item in page["Items"]]


def test_a_day_of_the_table_is_what_the_dashboard_expects(alerter: AlerterStack, slack: FakeSlack) -> None:
    slack.add_person("ada@example.com")
    alerter.write_settings(budgets=[BUDGET])
    costly, cheap = alerter.run(), alerter.run(scanned=2 * GIB)
    nothing, running = alerter.run(scanned=0), alerter.start()
    assert alerter.update_and_notify().returned == 0
    days = {alerter.row(name)["start_date"] for name in (costly, cheap, nothing, running)}
    scanned = {"FilterExpression": "data_scanned > :none", "values": {":none": {"N": "0"}}}

    rows = {row["query_execution_id"]: row for day in days for row in query_day(alerter, day, **scanned)}
    assert {name: row["data_scanned"] for name, row in rows.items()} == {
        costly: Decimal(1024 * GIB),
        cheap: Decimal(2 * GIB),
    }
    for row in rows.values():
        started = datetime.strptime(row["start_timestamp"], "%Y-%m-%d %H:%M:%S")
        assert f"{started:%Y-%m-%d}" == row["start_date"] and row["executing_user"]

    # Records of alerts and sums of budgets are in the same table, and in no day of it.
    others = {item["start_date"] for item in alerter.items()} - days
    assert any(key.startswith("budget#") for key in others) and len(others) > 1
    assert all("query_execution_id" in row for day in days for row in query_day(alerter, day))
