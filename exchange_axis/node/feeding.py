"""The hub's event feed: evidence about what was sent from here, what recipients said, and notices.

Rules of this file:
1. Everything of a batch becomes true together with the new place in the feed; a crash reads the same batch again.
2. Every document is verified by itself. What does not verify is kept as it came, untrusted, with an alarm: the feed
   goes on, and nothing is lost.
3. A recipient's status is believed because a hub's evidence quotes its digest; its own signature must hold as well. A
   status 13 comes to recipients, and only from the letter's own sender.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.domain.notice import Notice
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node import asking
from exchange_axis.node.arrivals import digest_of
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.errors import DocumentAltered, FeedGap, FeedUntrusted
from exchange_axis.node.pushing import raise_alarm
from exchange_axis.node.recording import keep_evidence
from exchange_axis.node.voices import hear_evidence
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.check import prove
from exchange_axis.ports import FILES_NEWS, Document, DocumentKind, FeedItem
from exchange_axis.store.node.rows import NoticeRow, StatusRow
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.notices import read_notice
from exchange_axis.wire.status import read_status
from schemas.gate.refusal import Refusal

BEFORE_COMMIT = declare("node.feed.before-commit", "a batch of the hub's feed is written, not committed")
COMMITTED = declare("node.feed.committed", "the batch and the new place in the feed are durable")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """One document of the feed, judged."""

    document: Document
    evidence: Evidence | None = None
    status: StatusRow | None = None
    notice: Notice | None = None
    fault: Refusal | None = None
    """Why it is not believed."""


class FeedReader:
    """The sync half of reading the feed."""

    def __init__(self, world: NodeWorld, directory: DirectoryCopy) -> None:
        self._world = world
        self._directory = directory

    def position(self) -> int:
        return self._world.store.read(lambda unit: unit.records.feed_position())

    def take(self, items: Sequence[FeedItem]) -> int:
        """Store a batch; the number of entries taken. Entries at or before our place are passed over."""
        start = self.position()
        fresh = [item for item in items if item.number > start]
        if not fresh:
            return 0
        at = self._world.now()
        heard = [found for item in fresh for found in self._hear(item, at)]
        gaps = list(_gaps(start, fresh))

        def work(unit: NodeUnit) -> None:
            for found in heard:
                self._keep(unit, found, at)
            for item in fresh:
                if item.kind == FILES_NEWS:
                    unit.files.ask_again(item.consignment_id, at)
            for gap in gaps:
                raise_alarm(unit, gap, f"{gap.facts['after']}-{gap.facts['number']}", at)
            unit.records.move_feed(fresh[-1].number)
            failpoint(BEFORE_COMMIT)

        self._world.store.run(work)
        failpoint(COMMITTED)
        return len(fresh)

    def _hear(self, item: FeedItem, at: datetime) -> Iterator[_Heard]:
        """Evidence first: a status is judged by what hubs say about it."""
        spoken: list[Evidence] = []
        for document in item.documents:
            if document.kind is DocumentKind.EVIDENCE:
                heard = _guarded(document, lambda one=document: self._hear_evidence(one, at))  # type: ignore[misc]
                spoken.extend([heard.evidence] if heard.evidence is not None else [])
                yield heard
        for document in item.documents:
            if document.kind is DocumentKind.STATUS:
                yield _guarded(document, lambda one=document: self._hear_status(one, spoken))  # type: ignore[misc]
            elif document.kind is DocumentKind.NOTICE:
                yield _guarded(document, lambda one=document: _hear_notice(one))  # type: ignore[misc]
            elif document.kind is not DocumentKind.EVIDENCE:
                yield _Heard(document=document)

    def _hear_evidence(self, document: Document, at: datetime) -> _Heard:
        return _Heard(document=document, evidence=hear_evidence(document, self._world, at=at))

    def _hear_status(self, document: Document, spoken: Sequence[Evidence]) -> _Heard:
        quoting = [evidence for evidence in spoken if evidence.status_sha256 == document.sha256]
        if not quoting:
            raise FeedUntrusted(sha256=document.sha256, reason="no evidence quotes it")
        path = self._world.settings.staging / f"heard-{document.sha256[:16]}.asice"
        try:
            path.write_bytes(document.content)
            if digest_of(path) != document.sha256:
                raise DocumentAltered(sha256=document.sha256)
            proved = prove(path, anchors=self._world.anchors(), at=quoting[0].recorded_at)
        finally:
            path.unlink(missing_ok=True)
        consignment, about = proved.consignment, quoting[0]
        if consignment.kind is not ConsignmentClass.STATUS or consignment.in_reply_to != about.consignment_id:
            raise FeedUntrusted(sha256=document.sha256, reason="it speaks of another letter than its evidence")
        status = read_status(proved.document).status
        asks_back = status.code == StatusCode.TAKE_BACK
        if asks_back and (consignment.sender != about.sender or about.event is not Event.TAKE_BACK):
            raise FeedUntrusted(sha256=document.sha256, reason="only the letter's sender takes it back")
        row = StatusRow(
            sha256=document.sha256,
            sender=consignment.sender,
            consignment_id=about.consignment_id,
            about=self._received_as(consignment.recipients[0]) if asks_back else consignment.sender,
            code=status.code,
            staff=status.staff.staff,
            description=status.description,
            said_at=status.timestamp,
            opened_at=consignment.opened_at,
        )
        return _Heard(document=document, status=row)

    def _received_as(self, code: str) -> str:
        """The agency here that gets the mail of a code: itself, or the successor of a closed one."""
        if code in self._world.settings.agencies:
            return code
        directory = self._directory.current()
        receiver = None if directory is None else directory.resolve(code, day_of(self._world.now())).receiver
        return code if receiver is None else receiver.code

    def _keep(self, unit: NodeUnit, heard: _Heard, at: datetime) -> None:
        if heard.evidence is not None:
            prove_at = at + self._world.settings.proof_pause
            keep_evidence(unit, heard.evidence, heard.document, at=at, prove_at=prove_at)
            return
        known = heard.status is not None or heard.notice is not None
        unit.records.keep(heard.document, trusted=known, at=at)
        if heard.notice is not None:
            unit.records.add_notice(_row(heard.notice, heard.document, at))
        fresh = heard.status is not None and unit.records.add_status(heard.status)
        if fresh and heard.status is not None and heard.status.code == StatusCode.TAKE_BACK:
            asking.ask_back(unit, heard.status, served=self._world.settings.agencies)
        if heard.fault is not None:
            fault = FeedUntrusted(sha256=heard.document.sha256, reason=heard.fault)
            raise_alarm(unit, fault, heard.document.sha256, at)


def _hear_notice(document: Document) -> _Heard:
    """Believed as far as the line to our own hub is: a notice has no seal and proves nothing."""
    return _Heard(document=document, notice=read_notice(document.content))


def _row(notice: Notice, document: Document, at: datetime) -> NoticeRow:
    return NoticeRow(
        sha256=document.sha256,
        sender=notice.sender,
        consignment_id=notice.consignment_id,
        recipient=notice.recipient,
        code=notice.code,
        since=notice.since,
        title=notice.title,
        stored_at=at,
    )


def _guarded(document: Document, hear: Callable[[], _Heard]) -> _Heard:
    try:
        return hear()
    except Refusal as refusal:
        return _Heard(document=document, fault=refusal)


def _gaps(start: int, items: Sequence[FeedItem]) -> Iterator[FeedGap]:
    """Places where the numbers do not rise by one: the hub lost entries, or counts anew."""
    before = start
    for item in items:
        if item.number != before + 1:
            yield FeedGap(after=before, number=item.number)
        before = item.number
