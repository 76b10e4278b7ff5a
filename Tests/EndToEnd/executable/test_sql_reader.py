"""What `explain-sql` reads in SQL agrees with what sqlglot's parser finds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import List, Set, Tuple

import pytest

from support.statements import Found, Generator

STATEMENTS = 1000
MOST_NOT_UNDERSTOOD = 50


def told(lines: List[str]) -> Tuple[Set[str], Set[Tuple[str, str]], Set[Tuple[str, str]], Set[str]]:
    """The tables, the columns in conditions that are certain and those that are possible, and tables with others."""
    tables: Set[str] = set()
    certain: Set[Tuple[str, str]] = set()
    possible: Set[Tuple[str, str]] = set()
    vague: Set[str] = set()
    for line in lines:
        if not line.startswith("reads "):
            continue
        table, _, rest = line[len("reads ") :].partition(": ")
        tables.add(table)
        for part in rest.split("; "):
            if part.startswith("other conditions"):
                vague.add(table)
            if part.startswith("conditions on "):
                for word in part[len("conditions on ") :].split(", "):
                    column = re.sub(r"^\w*\((.*)\)$", r"\1", word.rstrip("?"))
                    (possible if word.endswith("?") else certain).add((table, column))
    return tables, certain, possible, vague


@pytest.mark.parametrize("seed", [1, 20261])
def test_tables_and_conditions_agree_with_another_parser(seed: int, executable: Path, tmp_path: Path) -> None:
    generator = Generator(seed)
    statements = [generator.statement() for _ in range(STATEMENTS)]
    file = tmp_path / "statements.sql"
    file.write_text("\n;\n".join(statements))
    output = subprocess.run([executable, "explain-sql", file], check=True, capture_output=True, text=True, timeout=60).stdout
    answers = [answer.splitlines() for answer in output.split("\n\n")]
    assert len(answers) == STATEMENTS
    not_understood = 0
    for sql, lines in zip(statements, answers):
        if lines[0].startswith("not understood"):
            not_understood += 1
            continue
        tables, certain, possible, vague = told(lines)
        found = Found(sql)
        assert tables == found.tables, sql
        # What is said for certain is so; what the other parser is certain of is not overlooked.
        invented = {(table, column) for table, column in certain - found.certain - found.possible if table not in found.vague}
        assert not invented, (sql, invented)
        overlooked = {(table, column) for table, column in found.certain - certain - possible if table not in vague}
        assert not overlooked, (sql, overlooked)
    assert not_understood <= MOST_NOT_UNDERSTOOD
