"""Certificates that sealed letters, what is known of their revocation, and what was known at each acceptance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, func, or_, select, update

from exchange_axis.store.engine import insert_missing, insert_new
from exchange_axis.store.hub import standing_tables as s
from exchange_axis.store.hub import tables as t

TO_THE_HOUR: Final = timedelta(hours=1)
"""How exactly it is noted when a seal was last seen."""
Status = Mapping[str, Any]
"""A revocation status as `signing.revocation` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    fingerprint: str
    der: bytes
    subject: str
    above: tuple[str, ...]
    not_after: datetime
    used_at: datetime | None = None
    use: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    sha256: str
    kind: str
    """crl, ocsp or certificate."""
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    fingerprint: str
    status: Status | None
    pieces: tuple[str, ...]
    judged_at: datetime | None
    until: datetime | None
    look_at: datetime
    good_until: datetime | None = None
    open_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An operator's word that an unchecked letter stands."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRow:
    consignment: int
    fingerprint: str
    at: datetime
    state: str
    status: Status
    pieces: tuple[str, ...]
    grace_until: datetime | None
    later_state: str | None = None
    later_status: Status | None = None
    later_pieces: tuple[str, ...] = ()
    later_at: datetime | None = None
    noted: Noted | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Not checked, and the grace has passed."""
        return self.later_at is None and self.grace_until is not None and self.grace_until < now


def keep_certificates(connection: Connection, rows: Iterable[CertificateRow], *, look_at: datetime) -> None:
    """The first is the seal; it gets a standing that somebody has to look at."""
    first, *others = rows
    values = [
        {
            "fingerprint": row.fingerprint,
            "der": row.der,
            "subject": row.subject,
            "above": json.dumps(row.above),
            "not_after": row.not_after,
            "used_at": row.used_at,
            "use": row.use,
        }
        for row in (first, *others)
    ]
    insert_missing(connection, s.certificate, values)
    insert_new(
        connection, s.standing, {"fingerprint": first.fingerprint, "pieces": "[]", "look_at": look_at, "status": None}
    )


def note_use(connection: Connection, fingerprint: str, at: datetime, *, before: datetime) -> None:
    """Note when it last sealed, unless that was noted since `before`."""
    old = or_(s.certificate.c.used_at.is_(None), s.certificate.c.used_at < before)
    connection.execute(update(s.certificate).where(s.certificate.c.fingerprint == fingerprint, old).values(used_at=at))


def certificates(connection: Connection, fingerprints: Sequence[str]) -> tuple[CertificateRow, ...]:
    """In the order asked for; those that are not there are left out."""
    query = select(s.certificate).where(s.certificate.c.fingerprint.in_(fingerprints))
    found = {row["fingerprint"]: _certificate(row) for row in connection.execute(query).mappings()}
    return tuple(found[one] for one in fingerprints if one in found)


def keep_pieces(connection: Connection, pieces: Iterable[Piece], *, at: datetime) -> None:
    rows = [{"sha256": one.sha256, "kind": one.kind, "content": one.content, "kept_at": at} for one in pieces]
    insert_missing(connection, s.revocation_piece, rows)


def pieces(connection: Connection, digests: Sequence[str]) -> tuple[Piece, ...]:
    query = select(s.revocation_piece).where(s.revocation_piece.c.sha256.in_(digests))
    rows = connection.execute(query.order_by(s.revocation_piece.c.sha256))
    return tuple(Piece(sha256=row.sha256, kind=row.kind, content=row.content) for row in rows)


def standing(connection: Connection, fingerprint: str) -> StandingRow | None:
    row = connection.execute(select(s.standing).where(s.standing.c.fingerprint == fingerprint)).mappings().one_or_none()
    return None if row is None else _standing(row)


def every(connection: Connection) -> tuple[tuple[CertificateRow, StandingRow], ...]:
    """Every seal with its standing, soonest to expire first."""
    query = select(s.certificate, s.standing).join(s.standing, s.standing.c.fingerprint == s.certificate.c.fingerprint)
    rows = connection.execute(query.order_by(s.certificate.c.not_after, s.certificate.c.fingerprint)).mappings()
    return tuple((_certificate(row), _standing(row)) for row in rows)


def due(connection: Connection, now: datetime, *, used_since: datetime, limit: int) -> tuple[CertificateRow, ...]:
    """Seals to look at: those in use, and those whose acceptances still wait for an answer."""
    opened = exists().where(
        s.acceptance_standing.c.fingerprint == s.certificate.c.fingerprint,
        s.acceptance_standing.c.state == "not-checked",
        s.acceptance_standing.c.later_at.is_(None),
    )
    query = select(s.certificate).join(s.standing, s.standing.c.fingerprint == s.certificate.c.fingerprint)
    query = query.where(s.standing.c.look_at <= now, or_(s.certificate.c.used_at >= used_since, opened))
    rows = connection.execute(query.order_by(s.standing.c.look_at).limit(limit)).mappings()
    return tuple(_certificate(row) for row in rows)


def hurry(connection: Connection, at: datetime) -> None:
    """Seals of which nothing good is known are due."""
    c = s.standing.c
    connection.execute(update(s.standing).where(c.until.is_(None), c.look_at > at).values(look_at=at))


def judged(connection: Connection, row: StandingRow) -> None:
    change = update(s.standing).where(s.standing.c.fingerprint == row.fingerprint)
    if row.status is not None and row.status["why"] is None:
        change = change.values(told_at=None)
    connection.execute(
        change.values(
            status=_text(row.status),
            pieces=json.dumps(row.pieces),
            judged_at=row.judged_at,
            until=row.until,
            look_at=row.look_at,
            good_until=row.good_until,
            open_since=row.open_since,
        )
    )


def accepted(connection: Connection, row: AcceptanceRow) -> None:
    """What was known on the day; a row that is there stays."""
    insert_new(
        connection,
        s.acceptance_standing,
        {
            "consignment": row.consignment,
            "fingerprint": row.fingerprint,
            "at": row.at,
            "state": row.state,
            "status": _text(row.status),
            "pieces": json.dumps(row.pieces),
            "grace_until": row.grace_until,
        },
    )


def unsettled(
    connection: Connection, fingerprint: str, *, revoked_at: datetime | None, limit: int
) -> tuple[AcceptanceRow, ...]:
    """Acceptances without a later word: those not checked, and those since the revocation if there was one."""
    a = s.acceptance_standing.c
    wanted = a.state == "not-checked" if revoked_at is None else or_(a.state == "not-checked", a.at >= revoked_at)
    query = select(s.acceptance_standing).where(a.fingerprint == fingerprint, a.later_at.is_(None), wanted)
    return tuple(_acceptance(row) for row in connection.execute(query.order_by(a.at).limit(limit)).mappings())


def settle(connection: Connection, row: AcceptanceRow) -> bool:
    """Write what was learned later beside what was known; False when somebody has."""
    a = s.acceptance_standing.c
    change = update(s.acceptance_standing).where(a.consignment == row.consignment, a.later_at.is_(None))
    values = {
        "later_state": row.later_state,
        "later_status": _text(row.later_status),
        "later_pieces": json.dumps(row.later_pieces),
        "later_at": row.later_at,
    }
    return connection.execute(change.values(values)).rowcount == 1


def acceptance(connection: Connection, consignment: int) -> AcceptanceRow | None:
    query = select(s.acceptance_standing).where(s.acceptance_standing.c.consignment == consignment)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _acceptance(row)


def _overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Still not checked although the grace has passed, and nobody has spoken to it."""
    a = s.acceptance_standing.c
    return a.later_at.is_(None), a.state == "not-checked", a.grace_until < now, a.noted_by.is_(None)


