"""What an environment costs before and after, by the head's prices and estimate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from slipway.costs.estimate import estimate_environment
from slipway.review.assembly import NOTHING, Assembly
from slipway.review.models import package_sizes
from stacks.settings import EnvironmentSettings, load_environment
from stacks.settings_error import SettingsError


@dataclass(frozen=True)
class Cost:
    """What an environment costs a month, in US dollars.

    Parameters
    ----------
    lower, upper
        In the cheapest month that the settings allow, and in the dearest; None where nothing has a known price.
    unpriced
        What has no known price; with any, the sums are partial.
    """

    lower: Decimal | None
    upper: Decimal | None
    unpriced: tuple[str, ...] = ()


NO_COST = Cost(Decimal(0), Decimal(0))
"""Of an environment that is not there."""


@dataclass(frozen=True)
class CostChange:
    """A cost before and after.

    Parameters
    ----------
    old, new
        None where the settings cannot be estimated.
    """

    old: Cost | None
    new: Cost | None

    @property
    def is_change(self) -> bool:
        """Whether a known sum changes, or what is known at all."""
        return self._sums(self.old) != self._sums(self.new)

    @property
    def increase(self) -> Decimal | None:
        """The growth of the bound that grows the most, as a part of what it was; None where it is not known.

        From nothing to something is infinite.
        """
        if self.old is None or self.new is None:
            return None
        bounds = ((self.old.lower, self.new.lower), (self.old.upper, self.new.upper))
        return max((_growth(old, new) for old, new in bounds if old is not None and new is not None), default=None)

    @staticmethod
    def _sums(side: Cost | None) -> tuple[Decimal | None, ...] | None:
        return (side.lower, side.upper) if side else None

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What has no price, before or after."""
        sides = [side.unpriced for side in (self.old, self.new) if side]
        return tuple(dict.fromkeys(name for side in sides for name in side))


def environment_cost(name: str, directory: Path, assembly: Assembly = NOTHING) -> Cost | None:
    """Estimate an environment; None where its settings are none for this estimate.

    Parameters
    ----------
    name
        Of the environment.
    directory
        Where its file lies.
    assembly
        Of the same side: the packages that it publishes are what is stored.
    """
    if not (directory / f"{name}.yaml").is_file():
        return NO_COST
    try:
        settings = load_environment(name, directory)
        estimate = estimate_environment(settings, packages=_packages(settings, assembly))
    except SettingsError:
        return None
    return Cost(estimate.lower, estimate.upper, estimate.unpriced)


def _packages(settings: EnvironmentSettings, assembly: Assembly) -> dict[str, dict[str, int]]:
    stacks = {name: assembly.stacks.get(settings.names.endpoint_stack(name)) for name in settings.endpoints}
    return {name: package_sizes(stack) for name, stack in stacks.items() if stack}


def _growth(old: Decimal, new: Decimal) -> Decimal:
    if old:
        return (new - old) / old
    return Decimal("Infinity") if new > 0 else Decimal(0)
