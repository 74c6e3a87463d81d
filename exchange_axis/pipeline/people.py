"""Accounts: who may come in and as what. Each change names its actor and is on record before it counts (R101, R123).

Rules of this file:
1. Nobody has a password that he has not chosen: what others make works once and must be changed.
2. A change of rights is an alarm until another person than its maker and its gainer confirms it. The first person of
   a house needs nobody: there is nobody.
3. Taking rights away ends the person's sessions and tokens; giving rights does not wait for a new session.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchange_axis.domain.people import (
    NAME_LENGTH,
    ROLES,
    Grant,
    House,
    User,
    grants_words,
    is_login,
    login_form,
    password_faults,
    password_form,
)
from exchange_axis.domain.two_people import is_same_person
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.people_refusals import (
    ConfirmedByOther,
    LoginUnusable,
    NameUnusable,
    NothingToConfirm,
    OldPasswordWrong,
    PasswordSame,
    PasswordWeak,
    PeriodUnusable,
    PersonExists,
    ReviewWanted,
    RoleUnusable,
)
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.tries import charge, refund
from exchange_axis.pipeline.unused import close_if_unused
from exchange_axis.store import people_sessions as sessions
from exchange_axis.store import people_tokens as tokens
from exchange_axis.store.people import Change, PeopleRows, Secrets
from exchange_axis.wire.times import cut

log = logging.getLogger("axis.people")

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A new account, or one with a new password."""

    user: User
    password: str | None
    """To be handed over, once; None if the caller gave it."""

    def __repr__(self) -> str:
        return f"Invited({self.user.login})"


