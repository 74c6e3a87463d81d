"""Letters of apology for what is overdue, and the list of it that the public may check (R93).

Rules of this file:
1. Only for a delivery of which a deadline has passed; the operator records, or the node of the agency that owed it.
2. A record is never changed: another one about the same delivery counts from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from exchange_axis.domain.apology import ApologyLetter, ApologyUnusable, require_usable
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.deadlines import Apology, Deadlines, OverdueLine, Question, apology_of
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import apologies
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.overdue_list import ListedApology, ListedDelay, write_overdue_list

SHORTEST = 4
"""Characters of what names a letter at least."""
PAGE = 500


class NotOverdue(AxisError):
    code: ClassVar[str] = "apology.not-overdue"
    vi: ClassVar[str] = "Không có văn bản nào '{query}' gửi {recipient} bị quá hạn mà đơn vị này phải trả lời"
    en: ClassVar[str] = "No letter '{query}' to {recipient} is overdue for which this agency answers"
    remedy_vi: ClassVar[str] = "Xem danh sách quá hạn: axis audit overdue"
    remedy_en: ClassVar[str] = "See what is overdue: axis audit overdue"


class SeveralOverdue(AxisError):
    code: ClassVar[str] = "apology.several"
    vi: ClassVar[str] = "'{query}' có thể là nhiều văn bản: {candidates}"
    en: ClassVar[str] = "'{query}' may be several letters: {candidates}"
    remedy_vi: ClassVar[str] = "Ghi mã gói tin"
    remedy_en: ClassVar[str] = "Give the consignment id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    consignment_id: str
    title: str | None
    recipient: str
    agency: str
    number: str
    date: date
    link: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    content: bytes
    count: int
    at: datetime
    items: tuple[ListedDelay, ...]
    """What is in it, line by line."""


class Apologies:
    def __init__(self, world: World, clockwork: Clockwork, deadlines: Deadlines) -> None:
        self._world = world
        self._clockwork = clockwork
        self._deadlines = deadlines

    def record(self, query: str, *, recipient: str, letter: ApologyLetter, actor: str) -> Recorded:
        """By the operator of this hub.

        Args:
            query: consignment id, its beginning, or number/symbol.
            recipient: as addressed.

        Raises:
            MalformedCode, ApologyUnusable, NotOverdue, SeveralOverdue.
        """
        return self._record(query, canonical_code(recipient), letter, actor, of=None)

    def record_for(self, peer: PeerRow, query: str, *, recipient: str, letter: ApologyLetter, actor: str) -> Recorded:
        """By the node of the agency that owed it; raises as `record`."""
        if not actor.strip():
            raise ApologyUnusable(field="actor", wanted="1–100")
        return self._record(query, canonical_code(recipient), letter, f"{actor} ({peer.id})"[:200], of=peer)

    def newest(self, consignment_id: str, recipient: str) -> Apology | None:
        """What was recorded last about this delivery."""
        row = self._world.transactions.read(
            lambda connection: apologies.newest_of(connection, consignment_id, recipient)
        )
        return None if row is None else apology_of(row)

    def signed_list(self) -> SignedList:
        """All that is overdue now under this hub's seal, XAdES enveloped like evidence."""
        issuer, items, after = self._world.issuer, list[ListedDelay](), None
        at = issuer.now()
        while True:
            page = self._deadlines.overdue(Question(after=after, limit=PAGE))
            items += [_listed(line) for line in page.lines]
            after = page.next
            if after is None:
                content = issuer.attest(write_overdue_list(self._world.settings.id, at, tuple(items)), at)
                return SignedList(content=content, count=len(items), at=at, items=tuple(items))

    def _record(self, query: str, recipient: str, letter: ApologyLetter, actor: str, *, of: PeerRow | None) -> Recorded:
        self._clockwork.follow()
        at, named = self._world.issuer.now(), query.strip()
        require_usable(letter, today=day_of(at))

        def work(connection: Connection) -> Recorded:
            acting = None if of is None else authority.acting_for(connection, of.id, at)
            found = apologies.overdue(connection, named, recipient, at) if len(named) >= SHORTEST else ()
            mine = [one for one in found if acting is None or one.agency in acting]
            if not mine:
                raise NotOverdue(query=named, recipient=recipient)
            if len({one.consignment for one in mine}) > 1:
                raise SeveralOverdue(query=named, candidates=", ".join(one.consignment_id for one in mine))
            row = apologies.ApologyRow(
                consignment=mine[0].consignment,
                recipient=recipient,
                agency=mine[0].agency,
                number=letter.number.strip(),
                day=letter.day,
                link=letter.link.strip(),
                recorded_at=at,
                recorded_by=actor,
            )
            apologies.add(connection, row)
            return Recorded(
                consignment_id=mine[0].consignment_id,
                title=mine[0].title,
                recipient=recipient,
                agency=row.agency,
                number=row.number,
                date=row.day,
                link=row.link,
                recorded_at=at,
                recorded_by=actor,
            )

        return self._world.transactions.run(work)


def _listed(line: OverdueLine) -> ListedDelay:
    apology = line.apology
    return ListedDelay(
        agency=line.agency,
        agency_name=line.agency_name,
        head_name=line.head_name,
        head_title=line.head_title,
        missing=line.missing,
        due=line.deadline.due,
        sender=line.deadline.sender,
        title=line.deadline.title or "",
        consignment_id=line.deadline.consignment_id,
        apology=None if apology is None else ListedApology(number=apology.number, day=apology.date, link=apology.link),
    )
