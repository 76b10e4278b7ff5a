"""The CloudFormation templates as Python values."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List

import yaml

from .processes import REPOSITORY

ALERTER = "alerter"
# What another region or account gets, which is no system of its own.
FORWARDING = REPOSITORY / "templates/region.yaml"
# The template of each system, by the name that scripts/deploy has for it.
TEMPLATES: Dict[str, Path] = {
    ALERTER: REPOSITORY / "template.yaml",
    **{path.stem.replace("-", "_"): path for path in sorted((REPOSITORY / "templates").glob("*.yaml")) if path != FORWARDING},
}
# The resources that a deleted stack of the alerter leaves.
IMPORT = REPOSITORY / "templates/import/alerter.yaml"
# CloudFormation reads no longer template from a request.
LONGEST = 51_200


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


@lru_cache(maxsize=None)
def of(system: str) -> Dict[str, Any]:
    """One system's template."""
    return load(TEMPLATES[system])


def load(path: Path) -> Dict[str, Any]:
    document: Dict[str, Any] = yaml.load(path.read_text(), Loader)
    return document


def template() -> Dict[str, Any]:
    """All templates as one. What two of them have in common is the same in both."""
    whole: Dict[str, Any] = {}
    for system in TEMPLATES:
        for section in ("Parameters", "Conditions", "Resources", "Outputs"):
            for name, one in of(system)[section].items():
                known = whole.setdefault(section, {}).setdefault(name, one)
                assert known == one, f"{name} differs between two templates"
    return whole


def resources(kind: str) -> Dict[str, Dict[str, Any]]:
    """The resources of one type in all templates, by their logical ids."""
    return {name: one for name, one in template()["Resources"].items() if one["Type"] == kind}


def text(value: Any) -> str:
    """A Ref, GetAtt or Sub in the syntax of a Sub; of an If both values, as `(a|b)`."""
    if not isinstance(value, dict):
        return str(value)
    [(function, argument)] = value.items()
    if function == "Fn::If":
        return f"({text(argument[1])}|{text(argument[2])})"
    if function == "Fn::Sub" and isinstance(argument, list):
        whole, names = argument
        for name, one in names.items():
            whole = whole.replace(f"${{{name}}}", text(one))
        return str(whole)
    return str(argument) if function == "Fn::Sub" else f"${{{argument}}}"


def as_list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]
