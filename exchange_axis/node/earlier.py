"""Earlier letters that a new one speaks of: sent from here (recall, update, replacement, sent again), or received here
and passed on inward.

A letter and its updates are one family with one root: whoever names an update means the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Request
from exchange_axis.errors import NotFound
from exchange_axis.node.errors import Ambiguous
from exchange_axis.node.lookup import find_received, find_sent
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.store.node.unit import NodeStore, NodeUnit

_GONE = frozenset({Request.TAKE_BACK_ASKED, Request.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """A letter sent from here, with its updates."""

    consignment_id: str
    """Of the root: what InReplyTo names."""
    sender: str
    code: str
    """Number/symbol."""
    document_id: str
    document_date: date | None
    lane: Lane
    """The most urgent of letter and updates."""
    everybody: tuple[str, ...]
    """All that any of them was sent to."""
    standing: tuple[str, ...]
    """Without those who were asked to give it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A letter received here that a new one passes on."""

    sender: str
    consignment_id: str


class Earlier(Protocol):
    """What a form may name."""

    def amended(self, query: str, *, sender: str) -> Amended:
        """The letter that a query means, or the one that it updates.

        Raises:
            NotFound, Ambiguous.
        """
        ...

    def sent(self, query: str, *, sender: str) -> str:
        """The id of exactly the letter that a query means; raises as `amended`."""
        ...

    def received(self, query: str, *, agency: str) -> Forwarded:
        """Raises as `amended`."""
        ...


class NothingEarlier:
    """For forms that are read away from a node."""

    def amended(self, query: str, *, sender: str) -> Amended:
        raise NotFound(what=query)

    def sent(self, query: str, *, sender: str) -> str:
        raise NotFound(what=query)

    def received(self, query: str, *, agency: str) -> Forwarded:
        raise NotFound(what=query)


NOTHING_EARLIER = NothingEarlier()


class EarlierHere:
    """What this node's own store knows."""

    def __init__(self, store: NodeStore) -> None:
        self._store = store

    def amended(self, query: str, *, sender: str) -> Amended:
        return self._store.read(lambda unit: _amended(unit, query, sender))

    def sent(self, query: str, *, sender: str) -> str:
        rows = self._store.read(lambda unit: find_sent(unit, query, sender=sender))
        return _only(query, rows, [row.consignment_id for row in rows])

    def received(self, query: str, *, agency: str) -> Forwarded:
        row = self._store.read(lambda unit: find_received(unit, query, agency=agency))
        return Forwarded(sender=row.sender, consignment_id=row.consignment_id)


def family_of(unit: NodeUnit, sender: str, root: str) -> Amended | None:
    """None if there is no such letter of that sender."""
    rows = unit.outbox.family(sender, root)
    if not rows or rows[0].consignment_id != root:
        return None
    first = rows[0]
    everybody: dict[str, bool] = {}
    for row in rows:
        for addressee in unit.outbox.addressees(row.consignment_id):
            gone = addressee.business.request in _GONE
            everybody[addressee.recipient] = everybody.get(addressee.recipient, False) or not gone
    return Amended(
        consignment_id=root,
        sender=sender,
        code=first.title,
        document_id=first.document_id,
        document_date=first.document_date,
        lane=min((row.lane for row in rows), key=lambda lane: lane.rank),
        everybody=tuple(everybody),
        standing=tuple(code for code, stands in everybody.items() if stands),
    )


def _amended(unit: NodeUnit, query: str, sender: str) -> Amended:
    rows = [row for row in find_sent(unit, query, sender=sender) if row.business_kind is not BusinessKind.REVOKE]
    found = family_of(unit, sender, _only(query, rows, [row.root for row in rows]))
    if found is None:
        raise NotFound(what=query)
    return found


def _only(query: str, rows: Sequence[OutboxRow], ids: Sequence[str]) -> str:
    if not ids:
        raise NotFound(what=query)
    if len(set(ids)) > 1:
        named = "; ".join(f"{row.consignment_id[:8]} {row.title}" for row in rows[:8])
        raise Ambiguous(query=query, candidates=named)
    return ids[0]
