"""Copies of requests for a shadow variant (Developer Guide, "Shadow variants"): what it answers is dropped."""

from __future__ import annotations

import contextvars
import random
import threading
from collections.abc import Callable

from local_aws.sagemaker.variant import RunningVariant

_MOST_IN_FLIGHT = 32  # copies; a shadow variant that is slower than its traffic gets fewer


class Mirror:
    """Gives a shadow variant its copies.

    Parameters
    ----------
    variant
        The shadow variant.
    """

    def __init__(self, variant: RunningVariant) -> None:
        self.variant = variant
        self._free = threading.BoundedSemaphore(_MOST_IN_FLIGHT)

    def copy(self, weight: float, send: Callable[[RunningVariant], object]) -> None:
        """Send a copy of a request, if the sample takes it, on a thread of its own; no failure harms the caller.

        Parameters
        ----------
        weight
            Of the production variant: the shadow variant's weight is relative to it.
        send
            Sends it to the variant that it is called with.
        """
        if not sampled(self.variant.weight, weight) or not self._free.acquire(blocking=False):
            return
        scope = contextvars.copy_context()
        threading.Thread(target=scope.run, args=(self._send, send), name="shadow", daemon=True).start()

    def _send(self, send: Callable[[RunningVariant], object]) -> None:
        try:
            send(self.variant)
        except Exception:  # noqa: BLE001, S110 - it is counted in the metrics of the shadow variant
            pass
        finally:
            self._free.release()


def sampled(shadow_weight: float, production_weight: float) -> bool:
    """Return whether a request is copied: as often as the two weights relate to each other, at most always."""
    if shadow_weight >= production_weight:
        return shadow_weight > 0
    return random.random() * production_weight < shadow_weight  # noqa: S311
