"""What a newcomer does once in practice mode, before he does it in earnest (R80); each person has his own ticks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.unit import NodeUnit


class Lesson(StrEnum):
    """In the order in which they are best learnt."""

    RECEIVE = "receive"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SEND = "send"
    REPLY = "reply"
    CLOSE = "close"


class Lessons:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def done(self, person: str) -> Mapping[Lesson, datetime]:
        found = self._world.store.read(lambda unit: unit.lessons.of(person))
        return {lesson: found[lesson.value] for lesson in Lesson if lesson.value in found}

    def tick(self, person: str, lesson: Lesson) -> None:
        """The first time counts."""
        if lesson in self.done(person):
            return
        at = self._world.now()

        def work(unit: NodeUnit) -> None:
            if lesson.value not in unit.lessons.of(person):
                unit.lessons.add(person, lesson.value, at)

        self._world.store.run(work)

    def begin_anew(self, person: str) -> None:
        """His own ticks only."""
        self._world.store.run(lambda unit: unit.lessons.forget(person))
