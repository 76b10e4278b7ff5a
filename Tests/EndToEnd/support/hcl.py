"""A Terraform module as Python values: the resources that it makes for given values of its variables.

A reference to another resource becomes a text such as `<QueriesTable arn>`, with the name of the resource in camel case.
`jsonencode` leaves its argument as it is, so that documents can be compared as values.
"""

from __future__ import annotations

import functools
import json
import operator
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Set

from lark import Token, Tree

from .hcl_syntax import Block, HCLError, Module, leaf, trees

# What an attribute of a resource is, where its name does not say so.
MEANINGS = {
    "function_name": "name",
    "function_url": "url",
    ("aws_s3_bucket", "id"): "name",
    ("aws_iam_role", "id"): "name",
}
OPERATORS: Dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda one, other: type(one) is type(other) and one == other,
    "!=": lambda one, other: type(one) is not type(other) or one != other,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


def camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


class Blocks(List[Dict[str, Any]]):
    """Inner blocks of one type, as against a list that is a value."""


@dataclass
class Resource:
    """One resource, or one part of a resource, that a module makes."""

    kind: str
    name: str
    # Each argument with its value; inner blocks as a list of such.
    arguments: Dict[str, Any]
    depends_on: List[str] = field(default_factory=list)
    prevents_destroy: bool = False

    @property
    def id(self) -> str:
        return camel(self.name)


