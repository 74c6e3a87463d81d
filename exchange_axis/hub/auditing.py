"""Reading what happened: histories, evidence, and who may see them.

A sender sees all evidence of its consignment, a recipient that of its own delivery, a hub what passed through it;
the operator and the auditor at this hub see everything this hub holds (roles and scopes come with the console).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.errors import NotFound
from exchange_axis.hub import amending, seals
from exchange_axis.hub.deadlines import ClockView, Deadlines
from exchange_axis.hub.seals import SealWord
from exchange_axis.hub.sight import Sight, sight_of_peer, whole_sight
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import disposals, file_reports, lives, mail, peers, records, standing

LINKS = {
    BusinessKind.NEW: "resend",
    BusinessKind.REVOKE: "recall",
    BusinessKind.UPDATE: "update",
    BusinessKind.REPLACE: "replacement",
}

SightOf = Callable[[Connection, mail.ConsignmentRow], Sight | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    recipient: str
    final_recipient: str
    peer: str
    state: str
    business: str | None
    """Status code of how far its reader is; None before the first."""
    request: str
    """What the sender asked for since (recall, take-back, update), and what became of it."""
    changed_at: datetime
    clocks: tuple[ClockView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    id: str
    event: str
    issuer: str
    recipient: str | None
    recorded_at: datetime
    sha256: str
    seal: SealWord | None = None
    """What is known today of the seal under it; None for evidence from before such things were kept."""
    status_seal: SealWord | None = None
    """The same of the status that it answers, where that came to this hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another letter of the same sender."""

    consignment_id: str
    kind: str
    """`recall`, `update`, `replacement` or `resend`: what the later one of the two does to the earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealView:
    """What was known of the seal's revocation at acceptance, and what was learned since."""

    subject: str
    at: datetime
    """Acceptance by the first hub: the time that both states are about."""
    state: str
    """good, revoked or not-checked."""
    why: str | None
    """Why it was not checked."""
    grace_until: datetime | None
    later_state: str | None
    later_at: datetime | None
    overdue: bool = False
    """Not checked, and the grace has passed: an operator has to act, or has (`noted`)."""
    noted: str | None = None
    """Why an operator lets the letter stand unchecked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalView:
    extent: str
    """all | payload | metadata"""
    ground: str
    proposed_by: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    consignment_id: str
    sender: str
    title: str | None
    lane: str
    container_sha256: str
    size: int
    received_at: datetime
    follows: Link | None
    """The earlier letter that this one is about."""
    recalled_by: str | None
    """Id of the recall; the content is frozen then."""
    superseded_by: tuple[Link, ...]
    """Updates and replacements, oldest first, as far as the asker may know of them."""
    seal: SealView | None
    """None for letters accepted before such things were kept."""
    deliveries: tuple[DeliveryView, ...]
    evidence: tuple[EvidenceView, ...]
    findings: tuple[dict[str, object], ...]
    disposals: tuple[DisposalView, ...] = ()
    """What of it was destroyed here, oldest first."""
    files: dict[str, object] | None = None
    """What was found in the letter's files, for everybody who may see the letter; None where nobody has looked."""


