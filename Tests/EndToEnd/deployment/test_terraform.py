"""The Terraform modules make what the templates make, for the same values of parameters and variables."""

from __future__ import annotations

import re
import shutil
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from support import cloudformation, hcl, hcl_syntax
from support.modules import (
    ALERTER,
    DATA,
    OTHERS,
    PAIRS,
    REQUIRED,
    ROOT,
    Pair,
    Parameters,
    as_variable,
    assignments,
    differences,
    evaluation,
    is_flag,
    made_by_cloudformation,
    made_by_terraform,
    normal,
    other_value,
    stack,
    variable,
)

# Values of which a parameter takes some and refuses the others.
SAMPLES: List[Any] = [
    "", "x", "ab", "abc", "a-b", "-ab", "DEBUG", "INFO", "WARN", "arm64", "x86_64", "us-east-1", "US", "/", "//", "/a/", "/a b/",
    "d-0123456789", "d-012345678", "0a1b2c3d-0000-1111-2222-0123456789ab", "arn:aws:iam::aws:policy/P", "arn:aws:iam::1:policy/P",
    *REQUIRED.values(), *OTHERS.values(), *(f"{value}\n" for value in OTHERS.values()), *(f" {value}" for value in OTHERS.values()),
    "arn:aws:kms:eu-west-1:111122223333:alias/x",
]  # fmt: skip
NUMBERS = [-1, 0, 1, 2, 3, 4, 7, 30, 31, 127, 128, 129, 3652, 3653, 3654, 10239, 10240, 10241]
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


# The same


@each_pair
def test_both_make_the_same_resources(pair: Pair) -> None:
    document = pair.document()
    seen = set()
    for parameters in assignments(document):
        expected, made = made_by_cloudformation(pair, document, parameters), made_by_terraform(pair, parameters)
        assert not differences(expected, made), "\n".join(differences(expected, made))
        assert made == expected
        seen |= set(expected)
    assert seen == set(document["Resources"])


@each_pair
def test_both_have_the_same_outputs(pair: Pair) -> None:
    document = pair.document()
    for parameters in assignments(document):
        outputs = evaluation(pair, parameters).outputs()
        assert {hcl.camel(name): value for name, value in outputs.items()} == stack(
            pair, document, parameters
        ).outputs()


@each_pair
def test_every_parameter_is_a_variable_with_the_same_default(pair: Pair) -> None:
    parameters = pair.document()["Parameters"]
    defaults = hcl.Evaluation(pair.parsed(), {}, DATA).variables
    for name, parameter in parameters.items():
        expected = as_variable(parameter, parameter["Default"]) if "Default" in parameter else None
        assert defaults.pop(variable(pair, name)) == expected, name
    assert defaults == {"name": pair.name, **({"package": None} if "LambdaS3Key" in parameters else {})}
    # What has no default is required, but for the place of the program, of which there are two.
    required = {name for name, block in pair.parsed().of("variable").items() if "default" not in block.attributes}
    without = {variable(pair, name) for name, parameter in parameters.items() if "Default" not in parameter}
    assert required == without - {"lambda_s3_bucket", "lambda_s3_key"}


def takes(parameter: Dict[str, Any], value: Any) -> bool:
    """CloudFormation's verdict on the value of a parameter."""
    if "AllowedValues" in parameter:
        return value in parameter["AllowedValues"]
    if parameter["Type"] == "Number":
        return parameter["MinValue"] <= value <= parameter.get("MaxValue", value)
    pattern = parameter.get("AllowedPattern", "(?s:.*)")
    return len(value) >= parameter.get("MinLength", 0) and re.fullmatch(pattern, value) is not None


@each_pair
def test_a_variable_takes_what_the_parameter_takes(pair: Pair) -> None:
    for name, parameter in pair.document()["Parameters"].items():
        declared = pair.parsed().of("variable")[variable(pair, name)]
        kind = "bool" if is_flag(parameter) else parameter["Type"].lower()
        assert hcl_syntax.leaf(declared.attributes["type"]) == kind
        if is_flag(parameter) or name.startswith("LambdaS3"):
            continue
        for value in NUMBERS if kind == "number" else SAMPLES:
            evaluated = hcl.Evaluation(pair.parsed(), {variable(pair, name): value}, DATA)
            assert evaluated.accepts(variable(pair, name)) == takes(parameter, value), (name, value)


