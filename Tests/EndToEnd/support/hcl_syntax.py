"""The blocks of Terraform's files, without values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

import hcl2
from lark import Token, Tree


class HCLError(Exception):
    """The module says what this reader does not know, or what Terraform refuses."""


@dataclass
class Block:
    """A block's type, labels, attributes and inner blocks, without values."""

    kind: str
    labels: List[str]
    attributes: Dict[str, Tree]
    blocks: List["Block"]


class Module:
    def __init__(self, directory: Path) -> None:
        self.blocks = [block for path in sorted(directory.glob("*.tf")) for block in parsed(path.read_text())]
        names = [(block.kind, *block.labels) for block in self.blocks if block.kind not in ("locals", "terraform")]
        if len(set(names)) != len(names):
            raise HCLError(f"a name is taken twice: {sorted(name for name in names if names.count(name) > 1)}")

    def of(self, kind: str) -> Dict[str, Block]:
        """The blocks of one kind by their labels."""
        return {".".join(block.labels): block for block in self.blocks if block.kind == kind}


def parsed(text: str) -> List[Block]:
    tree = hcl2.parses_to_tree(text)
    [body] = trees(tree)
    return inner(body)[1]


def trees(tree: Tree) -> List[Tree]:
    """The parts of a tree that mean something."""
    return [one for one in tree.children if isinstance(one, Tree) and one.data != "new_line_or_comment"]


def inner(body: Tree) -> Tuple[Dict[str, Tree], List[Block]]:
    attributes: Dict[str, Tree] = {}
    blocks: List[Block] = []
    for part in trees(body):
        if part.data == "attribute":
            name, value = trees(part)
            attributes[leaf(name)] = value
        else:
            *names, within = trees(part)
            kind, *labels = [leaf(name).strip('"') for name in names]
            blocks.append(Block(kind, labels, *inner(within)))
    return attributes, blocks


def leaf(tree: Tree) -> str:
    return "".join(str(token) for token in tree.scan_values(lambda one: isinstance(one, Token)))
