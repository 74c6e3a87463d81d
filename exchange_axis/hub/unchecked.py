"""What stands although its seal could not be checked within the grace: told, listed, and an operator's to act on.

1. The hub has signed that it accepted such a letter, so it stays accepted; nothing here calls its seal good.
2. The state ends by evidence (a list brought as a file, a host allowed, a source that answers again) and by nothing
   else. An operator may say why the letter stands meanwhile; then it is listed no more, and shown as not checked all
   the same.
3. Each seal is an alarm once, as a decision on record, until it was checked again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records, seals, standing
from exchange_axis.store.hub.standing import Noted

log = logging.getLogger("axis.revocation")

REASON: Final = 500
"""Characters of an operator's word."""
NEXT: Final = (
    "Đưa CRL/OCSP vào trust/crl hoặc thêm máy chủ vào revocation_hosts, rồi: axis hub seals look",
    "Put a CRL or OCSP answer into trust/crl, or its host into revocation_hosts, then: axis hub seals look",
)


class NotUnchecked(AxisError):
    code: ClassVar[str] = "certificate.not-unchecked"
    vi: ClassVar[str] = "Con dấu của {query} không thuộc diện chờ kiểm tra thu hồi"
    en: ClassVar[str] = "The seal of {query} does not wait for a check of its revocation"
    remedy_vi: ClassVar[str] = "Xem: axis hub stops"
    remedy_en: ClassVar[str] = "See: axis hub stops"


class NoReason(AxisError):
    code: ClassVar[str] = "certificate.reason"
    vi: ClassVar[str] = "Lý do phải là một dòng chữ, dài từ 1 đến {longest} ký tự"
    en: ClassVar[str] = "The reason must be one line of 1 to {longest} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncheckedLetter:
    sender: str
    consignment_id: str
    subject: str
    """Of the certificate."""
    accepted_at: datetime
    grace_until: datetime
    why: str | None
    next_vi: str
    next_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UncheckedSeal:
    """A seal of a node or hub that statuses, evidence or transfer records rest on."""

    fingerprint: str
    subject: str
    use: str
    since: datetime
    documents: int
    why: str | None
    next_vi: str
    next_en: str


class Unchecked:
    def __init__(self, world: World) -> None:
        self._world = world

    def view(self, limit: int) -> dict[str, object]:
        """What an operator has to look at, longest first."""
        now = self._world.issuer.now()
        return self._world.transactions.read(
            lambda connection: {
                "letters": _letters(connection, now, limit),
                "seals": _seals(connection, now - self._world.settings.revocation_grace),
            }
        )

    def count(self) -> int:
        now = self._world.issuer.now()

        def work(connection: Connection) -> int:
            opened = seals.opened(connection, before=now - self._world.settings.revocation_grace)
            return standing.overdue(connection, now) + len(opened)

        return self._world.transactions.read(work)

    def note(self, query: str, *, reason: str, actor: str) -> int:
        """Say why an unchecked letter stands; returns how many letters that names.

        Raises:
            NotFound, NotUnchecked, NoReason.
        """
        reason, at = reason.strip(), self._world.issuer.now()
        if not (reason and reason.isprintable() and len(reason) <= REASON):
            raise NoReason(longest=REASON)

        def work(connection: Connection) -> int:
            rows = [row for row in mail.find_consignments(connection, query) if row.kind == "letter"]
            if not rows:
                raise NotFound(what=query)
            noted = Noted(by=actor, at=at, reason=reason)
            done = [row for row in rows if standing.note_unchecked(connection, row.seq, noted)]
            if not done:
                raise NotUnchecked(query=query)
            for row in done:
                subject, action = row.consignment_id, "certificate.let-stand"
                records.decide(connection, at=at, actor=actor, action=action, subject=subject, details=reason)
            return len(done)

        return self._world.transactions.run(work)

    def look(self) -> int:
        """Have all that is not known looked up at once; returns how many seals."""
        now = self._world.issuer.now()
        return self._world.transactions.run(lambda connection: standing.look_now(connection, now))

    def alarm(self) -> int:
        """Tell of seals whose grace has passed, each once; returns how many are new."""
        now, here = self._world.issuer.now(), self._world.settings.id
        limit = now - self._world.settings.revocation_grace

        def find(connection: Connection) -> frozenset[str]:
            opened = [one.fingerprint for one in seals.opened(connection, before=limit)]
            untold = seals.untold(connection, opened)
            return untold | frozenset(standing.overdue_seals(connection, now))

        def work(connection: Connection) -> frozenset[str]:
            found = find(connection)
            for seal in sorted(found):
                standing.told(connection, seal, now)
                action, details = "certificate.unchecked", _why(connection, seal) or ""
                records.decide(connection, at=now, actor=here, action=action, subject=seal, details=details)
            return found

        if not self._world.transactions.read(find):
            return 0
        found = self._world.transactions.run(work)
        for seal in sorted(found):
            log.error("revocation.unchecked seal=%s the grace has passed: axis hub stops", seal)
        return len(found)


def _letters(connection: Connection, now: datetime, limit: int) -> list[UncheckedLetter]:
    found = standing.overdue_letters(connection, now, limit=limit)
    subjects = {
        one.fingerprint: one.subject
        for one in standing.certificates(connection, sorted({row.fingerprint for _, _, row in found}))
    }
    return [
        UncheckedLetter(
            sender=sender,
            consignment_id=name,
            subject=subjects[row.fingerprint],
            accepted_at=row.at,
            grace_until=row.grace_until or now,
            why=_why(connection, row.fingerprint) or row.status["why"],
            next_vi=NEXT[0],
            next_en=NEXT[1],
        )
        for sender, name, row in found
    ]


def _seals(connection: Connection, before: datetime) -> list[UncheckedSeal]:
    return [
        UncheckedSeal(
            fingerprint=one.fingerprint,
            subject=one.subject,
            use=one.use,
            since=one.since,
            documents=seals.documents(connection, one.fingerprint, since=one.since),
            why=_why(connection, one.fingerprint),
            next_vi=NEXT[0],
            next_en=NEXT[1],
        )
        for one in seals.opened(connection, before=before)
    ]


def _why(connection: Connection, seal: str) -> str | None:
    row = standing.standing(connection, seal)
    return None if row is None or row.status is None else row.status["why"]
