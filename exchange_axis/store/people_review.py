"""What the store knows about each account, for those who look through them; the same for hub and node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from exchange_axis.domain.people import User
from exchange_axis.store.people import Change, PeopleRows
from exchange_axis.store.people_sessions import login_tries

ADD, ROLES, DISABLE, ENABLE, REVIEW, EXPIRE = "add", "roles", "disable", "enable", "review", "expire"
_TOLD: Final = (ADD, ROLES, DISABLE, ENABLE, REVIEW, EXPIRE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    user: User
    has_totp: bool
    passkeys: int
    has_outside: bool
    """Tied to somebody of an OpenID provider."""
    tries: tuple[int, datetime] | None
    """Wrong tries in a row and the last of them."""
    changes: dict[str, Change]
    """The newest of each kind."""


def accounts(rows: PeopleRows) -> tuple[AccountRow, ...]:
    """Every account, by login name."""
    ways, changes = _ways(rows), _changes(rows)
    keys = rows.tables.passkey
    counted = select(keys.c.person, func.count().label("keys")).group_by(keys.c.person)
    passkeys = {row.person: int(row.keys) for row in rows.connection.execute(counted)}
    users = rows.every()
    tries = _tries(rows, [user.login for user in users])
    return tuple(
        AccountRow(
            user=user,
            has_totp=ways[user.seq][0],
            passkeys=passkeys.get(user.seq, 0),
            has_outside=ways[user.seq][1],
            tries=tries.get(user.login),
            changes=changes.get(user.login, {}),
        )
        for user in users
    )


def of_account(rows: PeopleRows, login: str, limit: int) -> tuple[Change, ...]:
    """What was changed about one account, newest first."""
    t = rows.tables.change
    query = select(t).where(t.c.login == login).order_by(t.c.seq.desc()).limit(limit)
    return tuple(Change(**row._mapping) for row in rows.connection.execute(query))


def _ways(rows: PeopleRows) -> dict[int, tuple[bool, bool]]:
    t = rows.tables.person.c
    query = select(t.seq, t.totp.is_not(None).label("totp"), t.outside.is_not(None).label("outside"))
    return {row.seq: (bool(row.totp), bool(row.outside)) for row in rows.connection.execute(query)}


def _changes(rows: PeopleRows) -> dict[str, dict[str, Change]]:
    t = rows.tables.change
    newest = select(func.max(t.c.seq)).where(t.c.action.in_(_TOLD)).group_by(t.c.login, t.c.action)
    found: dict[str, dict[str, Change]] = {}
    for row in rows.connection.execute(select(t).where(t.c.seq.in_(newest))):
        found.setdefault(row.login, {})[row.action] = Change(**row._mapping)
    return found


def _tries(rows: PeopleRows, logins: list[str]) -> dict[str, tuple[int, datetime]]:
    t, names = rows.tables.tries, {login_tries(login): login for login in logins}
    query = select(t.c.name, t.c.count.label("times"), t.c.last_at).where(t.c.name.in_(names))
    return {names[row.name]: (int(row.times), row.last_at) for row in rows.connection.execute(query)}
