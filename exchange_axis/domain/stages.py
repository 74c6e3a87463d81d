"""Where a recipient of a sent letter is, in one word: one table, read by pages and by statements that search."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Final

from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request


class Stage(StrEnum):
    """In one word for a badge."""

    QUEUED = "queued"
    """Here, the hub has not answered."""
    STOPPED = "stopped"
    """The hub refused the letter."""
    UNDER_WAY = "under-way"
    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    WORKING = "working"
    COMPLETED = "completed"
    REFUSED = "refused"
    FAILED = "failed"
    GONE = "gone"
    """Recalled or taken back."""


class Fact(StrEnum):
    """What is known of a recipient."""

    ANSWER = "answer"
    """The hub's to the letter: queued, accepted, refused."""
    DELIVERY = "delivery"
    PROGRESS = "progress"
    REQUEST = "request"


Rule = tuple[Fact, Set[str], Stage]
STAGES: Final[tuple[Rule, ...]] = (
    (Fact.ANSWER, frozenset({"refused"}), Stage.STOPPED),
    (Fact.REQUEST, frozenset({Request.WITHDRAWN.value}), Stage.GONE),
    (Fact.DELIVERY, frozenset({DeliveryState.WITHDRAWN.value}), Stage.GONE),
    (Fact.PROGRESS, frozenset({Progress.ARRIVED.value}), Stage.ARRIVED),
    (Fact.PROGRESS, frozenset({Progress.REFUSED.value}), Stage.REFUSED),
    (Fact.PROGRESS, frozenset({Progress.ACCEPTED.value}), Stage.ACCEPTED),
    (Fact.PROGRESS, frozenset({Progress.ASSIGNED.value, Progress.PROCESSING.value}), Stage.WORKING),
    (Fact.PROGRESS, frozenset({Progress.COMPLETED.value}), Stage.COMPLETED),
    (Fact.DELIVERY, frozenset({DeliveryState.FAILED.value, DeliveryState.DUPLICATE.value}), Stage.FAILED),
    (Fact.DELIVERY, frozenset({DeliveryState.HANDED_OVER.value}), Stage.ARRIVED),
    (Fact.ANSWER, frozenset({"queued"}), Stage.QUEUED),
)
"""The first that fits says it."""
OTHERWISE: Final = Stage.UNDER_WAY


def stage_of(facts: Mapping[Fact, str]) -> Stage:
    return next((stage for fact, values, stage in STAGES if facts[fact] in values), OTHERWISE)