class People:
    def __init__(self, world: PeopleWorld) -> None:
        self._world = world

    def add(
        self, login: str, name: str, grants: Sequence[Grant], *, actor: str, password: str | None = None
    ) -> Invited:
        """A new account; its password, made here unless it is given, must be changed at the first sign-in.

        Raises:
            LoginUnusable, NameUnusable, RoleUnusable, PeriodUnusable, PersonExists, PasswordWeak.
        """
        login, name = login_form(login), password_form(name).strip()
        if not is_login(login):
            raise LoginUnusable(login=login)
        if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
            raise NameUnusable(limit=NAME_LENGTH)
        self._require_roles(grants)
        if password is not None:
            self._require_good(password, login)
        given = password or self._world.passwords.first()
        stored, at = self._world.passwords.hash(given), self._now()

        def work(rows: PeopleRows) -> User:
            first = not rows.every()
            user = _new_user(login, name, tuple(grants), at)
            seq = rows.add(user, password=stored)
            if seq is None:
                raise PersonExists(login=login)
            details = f"name={name} grants={grants_words(grants)}"
            rows.note(at=at, actor=actor, action="add", login=login, details=details, alarm=not first)
            return _found(rows, login).user

        user = self._world.store.run(work)
        return Invited(user=user, password=None if password is not None else given)

    def every(self) -> tuple[User, ...]:
        return self._world.store.read(lambda rows: rows.every())

    def set_grants(self, login: str, grants: Sequence[Grant], *, actor: str) -> User:
        """In place of all that the person had. Raises NotFound, RoleUnusable, PeriodUnusable."""
        self._require_roles(grants)
        at = self._now()

        def work(rows: PeopleRows, user: User) -> None:
            if user.grants == tuple(grants):
                return
            rows.put(user.seq, grants=tuple(grants))
            lost = user.roles(at) - {grant.role for grant in grants}
            if lost:
                _end(rows, user, at=at, by=actor)
            details = f"before={grants_words(user.grants)} after={grants_words(grants)}"
            rows.note(at=at, actor=actor, action="roles", login=user.login, details=details, alarm=True)

        return self._change(login, work)

    def disable(self, login: str, *, actor: str) -> User:
        """Nobody comes in by this account any more, at once. Raises NotFound."""

        def work(rows: PeopleRows, user: User) -> None:
            _end(rows, user, at=self._now(), by=actor)
            if user.enabled or user.lapsed or user.unreviewed:
                rows.put(user.seq, enabled=False, lapsed=False, unreviewed=False)
                rows.note(at=self._now(), actor=actor, action="disable", login=user.login, details="", alarm=False)

        return self._change(login, work)

    def enable(self, login: str, *, actor: str) -> User:
        """Again, also after it was unused for too long.

        Raises:
            NotFound, ReviewWanted: nobody has looked at it for so long that it would expire at once.
        """
        at = self._now()

        def work(rows: PeopleRows, user: User) -> None:
            if user.enabled and not user.is_asleep(at):
                return
            if user.is_overdue(at, self._world.unreviewed_days):
                raise ReviewWanted(login=user.login)
            close_if_unused(rows, user, at)  # what is undone is on record before
            rows.put(user.seq, enabled=True, lapsed=False, awake_at=at)
            details = f"grants={grants_words(user.grants)}"
            rows.note(at=at, actor=actor, action="enable", login=user.login, details=details, alarm=True)

        return self._change(login, work)

    def reset_password(self, login: str, *, actor: str, password: str | None = None) -> Invited:
        """One that must be changed at the next sign-in; all sessions end. It opens no account that is closed.

        Raises:
            NotFound, PasswordWeak.
        """
        if password is not None:
            self._require_good(password, login_form(login))
        given = password or self._world.passwords.first()
        stored, at = self._world.passwords.hash(given), self._now()

        def work(rows: PeopleRows, user: User) -> None:
            if not close_if_unused(rows, user, at) and user.enabled:
                rows.put(user.seq, awake_at=at)
            rows.put(user.seq, password=stored, password_at=at, must_change=True)
            _end(rows, user, at=at, by=actor)
            sessions.forgive(rows, sessions.login_tries(user.login))
            rows.note(at=at, actor=actor, action="password-reset", login=user.login, details="", alarm=True)

        user = self._change(login, work)
        return Invited(user=user, password=None if password is not None else given)

    def reset_factor(self, login: str, *, actor: str) -> User:
        """No second factor until the person sets one up again; all sessions end. Raises NotFound."""

        def work(rows: PeopleRows, user: User) -> None:
            rows.put(user.seq, totp=None, totp_new=None, totp_step=0, outside=None)
            rows.set_codes(user.seq, ())
            sessions.drop_passkeys(rows, user.seq)
            _end(rows, user, at=self._now(), by=actor)
            rows.note(at=self._now(), actor=actor, action="factor-reset", login=user.login, details="", alarm=True)

        return self._change(login, work)

    def change_password(self, user: int, old: str, new: str, *, session: int) -> None:
        """By the person himself; his other sessions end.

        Raises:
            OldPasswordWrong, LoginLocked: tries with a session that somebody left open are counted like others.
            PasswordWeak, PasswordSame.
        """
        at = self._now()
        held = self._world.store.run(lambda rows: _counted(rows, user, at))
        if not self._world.passwords.verify(held.password, old):
            raise OldPasswordWrong()
        self._world.store.run(lambda rows: refund(rows, sessions.login_tries(held.user.login), ""))
        self._require_good(new, held.user.login, factor=held.user.has_second_factor)
        if password_form(new) == password_form(old):
            raise PasswordSame()
        stored = self._world.passwords.hash(new)

        def work(rows: PeopleRows) -> None:
            rows.put(user, password=stored, password_at=at, must_change=False)
            sessions.end(rows, user, but=session)
            login = held.user.login
            rows.note(at=at, actor=login, action="password", login=login, details="", alarm=False)

        self._world.store.run(work)

    def changes(self, limit: int = SHOWN) -> tuple[Change, ...]:
        """Newest first."""
        return self._world.store.read(lambda rows: rows.changes(limit))

    def unconfirmed(self) -> tuple[Change, ...]:
        return self._world.store.read(lambda rows: rows.unconfirmed())

    def alarms(self) -> list[dict[str, Any]]:
        """Unconfirmed changes in the form of other alarms."""
        return [_alarm(change) for change in self.unconfirmed()]

    def record_broken_at(self) -> int | None:
        """The record of changes was tampered with from this number on; None: it holds."""
        return self._world.store.read(lambda rows: rows.broken())

    def confirm(self, number: int, *, actor: str, account: str = "") -> Change:
        """Say that a change is right; the alarm ends.

        Args:
            account: of the operating system, where it was said by command.

        Raises:
            NotFound, ConfirmedByOther, NothingToConfirm.
        """
        at = self._now()

        def work(rows: PeopleRows) -> Change:
            change = rows.change(number)
            if change is None:
                raise NotFound(what=str(number))
            if any(is_same_person(actor, one) for one in (change.actor, change.login)):
                raise ConfirmedByOther(actor=actor, number=number)
            if not change.alarm or rows.is_confirmed(number):
                raise NothingToConfirm(number=number)
            details, login = f"{change.action} by={change.actor}", change.login
            details += f" account={account}" if account else ""
            return rows.note(
                at=at, actor=actor, action="confirm", login=login, details=details, alarm=False, confirms=number
            )

        return self._world.store.run(work)

    def _change(self, login: str, work: Callable[[PeopleRows, User], None]) -> User:
        name = login_form(login)

        def unit(rows: PeopleRows) -> User:
            work(rows, _found(rows, name).user)
            return _found(rows, name).user

        return self._world.store.run(unit)

    def _require_roles(self, grants: Sequence[Grant]) -> None:
        known = ROLES[self._world.house]
        for grant in grants:
            if grant.role not in known:
                raise RoleUnusable(role=grant.role, house=self._world.house, known=", ".join(known))
            if self._world.house is House.NODE and (grant.letters_since or grant.letters_until):
                raise PeriodUnusable(role=grant.role)

    def _require_good(self, password: str, login: str, *, factor: bool = False) -> None:
        beside = factor or self._world.factor_wanted
        faults = password_faults(password_form(password), login=login, second_factor=beside)
        if faults:
            raise PasswordWeak(what_vi="; ".join(vi for vi, _ in faults), what_en="; ".join(en for _, en in faults))

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _new_user(login: str, name: str, grants: tuple[Grant, ...], at: datetime) -> User:
    return User(
        seq=0,
        login=login,
        name=name,
        enabled=True,
        grants=grants,
        has_password=True,
        has_second_factor=False,
        must_change=True,
        password_at=at,
        awake_at=at,
        created_at=at,
    )


def _end(rows: PeopleRows, user: User, *, at: datetime, by: str) -> None:
    """His sessions, and the tokens of his programs."""
    sessions.end(rows, user.seq)
    tokens.revoke(rows, user.seq, at=at, by=by)


def _counted(rows: PeopleRows, user: int, at: datetime) -> Secrets:
    held = rows.get(user)
    if held is None:
        raise OldPasswordWrong()
    charge(rows, sessions.login_tries(held.user.login), "", at)
    return held


def _found(rows: PeopleRows, login: str) -> Secrets:
    found = rows.find(login)
    if found is None:
        raise NotFound(what=login)
    return found


def _alarm(change: Change) -> dict[str, Any]:
    number, login, actor = change.seq, change.login, change.actor
    return {
        "code": "people.unconfirmed",
        "subject": f"{number}",
        "vi": f"Thay đổi quyền {number} của {login} ({change.action}) do {actor} làm, chưa ai xác nhận",
        "en": f"Change {number} of {login}'s rights ({change.action}) by {actor} waits for a confirmation",
        "first_at": change.at,
        "last_at": change.at,
        "count": 1,
    }
