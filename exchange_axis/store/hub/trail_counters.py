"""What is counted of a delivery, each as a condition on its row: sums, sums by the day and lists come from the same.

A condition that holds for several deliveries of one letter counts deliveries; `_LETTER` makes it count letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.store.hub.trail_tables import COUNTED, trail

HALF_HOUR, A_DAY = 1_800, 86_400
"""Seconds."""
_c = trail.c
_LETTER = and_(_c.lead.is_(True), _c.first.is_(True))
_HANDED = _c.handed_at.is_not(None)
_URGENT = and_(_HANDED, _c.lane != Lane.THUONG.value, _c.k3 != "none")

CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "letters": _LETTER,
    "deliveries": _c.seq.is_not(None),
    "looked_at": and_(_LETTER, _c.fully_valid.is_not(None)),
    "by_agency": and_(_LETTER, _c.by_agency.is_(True)),
    "by_person": and_(_LETTER, _c.by_person.is_(True)),
    "by_both": and_(_LETTER, _c.by_agency.is_(True), _c.by_person.is_(True)),
    "fully_valid": and_(_LETTER, _c.fully_valid.is_(True)),
    "paper_known": and_(_LETTER, _c.paper.is_not(None)),
    "paperless": and_(_LETTER, _c.paper.is_(False)),
    "k1_known": and_(_LETTER, _c.k1.in_(["met", "late"])),
    "k1_met": and_(_LETTER, _c.k1 == "met"),
    "handed_over": _HANDED,
    "received_paperless": and_(_HANDED, _c.paper.is_(False)),
    "same_day": and_(_HANDED, _c.same_day.is_(True)),
    "urgent": _URGENT,
    "urgent_met": and_(_URGENT, _c.k3 == "met"),
    "accepted": and_(_HANDED, _c.accepted.is_(True)),
    "completed": and_(_HANDED, _c.completed.is_(True)),
    "refused": _c.reason.is_not(None),
    "recalls": and_(_LETTER, _c.kind == BusinessKind.REVOKE.value),
    "asked_back": _c.take_back != "none",
    "agreed": _c.take_back == "agreed",
    "declined": _c.take_back == "declined",
    "late_half_hour": _c.hub_seconds > HALF_HOUR,
    "late_day": _c.hub_seconds > A_DAY,
    "failed": _c.state == DeliveryState.FAILED.value,
    "duplicates": _c.state == DeliveryState.DUPLICATE.value,
    "redirected": _c.recipient != _c.final_recipient,
    "bytes": _LETTER,
    "bytes_delivered": _HANDED,
}
WEIGHED = frozenset({"bytes", "bytes_delivered"})
"""Sums of bytes; the others are numbers of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of rows of `trail_day`, by what it keeps apart."""

    side: str
    keys: tuple[ColumnElement[Any], ...]
    """Agency, tier, lane, type."""

    @property
    def grouped(self) -> tuple[ColumnElement[Any], ...]:
        return tuple(key for key in self.keys if key in tuple(_c))


def amount(name: str) -> ColumnElement[int]:
    """What a row adds to a sum."""
    return func.coalesce(func.sum(case((CONDITIONS[name], _c.size if name in WEIGHED else 1), else_=0)), 0)


AMOUNTS = tuple(amount(name).label(name) for name in COUNTED)
_NONE: ColumnElement[str] = literal("")
SHAPES = (
    Shape(side="s", keys=(_NONE, _c.sender_tier, _c.lane, _c.doc_type)),
    Shape(side="s", keys=(_c.sender, _c.sender_tier, _c.lane, _NONE)),
    Shape(side="r", keys=(_NONE, _c.recipient_tier, _c.lane, _c.doc_type)),
    Shape(side="r", keys=(_c.final_recipient, _c.recipient_tier, _c.lane, _NONE)),
)
