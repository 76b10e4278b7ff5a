"""`athena-alerter projection` prints the statement that makes `partition_refresh` unnecessary."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from support.processes import REPOSITORY

PAGE = (REPOSITORY / "docs/partition-refresh.md").read_text()
Project = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(executable: Path, tmp_path: Path) -> Project:
    def run(settings: Any, *arguments: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "settings.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
        environment = {"SETTINGS_FILE": str(tmp_path / "settings.json")}
        command = [executable, "projection", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return run


def example_settings() -> str:
    found = re.search(r"<!-- settings -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_documentation_shows_the_printed_statement(project: Project) -> None:
    [(arguments, expected)] = re.findall(r"^\$ athena-alerter projection ([^\n]*)\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    ran = project(example_settings(), *arguments.split())
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, expected, "")


def test_the_settings_in_the_documentation_are_valid(executable: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(example_settings())
    checked = subprocess.run([executable, "check", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "my-alerts (alerts), my-logs (as the keys say), my-sales (sales)" in checked.stdout


def test_a_layout_with_a_table_name_gives_the_location(project: Project) -> None:
    buckets = {"logs": {"layouts": ["data/{table}/{yyyy}/{MM}/{dd} -> day={yyyy}-{MM}-{dd}"]}}
    said = project({"partition_refresh": {"buckets": buckets}}, "Clicks").stdout
    assert "ALTER TABLE `clicks`" in said and "'s3://logs/data/clicks/${day}/'" in said


ONE = {"table": "t", "layouts": ["dt={yyyy}-{MM}-{dd}"]}


@pytest.mark.parametrize("buckets, arguments, said", [
    ({}, ["t"], "partition_refresh.buckets: expected one bucket with the data of 't', found none"),
    ({"a": "t", "b": "t"}, ["t"], "found a, b"),
    ({"b": "data"}, ["t"], "partition_refresh.buckets.b: expected an object with one of 'layouts'"),
    ({"b": ONE}, ["t"], "say where 't' is, in s3://b/"),
    ({"b": ONE}, ["t", "s3://other/t/"], "say where 't' is, in s3://b/"),
    ({"b": {"layouts": ["{table}/dt={}"]}}, ["t", "s3://b/t/"], "leave the location out"),
    ({"b": {"table": "t", "layouts": ["{x}/dt={}"]}}, ["t", "s3://b/t/"], "'{x}' is in no column"),
    ({"b": {"layouts": ["dt={"]}}, ["t"], "partition_refresh.buckets.b.layouts: 'dt={': a '{' without its '}'"),
])
def test_a_missing_argument_is_reported_in_one_line(project: Project, buckets: Any, arguments: Any, said: str) -> None:
    ran = project({"partition_refresh": {"buckets": buckets}}, *arguments)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("athena-alerter: projection: ") and said in ran.stderr and ran.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["t", "s3://b/", "x"], ["--all"]])
def test_wrong_usage_ends_with_two(project: Project, arguments: Any) -> None:
    ran = project({}, *arguments)
    assert ran.returncode == 2 and "see athena-alerter --help" in ran.stderr
