"""Erasures at other hubs: heard, listed, passed on; never carried out by anybody but this hub's own two people.

1. The one that erased tells whoever brought it the letter and whoever has it from there, hubs and nodes, once each.
2. A hub that hears of it from above tells those who have the letter from it; from below, the one that brought it.
3. What is heard waits until two people here have erased the letter too, or one has decided to keep it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.disposal import usable_actor, usable_text
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.domain.notice import Notice, NoticeCode
from exchange_axis.errors import NotFound
from exchange_axis.hub.finding import find_letter
from exchange_axis.hub.notices import post_notice
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import erasures_heard, mail, peers, records
from exchange_axis.store.hub.erasures_heard import HeardRow

HOLDING = frozenset({DeliveryState.CONSIGNED, DeliveryState.HANDED_OVER, DeliveryState.RELAYED})
"""The next hop has, or may have, the letter."""
SHOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardErasure:
    consignment_id: str
    sender: str
    told_by: str
    since: datetime
    heard_at: datetime


class HeardErasures:
    def __init__(self, world: World) -> None:
        self._world = world

    def waiting(self) -> tuple[HeardErasure, ...]:
        """What our people have not decided about yet, oldest first."""

        def work(connection: Connection) -> tuple[HeardErasure, ...]:
            rows = erasures_heard.waiting(connection, limit=SHOWN)
            return tuple(_shown(row, mail.consignment_by_seq(connection, row.consignment)) for row in rows)

        return self._world.transactions.read(work)

    def keep(self, query: str, *, reason: str, actor: str) -> str:
        """Our copy stays; the decision is an entry of the log. Returns the consignment id.

        Raises:
            NotFound: nobody has told of such an erasure; SeveralLetters, ErasureUnusable.
        """
        reason, actor, at = usable_text(reason, "reason"), usable_actor(actor), self._world.issuer.now()

        def work(connection: Connection) -> str:
            letter = find_letter(connection, query)
            if not erasures_heard.keep(connection, letter.seq, by=actor, at=at, reason=reason):
                raise NotFound(what=letter.consignment_id)
            details = json.dumps({"sender": letter.sender, "reason": reason}, ensure_ascii=False, sort_keys=True)
            records.decide(
                connection,
                at=at,
                actor=actor,
                action="erasure.keep",
                subject=letter.consignment_id,
                details=details,
            )
            return letter.consignment_id

        return self._world.transactions.run(work)


def tell(connection: Connection, world: World, letter: mail.ConsignmentRow, *, since: datetime, but: str = "") -> None:
    """Whoever brought the letter and whoever has it from us: once each. They see it; nothing is erased by it.

    Args:
        but: the peer that told us, and brought us the letter.
    """
    told = {"", but}
    for delivery in mail.deliveries(connection, letter.seq):
        holding = delivery.peer if delivery.state in HOLDING else ""
        for name in sorted({delivery.upstream, holding} - told):
            peer = peers.get(connection, name)
            if peer is None or peer.state != "approved":
                continue
            told.add(name)
            notice = Notice(
                code=NoticeCode.ERASED,
                since=since,
                sender=letter.sender,
                consignment_id=letter.consignment_id,
                recipient=delivery.recipient,
            )
            post_notice(connection, world, peer, notice)


def is_erasure(notice: Notice | None) -> bool:
    return notice is not None and notice.code == NoticeCode.ERASED


def note(connection: Connection, world: World, letter: mail.ConsignmentRow, *, peer: str, since: datetime) -> None:
    """In the transaction that takes the message in."""
    at = world.issuer.now()
    erasures_heard.add(connection, HeardRow(consignment=letter.seq, peer=peer, since=since, heard_at=at))


def _shown(row: HeardRow, letter: mail.ConsignmentRow) -> HeardErasure:
    return HeardErasure(
        consignment_id=letter.consignment_id,
        sender=letter.sender,
        told_by=row.peer,
        since=row.since,
        heard_at=row.heard_at,
    )
