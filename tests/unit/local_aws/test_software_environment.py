"""The environment of Ray Serve: made once, whole or not at all, of pinned requirements."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local_aws.sagemaker.software.ray_serve.environment import Environment, EnvironmentFailedError, find_or_make

from .wheels import write_wheel


@dataclass
class Maker:
    """Makes environments of a tiny package that stands for Ray."""

    folder: Path
    wheels: Path
    said: list[str] = field(default_factory=list)
    held: list[Environment] = field(default_factory=list)

    def python(self, version: str = "1.0") -> Path:
        requirements = self.folder.parent / f"requirements-{version}.txt"
        requirements.write_text(f"toyray=={version}\n")
        constraints = self.folder.parent / "constraints.txt"
        constraints.write_text("# none\n")
        made = find_or_make(self.folder, self.said.append, requirements, constraints)
        self.held.append(made)
        return made.python

    def release(self) -> None:
        while self.held:
            os.close(self.held.pop().lock)


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    write_wheel(wheels, "toyray", "1.0")
    write_wheel(wheels, "toyray", "2.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    made = Maker(tmp_path / "ray-serve", wheels)
    yield made
    made.release()


def printed(python: Path, code: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_it_holds_what_is_pinned_and_shares_the_rest(maker: Maker) -> None:
    python = maker.python()

    assert printed(python, "import toyray; print(toyray.version)") == "1.0"
    # torch is this Python's own, found without being imported, which takes seconds
    found = printed(python, "import importlib.util; print(importlib.util.find_spec('torch').origin)")
    assert Path(found).is_relative_to(sys.prefix)
    assert str(python.parent.parent) in printed(python, "import sys; print(sys.prefix)")
    assert any("making the environment" in line for line in maker.said)


def test_it_is_made_once(maker: Maker) -> None:
    first = maker.python()
    maker.said.clear()

    assert maker.python() == first
    assert maker.said == []


def test_what_was_left_half_made_is_made_anew(maker: Maker) -> None:
    python = maker.python()
    (python.parent.parent / "complete").unlink()
    (python.parent.parent / "rubbish").touch()
    maker.release()

    assert maker.python() == python
    assert not (python.parent.parent / "rubbish").exists()
    assert printed(python, "import toyray; print(toyray.version)") == "1.0"


def test_two_starts_at_once_make_it_once(maker: Maker) -> None:
    found: list[Path] = []
    starts = [threading.Thread(target=lambda: found.append(maker.python())) for _ in range(2)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert found[0] == found[1]
    assert sum("making the environment" in line for line in maker.said) == 1


def test_without_a_package_index_the_reason_says_what_to_do(maker: Maker) -> None:
    with pytest.raises(EnvironmentFailedError) as failure:
        maker.python("3.0")

    text = str(failure.value)
    assert "toyray==3.0" in text
    assert "PIP_INDEX_URL" in text
    assert "container: slim" in text
    assert "\n" not in text


def test_a_folder_that_cannot_be_written_is_named(maker: Maker) -> None:
    maker.folder.write_text("a file is in the way")

    with pytest.raises(EnvironmentFailedError, match=str(maker.folder)):
        maker.python()


def test_an_environment_of_other_requirements_goes_when_nobody_uses_it(maker: Maker) -> None:
    old = maker.python("1.0").parent.parent
    new = maker.python("2.0").parent.parent
    assert old.exists()

    maker.release()
    (new / "complete").unlink()
    maker.python("2.0")
    assert not old.exists()
    assert new.exists()
