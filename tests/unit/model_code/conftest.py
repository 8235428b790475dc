"""The packages of model folders, and the server on them in this process."""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assets import checkout
from assets.checked_package import checked_package
from assets.inspection import target_of
from assets.model_folder import find_model
from serving.app import App
from serving.core.settings import read_settings

from ..serving.conftest import Client, InThisProcess  # noqa: TID252 - the client is that of the server's own tests

Unpack = Callable[[Path | str], Path]


@pytest.fixture(scope="module")
def unpack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unpack]:
    """Package and inspect a model, by its name or folder, and return the folder with what is in its tarball."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(checkout, "STATE", tmp_path_factory.mktemp("state"))

        def unpacked(model: Path | str) -> Path:
            folder = tmp_path_factory.mktemp("unpacked") / "model"
            made = checked_package(find_model(str(model)), [target_of("slim")], with_preflight=False)
            with tarfile.open(made.package.path) as tar:
                tar.extractall(folder, filter="data")
            return folder

        yield unpacked


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Client]]:
    """Serve an unpacked package in this process, whose modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = dict(sys.modules)

    def started(model_dir: Path) -> Client:
        settings = read_settings(model_dir, {})
        return Client(App(InThisProcess(settings), settings.options))

    yield started
    for name in sys.modules.keys() - modules.keys():
        if "/model/code/" in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
