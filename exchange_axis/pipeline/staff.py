"""Everything about people in one bundle, for the faces of a hub and of a node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exchange_axis.domain.people import House
from exchange_axis.pipeline.account_review import AccountReview
from exchange_axis.pipeline.enrolling import Enrolling
from exchange_axis.pipeline.passkeys import Passkeys
from exchange_axis.pipeline.passwords import Passwords
from exchange_axis.pipeline.people import People
from exchange_axis.pipeline.people_world import PeopleSettings, PeopleWorld
from exchange_axis.pipeline.program_tokens import ProgramTokens
from exchange_axis.pipeline.second_factor import KEY_FILE, SecondFactor, file_key
from exchange_axis.pipeline.sessions import Sessions
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.people import PeopleStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    world: PeopleWorld
    people: People
    review: AccountReview
    sessions: Sessions
    enrolling: Enrolling
    passkeys: Passkeys
    tokens: ProgramTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a house lends to its people."""

    clock: Clock
    rng: Rng
    folder: Path
    """The data folder: the key of the second factors lies there."""


def staff_of(house: House, store: PeopleStore, ground: Ground, settings: PeopleSettings) -> Staff:
    """Put the use cases together; no work is done here."""
    factor = SecondFactor(ground.rng, file_key(ground.folder / KEY_FILE, ground.rng), house=settings.name)
    world = PeopleWorld(
        house=house,
        store=store,
        clock=ground.clock,
        rng=ground.rng,
        passwords=Passwords(ground.rng, settings.cost),
        factor=factor,
        factor_wanted=settings.factor_wanted,
        review_days=settings.review_days,
        expiry_days=settings.expiry_days,
    )
    sessions = Sessions(world)
    return Staff(
        world=world,
        people=People(world),
        review=AccountReview(world),
        sessions=sessions,
        enrolling=Enrolling(world, sessions),
        passkeys=Passkeys(world, sessions),
        tokens=ProgramTokens(world),
    )
