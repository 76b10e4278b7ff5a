"""The two forms of PartiQL that the handlers write, as DynamoDB's own operations. Moto's parser knows neither conditions nor
parameters in an INSERT."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple

NAME = r'"([^"]+)"'
INSERT = re.compile(rf"INSERT INTO {NAME} VALUE \{{('[^']+': \?(?:, '[^']+': \?)*)\}}")
UPDATE = re.compile(rf'UPDATE {NAME} ((?:(?:SET "[^"]+" = \?|REMOVE "[^"]+") )+)WHERE (.+)')
ACTION = re.compile(rf"(SET|REMOVE) {NAME}")
EQUAL = re.compile(rf"{NAME} = \?")
PRESENT = re.compile(rf"{NAME} IS NOT MISSING")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html
LONGEST = 8192


class NotUnderstood(Exception):
    pass


class Write(NamedTuple):
    """A write and its condition, in the terms of PutItem and UpdateItem."""

    table: str
    key: Dict[str, Any]
    item: Dict[str, Any]
    removed: List[str]
    required: List[str]
    is_insertion: bool


def parse(statement: Dict[str, Any], key_names: Dict[str, List[str]]) -> Write:
    """Reads a statement. `key_names` has the names of each table's key."""
    text, parameters = statement["Statement"], statement.get("Parameters", [])
    if not 0 < len(text) <= LONGEST or text.count("?") != len(parameters):
        raise NotUnderstood("the statement is too long, or its parameters do not match")
    if insertion := INSERT.fullmatch(text):
        item = dict(zip(re.findall(r"'([^']+)': \?", insertion[2]), parameters))
        key = {name: item[name] for name in key_names[insertion[1]]}
        return Write(insertion[1], key, item, [], [], True)
    update = UPDATE.fullmatch(text)
    if update is None:
        raise NotUnderstood("Statement wasn't well formed, can't be processed")
    actions = ACTION.findall(update[2])
    changed = [name for verb, name in actions if verb == "SET"]
    removed = [name for verb, name in actions if verb == "REMOVE"]
    where = update[3].split(" AND ")
    equal = [found[1] for one in where if (found := EQUAL.fullmatch(one))]
    required = [found[1] for one in where if (found := PRESENT.fullmatch(one))]
    if len(equal) + len(required) != len(where) or sorted(equal) != sorted(key_names[update[1]]):
        raise NotUnderstood("Where clause does not contain a mandatory equality on all key attributes")
    if len({*changed, *removed, *equal}) != len(changed) + len(removed) + len(equal):
        raise NotUnderstood("an attribute is changed twice, or is of the key")
    values = dict(zip(changed, parameters))
    return Write(update[1], dict(zip(equal, parameters[len(changed) :])), values, removed, required, False)
