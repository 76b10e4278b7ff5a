"""Values on their way from the command line to a function, and what becomes of those that are set elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from support import template
from support.deployment import Deployment, deploying, write_package
from support.local_aws import LocalAWS
from support.processes import REPOSITORY

pytestmark = pytest.mark.check

SQL = """SELECT "$path", '\\d+\\t', "a&b" -- 100 % # é
FROM orders\tWHERE dt = '{{date-1}}' AND note <> '$$'
"""


@pytest.fixture
def run_query(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made.of("run_query", RUN_QUERY_OUTPUT_BUCKET="results")


def sql_of(run_query: Deployment) -> str:
    text: str = run_query.function("RunQuery")["Environment"]["Variables"]["QUERY_STRING"]
    return text


@pytest.mark.parametrize("way", ["make", "environment", "file"])
def test_sql_arrives_as_it_was_written(run_query: Deployment, tmp_path: Path, way: str) -> None:
    if way == "make":
        run_query.run(RUN_QUERY_SQL=SQL.replace("$", "$$"))
    elif way == "environment":
        run_query.environment["RUN_QUERY_SQL"] = SQL
        run_query.run()
    else:
        (tmp_path / "daily.sql").write_text(SQL)
        run_query.run(RUN_QUERY_SQL_FILE=str(tmp_path / "daily.sql"))
    assert sql_of(run_query).rstrip("\n") == SQL.rstrip("\n")


@pytest.mark.parametrize("sql", ['SELECT "$path" FROM t', "SELECT '$(date)'", "SELECT $$1, $2"])
def test_a_single_dollar_on_the_command_line_is_refused(run_query: Deployment, sql: str) -> None:
    run_query.aws.reset_calls()
    made = run_query.make("run_cloudformation", RUN_QUERY_SQL=sql)
    assert made.returncode != 0 and run_query.aws.calls() == {}
    assert "make expands the $ in RUN_QUERY_SQL. Write $$ for each $ or use RUN_QUERY_SQL_FILE.\n" in made.stderr


def test_a_value_that_is_not_given_stays_to_the_letter(run_query: Deployment) -> None:
    """The console may have set it, with line breaks and all."""
    run_query.run(RUN_QUERY_SQL="SELECT 1")
    cloudformation = run_query.aws.client("cloudformation")
    unchanged = [name for name in run_query.parameters() if name not in ("RunQuerySQL", "RunQueryDatabase")]
    cloudformation.update_stack(
        StackName=run_query.stack,
        TemplateBody=template.TEMPLATES["run_query"].read_text(),
        Parameters=[
            {"ParameterKey": "RunQuerySQL", "ParameterValue": SQL},
            {"ParameterKey": "RunQueryDatabase", "ParameterValue": "shop\tfloor"},
            *({"ParameterKey": name, "UsePreviousValue": True} for name in unchanged),
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    run_query.run(RUN_QUERY_TIMEOUT="100")
    assert run_query.function("RunQuery")["Timeout"] == 100
    assert run_query.parameters()["RunQuerySQL"] == sql_of(run_query) == SQL
    assert run_query.parameters()["RunQueryDatabase"] == "shop\tfloor"


@pytest.mark.parametrize(
    "variables, reason",
    [
        ({"RUN_QUERY_SQL": "S" * 4097}, "RUN_QUERY_SQL has 4097 bytes, and a parameter at most 4096"),
        # Two bytes each in UTF-8.
        ({"RUN_QUERY_SQL": "é" * 2049}, "RUN_QUERY_SQL has 4098 bytes, and a parameter at most 4096"),
        ({"RUN_QUERY_SQL": '"' * 1950}, "the environment of run_query has about 4163 bytes, and a function's at most 4096"),
        ({"RUN_QUERY_SQL": "S" * 3800, "RUN_QUERY_DATABASE": "d" * 200}, "the environment of run_query has about 4263"),
    ],
)
def test_a_value_that_is_too_long_is_refused_before_anything_is_built(
    run_query: Deployment, variables: Dict[str, str], reason: str
) -> None:
    run_query.aws.reset_calls()
    made = run_query.make("run_cloudformation", PACKAGE="", **variables)
    assert made.returncode != 0 and made.stdout == "" and run_query.aws.calls() == {}
    assert reason in made.stderr
    assert "put it into settings.json as run_query.sql" in made.stderr


def test_the_advice_for_another_value_is_to_shorten_it(run_query: Deployment) -> None:
    made = run_query.make("run_cloudformation", PACKAGE="", RUN_QUERY_DATABASE="d" * 4097)
    assert "RUN_QUERY_DATABASE has 4097 bytes, and a parameter at most 4096; shorten it\n" in made.stderr


def test_the_longest_sql_that_fits_is_not_refused(run_query: Deployment) -> None:
    sql = "S" * (4096 - 256 - len("results"))
    run_query.run(RUN_QUERY_SQL=sql)
    assert sql_of(run_query) == sql
    # Lambda counts the names, the values and the punctuation of JSON.
    environment = run_query.function("RunQuery")["Environment"]["Variables"]
    assert len(json.dumps(environment)) <= 4096
    # What is not given counts with its length in the stack.
    made = run_query.make("run_cloudformation", RUN_QUERY_DATABASE="shop")
    assert made.returncode != 0 and "the environment of run_query" in made.stderr


def test_the_list_of_tables_is_held_to_the_same_limits(run_query: Deployment) -> None:
    query_api = run_query.of("query_api", QUERY_API_OUTPUT_BUCKET="results", QUERY_API_TABLES=",".join(["table"] * 660))
    made = query_api.make("run_cloudformation", PACKAGE="")
    assert made.returncode != 0 and f"the environment of query_api has about {4222 + len(query_api.stack)} bytes" in made.stderr
    assert "QUERY_API_TABLES; put it into settings.json as query_api.tables" in made.stderr


# Values in the settings of the package

SETTINGS: Dict[str, Dict[str, Any]] = {
    "run_query": {"sql": "SELECT '{{date}}'"},
    "query_api": {"tables": ["events", "other.*"]},
}
# The variable, the parameter, the function, and the variable of its environment.
PLACES = {
    "run_query": ("RUN_QUERY_SQL", "RunQuerySQL", "RunQuery", "QUERY_STRING"),
    "query_api": ("QUERY_API_TABLES", "QueryApiTables", "QueryApi", "QUERY_API_TABLES"),
}
BOTH_SYSTEMS = pytest.mark.parametrize("system", PLACES)


def with_settings(deployment: Deployment, tmp_path: Path, settings: Any) -> Deployment:
    # As editors write it.
    text = json.dumps(settings, indent=2)
    return replace(deployment, package=write_package(tmp_path / "settings.zip", b"program", settings=text))


@BOTH_SYSTEMS
def test_a_value_in_the_settings_needs_no_variable(run_query: Deployment, tmp_path: Path, system: str) -> None:
    _, parameter, function, variable = PLACES[system]
    deployment = run_query.of(system, **{f"{system.upper()}_OUTPUT_BUCKET": "results"})
    deployment = with_settings(deployment, tmp_path, {"price_per_tb": 5, system: SETTINGS[system]})
    deployment.run()
    assert deployment.parameters()[parameter] == ""
    assert deployment.function(function)["Environment"]["Variables"][variable] == ""
    deployment.run(LOG_LEVEL="DEBUG")


@BOTH_SYSTEMS
def test_a_value_in_both_places_is_refused_before_the_upload(run_query: Deployment, tmp_path: Path, system: str) -> None:
    variable, parameter, _, _ = PLACES[system]
    deployment = run_query.of(system, **{f"{system.upper()}_OUTPUT_BUCKET": "results"})
    changed = with_settings(deployment, tmp_path, {system: SETTINGS[system]})
    [key] = SETTINGS[system]
    said = f"{variable} and {system}.{key} in settings.json are both set; one of them is enough. {variable}= empties"
    run_query.aws.reset_calls()
    assert said in changed.make("run_cloudformation", **{variable: "events"}).stderr
    # The value in the stack counts until it is emptied.
    deployment.run(**{variable: "events"})
    assert said in changed.make("run_cloudformation").stderr
    assert run_query.aws.calls()["s3.PutObject"] == 2
    changed.run(**{variable: ""})
    assert changed.parameters()[parameter] == ""
    # And back.
    assert f"{system} has nothing to do" in deployment.make("run_cloudformation").stderr
    deployment.run(**{variable: "events"})


@BOTH_SYSTEMS
@pytest.mark.parametrize("empty", [{}, {"run_query": {}, "query_api": {}}, {"run_query": {"sql": None}, "query_api": {"tables": None}}])
def test_a_value_in_neither_place_is_refused_before_the_upload(
    run_query: Deployment, tmp_path: Path, system: str, empty: Any
) -> None:
    variable, *_ = PLACES[system]
    # The other system's value, and a user of that name, are no values.
    other = {name: one for name, one in SETTINGS.items() if name != system}
    settings = {"slack": {"user_mappings": {"sql": "U1", "tables": "U2"}}, **empty, **other}
    deployment = with_settings(run_query.of(system, **{f"{system.upper()}_OUTPUT_BUCKET": "results"}), tmp_path, settings)
    run_query.aws.reset_calls()
    for changes in ({}, {variable: ""}):
        said = deployment.make("run_cloudformation", **changes).stderr
        [key] = SETTINGS[system]
        assert said == f"deploy: {system} has nothing to do: set {variable}, or put {system}.{key} into settings.json\n" + said[
            said.index("make: ") :
        ]
    assert "s3.PutObject" not in run_query.aws.calls()


@BOTH_SYSTEMS
def test_the_settings_that_the_script_finds_are_the_programs(executable: Path, tmp_path: Path, system: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({system: SETTINGS[system]}))
    assert subprocess.run([executable, "check", path], capture_output=True).returncode == 0


def test_the_limits_leave_room_for_everything_else_in_an_environment() -> None:
    for system, handler in {"run_query": "RunQuery", "query_api": "QueryApi"}.items():
        resources = template.of(system)["Resources"]
        variables = resources[handler]["Properties"]["Environment"]["Variables"]
        counted = re.findall(r"environment=\((.+)\)", (REPOSITORY / "scripts/deploy").read_text())
        [names] = [one.split() for one in counted if one.startswith(handler)]
        fixed = {name: re.sub(r"\$\{\w+\}", "", template.text(value)) for name, value in variables.items()}
        # Values that are no longer than this: numbers, and the defaults of parameters that are not given.
        defaults = [str(template.of(system)["Parameters"][name].get("Default", "")) for name in names]
        assert len(json.dumps(fixed)) + len("".join(defaults)) + 20 <= 256
        referred = set(re.findall(r"\$\{(\w+)\}", "".join(template.text(value) for value in variables.values())))
        short = {name for name in referred if name.endswith(("Minutes", "Reasons"))}
        # The workgroup that the stack makes has the name of the stack, whose length counts too.
        assert referred - short - {"QueryApiQueries"} == set(names)


def test_a_file_that_cannot_be_read_is_named(run_query: Deployment, tmp_path: Path) -> None:
    made = run_query.make("run_cloudformation", RUN_QUERY_SQL_FILE=str(tmp_path / "none.sql"))
    assert made.returncode != 0 and f"RUN_QUERY_SQL_FILE is {tmp_path}/none.sql, which is not a readable file" in made.stderr
    (tmp_path / "some.sql").write_text("SELECT 1")
    made = run_query.make("run_cloudformation", RUN_QUERY_SQL="SELECT 2", RUN_QUERY_SQL_FILE=str(tmp_path / "some.sql"))
    assert made.returncode != 0 and "RUN_QUERY_SQL_FILE and RUN_QUERY_SQL are both set" in made.stderr
