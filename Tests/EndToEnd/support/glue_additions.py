"""Additions to moto for partitions: Athena's statements about them, and Glue's limit."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Tuple

from moto.athena.models import Execution
from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.models import FakeTable, glue_backends
from moto.glue.responses import GlueResponse
from moto.s3.models import s3_backends

from . import athena_additions

LONGEST_STATEMENT = 262_144
LARGEST_BATCH = 100
# The tokens of Athena's DDL: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
TOKEN = re.compile(r"\s*(?:`((?:[^`]|``)+)`|'([^'\\]*)'|(\d+)|(\w+)|([(),=]))")


class Refused(Exception):
    """The reason why Athena fails a statement."""


class Statement:
    """The tokens of a statement, read one after another."""

    def __init__(self, sql: str) -> None:
        self.tokens: List[Tuple[str, str]] = []
        position = 0
        sql = sql.strip()
        while position < len(sql):
            found = TOKEN.match(sql, position)
            if found is None:
                raise Refused(f"FAILED: ParseException at {position}: mismatched input")
            kind = ("name", "text", "number", "word", "sign")[found.lastindex - 1]  # type: ignore[operator]
            value = found[found.lastindex]  # type: ignore[index]
            self.tokens.append((kind, value.replace("``", "`") if kind == "name" else value))
            position = found.end()

    def take(self, *kinds: str) -> str:
        if not self.tokens or self.tokens[0][0] not in kinds:
            raise Refused(f"FAILED: ParseException: expected {kinds}, found {self.tokens[:1]}")
        return self.tokens.pop(0)[1]

    def say(self, *words: str) -> None:
        for word in words:
            if self.take("word", "sign").upper() != word:
                raise Refused(f"FAILED: ParseException: expected {word}")

    def is_next(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0][1].upper() == word


def execute(sql: str, database: str) -> None:
    """Executes a statement about partitions; other statements have no effect."""
    if len(sql.encode()) > LONGEST_STATEMENT:
        raise Refused("FAILED: the statement is too long")
    if re.match(r"\s*MSCK\b", sql):
        statement = Statement(sql)
        statement.say("MSCK", "REPAIR", "TABLE")
        repair(find_table(database, statement.take("name", "word")))
    elif re.match(r"\s*ALTER\s+TABLE\s+\S+\s+ADD\b", sql):
        add_partitions(Statement(sql), database)


def find_table(database: str, name: str) -> FakeTable:
    tables = glue_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].databases[database].tables
    if name not in tables:
        raise Refused(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
    return tables[name]


def add_partitions(statement: Statement, database: str) -> None:
    statement.say("ALTER", "TABLE")
    table = find_table(database, statement.take("name", "word"))
    statement.say("ADD", "IF", "NOT", "EXISTS")
    keys = table.as_dict()["PartitionKeys"]
    new = []
    while statement.is_next("PARTITION"):
        statement.say("PARTITION", "(")
        values: Dict[str, str] = {}
        while not statement.is_next(")"):
            if values:
                statement.say(",")
            column = statement.take("name", "word")
            statement.say("=")
            values[column] = statement.take("text", *(["number"] if column_type(keys, column) != "string" else []))
        statement.say(")", "LOCATION")
        new.append(([values.pop(key["Name"]) for key in keys], statement.take("text")))
        if values:
            raise Refused(f"FAILED: SemanticException: {values} are no partition columns")
    if statement.tokens or not new:
        raise Refused(f"FAILED: ParseException: unexpected {statement.tokens[:1]}")
    for texts, location in new:
        add(table, texts, location)


def column_type(keys: List[Dict[str, str]], column: str) -> Optional[str]:
    return next((key["Type"] for key in keys if key["Name"] == column), None)


def repair(table: FakeTable) -> None:
    """Adds the partitions with folders in Hive's style below the table's location."""
    described = table.as_dict()
    location = described["StorageDescriptor"]["Location"].rstrip("/") + "/"
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    for key in list(s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys):
        folders = key.removeprefix(prefix).split("/")[: len(described["PartitionKeys"])] if key.startswith(prefix) else []
        pairs = [folder.partition("=") for folder in folders]
        if pairs and [name for name, _, _ in pairs] == [one["Name"] for one in described["PartitionKeys"]]:
            add(table, [value for _, _, value in pairs], location + "/".join(folders) + "/")


def add(table: FakeTable, values: List[str], location: str) -> None:
    if str(values) not in table.partitions:
        storage = {**table.as_dict()["StorageDescriptor"], "Location": location}
        table.create_partition({"Values": values, "StorageDescriptor": storage})


def install() -> None:
    finish_start = athena_additions.finish_start

    def finish_and_execute(execution: Execution, region: str) -> None:
        finish_start(execution, region)
        started = athena_additions.backend(region).executions[execution.id]
        if started.status == "FAILED":
            return
        try:
            execute(execution.query, (execution.context or {}).get("Database", "default"))  # type: ignore[attr-defined]
        except Refused as refused:
            order = {"state": "FAILED", "reason": str(refused)}
            athena_additions.put_execution(execution.id, order, region)

    athena_additions.finish_start = finish_and_execute

    create = GlueResponse.batch_create_partition

    def batch_create_partition(self: GlueResponse) -> Any:
        if not 1 <= len(self.parameters.get("PartitionInputList") or []) <= LARGEST_BATCH:
            body = {"__type": "ValidationException", "Message": f"PartitionInputList: 1 to {LARGEST_BATCH} members"}
            return 400, {"x-amzn-ErrorType": "ValidationException"}, json.dumps(body)
        return create(self)

    GlueResponse.batch_create_partition = batch_create_partition  # type: ignore[method-assign]