def test_the_name_is_one_that_a_trail_can_have() -> None:
    for name in ("AthenaAlerter", "abc", "a1-b2-c3", "x" * 40):
        assert hcl.Evaluation(ALERTER.parsed(), {"name": name}, DATA).accepts("name"), name
    for name in ("ab", "1abc", "a--b", "ab-", "a_b", "-ab", "x" * 41):
        assert not hcl.Evaluation(ALERTER.parsed(), {"name": name}, DATA).accepts("name"), name


def test_the_program_is_a_file_or_an_object() -> None:
    program = {"cloudtrail_bucket": "my-trail", "package": "build/athena-alerter.zip"}
    local = hcl.Evaluation(ALERTER.parsed(), program, DATA)
    functions = [one.arguments for one in local.resources() if one.kind == "aws_lambda_function"]
    assert len(functions) == 3
    for arguments in functions:
        assert arguments["filename"] == program["package"]
        assert arguments["source_code_hash"] == f"<checksum of {program['package']}>"
        assert not {"s3_bucket", "s3_key"} & set(arguments)
    both = {"lambda_s3_bucket": "my-code", "lambda_s3_key": "program.zip"}
    cases = ((program, True), (both, True), ({}, False), ({**program, **both}, False), ({"lambda_s3_key": "k"}, False))
    for given, accepted in cases:
        assert hcl.Evaluation(ALERTER.parsed(), given, DATA).accepts("package") == accepted, given


@each_pair
def test_what_a_stack_leaves_is_not_destroyed(pair: Pair) -> None:
    resources = evaluation(pair, next(assignments(pair.document()))).resources()
    kept = {
        name for name, one in pair.document()["Resources"].items() if one.get("DeletionPolicy", "").startswith("Retain")
    }
    assert {resource.id for resource in resources if resource.prevents_destroy} == kept


def test_permissions_come_before_what_needs_them() -> None:
    resources = list(evaluation(ALERTER, next(assignments(ALERTER.document()))).resources())
    order: Dict[str, List[str]] = {}
    for resource in resources:
        order.setdefault(resource.id, []).extend(resource.depends_on)
    for resource in resources:
        if resource.kind == "aws_lambda_function":
            assert order[resource.id] == [f"{resource.id}Role"]
    # The created bucket is in the template once, here in parts.
    assert order["CloudtrailLogs"] == [ALERTER.document()["Resources"]["CloudtrailLogs"]["DependsOn"]]
    assert order["Trail"] == ["CloudtrailLogsPolicy", "CloudtrailLogs"]
    assert "CloudtrailLogsPolicy" in ALERTER.document()["Resources"]["Trail"]["DependsOn"]


@each_pair
def test_no_resource_needs_itself(pair: Pair) -> None:
    """Terraform refuses a cycle."""
    made = evaluation(pair, next(assignments(pair.document())))
    needs = {name: made.needs(block) for name, block in made.declared.items()}
    order = list(TopologicalSorter(needs).static_order())
    assert set(order) == set(needs) and any(needs.values())


def test_modules_want_versions_that_know_their_arguments() -> None:
    for pair in PAIRS:
        [block] = pair.parsed().of("terraform").values()
        [providers] = block.blocks
        reader = hcl.Evaluation(pair.parsed(), {}, DATA)
        assert reader.value(block.attributes["required_version"]) == ">= 1.9"
        version = "~> 6.36" if pair.name == "AthenaReport" else ">= 5.100, < 7.0"
        assert reader.arguments(providers) == {"aws": {"source": "hashicorp/aws", "version": version}}


# The comparison notices a change


