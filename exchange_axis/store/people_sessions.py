"""Rows about sessions, tries to sign in, forms that were submitted, and passkeys; the same for hub and node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from exchange_axis.domain.people import Session
from exchange_axis.store.engine import insert_new
from exchange_axis.store.people import PeopleRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A form that was submitted before."""

    at: datetime
    location: str | None
    """Where it led; None while it is under way, or if that was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    id: bytes
    person: int
    public_key: bytes
    uses: int
    name: str
    added_at: datetime
    used_at: datetime | None = None


def login_tries(login: str) -> str:
    """Name under which the tries for a login are counted; no address and no number looks like it."""
    return f"={login}"


def begin(rows: PeopleRows, digest: str, session: Session) -> None:
    """Store it; its number is given by the store."""
    values = {
        "digest": digest,
        "person": session.user,
        "begun_at": session.begun_at,
        "seen_at": session.seen_at,
        "factor_at": session.factor_at,
        "way": session.way,
        "address": session.address[:64],
        "agent": session.agent[:200],
    }
    rows.connection.execute(rows.tables.session.insert().values(values))


def session(rows: PeopleRows, digest: str) -> Session | None:
    t = rows.tables.session
    row = rows.connection.execute(select(t).where(t.c.digest == digest)).one_or_none()
    return None if row is None else _session(row)


def sessions_of(rows: PeopleRows, user: int) -> tuple[Session, ...]:
    """Newest first."""
    t = rows.tables.session
    query = select(t).where(t.c.person == user).order_by(t.c.seen_at.desc(), t.c.seq.desc())
    return tuple(_session(row) for row in rows.connection.execute(query))


def seen(rows: PeopleRows, seq: int, at: datetime) -> None:
    t = rows.tables.session
    rows.connection.execute(update(t).where(t.c.seq == seq, t.c.seen_at < at).values(seen_at=at))


def end(rows: PeopleRows, user: int, *, only: int | None = None, but: int | None = None) -> int:
    """End one session of a person, all, or all but one; how many."""
    t = rows.tables.session
    query = delete(t).where(t.c.person == user)
    if only is not None:
        query = query.where(t.c.seq == only)
    if but is not None:
        query = query.where(t.c.seq != but)
    return rows.connection.execute(query).rowcount


def sweep(rows: PeopleRows, *, sessions: datetime, claims: datetime, now: datetime) -> int:
    """Drop what has been over for long: sessions begun, and forms and tries made, before these times."""
    t = rows.tables
    done = rows.connection.execute(delete(t.session).where(t.session.c.begun_at < sessions)).rowcount
    done += rows.connection.execute(delete(t.claim).where(t.claim.c.at < claims)).rowcount
    done += rows.connection.execute(delete(t.tries).where(t.tries.c.last_at < claims)).rowcount
    return done + rows.connection.execute(delete(t.errand).where(t.errand.c.ends_at < now)).rowcount


def tries(rows: PeopleRows, name: str) -> tuple[int, datetime] | None:
    """(failures in a row, the last one)."""
    t = rows.tables.tries
    row = rows.connection.execute(select(t.c.count, t.c.last_at).where(t.c.name == name)).one_or_none()
    return None if row is None else (int(row._mapping["count"]), row.last_at)


def failed(rows: PeopleRows, name: str, at: datetime) -> None:
    t = rows.tables.tries
    if not insert_new(rows.connection, t, {"name": name, "count": 1, "last_at": at}):
        rows.connection.execute(update(t).where(t.c.name == name).values(count=t.c.count + 1, last_at=at))


def refund(rows: PeopleRows, name: str) -> None:
    """One try was none."""
    t = rows.tables.tries
    rows.connection.execute(update(t).where(t.c.name == name, t.c.count > 0).values(count=t.c.count - 1))


def forgive(rows: PeopleRows, name: str) -> None:
    rows.connection.execute(delete(rows.tables.tries).where(rows.tables.tries.c.name == name))


def claim(rows: PeopleRows, digest: str, at: datetime, *, stale: datetime) -> Claim | None:
    """Take a form for oneself: None. Otherwise what became of it; one that was left under way since `stale` is free."""
    t = rows.tables.claim
    if insert_new(rows.connection, t, {"digest": digest, "at": at}):
        return None
    left = update(t).where(t.c.digest == digest, t.c.location.is_(None), t.c.at < stale).values(at=at)
    if rows.connection.execute(left).rowcount == 1:
        return None
    row = rows.connection.execute(select(t.c.at, t.c.location).where(t.c.digest == digest)).one()
    return Claim(at=row.at, location=row.location)


def settle(rows: PeopleRows, digest: str, location: str | None) -> None:
    """The form led there; None gives it back."""
    t = rows.tables.claim
    if location is None:
        rows.connection.execute(delete(t).where(t.c.digest == digest, t.c.location.is_(None)))
    else:
        rows.connection.execute(update(t).where(t.c.digest == digest).values(location=location))


def add_passkey(rows: PeopleRows, key: Passkey) -> bool:
    """False when it is known already."""
    values = {name: getattr(key, name) for name in key.__slots__}
    return insert_new(rows.connection, rows.tables.passkey, values)


def passkeys(rows: PeopleRows, user: int) -> tuple[Passkey, ...]:
    t = rows.tables.passkey
    query = select(t).where(t.c.person == user).order_by(t.c.added_at)
    return tuple(Passkey(**row._mapping) for row in rows.connection.execute(query))


def passkey(rows: PeopleRows, key: bytes) -> Passkey | None:
    t = rows.tables.passkey
    row = rows.connection.execute(select(t).where(t.c.id == key)).one_or_none()
    return None if row is None else Passkey(**row._mapping)


def used_passkey(rows: PeopleRows, key: bytes, *, uses: int, at: datetime) -> None:
    t = rows.tables.passkey
    rows.connection.execute(update(t).where(t.c.id == key).values(uses=uses, used_at=at))


def drop_passkeys(rows: PeopleRows, user: int, *, only: bytes | None = None) -> int:
    t = rows.tables.passkey
    query = delete(t).where(t.c.person == user)
    return rows.connection.execute(query if only is None else query.where(t.c.id == only)).rowcount


def send_on_errand(rows: PeopleRows, digest: str, kind: str, value: str, *, ends_at: datetime) -> None:
    """Keep what must come back; a newer one of the same name takes its place."""
    t = rows.tables.errand
    rows.connection.execute(delete(t).where(t.c.digest == digest))
    rows.connection.execute(t.insert().values(digest=digest, kind=kind, value=value, ends_at=ends_at))


def back_from_errand(rows: PeopleRows, digest: str, kind: str, at: datetime) -> str | None:
    """What was kept, once."""
    t = rows.tables.errand
    query = select(t.c.value).where(t.c.digest == digest, t.c.kind == kind, t.c.ends_at > at)
    value = rows.connection.execute(query).scalar_one_or_none()
    rows.connection.execute(delete(t).where(or_(t.c.digest == digest, t.c.ends_at <= at)))
    return value


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.seq,
        user=row.person,
        begun_at=row.begun_at,
        seen_at=row.seen_at,
        factor_at=row.factor_at,
        way=row.way,
        address=row.address,
        agent=row.agent,
    )
