"""Those who signed PDF files of letters: what is known of their revocation, and which reports rest on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, delete, exists, or_, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.hub import file_tables as f
from exchange_axis.store.hub import signer_tables as s
from exchange_axis.store.hub.standing import StandingRow, Status

NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerOf:
    """One who signed, in one letter, as its report was judged."""

    consignment: int
    fingerprint: str
    at: datetime
    state: str
    status: Status
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    fingerprint: str
    consignment: int
    """The letter in which its certificate is found."""


def standing(connection: Connection, fingerprint: str) -> StandingRow | None:
    row = connection.execute(select(s.pdf_signer).where(s.pdf_signer.c.fingerprint == fingerprint)).first()
    if row is None:
        return None
    return StandingRow(
        fingerprint=row.fingerprint,
        status=None if row.status is None else json.loads(row.status),
        pieces=tuple(json.loads(row.pieces)),
        judged_at=row.judged_at,
        until=row.until,
        look_at=row.look_at,
    )


def note_use(connection: Connection, fingerprint: str, consignment: int, *, at: datetime) -> None:
    """Somebody has to look at one who is new."""
    values = {"fingerprint": fingerprint, "consignment": consignment, "used_at": at, "pieces": "[]", "look_at": at}
    if not insert_new(connection, s.pdf_signer, {**values, "status": None}):
        change = update(s.pdf_signer).where(s.pdf_signer.c.fingerprint == fingerprint)
        connection.execute(change.values(consignment=consignment, used_at=at))


def set_of(connection: Connection, consignment: int, rows: Sequence[SignerOf]) -> None:
    """By whom and by what its report is judged now."""
    connection.execute(delete(s.pdf_signer_of).where(s.pdf_signer_of.c.consignment == consignment))
    if rows:
        connection.execute(s.pdf_signer_of.insert(), [_values(row) for row in rows])


def of_letter(connection: Connection, consignment: int) -> tuple[SignerOf, ...]:
    query = select(s.pdf_signer_of).where(s.pdf_signer_of.c.consignment == consignment)
    return tuple(
        _signer_of(row) for row in connection.execute(query.order_by(s.pdf_signer_of.c.fingerprint)).mappings()
    )


def due(connection: Connection, now: datetime, *, used_since: datetime, limit: int) -> tuple[Due, ...]:
    """Those to look at: in use, or with a report that still waits for a word on them."""
    p, o = s.pdf_signer.c, s.pdf_signer_of.c
    waited_for = exists().where(o.fingerprint == p.fingerprint, o.state == NOT_CHECKED)
    query = select(p.fingerprint, p.consignment).where(p.look_at <= now, or_(p.used_at >= used_since, waited_for))
    rows = connection.execute(query.order_by(p.look_at, p.fingerprint).limit(limit))
    return tuple(Due(fingerprint=row.fingerprint, consignment=row.consignment) for row in rows)


def judged(connection: Connection, row: StandingRow) -> None:
    change = update(s.pdf_signer).where(s.pdf_signer.c.fingerprint == row.fingerprint)
    connection.execute(
        change.values(
            status=None if row.status is None else json.dumps(row.status, ensure_ascii=False),
            pieces=json.dumps(row.pieces),
            judged_at=row.judged_at,
            until=row.until,
            look_at=row.look_at,
        )
    )


def put_off(connection: Connection, fingerprint: str, until: datetime) -> None:
    connection.execute(update(s.pdf_signer).where(s.pdf_signer.c.fingerprint == fingerprint).values(look_at=until))


def hurry(connection: Connection, at: datetime) -> None:
    """New evidence may be there: those of whom nothing good is known are due."""
    p = s.pdf_signer.c
    connection.execute(update(s.pdf_signer).where(p.until.is_(None), p.look_at > at).values(look_at=at))


def unsettled(
    connection: Connection, fingerprint: str, *, revoked_at: datetime | None, limit: int
) -> tuple[SignerOf, ...]:
    """Letters about which the word that is known now may say more than the one they were judged by."""
    o = s.pdf_signer_of.c
    wanted = o.state == NOT_CHECKED
    if revoked_at is not None:
        wanted = or_(wanted, and_(o.state == "good", o.at >= revoked_at))
    query = select(s.pdf_signer_of).where(o.fingerprint == fingerprint, wanted).order_by(o.consignment).limit(limit)
    return tuple(_signer_of(row) for row in connection.execute(query).mappings())


def settle(connection: Connection, row: SignerOf) -> None:
    """Write the newer word, and have the letter's report judged again."""
    o, r = s.pdf_signer_of.c, f.file_report.c
    change = update(s.pdf_signer_of).where(o.consignment == row.consignment, o.fingerprint == row.fingerprint)
    connection.execute(change.values(_values(row)))
    again = update(f.file_report).where(r.consignment == row.consignment, r.document != "")
    connection.execute(again.values(pending=True, tries=0))


def _values(row: SignerOf) -> dict[str, object]:
    return {
        "consignment": row.consignment,
        "fingerprint": row.fingerprint,
        "at": row.at,
        "state": row.state,
        "status": json.dumps(row.status, ensure_ascii=False),
        "pieces": json.dumps(row.pieces),
    }


def _signer_of(row: RowMapping) -> SignerOf:
    return SignerOf(
        consignment=row["consignment"],
        fingerprint=row["fingerprint"],
        at=row["at"],
        state=row["state"],
        status=json.loads(row["status"]),
        pieces=tuple(json.loads(row["pieces"])),
    )