def changes(value: Any) -> Iterator[Any]:
    """Copies of a value, each with one change."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        [(name, argument)] = value.items()
        if name == "Fn::If":
            yield {name: [argument[0], argument[2], argument[1]]}
            for place in (1, 2):
                if argument[place] != {"Ref": "AWS::NoValue"}:
                    for changed in changes(argument[place]):
                        yield {name: [*argument[:place], changed, *argument[place + 1 :]]}
        else:
            # A text that is also a document of JSON.
            yield "{}"
    elif isinstance(value, dict):
        for name, one in value.items():
            yield {key: other for key, other in value.items() if key != name}
            for changed in changes(one):
                yield {**value, name: changed}
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield value[:place] + value[place + 1 :]
            for changed in changes(one):
                yield [*value[:place], changed, *value[place + 1 :]]
    elif isinstance(value, bool):
        yield not value
    else:
        yield value + 1 if isinstance(value, int) else f"{value}x"


@each_pair
def test_a_change_of_a_property_is_noticed(pair: Pair) -> None:
    document = pair.document()
    with_default = {name: one for name, one in document["Parameters"].items() if "Default" in one}
    values = {name: "true" if is_flag(one) else other_value(name, one) for name, one in with_default.items()}
    defaults = next(assignments(document))
    both = [defaults, {**defaults, **values}]
    made = [made_by_terraform(pair, parameters) for parameters in both]
    count = 0
    for name, resource in document["Resources"].items():
        for changed in changes(resource["Properties"]):
            count += 1
            stacks = [
                stack(pair, changed_document(document, name, Properties=changed), parameters) for parameters in both
            ]
            outcomes = [outcome(one, name) for one in stacks if one.exists(name)]
            expected = [there[name] for there in made if name in there]
            assert outcomes != expected, (name, changed)
    assert count > (500 if pair is ALERTER else 30)


def outcome(changed: cloudformation.Stack, name: str) -> Any:
    """A changed resource, or nothing if CloudFormation would refuse it."""
    try:
        return normal(changed.resource(name))
    except (AssertionError, KeyError, ValueError):
        return None


def changed_document(document: Dict[str, Any], name: str, **members: Any) -> Dict[str, Any]:
    resource = {key: one for key, one in {**document["Resources"][name], **members}.items() if one is not None}
    return {**document, "Resources": {**document["Resources"], name: resource}}


@each_pair
def test_a_change_of_a_condition_is_noticed(pair: Pair) -> None:
    document = pair.document()
    for name, resource in document["Resources"].items():
        for condition in {None, *document["Conditions"]} - {resource.get("Condition")}:
            changed = changed_document(document, name, Condition=condition)
            assert any(
                stack(pair, changed, parameters).exists(name) != stack(pair, document, parameters).exists(name)
                for parameters in assignments(document)
            ), (name, condition)


@pytest.mark.parametrize(
    "file, text, changed",
    [
        ("trail.tf", 'Effect    = "Deny"', 'Effect    = "Allow"'),
        ("trail.tf", "count  = var.create_trail ? 1 : 0\n  bucket = var", "bucket = var"),
        ("trail.tf", "    abort_incomplete_multipart_upload {\n      days_after_initiation = 1\n    }\n", ""),
        ("usage_update.tf", 'var.allow_stop ? { ALLOW_STOP = "true" }', 'var.fast ? { ALLOW_STOP = "true" }'),
        ("usage_update.tf", "/index/open-queries", "/index/*"),
        ("usage_update.tf", "batch_size                         = 1000", "batch_size                         = 100"),
        ("notification.tf", "var.slack_key_arn == \"\" ? []", "var.hints ? []"),
        ("notification.tf", "aws_cloudwatch_log_group.notification_logs.arn}:*", "aws_cloudwatch_log_group.notification_logs.arn}"),
        ("alarms.tf", "threshold           = 720", "threshold           = 721"),
        ("dashboard.tf", "local.usage_update_name", "local.notification_name"),
        ("cloudtrail_handler.tf", "errorCode = [{ exists = false }]", "errorCode = [{ exists = true }]"),
        ("table.tf", "range_key    = \"start_key\"", "range_key    = \"open\""),
        ("table.tf", "aws_sqs_queue.dead_letters.arn", "aws_sqs_queue.failed_events.arn"),
    ],
)  # fmt: skip
def test_a_change_of_the_module_is_noticed(file: str, text: str, changed: str, tmp_path: Path) -> None:
    directory = shutil.copytree(ROOT, tmp_path / "terraform")
    path = directory / file
    before = path.read_text()
    path.write_text(before.replace(text, changed, 1))
    assert path.read_text() != before
    document = ALERTER.document()

    def same(parameters: Parameters) -> bool:
        try:
            made = made_by_terraform(ALERTER, parameters, hcl_syntax.Module(directory))
        except (AssertionError, KeyError, hcl_syntax.HCLError):
            return False
        return made == made_by_cloudformation(ALERTER, document, parameters)

    assert not all(same(parameters) for parameters in assignments(document))
