"""The architecture page agrees with the package, and a system can be removed."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import shutil
import subprocess
import types
from pathlib import Path
from typing import Dict, List

import pytest

from support.documentation import page
from support.processes import REPOSITORY


def script() -> types.ModuleType:
    """`scripts/imports` as a module."""
    loader = importlib.machinery.SourceFileLoader("imports", str(REPOSITORY / "scripts/imports"))
    specification = importlib.util.spec_from_loader("imports", loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    loader.exec_module(module)
    return module


imports = script()


# The picture


@pytest.fixture(scope="module")
def package() -> Dict[str, List[str]]:
    return imports.read_package(REPOSITORY)


def test_the_picture_and_the_table_are_those_of_the_package(package: Dict[str, List[str]]) -> None:
    for path, content in imports.files(REPOSITORY, package).items():
        assert path.read_text() == content, f"run scripts/imports --write: {path.name} is out of date"


def test_the_package_keeps_the_rules(package: Dict[str, List[str]]) -> None:
    assert imports.violations(package) == []


def test_the_script_checks_without_writing() -> None:
    ran = subprocess.run([REPOSITORY / "scripts/imports"], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_room_has_a_line_on_the_page(package: Dict[str, List[str]]) -> None:
    [section] = re.findall(r"^## Rooms\n(.+?)^## ", page("architecture.md"), re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section.split("The folders of")[0], re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"\w+", row)) == sorted(package)


def test_every_file_that_answers_a_question_is_there() -> None:
    [section] = re.findall(r"^## Where is the answer.*?\n(.+?)^## ", page("architecture.md"), re.MULTILINE | re.DOTALL)
    files = re.findall(r"`(\w+/[\w/+]+\.swift)`", section)
    assert len(files) > 20
    for file in files:
        assert (REPOSITORY / "Sources" / file).is_file(), file


# The rules, for packages that break them

SOUND = {
    "Time": [],
    "JSON": [],
    "System": [],
    "HTTP": ["Time"],
    "AWS": ["HTTP", "JSON"],
    "Settings": ["JSON"],
    "Alerting": ["Settings", "Time"],
    "Commands": ["System"],
    "Assembly": ["AWS", "Settings"],
    "Alerter": ["Alerting", "Assembly", "AWS"],
    "Queries": ["Assembly", "JSON"],
    "AthenaAlerter": ["Alerter", "Queries"],
}


def test_a_sound_package_has_no_violations() -> None:
    assert imports.violations(SOUND) == []


@pytest.mark.parametrize(
    "room, imported, rule",
    [
        ("Queries", "Alerter", "only AthenaAlerter may import a system"),
        ("AthenaAlerter", "Nowhere", "there is no such room"),
        ("Alerting", "HTTP", "it is pure, and HTTP does I/O"),
        ("Settings", "System", "it is pure, and System does I/O"),
        ("Alerting", "Commands", "it is pure, and System does I/O"),
        ("HTTP", "AWS", "AWS comes later in Package.swift"),
    ],
)
def test_an_import_against_the_rules_is_found(room: str, imported: str, rule: str) -> None:
    package = {**SOUND, room: [*SOUND[room], imported]}
    assert any(one.startswith(f"{room} imports ") and one.endswith(rule) for one in imports.violations(package))


def test_a_shared_room_may_not_import_a_system() -> None:
    package = {name: SOUND[name] for name in SOUND if name != "Assembly"} | {"Assembly": ["Alerter"]}
    assert "Assembly imports Alerter: only AthenaAlerter may import a system" in imports.violations(package)


def test_a_room_of_no_kind_is_found() -> None:
    assert "Cellar has no kind in scripts/imports" in imports.violations({**SOUND, "Cellar": []})


def test_rooms_that_import_each_other_are_found() -> None:
    package = {"Time": ["JSON"], "JSON": ["Time"]}
    assert "Time imports JSON: JSON comes later in Package.swift" in imports.violations(package)


def test_the_floor_of_a_room_is_its_longest_way_down() -> None:
    floors = imports.floors(SOUND)
    assert (floors["Time"], floors["HTTP"], floors["AWS"], floors["Assembly"]) == (0, 1, 2, 3)
    assert floors["Alerter"] == floors["Queries"] == 4


def test_an_arrow_that_others_imply_is_left_out() -> None:
    assert imports.reduced(SOUND)["Alerter"] == ["Alerting", "Assembly"]


# A system can be removed


@pytest.mark.check
@pytest.mark.parametrize("system, handler", [("PartitionRefresh", "partition_refresh"), ("Queries", "query_api")])
def test_a_package_without_a_system_builds(
    system: str, handler: str, package: Dict[str, List[str]], tmp_path: Path
) -> None:
    removed = rooms_of(system, package)
    copy_package(tmp_path)
    manifest = (tmp_path / "Package.swift").read_text()
    for room in removed:
        shutil.rmtree(tmp_path / "Sources" / room)
        shutil.rmtree(tmp_path / f"Tests/{room}Tests", ignore_errors=True)
        manifest = without_target(room, without_target(f"{room}Tests", manifest))
    (tmp_path / "Package.swift").write_text(manifest)
    house = tmp_path / "Sources/AthenaAlerter/House.swift"
    lines = house.read_text().splitlines(keepends=True)
    kept = [line for line in lines if line.strip() not in (f"import {system}", f"{system}System.self,")]
    assert len(lines) - len(kept) == 2
    house.write_text("".join(kept))

    assert set(imports.read_package(tmp_path)) == set(package) - set(removed)
    command = ["swift", "build", "--explicit-target-dependency-import-check", "error"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    usage = subprocess.run([tmp_path / ".build/debug/athena-alerter", "--help"], capture_output=True, text=True).stdout
    assert "cloudtrail_handler" in usage and handler not in usage


def rooms_of(system: str, package: Dict[str, List[str]]) -> List[str]:
    """A system, and the rooms that only it imports."""
    removed = [system]
    for room in reversed(list(package)):
        importers = {name for name in package if room in package[name]}
        if importers and importers <= set(removed):
            removed.append(room)
    return removed


def copy_package(folder: Path) -> None:
    shutil.copy(REPOSITORY / "Package.swift", folder)
    shutil.copytree(REPOSITORY / "Sources", folder / "Sources")
    unused = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.py")
    shutil.copytree(REPOSITORY / "Tests", folder / "Tests", ignore=unused)


def without_target(name: str, manifest: str) -> str:
    """A manifest without a target, and without its name among the dependencies of others."""
    lines: List[str] = []
    declaration: List[str] = []
    for line in manifest.splitlines(keepends=True):
        if declaration or re.match(r" {8}\.\w*[tT]arget\(", line):
            declaration.append(line)
            text = "".join(declaration)
            if text.count("(") > text.count(")"):
                continue
            if not re.match(rf'\s*\.\w+\(\s*name: "{name}"', text):
                lines.append(re.sub(rf'(, )?"{name}"(?(1)|,? ?)', "", text))
            declaration = []
        else:
            lines.append(line)
    return "".join(lines)
