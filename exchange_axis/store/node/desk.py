"""The inbox as a clerk at the desk looks at it: piles, counts, search. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from exchange_axis.domain.consignment import Lane, Origin
from exchange_axis.domain.lifecycle import ASKED, FROZEN, Progress, Request
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.file_tables import letter_files
from exchange_axis.store.node.inbox import inbox_rows
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

SEARCHED: Final = 50_000
"""Newest letters that a search looks through: years of a commune's mail."""
STANDING_LESS: Final = "information"
"""What a report about files says where the letter cannot stand for paper."""
_I = t.inbox.c


class Pile(StrEnum):
    """Which letters are on the table."""

    OPEN = "open"
    """Neither accepted nor refused."""
    TODAY = "today"
    """Something is owed today."""
    OVERDUE = "overdue"
    REFUSED = "refused"
    RECALLED = "recalled"
    """Recalled, taken back, or the sender waits for an answer to such a question."""
    SIGNATURE = "signature"
    """A signature is missing or does not hold."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    at: datetime
    day_end: datetime
    """Of the local day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A sent letter that a recipient has refused."""

    consignment_id: str
    title: str
    subject: str
    recipient: str
    changed_at: datetime
    reason: str | None


class DeskRows:
    """Inside one unit of work."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def page(self, pile: Pile, now: Now, *, agency: str | None, limit: int, offset: int = 0) -> tuple[InboxRow, ...]:
        """Most urgent lane first, then what is due first; all letters together: the newest first."""
        order = (
            (_I.seq.desc(),) if pile is Pile.ALL else (_I.lane_rank, _I.next_due.is_(None), _I.next_due, _I.seq.desc())
        )
        query = select(t.inbox).where(_on(pile, now), self._of(agency)).order_by(*order).offset(offset).limit(limit)
        return inbox_rows(self._connection.execute(query))

    def counts(self, now: Now, *, agency: str | None) -> Mapping[Pile, int]:
        piles = [pile for pile in Pile if pile is not Pile.ALL]
        sums = [func.count().filter(_on(pile, now)) for pile in piles]
        row = self._connection.execute(select(*sums, func.count()).select_from(t.inbox).where(self._of(agency))).one()
        return dict(zip([*piles, Pile.ALL], row, strict=True))

    def newest(self) -> int:
        """Rises with every letter that comes."""
        return self._connection.scalar(select(func.max(_I.seq)).where(self._of(None))) or 0

    def most_urgent_waiting(self) -> int:
        waiting = and_(_I.lane == Lane.HOA_TOC.value, is_open(), self._of(None))
        return self._connection.scalar(select(func.count()).select_from(t.inbox).where(waiting)) or 0

    def newest_most_urgent(self) -> int:
        """As `newest`, of the most urgent letters that wait: falls when one is taken, and a new one is above all."""
        waiting = and_(_I.lane == Lane.HOA_TOC.value, is_open(), self._of(None))
        return self._connection.scalar(select(func.max(_I.seq)).where(waiting)) or 0

    def refused_by_recipients(self, since: datetime) -> int:
        """Sent letters that a recipient has refused since then."""
        a, o = t.addressee.c, t.outbox.c
        query = select(func.count()).join(t.outbox, o.consignment_id == a.consignment_id)
        query = query.where(a.progress == Progress.REFUSED.value, a.changed_at >= since, self._within.of(o.sender))
        return self._connection.scalar(query) or 0

    def refusals(self, since: datetime, limit: int) -> tuple[Refused, ...]:
        """Which letters those are, the newest refusal first."""
        a, o, s = t.addressee.c, t.outbox.c, t.status.c
        said = and_(s.consignment_id == a.consignment_id, s.sender == a.recipient, s.code == Progress.REFUSED.value)
        reason = select(s.description).where(said).order_by(s.seq.desc()).limit(1).scalar_subquery()
        query = (
            select(o.consignment_id, o.title, o.subject, a.recipient, a.changed_at, reason.label("reason"))
            .join(t.outbox, o.consignment_id == a.consignment_id)
            .where(a.progress == Progress.REFUSED.value, a.changed_at >= since, self._within.of(o.sender))
            .order_by(a.changed_at.desc(), a.recipient)
            .limit(limit)
        )
        return tuple(Refused(**row._mapping) for row in self._connection.execute(query))

    def matching(self, fits: Callable[[str], bool], *, agency: str | None, limit: int) -> tuple[InboxRow, ...]:
        """Letters of which number, subject, sender or arrival number fit; the newest first."""
        columns = (_I.seq, _I.title, _I.subject, _I.organ_name, _I.sender, _I.arrival_number)
        rows = self._connection.execute(
            select(*columns).where(self._of(agency)).order_by(_I.seq.desc()).limit(SEARCHED)
        )
        found: list[int] = []
        for seq, *texts in rows:
            if fits(" ".join(str(text) for text in texts if text is not None)):
                found.append(seq)
                if len(found) == limit:
                    break
        query = select(t.inbox).where(_I.seq.in_(found)).order_by(_I.seq.desc())
        return inbox_rows(self._connection.execute(query)) if found else ()

    def standings(self, containers: Collection[str]) -> Mapping[str, str]:
        """Legal standing by container, where files were looked at."""
        f = letter_files.c
        query = select(f.container_sha256, _standing()).where(f.container_sha256.in_(containers))
        return {sha256: standing for sha256, standing in self._connection.execute(query) if standing is not None}

    def _of(self, agency: str | None) -> ColumnElement[bool]:
        mine = self._within.of(_I.recipient)
        return mine if agency is None else and_(mine, _I.recipient == agency)


def _on(pile: Pile, now: Now) -> ColumnElement[bool]:
    match pile:
        case Pile.OPEN:
            return is_open()
        case Pile.TODAY:
            return and_(_I.next_due >= now.at, _I.next_due <= now.day_end)
        case Pile.OVERDUE:
            return _I.next_due < now.at
        case Pile.REFUSED:
            return _I.progress == Progress.REFUSED.value
        case Pile.RECALLED:
            return _I.request.in_([one.value for one in sorted(FROZEN | ASKED)])
        case Pile.SIGNATURE:
            bad = select(letter_files.c.container_sha256).where(_standing() == STANDING_LESS)
            return or_(_I.origin != Origin.SIGNED.value, _I.container_sha256.in_(bad))
        case Pile.ALL:
            return true()


def is_open() -> ColumnElement[bool]:
    waiting = _I.progress.in_([Progress.DELIVERED.value, Progress.ARRIVED.value])
    return and_(waiting, _I.request != Request.WITHDRAWN.value)


def _standing() -> ColumnElement[str]:
    return func.json_extract(letter_files.c.report, "$.standing")
