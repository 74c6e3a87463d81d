"""Who works at a desk or a console, what each may do, and when a session ends. Pure: the time is always given.

Rules of this file:
1. A role without a grant in force today gives nothing; nobody has a role by default.
2. What a session may do is worked out anew from the person as he stands now: a role taken away is gone at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from exchange_axis.domain.calendar import VIETNAM

IDLE: Final = timedelta(minutes=15)
ADMIN_IDLE: Final = timedelta(minutes=5)
"""Of people whose roles change what others may do (TCVN 14423:2026: lock of idle sessions)."""
ABSOLUTE: Final = timedelta(hours=12)
ENTRY: Final = timedelta(minutes=10)
"""For the steps between the password and being in."""
STEP_UP: Final = timedelta(minutes=5)
"""How long a second factor counts as fresh."""
PASSKEY_WAIT: Final = timedelta(minutes=5)
"""For finger, face or PIN, once the browser was asked for a passkey."""
PASSKEYS_MOST: Final = 10
"""Of one person."""
PASSKEY: Final = "passkey"
OPENID: Final = "oidc"
"""Ways in, as a session has them; the third is `password`."""
TRIES: Final = 5
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
LONG_PASSWORD: Final = 14
SHORT_PASSWORD: Final = 8
"""Characters where a second factor stands beside the password."""
LONGEST_PASSWORD: Final = 256
DIFFERENT: Final = 5
"""Different characters that a password has at least."""
FIRST_PASSWORD_LIFE: Final = timedelta(days=7)
"""A password that somebody else has seen works for so long, once."""
ASLEEP: Final = timedelta(days=45)
"""An account nobody used for so long is closed until it is enabled again (TCVN 14423:2026)."""
DROWSY: Final = timedelta(days=7)
"""So long before it is said that an account will be closed."""
HOUSE_ACTOR: Final = "axis (45 days)"
"""Who closes accounts that nobody uses, as the record says it; no login and no account of a machine looks like it."""
REVIEW_DAYS: Final = 180
"""Within so many days somebody looks through the accounts: half a year at level 3, 90 days at level 4 (the same)."""
EXPIRY_DAYS: Final = 30
"""So many days later an account that still nobody has looked at expires; the standard names no number."""
REVIEW_ACTOR: Final = "axis (review)"
"""Who lets such accounts expire, as the record says it."""
NAME_LENGTH: Final = 200
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class House(StrEnum):
    NODE = "node"
    HUB = "hub"


class Role(StrEnum):
    CLERK = "clerk"
    DEPUTY_CLERK = "deputy-clerk"
    """Covers for a clerk on leave: the same powers, within the dates of the grant."""
    LEADER = "leader"
    READ_ONLY = "read-only"
    UNIT_ADMIN = "unit-admin"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    REGISTRY_OFFICER = "registry-officer"
    SECURITY_OFFICER = "security-officer"


ROLES: Final[Mapping[House, tuple[Role, ...]]] = {
    House.NODE: (Role.CLERK, Role.DEPUTY_CLERK, Role.LEADER, Role.READ_ONLY, Role.UNIT_ADMIN),
    House.HUB: (Role.AUDITOR, Role.OPERATOR, Role.REGISTRY_OFFICER, Role.SECURITY_OFFICER),
}
ADMINS: Final = frozenset({Role.UNIT_ADMIN, Role.OPERATOR, Role.REGISTRY_OFFICER, Role.SECURITY_OFFICER})
CONFIRMING: Final = frozenset({Role.UNIT_ADMIN, Role.LEADER, Role.SECURITY_OFFICER})
"""Who may say that a change of somebody's rights is right (R123), and that an account is."""
ACCOUNT_KEEPERS: Final = frozenset({Role.UNIT_ADMIN, Role.SECURITY_OFFICER})
"""Who keeps the accounts of a house."""
ROLE_WORDS: Final[Mapping[Role, tuple[str, str]]] = {
    Role.CLERK: ("Văn thư", "Clerk"),
    Role.DEPUTY_CLERK: ("Văn thư thay thế", "Deputy clerk"),
    Role.LEADER: ("Lãnh đạo", "Leader"),
    Role.READ_ONLY: ("Chỉ xem", "Read only"),
    Role.UNIT_ADMIN: ("Quản trị đơn vị", "Unit administrator"),
    Role.AUDITOR: ("Kiểm tra, giám sát", "Auditor"),
    Role.OPERATOR: ("Vận hành trục", "Operator"),
    Role.REGISTRY_OFFICER: ("Quản lý danh mục", "Registry officer"),
    Role.SECURITY_OFFICER: ("An toàn thông tin", "Security officer"),
}


