"""Coming in, staying in, going out. The token of a session is a secret; only its digest is kept.

Rules of this file:
1. Every try is counted before it is judged, so that tries side by side cannot outrun the count. Unknown names are
   counted and held against a password like known ones.
2. A new token at every step up: nobody keeps a session that he knew before its owner signed in.
3. What a session may do is asked of the store at every request: an end, a closed account and a lost role count at once.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.people import (
    ABSOLUTE,
    Person,
    Session,
    Stage,
    User,
    ends_at,
    is_fresh,
    login_form,
    stage_of,
)
from exchange_axis.pipeline.people_refusals import (
    FactorWrong,
    FormUnderWay,
    LoginWrong,
    SessionEnded,
    StepUpWanted,
)
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.tries import FORGET, charge, factor_tries, refund
from exchange_axis.pipeline.unreviewed import expire_unreviewed, is_to_expire
from exchange_axis.pipeline.unused import close_if_unused, close_unused
from exchange_axis.store import people_sessions as store
from exchange_axis.store.people import PeopleRows, Secrets
from exchange_axis.store.people_sessions import Claim
from exchange_axis.wire.times import cut

log = logging.getLogger("axis.people")

TOKEN: Final = 32
"""Bytes."""
SEEN_EVERY: Final = timedelta(seconds=30)
"""A request within so long after the last one is not written down."""
CLAIM_STALE: Final = timedelta(minutes=2)
"""A form under way for so long was interrupted; its use case makes doing it again harmless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who knocks, as the connection shows."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    token: str
    """For the cookie; opens the session."""
    person: Person

    def __repr__(self) -> str:
        return f"Entered({self.person.user.login})"


