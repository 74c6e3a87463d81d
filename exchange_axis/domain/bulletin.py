"""Bulletins: what leaves the machine to say that there is mail, without saying anything of the mail (R72, R84).

Rules of this file:
1. A bulletin is made of numbers, a time and the address of the desk. There is no field that could hold a subject, a
   number, an agency or a person, so nobody has to remember to leave them out.
2. An event (a letter that came, an hour of the digest) is told of at most once at each destination. Where nobody knows
   whether a bulletin arrived, it counts as told: the next one carries the numbers again.
3. Hỏa tốc goes at once; other letters are gathered; a digest goes at its hours. Hours are Vietnam's, never the host's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import Hours
from exchange_axis.domain.lifecycle import Machine

DIGEST_LATE = timedelta(hours=2)
"""A digest whose hour has passed for so long is not sent any more; the next one is."""
LASTS = timedelta(hours=24)
"""How long one bulletin is tried."""


class BulletinKind(StrEnum):
    MOST_URGENT = "most-urgent"
    DIGEST = "digest"
    GATHERED = "gathered"
    ALARM = "alarm"
    """Of a hub, to its operator."""
    TEST = "test"


EVENTS = (BulletinKind.MOST_URGENT, BulletinKind.DIGEST, BulletinKind.GATHERED)
"""Kinds that mail at a node gives rise to, in the order in which they go."""


class BulletinState(StrEnum):
    IDLE = "idle"
    """Everything was told."""
    SENDING = "sending"
    """On its way. After a restart: nobody knows what became of it."""
    WAITING = "waiting"
    """It surely did not arrive, and is tried again."""


class BulletinEvent(StrEnum):
    BEGUN = "begun"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    """The other side will not have it, and would not later."""
    DOUBTFUL = "doubtful"
    STALE = "stale"
    """Tried for too long."""
    MOOT = "moot"
    """What it was to tell of has been dealt with."""


_S, _E = BulletinState, BulletinEvent

BULLETIN: Machine[BulletinState, BulletinEvent] = Machine(
    name="bulletin",
    states=BulletinState,
    events=BulletinEvent,
    table={
        (_S.IDLE, _E.BEGUN): _S.SENDING,
        (_S.WAITING, _E.BEGUN): _S.SENDING,
        (_S.WAITING, _E.STALE): _S.IDLE,
        (_S.WAITING, _E.MOOT): _S.IDLE,
        (_S.SENDING, _E.SENT): _S.IDLE,
        (_S.SENDING, _E.UNDELIVERED): _S.WAITING,
        (_S.SENDING, _E.REFUSED): _S.IDLE,
        (_S.SENDING, _E.DOUBTFUL): _S.IDLE,
    },
)


class Fault(StrEnum):
    """Why a bulletin did not arrive; what the other side wrote is not shown to anybody."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_TLS = "no-tls"
    SECRET = "secret"  # noqa: S105 - a word
    SIGN_IN = "sign-in"
    BUSY = "busy"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    INTERRUPTED = "interrupted"
    PARTLY = "partly"

    def words(self, language: str) -> str:
        vi, en = _FAULTS[self]
        return en if language == "en" else vi


_FAULTS: Mapping[Fault, tuple[str, str]] = {
    Fault.UNREACHABLE: ("không kết nối được", "it cannot be reached"),
    Fault.CERTIFICATE: ("chứng thư TLS không tin được", "its TLS certificate is not trusted"),
    Fault.NO_TLS: ("máy chủ không dùng TLS như cấu hình", "the server does not speak TLS as configured"),
    Fault.SECRET: ("không đọc được tệp mật khẩu hoặc khóa", "the file with the password or key cannot be read"),
    Fault.SIGN_IN: ("máy chủ thư không nhận tên hoặc mật khẩu", "the mail server does not take the name or password"),
    Fault.BUSY: ("bên kia tạm thời không nhận", "the other side does not take it now"),
    Fault.REFUSED: ("bên kia từ chối", "the other side refuses it"),
    Fault.NO_ANSWER: ("không có trả lời", "no answer came"),
    Fault.INTERRUPTED: ("việc gửi bị ngắt giữa chừng", "sending was interrupted"),
    Fault.PARTLY: ("một số người nhận bị từ chối", "some of the recipients were refused"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of the inbox of one destination's agencies."""

    new: Mapping[Lane, int] = field(default_factory=dict)
    """Letters that came and wait; those that were told of before are not counted."""
    most_urgent: int = 0
    """Hỏa tốc letters that nobody has accepted or refused."""
    today: int = 0
    """Due today."""
    overdue: int = 0
    refused: int = 0
    """Sent letters that a recipient has refused lately."""

    def as_members(self) -> dict[str, object]:
        """For a JSON document."""
        new = {lane.value: self.new.get(lane, 0) for lane in Lane}
        counts = {"most_urgent": self.most_urgent, "today": self.today, "overdue": self.overdue}
        return {"new": new, **counts, "refused": self.refused}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFigures:
    """Of a hub itself."""

    not_ready: tuple[str, ...] = ()
    """Names of the checks of its readiness that fail: store, disk, clock …"""
    dark: int = 0
    """Nodes that nobody has seen for a while."""
    ending: int = 0
    """Certificates near their end, or past it."""
    days: int | None = None
    """The step that the first of them has reached: 60, 30, 7, 1; 0: it has ended."""
    revoked: int = 0

    def as_members(self) -> dict[str, object]:
        certificates = {"certificates_ending": self.ending, "certificate_days": self.days}
        return {"not_ready": list(self.not_ready), "dark_nodes": self.dark, **certificates, "revoked": self.revoked}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    id: str
    """The same for the same event at the same destination; letters, digits, dots and hyphens."""
    kind: BulletinKind
    at: datetime
    sign_in: str
    """Address of the desk; empty: not known here."""
    figures: Figures | HostFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Who is told, and of what. How it gets there, its courier knows."""

    name: str
    agencies: frozenset[str] | None = None
    """None: all that are served here."""
    most_urgent: bool = True
    gather: timedelta | None = None
    """Letters that are not told of at once: so long after the first of them came; None: not at all."""
    digest: tuple[time, ...] = ()
    quiet: Hours | None = None
    """Nothing is sent then, but what came is told of afterwards."""
    quiet_most_urgent: bool = False
    """Whether hỏa tốc keeps quiet as well."""

    def wants(self, kind: BulletinKind) -> bool:
        match kind:
            case BulletinKind.MOST_URGENT:
                return self.most_urgent
            case BulletinKind.GATHERED:
                return self.gather is not None
            case BulletinKind.DIGEST:
                return bool(self.digest)
        return True

    def is_quiet(self, kind: BulletinKind, at: datetime) -> bool:
        """A digest goes at its hours."""
        spared = kind is BulletinKind.DIGEST or (kind is BulletinKind.MOST_URGENT and not self.quiet_most_urgent)
        return not spared and self.quiet is not None and self.quiet.is_open(at)

    def last_digest(self, at: datetime) -> datetime | None:
        """The latest hour of a digest that is not after a moment."""
        return max((one for one in self._digests(at) if one <= at), default=None)

    def next_digest(self, at: datetime) -> datetime | None:
        return min((one for one in self._digests(at) if one > at), default=None)

    def _digests(self, at: datetime) -> list[datetime]:
        today = at.astimezone(VIETNAM).date()
        days = (today - timedelta(days=1), today, today + timedelta(days=1))
        return [datetime.combine(day, hour, VIETNAM).astimezone(UTC) for day in days for hour in self.digest]
