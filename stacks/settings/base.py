"""What all settings classes share."""

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """Unknown keys are refused, values never change, and text is not taken for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
