"""The messages that a settings file gets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.settings import SettingsError, load_environment

Messages = Callable[[Any], list[str]]


@pytest.fixture
def messages(tmp_path: Path) -> Messages:
    def load(document: Any) -> list[str]:
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
        (tmp_path / "dev.yaml").write_text(text)
        try:
            load_environment("dev", tmp_path)
        except SettingsError as error:
            return [line.removeprefix(f"{tmp_path}/") for line in str(error).splitlines()]
        return []

    return load
