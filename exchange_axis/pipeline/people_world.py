"""What the use cases about people work with; one bundle a house."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange_axis.domain.people import EXPIRY_DAYS, REVIEW_DAYS, House
from exchange_axis.pipeline.passwords import Cost, Passwords
from exchange_axis.pipeline.second_factor import SecondFactor
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.people import PeopleStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings:
    name: str = "Exchange Axis"
    """Of the house, as an authenticator shows it."""
    factor_wanted: bool = True
    """Nobody is in without a second factor, be it an OpenID provider's."""
    cost: Cost = field(default_factory=Cost)
    review_days: int = REVIEW_DAYS
    """Within so many days each account is looked at."""
    expiry_days: int = EXPIRY_DAYS
    """So many days after that it expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWorld:
    house: House
    store: PeopleStore
    clock: Clock
    rng: Rng
    passwords: Passwords
    factor: SecondFactor
    factor_wanted: bool = True
    review_days: int = REVIEW_DAYS
    expiry_days: int = EXPIRY_DAYS

    @property
    def unreviewed_days(self) -> int:
        """How long an account lives without a review."""
        return self.review_days + self.expiry_days
