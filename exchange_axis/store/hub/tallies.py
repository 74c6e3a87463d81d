"""What was said on a day about the mail between this hub and one neighbour, as rows for the tally (`domain.tally`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from exchange_axis.domain.evidence import Event
from exchange_axis.store.hub import tables as t

AT_ONCE = 500
"""Names in one list of a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    event: Event
    own: bool
    sender: str
    consignment_id: str
    recipient: str | None
    """None: several, which only the document names."""
    submitter: str | None
    recorded_at: datetime
    sha256: str
    answers: bool
    """It is the answer to a status."""
    consignment: int | None
    """Number of the letter; None where nothing of it was taken."""
    container_sha256: str | None


_E, _C, _D = t.evidence.c, t.consignment.c, t.delivery.c
_BROUGHT = select(_D.seq).where(_D.consignment == _C.seq, _D.upstream == bindparam("peer")).exists()
_SAID = (
    select(
        _E.event, _E.own, _E.sender, _E.consignment_id, _E.recipient, _E.submitter, _E.recorded_at, _E.sha256,
        _E.status_sha256, _C.seq.label("consignment"), _C.container_sha256,
    )
    .select_from(
        t.evidence.outerjoin(
            t.consignment, and_(_C.sender == _E.sender, _C.consignment_id == _E.consignment_id, _C.kind == "letter")
        )
    )
    .where(
        _E.recorded_at >= bindparam("start", type_=_E.recorded_at.type),
        _E.recorded_at < bindparam("end", type_=_E.recorded_at.type),
        or_(_E.submitter == bindparam("peer"), _BROUGHT),
    )
    .order_by(_E.seq)
)  # fmt: skip
_BRINGERS = select(_D.consignment, _D.recipient, _D.upstream).where(
    _D.consignment.in_(bindparam("values", expanding=True))
)
_DOCUMENTS = select(_E.sha256, _E.bytes).where(_E.sha256.in_(bindparam("values", expanding=True)))


def said(connection: Connection, peer: str, start: datetime, end: datetime) -> tuple[SaidRow, ...]:
    """Receipts of the time that this peer caused or handed over, or that speak of a letter it brought."""
    found = []
    for row in connection.execute(_SAID, {"peer": peer, "start": start, "end": end}):
        values = dict(row._mapping)
        answers = values.pop("status_sha256") is not None
        found.append(SaidRow(**{**values, "event": Event(values["event"])}, answers=answers))
    return tuple(found)


def bringers(connection: Connection, consignments: Collection[int]) -> Mapping[tuple[int, str], str]:
    """Who brought each delivery of these letters, by letter and recipient as addressed."""
    return {
        (row.consignment, row.recipient): row.upstream
        for part in _parts(sorted(consignments))
        for row in connection.execute(_BRINGERS, {"values": part})
    }


def documents(connection: Connection, digests: Collection[str]) -> Iterator[tuple[str, bytes]]:
    for part in _parts(sorted(digests)):
        yield from ((row.sha256, row.bytes) for row in connection.execute(_DOCUMENTS, {"values": part}))


def first(connection: Connection) -> datetime | None:
    """When the first receipt that is here was recorded."""
    found: datetime | None = connection.execute(select(func.min(_E.recorded_at))).scalar_one()
    return found


def _parts(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
