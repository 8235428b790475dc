"""The settings that a model folder may carry in `model.yaml`."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_MODULE_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")


def _module_file(value: str) -> str:
    if _MODULE_FILE.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is no name of a Python file in the model folder, such as inference.py")


class ModelSettings(BaseModel):
    """What `model.yaml` says; every key has a default, and the file itself is optional.

    Parameters
    ----------
    entry_point
        File name of the handler, at the top of the model folder. The server imports it as a module
        (`SAGEMAKER_PROGRAM` in SageMaker's PyTorch containers). A folder without a handler is served by the
        server's defaults, as long as `model.yaml` does not name one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    entry_point: Annotated[str, AfterValidator(_module_file)] = "inference.py"

    @property
    def names_entry_point(self) -> bool:
        """Whether `model.yaml` itself names the handler, so that a missing one is a mistake."""
        return "entry_point" in self.model_fields_set
