"""The statements of the documentation that a test can check."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import template
from support.alerter_stack import AlerterStack, finished_message
from support.documentation import block, page
from support.processes import REPOSITORY

BUGS_OF_OTHERS = REPOSITORY / "Tests/EndToEnd/BUGS-OF-OTHERS.md"
PAGES = [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").glob("*.md")), BUGS_OF_OTHERS]


def example(name: str) -> str:
    """An example on the page about extensions."""
    return block("extending.md", name)


def test_the_notifier_is_the_one_that_is_compiled_and_tested() -> None:
    assert example("notifier") == (REPOSITORY / "Tests/AlerterTests/WebhookNotifier.swift").read_text()


def test_the_consumer_reads_the_queue(alerter: AlerterStack, tmp_path: Path) -> None:
    for name in ("q-1", "q-2"):
        alerter.send(finished_message(name))
    script = tmp_path / "consumer.py"
    script.write_text(example("consumer"))
    queue = {"SQS_QUEUE_URL": alerter.resources.queue_url}
    environment = {**os.environ, **alerter.aws.environment(alerter.aws.admin, **queue)}
    ran = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(line.split()[-1] for line in ran.stdout.splitlines()) == ["q-1", "q-2"]
    assert alerter.waiting() == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_has_a_target(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", path.read_text()):
        if target.startswith("https://"):
            continue
        there = path.parent / target if target else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text()), f"{target}#{anchor}"


def anchors(text: str) -> set:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


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
        unknown = re.findall(r"settings: (\S+): there is no such setting", said)
        assert not any(f"{key}.".startswith(f"{name}.") for name in unknown), key


def test_the_rules_of_the_example_are_valid(executable: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"slack": {"bot_token": "xoxb-1"}, **json.loads(block("rules.md", "rules"))}))
    checked = subprocess.run([executable, "check", path], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_budgets_of_the_example_are_valid(executable: Path, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    slack = {"bot_token": "xoxb-1", "channel": "#athena"}
    path.write_text(json.dumps({"slack": slack, **json.loads(block("budgets.md", "budgets"))}))
    checked = subprocess.run([executable, "check", path], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "$50.00 a month (UTC) for each user, where workgroup is analysts" in checked.stdout


def test_every_member_of_a_budget_is_in_its_table() -> None:
    schema = json.loads((REPOSITORY / "settings.schema.json").read_text())
    members = schema["properties"]["budgets"]["items"]["properties"]
    assert re.findall(r"^\| `(\w+)` \|", page("budgets.md"), re.MULTILINE) == list(members)
    source = (REPOSITORY / "Sources/Alerting/Budgets/Budgets+File.swift").read_text()
    assert set(re.findall(r'^        case "(\w+)":', source, re.MULTILINE)) == set(members)


def test_every_member_of_a_rule_is_in_its_table() -> None:
    schema = json.loads((REPOSITORY / "settings.schema.json").read_text())
    effects = schema["properties"]["rules"]["items"]["properties"]
    members = effects.pop("match")["properties"]
    source = (REPOSITORY / "Sources/Alerting/Rule.swift").read_text()
    known = re.findall(r"^        case (\w+)(?: = \"(\w+)\")?$", source, re.MULTILINE)
    assert {value or name for name, value in known} == set(members)
    for heading, names in (("Members of match", members), ("Effects", effects)):
        first_cells = re.findall(r"^\| (`.+?) \|", sections(page("rules.md"))[heading], re.MULTILINE)
        assert {name for cell in first_cells for name in re.findall(r"`([a-z_]+)`", cell)} == set(names)


def test_the_template_of_the_settings_is_valid(executable: Path) -> None:
    checked = subprocess.run([executable, "check", REPOSITORY / "settings.json.template"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_every_variable_of_the_aws_tools_is_explained() -> None:
    text = sections(page("settings.md"))["Environment"]
    client = "".join(path.read_text() for path in (REPOSITORY / "Sources/AWS").glob("*.swift"))
    names = set(re.findall(r'"(AWS_[A-Z_]+)"', client)) | {"AWS_CA_BUNDLE"}
    names -= {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}
    assert len(names) > 10 and names <= set(re.findall(r"`([A-Z_]+)`", text))
    services = re.findall(r'variableSuffix: "(\w+)"', client)
    [listed] = re.findall(r"`AWS_ENDPOINT_URL_<SERVICE>` \| other endpoints \((.+?)\)", text)
    assert sorted(re.findall(r"\w+", listed)) == sorted(services)


def test_every_metric_that_the_handlers_count_is_explained() -> None:
    sources = "".join(path.read_text() for path in (REPOSITORY / "Sources").glob("**/*.swift"))
    names = set(re.findall(r'metrics\.add\("([A-Za-z]+)"', sources)) | set(re.findall(r'case \.\w+: "(Queries\w+)"', sources))
    reasons = set(re.findall(r'case \w+ = "(\w+)"', (REPOSITORY / "Sources/LambdaEvents/ObjectEvents.swift").read_text()))
    assert "OtherAccount" in reasons
    # A record that is not about an object fails.
    names |= {f"FilesSkipped{reason}" for reason in reasons - {"NotOfS3"}}
    explained = set(re.findall(r"`([A-Z][A-Za-z]+)`", (REPOSITORY / "docs/operations.md").read_text()))
    assert names and names <= explained


def test_the_result_of_the_faults_is_the_sum_of_their_tables() -> None:
    [result] = re.findall(r"<!-- faults -->\n(.+)\n<!-- end of faults -->", (REPOSITORY / "README.md").read_text())
    cases, lost, doubled = re.findall(r"(\d+) (?:cases,|lost|doubled)", result)
    [in_window] = re.findall(r"(\d+) cases are in the one known window", result)
    for part in ("faults by handler", "faults by call"):
        [text] = re.findall(rf"<!-- {part} -->\n(.+?)<!-- end of {part} -->", page("faults.md"), re.DOTALL)
        rows = [row.strip("| ").split(" | ")[2:] for row in text.splitlines()[2:]]
        numbers = [int(number) for row in rows for cell in row[:-2] for number in re.findall(r"\d+", cell)]
        brackets = [int(number) for row in rows for cell in row[:-2] for number in re.findall(r"\((\d+)\)", cell)]
        assert (sum(numbers), sum(brackets)) == (int(cases), int(in_window)), part
        assert sum(int(row[-2]) for row in rows) == int(lost), part
        assert sum(int(row[-1].split(" ")[0]) for row in rows) == int(doubled), part


def test_every_test_of_the_list_of_bugs_exists() -> None:
    text = BUGS_OF_OTHERS.read_text()
    rows = re.findall(r"^\| (?!fault of|---)(.+) \| (.+) \|$", text, re.MULTILINE)
    named = [re.findall(r"`(\w+\.\w+)::(\w+)`", tests) for _, tests in rows]
    assert rows and all(named)
    for file, name in (one for row in named for one in row):
        [path] = (REPOSITORY / "Tests").rglob(file)
        assert re.search(rf"^ *(def|func|@Test func) {name}\(", path.read_text(), re.MULTILINE), f"{file}::{name}"


# The runbook


def sections(text: str) -> dict:
    """The text below each heading of the second level."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def test_every_alarm_has_its_section_in_the_runbook() -> None:
    found = sections(page("runbook.md"))
    alarms = template.resources("AWS::CloudWatch::Alarm")
    assert [name for name in found if re.fullmatch(r"\w+", name)] == list(alarms)
    for name in alarms:
        assert re.findall(r"^\*\*(It means|Look|Do)\*\*", found[name], re.MULTILINE) == ["It means", "Look", "Do"], name


