"""The access log: who looked at what, and why.

Rules of this file:
1. Content is read for a stated reason only, and the read is noted before anything is handed out.
2. A read of content is a leaf of the log. A look at metadata is a row: it must not make the hub judge every letter
   that is just coming in anew, as a decision does.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.errors import AxisError
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import accesses, records
from exchange_axis.store.hub.accesses import Accessed

REASON_LEAST, REASON_MOST = 10, 1_000
"""Characters."""
MOST = 500
REVIEWED = "reviewed"


class ReasonMissing(AxisError):
    code: ClassVar[str] = "access.reason-missing"
    vi: ClassVar[str] = "Muốn xem nội dung phải ghi rõ lý do, từ {least} đến {most} ký tự"
    en: ClassVar[str] = "Whoever reads content states why, in {least} to {most} characters"
    remedy_vi: ClassVar[str] = "Ghi lý do, ví dụ số văn bản giao việc kiểm tra; lý do được lưu vào nhật ký"
    remedy_en: ClassVar[str] = "State the reason, such as the number of the inspection order; it is kept in the log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """How far somebody has looked through the access log."""

    number: int
    actor: str
    at: datetime


class Access:
    def __init__(self, world: World) -> None:
        self._world = world

    def look(self, actor: str, action: str, subject: str, *, reason: str = "") -> None:
        """Note a look at metadata, with the reason where one was given."""
        row = {**self._row(actor, action, subject), "reason": _plain(reason)[:REASON_MOST]}
        self._world.transactions.run(lambda connection: accesses.add(connection, row))

    def read(self, actor: str, action: str, subject: str, *, reason: str) -> None:
        """Note a read of content, in the log too.

        Raises:
            ReasonMissing.
        """
        why = _plain(reason)
        if not REASON_LEAST <= len(why) <= REASON_MOST:
            raise ReasonMissing(least=REASON_LEAST, most=REASON_MOST)
        row = {**self._row(actor, action, subject), "kind": "content", "reason": why}
        details, at = json.dumps({"reason": why}, ensure_ascii=False), self._world.issuer.now()

        def work(connection: Connection) -> None:
            accesses.add(connection, row)
            action_, subject_ = f"access.{action}"[:60], subject[:200]
            records.decide(connection, at=at, actor=actor[:200], action=action_, subject=subject_, details=details)

        self._world.transactions.run(work)

    def entries(
        self,
        *,
        actor: str | None = None,
        subject: str | None = None,
        kind: str | None = None,
        day: date | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Accessed, ...]:
        """Newest first, below the number `before`; of one day in Vietnam where `day` says so."""
        since = None if day is None else datetime.combine(day, time(), VIETNAM)
        wanted = accesses.Wanted(
            actor=actor,
            subject=subject,
            kind=kind,
            since=since,
            until=None if since is None else since + timedelta(days=1),
            before=before,
            limit=max(1, min(limit, MOST)),
        )
        return self._world.transactions.read(lambda connection: accesses.newest(connection, wanted))

    def review(self, actor: str, number: int) -> None:
        """Say in the hub's log that the entries up to that number were looked through."""
        row = {**self._row(actor, REVIEWED, str(number)), "kind": "review"}
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            accesses.add(connection, row)
            action = f"access.{REVIEWED}"
            records.decide(connection, at=at, actor=actor[:200], action=action, subject=str(number), details="{}")

        self._world.transactions.run(work)

    def reviewed(self) -> Reviewed | None:
        """The last of these."""
        rows = self.entries(kind="review", limit=1)
        return None if not rows else Reviewed(number=int(rows[0].subject), actor=rows[0].actor, at=rows[0].at)

    def _row(self, actor: str, action: str, subject: str) -> dict[str, object]:
        return {
            "at": self._world.issuer.now(),
            "actor": actor[:200],
            "kind": "metadata",
            "action": action[:40],
            "subject": subject[:200],
            "reason": "",
        }


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
