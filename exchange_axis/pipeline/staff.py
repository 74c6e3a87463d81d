"""Everything about people in one bundle, for the faces of a hub and of a node."""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.pipeline.enrolling import Enrolling
from exchange_axis.pipeline.people import People
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    world: PeopleWorld
    people: People
    sessions: Sessions
    enrolling: Enrolling


def staff_of(world: PeopleWorld) -> Staff:
    """Put the use cases together; no work is done here."""
    sessions = Sessions(world)
    return Staff(world=world, people=People(world), sessions=sessions, enrolling=Enrolling(world, sessions))
