"""What the features of an endpoint and the rest of the settings together make impossible.

As `checks`, these read the settings as YAML has them.
"""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.hosting import hosting_ways
from stacks.instance_types import has_local_disks
from stacks.role_statements import OWN_SIDS
from stacks.settings.artifact import artifact_mistakes
from stacks.settings.data_capture import data_capture_mistakes
from stacks.settings.encryption import bucket_key_mistakes, encryption_mistakes
from stacks.settings.key_prefixes import shared_prefix_mistakes
from stacks.settings.network import network_mistakes
from stacks.settings.observability import observability_mistakes
from stacks.settings.statements import statement_mistakes
from stacks.settings_common.made import MADE


def feature_mistakes(document: Mapping[object, object]) -> Iterator[Mistake]:
    """Yield the mistakes in the features of an environment's endpoints.

    Parameters
    ----------
    document
        The settings as YAML has them.
    """
    given = document.get("region")
    region = given if isinstance(given, str) else ""
    endpoints = _mappings(document.get("endpoints"))
    yield from bucket_key_mistakes(document, region)
    for endpoint, settings in endpoints.items():
        key = f"endpoints.{endpoint}"
        hosting = settings.get("hosting")
        way = hosting if isinstance(hosting, Mapping) else {}
        hosting_type = str(way.get("type"))
        yield from artifact_mistakes(key, settings, hosting_type)
        yield from data_capture_mistakes(key, settings, hosting_type)
        yield from network_mistakes(key, settings, hosting_type)
        yield from encryption_mistakes(
            key,
            settings,
            hosting_type,
            region=region,
            local_disks={one for one in _instance_types(settings, way) if has_local_disks(one)},
            makes_topics=_makes_topics(settings, way),
        )
        yield from statement_mistakes(key, settings, OWN_SIDS)
        yield from observability_mistakes(key, settings, region)
    yield from shared_prefix_mistakes(endpoints)


def _instance_types(settings: Mapping[object, object], hosting: Mapping[object, object]) -> set[str]:
    """Return the instance types of the endpoint and of its variants."""
    variants = [*_mappings(settings.get("variants")).values(), settings.get("shadow")]
    named = (one.get("instance_type") for one in (hosting, *variants) if isinstance(one, Mapping))
    return {one for one in named if isinstance(one, str)}


def _makes_topics(settings: Mapping[object, object], hosting: Mapping[object, object]) -> bool:
    observability = settings.get("observability")
    alarms = isinstance(observability, Mapping) and observability.get("alarm_topic") == MADE
    topics = (hosting.get(key) for way in hosting_ways().values() for key in way.topic_keys)
    return alarms or MADE in topics


def _mappings(value: object) -> dict[str, Mapping[object, object]]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {key: item for key, item in items if isinstance(key, str) and isinstance(item, Mapping)}
