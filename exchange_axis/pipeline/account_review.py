"""Looking through the accounts: who may come in, as what, since when and by whom; and the word that somebody did.

Rules of this file:
1. What is shown comes from the record of changes, which only grows, and from the accounts as they stand now.
2. A review is a line of that record for each account, with the roles that it had: nobody reviews his own, and nobody
   reviews roles that changed after he saw them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from exchange_axis.domain.accounts import Factor, Standing
from exchange_axis.domain.people import DROWSY, User, grants_words, locked_until
from exchange_axis.domain.two_people import is_same_person
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.store import people_review as store
from exchange_axis.store.people import Change, PeopleRows
from exchange_axis.store.people_review import ADD, DISABLE, REVIEW, ROLES, AccountRow
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

    @property
    def is_open(self) -> bool:
        return self.standing not in (Standing.ASLEEP, Standing.DISABLED)


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
                rows.note(at=at, actor=actor, action=REVIEW, login=login, details=_details(account, note), alarm=False)
            return len(set(logins))

        return self._world.store.run(work)

    def due(self) -> int:
        """How many open accounts nobody has looked at for too long."""
        return sum(one.review_due for one in self.every())

    def alarms(self) -> list[dict[str, Any]]:
        """In the form of other alarms."""
        late = [one for one in self.every() if one.review_due]
        if not late:
            return []
        days, first = self._world.review_days, min(self._since(one) for one in late)
        return [
            {
                "code": "people.review-due",
                "subject": "",
                "vi": f"{len(late)} tài khoản quá {days} ngày chưa ai rà soát",
                "en": f"{len(late)} accounts were not reviewed for more than {days} days",
                "first_at": first + timedelta(days=days),
                "last_at": self._now(),
                "count": len(late),
            }
        ]

    def _account(self, row: AccountRow, at: datetime) -> Account:
        user, standing = row.user, _standing(row, at)
        is_open, reviewed = standing not in (Standing.ASLEEP, Standing.DISABLED), row.changes.get(REVIEW)
        looked = user.created_at if reviewed is None else reviewed.at
        return Account(
            user=user,
            standing=standing,
            factors=_factors(row),
            passkeys=row.passkeys,
            made=row.changes.get(ADD),
            granted=row.changes.get(ROLES) or row.changes.get(ADD),
            closed=None if is_open else row.changes.get(DISABLE),
            reviewed=reviewed,
            review_due=is_open and at - looked > timedelta(days=self._world.review_days),
            closes_at=user.sleeps_at() if is_open else None,
        )

    def _since(self, account: Account) -> datetime:
        return account.user.created_at if account.reviewed is None else account.reviewed.at

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _standing(row: AccountRow, at: datetime) -> Standing:
    user = row.user
    if user.lapsed or (user.enabled and user.is_asleep(at)):
        return Standing.ASLEEP
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
