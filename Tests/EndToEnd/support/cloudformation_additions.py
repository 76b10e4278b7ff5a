"""Additions to moto's CloudFormation."""

from __future__ import annotations

from typing import Any, Dict, List
from urllib.parse import unquote, urlsplit

from moto.athena.models import athena_backends
from moto.cloudformation import models, parsing, responses
from moto.cloudformation.parsing import ResourceMap
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends


def install() -> None:
    read_parameters_as_strings()
    omit_resources_with_false_conditions()
    take_templates_from_this_address()
    keep_values_that_were_defaults()


def keep_values_that_were_defaults() -> None:
    """Lets `UsePreviousValue` keep a default too. Moto knows only the values that were given."""
    original = models.CloudFormationBackend._resolve_update_parameters

    def resolve(self: Any, instance: Any, incoming_params: List[Dict[str, str]]) -> Dict[str, str]:
        if isinstance(instance, models.Stack):
            instance.parameters = {**instance.parameters, **instance.stack_parameters}
        return original(self, instance, incoming_params)

    models.CloudFormationBackend._resolve_update_parameters = resolve  # type: ignore[method-assign]


def take_templates_from_this_address() -> None:
    """Moto knows S3 by AWS's host names only; here a bucket is the first part of the path."""

    def template(url: str, account_id: str, partition: str) -> str:
        bucket, _, key = unquote(urlsplit(url).path).lstrip("/").partition("/")
        return str(s3_backends[account_id][partition].get_object(bucket, key).value.decode())

    responses.get_stack_from_s3_url = template


def omit_resources_with_false_conditions() -> None:
    """Moto evaluates conditions when it creates a stack, but not when it updates one."""
    original = parsing.parse_and_update_resource

    def parse_and_update_resource(name: str, resource: Dict[str, Any], resources: ResourceMap, **where: str) -> Any:
        condition = resource.get("Condition")
        if condition and not resources.lazy_condition_map[condition]:
            return None
        return original(name, resource, resources, **where)

    parsing.parse_and_update_resource = parse_and_update_resource  # type: ignore[assignment]


def read_parameters_as_strings() -> None:
    """Makes parameters strings, and removes those that an updated template no longer declares.

    Defaults count as given: moto sees an explicit default as a change.
    """
    original = ResourceMap.load_parameters

    def load_parameters(self: ResourceMap) -> None:
        declared = self._template.get("Parameters", {})
        self.resolved_parameters.clear()
        self.input_parameters = {name: one for name, one in self.input_parameters.items() if name in declared}
        original(self)
        self.resolved_parameters.update({name: str(value) for name, value in self.resolved_parameters.items()})
        self.input_parameters = {**self.resolved_parameters, **self.input_parameters}

    ResourceMap.load_parameters = load_parameters  # type: ignore[method-assign]


class WorkGroup(CloudFormationModel):
    """A workgroup of Athena, which moto's CloudFormation does not know; moto finds the class by its base."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Athena::WorkGroup"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    @staticmethod
    def configuration(json: Dict[str, Any]) -> Dict[str, Any]:
        found = dict(json["Properties"]["WorkGroupConfiguration"])
        return {**found, "BytesScannedCutoffPerQuery": int(found["BytesScannedCutoffPerQuery"])}

    @classmethod
    def create_from_cloudformation_json(  # type: ignore[override]
        cls, name: str, json: Dict[str, Any], account: str, region: str, **_: Any
    ) -> "WorkGroup":
        description = json["Properties"]["Description"]
        made = athena_backends[account][region].create_work_group(name, cls.configuration(json), description, [])
        assert made, f"WorkGroup {name} is already created"
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(  # type: ignore[override]
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Dict[str, Any], account_id: str, region_name: str
    ) -> "WorkGroup":
        made = athena_backends[account_id][region_name].work_groups[new_resource_name]
        made.configuration.update(cls.configuration(cloudformation_json))
        return cls(new_resource_name)

    @classmethod
    def delete_from_cloudformation_json(  # type: ignore[override]
        cls, resource_name: str, cloudformation_json: Dict[str, Any], account_id: str, region_name: str
    ) -> None:
        athena_backends[account_id][region_name].delete_work_group(resource_name)
