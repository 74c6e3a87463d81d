"""Looking through the accounts: who may come in, as what, since when and by whom; and the word that somebody did.

Rules of this file:
1. What is shown comes from the record of changes, which only grows, and from the accounts as they stand now.
2. A review is a line of that record for each account, with the roles that it had: nobody reviews his own, and nobody
   reviews roles that changed after he saw them.
3. A review opens again what had expired for want of it (`unreviewed`), and nothing that somebody closed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from exchange_axis.domain.accounts import Factor, Standing
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.people import DROWSY, User, grants_words, locked_until
from exchange_axis.domain.two_people import is_same_person
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.store import people_review as store
from exchange_axis.store.people import Change, PeopleRows
from exchange_axis.store.people_review import ADD, DISABLE, EXPIRE, REVIEW, ROLES, AccountRow
from exchange_axis.wire.times import cut

NOTE_LENGTH: Final = 200
HISTORY: Final = 50
"""Changes of one account that are shown."""


class ReviewOwn(AxisError):
    code: ClassVar[str] = "people.review-own"
    vi: ClassVar[str] = "{actor} không tự rà soát tài khoản {login} của mình được"
    en: ClassVar[str] = "{actor} cannot review {login}, the own account"
    remedy_vi: ClassVar[str] = "Người khác (quản trị, lãnh đạo hoặc cán bộ an toàn thông tin) rà soát tài khoản này"
    remedy_en: ClassVar[str] = "Another person (administrator, leader or security officer) reviews this one"


class ReviewStale(AxisError):
    code: ClassVar[str] = "people.review-stale"
    vi: ClassVar[str] = "Quyền của {login} vừa thay đổi sau khi danh sách được hiện"
    en: ClassVar[str] = "The roles of {login} changed after the list was shown"
    remedy_vi: ClassVar[str] = "Xem lại danh sách rồi xác nhận lại"
    remedy_en: ClassVar[str] = "Look at the list again, then confirm again"


class ReviewUnusable(AxisError):
    """Facts: limit."""

    code: ClassVar[str] = "people.review-unusable"
    vi: ClassVar[str] = "Rà soát cần ít nhất một tài khoản; ghi chú in được, tối đa {limit} ký tự"
    en: ClassVar[str] = "A review names at least one account; its note is printable, at most {limit} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    user: User
    standing: Standing
    factors: tuple[Factor, ...]
    passkeys: int
    made: Change | None
    granted: Change | None
    """When the roles were last set."""
    closed: Change | None
    """Of an account that is closed: by whom and why."""
    reviewed: Change | None
    review_due: bool
    closes_at: datetime | None
    """When it will be closed unless its owner signs in; None: it is closed."""
    expires_at: datetime | None
    """When it will expire unless somebody reviews it; None: it has, or it is closed."""

    @property
    def is_open(self) -> bool:
        return self.standing not in _CLOSED

    @property
    def has_expired(self) -> bool:
        """For want of a review."""
        return self.standing in _EXPIRED


_CLOSED: Final = frozenset({Standing.ASLEEP, Standing.EXPIRED, Standing.DISABLED})
_EXPIRED: Final = frozenset({Standing.EXPIRED, Standing.REVIEW_ONLY})


class AccountReview:
    def __init__(self, world: PeopleWorld) -> None:
        self._world = world

    def every(self) -> tuple[Account, ...]:
        """All accounts, by login name."""
        at = self._now()
        return tuple(self._account(row, at) for row in self._world.store.read(store.accounts))

    def one(self, login: str) -> Account:
        """Raises NotFound."""
        found = next((one for one in self.every() if one.user.login == login), None)
        if found is None:
            raise NotFound(what=login)
        return found

    def history(self, login: str) -> tuple[Change, ...]:
        """What was changed about an account, newest first."""
        return self._world.store.read(lambda rows: store.of_account(rows, login, HISTORY))

    def record(self, logins: Collection[str], *, actor: str, note: str = "", seen: int | None = None) -> int:
        """Put on record that these accounts were looked at and are right; how many.

        Args:
            seen: number of the newest change when the list was made; None: it is made now.

        Raises:
            ReviewUnusable, NotFound, ReviewOwn, ReviewStale.
        """
        note = note.strip()
        if not logins or len(note) > NOTE_LENGTH or not note.isprintable():
            raise ReviewUnusable(limit=NOTE_LENGTH)
        at = self._now()

        def work(rows: PeopleRows) -> int:
            known = {row.user.login: self._account(row, at) for row in store.accounts(rows)}
            for login in sorted(set(logins)):
                account = known.get(login)
                if account is None:
                    raise NotFound(what=login)
                if is_same_person(actor, login):
                    raise ReviewOwn(actor=actor, login=login)
                if seen is not None and account.granted is not None and account.granted.seq > seen:
                    raise ReviewStale(login=login)
                rows.put(account.user.seq, **_looked(account, at))
                rows.note(at=at, actor=actor, action=REVIEW, login=login, details=_details(account, note), alarm=False)
            return len(set(logins))

        return self._world.store.run(work)

    def warned(self, user: User) -> datetime | None:
        """When he expires, where his review is overdue and nobody has yet looked at him."""
        world, late = self._world, user.is_overdue(self._now(), self._world.review_days)
        return user.looked_at() + timedelta(days=world.unreviewed_days) if late and not user.unreviewed else None

    def due(self) -> int:
        """How many open accounts nobody has looked at for too long."""
        return sum(one.review_due for one in self.every())

    def alarms(self) -> list[dict[str, Any]]:
        """In the form of other alarms."""
        every, at, days = self.every(), self._now(), self._world.review_days
        return [
            _alarm(code, found, at, first=min(one.user.looked_at() for one in found) + timedelta(days=days))
            for code, found in (
                ("people.review-due", [one for one in every if one.review_due]),
                ("people.review-expired", [one for one in every if one.standing is Standing.EXPIRED]),
                ("people.review-last", [one for one in every if one.standing is Standing.REVIEW_ONLY]),
            )
            if found
        ]

    def _account(self, row: AccountRow, at: datetime) -> Account:
        user, standing, world = row.user, _standing(row, at), self._world
        is_open, has_expired = standing not in _CLOSED, standing in _EXPIRED
        lives = is_open and not has_expired
        return Account(
            user=user,
            standing=standing,
            factors=_factors(row),
            passkeys=row.passkeys,
            made=row.changes.get(ADD),
            granted=row.changes.get(ROLES) or row.changes.get(ADD),
            closed=row.changes.get(EXPIRE) if has_expired else None if is_open else row.changes.get(DISABLE),
            reviewed=row.changes.get(REVIEW),
            review_due=lives and user.is_overdue(at, world.review_days),
            closes_at=user.sleeps_at() if is_open else None,
            expires_at=user.looked_at() + timedelta(days=world.unreviewed_days) if lives else None,
        )

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _standing(row: AccountRow, at: datetime) -> Standing:
    user = row.user
    if user.lapsed or (user.enabled and user.is_asleep(at)):
        return Standing.ASLEEP
    if user.unreviewed:
        return Standing.REVIEW_ONLY if user.enabled else Standing.EXPIRED
    if not user.enabled:
        return Standing.DISABLED
    until = None if row.tries is None else locked_until(*row.tries)
    if until is not None and until > at:
        return Standing.LOCKED
    return Standing.DUE if user.sleeps_at() - at <= DROWSY else Standing.ACTIVE


def _factors(row: AccountRow) -> tuple[Factor, ...]:
    held = {Factor.TOTP: row.has_totp, Factor.PASSKEY: row.passkeys > 0, Factor.OPENID: row.has_outside}
    return tuple(factor for factor, has in held.items() if has)


def _details(account: Account, note: str) -> str:
    return f"grants={grants_words(account.user.grants)} state={account.standing}" + (f" note={note}" if note else "")


def _looked(account: Account, at: datetime) -> dict[str, Any]:
    """What a review changes about an account: what had expired opens, and counts as used, or it would close again."""
    opened = {"enabled": True, "unreviewed": False, "awake_at": at} if account.has_expired else {}
    return {"reviewed_at": at, **opened}


_ALARMS: Final = {
    "people.review-due": (
        "{count} tài khoản quá hạn rà soát; từ {day} sẽ hết hạn, không vào được nữa ({logins})",
        "{count} accounts are overdue for review; from {day} on they expire and let nobody in ({logins})",
    ),
    "people.review-expired": (
        "{count} tài khoản đã hết hạn vì chưa ai rà soát ({logins}): rà soát để mở lại, hoặc đóng hẳn",
        "{count} accounts expired because nobody reviewed them ({logins}): review to open them, or close them",
    ),
    "people.review-last": (
        "{logins} là người quản trị cuối cùng và đã hết hạn: chỉ còn rà soát được người khác, chờ người khác rà soát",
        "{logins} is the last administrator and has expired: may only review others, and waits for a review",
    ),
}
SHOWN_LOGINS: Final = 5
"""Of an alarm."""


def _alarm(code: str, found: Sequence[Account], at: datetime, *, first: datetime) -> dict[str, Any]:
    vi, en = _ALARMS[code]
    ends = [one.expires_at for one in found if one.expires_at is not None]
    facts = {
        "count": len(found),
        "day": f"{day_of(min(ends)):%d/%m/%Y}" if ends else "",
        "logins": ", ".join(one.user.login for one in found[:SHOWN_LOGINS]) + (", …" if found[SHOWN_LOGINS:] else ""),
    }
    return {
        "code": code,
        "subject": "",
        "vi": vi.format_map(facts),
        "en": en.format_map(facts),
        "first_at": first,
        "last_at": at,
        "count": len(found),
    }
