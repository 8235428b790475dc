"""The variants of one endpoint config that run together."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.shadow import Mirror
from local_aws.sagemaker.variant import RunningVariant


class Fleet:
    """What a deployment brings up, and the next one takes away.

    Parameters
    ----------
    config
        The endpoint config, with the properties that were retained or changed since.
    variants
        Its variants, shadow variants among them.
    models
        The Models that they are made of, by name.
    """

    def __init__(
        self, config: Record, variants: Iterable[RunningVariant], models: Mapping[str, Record] | None = None
    ) -> None:
        every = list(variants)
        self.config = config
        self.models = dict(models or {})
        self.production = [variant for variant in every if not variant.shadow]
        self.shadows = [variant for variant in every if variant.shadow]
        mirrors = [Mirror(shadow) for shadow in self.shadows]
        for variant in self.production:
            variant.mirrors = mirrors

    def take(self, share: float | None) -> None:
        """Let its variants have a share of the endpoint's requests together, by their weights.

        Parameters
        ----------
        share
            From 0 to 1; None when no other fleet takes any.
        """
        whole = sum(variant.weight for variant in self.production)
        for variant in self.production:
            part = variant.weight / whole if whole else 1 / len(self.production)
            variant.take_share(None if share is None else share * part)

    @property
    def instance_count(self) -> int:
        """The instances of the smallest production variant, which a capacity size is a part of."""
        return min((variant.instance_count or 1 for variant in self.production), default=1)

    def stop(self) -> None:
        """Let the requests in flight finish, and end every container, all at the same time."""
        stopping = [threading.Thread(target=each.stop) for each in (*self.production, *self.shadows)]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
