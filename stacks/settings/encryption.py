"""`encryption`: the KMS keys of an environment's bucket and of an endpoint's volume, captures and topics."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from assets.mistakes import Mistake
from stacks.hosting import way_of
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.made import MADE

_KEY_ARN = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]+"  # AWS KMS API, KeyMetadata
_REGION_OF_ARN = 3


def _key(value: str) -> str:
    if value == MADE or re.fullmatch(_KEY_ARN, value):
        return value
    if ":alias/" in value or value.startswith("alias/"):
        raise ValueError(f"{value!r} is an alias, and a role's policy takes keys; write the ARN of the key itself")
    raise ValueError(
        f"{value!r} is neither `made` nor the ARN of a KMS key, as in "
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    )


KmsKey = Annotated[
    str,
    AfterValidator(_key),
    Field(json_schema_extra={"anyOf": [{"const": MADE}, {"pattern": f"^{_KEY_ARN}$"}]}),
]
"""`made`, or the ARN of a key."""


class EnvironmentEncryption(SettingsModel):
    """The key of what all endpoints of an environment share."""

    bucket: KmsKey | None = None
    """Of the artifact bucket; left out: S3's own encryption."""


class EndpointEncryption(SettingsModel):
    """The keys of one endpoint; all that are `made` are one key, which rotates every year."""

    volume: KmsKey | None = None
    """Of the instances' storage volume; left out: SageMaker's own, used once for each volume."""

    data_capture: KmsKey | None = None
    """Of captured data; left out: the bucket's."""

    topics: KmsKey | None = None
    """Of the SNS topics that the stack makes; left out: not encrypted at rest."""

    @property
    def makes_key(self) -> bool:
        """Whether the stack makes a key."""
        return MADE in (self.volume, self.data_capture, self.topics)


def bucket_key_mistakes(document: Mapping[object, object], region: str) -> Iterator[Mistake]:
    """Yield a bucket's key that is elsewhere.

    Parameters
    ----------
    document
        The environment's settings as YAML has them.
    region
        Of the environment.
    """
    encryption = document.get("encryption")
    if isinstance(encryption, Mapping):
        yield from _elsewhere("encryption", encryption, ("bucket",), region)


def encryption_mistakes(
    key: str,
    settings: Mapping[object, object],
    hosting_type: str,
    *,
    region: str,
    local_disks: Collection[str],
    makes_topics: bool,
) -> Iterator[Mistake]:
    """Yield keys that would encrypt nothing, or are elsewhere.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.
    hosting_type
        Its `hosting.type`.
    region
        Of the environment.
    local_disks
        Those of its instance types that have local NVMe disks in place of a volume.
    makes_topics
        Whether the stack makes topics.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Protect Data at Rest Using Encryption".
    """
    encryption = settings.get("encryption")
    if not isinstance(encryption, Mapping):
        return
    yield from _elsewhere(f"{key}.encryption", encryption, ("volume", "data_capture", "topics"), region)
    volume = f"{key}.encryption.volume"
    if encryption.get("volume") is not None:
        way = way_of(hosting_type)
        if way and not way.has_instances:
            yield Mistake(volume, f"{hosting_type} endpoints have no volume to encrypt; leave the key out")
        for instance_type in sorted(local_disks):
            yield Mistake(
                volume,
                f"{instance_type} has local disks, which its own hardware encrypts and no KMS key; leave the key "
                "out, or choose an instance type without them",
            )
    if encryption.get("data_capture") is not None and settings.get("data_capture") is None:
        yield Mistake(
            f"{key}.encryption.data_capture", "nothing is captured; add data_capture, or leave the key out"
        )
    if encryption.get("topics") is not None and not makes_topics:
        yield Mistake(
            f"{key}.encryption.topics",
            "the stack makes no topic, and yours have their own keys; write `alarm_topic: made` under "
            "observability, or leave the key out",
        )


def _elsewhere(
    key: str, encryption: Mapping[object, object], names: Collection[str], region: str
) -> Iterator[Mistake]:
    for name in names:
        arn = encryption.get(name)
        if isinstance(arn, str) and re.fullmatch(_KEY_ARN, arn) and region:
            theirs = arn.split(":")[_REGION_OF_ARN]
            if theirs != region:
                yield Mistake(f"{key}.{name}", f"the key is in {theirs}; what it encrypts is in {region}")
