"""What endpoints that the app no longer defines left in an artifact bucket that is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway.cleanup.claims import endpoint_prefixes
from stacks.settings import EnvironmentSettings


def former_prefixes(settings: EnvironmentSettings, known: Iterable[str]) -> list[str]:
    """Return the prefixes of former endpoints' objects, without what an endpoint of today reads or writes.

    Parameters
    ----------
    settings
        Of the environment.
    known
        All endpoints that are known to be, or to have been, of the environment.
    """
    taken = list(_prefixes_in_use(settings))
    return [
        prefix
        for endpoint in sorted(set(known) - settings.endpoints.keys())
        for prefix in endpoint_prefixes(settings.names, endpoint)
        if not any(prefix.startswith(one) or one.startswith(prefix) for one in taken)
    ]


def _prefixes_in_use(settings: EnvironmentSettings) -> Iterator[str]:
    for name, endpoint in settings.endpoints.items():
        if endpoint.data_capture:
            yield endpoint.data_capture.key_prefix(name)
        if endpoint.hosting.type == "async":
            for kind in ("input", "output", "failure"):
                yield endpoint.hosting.key_prefix(name, kind)
        for variant in endpoint.all_variants:
            if variant.model_data and variant.model_data.bucket == settings.names.bucket:
                yield variant.model_data.key
