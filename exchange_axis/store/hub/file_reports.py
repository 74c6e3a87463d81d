"""Reports about the files of letters, and the line kept of a letter that was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub import file_tables as t
from exchange_axis.store.hub.tables import consignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    consignment: int
    tries: int
    container_sha256: str
    size: int
    received_at: datetime
    accepted_by: str
    """Id of the acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    at: datetime
    peer: str
    sender: str
    consignment_id: str
    container_sha256: str
    code: str


def add(connection: Connection, seq: int, *, document: str, pending: bool, at: datetime) -> None:
    values = {"consignment": seq, "document": document, "pending": pending, "tries": 0, "at": at}
    insert_new(connection, t.file_report, values)


def document(connection: Connection, seq: int) -> str:
    """The report as it is now; empty where there is none."""
    found = connection.execute(select(t.file_report.c.document).where(t.file_report.c.consignment == seq)).scalar()
    return found or ""


def next_pending(connection: Connection) -> Pending | None:
    """The one that has waited longest."""
    r, c = t.file_report.c, consignment.c
    query = (
        select(r.consignment, r.tries, c.container_sha256, c.size, c.received_at, c.acceptance)
        .join(consignment, c.seq == r.consignment)
        .where(r.pending.is_(True))
        .order_by(r.at, r.consignment)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Pending(
        consignment=row[0],
        tries=row[1],
        container_sha256=row[2],
        size=row[3],
        received_at=row[4],
        accepted_by=row[5],
    )


def complete(connection: Connection, pending: Pending, *, document: str | None, again: bool, at: datetime) -> bool:
    """Write what was found, unless somebody else did meanwhile; None leaves the report as it is."""
    values: dict[str, object] = {"pending": again, "tries": pending.tries + 1, "at": at}
    if document is not None:
        values["document"] = document
    r = t.file_report.c
    done = connection.execute(
        update(t.file_report)
        .where(r.consignment == pending.consignment, r.pending.is_(True), r.tries == pending.tries)
        .values(values)
    )
    return bool(done.rowcount)


def reopen(connection: Connection, seq: int) -> None:
    """More is known than the report was judged by."""
    change = update(t.file_report).where(t.file_report.c.consignment == seq)
    connection.execute(change.values(pending=True, tries=0))


def note_stop(connection: Connection, stop: Stop) -> None:
    connection.execute(insert(t.secrecy_stop).values({name: getattr(stop, name) for name in stop.__slots__}))


def stops(connection: Connection, most: int) -> tuple[Stop, ...]:
    """Newest first."""
    s = t.secrecy_stop.c
    query = select(s.at, s.peer, s.sender, s.consignment_id, s.container_sha256, s.code)
    rows = connection.execute(query.order_by(s.seq.desc()).limit(most))
    return tuple(
        Stop(at=row[0], peer=row[1], sender=row[2], consignment_id=row[3], container_sha256=row[4], code=row[5])
        for row in rows
    )


def forget(connection: Connection, seq: int) -> None:
    """The report goes with the letter's content: it says names. Evidence keeps its codes."""
    connection.execute(
        update(t.file_report).where(t.file_report.c.consignment == seq).values(document="", pending=False)
    )
