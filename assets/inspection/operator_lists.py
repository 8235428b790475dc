"""The operators that the torch of a container has."""

from functools import cache
from pathlib import Path

from assets.inspection.signature import Signature, parse_signature

_FILE = Path(__file__).resolve().parent.parent / "torch_operators" / "operators.txt"


class OperatorList:
    """The operators of one torch version.

    Parameters
    ----------
    signatures
        By the operator's name without overload, each signature as `operators.txt` has it.
    """

    def __init__(self, signatures: dict[str, list[str]]) -> None:
        self._signatures = signatures
        self._libraries = {name.partition("::")[0] for name in signatures}

    def knows_library(self, name: str) -> bool:
        """Whether the operator's namespace, as `aten` in `aten::add`, is one of torch's own."""
        return name.partition("::")[0] in self._libraries

    def has(self, name: str) -> bool:
        """Whether there is an operator of that name, whatever its overloads."""
        return name in self._signatures

    def accepts(self, call: Signature) -> bool:
        """Whether an overload can be called like this.

        The overload may be another one than the exporter's: TorchScript looks for one anew when it loads a file.
        """
        candidates = map(parse_signature, self._signatures.get(call.name, ()))
        return any(candidate.accepts(call) for candidate in candidates)

    def offered(self, name: str) -> list[str]:
        """Return the signatures of that name, for messages."""
        return self._signatures.get(name, [])


@cache
def operators_of(torch: str) -> OperatorList:
    """Return the operators of a torch version.

    The file was made by tools/compact_operators.py from what `torch._C._jit_get_all_schemas()` lists in the CPU
    build of each version.

    Parameters
    ----------
    torch
        The minor version, as in "2.10".

    Raises
    ------
    ValueError
        There is no list for that version.
    """
    head, *lines = _FILE.read_text(encoding="utf-8").splitlines()
    versions = head.split()[1:]
    if torch not in versions:
        raise ValueError(f"{_FILE.name} has no operators of torch {torch}; it has those of {', '.join(versions)}")
    signatures: dict[str, list[str]] = {}
    for line in lines:
        call, _, only_in = line.rpartition(")")
        if not only_in or torch in only_in.split():
            name = call.partition("(")[0].partition(".")[0]
            signatures.setdefault(name, []).append(f"{call})")
    return OperatorList(signatures)
