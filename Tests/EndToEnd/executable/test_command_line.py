"""The command line: its output, its errors and its exit status."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from support import cloudtrail
from support.alerter_stack import finished_message
from support.documentation import block
from support.local_aws import REGION

TOKEN = "xoxb-a-very-secret-token"


class Command:
    """Runs the executable as a user does."""

    def __init__(self, executable: Path, directory: Path) -> None:
        self.executable = executable
        self.directory = directory

    def __call__(self, *arguments: str, data: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [self.executable, *arguments],
            input=data,
            capture_output=True,
            cwd=self.directory,
            env=environment,
            timeout=30,
        )

    def file(self, name: str, body: bytes) -> str:
        (self.directory / name).write_bytes(body)
        return name


@pytest.fixture
def command(executable: Path, tmp_path: Path) -> Command:
    return Command(executable, tmp_path)


def found(ended: "subprocess.CompletedProcess[bytes]") -> List[str]:
    """The ids on standard output, which must be a JSON object a line."""
    return [json.loads(line)["query_execution_id"] for line in ended.stdout.splitlines()]


def assert_one_clear_line(ended: "subprocess.CompletedProcess[bytes]", *words: str) -> None:
    error = ended.stderr.decode()
    assert error.startswith("athena-alerter: ") and error.count("\n") == 1, error
    assert all(word in error for word in words), error


# scan


def test_scan_prints_the_attributes_of_the_row(command: Command) -> None:
    start = cloudtrail.query_start("q-1", cloudtrail.sso_person("ada@example.com"))
    ended = command("scan", command.file("a.json.gz", cloudtrail.log_file([*cloudtrail.noise(), start])))
    assert (ended.returncode, ended.stderr) == (0, b"")
    [line] = ended.stdout.splitlines()
    assert json.loads(line) == {
        "start_date": "2024-03-05",
        "start_timestamp": "2024-03-05 14:30:07",
        "query_execution_id": "q-1",
        "executing_user": "ada@example.com",
        "user_type": "person",
        "user_source": "identity_center",
        "session_name": "ada@example.com",
        "account_id": cloudtrail.ACCOUNT,
        "region": REGION,
        "workgroup": "analysts",
        "principal_arn": start["userIdentity"]["arn"],
    }


def test_who_prints_a_table_of_those_who_started_queries(command: Command) -> None:
    records = [
        *cloudtrail.noise(),
        *(cloudtrail.query_start(identity=cloudtrail.machine("etl", session)) for session in ("i-0123456789", "i-0123456780")),
        cloudtrail.query_start(identity=cloudtrail.sso_person("ada@example.com"), userAgent="Mozilla/5.0"),
        cloudtrail.query_start(identity=cloudtrail.iam_user("grace")),
    ]
    settings = command.file("settings.json", b'{"people": {"aliases": {"grace": "grace@example.com"}}}')
    ended = command("who", command.file("a.json.gz", cloudtrail.log_file(records)), SETTINGS_FILE=str(settings))
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert [line.split() for line in ended.stdout.decode().splitlines()] == [
        ["user", "found", "by", "tool", "role", "session", "queries"],
        ["ada@example.com", "identity_center", "console", "AWSReservedSSO_Analyst_0123456789abcdef", "ada@example.com", "1"],
        ["grace@example.com", "alias", "1"],
        ["etl", "role", "etl", "i-0123456789,", "…", "2"],
    ]


def test_explain_says_which_rules_apply_and_who_hears(command: Command) -> None:
    rules = json.loads(block("rules.md", "rules"))
    settings = command.file("settings.json", json.dumps({"slack": {"bot_token": "xoxb-1", "channel": "#athena"}, **rules}).encode())
    line, said = block("rules.md", "explain").split("\n", 1)
    assert line.startswith("$ athena-alerter ")
    ended = command(*shlex.split(line)[2:], SETTINGS_FILE=str(settings))
    assert (ended.returncode, ended.stdout.decode(), ended.stderr) == (0, said, b"")
    message = finished_message(executing_user="etl-1", user_type="role", role="etl-1")
    ended = command("explain", "-", data=json.dumps(message).encode(), SETTINGS_FILE=str(settings))
    assert (ended.returncode, ended.stderr) == (0, b"")
    lines = dict(line.split(None, 1) for line in ended.stdout.decode().splitlines())
    assert lines["rules[0]"] == "applies: ignore" and lines["person"] == "nobody: a rule ignores the query"
    for arguments, status, words in (
        (["--user-type", "human"], 2, "--user-type: expected one of person"),
        (["--scanned", "lots"], 2, "--scanned: expected a size"),
        ([], 2, "is missing"),
        (["--user", "ada", "message.json"], 2, "not both"),
        (["message.json"], 1, "No such file"),
        ([command.file("row.json", b"{}")], 1, "not the message of a finished query"),
    ):
        ended = command("explain", *arguments)
        assert ended.returncode == status
        assert_one_clear_line(ended, words)


def test_scan_reads_files_gzipped_or_not(command: Command) -> None:
    packed = command.file("packed", cloudtrail.log_file([cloudtrail.query_start("q-1")]))
    plain = command.file("plain", b" \n" + cloudtrail.log_text([cloudtrail.query_start("q-2")]))
    ended = command("scan", packed, plain)
    assert (ended.returncode, found(ended)) == (0, ["q-1", "q-2"])


@pytest.mark.parametrize("pack", [cloudtrail.log_file, cloudtrail.log_text], ids=["gzipped", "plain"])
def test_scan_reads_standard_input(command: Command, pack: Any) -> None:
    ended = command("scan", "-", data=pack([cloudtrail.query_start("q-1")]))
    assert (ended.returncode, found(ended)) == (0, ["q-1"])


def test_scan_reads_standard_input_from_a_socket(command: Command) -> None:
    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(cloudtrail.log_file([cloudtrail.query_start("q-1")]))
        ours.shutdown(socket.SHUT_WR)
        ended = subprocess.run([command.executable, "scan", "-"], stdin=its, capture_output=True, timeout=30)
    assert (ended.returncode, found(ended)) == (0, ["q-1"])


def test_scan_reports_a_closed_standard_input(command: Command) -> None:
    line = f"{shlex.quote(str(command.executable))} scan - <&-"
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (1, b"athena-alerter: -: standard input is closed\n")


def test_scan_continues_after_a_bad_file(command: Command) -> None:
    good = [command.file(f"{name}.gz", cloudtrail.log_file([cloudtrail.query_start(name)])) for name in ("q-1", "q-2")]
    for bad, words in {
        command.file("text", b"no log"): "not a CloudTrail log",
        command.file("cut.gz", cloudtrail.log_file([cloudtrail.query_start()])[:-9]): "ends before its contents do",
        command.file("none.gz", gzip.compress(b"")): "the file has no JSON",
        command.file("empty", b""): "the file has no JSON",
        command.file("other", b'{"level":"info"}'): "found an object with 'level'",
        "absent": "No such file",
    }.items():
        ended = command("scan", good[0], bad, good[1])
        # The starts before the end of a truncated file are printed.
        assert ended.returncode == 1 and {"q-1", "q-2"} <= set(found(ended))
        assert_one_clear_line(ended, bad, words)


def test_a_file_name_that_is_not_utf_8_is_an_error(command: Command) -> None:
    name = os.fsdecode(b"na\xffme")
    command.file(name, cloudtrail.log_file([cloudtrail.query_start("q-1")]))
    ended = command("scan", name)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert_one_clear_line(ended, "'na\ufffdme' is not UTF-8")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("form, text", cloudtrail.in_forms([cloudtrail.query_start("q-1"), cloudtrail.failed_start()]).items())
def test_scan_reads_each_form(command: Command, form: str, text: bytes, pack: Any) -> None:
    ended = command("scan", command.file("file", pack(text)))
    assert (ended.returncode, ended.stderr, found(ended)) == (0, b"", ["q-1"])


def test_scan_reads_a_folder_and_says_what_was_in_it(command: Command) -> None:
    for folder in ("logs/2024/03", "logs/2024/04", "logs/.git"):
        (command.directory / folder).mkdir(parents=True)
    for name, body in {
        "logs/2024/03/a.json.gz": cloudtrail.log_file([cloudtrail.query_start("q-1")]),
        "logs/2024/04/b.json": cloudtrail.in_forms([cloudtrail.query_start("q-2")])["lines"],
        "logs/2024/digest.json.gz": cloudtrail.digest_file(),
        "logs/2024/insight.json.gz": cloudtrail.insights_file(),
        "logs/.git/config": b"no log",
    }.items():
        command.file(name, body)
    ended = command("scan", "logs")
    assert (ended.returncode, found(ended)) == (0, ["q-1", "q-2"])
    assert_one_clear_line(ended, "2 files read, 1 digests and 1 files of insights skipped, 0 failed")
    command.file("logs/notes", b"no log")
    (command.directory / "logs/again").symlink_to(command.directory / "logs")
    ended = command("scan", "logs/")
    assert (ended.returncode, found(ended)) == (1, ["q-1", "q-2"])
    *bad, sums = ended.stderr.decode().splitlines()
    assert [line.split(": ")[1] for line in bad] == ["logs/again", "logs/notes"] and "2 failed" in sums


def test_scan_shows_its_progress_in_a_folder_on_a_terminal(command: Command) -> None:
    for number in range(3):
        command.file(f"{number}.json.gz", cloudtrail.log_file([cloudtrail.query_start(f"q-{number}")]))
    ours, its = os.openpty()
    with os.fdopen(ours, "rb", 0) as terminal:
        ended = subprocess.run(
            [command.executable, "scan", "."], cwd=command.directory, stdout=subprocess.PIPE, stderr=its, timeout=30
        )
        os.close(its)
        shown = terminal.read(4096).decode()
    assert (ended.returncode, found(ended)) == (0, ["q-0", "q-1", "q-2"])
    assert "\r\x1b[K2 files" in shown and shown.endswith("0 failed\r\n")


def test_scan_finds_nothing_in_a_digest(command: Command) -> None:
    ended = command("scan", command.file("digest.gz", cloudtrail.digest_file()))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_scan_ends_when_its_output_is_closed(command: Command) -> None:
    records = [cloudtrail.query_start(f"q-{number}") for number in range(5000)]
    file = command.file("long.gz", cloudtrail.log_file(records))
    scan = subprocess.Popen(
        [command.executable, "scan", file],
        cwd=command.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert scan.stdout is not None and scan.stderr is not None
    assert b"q-0" in scan.stdout.readline()
    scan.stdout.close()
    error = scan.stderr.read()
    scan.stderr.close()
    assert scan.wait(timeout=10) == 1
    assert b"Broken pipe" in error and error.count(b"\n") == 1, error


def test_scan_reports_an_output_that_cannot_be_written(command: Command) -> None:
    file = command.file("a.gz", cloudtrail.log_file([cloudtrail.query_start("q-1")]))
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [command.executable, "scan", file], cwd=command.directory, stdout=full, stderr=subprocess.PIPE
        )
    assert ended.returncode == 1
    assert_one_clear_line(ended, "No space left")


# check


def settings(**changes: Any) -> bytes:
    slack: Dict[str, Any] = {"bot_token": TOKEN, "channel": "#athena", "webhook_url": f"https://hooks/{TOKEN}"}
    return json.dumps({"slack": slack, "thresholds": {"user": "10 GiB"}, **changes}).encode()


def test_check_prints_the_effective_settings_without_secrets(command: Command) -> None:
    ended = command("check", command.file("mine.json", settings()))
    shown = ended.stdout.decode()
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "mine.json is valid" in shown and "#athena" in shown and "10.0 GiB" in shown and "40.0 GiB" in shown
    assert TOKEN not in shown


def test_check_reads_the_file_of_the_environment(command: Command) -> None:
    command.file("mine.json", settings(thresholds={"user": "7 GiB"}))
    ended = command("check", SETTINGS_FILE="mine.json")
    assert ended.returncode == 0 and b"7.0 GiB" in ended.stdout


@pytest.mark.parametrize(
    "body, words",
    [
        (settings(tresholds={}), ["tresholds", "there is no such setting"]),
        (settings(thresholds={"user": "much"}), ["thresholds.user", "100 GiB"]),
        (settings(slack={"bot_token": [TOKEN]}), ["slack.bot_token"]),
        (settings(slack={"webhook_url": f"http://hooks/{TOKEN}"}), ["slack.webhook_url", "https://"]),
        (settings()[:-2], ["not valid JSON"]),
        (b"", ["not valid JSON"]),
        (b"[]", ["an object"]),
    ],
)
def test_check_names_the_wrong_setting(command: Command, body: bytes, words: List[str]) -> None:
    ended = command("check", command.file("mine.json", body))
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert_one_clear_line(ended, "mine.json", *words)
    assert TOKEN.encode() not in ended.stderr


def test_check_shows_thresholds_and_prices_and_warns_of_odd_ones(command: Command) -> None:
    odd = settings(thresholds={"user": "$0.001", "channel": None}, prices={"eu-wst-1": 6, "eu-west-3": 7})
    ended = command("check", command.file("mine.json", odd))
    shown = {name: value.strip() for name, _, value in (line.strip().partition(" ") for line in ended.stdout.decode().splitlines())}
    assert (shown["thresholds.user"], shown["thresholds.channel"], shown["prices"]) == ("$0.001", "never", "2")
    warnings = ended.stderr.decode()
    assert "thresholds.user: $0.001 is less than a cent" in warnings and "prices.eu-wst-1: no region" in warnings
    assert "eu-west-3" not in warnings and ended.returncode == 0


def test_check_warns_when_notification_would_have_no_slack(command: Command) -> None:
    ended = command("check", command.file("mine.json", b"{}"))
    assert ended.returncode == 0 and b"mine.json is valid" in ended.stdout
    assert_one_clear_line(ended, "mine.json", "notification will not start", "bot_token or webhook_url")


@pytest.mark.parametrize("arguments, environment", [(["absent.json"], {}), ([], {"SETTINGS_FILE": "absent.json"})])
def test_check_names_a_missing_file(command: Command, arguments: List[str], environment: Dict[str, str]) -> None:
    ended = command("check", *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr == b"athena-alerter: absent.json: No such file or directory\n"


def test_check_reads_the_file_beside_the_executable_by_default(command: Command, tmp_path: Path) -> None:
    moved = Command(Path(shutil.copy(command.executable, tmp_path)), tmp_path)
    ended = moved("check")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.decode() == f"athena-alerter: {tmp_path}/settings.json: No such file or directory\n"
    moved.file("settings.json", settings(thresholds={"user": "7 GiB"}))
    ended = moved("check")
    assert ended.returncode == 0 and b"7.0 GiB" in ended.stdout


def test_settings_may_be_named_on_the_command_line(command: Command) -> None:
    chosen = command.file("chosen.json", settings(people={"aliases": {"ada": "ada@example.com"}}))
    broken = command.file("broken.json", b"{")
    log = command.file("log.json", json.dumps({"Records": [cloudtrail.query_start("q-1")]}).encode())
    assert b"ada@example.com" in command("who", "--settings", str(chosen), str(log), SETTINGS_FILE=str(broken)).stdout
    assert b"broken.json" not in command("who", str(log), f"--settings={chosen}", SETTINGS_FILE=str(broken)).stderr
    ended = command("who", "--settings", "missing.json", str(log))
    assert ended.returncode == 1 and b"missing.json cannot be read" in ended.stderr


# Usage


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(command: Command, option: str) -> None:
    ended = command(option)
    assert (ended.returncode, ended.stderr) == (0, b"")
    for word in (b"scan FILE", b"check", b"--help", b"--version", b"cloudtrail_handler", b"usage_update"):
        assert word in ended.stdout


def test_version_is_one_line(command: Command) -> None:
    ended = command("--version")
    assert ended.returncode == 0 and ended.stdout.startswith(b"athena-alerter ") and ended.stdout.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["scan"],
        ["scan", "--fast", "a.gz"],
        ["check", "a", "b"],
        ["check", "--all"],
        ["frobnicate"],
        ["--help", "me"],
        ["--version", "now"],
        [""],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(command: Command, arguments: List[str]) -> None:
    ended = command(*arguments)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert_one_clear_line(ended, "--help")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["scan", "--fast", "a.gz"], "scan: unknown option '--fast'"),
        (["check", "--all"], "check: unknown option '--all'"),
        (["check", "a", "b"], "check: unexpected argument 'b'"),
        (["projection", "t", "l", "x"], "projection: unexpected argument 'x'"),
        (["scan", "--settings", "s.json", "a.gz"], "scan: unknown option '--settings'"),
        (["who", "a.gz", "--settings"], "who: --settings needs a value"),
        (["--version", "now"], "--version: unexpected argument 'now'"),
        (["frobnicate", "--help"], "there is no command 'frobnicate'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named(command: Command, arguments: List[str], said: str) -> None:
    ended = command(*arguments)
    assert (ended.returncode, ended.stderr.decode()) == (2, f"athena-alerter: {said}; see athena-alerter --help\n")


@pytest.mark.parametrize("name", ["scan", "check", "preview", "reconcile", "redrive", "doctor", "projection"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_each_command_has_help(command: Command, name: str, option: str) -> None:
    ended = command(name, option)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, command("--help").stdout, b"")


def test_a_handler_outside_of_lambda_says_what_is_missing(command: Command) -> None:
    ended = command(_HANDLER="notification")
    assert ended.returncode == 1 and b"AWS_LAMBDA_RUNTIME_API" in ended.stdout + ended.stderr
