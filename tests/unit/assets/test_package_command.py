import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assets.errors import AssetError
from slipway.commands.package import package_command, readable

_APP = typer.Typer()
_APP.command()(package_command)


def test_it_prints_path_size_and_digest(toy: Path) -> None:
    result = CliRunner().invoke(_APP, ["toy"])
    assert result.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    path = Path(lines["path"])
    assert path.name == "model.tar.gz"
    assert lines["size"].startswith(f"{path.stat().st_size} bytes (")
    assert len(lines["digest"]) == 64


def test_json_stands_alone_on_stdout(toy: Path) -> None:
    (toy / "inference.py").write_text("x = 1\n")
    result = CliRunner().invoke(_APP, ["toy", "--json", "--output", "out"])
    facts = json.loads(result.stdout)
    assert set(facts) == {"model", "path", "size", "digest", "entry_point"}
    assert facts["path"] == str(Path("out/model.tar.gz").absolute())
    assert Path(facts["path"]).stat().st_size == facts["size"]
    assert result.stderr == "packing toy\n"


def test_mistakes_rise_as_asset_errors(root: Path) -> None:
    with pytest.raises(AssetError, match="'nothing' is neither a model in"):
        CliRunner().invoke(_APP, ["nothing"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (5_000_000, "4.77 MiB"),
        (4 * 1024**3, "4.00 GiB"),
        (10 * 1024**4, "10240.00 GiB"),
    ],
)
def test_readable_sizes(size: int, text: str) -> None:
    assert readable(size) == text
