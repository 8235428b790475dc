"""The container of an endpoint, as settings have it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationError

from assets.mistakes import mistakes
from stacks.containers import CONTAINER_NAMES
from stacks.settings.container_kinds import (
    CatalogueContainer,
    ContainerName,
    DockerfileContainer,
    ImageContainer,
    known_container,
)

Container = CatalogueContainer | ImageContainer | DockerfileContainer
_KINDS: dict[str, type[Container]] = {
    "name": CatalogueContainer,
    "image": ImageContainer,
    "dockerfile": DockerfileContainer,
}


def parse_container(value: Any) -> Container:
    """Read a container as YAML has it: a name, or `key: value` lines with `name`, `image` or `dockerfile`.

    Raises
    ------
    ValueError
        With everything that is wrong in it.
    """
    if isinstance(value, CatalogueContainer | ImageContainer | DockerfileContainer):
        return value
    if isinstance(value, str):
        return CatalogueContainer(name=known_container(value))
    named = [key for key in _KINDS if isinstance(value, Mapping) and key in value]
    if len(named) != 1:
        raise ValueError(
            f"must be one of {', '.join(CONTAINER_NAMES)}, or `key: value` lines with one of name, image and "
            f"dockerfile{', not with ' + ' and '.join(named) if named else f', not {value!r}'}"
        )
    kind = _KINDS[named[0]]
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        found = mistakes(error, kind, value)
        raise ValueError("; ".join(f"{each.key}: {each.problem}".removeprefix(": ") for each in found)) from error


ContainerSetting = Annotated[
    Container, BeforeValidator(parse_container, json_schema_input_type=ContainerName | Container)
]
"""A container in the settings."""
