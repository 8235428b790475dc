"""What all settings classes share."""

from pydantic import BaseModel, ConfigDict


class SettingsError(Exception):
    """The settings cannot be used; the text is the whole message for the user, one line per mistake.

    Each line names the file, the key, what is wrong and how to mend it, so it is printed without a traceback.
    """


class SettingsModel(BaseModel):
    """Unknown keys are refused, values never change, and text is not taken for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
