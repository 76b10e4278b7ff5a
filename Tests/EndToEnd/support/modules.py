"""The Terraform modules, each with the template that it stands for, and what both make of the same values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from . import cloudformation, hcl, hcl_syntax, template, terraform
from .processes import REPOSITORY

ROOT = REPOSITORY / "terraform"
REGION, ACCOUNT, PARTITION = "eu-west-1", "111122223333", "aws"
DATA = {
    "aws_caller_identity.current.account_id": ACCOUNT,
    "aws_partition.current.partition": PARTITION,
    "aws_region.current.id": REGION,
}
# What the parameters without a default have.
REQUIRED = {
    "CloudtrailBucket": "my-trail",
    "LambdaS3Bucket": "my-code",
    "LambdaS3Key": "program.zip",
    "ReportBucket": "my-history",
    "BusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
}
# A value other than the default of each parameter whose values are not listed in the template.
OTHERS = {
    **{name: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1-{name}" for name in ("TrailKeyArn", "SlackKeyArn")},
    "RoleBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "RolePath": "/service-role/",
    "AlarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
    "IdentityStoreId": "d-1234567890",
    "IdentityStoreRegion": "us-east-2",
    "DynamoDBTableName": "other_table",
    "SQSQueueName": "other-queue",
    "SlackParameter": "other/*",
    "SlackSecret": "other*",
    "ReportDatabase": "other_database",
    "ReportTable": "other_table",
    "ReportSlackParameter": "other/*",
    "ReportSlackSecret": "other*",
    "ReportSlackKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1-Report",
}


@dataclass(frozen=True)
class Pair:
    """A template and the module that stands for it."""

    template: Path
    module: Path
    # The name of the stack, and the variable `name`.
    name: str

    @lru_cache(maxsize=None)
    def document(self) -> Dict[str, Any]:
        return template.load(self.template)

    @lru_cache(maxsize=None)
    def parsed(self) -> hcl_syntax.Module:
        return hcl_syntax.Module(self.module)


ALERTER = Pair(template.TEMPLATES[template.ALERTER], ROOT, "AthenaAlerter")
PAIRS = [
    ALERTER,
    Pair(template.FORWARDING, ROOT / "modules/region", "AthenaAlerterRegion"),
    Pair(template.TEMPLATES["report"], ROOT / "modules/report", "AthenaReport"),
]
Parameters = Dict[str, Any]


def variable(pair: Pair, parameter: str) -> str:
    """The variable for a parameter: `SQSQueueName` is `sqs_queue_name`."""
    [found] = [name for name in pair.parsed().of("variable") if name.replace("_", "") == parameter.lower()]
    return found


def is_flag(parameter: Dict[str, Any]) -> bool:
    return parameter.get("AllowedValues") == ["true", "false"]


def as_variable(parameter: Dict[str, Any], value: Any) -> Any:
    return value == "true" if is_flag(parameter) else value


def other_value(name: str, parameter: Dict[str, Any]) -> Any:
    if "AllowedValues" in parameter:
        return next(value for value in parameter["AllowedValues"] if value != parameter["Default"])
    return parameter["Default"] + 1 if parameter["Type"] == "Number" else OTHERS[name]


def assignments(document: Dict[str, Any]) -> Iterator[Parameters]:
    """All defaults and all other values, and from each of these two every one with one parameter changed."""
    parameters = document["Parameters"]
    values = {name: (one["Default"], other_value(name, one)) for name, one in parameters.items() if "Default" in one}
    required = {name: REQUIRED[name] for name, one in parameters.items() if "Default" not in one}
    for base in (0, 1):
        chosen = {**required, **{name: both[base] for name, both in values.items()}}
        yield chosen
        for name, both in values.items():
            yield {**chosen, name: both[1 - base]}


def evaluation(pair: Pair, parameters: Parameters, of: Optional[hcl_syntax.Module] = None) -> hcl.Evaluation:
    known = pair.document()["Parameters"]
    variables = {variable(pair, name): as_variable(known[name], value) for name, value in parameters.items()}
    return hcl.Evaluation(of or pair.parsed(), variables, DATA)


def made_by_terraform(pair: Pair, parameters: Parameters, of: Optional[hcl_syntax.Module] = None) -> Dict[str, Any]:
    return terraform.resources(evaluation(pair, parameters, of).resources(), pair.name)


def stack(pair: Pair, document: Dict[str, Any], parameters: Parameters) -> cloudformation.Stack:
    pseudo = {"AccountId": ACCOUNT, "Partition": PARTITION, "Region": REGION, "StackName": pair.name}
    return cloudformation.Stack(document, parameters, {f"AWS::{name}": value for name, value in pseudo.items()})


def normal(resource: Dict[str, Any]) -> Dict[str, Any]:
    """A resource of CloudFormation as Terraform's provider wants it."""
    properties = resource["Properties"]
    if resource["Type"] == "AWS::CloudWatch::Dashboard":
        properties = {**properties, "DashboardBody": json.loads(properties["DashboardBody"])}
    if resource["Type"] == "AWS::Lambda::Permission":
        # A function has its name in its ARN.
        properties = {**properties, "FunctionName": properties["FunctionName"].replace(" arn>", " name>")}
    return {**resource, "Properties": properties}


def made_by_cloudformation(pair: Pair, document: Dict[str, Any], parameters: Parameters) -> Dict[str, Any]:
    return {name: normal(one) for name, one in stack(pair, document, parameters).resources().items()}


def differences(expected: Any, made: Any, place: str = "") -> List[str]:
    """Where two values differ, each place by its path."""
    if isinstance(expected, dict) and isinstance(made, dict):
        names = [*expected, *(name for name in made if name not in expected)]
        pairs = [(f"{place}.{name}", expected.get(name), made.get(name)) for name in names]
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        pairs = [(f"{place}[{number}]", *both) for number, both in enumerate(zip(expected, made))]
    else:
        return [] if expected == made else [f"{place.lstrip('.')}: {expected} in the template, {made} in the module"]
    return [line for path, one, other in pairs for line in differences(one, other, path)]
