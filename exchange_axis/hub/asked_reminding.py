"""Reminders that a sender asks for by hand (R78): told at once to the recipient's node, and to the sender's as news.
Where another hub holds the delivery, the wish goes on to it, hub by hub (a return with a notice and no evidence).

Rules of this file:
1. Only whoever brought the delivery asks, and only of what is still owed.
2. Not twice within `AGAIN_AFTER`, whoever at the sender's asks, and at whichever hub on the way.
3. What is missing each hub finds for itself; where nothing is by then, the wish ends there without a word.
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
        return self._world.transactions.run(partial(self.pass_on, peer, consignment_id, recipient))

    def pass_on(self, peer: peers.PeerRow, consignment_id: str, recipient: str, connection: Connection) -> Asked:
        """As `ask`, in the caller's transaction: for the wish of a hub that brought the delivery."""
        timing.hold_follower(connection, NAME)
        counted = self._delivery(peer, consignment_id, recipient, connection)
        if counted is None:
            return Asked(recipient=recipient, state=AskedState.UNKNOWN)
        missing = next((one.kind for one in counted.plan if one.to is ReminderTo.RECEIVER), None)
        onward = peers.get(connection, counted.passage.peer)
        if missing is None or onward is None:
            return Asked(recipient=recipient, state=AskedState.NOTHING_OWED)
        now, seq = milliseconds(self._world.issuer.now()), counted.passage.consignment
        before = asked.last(connection, seq, recipient)
        if before is not None and now < before + AGAIN_AFTER:
            return Asked(recipient=recipient, state=AskedState.TOO_SOON, at=before)
        asked.note(connection, seq, recipient, peer=peer.id, missing=missing.value, at=now)
        held = counted.passage.is_held
        told = [(onward, asked_code(missing)), *([(peer, reminded_code(missing))] if held else [])]
        items = [prepare_notice(self._world, one, self._notice(counted, code)) for one, code in told]
        home.post(connection, self._world, items)
        return Asked(recipient=recipient, state=AskedState.SENT if held else AskedState.PASSED_ON, at=now)

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
