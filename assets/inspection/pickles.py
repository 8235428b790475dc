"""Tells a pickle by its content."""

import io
import pickletools
import warnings

from assets.inspection.finding import Finding, error

_ZIP = b"PK\3\4"
_PROTOCOL = b"\x80"
_NEWEST = 5
_ENOUGH = 8
"""Operations that are read in order to believe it; hardly any other file starts with as many valid ones."""
_SUFFIXES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt")


def pickle_finding(name: str, head: bytes) -> Finding | None:
    """Say that a file is a pickle, which runs code as it is read and depends on the modules of its maker.

    An archive of torch, which is a zip file, is none; the file of `torch.save` before 1.6 is one.

    Parameters
    ----------
    name
        Its name; text protocols (0 and 1) are looked for in files whose name says so.
    head
        Its first bytes.
    """
    if head.startswith(_ZIP):
        return None
    has_mark = head[:1] == _PROTOCOL and len(head) > 1 and head[1] <= _NEWEST
    if not has_mark and not name.lower().endswith(_SUFFIXES):
        return None
    if not _reads_as_pickle(head):
        return None
    return error(
        "pickle",
        name,
        "is a pickle outside a torch archive: reading it runs whatever code it names, and fails without the "
        "modules of its maker.",
        "Save tensors with torch.save (1.6 or later) or safetensors, and other data as JSON or NPY.",
    )


def _reads_as_pickle(head: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _has_operations(head)
    except Exception:  # noqa: BLE001 (pickletools raises what its readers happen to raise)
        return False


def _has_operations(head: bytes) -> bool:
    for count, (operation, _, _) in enumerate(pickletools.genops(io.BytesIO(head)), start=1):
        if operation.name == "STOP":
            return count > 1
        if count == _ENOUGH:
            return True
    return False
