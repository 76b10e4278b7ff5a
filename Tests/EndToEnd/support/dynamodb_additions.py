"""A repair of moto's DynamoDB: a transaction copies the items that it writes, and not the whole table for each of them."""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Optional, Tuple

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

moto_transaction = DynamoDBBackend.transact_write_items


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


def install() -> None:
    DynamoDBBackend.transact_write_items = transact_write_items
    Table.__deepcopy__ = lambda table, _: table
