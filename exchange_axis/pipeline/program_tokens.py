"""Tokens by which an auditor's own program asks a hub in his name (RFC 6750). Only the digest of a secret is kept.

Rules of this file:
1. A token has no right of its own: at each question its owner is looked at as he stands now. A role that is gone, an
   account that is closed, and whatever ends all his sessions, ends it.
2. It says why it reads, once, when it is made; every read of it is noted with that reason.
3. A wrong secret is counted before the next one is looked at, as at the door (`tries`). Every reason to refuse is
   told alike.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from exchange_axis.domain.bucket import Bucket
from exchange_axis.domain.people import Person, Role, Session, Stage, User
from exchange_axis.domain.program_tokens import (
    DAYS_MOST,
    LIVE_MOST,
    NAME_MOST,
    RATE,
    ProgramToken,
    token_parts,
    token_text,
)
from exchange_axis.domain.reasons import stated
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.pipeline.people_refusals import LoginLocked, NotForRole, StepUpWanted
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.sessions import Visitor
from exchange_axis.pipeline.tries import charge, refund
from exchange_axis.pipeline.unreviewed import is_to_expire
from exchange_axis.store import people_tokens as store
from exchange_axis.store.people import PeopleRows
from exchange_axis.wire.times import cut

log = logging.getLogger("axis.people")

SECRET: Final = 32
"""Bytes."""
WAY: Final = "token"
SEEN_EVERY: Final = timedelta(minutes=1)
"""A use within so long after the last one is not written down."""


class TokenRefused(AxisError):
    code: ClassVar[str] = "auth.token"
    vi: ClassVar[str] = "Mã truy cập sai, đã hết hạn, đã thu hồi, hoặc chủ của nó không còn quyền kiểm tra"
    en: ClassVar[str] = "The token is wrong, over or revoked, or its owner is no auditor any more"
    remedy_vi: ClassVar[str] = "Chủ tài khoản tạo mã khác ở trang Tài khoản của tôi; gửi 'Authorization: Bearer …'"
    remedy_en: ClassVar[str] = "Its owner makes another one on his account page; send 'Authorization: Bearer …'"


class TokenBusy(AxisError):
    """Facts: seconds."""

    code: ClassVar[str] = "auth.token-busy"
    vi: ClassVar[str] = "Mã truy cập này hỏi quá nhanh; hỏi lại sau {seconds} giây"
    en: ClassVar[str] = "This token asks too fast; ask again in {seconds} seconds"


class TokenUnusable(AxisError):
    """Facts: name, days."""

    code: ClassVar[str] = "people.token-unusable"
    vi: ClassVar[str] = "Mã truy cập cần tên in được, tối đa {name} ký tự, và hạn từ 1 đến {days} ngày"
    en: ClassVar[str] = "A token needs a printable name of at most {name} characters, and 1 to {days} days"


class TokenLimit(AxisError):
    """Facts: limit."""

    code: ClassVar[str] = "people.token-limit"
    vi: ClassVar[str] = "Đã có {limit} mã truy cập còn hạn; thu hồi bớt trước"
    en: ClassVar[str] = "There are {limit} live tokens; revoke one first"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    token: ProgramToken
    text: str
    """For the program; shown once."""

    def __repr__(self) -> str:
        return f"MadeToken({self.token.number})"


class ProgramTokens:
    def __init__(self, world: PeopleWorld) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._buckets: dict[int, Bucket] = {}

    def make(self, person: Person, *, name: str, reason: str, days: int) -> MadeToken:
        """Raises StepUpWanted, NotForRole, TokenUnusable, ChangeReasonMissing, TokenLimit."""
        if not person.fresh:
            raise StepUpWanted()
        if Role.AUDITOR not in person.roles:
            raise NotForRole(what=WAY)
        name, at = " ".join(name.split()), self._now()
        if not 0 < len(name) <= NAME_MOST or not name.isprintable() or not 1 <= days <= DAYS_MOST:
            raise TokenUnusable(name=NAME_MOST, days=DAYS_MOST)
        why, secret = stated(reason), self._world.rng.token(SECRET)
        fresh = ProgramToken(
            number=0, user=person.user.seq, name=name, reason=why, made_at=at, ends_at=at + timedelta(days=days)
        )

        def work(rows: PeopleRows) -> int:
            rows.get(person.user.seq)  # locked: two forms at once count each other
            if sum(one.is_live(at) for one in store.of(rows, person.user.seq)) >= LIVE_MOST:
                raise TokenLimit(limit=LIVE_MOST)
            number = store.add(rows, fresh, _digest(secret.hex()))
            details = f"number={number} name={name} ends={fresh.ends_at.isoformat()} reason={why}"
            login = person.user.login
            rows.note(at=at, actor=login, action="token-add", login=login, details=details, alarm=False)
            return number

        number = self._world.store.run(work)
        made = next(one for one in self.of(person.user.seq) if one.number == number)
        return MadeToken(token=made, text=token_text(number, secret))

    def of(self, user: int) -> tuple[ProgramToken, ...]:
        """Newest first, with those that are over."""
        return self._world.store.read(lambda rows: store.of(rows, user))

    def revoke(self, login: str, number: int, *, actor: str) -> None:
        """By its owner or by whoever keeps the accounts. Raises NotFound: this person has no such live token."""
        at = self._now()

        def work(rows: PeopleRows) -> None:
            held = rows.find(login)
            if held is None or not store.revoke(rows, held.user.seq, at=at, by=actor, only=number):
                raise NotFound(what=str(number))
            rows.note(at=at, actor=actor, action="token-revoke", login=login, details=f"number={number}", alarm=False)

        self._world.store.run(work)

    def asker(self, text: str, visitor: Visitor) -> tuple[Person, ProgramToken]:
        """Whose program asks, as of now.

        Raises:
            TokenRefused, LoginLocked: too many wrong tries, TokenBusy.
        """
        parts, at = token_parts(text), self._now()
        number, secret = parts or (0, "")

        def work(rows: PeopleRows) -> tuple[Person, ProgramToken] | LoginLocked | None:
            try:
                charge(rows, f"~{number}", visitor.address, at)
            except LoginLocked as locked:
                return locked
            found = store.find(rows, number) if number else None
            if found is None or not hmac.compare_digest(found[1], _digest(secret)):
                return None
            refund(rows, f"~{number}", visitor.address)
            token, user = found[0], rows.look(found[0].user)
            if user is None or not token.is_live(at) or not self._is_auditor(user, at):
                return None
            if token.used_at is None or at - token.used_at >= SEEN_EVERY:
                store.used(rows, number, at)
            return _person(user, token, visitor, at), token

        judged = self._world.store.run(work)
        if isinstance(judged, LoginLocked):
            raise judged
        if judged is None:
            log.warning("people.token-refused number=%s address=%s", number or "-", visitor.address)
            raise TokenRefused()
        self._take(number)
        return judged

    def _is_auditor(self, user: User, at: datetime) -> bool:
        open_ = user.enabled and not user.unreviewed and not user.is_asleep(at)
        return open_ and not is_to_expire(user, self._world, at) and Role.AUDITOR in user.roles(at)

    def _take(self, number: int) -> None:
        now = self._world.clock.monotonic()
        with self._lock:
            bucket = self._buckets.get(number, Bucket(level=RATE.burst, at=now)).filled(RATE, now)
            wait = bucket.wait(RATE)
            self._buckets[number] = bucket if wait else bucket.taken()
        if wait:
            raise TokenBusy(seconds=max(1, round(wait)))

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _person(user: User, token: ProgramToken, visitor: Visitor, at: datetime) -> Person:
    """Its owner as an auditor and as nothing else that he may be."""
    session = Session(
        id=0,
        user=user.seq,
        begun_at=token.made_at,
        seen_at=at,
        factor_at=None,
        way=WAY,
        address=visitor.address,
        agent=visitor.agent,
    )
    return Person(user=user, session=session, stage=Stage.IN, roles=frozenset({Role.AUDITOR}), fresh=False)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
