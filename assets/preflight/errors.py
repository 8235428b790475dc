"""The exception of a failed trial."""

from assets.errors import AssetError


class PreflightError(AssetError):
    """A package does not serve its samples as it should; the text is the whole message for the user."""
