"""The settings that a model folder may carry in `model.yaml`."""

import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from assets.ray_serve import RayServeSettings
from serving.core.errors import StartError
from serving.core.options import read_options

_MODULE_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")
_WEIGHTS = (".pt", ".pth", ".pt2")


def _module_file(value: str) -> str:
    if _MODULE_FILE.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is no name of a Python file in the model folder, such as inference.py")


def _weights_file(value: str) -> str:
    if PurePath(value).suffix in _WEIGHTS:
        return value
    raise ValueError(
        f"{value!r} is no file of weights; allowed: the path of a file that ends with .pt, .pth or .pt2"
    )


def _list(value: Any) -> Any:
    if isinstance(value, list):
        return value
    raise ValueError(f"must be a list, with a line `- …` for each, not {value!r}")


def _true_or_false(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is not allowed; allowed: true, false")


def _freezes_torchscript(value: bool, info: ValidationInfo) -> bool:
    if value and info.data.get("format") == "torch-export":
        raise ValueError("only TorchScript can be frozen; remove the key, or `format: torch-export`")
    return value


def _reasons(value: dict[str, str]) -> dict[str, str]:
    for finding, reason in value.items():
        if not reason.strip():
            raise ValueError(f"{finding}: the reason is empty; write why this finding may stand")
    return value


def _serving(value: dict[str, Any]) -> dict[str, Any]:
    try:
        read_options(value, "serving")
    except StartError as error:
        raise ValueError(str(error)) from None
    return value


_Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_list)]


class ModelSettings(BaseModel):
    """What `model.yaml` says; every key has a default, and the file itself is optional.

    Parameters
    ----------
    entry_point
        File name of the handler, at the top of the model folder. The server imports it as a module
        (`SAGEMAKER_PROGRAM` in SageMaker's PyTorch containers). A folder without a handler is served by the
        server's defaults, as long as `model.yaml` does not name one.
    weights
        A ready file, `.pt`, `.pth` or `.pt2`, that is packed as it is: a path below the model folder, an
        absolute one, or one that starts with `~`. It wins over `model.py`, which then is not run.
    format
        What `model.py` is exported to: `torchscript` (`model.pt`) or `torch-export` (`model.pt2`).
    freeze
        Whether TorchScript is frozen (`torch.jit.freeze`): parameters become constants of the graph. A frozen
        model loads in older versions of torch more often than a scripted one does, as a traced one does too.
    artifacts
        Files that go beside the weights, at the top of the tarball, under their own names: vocabularies, lists of
        labels. Paths as for `weights`.
    ignore
        Patterns of files that `code/` leaves out, beside those that it leaves out anyway.
    include
        Patterns of files that `code/` holds although one of both lists leaves them out.
    acknowledge
        The reason, by the id of a finding of the inspection, why that finding may stand.
    dependencies
        `at-start`: the container installs `code/requirements.txt` when it starts. `vendored`: the tarball holds
        what that file asks for.
    serving
        How the server serves the model: the section `serving` of `serving.json` (`serving.core.options.Options`).
    ray_serve
        What is Ray Serve's alone, in AWS's Ray Serve container.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    entry_point: Annotated[str, AfterValidator(_module_file)] = "inference.py"
    weights: Annotated[str, AfterValidator(_weights_file)] | None = None
    format: Literal["torchscript", "torch-export"] = "torchscript"
    freeze: Annotated[bool, BeforeValidator(_true_or_false), AfterValidator(_freezes_torchscript)] = False
    artifacts: _Texts = ()
    ignore: _Texts = ()
    include: _Texts = ()
    acknowledge: Annotated[dict[str, str], AfterValidator(_reasons)] = Field(default={})
    dependencies: Literal["at-start", "vendored"] = "at-start"
    serving: Annotated[dict[str, Any], AfterValidator(_serving)] = Field(default={})
    ray_serve: RayServeSettings = RayServeSettings()

    @property
    def names_entry_point(self) -> bool:
        """Whether `model.yaml` itself names the handler, so that a missing one is a mistake."""
        return "entry_point" in self.model_fields_set
