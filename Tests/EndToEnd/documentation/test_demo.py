"""The demo shows its steps, and leaves no process behind however it ends."""

from __future__ import annotations

import ctypes
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple
from xml.etree import ElementTree

import pytest

from support.processes import REPOSITORY

DEMO = REPOSITORY / "Tests/EndToEnd/demo.py"
PR_SET_CHILD_SUBREAPER = 36
TIMEOUT_SECONDS = 300


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """A process that the demo leaves behind becomes a child of this process, which finds it."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = children()
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    left = {process: command_line(process) for process in children() - before}
    for process in left:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    assert not left


def children() -> Set[int]:
    """The living children of this process; children that have ended are reaped."""
    found: Set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        found.update(map(int, task.read_text().split()))
    return {process for process in found if not has_ended(process)}


def has_ended(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "Z":
            os.waitpid(process, os.WNOHANG)
    except (ChildProcessError, FileNotFoundError):
        return True
    return state == "Z"


def command_line(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


@pytest.fixture
def environment(executable: Path) -> Dict[str, str]:
    unwanted = ("NO_COLOR", "AWS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**inherited, "ATHENA_ALERTER": str(executable), "TERM": "xterm"}


def run(command: List[str], environment: Dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)


def boxes(transcript: str) -> List[Tuple[str, str]]:
    """The Slack messages: the title of each box, and its text."""
    found = re.findall(r"┌─ (.*?) ─*┐\n(.*?)└", transcript, re.DOTALL)
    return [(title, re.sub(r" +", " ", body)) for title, body in found]


def test_two_runs_show_the_same_steps(environment: Dict[str, str], tmp_path: Path) -> None:
    environment["DEMO_OUTPUT"] = str(tmp_path)
    for _ in range(2):
        shown = run([sys.executable, str(DEMO)], environment)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "\x1b" not in shown.stdout and "\r" not in shown.stdout
        messages = boxes(shown.stdout)
        expected = [
            ("#athena", ["ada@example.com scanned 640.5 GiB for $3.13", "brand <> ? AND year >= ?"]),
            ("direct message to Ada", ["You scanned 640.5 GiB for $3.13", "Black & Blue"]),
            ("direct message to Grace", ["You scanned 38.0 GiB for $0.19"]),
            ("#athena", ["alan scanned 2.0 TiB for $10.00", "Athena: Bytes scanned limit"]),
            ("direct message to Alan", ["You scanned 2.0 TiB for $10.00", "Athena: Bytes scanned limit"]),
            ("direct message to Katherine", ["You scanned 30.0 GiB for $0.15", "katherine@example.com"]),
            ("direct message to Hedy", ["You scanned 50.0 GiB", "hedy@example.com", "metabase"]),
            ("direct message to Margaret", ["orders-loader scanned 20.0 GiB", "orders-loader (session load-orders)"]),
            ("#etl-costs", ["nightly-etl scanned 150.0 GiB for $0.73"]),
            ("direct message to Dennis", ["You scanned 25.0 GiB for $0.12"]),
            ("direct message to Grace", ["You scanned 60.0 GiB for $0.29"]),
            ("direct message to Grace, 1 reply below", ["You: 2 queries over 10.0 GiB today, 98.0 GiB, $0.48"]),
            ("#athena", ["73% of the budget athena"]),
            ("#athena", ["alan has used 166% of the budget analysts"]),
            ("direct message to Alan", ["You have used 166% of the budget analysts"]),
        ]
        assert [title for title, _ in messages] == [title for title, _ in expected]
        for (_, text), (_, words) in zip(messages, expected):
            assert [word for word in words if word not in text] == []
        assert "still running: dennis@example.com" in shown.stdout
        assert "0 rows new or changed" in shown.stdout and "0 new on Slack" in shown.stdout
        assert "2 messages in #athena, 1 message in #etl-costs, 8 direct messages, nothing lost, nothing doubled." in shown.stdout
        assert len(re.findall(r"^   done in \d+\.\d\d s", shown.stdout, re.MULTILINE)) == 15
        [took] = re.findall(r"^     (\d+\.\d) s from the end of the query to Slack$", shown.stdout, re.MULTILINE)
        assert 5 <= float(took) < 10
        assert re.search(r'^     "2024-03-05"  0 +null$', shown.stdout, re.MULTILINE)
        assert re.findall(r"/\w+ +\w+ +(\d{3}) ", shown.stdout) == ["403", "200", "200", "404", "200"]
        assert "a minute later query_retention deletes 2 files" in shown.stdout
        assert re.search(r"2024-03-05-14 +s3://data-\w+/clicks/2024/03/05/14/", shown.stdout)
        assert "$3.13" in (tmp_path / "report.html").read_text()
        for name in ("alert.svg", "thread.svg"):
            drawing = (tmp_path / name).read_text()
            ElementTree.fromstring(drawing)
            assert drawing == (REPOSITORY / "docs" / name).read_text(), f"copy .build/demo/{name} to docs"


@pytest.mark.check
@pytest.mark.parametrize("more, colored", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colors_are_used_on_terminals_that_want_them(
    environment: Dict[str, str], more: Dict[str, str], colored: bool
) -> None:
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen([sys.executable, str(DEMO)], env={**environment, **more}, stdout=theirs) as demo:
        os.close(theirs)
        while b"CloudTrail writes" not in shown:
            shown += os.read(ours, 4096)
        demo.send_signal(signal.SIGINT)
        try:
            while os.read(ours, 4096):
                pass
        except OSError:
            pass  # A pseudo-terminal reports its closed end with this error.
    os.close(ours)
    assert demo.returncode == 130
    # A line that is overwritten needs no color.
    assert (re.search(rb"\x1b\[\d+(;\d+)*m", shown) is not None) is colored
    assert ("starting AWS …".encode() in shown) is (more.get("TERM") != "dumb")


@pytest.mark.check
@pytest.mark.parametrize(
    "moment, number",
    [
        ("Start AWS", signal.SIGINT),
        ("cloudtrail_handler stores", signal.SIGTERM),
        ("notification sends", signal.SIGINT),
    ],
)
def test_it_ends_quietly_on_a_signal(environment: Dict[str, str], moment: str, number: signal.Signals) -> None:
    command = [sys.executable, str(DEMO)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None and demo.stderr is not None
        for line in demo.stdout:
            if moment in line:
                break
        else:
            pytest.fail(f"the demo did not reach {moment!r}")
        if moment == "Start AWS":
            time.sleep(0.5)
        demo.send_signal(number)
        demo.stdout.read()
        errors = demo.stderr.read()
    assert (demo.returncode, errors) == (128 + number, "")


@pytest.mark.check
def test_it_ends_quietly_when_its_output_is_closed(environment: Dict[str, str]) -> None:
    command = f"set -o pipefail; {sys.executable} {DEMO} | head -n 9 >/dev/null"
    shown = run(["bash", "-c", command], environment)
    assert (shown.returncode, shown.stderr) == (141, "")


# Missing dependencies

ALTERED = """
import runpy, socket, sys
sys.path.insert(0, {folder!r})
import support.emulator
from pathlib import Path
{alteration}
runpy.run_path({demo!r}, run_name="__main__")
"""


def altered(alteration: str) -> List[str]:
    return [sys.executable, "-c", ALTERED.format(folder=str(DEMO.parent), demo=str(DEMO), alteration=alteration)]


NO_PORT = """
def refuse(*_):
    raise OSError(98, "Address already in use")
