"""What an environment costs before and after, by the head's prices and estimate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from assets import checkout
from slipway.costs.estimate import estimate_environment
from slipway.review.assembly import NOTHING, Assembly
from slipway.review.models import package_sizes
from stacks.settings import EnvironmentSettings, load_environment
from stacks.settings_error import SettingsError

_CENT = Decimal("0.01")
"""A package that is somewhat larger costs fractions of it, which nobody is to hear of."""


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
        """Whether a known sum changes by a cent or more, or what is known at all."""
        if (self.old is None) != (self.new is None):
            return True
        return any(_is_change(old, new) for old, new in zip(_sums(self.old), _sums(self.new), strict=True))

    @property
    def increase(self) -> Decimal | None:
        """The growth of the bound that grows the most, as a part of what it was; None where it is not known.

        From nothing to something is infinite; what grows by less than a cent does not grow.
        """
        if self.old is None or self.new is None:
            return None
        bounds = zip(_sums(self.old), _sums(self.new), strict=True)
        return max((_growth(old, new) for old, new in bounds if old is not None and new is not None), default=None)

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
        Where its file lies, at the top of the side's checkout: other files that it names are looked for there.
    assembly
        Of the same side: the packages that it publishes are what is stored.
    """
    if not (directory / f"{name}.yaml").is_file():
        return NO_COST
    try:
        with _in_checkout(directory.parent):
            settings = load_environment(name, directory)
        estimate = estimate_environment(settings, packages=_packages(settings, assembly))
    except SettingsError:
        return None
    return Cost(estimate.lower, estimate.upper, estimate.unpriced)


@contextmanager
def _in_checkout(root: Path) -> Iterator[None]:
    """Have settings look for the Dockerfiles that they name in another checkout."""
    own = checkout.ROOT
    checkout.ROOT = root
    try:
        yield
    finally:
        checkout.ROOT = own


def _packages(settings: EnvironmentSettings, assembly: Assembly) -> dict[str, dict[str, int]]:
    stacks = {name: assembly.stacks.get(settings.names.endpoint_stack(name)) for name in settings.endpoints}
    return {name: package_sizes(stack) for name, stack in stacks.items() if stack}


def _sums(side: Cost | None) -> tuple[Decimal | None, Decimal | None]:
    return (side.lower, side.upper) if side else (None, None)


def _is_change(old: Decimal | None, new: Decimal | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= _CENT


def _growth(old: Decimal, new: Decimal) -> Decimal:
    if not _is_change(old, new):
        return Decimal(0)
    return (new - old) / old if old else Decimal("Infinity")
