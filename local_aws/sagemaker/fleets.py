"""Which fleets every endpoint has: one, and a second one while an update goes on."""

from __future__ import annotations

import threading

from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.variant import RunningVariant

Key = tuple[str, str, str]


class Fleets:
    """The fleets of the endpoints of every account and region, by account, region and name in lower case."""

    def __init__(self) -> None:
        self._serving: dict[Key, Fleet] = {}
        self._incoming: dict[Key, tuple[Fleet, float]] = {}

    def serving(self, key: Key) -> Fleet | None:
        """Return the fleet of the config that an endpoint has."""
        return self._serving.get(key)

    def production(self, key: Key) -> list[RunningVariant]:
        """Return the variants that take requests now: of both fleets while an update moves them."""
        serving, incoming = self._serving.get(key), self._incoming.get(key)
        if serving is None:
            return []
        if incoming is None or not incoming[1]:
            return serving.production
        fleet, share = incoming
        return [*(serving.production if share < 1 else []), *fleet.production]

    def shift(self, key: Key, incoming: Fleet, share: float) -> None:
        """Give a fleet that comes in a share of the requests, from 0 to 1."""
        incoming.take(share)
        self._incoming[key] = (incoming, share)
        if serving := self._serving.get(key):
            serving.take(1 - share)

    def send_back(self, key: Key) -> Fleet | None:
        """Send every request to the old fleet again, and return the one that came in."""
        serving, incoming = self._serving.get(key), self._incoming.pop(key, None)
        if serving:
            serving.take(None)
        return incoming and incoming[0]

    def take_over(self, key: Key, fleet: Fleet) -> Fleet | None:
        """Let a fleet have every request, and return the one before it."""
        before = self._serving.get(key)
        fleet.take(None)
        self._serving[key] = fleet
        self._incoming.pop(key, None)
        return before

    def remove(self, key: Key) -> Fleet | None:
        """Take the fleet of an endpoint away, and return it."""
        self._incoming.pop(key, None)
        return self._serving.pop(key, None)

    def flush(self) -> None:
        """Write the data that were captured."""
        for fleet in [*self._serving.values(), *(fleet for fleet, _ in self._incoming.values())]:
            for variant in fleet.production:
                if variant.capture:
                    variant.capture.close()

    def stop_all(self) -> None:
        """Take every fleet away and end it."""
        fleets = [*self._serving.values(), *(fleet for fleet, _ in self._incoming.values())]
        self._serving.clear()
        self._incoming.clear()
        stopping = [threading.Thread(target=fleet.stop) for fleet in fleets]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
