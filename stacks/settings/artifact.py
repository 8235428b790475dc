"""How a packed model lies in S3."""

from collections.abc import Iterator, Mapping
from typing import Literal

from assets.mistakes import Mistake
from stacks.hosting import excludes

Artifact = Literal["compressed", "uncompressed"]
"""`compressed`: one `model.tar.gz`. `uncompressed`: every file of it by itself, which no instance unpacks."""


def artifact_mistakes(key: str, settings: Mapping[object, object], hosting_type: str) -> Iterator[Mistake]:
    """Yield what an endpoint's other settings make impossible.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.
    hosting_type
        Its `hosting.type`.

    Notes
    -----
    Source: SageMaker API, ContainerDefinition (ModelDataSource).
    """
    if settings.get("artifact") != "uncompressed":
        return
    if excludes(hosting_type, "model_data_source"):
        yield Mistake(
            f"{key}.artifact",
            f"{hosting_type} endpoints read compressed models only; leave the key out, or use instances",
        )
    if settings.get("model_data"):
        yield Mistake(f"{key}.artifact", "model_data names a compressed tarball; leave one of the two keys out")
