"""The help, the manual page and the completions come from one description, which names what the commands take."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Set

import pytest

from support.processes import REPOSITORY

SHELLS = ("bash", "zsh", "fish")
COMMANDS = REPOSITORY / "Sources/Alerter/Commands"


def said(executable: Path, *arguments: str) -> str:
    ran = subprocess.run([executable, *arguments], capture_output=True, text=True, env={})
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.fixture(scope="module")
def options(executable: Path) -> Dict[str, Set[str]]:
    """The options of each command, by the help."""
    found: Dict[str, Set[str]] = {}
    command = ""
    for line in said(executable, "--help").splitlines():
        heading = re.match(r"  athena-alerter ([a-z][a-z-]*)", line)
        if heading:
            command = heading[1]
            found.setdefault(command, set())
        option = re.match(r"        (--[a-z-]+)(?: [^ ]+)?  ", line)
        if option:
            found[command].add(option[1])
    return found


def test_the_help_names_the_options_that_each_command_takes(options: Dict[str, Set[str]]) -> None:
    members = re.findall(
        r'^        case (\w+)(?: = "(\w+)")?$', (REPOSITORY / "Sources/Alerting/Rule.swift").read_text(), re.MULTILINE
    )
    of_members = {"--" + (value or name).replace("_", "-") for name, value in members}
    for command in ("preview", "reconcile", "redrive", "doctor", "explain", "budgets"):
        source = (COMMANDS / f"{command.capitalize()}Command.swift").read_text()
        taken = set(re.findall(r'take(?:Value|Flag)\("(--[a-z-]+)"\)', source)) | {"--settings"}
        assert taken | (of_members if command == "explain" else set()) == options[command], command
    assert options["scan"] == set() and options["who"] == options["projection"] == {"--settings"}


def test_no_line_of_the_help_is_wider_than_a_terminal_but_the_forms(executable: Path) -> None:
    for line in said(executable, "--help").splitlines():
        assert len(line) <= 79 or line.startswith(("  athena-alerter", "In AWS Lambda")), line


def test_the_manual_page_has_every_command_and_option(executable: Path, options: Dict[str, Set[str]]) -> None:
    page = said(executable, "--man").replace("\\-", "-")
    for command, names in options.items():
        section = re.findall(rf"^\.SS {command}\n(.+?)^\.S", page, re.MULTILINE | re.DOTALL)
        assert len(section) == 1 and set(re.findall(r"^\\fB(--[a-z-]+)", section[0], re.MULTILINE)) == names
    for line in page.splitlines():
        assert not line.startswith(("'", ".")) or re.match(r"\.(TH|SH|SS|TP|B|I|br)\b", line), line


def test_the_manual_page_is_well_formed(executable: Path) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    page = said(executable, "--man")
    ran = subprocess.run([groff, "-man", "-ww", "-z", "-Kutf8"], input=page, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def completed(script: str, *words: str) -> List[str]:
    """What bash offers for the last of some words."""
    listed = " ".join(f"'{word}'" for word in ("athena-alerter", *words))
    program = f"{script}\nCOMP_WORDS=({listed}); COMP_CWORD={len(words)}; _athena_alerter; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    ran = subprocess.run(["bash", "-c", program], capture_output=True, text=True, cwd=REPOSITORY / "docs")
    assert ran.stderr == ""
    return ran.stdout.split()


def test_bash_completes_commands_options_and_files(executable: Path, options: Dict[str, Set[str]]) -> None:
    script = said(executable, "--completion", "bash")
    assert completed(script, "re") == ["reconcile", "redrive", "report"]
    assert set(completed(script, "")) == {*options, "--help", "--version", "--man", "--completion"}
    for command, names in options.items():
        assert set(completed(script, command, "--")) == {*names, "--help"}
    assert completed(script, "scan", "opera") == ["operations.md"]
    assert completed(script, "who", "--settings", "opera") == ["operations.md"]
    assert completed(script, "doctor", "opera") == []
    assert completed(script, "--completion", "z") == ["zsh"]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_has_every_command_and_option(executable: Path, options: Dict[str, Set[str]], shell: str) -> None:
    script = said(executable, "--completion", shell)
    for command, names in options.items():
        assert re.search(rf"\b{command}\b", script)
        for name in names:
            assert (f"-l {name[2:]} " if shell == "fish" else name) in script
    if shutil.which(shell):
        ran = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
        assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["--completion"], ["--completion", "csh"], ["--man", "scan"]], ids=" ".join)
def test_wrong_usage_ends_with_2(executable: Path, arguments: List[str]) -> None:
    ended = subprocess.run([executable, *arguments], capture_output=True, text=True, env={})
    assert (ended.returncode, ended.stdout) == (2, "") and ended.stderr.startswith("athena-alerter: --")


def test_everything_is_installed(executable: Path, tmp_path: Path) -> None:
    ran = subprocess.run([REPOSITORY / "scripts/install", executable, tmp_path], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    installed = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    texts = {
        "share/man/man1/athena-alerter.1": ["--man"],
        "share/bash-completion/completions/athena-alerter": ["--completion", "bash"],
        "share/zsh/site-functions/_athena-alerter": ["--completion", "zsh"],
        "share/fish/vendor_completions.d/athena-alerter.fish": ["--completion", "fish"],
    }
    assert set(installed) == {"bin/athena-alerter", *texts}
    for name, arguments in texts.items():
        assert installed[name].read_text() == said(installed["bin/athena-alerter"], *arguments)
    refused = subprocess.run([REPOSITORY / "scripts/install", executable, "/proc/nowhere"], capture_output=True, text=True)
    assert refused.returncode == 1 and "choose another PREFIX" in refused.stderr
