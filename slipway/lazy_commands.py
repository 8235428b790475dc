"""Commands that are imported when they run: what another one needs, such as an AWS SDK, takes its time, too."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


def lazy_group(places: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group of commands.

    Parameters
    ----------
    places
        By a command's name, where its function, or its own group of commands, lies: `module:name`.
    """

    class LazyGroup(TyperGroup):
        """Commands that are imported when they are asked for."""

        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = dict.fromkeys(places, TyperCommand(None))  # the names, for suggestions

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (as the group calls it)
            """Import a command."""
            return _command(cmd_name, places[cmd_name]) if cmd_name in places else None

    return LazyGroup


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    around = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    return get_group(around).commands[name]
