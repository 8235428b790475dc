"""What all settings classes share."""

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """Unknown keys are refused, values never change, and text is not taken for a number.

    A validator is built when it is first asked for: that of a whole file holds those of all its parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
