"""The one exception of the settings, apart from them: to catch it needs none of what reads them."""


class SettingsError(Exception):
    """The settings cannot be used; the text is the whole message for the user, one line per mistake.

    Each line names the file, the key, what is wrong and how to mend it, so it is printed without a traceback.
    """
