"""What `explain-sql` reads in SQL agrees with what sqlglot's parser finds."""

from __future__ import annotations

import json
import re
import resource
import shlex
import subprocess
from pathlib import Path
from typing import List, Set, Tuple

import pytest

from support.documentation import block
from support.processes import REPOSITORY
from support.statements import Found, Generator

STATEMENTS = 1000
MOST_NOT_UNDERSTOOD = 50
# Far more than it takes, since the machine may be busy.
MOST_SECONDS = 5.0


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


CLICKS = {
    "Table": {
        "Name": "clicks",
        "DatabaseName": "web",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {"Columns": [{"Name": "event_time", "Type": "timestamp"}]},
    }
}
QUERY = "SELECT max(url) FROM web.clicks WHERE date(day) = current_date AND event_time > now() - INTERVAL '1' HOUR"


def test_the_example_of_the_documentation_is_so(executable: Path, tmp_path: Path) -> None:
    line, said = block("hints.md", "explain-sql").split("\n", 1)
    (tmp_path / "query.sql").write_text(QUERY)
    (tmp_path / "clicks.json").write_text(json.dumps(CLICKS))
    # The example is made without settings; those of the documentation are read, and turn other hints off.
    (tmp_path / "settings.json").write_text(block("hints.md", "hints"))
    for environment in ({}, {"SETTINGS_FILE": "settings.json"}):
        arguments = [executable, *shlex.split(line)[2:]]
        ended = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, said, "")


def test_each_hint_is_in_the_documentation_and_the_schema_in_its_order(executable: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"slack": {"channel": "C1", "bot_token": "ssm:/x"}, "hints": {"off": ["nonsense"]}}))
    ended = subprocess.run([executable, "check", file], env={}, capture_output=True, text=True, timeout=60)
    expected = re.search(r"hints\.off\[0\].*one of ([a-z_, ]+), found", ended.stdout + ended.stderr)
    assert expected, ended
    names = expected[1].split(", ")
    table = re.findall(r"^\| `([a-z_]+)` \|", (REPOSITORY / "docs" / "hints.md").read_text(), re.MULTILINE)
    schema = (REPOSITORY / "settings.schema.json").read_text()
    [listed] = [part for part in re.findall(r'"enum": \[([^\]]*)\]', schema) if "partition_filter" in part]
    # The page has a table of the conditions and one of the examples.
    assert names * 2 == table and names == re.findall(r'"([a-z_]+)"', listed)


PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TABLES = [
    ("clicks", PARQUET, ["day"], ["url", "country", "event_time"]),
    ("orders", PARQUET, [], ["id", "amount", "country", *(f"more{number}" for number in range(9))]),
    ("events", "org.openx.data.jsonserde.JsonSerDe", [], ["name"]),
]


def test_the_examples_of_hints_have_these_hints(executable: Path, tmp_path: Path) -> None:
    """Those that rest on the SQL and the catalog alone."""
    definitions: List[str] = []
    for name, reader, keys, columns in TABLES:
        storage = {
            "Columns": [{"Name": column, "Type": "string"} for column in columns],
            "SerdeInfo": {"SerializationLibrary": reader},
        }
        keys_of_table = [{"Name": key, "Type": "string"} for key in keys]
        table = {"Name": name, "DatabaseName": "web", "PartitionKeys": keys_of_table, "StorageDescriptor": storage}
        (tmp_path / f"{name}.json").write_text(json.dumps({"Table": table}))
        definitions += ["--table-definition", f"{name}.json"]
    page = (REPOSITORY / "docs" / "hints.md").read_text()
    examples = re.findall(r"^\| `([a-z_]+)` \| `([^`]+)` \|$", page, re.MULTILINE)
    assert len(examples) >= 8
    for name, sql in examples:
        (tmp_path / "query.sql").write_text(sql)
        command = [executable, "explain-sql", "query.sql", "--database", "web", *definitions]
        said = subprocess.run(command, cwd=tmp_path, env={}, check=True, capture_output=True, text=True, timeout=60).stdout
        assert re.findall(r"^hint ([a-z_]+):", said, re.MULTILINE)[0] == name, said


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ([], 2, "a file is missing"),
        (["a.sql", "b.sql"], 2, "unexpected argument 'b.sql'"),
        (["a.sql"], 1, "a.sql: No such file"),
        (["query.sql", "--table-definition"], 2, "--table-definition needs a value"),
        (["query.sql", "--table-definition", "query.sql"], 1, "query.sql: not what `aws glue get-table` prints"),
        (["query.sql", "--table-definition", "a.json"], 1, "a.json: No such file"),
    ],
)
def test_a_mistake_is_named(executable: Path, tmp_path: Path, arguments: List[str], status: int, words: str) -> None:
    (tmp_path / "query.sql").write_text(QUERY)
    ended = subprocess.run([executable, "explain-sql", *arguments], cwd=tmp_path, env={}, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (status, "") and words in ended.stderr


def test_a_long_statement_takes_no_time(executable: Path, tmp_path: Path) -> None:
    """256 KB, which is the longest that Athena takes, of forms that could make a reader slow."""
    count = 256 * 1024
    derived = "FROM (SELECT " + "+".join(f"b{number}" for number in range(2000)) + " AS s FROM t) d"
    common = ", ".join(f"c{number} AS (SELECT a{number}, b FROM c{number - 1} WHERE b = {number})" for number in range(1, 4000))
    texts = [
        "SELECT " + "(" * count,
        "SELECT " + "a," * (count // 2) + "b FROM t WHERE " + "x = 1 AND " * 1000 + "y = 2",
        "SELECT * FROM t WHERE x IN (" + "1," * (count // 2) + "2)",
        "SELECT a FROM " + ", ".join(f"t{number}" for number in range(count // 8)),
        "SELECT a FROM " + " JOIN ".join(f"t{number} ON t{number}.a = b" for number in range(1, count // 25)),
        f"WITH c0 AS (SELECT * FROM t), {common} SELECT * FROM c3999",
        "SELECT a FROM t " + "UNION ALL SELECT a FROM t " * (count // 26),
        "SELECT " + "+".join("s" * (count // 2 - 8000)) + " " + derived,
        "SELECT s " + derived + " WHERE s = 1" + " AND s = 1" * (count // 10 - 2000),
        "SELECT a FROM t " + "NATURAL JOIN u " * (count // 15),
        "SELECT a FROM t WHERE a = 1" + " OR b = 2" * (count // 9),
        "SELECT " + "CASE WHEN a = 1 THEN " * (count // 22),
        "SELECT '" + "''" * (count // 2),
    ]
    for text in texts:
        (tmp_path / "query.sql").write_text(text)
        started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([executable, "explain-sql", "query.sql"], cwd=tmp_path, env={}, check=True, capture_output=True, timeout=60)
        taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started
        print(text[:40], round(taken, 3))
        assert taken < MOST_SECONDS, text[:100]
