"""Sizes against what hosting offers."""

from collections.abc import Iterator

from assets.inspection.contents import Contents
from assets.inspection.finding import Finding, error, warning
from assets.inspection.target import Target

_GIB = 1024**3
_MB = 1024**2
_SERVERLESS_DISK = 5 * _GIB  # "Serverless Inference", Amazon SageMaker AI Developer Guide
_SERVERLESS_MOST_MEMORY = 6144  # MB; the same
_SERVER = 240  # MB that the slim server takes, with torch, before the model
_UNPACKED_IN_A_SECOND = 143 * _MB  # gunzip of weights, measured: the container unpacks with zlib


def size_findings(contents: Contents, target: Target) -> Iterator[Finding]:
    """Compare the sizes with serverless inference's disk and memory, and with the time-out of the download."""
    unpacked = sum(contents.sizes.values())
    if target.hosting == "serverless":
        yield from _disk(unpacked, contents.tarball_size)
        yield from _memory(contents, target)
    yield from _download(unpacked, target)


def _disk(unpacked: int, tarball_size: int | None) -> Iterator[Finding]:
    together = unpacked + (tarball_size or 0)
    if together > _SERVERLESS_DISK:
        parts = "its content" if tarball_size is None else "the tarball and its content"
        yield error(
            "serverless-disk",
            "model.tar.gz",
            f"{parts} take {_gib(together)}, and serverless inference has 5 GiB of disk for both.",
            "Make the model smaller (half precision, fewer artifacts), or host it in real time.",
        )


def _memory(contents: Contents, target: Target) -> Iterator[Finding]:
    memory = target.memory_size_in_mb or _SERVERLESS_MOST_MEMORY
    for model in contents.model_files:
        needed = _SERVER + -(-model.size // _MB)
        if needed > memory:
            larger = "a larger memory_size_in_mb, " if memory < _SERVERLESS_MOST_MEMORY else ""
            yield error(
                "serverless-memory",
                model.name,
                f"the loaded model and the server take {needed} MB or more, and the endpoint has {memory} MB.",
                f"Choose {larger}a smaller model, or real-time hosting.",
            )


def _download(unpacked: int, target: Target) -> Iterator[Finding]:
    seconds = unpacked / _UNPACKED_IN_A_SECOND
    limit = target.download_timeout_in_seconds
    if limit is not None and seconds > limit:
        yield warning(
            "download-time",
            "model.tar.gz",
            f"unpacking {_gib(unpacked)} takes about {seconds:.0f} s, without the download, and the time-out for "
            f"both is {limit} s.",
            "Raise the model data download time-out (up to 3600 s), or make the model smaller.",
        )


def _gib(size: int) -> str:
    return f"{size / _GIB:.2f} GiB"
