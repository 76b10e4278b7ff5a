"""What moto's CloudFormation lacks."""

from __future__ import annotations

from moto.cloudformation.parsing import ResourceMap


def install() -> None:
    """Has parameters be texts, and their defaults count as given: to moto, saying a default again is a change."""
    original = ResourceMap.load_parameters

    def load_parameters(self: ResourceMap) -> None:
        original(self)
        self.resolved_parameters.update({name: str(value) for name, value in self.resolved_parameters.items()})
        self.input_parameters = {**self.resolved_parameters, **self.input_parameters}

    ResourceMap.load_parameters = load_parameters  # type: ignore[method-assign]
