"""The CloudFormation template as Python values."""

from __future__ import annotations

from typing import Any, Dict, List

import yaml

from .processes import REPOSITORY

TEMPLATE = REPOSITORY / "template.yaml"


class Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": "x"}, `!GetAtt a.b` as {"Fn::GetAtt": "a.b"}, and so on."""


def short_form(loader: Loader, suffix: str, node: yaml.Node) -> Dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", short_form)


def template() -> Dict[str, Any]:
    document: Dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader)
    return document


def resources(kind: str) -> Dict[str, Dict[str, Any]]:
    """The resources of one type, by their logical ids."""
    return {name: one for name, one in template()["Resources"].items() if one["Type"] == kind}


def text(value: Any) -> str:
    """A Ref, GetAtt or Sub in the words of a Sub."""
    if isinstance(value, dict):
        [(function, argument)] = value.items()
        return str(argument) if function == "Fn::Sub" else f"${{{argument}}}"
    return str(value)


def as_list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]
