"""The one exception of the asset step."""


class AssetError(Exception):
    """A model folder cannot become a package; the text is the whole message for the user.

    It names the file, what is wrong with it and how to mend it, so the command line prints it without a
    traceback.
    """
