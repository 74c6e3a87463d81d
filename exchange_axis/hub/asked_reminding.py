"""Reminders that a sender asks for by hand (R78): told at once to the recipient's node, and to the sender's as news.

Rules of this file:
1. Only whoever brought the delivery asks, and only of what is still owed.
2. Not twice within `AGAIN_AFTER`, whoever at the sender's asks.
3. A hub reminds at the nodes it serves; where another hub holds the delivery, that one reminds by the deadlines, and
   the sender is told so.
"""

from __future__ import annotations

from functools import partial

from exchange_axis.domain.notice import Notice, asked_code, reminded_code
from exchange_axis.domain.reminders import AGAIN_AFTER, Asked, AskedState, ReminderTo
from exchange_axis.hub import home
from exchange_axis.hub.clockwork import NAME, Clockwork, Counted
from exchange_axis.hub.notices import prepare_notice
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import milliseconds
from exchange_axis.store import Connection
from exchange_axis.store.hub import asked, clocks, mail, peers, timing


class AskedReminding:
    def __init__(self, world: World, clockwork: Clockwork) -> None:
        self._world = world
        self._clockwork = clockwork

    def ask(self, peer: peers.PeerRow, consignment_id: str, recipient: str) -> Asked:
        return self._world.transactions.run(partial(self._ask, peer, consignment_id, recipient))

    def _ask(self, peer: peers.PeerRow, consignment_id: str, recipient: str, connection: Connection) -> Asked:
        timing.hold_follower(connection, NAME)
        counted = self._delivery(peer, consignment_id, recipient, connection)
        if counted is None:
            return Asked(recipient=recipient, state=AskedState.UNKNOWN)
        if not counted.passage.is_held:
            return Asked(recipient=recipient, state=AskedState.ELSEWHERE)
        missing = next((one.kind for one in counted.plan if one.to is ReminderTo.RECEIVER), None)
        node = peers.get(connection, counted.passage.peer)
        if missing is None or node is None:
            return Asked(recipient=recipient, state=AskedState.NOTHING_OWED)
        now, seq = milliseconds(self._world.issuer.now()), counted.passage.consignment
        before = asked.last(connection, seq, recipient)
        if before is not None and now < before + AGAIN_AFTER:
            return Asked(recipient=recipient, state=AskedState.TOO_SOON, at=before)
        asked.note(connection, seq, recipient, peer=peer.id, missing=missing.value, at=now)
        told = ((node, asked_code(missing)), (peer, reminded_code(missing)))
        items = [prepare_notice(self._world, one, self._notice(counted, code)) for one, code in told]
        home.post(connection, self._world, items)
        return Asked(recipient=recipient, state=AskedState.SENT, at=now)

    def _delivery(
        self, peer: peers.PeerRow, consignment_id: str, recipient: str, connection: Connection
    ) -> Counted | None:
        """The delivery that this peer brought."""
        for row in mail.consignments_by_id(connection, consignment_id):
            delivery = mail.delivery(connection, row.seq, recipient) if row.kind == "letter" else None
            passage = clocks.passage(connection, row.seq, recipient)
            if delivery is not None and passage is not None and delivery.upstream == peer.id:
                letters = clocks.letters_by_seq(connection, [row.seq])
                (counted,) = self._clockwork.count(connection, letters, [passage])
                return counted
        return None

    def _notice(self, counted: Counted, code: str) -> Notice:
        return Notice(
            code=code,
            since=milliseconds(self._world.issuer.now()),
            sender=counted.letter.sender,
            consignment_id=counted.letter.consignment_id,
            recipient=counted.passage.recipient,
            title=counted.letter.title or None,
        )
