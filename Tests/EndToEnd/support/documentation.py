"""Reads the pages of the documentation, for the tests that check them."""

from __future__ import annotations

import json
import re
from typing import Any, List

from .processes import REPOSITORY


def page(name: str) -> str:
    return (REPOSITORY / "docs" / name).read_text()


def block(name: str, marker: str) -> str:
    """The block of code that follows a marker on a page."""
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", page(name), re.DOTALL)
    assert found, f"docs/{name} has no block '{marker}'"
    return found[1]


def documented_actions(command: str) -> List[str]:
    """The permissions that the documented policy for a command allows."""
    policy = json.loads(block("operations.md", f"policy of {command}"))
    return [action for statement in policy["Statement"] for action in as_list(statement["Action"])]


def as_list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]
