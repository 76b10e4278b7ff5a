"""What the documentation says is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parts.documentation import block
from parts.house import House, finished_message
from parts.processes import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def example(name: str) -> str:
    """An example on the page about other alerts."""
    return block("extending.md", name)


def test_the_notifier_is_the_one_that_is_compiled_and_tested() -> None:
    assert example("notifier") == (REPOSITORY / "Tests/HandlersTests/WebhookNotifier.swift").read_text()


def test_the_consumer_reads_the_queue(house: House, tmp_path: Path) -> None:
    for name in ("q-1", "q-2"):
        house.send(finished_message(name))
    script = tmp_path / "consumer.py"
    script.write_text(example("consumer"))
    queue = {"SQS_QUEUE_URL": house.resources.queue_url}
    environment = {**os.environ, **house.aws.environment(house.aws.admin, **queue)}
    ran = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(line.split()[-1] for line in ran.stdout.splitlines()) == ["q-1", "q-2"]
    assert house.waiting() == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def keys(schema: dict, prefix: str = "") -> set:
    found = set()
    for name, value in schema.get("properties", {}).items():
        nested = keys(value, f"{prefix}{name}.")
        found |= nested or {prefix + name}
    return found


def test_every_setting_is_in_the_table_and_in_the_schema() -> None:
    schema = keys(json.loads((REPOSITORY / "settings.schema.json").read_text())) - {"$schema"}
    table = set(re.findall(r"^\| `([a-z_.]+)` \|", (REPOSITORY / "docs/settings.md").read_text(), re.MULTILINE))
    assert table == schema


def test_every_setting_of_the_schema_is_one_that_the_program_knows(executable: Path, tmp_path: Path) -> None:
    for key in keys(json.loads((REPOSITORY / "settings.schema.json").read_text())):
        value: object = {"no": ["such", "value"]}
        for name in reversed(key.split(".")):
            value = {name: value}
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(value))
        said = subprocess.run([executable, "check", path], capture_output=True, text=True).stderr
        assert "there is no such setting" not in said.split("user_mappings")[0], key


def test_the_template_of_the_settings_is_valid(executable: Path) -> None:
    checked = subprocess.run([executable, "check", REPOSITORY / "settings.json.template"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_every_metric_that_the_handlers_count_is_explained() -> None:
    sources = "".join(path.read_text() for path in (REPOSITORY / "Sources/Handlers").glob("*.swift"))
    names = set(re.findall(r'metrics\.add\("([A-Za-z]+)"', sources)) | set(re.findall(r'case \.\w+: "(Queries\w+)"', sources))
    explained = set(re.findall(r"`([A-Z][A-Za-z]+)`", (REPOSITORY / "docs/operations.md").read_text()))
    assert names and names <= explained
