"""The retry desk: what waits and why, who must act, what to do next.

Rules of this file:
1. It only reads; what an operator does about it is `resending`, `hurrying`, `handing_back`.
2. Whoever holds a delivery owns it: this hub, or the hub whose evidence says that it failed there.
3. A dead line is tried once for all that waits behind it, so a delivery's own count stands still meanwhile: what is
   told of the delivery then is when the line is tried next, how often it was, and what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exchange_axis.domain.breaker import BreakerState
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.hub.presence import DARK_AFTER, Presence
from exchange_axis.hub.world import World
from exchange_axis.pipeline.lines import LineView, PeerLine
from exchange_axis.store import Connection
from exchange_axis.store.hub import desk, mail, peers, records
from exchange_axis.wire.evidence import read_evidence
from schemas.gate.refusal import Refusal

EXPIRED = "delivery.expired"


class Step(StrEnum):
    """What an operator does next."""

    WAIT = "wait"
    CALL = "call"
    LOOK = "look"
    RESEND = "resend"
    ASK = "ask"
    LINE = "line"


_STEPS: Mapping[Step, tuple[str, str]] = {
    Step.LINE: (
        "Kiểm tra đường lên {peer}: mất từ {since}; có đường lại thì mọi văn bản chờ tự đi",
        "Look at the line to {peer}: it is down since {since}; once it is back, all that waits goes by itself",
    ),
    Step.WAIT: ("Không cần làm gì: {peer} sẽ lấy", "Nothing to do: {peer} will take it"),
    Step.CALL: (
        "Liên hệ đơn vị vận hành {peer}: hệ thống im lặng từ {since}",
        "Call whoever runs {peer}: its system has been silent since {since}",
    ),
    Step.LOOK: (
        "Xem lỗi {reason} ở {peer}; trục tự thử lại cho đến hết hạn",
        "Look at {reason} at {peer}; it is tried again by itself until it expires",
    ),
    Step.RESEND: (
        "Khắc phục nguyên nhân ({reason}) rồi gửi lại: axis hub resend {id}",
        "Mend the cause ({reason}), then have it sent again: axis hub resend {id}",
    ),
    Step.ASK: (
        "Gói tin dừng ở {owner} ({reason}): đề nghị quản trị bên đó gửi lại",
        "It ended at {owner} ({reason}): ask the operator there to send it again",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLine:
    """One delivery on the desk."""

    id: int
    consignment_id: str
    title: str | None
    sender: str
    recipient: str
    peer: str
    lane: str
    state: str
    tries: int
    """Of this delivery: how often it was lent to its peer, or sent."""
    line_tries: int
    """In vain on the line to the hub above since that is down; 0 while it is not, and where the peer comes to us."""
    next_try_at: datetime | None
    """None: it is not tried by itself, or as soon as its peer asks."""
    last_error: str | None
    """Of this delivery, else of the line."""
    expires_at: datetime
    owner: str
    """Hub or node that must act."""
    reason: str
    """Code; empty while all is well."""
    step: Step
    next_vi: str
    next_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskResult:
    """What became of one delivery that an operator put his hand on."""

    id: int
    consignment_id: str
    recipient: str
    peer: str
    changed: bool = False
    """False: refused, or it was so already."""
    refusal: Refusal | None = None

    @classmethod
    def of(cls, row: mail.DeliveryRow, *, changed: bool = False, refusal: Refusal | None = None) -> DeskResult:
        return cls(
            id=row.seq,
            consignment_id=row.consignment_id,
            recipient=row.recipient,
            peer=row.peer,
            changed=changed,
            refusal=refusal,
        )


class RetryDesk:
    def __init__(self, world: World, presence: Presence, line: PeerLine | None) -> None:
        self._world = world
        self._presence = presence
        self._line_up = line

    def lines(self, wanted: desk.Wanted) -> tuple[DeskLine, ...]:
        """Urgent lanes first, in a lane the oldest first."""

        down = self._line_down()

        def work(connection: Connection) -> tuple[DeskLine, ...]:
            known = {row.id: row for row in peers.every(connection)}
            return tuple(self._line(connection, row, known, down=down) for row in desk.find(connection, wanted))

        return self._world.transactions.read(work)

    def _line_down(self) -> LineView | None:
        """The line to the hub above, if nothing passes it."""
        view = None if self._line_up is None else self._line_up.view()
        return None if view is None or view.state is BreakerState.CLOSED else view

    def _line(
        self,
        connection: Connection,
        row: desk.DeskRow,
        known: Mapping[str, peers.PeerRow],
        *,
        down: LineView | None,
    ) -> DeskLine:
        delivery, peer = row.delivery, known.get(row.delivery.peer)
        if delivery.state is DeliveryState.FAILED or peer is None or peer.kind != "parent":
            down = None
        if delivery.state is DeliveryState.FAILED:
            owner, reason, step, since = self._failed(connection, delivery.last_evidence, delivery.peer)
        elif down is not None:
            owner, reason, step, since = self._world.settings.id, _code_of(down), Step.LINE, _shown(down.since)
        else:
            owner, reason, step, since = self._waiting(row, peer)
        facts = {"peer": delivery.peer, "owner": owner, "reason": reason or "?", "id": delivery.seq, "since": since}
        vi, en = _STEPS[step]
        return DeskLine(
            id=delivery.seq,
            consignment_id=delivery.consignment_id,
            title=row.title,
            sender=row.sender,
            recipient=delivery.recipient,
            peer=delivery.peer,
            lane=row.lane.value,
            state=delivery.state.value,
            tries=row.tries,
            line_tries=0 if down is None else down.failures,
            next_try_at=self._next_try(row, peer, down),
            last_error=row.last_error or (None if down is None else _code_of(down)),
            expires_at=row.expires_at,
            owner=owner,
            reason=reason,
            step=step,
            next_vi=vi.format(**facts),
            next_en=en.format(**facts),
        )

    def _next_try(self, row: desk.DeskRow, peer: peers.PeerRow | None, down: LineView | None) -> datetime | None:
        if row.delivery.state is DeliveryState.FAILED:
            return None
        now, again = self._world.issuer.now(), row.leased_until or row.due_at
        if down is not None:
            return max(again, down.next_try_at or now)
        if peer is not None and peer.kind == "parent":
            return max(again, now)
        return again if again > now else None  # the peer comes for it

    def _failed(self, connection: Connection, evidence_id: str | None, peer: str) -> tuple[str, str, Step, str]:
        found = None if evidence_id is None else records.evidence(connection, evidence_id)
        evidence = None if found is None else read_evidence(found.document)
        owner, reason = owner_of(evidence, here=self._world.settings.id, peer=peer), reason_of(evidence)
        return owner, reason, Step.RESEND if owner == self._world.settings.id else Step.ASK, ""

    def _waiting(self, row: desk.DeskRow, peer: peers.PeerRow | None) -> tuple[str, str, Step, str]:
        """Of the peer when it must come for it, ours when we go to the hub above."""
        if peer is None:
            return row.delivery.peer, row.last_error or "", Step.LOOK, ""
        owner = self._world.settings.id if peer.kind == "parent" else peer.id
        if peer.kind != "parent" and self._presence.silence_of(peer) > DARK_AFTER:
            seen = self._presence.last_seen(peer) or peer.added_at
            return owner, "recipient.silent", Step.CALL, _shown(seen)
        if row.last_error:
            return owner, row.last_error, Step.LOOK, ""
        return owner, "", Step.WAIT, ""


def _shown(at: datetime | None) -> str:
    return "?" if at is None else f"{at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}"


def _code_of(line: LineView) -> str:
    """Of the error that the line last had."""
    return (line.error or "").partition(":")[0]


def owner_of(evidence: Evidence | None, *, here: str, peer: str) -> str:
    """The hub that can have a failed delivery tried again: that which had it when it failed."""
    if evidence is None or evidence.issuer == here:
        return here
    if evidence.event is Event.RELAY_REJECTION:
        return here if evidence.issuer == peer else peer  # whoever was refused still has it
    return evidence.issuer


def reason_of(evidence: Evidence | None) -> str:
    return "" if evidence is None or not evidence.reasons else evidence.reasons[0]