class Evaluation:
    """A module with values of its variables and of its data sources."""

    def __init__(self, module: Module, variables: Dict[str, Any], data: Dict[str, Any]) -> None:
        self.module, self.data = module, data
        # The value for which a dynamic block is made, by the block's name.
        self.each: Dict[str, Dict[str, Any]] = {}
        self.locals: Dict[str, Tree] = {}
        for block in module.blocks:
            if block.kind == "locals":
                self.locals.update(block.attributes)
        self.declared = module.of("resource")
        self.variables = {name: self.default(block) for name, block in module.of("variable").items()}
        unknown = set(variables) - set(self.variables)
        if unknown:
            raise HCLError(f"no such variable: {sorted(unknown)}")
        self.variables.update(variables)

    def default(self, block: Block) -> Any:
        return self.value(block.attributes["default"]) if "default" in block.attributes else None

    # Resources

    def resources(self) -> Iterator[Resource]:
        for name, block in self.declared.items():
            if self.count(name) == 0:
                continue
            kind, label = block.labels
            arguments = {key: one for key, one in self.arguments(block).items() if key not in ("count", "lifecycle")}
            lifecycle = [self.arguments(one) for one in block.blocks if one.kind == "lifecycle"]
            yield Resource(kind, label, arguments, self.order(block), lifecycle == [{"prevent_destroy": True}])

    def order(self, block: Block) -> List[str]:
        """The ids of the resources that come before, because the block says so."""
        if "depends_on" not in block.attributes:
            return []
        [listed] = trees(block.attributes["depends_on"])
        return [camel(str(self.existing(self.path(one))[1])) for one in trees(listed)]

    def needs(self, block: Block) -> Set[str]:
        """The names of the resources that a block refers to, also by way of locals and in branches not taken."""
        found: Set[str] = set()
        waiting = [*block.attributes.values()]
        inner = [*block.blocks]
        while inner:
            one = inner.pop()
            waiting += one.attributes.values()
            inner += one.blocks
        while waiting:
            for reference in waiting.pop().find_data("get_attr_expr_term"):
                names = re.findall(r"\w+", leaf(reference))
                if names[0] == "local":
                    waiting.append(self.locals[names[1]])
                elif ".".join(names[:2]) in self.declared:
                    found.add(".".join(names[:2]))
        return found

    def arguments(self, block: Block) -> Dict[str, Any]:
        """The arguments of a block. One that is null is absent, as in Terraform."""
        found = {name: self.value(tree) for name, tree in block.attributes.items() if name != "depends_on"}
        found = {name: value for name, value in found.items() if value is not None}
        for one in block.blocks:
            if one.kind == "dynamic":
                found[one.labels[0]] = self.dynamic(one)
            else:
                found.setdefault(one.kind, Blocks()).append(self.arguments(one))
        return found

    def dynamic(self, block: Block) -> Blocks:
        """The inner blocks that a dynamic block makes, one for each value of a list."""
        [name], [content] = block.labels, block.blocks
        made = Blocks()
        for value in self.value(block.attributes["for_each"]):
            self.each[name] = {"value": value}
            made.append(self.arguments(content))
        del self.each[name]
        return made

    def outputs(self) -> Dict[str, Any]:
        return {name: self.value(block.attributes["value"]) for name, block in self.module.of("output").items()}

    def accepts(self, name: str) -> bool:
        """Whether a variable's value passes its validations."""
        validations = [one for one in self.module.of("variable")[name].blocks if one.kind == "validation"]
        return all(self.value(one.attributes["condition"]) for one in validations)

    def count(self, name: str) -> Any:
        """How often a resource is made: None if its block has no count."""
        tree = self.declared[name].attributes.get("count")
        return None if tree is None else self.value(tree)

    def existing(self, path: List[Any]) -> List[Any]:
        """A path to a resource, without the index; an error if there is no such resource, or none for these values."""
        name = ".".join(str(part) for part in path[:2])
        if name not in self.declared:
            raise HCLError(f"there is no {name}")
        count = self.count(name)
        indexed = len(path) > 2 and isinstance(path[2], int)
        # An order of creation names a resource without an index, whether it is made or not.
        if len(path) > 2 and (indexed != (count is not None) or indexed and path[2] >= count):
            raise HCLError(f"{path} does not exist when {name} is made {count} times")
        return [*path[:2], *path[3:]] if indexed else path

    # Expressions

    def value(self, tree: Tree) -> Any:
        evaluate = getattr(self, str(tree.data), None)
        if evaluate is None:
            raise HCLError(f"unknown to this reader: {tree.data} in {leaf(tree)}")
        return evaluate(tree)

    def expr_term(self, tree: Tree) -> Any:
        [inside] = trees(tree)
        return self.value(inside)

    def literal_value(self, tree: Tree) -> Any:
        return {"true": True, "false": False, "null": None}[leaf(tree)]

    def int_lit(self, tree: Tree) -> int:
        return int(leaf(tree))

    def string(self, tree: Tree) -> Any:
        parts = [self.part(part) for part in trees(tree)]
        return parts[0] if len(parts) == 1 else "".join(text(part) for part in parts)

    def part(self, tree: Tree) -> Any:
        [inside] = tree.children
        if isinstance(inside, Token):
            return json.loads(f'"{inside}"').replace("$${", "${")
        return self.value(trees(inside)[0])

    def tuple(self, tree: Tree) -> List[Any]:
        return [self.value(one) for one in trees(tree)]

    def object(self, tree: Tree) -> Dict[str, Any]:
        found = {}
        for element in trees(tree):
            key, value = trees(element)
            name = leaf(key).strip('"')
            if "${" in name or name in found:
                raise HCLError(f"the key {name} of an object is unclear")
            found[name] = self.value(value)
        return found

    def conditional(self, tree: Tree) -> Any:
        condition, one, other = trees(tree)
        decided = self.value(condition)
        if not isinstance(decided, bool):
            raise HCLError(f"{leaf(condition)} is {decided!r}, and no condition")
        return self.value(one if decided else other)

    def binary_op(self, tree: Tree) -> Any:
        left, term = trees(tree)
        sign, right = trees(term)
        if leaf(sign) in ("&&", "||"):
            first = self.value(left)
            return self.value(right) if first == (leaf(sign) == "&&") else first
        return OPERATORS[leaf(sign)](self.value(left), self.value(right))

    def function_call(self, tree: Tree) -> Any:
        name, *rest = trees(tree)
        arguments = trees(rest[0]) if rest else []
        if leaf(name) == "can":
            try:
                self.value(arguments[0])
            except ValueError:
                return False
            return True
        return FUNCTIONS[leaf(name)](*[self.value(one) for one in arguments])

    def get_attr_expr_term(self, tree: Tree) -> Any:
        kind, *names = self.path(tree)
        if kind in self.each:
            return functools.reduce(operator.getitem, names, self.each[kind])
        if kind == "var":
            return self.variables[names[0]]
        if kind == "local":
            return self.value(self.locals[names[0]])
        if kind == "data":
            return self.data[".".join(names)]
        kind, name, attribute = self.existing([kind, *names])
        return f"<{camel(name)} {MEANINGS.get((kind, attribute)) or MEANINGS.get(attribute, attribute)}>"

    def path(self, tree: Tree) -> List[Any]:
        """The names and indexes of a reference."""
        if tree.data in ("get_attr_expr_term", "index_expr_term"):
            before, last = trees(tree)
            [name] = trees(last)
            return [*self.path(before), leaf(name) if last.data == "get_attr" else self.value(name)]
        if tree.data == "identifier":
            return [leaf(tree)]
        [inside] = trees(tree)
        return self.path(inside)


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def regex(pattern: str, value: str) -> str:
    found = re.search(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, value)
    if found is None:
        raise ValueError(f"{value} does not match {pattern}")
    return found[0]


FUNCTIONS: Dict[str, Callable[..., Any]] = {
    "jsonencode": lambda value: value,
    "concat": lambda *lists: [one for part in lists for one in part],
    "merge": lambda *maps: {name: value for part in maps for name, value in part.items()},
    "contains": lambda values, value: value in values,
    "filebase64sha256": lambda path: f"<checksum of {path}>",
    "length": len,
    "regex": regex,
    "tostring": text,
}