def overdue(connection: Connection, now: datetime) -> int:
    """Acceptances that an operator has to look at."""
    query = select(func.count()).select_from(s.acceptance_standing)
    return connection.execute(query.where(*_overdue(now))).scalar_one()


def overdue_letters(connection: Connection, now: datetime, *, limit: int) -> tuple[tuple[str, str, AcceptanceRow], ...]:
    """Sender, consignment id and row of each, longest first."""
    query = select(t.consignment.c.sender, t.consignment.c.consignment_id, s.acceptance_standing)
    query = query.join(t.consignment, t.consignment.c.seq == s.acceptance_standing.c.consignment)
    query = query.where(*_overdue(now)).order_by(s.acceptance_standing.c.grace_until).limit(limit)
    rows = connection.execute(query).mappings()
    return tuple((row["sender"], row["consignment_id"], _acceptance(row)) for row in rows)


def overdue_seals(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Fingerprints of the seals of such letters of which nobody was told yet."""
    a = s.acceptance_standing.c
    query = select(a.fingerprint).join(s.standing, s.standing.c.fingerprint == a.fingerprint).distinct()
    return tuple(connection.execute(query.where(*_overdue(now), s.standing.c.told_at.is_(None))).scalars())


def told(connection: Connection, fingerprint: str, at: datetime) -> None:
    connection.execute(update(s.standing).where(s.standing.c.fingerprint == fingerprint).values(told_at=at))


def note_unchecked(connection: Connection, consignment: int, noted: Noted) -> bool:
    """Let it stand; False when it has been checked since, or somebody has spoken to it."""
    a = s.acceptance_standing.c
    change = update(s.acceptance_standing).where(
        a.consignment == consignment, a.later_at.is_(None), a.state == "not-checked", a.noted_by.is_(None)
    )
    values = {"noted_by": noted.by, "noted_at": noted.at, "noted": noted.reason}
    return connection.execute(change.values(values)).rowcount == 1


def look_again(connection: Connection, fingerprint: str, at: datetime) -> None:
    connection.execute(update(s.standing).where(s.standing.c.fingerprint == fingerprint).values(look_at=at))


def look_now(connection: Connection, now: datetime) -> int:
    """Have every seal that is not known looked up at once; returns how many."""
    unknown = or_(s.standing.c.until.is_(None), s.standing.c.until < now)
    return connection.execute(update(s.standing).where(unknown).values(look_at=now)).rowcount


def found_revoked(connection: Connection, *, limit: int) -> tuple[tuple[str, str, AcceptanceRow], ...]:
    """Sender, consignment id and row of letters whose seal turned out to be revoked at acceptance."""
    query = select(t.consignment.c.sender, t.consignment.c.consignment_id, s.acceptance_standing)
    query = query.join(t.consignment, t.consignment.c.seq == s.acceptance_standing.c.consignment)
    query = query.where(s.acceptance_standing.c.later_state == "revoked")
    rows = connection.execute(query.order_by(s.acceptance_standing.c.at.desc()).limit(limit)).mappings()
    return tuple((row["sender"], row["consignment_id"], _acceptance(row)) for row in rows)


def _certificate(row: RowMapping) -> CertificateRow:
    return CertificateRow(
        fingerprint=row["fingerprint"],
        der=row["der"],
        subject=row["subject"],
        above=tuple(json.loads(row["above"])),
        not_after=row["not_after"],
        used_at=row["used_at"],
        use=row["use"],
    )


def _standing(row: RowMapping) -> StandingRow:
    return StandingRow(
        fingerprint=row["fingerprint"],
        status=None if row["status"] is None else json.loads(row["status"]),
        pieces=tuple(json.loads(row["pieces"])),
        judged_at=row["judged_at"],
        until=row["until"],
        look_at=row["look_at"],
        good_until=row["good_until"],
        open_since=row["open_since"],
    )


def _acceptance(row: RowMapping) -> AcceptanceRow:
    return AcceptanceRow(
        consignment=row["consignment"],
        fingerprint=row["fingerprint"],
        at=row["at"],
        state=row["state"],
        status=json.loads(row["status"]),
        pieces=tuple(json.loads(row["pieces"])),
        grace_until=row["grace_until"],
        later_state=row["later_state"],
        later_status=None if row["later_status"] is None else json.loads(row["later_status"]),
        later_pieces=() if row["later_pieces"] is None else tuple(json.loads(row["later_pieces"])),
        later_at=row["later_at"],
        noted=None
        if row["noted_by"] is None
        else Noted(by=row["noted_by"], at=row["noted_at"], reason=row["noted"] or ""),
    )


def _text(status: Status | None) -> str | None:
    return None if status is None else json.dumps(status, ensure_ascii=False)
