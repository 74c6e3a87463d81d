"""Setting up a second factor: by the person himself, proved before it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.people import Person
from exchange_axis.pipeline.people_refusals import FactorWrong
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.sessions import Entered, Sessions
from exchange_axis.store import people_sessions as store
from exchange_axis.store.people import PeopleRows
from exchange_axis.wire.times import cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Shown until the first code proves that the authenticator has it; never again."""

    secret: str
    address: str
    """otpauth URI, for the picture."""

    def __repr__(self) -> str:
        return "Offered()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    entered: Entered
    """The session under a new token."""
    codes: tuple[str, ...]
    """Recovery codes, to be printed; never shown again."""

    def __repr__(self) -> str:
        return "Enrolled()"


class Enrolling:
    def __init__(self, world: PeopleWorld, sessions: Sessions) -> None:
        self._world = world
        self._sessions = sessions

    def offer(self, person: Person) -> Offered:
        """A secret for the authenticator; the one that was offered and not proved is offered again."""
        user = person.user

        def work(rows: PeopleRows) -> str:
            held = rows.get(user.seq)
            if held is not None and held.totp_new is not None:
                return self._world.factor.opened(held.totp_new, user.seq)
            secret = self._world.factor.new_secret()
            rows.put(user.seq, totp_new=self._world.factor.sealed(secret, user.seq))
            return secret

        secret = self._world.store.run(work)
        return Offered(secret=secret, address=self._world.factor.address(secret, user.login))

    def finish(self, person: Person, token: str, code: str) -> Enrolled:
        """The first code of the new authenticator. Its predecessor, and older recovery codes, open nothing any more.

        Raises:
            FactorWrong: not a code of the secret that was offered.
            SessionEnded.
        """
        user, at = person.user, cut(self._world.clock.now())
        codes = self._world.factor.new_codes()

        def work(rows: PeopleRows) -> bool:
            held = rows.get(user.seq)
            if held is None or held.totp_new is None:
                return False
            secret = self._world.factor.opened(held.totp_new, user.seq)
            step = self._world.factor.step_of(secret, code, at)
            if step is None:
                return False
            sealed = self._world.factor.sealed(secret, user.seq)
            rows.put(user.seq, totp=sealed, totp_new=None, totp_step=step)
            self._keep_codes(rows, user.seq, codes)
            store.end(rows, user.seq, but=person.session.id)
            self._note(rows, person, "factor", at)
            return True

        if not self._world.store.run(work):
            raise FactorWrong()
        return Enrolled(entered=self._sessions.renew(token, factor_at=at), codes=codes)

    def new_codes(self, person: Person) -> tuple[str, ...]:
        """Recovery codes in place of the old ones. Raises StepUpWanted."""
        self._sessions.require_fresh(person)
        codes, at = self._world.factor.new_codes(), cut(self._world.clock.now())

        def work(rows: PeopleRows) -> None:
            self._keep_codes(rows, person.user.seq, codes)
            self._note(rows, person, "recovery-codes", at)

        self._world.store.run(work)
        return codes

    def codes_left(self, person: Person) -> int:
        return self._world.store.read(lambda rows: rows.codes_left(person.user.seq))

    def _keep_codes(self, rows: PeopleRows, user: int, codes: tuple[str, ...]) -> None:
        rows.set_codes(user, [self._world.factor.code_digest(code, user) for code in codes])

    def _note(self, rows: PeopleRows, person: Person, action: str, at: datetime) -> None:
        login = person.user.login
        rows.note(at=at, actor=login, action=action, login=login, details="", alarm=False)