socket.socket.bind = refuse
"""


@pytest.mark.parametrize(
    "command, more, error_text",
    [
        ([sys.executable, "-S", str(DEMO)], {}, r"demo: the Python package \w+ is missing; run: make demo"),
        (
            [sys.executable, str(DEMO)],
            {"ATHENA_ALERTER": "/nowhere/athena-alerter"},
            "demo: the executable /nowhere/athena-alerter is missing; run: make demo",
        ),
        (
            altered("support.emulator.EMULATOR = Path('/nowhere/rie')"),
            {},
            "demo: the Lambda emulator /nowhere/rie is missing; run: make demo",
        ),
        (altered(NO_PORT), {}, r"demo: Slack: no port is available on 127\.0\.0\.1: Address already in use"),
        (
            [sys.executable, str(DEMO)],
            {"ATHENA_ALERTER": "/bin/false"},
            "demo: cloudtrail_handler failed: .+",
        ),
    ],
    ids=["packages", "executable", "emulator", "port", "no handler"],
)
def test_an_error_is_one_line(
    environment: Dict[str, str], command: List[str], more: Dict[str, str], error_text: str
) -> None:
    shown = run(command, {**environment, **more})
    assert shown.returncode == 1
    assert re.fullmatch(error_text + "\n", shown.stderr)
