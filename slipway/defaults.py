"""What commands take where nothing is said."""

LOCAL_ENVIRONMENT = "local"
"""The environment whose AWS is the one on this machine."""
