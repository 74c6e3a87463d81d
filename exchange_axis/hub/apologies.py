"""Letters of apology for what is overdue, and the list of it that the public may check (R93).

Rules of this file:
1. Only for a delivery of which a deadline has passed; the operator records, or the node of the agency that owed it.
2. A record is never changed: another one about the same delivery counts from then on.
3. Of an agency that was closed since, its successor answers: its node records, by either code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from exchange_axis.domain.apology import ApologyLetter, ApologyUnusable, require_usable
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.directory import Directory, Standing
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.deadlines import Apology, Deadlines, OverdueLine, Question, apology_of
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.searching import lineage
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


class SuccessorAnswers(AxisError):
    code: ClassVar[str] = "apology.successor"
    vi: ClassVar[str] = "Cơ quan {recipient} đã đóng; {successor} ({name}) kế thừa và ghi văn bản xin lỗi"
    en: ClassVar[str] = "Agency {recipient} is closed; its successor {successor} ({name}) records the apology"
    remedy_vi: ClassVar[str] = (
        "Báo cho {successor} ghi tại nút của mình, hoặc nhờ người vận hành trục ghi ở trang Quá hạn"
    )
    remedy_en: ClassVar[str] = (
        "Tell {successor} to record it at its node, or ask the hub's operator to, on the overdue page"
    )


class NobodyAnswers(AxisError):
    code: ClassVar[str] = "apology.no-successor"
    vi: ClassVar[str] = "Cơ quan {recipient} đã đóng và danh mục không ghi cơ quan nào kế thừa"
    en: ClassVar[str] = "Agency {recipient} is closed, and the directory names no successor"
    remedy_vi: ClassVar[str] = (
        "Nhờ người vận hành trục ghi ở trang Quá hạn; có cơ quan kế thừa thì báo người giữ danh mục"
    )
    remedy_en: ClassVar[str] = (
        "Ask the hub's operator to record it on the overdue page; tell the registry of a successor"
    )


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
    def __init__(
        self, world: World, clockwork: Clockwork, deadlines: Deadlines, *, directory: DirectoryService
    ) -> None:
        self._world = world
        self._clockwork = clockwork
        self._deadlines = deadlines
        self._directory = directory

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
        """By the node of the agency that owed it, or that stands in its place today.

        Raises:
            As `record`; SuccessorAnswers, NobodyAnswers: the recipient is closed, and this node does not answer for it.
        """
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
        at, named, directory = self._world.issuer.now(), query.strip(), self._directory.current()
        require_usable(letter, today=day_of(at))

        def work(connection: Connection) -> Recorded:
            acting = None if of is None else authority.acting_for(connection, of.id, at)
            codes = lineage(directory, [recipient])
            found = apologies.overdue(connection, named, codes, at) if len(named) >= SHORTEST else ()
            found = tuple(one for one in found if one.recipient == recipient) or found
            mine = [one for one in found if acting is None or acting & {one.agency, _heir(directory, one.agency, at)}]
            if not mine:
                _refuse_closed(directory, recipient, at, acting=acting)
                raise NotOverdue(query=named, recipient=recipient)
            if len({one.consignment for one in mine}) > 1:
                raise SeveralOverdue(query=named, candidates=", ".join(one.consignment_id for one in mine))
            row = apologies.ApologyRow(
                consignment=mine[0].consignment,
                recipient=mine[0].recipient,
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
                recipient=row.recipient,
                agency=row.agency,
                number=row.number,
                date=row.day,
                link=row.link,
                recorded_at=at,
                recorded_by=actor,
            )

        return self._world.transactions.run(work)


def _heir(directory: Directory, code: str, at: datetime) -> str:
    """The open agency that stands in its place today; the code itself where it is open, or nobody does."""
    receiver = directory.resolve(code, day_of(at)).receiver
    return code if receiver is None else receiver.code


def _refuse_closed(directory: Directory, recipient: str, at: datetime, *, acting: frozenset[str] | None) -> None:
    """Says only what the directory says: nothing of letters that are not the asker's.

    Raises:
        SuccessorAnswers, NobodyAnswers.
    """
    meant = directory.resolve(recipient, day_of(at))
    if acting is None or meant.standing is not Standing.CLOSED:
        return
    if meant.receiver is None:
        raise NobodyAnswers(recipient=recipient)
    if meant.receiver.code not in acting:
        raise SuccessorAnswers(recipient=recipient, successor=meant.receiver.code, name=meant.receiver.name)


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