class Sessions:
    def __init__(self, world: PeopleWorld) -> None:
        self._world = world

    def enter(self, login: str, password: str, visitor: Visitor) -> Entered:
        """The first step: name and password.

        Raises:
            LoginWrong: for every reason alike.
            LoginLocked: too many wrong tries; this one was not looked at.
        """
        name, at = login_form(login), self._now()
        held = self._world.store.run(lambda rows: self._charged(rows, name, visitor, at))
        right = self._world.passwords.verify(None if held is None else held.password, password)
        if held is None or not right or not held.user.may_enter(at):
            log.warning("people.refused login=%s address=%s", "-" if held is None else name, visitor.address)
            raise LoginWrong()
        renewed = self._renewed(held, password)
        token = self._token()

        def work(rows: PeopleRows) -> Entered:
            user = _still(rows, held, at)
            refund(rows, store.login_tries(name), visitor.address)
            rows.put(user.seq, awake_at=at, **renewed)
            return self._begin(rows, user, token=token, way="password", visitor=visitor, factor_at=None)

        entered = self._world.store.run(work)
        log.info("people.password login=%s address=%s stage=%s", name, visitor.address, entered.person.stage)
        return entered

    def admit(self, user: int, visitor: Visitor, *, way: str, factor_at: datetime | None) -> Entered:
        """Somebody who is known without a password. Raises LoginWrong.

        Args:
            factor_at: when he last showed a second factor; None: it is asked for now.
        """
        at, token = self._now(), self._token()

        def work(rows: PeopleRows) -> Entered | None:
            held = self._as_of(rows, rows.get(user), at)
            if held is None:
                return None
            if not held.user.may_enter(at, by_password=False):
                return None
            rows.put(user, awake_at=at)
            return self._begin(rows, held.user, token=token, way=way, visitor=visitor, factor_at=factor_at)

        entered = self._world.store.run(work)
        if entered is None:
            raise LoginWrong()
        log.info("people.in login=%s address=%s way=%s", entered.person.user.login, visitor.address, way)
        return entered

    def prove(self, token: str, code: str, visitor: Visitor) -> Entered:
        """The second step, or the second factor again: a code of the authenticator, or a recovery code.

        Returns:
            The session under a new token.

        Raises:
            SessionEnded, FactorWrong, LoginLocked.
        """

        def judged(rows: PeopleRows, held: Secrets, at: datetime) -> bool:
            return self._is_code(rows, held, code, at)

        return self.prove_by(token, judged, visitor)

    def prove_by(
        self, token: str, judged: Callable[[PeopleRows, Secrets, datetime], bool], visitor: Visitor
    ) -> Entered:
        """The same, by whatever `judged` says inside the unit of work."""
        at, fresh = self._now(), self._token()
        self._world.store.run(lambda rows: self._charged_factor(rows, token, visitor, at))

        def work(rows: PeopleRows) -> Entered | None:
            person, held = self._of(rows, token, at)
            if not judged(rows, held, at):
                return None
            refund(rows, factor_tries(person.user), visitor.address)
            store.end(rows, person.user.seq, only=person.session.id)
            again = replace(person.session, factor_at=at, seen_at=at)
            return self._store(rows, person.user, again, fresh)

        entered = self._world.store.run(work)
        if entered is None:
            log.warning("people.factor-refused address=%s", visitor.address)
            raise FactorWrong()
        log.info("people.in login=%s address=%s", entered.person.user.login, visitor.address)
        return entered

    def person(self, token: str, *, at_work: bool = True) -> Person:
        """Whose session this is, as of now. Raises SessionEnded.

        Args:
            at_work: False where a page asks by itself: that keeps no session awake.
        """
        at = self._now()
        person = self._world.store.read(lambda rows: self._look(rows, token, at))
        if at_work and at - person.session.seen_at > SEEN_EVERY:
            self._world.store.run(lambda rows: store.seen(rows, person.session.id, at))
        return person

    def left_alone(self, token: str) -> Person:
        """Whose session this was before it ended by not being used, for what tells numbers only. Raises SessionEnded.

        It ends with the sign-out, with the account or its roles, and after the longest time of a session.
        """
        at = self._now()
        person = self._world.store.read(lambda rows: self._look(rows, token, at, awake=False))
        if person.stage is not Stage.IN:
            raise SessionEnded()
        return replace(person, fresh=False)

    def require_fresh(self, person: Person) -> None:
        """For what wants a second factor of the last minutes. Raises StepUpWanted."""
        if (person.user.has_second_factor or self._world.factor_wanted) and not person.fresh:
            raise StepUpWanted()

    def leave(self, token: str) -> None:
        """The session ends; a token that opens nothing is no error."""

        def work(rows: PeopleRows) -> None:
            found = store.session(rows, _digest(token))
            if found is not None:
                store.end(rows, found.user, only=found.id)

        self._world.store.run(work)

    def of(self, user: int) -> tuple[Session, ...]:
        return self._world.store.read(lambda rows: store.sessions_of(rows, user))

    def end(self, user: int, *, only: int | None = None, but: int | None = None) -> int:
        """End one of a person's sessions, all but one, or all; how many."""
        return self._world.store.run(lambda rows: store.end(rows, user, only=only, but=but))

    def renew(self, token: str, *, factor_at: datetime | None = None) -> Entered:
        """The same session under a new token, with the second factor just given if so. Raises SessionEnded."""
        at, other = self._now(), self._token()

        def work(rows: PeopleRows) -> Entered:
            person, _ = self._of(rows, token, at)
            store.end(rows, person.user.seq, only=person.session.id)
            again = replace(person.session, seen_at=at, factor_at=factor_at or person.session.factor_at)
            return self._store(rows, person.user, again, other)

        return self._world.store.run(work)

    def claim(self, name: str) -> Claim | None:
        """Take a submitted form: None is "it is yours", else what became of it. Raises FormUnderWay."""
        at = self._now()
        found = self._world.store.run(lambda rows: store.claim(rows, _digest(name), at, stale=at - CLAIM_STALE))
        if found is not None and found.location is None:
            raise FormUnderWay()
        return found

    def settle(self, name: str, location: str | None) -> None:
        """Where the form led; None: nowhere, and it may be submitted again."""
        self._world.store.run(lambda rows: store.settle(rows, _digest(name), location))

    def sweep(self) -> int:
        """Drop what is over, and close accounts that nobody uses or reviews; how much it did."""
        at = self._now()

        def work(rows: PeopleRows) -> int:
            done = store.sweep(rows, sessions=at - ABSOLUTE, claims=at - FORGET, now=at)
            return done + close_unused(rows, at) + expire_unreviewed(rows, self._world, at)

        return self._world.store.run(work)

    def _charged(self, rows: PeopleRows, name: str, visitor: Visitor, at: datetime) -> Secrets | None:
        charge(rows, store.login_tries(name), visitor.address, at)
        return self._as_of(rows, rows.find(name), at)

    def _as_of(self, rows: PeopleRows, held: Secrets | None, at: datetime) -> Secrets | None:
        """The same once the account is closed, if it is time for that."""
        if held is None:
            return None
        closed = close_if_unused(rows, held.user, at)
        if not closed and is_to_expire(held.user, self._world, at):
            closed = expire_unreviewed(rows, self._world, at) > 0
        return rows.get(held.user.seq) if closed else held

    def _charged_factor(self, rows: PeopleRows, token: str, visitor: Visitor, at: datetime) -> None:
        charge(rows, factor_tries(self._look(rows, token, at).user), visitor.address, at)

    def _renewed(self, held: Secrets, password: str) -> dict[str, str]:
        """A stored password that is cheaper than today's is stored anew."""
        if held.password is None or not self._world.passwords.is_outdated(held.password):
            return {}
        return {"password": self._world.passwords.hash(password)}

    def _is_code(self, rows: PeopleRows, held: Secrets, code: str, at: datetime) -> bool:
        user = held.user.seq
        if held.totp is not None:
            step = self._world.factor.step_of(self._world.factor.opened(held.totp, user), code, at)
            if step is not None:
                return rows.use_step(user, step)
        return rows.use_code(user, self._world.factor.code_digest(code, user), at)

    def _begin(
        self, rows: PeopleRows, user: User, *, token: str, way: str, visitor: Visitor, factor_at: datetime | None
    ) -> Entered:
        at = self._now()
        session = Session(
            id=0,
            user=user.seq,
            begun_at=at,
            seen_at=at,
            factor_at=factor_at,
            way=way,
            address=visitor.address,
            agent=visitor.agent,
        )
        return self._store(rows, user, session, token)

    def _store(self, rows: PeopleRows, user: User, session: Session, token: str) -> Entered:
        store.begin(rows, _digest(token), session)
        person = self._look(rows, token, session.seen_at)
        if person.stage is Stage.IN:
            rows.put(user.seq, entered_at=session.begun_at)
        return Entered(token=token, person=person)

    def _of(self, rows: PeopleRows, token: str, at: datetime) -> tuple[Person, Secrets]:
        """With the row of the person locked."""
        person = self._look(rows, token, at)
        held = rows.get(person.user.seq)
        if held is None:
            raise SessionEnded()
        return person, held

    def _look(self, rows: PeopleRows, token: str, at: datetime, *, awake: bool = True) -> Person:
        session = store.session(rows, _digest(token))
        user = None if session is None else rows.look(session.user)
        if session is None or user is None or not user.enabled or is_to_expire(user, self._world, at):
            raise SessionEnded()
        stage, roles = stage_of(user, session, factor_wanted=self._world.factor_wanted), user.roles(at)
        if at >= (ends_at(session, stage, roles) if awake else session.begun_at + ABSOLUTE):
            raise SessionEnded()
        given = roles if stage is Stage.IN and not user.unreviewed else frozenset()
        return Person(user=user, session=session, stage=stage, roles=given, fresh=is_fresh(session, at))

    def _token(self) -> str:
        return self._world.rng.token(TOKEN).hex()

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def form_key(token: str) -> str:
    """What every form of a session carries: made from its token, so that nothing of it is stored."""
    return hmac.digest(token.encode("utf-8", "replace"), b"axis-form-1", "sha256").hex()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _still(rows: PeopleRows, held: Secrets, at: datetime) -> User:
    """The person may have been closed, or given another password, while this one was checked."""
    now = rows.get(held.user.seq)
    if now is None or not now.user.may_enter(at) or now.password != held.password:
        raise LoginWrong()
    return now.user