def test_every_alarm_is_in_the_table_of_the_deployment() -> None:
    rows = re.findall(r"^\| (`.+?) \|", sections(page("deployment.md"))["Alarms"], re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(template.resources("AWS::CloudWatch::Alarm"))


def test_the_runbook_names_only_existing_resources(executable: Path) -> None:
    text = page("runbook.md")
    explained = set(re.findall(r"`([A-Z][A-Za-z]+)`", page("operations.md")))
    resources = set(template.template()["Resources"])
    for name in re.findall(r"`([A-Z][a-z]+[A-Z][A-Za-z]+)`", text):
        assert name in explained | resources or name.endswith("Exception") or name == "AccessDenied", name
    for quoted in ("a message returns to the queue", "Athena does not tell of a query", "the function cannot start"):
        assert quoted in text and quoted in sources()
    usage = subprocess.run([executable, "--help"], capture_output=True, text=True).stdout
    for command, option in re.findall(r"athena-alerter (\w+)(?: (--[\w-]+))?", text):
        assert f"athena-alerter {command}" in usage and option in usage, (command, option)


def test_the_numbers_in_the_runbook_are_the_templates() -> None:
    alarms = {name: one["Properties"] for name, one in template.resources("AWS::CloudWatch::Alarm").items()}
    queues = {name: one["Properties"] for name, one in template.resources("AWS::SQS::Queue").items()}
    text = page("runbook.md")
    assert queues["FinishedQueries"]["RedrivePolicy"]["maxReceiveCount"] == 20 and "twenty deliveries" in text
    assert queues.pop("EndingEvents")["MessageRetentionPeriod"] == 300 and "after five minutes" in text
    assert {one["MessageRetentionPeriod"] for one in queues.values()} == {14 * 86_400} and "14 days" in text
    assert alarms["FinishedQueriesTooOld"]["Threshold"] == 15 * 60 and "quarter of an hour" in text
    assert alarms["OpenQueriesTooOld"]["Threshold"] == 12 * 60 and "twelve hours" in text
    assert alarms["UsageUpdateErrors"]["DatapointsToAlarm"] == 3 and "three of five minutes" in text


def sources() -> str:
    return "".join(path.read_text() for path in (REPOSITORY / "Sources").rglob("*.swift"))
