"""A CloudFormation template as Python values: the resources of its stack for given values of its parameters.

A reference to another resource becomes a text such as `<QueriesTable arn>`.
"""

from __future__ import annotations

import re
from typing import Any, Dict

# What Ref and GetAtt of a resource are.
REFERENCES = {"AWS::SQS::Queue": "url"}
ATTRIBUTES = {"Arn": "arn", "QueueName": "name", "FunctionUrl": "url"}
ABSENT = object()


class Stack:
    def __init__(self, template: Dict[str, Any], parameters: Dict[str, Any], pseudo: Dict[str, Any]) -> None:
        self.template = template
        self.known = {**pseudo, "AWS::NoValue": ABSENT}
        self.known.update(
            {name: parameters.get(name, one.get("Default")) for name, one in template["Parameters"].items()}
        )

    def resources(self) -> Dict[str, Dict[str, Any]]:
        """Type and properties of each resource by logical id."""
        return {name: self.resource(name) for name in self.template["Resources"] if self.exists(name)}

    def resource(self, name: str) -> Dict[str, Any]:
        one = self.template["Resources"][name]
        return {"Type": one["Type"], "Properties": self.value(one["Properties"])}

    def exists(self, name: str) -> bool:
        condition = self.template["Resources"][name].get("Condition")
        return condition is None or self.condition(condition)

    def outputs(self) -> Dict[str, Any]:
        return {name: self.value(one["Value"]) for name, one in self.template.get("Outputs", {}).items()}

    def condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [one for one in map(self.value, value) if one is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self.function(name, argument)
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
        found = {key: self.value(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one is not ABSENT}

    def function(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self.reference(argument)
        if name == "Fn::GetAtt":
            return self.attribute(*argument.split("."))
        if name == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: self.inserted(found[1]), argument)
        if name == "Fn::If":
            condition, one, other = argument
            return self.value(one if self.condition(condition) else other)
        if name == "Fn::Equals":
            one, other = map(self.value, argument)
            return one == other
        if name == "Fn::Not":
            return not self.value(argument[0])
        if name == "Fn::And":
            return all(map(self.value, argument))
        raise AssertionError(f"unknown to this reader: {name}")

    def inserted(self, name: str) -> str:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        return str(self.attribute(*name.split(".")) if "." in name else self.reference(name))

    def reference(self, name: str) -> Any:
        if name in self.known:
            return self.known[name]
        return f"<{name} {REFERENCES.get(self.kind(name), 'name')}>"

    def attribute(self, name: str, attribute: str) -> str:
        # The ARN of a log group ends with ":*" in CloudFormation.
        ending = ":*" if self.kind(name) == "AWS::Logs::LogGroup" else ""
        return f"<{name} {ATTRIBUTES[attribute]}>{ending}"

    def kind(self, name: str) -> str:
        assert self.exists(name), f"{name} does not exist here"
        return str(self.template["Resources"][name]["Type"])
