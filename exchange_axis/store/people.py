"""Rows about people inside one unit of work, the same for hub and node."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, delete, func, select, update

from exchange_axis.domain.people import Grant, Role, User
from exchange_axis.store.chaining import START, chained
from exchange_axis.store.engine import for_update, insert_new, lock_named
from exchange_axis.store.people_tables import PeopleTables

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Somebody's rights or ways in were changed."""

    seq: int
    at: datetime
    actor: str
    action: str
    login: str
    details: str
    alarm: bool
    """Stands until another person confirms it."""
    confirms: int | None
    """Number of the change that this one confirms."""
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What a sign-in is held against; never leaves the use case."""

    user: User
    password: str | None
    totp: bytes | None
    totp_new: bytes | None
    totp_step: int
    outside: str | None = None
    """Issuer and subject of an OpenID provider."""

    def __repr__(self) -> str:
        return f"Secrets({self.user.login})"


Noted = Callable[[Connection, Change], None]


class PeopleRows:
    """The tables inside one transaction; not used after it. Sessions and claims are in `people_sessions`."""

    def __init__(self, connection: Connection, tables: PeopleTables, noted: Noted | None = None) -> None:
        self.connection = connection
        self.tables = tables
        self._noted = noted

    def add(self, user: User, *, password: str | None) -> int | None:
        """The new number; None when the login name is taken."""
        values = {
            "login": user.login,
            "name": user.name,
            "enabled": user.enabled,
            "grants": _grants_json(user.grants),
            "password": password,
            "password_at": user.password_at,
            "must_change": user.must_change,
            "totp_step": 0,
            "awake_at": user.awake_at,
            "created_at": user.created_at,
        }
        if not insert_new(self.connection, self.tables.person, values):
            return None
        t = self.tables.person.c
        return int(self.connection.execute(select(t.seq).where(t.login == user.login)).scalar_one())

    def find(self, login: str) -> Secrets | None:
        """Locked until the end of the unit: two tries with one code are judged one after the other."""
        query = for_update(select(self.tables.person).where(self.tables.person.c.login == login))
        return self._secrets(self.connection.execute(query).one_or_none())

    def get(self, seq: int) -> Secrets | None:
        query = for_update(select(self.tables.person).where(self.tables.person.c.seq == seq))
        return self._secrets(self.connection.execute(query).one_or_none())

    def by_outside(self, outside: str) -> Secrets | None:
        query = for_update(select(self.tables.person).where(self.tables.person.c.outside == outside))
        return self._secrets(self.connection.execute(query).one_or_none())

    def look(self, seq: int) -> User | None:
        """Without a lock, for reading."""
        row = self.connection.execute(select(self.tables.person).where(self.tables.person.c.seq == seq)).one_or_none()
        return None if row is None else self._user(row)

    def every(self) -> tuple[User, ...]:
        query = select(self.tables.person).order_by(self.tables.person.c.login)
        return tuple(self._user(row) for row in self.connection.execute(query))

    def put(self, seq: int, **values: Any) -> None:
        """Change columns of a person; `grants` as values."""
        if "grants" in values:
            values["grants"] = _grants_json(values["grants"])
        self.connection.execute(update(self.tables.person).where(self.tables.person.c.seq == seq).values(values))

    def use_step(self, seq: int, step: int) -> bool:
        """Note that the code of this time step was used; False when it, or a later one, was used before."""
        t = self.tables.person
        newer = update(t).where(t.c.seq == seq, t.c.totp_step < step).values(totp_step=step)
        return self.connection.execute(newer).rowcount == 1

    def set_codes(self, seq: int, digests: Iterable[str]) -> None:
        """Recovery codes, in place of those of before."""
        t = self.tables.code
        self.connection.execute(delete(t).where(t.c.person == seq))
        rows = [{"person": seq, "digest": digest} for digest in digests]
        if rows:
            self.connection.execute(t.insert(), rows)

    def use_code(self, seq: int, digest: str, at: datetime) -> bool:
        t = self.tables.code
        unused = update(t).where(t.c.person == seq, t.c.digest == digest, t.c.used_at.is_(None))
        return self.connection.execute(unused.values(used_at=at)).rowcount == 1

    def codes_left(self, seq: int) -> int:
        t = self.tables.code
        query = select(func.count()).where(t.c.person == seq, t.c.used_at.is_(None))
        return int(self.connection.execute(query).scalar_one())

    def note(
        self,
        *,
        at: datetime,
        actor: str,
        action: str,
        login: str,
        details: str,
        alarm: bool,
        confirms: int | None = None,
    ) -> Change:
        """Write down a change, chained to the one before."""
        t = self.tables.change
        lock_named(self.connection, "people-change")
        last = self.connection.execute(select(t.c.digest).order_by(t.c.seq.desc()).limit(1)).scalar_one_or_none()
        values: dict[str, Any] = {
            "at": at,
            "actor": actor[:200],
            "action": action,
            "login": login,
            "details": details,
            "alarm": alarm,
            "confirms": confirms,
        }
        digest = chained(last or START, values)
        seq = self.connection.execute(t.insert().returning(t.c.seq), values | {"digest": digest}).scalar_one()
        change = Change(seq=int(seq), digest=digest, **values)
        if self._noted is not None:
            self._noted(self.connection, change)
        return change

    def change(self, seq: int) -> Change | None:
        t = self.tables.change
        row = self.connection.execute(select(t).where(t.c.seq == seq)).one_or_none()
        return None if row is None else Change(**row._mapping)

    def changes(self, limit: int) -> tuple[Change, ...]:
        """Newest first."""
        t = self.tables.change
        return tuple(
            Change(**row._mapping) for row in self.connection.execute(select(t).order_by(t.c.seq.desc()).limit(limit))
        )

    def unconfirmed(self) -> tuple[Change, ...]:
        """Alarms that nobody has confirmed, oldest first."""
        t = self.tables.change
        confirmed = select(t.c.confirms).where(t.c.confirms.is_not(None))
        query = select(t).where(t.c.alarm.is_(True), t.c.seq.not_in(confirmed)).order_by(t.c.seq)
        return tuple(Change(**row._mapping) for row in self.connection.execute(query))

    def is_confirmed(self, seq: int) -> bool:
        t = self.tables.change
        return self.connection.execute(select(t.c.seq).where(t.c.confirms == seq)).first() is not None

    def broken(self) -> int | None:
        """Number of the first change whose digest does not follow from the row and the one before; None: all do."""
        t = self.tables.change
        last = START
        for row in self.connection.execute(select(t).order_by(t.c.seq)):
            values = dict(row._mapping)
            seq, digest = values.pop("seq"), values.pop("digest")
            if chained(last, values) != digest:
                return int(seq)
            last = digest
        return None

    def _secrets(self, row: Row[Any] | None) -> Secrets | None:
        if row is None:
            return None
        return Secrets(
            user=self._user(row),
            password=row.password,
            totp=row.totp,
            totp_new=row.totp_new,
            totp_step=row.totp_step,
            outside=row.outside,
        )

    def _user(self, row: Row[Any]) -> User:
        keys = self.tables.passkey
        has_key = self.connection.execute(select(keys.c.id).where(keys.c.person == row.seq).limit(1)).first()
        return User(
            seq=row.seq,
            login=row.login,
            name=row.name,
            enabled=row.enabled,
            grants=_grants(row.grants),
            has_password=row.password is not None,
            has_second_factor=row.totp is not None or has_key is not None,
            must_change=row.must_change,
            password_at=row.password_at,
            awake_at=row.awake_at,
            created_at=row.created_at,
            entered_at=row.entered_at,
            lapsed=row.lapsed,
            reviewed_at=row.reviewed_at,
            unreviewed=row.unreviewed,
        )


class PeopleStore(Protocol):
    """Runs units of work over the people of one house; safe to call from any thread."""

    def run(self, work: Callable[[PeopleRows], T]) -> T:
        """In a write transaction, durable when it returns."""
        ...

    def read(self, work: Callable[[PeopleRows], T]) -> T: ...


def _grants_json(grants: Sequence[Grant]) -> str:
    return json.dumps([_grant_json(grant) for grant in grants])


def _grant_json(grant: Grant) -> dict[str, Any]:
    dates = {name: getattr(grant, name) for name in ("since", "until", "letters_since", "letters_until")}
    return {
        "role": grant.role.value,
        "codes": list(grant.codes),
        **{name: day.isoformat() for name, day in dates.items() if day is not None},
    }


def _grants(text: str) -> tuple[Grant, ...]:
    return tuple(_grant(value) for value in json.loads(text))


def _grant(value: dict[str, Any]) -> Grant:
    names = ("since", "until", "letters_since", "letters_until")
    dates = {name: date.fromisoformat(value[name]) for name in names if name in value}
    return Grant(role=Role(value["role"]), codes=tuple(value["codes"]), **dates)