class Auditing:
    def __init__(self, world: World, deadlines: Deadlines) -> None:
        self._world = world
        self._deadlines = deadlines

    def history(self, query: str) -> tuple[History, ...]:
        """Every letter that an id, its beginning, a container digest or a number/symbol names."""

        def work(connection: Connection) -> tuple[History, ...]:
            rows = mail.find_consignments(connection, query)
            letters = [row for row in rows if row.kind == "letter"]
            return tuple(
                self._timed(
                    connection,
                    row,
                    self._history(connection, row, whole_sight(connection, row), later=_later(connection, row)),
                )
                for row in letters
            )

        return self._world.transactions.read(work)

    def history_for(self, peer: peers.PeerRow, consignment_id: str) -> tuple[History, ...]:
        """The same, cut to what this peer may see.

        Raises:
            NotFound: nothing by that id, or nothing for this peer.
        """
        at = self._world.issuer.now()
        return self.history_seen(consignment_id, lambda connection, row: sight_of_peer(connection, row, peer, at))

    def history_seen(self, consignment_id: str, sight_of: SightOf) -> tuple[History, ...]:
        """The same, cut to what `sight_of` shows of each letter.

        Raises:
            NotFound: nothing by that id, or nothing to be seen.
        """

        def work(connection: Connection) -> tuple[History, ...]:
            views = []
            for row in mail.consignments_by_id(connection, consignment_id):
                sight = sight_of(connection, row) if row.kind == "letter" else None
                if sight is not None:
                    later = [
                        one
                        for one in _later(connection, row)
                        if sight_of(connection, mail.consignment_by_seq(connection, one.seq)) is not None
                    ]
                    views.append(self._timed(connection, row, self._history(connection, row, sight, later=later)))
            return tuple(views)

        found = self._world.transactions.read(work)
        if not found:
            raise NotFound(what=consignment_id)
        return found

    def _history(
        self, connection: Connection, row: mail.ConsignmentRow, sight: Sight, *, later: Sequence[lives.Follower]
    ) -> History:
        told = records.evidence_of(connection, row.consignment_id, row.sender)
        shown = [evidence for evidence in told if sight.shows(evidence)]
        words = seals.words(connection, self._world.settings.id, shown)
        return History(
            consignment_id=row.consignment_id,
            sender=row.sender,
            title=row.title,
            lane=row.lane.value,
            container_sha256=row.container_sha256,
            size=row.size,
            received_at=row.received_at,
            follows=_follows(row),
            recalled_by=amending.recall_of(connection, row),
            superseded_by=tuple(Link(consignment_id=one.consignment_id, kind=LINKS[one.kind]) for one in later),
            seal=_seal(connection, row.seq, now=self._world.issuer.now()),
            deliveries=tuple(
                DeliveryView(
                    recipient=delivery.recipient,
                    final_recipient=delivery.final_recipient,
                    peer=delivery.peer,
                    state=delivery.state.value,
                    business=None if not delivery.business.is_begun else delivery.business.progress.value,
                    request=delivery.business.request.value,
                    changed_at=delivery.changed_at,
                )
                for delivery in sight.deliveries
            ),
            evidence=tuple(
                EvidenceView(
                    id=evidence.id,
                    event=evidence.event.short,
                    issuer=evidence.issuer,
                    recipient=evidence.recipient,
                    recorded_at=evidence.recorded_at,
                    sha256=evidence.sha256,
                    seal=words.get(evidence.sha256),
                    status_seal=words.get(evidence.status_sha256 or ""),
                )
                for evidence in shown
            ),
            findings=tuple(json.loads(row.verdict)) if sight.whole else (),
            disposals=_disposals(connection, row.seq),
            files=json.loads(file_reports.document(connection, row.seq) or "null"),
        )

    def _timed(self, connection: Connection, row: mail.ConsignmentRow, history: History) -> History:
        """With the clocks of each delivery."""
        clocks = self._deadlines.of(connection, row.sender, row.consignment_id)
        timed = (replace(view, clocks=clocks.get(view.recipient, ())) for view in history.deliveries)
        return replace(history, deliveries=tuple(timed))

    def evidence(self, peer: peers.PeerRow, evidence_id: str) -> records.EvidenceRow:
        """Raises NotFound, also for evidence of somebody else's."""
        at = self._world.issuer.now()

        def work(connection: Connection) -> records.EvidenceRow | None:
            row = records.evidence(connection, evidence_id)
            return row if row is not None and _may_see(connection, peer, row, at) else None

        found = self._world.transactions.read(work)
        if found is None:
            raise NotFound(what=evidence_id)
        return found

    def document_digest(self, name: str) -> str:
        """SHA-256 of a logged document, given that digest or an evidence id. Raises NotFound."""
        if len(name) == 64:
            return name.lower()
        row = self._world.transactions.read(lambda connection: records.evidence(connection, name))
        if row is None:
            raise NotFound(what=name)
        return row.sha256

    def provable(self, peer: peers.PeerRow, digests: Sequence[str]) -> frozenset[str]:
        """Those of the documents whose log proof this peer may have."""
        at = self._world.issuer.now()

        def work(connection: Connection) -> frozenset[str]:
            found = records.evidence_by_digest(connection, digests)
            others = [row for row in found.values() if row.submitter != peer.id]
            about = {(row.sender, row.consignment_id) for row in others}
            sights = {name: _sight_of(connection, *name, peer=peer, at=at) for name in about}
            seen = [row for row in others if _shows(sights[row.sender, row.consignment_id], row)]
            own = found.keys() - {row.sha256 for row in others}
            return frozenset(own | {row.sha256 for row in seen})

        return self._world.transactions.read(work)


def _may_see(connection: Connection, peer: peers.PeerRow, row: records.EvidenceRow, at: datetime) -> bool:
    if row.submitter == peer.id:
        return True
    return _shows(_sight_of(connection, row.sender, row.consignment_id, peer=peer, at=at), row)


def _shows(sight: Sight | None, row: records.EvidenceRow) -> bool:
    return sight is not None and sight.shows(row)


def _sight_of(
    connection: Connection, sender: str, consignment_id: str, *, peer: peers.PeerRow, at: datetime
) -> Sight | None:
    consignment = mail.consignment(connection, sender, consignment_id)
    return None if consignment is None else sight_of_peer(connection, consignment, peer, at)


def _later(connection: Connection, row: mail.ConsignmentRow) -> tuple[lives.Follower, ...]:
    """Updates and replacements of a letter."""
    found = lives.followers(connection, row.sender, row.consignment_id)
    return tuple(one for one in found if one.kind is not BusinessKind.REVOKE)


def _follows(row: mail.ConsignmentRow) -> Link | None:
    if row.in_reply_to is None or row.business_kind is None:
        return None
    return Link(consignment_id=row.in_reply_to, kind=LINKS[row.business_kind])


def _seal(connection: Connection, consignment: int, *, now: datetime) -> SealView | None:
    row = standing.acceptance(connection, consignment)
    if row is None:
        return None
    (certificate,) = standing.certificates(connection, [row.fingerprint])
    return SealView(
        subject=certificate.subject,
        at=row.at,
        state=row.state,
        why=row.status["why"],
        grace_until=row.grace_until,
        later_state=row.later_state,
        later_at=row.later_at,
        overdue=row.is_overdue(now),
        noted=None if row.noted is None else row.noted.reason,
    )


def _disposals(connection: Connection, seq: int) -> tuple[DisposalView, ...]:
    return tuple(
        DisposalView(
            extent=one.extent.value,
            ground=one.ground,
            proposed_by=one.proposed_by,
            approved_by=one.decided_by or "",
            at=one.decided_at or one.proposed_at,
        )
        for one in disposals.decided(connection, seq)
    )