class Act(StrEnum):
    """What wants a fresh second factor."""

    SEND_SEALED = "send-sealed"
    RECALL = "recall"
    REGISTRY = "registry"
    ERASURE = "erasure"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One role of one person."""

    role: Role
    codes: tuple[str, ...] = ()
    """Agencies with what is below them in the directory; none: all that this house holds."""
    since: date | None = None
    """First day in force, in Vietnam; None: since ever."""
    until: date | None = None
    """Last day."""
    letters_since: date | None = None
    """Letters received before this day are not shown."""
    letters_until: date | None = None

    def in_force(self, at: datetime) -> bool:
        return _within(at.astimezone(VIETNAM).date(), self.since, self.until)

    def covers(self, path: Collection[str], received: datetime) -> bool:
        """Whether a letter is within the territory and the period.

        Args:
            path: codes of its agencies and of all above them by the directory.
        """
        day = received.astimezone(VIETNAM).date()
        return (not self.codes or not set(self.codes).isdisjoint(path)) and _within(
            day, self.letters_since, self.letters_until
        )

    def words(self) -> str:
        """One line for the record of changes: `auditor codes=H90 letters=2026-01-01..2026-06-30`."""
        parts = [self.role.value, f"codes={','.join(self.codes)}" if self.codes else ""]
        parts += [f"in-force={_span(self.since, self.until)}" if self.since or self.until else ""]
        letters = self.letters_since or self.letters_until
        parts += [f"letters={_span(self.letters_since, self.letters_until)}" if letters else ""]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person as the store knows him; no secret is in here."""

    seq: int
    login: str
    name: str
    enabled: bool
    grants: tuple[Grant, ...]
    has_password: bool
    has_second_factor: bool
    must_change: bool
    """The password was made by somebody else."""
    password_at: datetime | None
    awake_at: datetime
    """Last sign-in, or when he was added or enabled."""
    created_at: datetime
    entered_at: datetime | None = None
    """When the newest session began that came all the way in; None: none ever did."""
    lapsed: bool = False
    """Closed because nobody used it."""
    reviewed_at: datetime | None = None
    """When another person last looked at it; None: nobody did since it was made."""
    unreviewed: bool = False
    """Nobody looked at it for too long: closed, or (`enabled`) left with nothing but the right to review others."""

    def roles(self, at: datetime) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants if grant.in_force(at))

    def is_asleep(self, at: datetime) -> bool:
        return self.lapsed or at - self.awake_at > ASLEEP

    def sleeps_at(self) -> datetime:
        """When it is closed unless somebody signs in."""
        return self.awake_at + ASLEEP

    @property
    def only_reviews(self) -> bool:
        return self.enabled and self.unreviewed

    def looked_at(self) -> datetime:
        """Since when its review is awaited."""
        return self.reviewed_at or self.created_at

    def is_overdue(self, at: datetime, days: int) -> bool:
        """Whether nobody has looked at it for more than so many days."""
        return at - self.looked_at() > timedelta(days=days)

    def may_enter(self, at: datetime, *, by_password: bool = True) -> bool:
        stale = (
            by_password
            and self.must_change
            and self.password_at is not None
            and at - self.password_at > FIRST_PASSWORD_LIFE
        )
        return self.enabled and not self.is_asleep(at) and not stale


