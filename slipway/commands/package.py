"""`slipway package`: a model folder → model.tar.gz."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assets.model_folder import find_model
from assets.package import TARBALL, package

_UNIT = 1024


def package_command(
    model: Annotated[str, typer.Argument(help="A model in model_code/, or the path of a model folder.")],
    output: Annotated[
        Path | None, typer.Option(help="Write model.tar.gz into this folder, too.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Pack a model into the model.tar.gz that SageMaker hosts; print its path, size and digest."""
    packed = package(find_model(model), output_dir=output, progress=lambda line: typer.echo(line, err=True))
    path = packed.path if output is None else output.absolute() / TARBALL
    if as_json:
        facts = {
            "model": packed.model,
            "path": str(path),
            "size": packed.size,
            "digest": packed.digest,
            "entry_point": packed.entry_point,
        }
        typer.echo(json.dumps(facts))
        return
    typer.echo(f"path    {path}")
    typer.echo(f"size    {packed.size} bytes ({readable(packed.size)})")
    typer.echo(f"digest  {packed.digest}")


def readable(size: int) -> str:
    """Return `size`, in bytes, with a binary unit."""
    if size < _UNIT:
        return f"{size} B"
    number = size / _UNIT
    for unit in ("KiB", "MiB"):
        if number < _UNIT:
            return f"{number:.2f} {unit}"
        number /= _UNIT
    return f"{number:.2f} GiB"
