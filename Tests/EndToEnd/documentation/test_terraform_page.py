"""What the documentation says of the Terraform modules and of SAM."""

from __future__ import annotations

import re
from typing import Iterator

from support import hcl, hcl_syntax
from support.documentation import block, page
from support.modules import ALERTER, DATA, PAIRS, assignments, evaluation, variable
from support.processes import REPOSITORY


def modules_of_the_page() -> Iterator[hcl_syntax.Block]:
    for text in re.findall(r"^```hcl\n(.*?)^```$", page("terraform.md"), re.DOTALL | re.MULTILINE):
        yield from hcl_syntax.parsed(text)


def test_the_variables_of_make_are_those_of_the_module_in_lower_case() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `(\w+)` \|", page("deployment.md"), re.MULTILINE))
    for pair in PAIRS:
        for make, parameter in rows.items():
            if parameter in pair.document()["Parameters"] and not make.startswith("LAMBDA_"):
                assert variable(pair, parameter) == make.lower()
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[a-z].*?) \|", page("terraform.md"), re.MULTILINE))))
    known = set(ALERTER.parsed().of("variable"))
    assert listed == known - {make.lower() for make in rows}
    outputs = ALERTER.parsed().of("output")
    assert all(f"`{name}`" in page("terraform.md") for name in outputs)


def test_the_examples_set_variables_that_exist() -> None:
    folders = {f"./athena-alerter/{pair.module.relative_to(REPOSITORY)}": pair for pair in PAIRS}
    seen = set()
    for one in modules_of_the_page():
        reader = hcl.Evaluation(ALERTER.parsed(), {}, DATA)
        given = {
            name: "of another module" if hcl_syntax.leaf(tree).startswith("module.") else reader.value(tree)
            for name, tree in one.attributes.items()
            if name != "providers"
        }
        pair = folders[given.pop("source")]
        evaluated = hcl.Evaluation(pair.parsed(), given, DATA)
        assert all(evaluated.accepts(name) for name in evaluated.variables)
        assert list(evaluated.resources())
        seen.add(pair)
    assert seen == set(PAIRS)
    given = dict(re.findall(r"-var (\w+)=([^\s`]+)", page("terraform.md")))
    assert set(given) == {"package", "cloudtrail_bucket", "architecture"} and given["architecture"] == "arm64"


def test_the_parts_that_stay_are_those_that_are_not_destroyed() -> None:
    [pattern] = re.findall(r"grep -E '([^']+)'", page("terraform.md"))
    resources = [
        resource for pair in PAIRS for resource in evaluation(pair, next(assignments(pair.document()))).resources()
    ]
    # Terraform lists a resource with a count as one of several.
    forgotten = {
        one.id for one in resources for index in ("", "[0]") if re.search(pattern, f"{one.kind}.{one.name}{index}")
    }
    kept = {one.id for one in resources if one.prevents_destroy}
    # The policy of a bucket stays with it.
    assert forgotten == {*kept, *(f"{name}Policy" for name in kept - {"QueriesTable"})}


def test_the_parameters_for_sam_are_those_that_have_no_default() -> None:
    command = block("deployment.md", "SAM")
    given = set(re.findall(r"(\w+)=\S+", command.split("--parameter-overrides")[1]))
    assert given == {name for name, one in ALERTER.document()["Parameters"].items() if "Default" not in one}