class Stage(StrEnum):
    """How far a session is; only `in` opens anything but the next step."""

    FACTOR = "factor"
    CHANGE = "change"
    ENROL = "enrol"
    IN = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: int
    """Shown in the list of sessions; opens nothing."""
    user: int
    begun_at: datetime
    seen_at: datetime
    factor_at: datetime | None
    """When a second factor was last given."""
    way: str
    """password, passkey or oidc: how he came in."""
    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is asking, as of now."""

    user: User
    session: Session
    stage: Stage
    roles: frozenset[Role]
    fresh: bool
    """The second factor was given within the last minutes."""

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def actor(self) -> str:
        """As decisions record it."""
        return self.user.login

    def grants_of(self, role: Role, at: datetime) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.user.grants if grant.role is role and grant.in_force(at))


def stage_of(user: User, session: Session, *, factor_wanted: bool) -> Stage:
    """The next step of somebody who is known.

    Args:
        factor_wanted: nobody is in without a second factor, be it the provider's where he signed in elsewhere.
    """
    if user.has_second_factor and session.factor_at is None:
        return Stage.FACTOR
    if session.way not in (PASSKEY, OPENID) and user.must_change:
        return Stage.CHANGE
    if factor_wanted and not user.has_second_factor and (session.way != OPENID or session.factor_at is None):
        return Stage.ENROL
    return Stage.IN


def ends_at(session: Session, stage: Stage, roles: Iterable[Role]) -> datetime:
    if stage is not Stage.IN:
        return session.begun_at + ENTRY
    idle = ADMIN_IDLE if ADMINS.intersection(roles) else IDLE
    return min(session.seen_at + idle, session.begun_at + ABSOLUTE)


def is_fresh(session: Session, at: datetime) -> bool:
    return session.factor_at is not None and at - session.factor_at <= STEP_UP


def locked_until(failures: int, last_at: datetime) -> datetime | None:
    """When another try is looked at; tries before that are not, and do not count: nobody is locked out for good."""
    if failures < TRIES:
        return None
    pause: timedelta = FIRST_PAUSE * (1 << min(failures - TRIES, 10))
    return last_at + min(pause, LONGEST_PAUSE)


def password_faults(password: str, *, login: str, second_factor: bool) -> tuple[tuple[str, str], ...]:
    """What is wrong with a password, in Vietnamese and English; nothing is: empty."""
    least = SHORT_PASSWORD if second_factor else LONG_PASSWORD
    faults = []
    if len(password) < least:
        faults.append((f"cần ít nhất {least} ký tự", f"at least {least} characters are wanted"))
    if len(password) > LONGEST_PASSWORD:
        faults.append((f"dài quá {LONGEST_PASSWORD} ký tự", f"longer than {LONGEST_PASSWORD} characters"))
    if len(set(password)) < DIFFERENT:
        faults.append((f"cần ít nhất {DIFFERENT} ký tự khác nhau", f"at least {DIFFERENT} different characters"))
    if login in password.casefold():
        faults.append(("không được chứa tên đăng nhập", "it must not contain the login name"))
    return tuple(faults)


def password_form(text: str) -> str:
    """The same password from every keyboard."""
    return unicodedata.normalize("NFC", text)


def login_form(text: str) -> str:
    """As it is compared; not checked."""
    return unicodedata.normalize("NFC", text).strip().casefold()[:NAME_LENGTH]


def is_login(text: str) -> bool:
    return _LOGIN.fullmatch(text) is not None


def grants_words(grants: Sequence[Grant]) -> str:
    return "; ".join(grant.words() for grant in grants) or "-"


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _span(since: date | None, until: date | None) -> str:
    return f"{since or ''}..{until or ''}"
