"""Writes assets/torch_operators/operators.txt: which operators the torch of each container has.

python tools/compact_operators.py --list > torch_2.13.json      (once in each torch; no other package is needed)
python tools/compact_operators.py torch_2.6.json torch_2.10.json torch_2.13.json
"""

import json
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_RESULT = _ROOT / "assets" / "torch_operators" / "operators.txt"


def list_operators() -> dict[str, object]:
    """List every operator schema of the torch that is installed."""
    import torch  # noqa: PLC0415 (only the machine that lists needs it)

    schemas = torch._C._jit_get_all_schemas()  # noqa: SLF001 (there is no public door)
    named = {
        f"{schema.name}.{schema.overload_name}" if schema.overload_name else schema.name: str(schema)
        for schema in schemas
    }
    return {"torch": str(torch.__version__).partition("+")[0], "schemas": named}


def compact(lists: list[dict[str, object]]) -> str:
    """Return one line for each signature, with the versions that have it where it is not in all.

    Parameters
    ----------
    lists
        What `list_operators` gave for each version.
    """
    sys.path.insert(0, str(_ROOT))
    from assets.inspection.signature import parse_signature, without_place_names  # noqa: PLC0415

    versions = [".".join(str(one["torch"]).split(".")[:2]) for one in lists]
    found: dict[str, list[str]] = {}
    for version, one in zip(versions, lists, strict=True):
        schemas = one["schemas"]
        if not isinstance(schemas, dict):
            raise SystemExit(f"error: the list of torch {version} has no object `schemas`; make it with --list")
        for schema in schemas.values():
            found.setdefault(str(without_place_names(parse_signature(schema))), []).append(version)
    lines = [" ".join([line, *(has if has != versions else [])]) for line, has in sorted(found.items())]
    return "\n".join([f"torch {' '.join(versions)}", *lines]) + "\n"


def main(arguments: list[str]) -> None:
    """List the operators, or write the compact file of the lists that are named."""
    if arguments == ["--list"]:
        json.dump(list_operators(), sys.stdout, indent=0, sort_keys=True)
    elif arguments and not arguments[0].startswith("-"):
        _RESULT.write_text(compact([json.loads(Path(name).read_bytes()) for name in arguments]), encoding="utf-8")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
