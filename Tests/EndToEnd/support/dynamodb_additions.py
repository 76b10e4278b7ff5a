"""Repairs of moto's DynamoDB: a transaction copies the items that it writes, and not the whole table for each of them; a batch
of statements has parameters, conditions and an outcome for each statement."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Optional, Tuple

from moto.dynamodb.exceptions import ConditionalCheckFailed, MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.iam.access_control import IAMRequestBase

from . import partiql

moto_transaction = DynamoDBBackend.transact_write_items
moto_nodes = DepthFirstTraverser.nodes_to_be_processed
known_nodes: Dict[type, Tuple[type, ...]] = {}
moto_check = IAMRequestBase.check_action_permitted


def transact_write_items(backend: DynamoDBBackend, transact_items: List[Dict[str, Any]]) -> None:
    """Writes all or nothing. Moto undoes a failed transaction with the copy, which `install` makes no copy."""
    before: List[Tuple[str, Dict[str, Any], Optional[Item]]] = []
    for action in transact_items:
        [order] = action.values()
        table = backend.get_table(order["TableName"])
        attributes = order.get("Key") or order["Item"]
        key = {name: attributes[name] for name in (table.hash_key_attr, table.range_key_attr) if name}
        before.append((table.name, key, copy.deepcopy(backend.get_item(table.name, key))))
    try:
        moto_transaction(backend, transact_items)
    except Exception:
        for name, key, item in before:
            backend.delete_item(name, key)
            if item is not None:
                backend.get_table(name).items[item.hash_key][item.range_key] = item
        raise


def nodes_to_be_processed(traverser: DepthFirstTraverser) -> Tuple[type, ...]:
    """The kinds of nodes that a traverser looks at, which are the same for all of its class."""
    kind = type(traverser)
    if kind not in known_nodes:
        known_nodes[kind] = moto_nodes(traverser)
    return known_nodes[kind]


# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
LARGEST_BATCH = 25
STATEMENTS = "dynamodb:BatchExecuteStatement"
PERMISSIONS = {"INSERT": "dynamodb:PartiQLInsert", "UPDATE": "dynamodb:PartiQLUpdate"}


def batch_execute_statement(backend: DynamoDBBackend, statements: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Writes; each statement stands for itself."""
    if not 0 < len(statements) <= LARGEST_BATCH:
        raise MockValidationException(f"a batch has 1 to {LARGEST_BATCH} statements, and not {len(statements)}")
    key_names = {
        name: [key for key in (table.hash_key_attr, table.range_key_attr) if key] for name, table in backend.tables.items()
    }
    answers: List[Dict[str, Any]] = []
    seen: List[Any] = []
    for position, statement in enumerate(statements):
        if broken.code and (len(statements) - position) % 2:
            answers.append({"Error": {"Code": broken.code, "Message": "broken on purpose"}})
            continue
        try:
            write = partiql.parse(statement, key_names)
        except KeyError:
            answers.append({"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}})
            continue
        except partiql.NotUnderstood as error:
            answers.append({"Error": {"Code": "ValidationError", "Message": str(error)}})
            continue
        if (write.table, write.key) in seen:
            # Nothing documents what happens then.
            raise MockValidationException("a batch has two statements about one item")
        seen.append((write.table, write.key))
        answers.append(execute(backend, write))
    return answers


class Broken(threading.local):
    """The code with which a part of the statements fails."""

    code: Optional[str] = None


broken = Broken()


@contextmanager
def breaking_a_part(code: str) -> Iterator[None]:
    """Fails every second statement, among them the last."""
    broken.code = code
    try:
        yield
    finally:
        broken.code = None


def check_action_permitted(request: IAMRequestBase, resource: str) -> None:
    """A batch of statements needs the permission for each kind of statement in it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    """
    if request._action != STATEMENTS:
        return moto_check(request, resource)
    for verb in sorted({statement["Statement"].split()[0] for statement in json.loads(request._body)["Statements"]}):
        request._action = PERMISSIONS[verb]
        moto_check(request, resource)


def execute(backend: DynamoDBBackend, write: partiql.Write) -> Dict[str, Any]:
    table = backend.get_table(write.table)
    try:
        if write.is_insertion:
            backend.put_item(write.table, write.item, condition_expression=f"attribute_not_exists({table.hash_key_attr})")
        else:
            update(backend, write, table.hash_key_attr)
    except ConditionalCheckFailed:
        code = "DuplicateItem" if write.is_insertion else "ConditionalCheckFailed"
        return {"Error": {"Code": code, "Message": "the condition does not hold"}}
    except MockValidationException as error:
        return {"Error": {"Code": "ValidationError", "Message": error.message}}
    return {"TableName": write.table}


def update(backend: DynamoDBBackend, write: partiql.Write, hash_key: str) -> None:
    """An UPDATE changes no item that does not exist."""
    required = [hash_key, *write.required]
    names = {name: f"#n{number}" for number, name in enumerate(dict.fromkeys([*write.item, *write.removed, *required]))}
    values = {f":v{number}": value for number, value in enumerate(write.item.values())}
    changes = ", ".join(f"{names[name]} = :v{number}" for number, name in enumerate(write.item))
    removed = ", ".join(names[name] for name in write.removed)
    backend.update_item(
        write.table,
        write.key,
        " ".join([*([f"SET {changes}"] if changes else []), *([f"REMOVE {removed}"] if removed else [])]),
        {short: name for name, short in names.items()},
        values,
        condition_expression=" AND ".join(f"attribute_exists({names[name]})" for name in required),
    )


def install() -> None:
    DynamoDBBackend.batch_execute_statement = batch_execute_statement
    IAMRequestBase.check_action_permitted = check_action_permitted
    DynamoDBBackend.transact_write_items = transact_write_items
    Table.__deepcopy__ = lambda table, _: table
    # Moto parses, copies and walks the same few expressions again and again. pickle copies several times as fast as
    # deepcopy.
    UpdateExpressionParser.make = lru_cache(maxsize=1000)(UpdateExpressionParser.make)
    Item.__deepcopy__ = Node.__deepcopy__ = lambda value, _: pickle.loads(pickle.dumps(value))
    DepthFirstTraverser.nodes_to_be_processed = nodes_to_be_processed
