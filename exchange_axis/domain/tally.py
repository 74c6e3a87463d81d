"""The daily tally: what two neighbours hold of each other's day, letter by letter, and where they differ.

Rules of this file:
1. A day is one of Vietnam (+07:00). What belongs to it, the time signed inside a receipt says, never the time at which
   somebody stored it: what is said before midnight and told after it is of the same day on both sides.
2. A line is one delivery on which a receipt of that day speaks. It holds only what both neighbours have.
3. Who gave is named by its own id, so that both sides write the same line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from exchange_axis.domain.calendar import moment
from exchange_axis.domain.evidence import Event

_RANK = {event: rank for rank, event in enumerate(Event)}
"""Receipts of one moment are read in the order of a letter's life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyKey:
    giver: str
    """Id of the node or hub that handed the letter to its neighbour."""
    sender: str
    consignment_id: str
    recipient: str
    """As addressed; empty where a refusal names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One receipt about one delivery."""

    key: TallyKey
    event: Event
    recorded_at: datetime
    sha256: str
    container_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyLine:
    key: TallyKey
    events: tuple[str, ...]
    """Short names in the order of time, each once; the last is the state at the end of the day."""
    container_sha256: str
    receipts_sha256: str
    """Over the digests of the receipts in the order of time."""

    @property
    def state(self) -> str:
        return self.events[-1]


class DifferenceKind(StrEnum):
    MISSING_HERE = "missing-here"
    MISSING_THERE = "missing-there"
    OTHER_CONTAINER = "other-container"
    OTHER_STATE = "other-state"
    OTHER_RECEIPTS = "other-receipts"
    """The same state by other receipts, or by more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: DifferenceKind
    key: TallyKey
    here: tuple[str, ...]
    """Events as this side has them; empty: it has no such line."""
    there: tuple[str, ...]


def window(day: date) -> tuple[datetime, datetime]:
    """The day's first moment, and the first of the next."""
    start = moment(day, time())
    return start, start + timedelta(days=1)


def lines_of(said: Iterable[Said]) -> tuple[TallyLine, ...]:
    """One line a delivery, in the order of their keys."""
    by_key: dict[TallyKey, list[Said]] = {}
    for one in said:
        by_key.setdefault(one.key, []).append(one)
    return tuple(_line(key, by_key[key]) for key in sorted(by_key, key=_place))


def counts_of(lines: Iterable[TallyLine]) -> Mapping[tuple[str, str], int]:
    """How many deliveries of the day each event was said about, by giver and event."""
    counted = Counter((line.key.giver, event) for line in lines for event in line.events)
    return dict(sorted(counted.items()))


def compare(here: Iterable[TallyLine], there: Iterable[TallyLine]) -> tuple[Difference, ...]:
    """Every line that is not the same on both sides; none: they agree."""
    ours, theirs = ({line.key: line for line in lines} for lines in (here, there))
    found = []
    for key in sorted({*ours, *theirs}, key=_place):
        mine, other = ours.get(key), theirs.get(key)
        if mine == other:
            continue
        first, second = (() if one is None else one.events for one in (mine, other))
        found.append(Difference(kind=_kind(mine, other), key=key, here=first, there=second))
    return tuple(found)


def _kind(mine: TallyLine | None, other: TallyLine | None) -> DifferenceKind:
    if mine is None:
        return DifferenceKind.MISSING_HERE
    if other is None:
        return DifferenceKind.MISSING_THERE
    if mine.container_sha256 != other.container_sha256:
        return DifferenceKind.OTHER_CONTAINER
    return DifferenceKind.OTHER_STATE if mine.state != other.state else DifferenceKind.OTHER_RECEIPTS


def _line(key: TallyKey, said: list[Said]) -> TallyLine:
    ordered = sorted(
        {one.sha256: one for one in said}.values(), key=lambda one: (one.recorded_at, _RANK[one.event], one.sha256)
    )
    digest = hashlib.sha256("\n".join(one.sha256 for one in ordered).encode("ascii"))
    last: dict[str, None] = {}
    for one in ordered:  # said again it counts as said last
        last.pop(one.event.short, None)
        last[one.event.short] = None
    return TallyLine(
        key=key,
        events=tuple(last),
        container_sha256=ordered[-1].container_sha256,
        receipts_sha256=digest.hexdigest(),
    )


def _place(key: TallyKey) -> tuple[str, str, str, str]:
    return key.giver, key.sender, key.consignment_id, key.recipient
