"""Reminding of a missing status: the receiver's node first, then that of the agency above it (R54, R70). Above means
the nearest one upward that has a node at this hub.

Rules of this file:
1. Only the hub that holds the delivery reminds, once for each (delivery, what is missing, who is told). The sender is
   told of each, so that nobody asks twice for what has been asked.
2. Nobody is reminded of what has been said: the delivery is held while its clocks are counted anew.
3. When the status comes after a reminder, the sender is told so, and the agency above if it was reminded. What is no
   longer asked for (taken back, recalled) is settled without a word.
4. A reminder is a notice, not evidence. It names letter, agencies, number/symbol, the missing status and since when;
   nothing of the content, also because the agency above may not be a party to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from exchange_axis.domain.notice import Notice, came_code, reminded_code, reminder_code
from exchange_axis.domain.reminders import CLOCKS, Missing, Reminder, ReminderTo
from exchange_axis.hub import authority, home
from exchange_axis.hub.clockwork import NAME, Clockwork, Counted
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.notices import prepare_notice
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import milliseconds
from exchange_axis.store import Connection
from exchange_axis.store.hub import clocks, mail, peers, reminders, timing

log = logging.getLogger("axis.reminders")

AT_ONCE = 200
"""Deliveries in one round; the rest follow in the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whom:
    agency: str | None
    """None: the directory names nobody."""
    peer: str | None
    """None: no node of this hub serves the agency."""


class Reminding:
    def __init__(self, world: World, clockwork: Clockwork, directory: DirectoryService) -> None:
        self._world = world
        self._clockwork = clockwork
        self._directory = directory

    def remind(self) -> int:
        """Send the reminders whose time has come; returns how many notices were posted."""
        now = self._world.issuer.now()
        waiting = self._world.transactions.read(lambda connection: reminders.waiting(connection, now, AT_ONCE))
        if not waiting:
            return 0
        above = {code: agency.parent for code, agency in self._directory.current().agencies.items()}
        return sum(self._world.transactions.run(partial(self._remind, seq, code, above)) for seq, code in waiting)

    def settle(self) -> int:
        """Tell of statuses that came after a reminder; returns how many notices were posted."""
        over = self._world.transactions.read(lambda connection: reminders.settled(connection, AT_ONCE))
        return sum(self._world.transactions.run(partial(self._settle, one)) for one in over)

    def unheard(self) -> int:
        """How many reminders had nobody at this hub who could get them."""
        return self._world.transactions.read(reminders.unheard)

    def _remind(self, seq: int, recipient: str, above: Mapping[str, str | None], connection: Connection) -> int:
        timing.hold_follower(connection, NAME)
        passage = clocks.passage(connection, seq, recipient)
        if passage is None:
            raise AssertionError("a delivery with a clock has its row for ever")
        letters = clocks.letters_by_seq(connection, [seq])
        (counted,) = self._clockwork.count(connection, letters, [passage])
        served = authority.local_nodes(connection, self._world.issuer.now())
        items = []
        for reminder, whom in self._due(connection, counted, above, served):
            peer = None if whom.peer is None else peers.get(connection, whom.peer)
            if peer is not None:
                items.append(prepare_notice(self._world, peer, _notice(counted, reminder)))
                items.extend(self._news(connection, counted, reminder))
        home.post(connection, self._world, items)
        self._clockwork.store(connection, [counted])
        return len(items)

    def _news(self, connection: Connection, counted: Counted, reminder: Reminder) -> Iterator[home.HomeItem]:
        """To the sender, or on the way to it: who has been reminded, and when."""
        delivery = mail.delivery(connection, counted.passage.consignment, counted.passage.recipient)
        upstream = None if delivery is None else peers.get(connection, delivery.upstream)
        if upstream is not None:
            code = reminded_code(reminder.kind, reminder.to)
            yield prepare_notice(self._world, upstream, _about(counted, code, self._world.issuer.now()))

    def _settle(self, one: reminders.Settled, connection: Connection) -> int:
        timing.hold_follower(connection, NAME)
        passage = clocks.passage(connection, one.consignment, one.recipient)
        if passage is None:
            raise AssertionError("a delivery that was reminded of has its row for ever")
        letters = clocks.letters_by_seq(connection, [one.consignment])
        (counted,) = self._clockwork.count(connection, letters, [passage])
        missing, to = Missing(one.missing), ReminderTo(one.told)
        state = next(state for state in counted.states if state.clock is CLOCKS[missing])
        if state.is_open or not reminders.settle(connection, one, self._world.issuer.now()):
            return 0
        peer_id = one.upstream if to is ReminderTo.RECEIVER else one.peer
        peer = None if peer_id is None or state.met_at is None else peers.get(connection, peer_id)
        if peer is None or state.met_at is None:
            return 0
        notice = _about(counted, came_code(missing, to), state.met_at)
        home.post(connection, self._world, [prepare_notice(self._world, peer, notice)])
        return 1

    def _due(
        self, connection: Connection, counted: Counted, above: Mapping[str, str | None], served: Mapping[str, str]
    ) -> Iterator[tuple[Reminder, _Whom]]:
        """Reminders that were not sent before; each is noted here."""
        now = self._world.issuer.now()
        for reminder in counted.due(now) if counted.passage.is_held else ():
            whom = _whom(counted, reminder, above, served)
            told = reminders.Told(
                consignment=counted.passage.consignment,
                recipient=counted.passage.recipient,
                missing=reminder.kind.value,
                told=reminder.to.value,
                agency=whom.agency,
                peer=whom.peer,
                due_at=reminder.due_at,
                at=now,
            )
            if reminders.add(connection, told):
                if whom.peer is None:
                    log.warning(
                        "reminder.nobody letter=%s recipient=%s missing=%s to=%s agency=%s",
                        counted.letter.consignment_id,
                        counted.passage.recipient,
                        reminder.kind,
                        reminder.to,
                        whom.agency,
                    )
                yield reminder, whom


def _whom(counted: Counted, reminder: Reminder, above: Mapping[str, str | None], served: Mapping[str, str]) -> _Whom:
    receiver = counted.passage.final_recipient
    if reminder.to is ReminderTo.RECEIVER:
        return _Whom(agency=receiver, peer=counted.passage.peer)
    superiors = list(_superiors(receiver, above))
    heard = next((one for one in superiors if one in served), None)
    agency = heard or next(iter(superiors), None)
    return _Whom(agency=agency, peer=None if heard is None else served[heard])


def _superiors(agency: str, above: Mapping[str, str | None]) -> Iterator[str]:
    """The agency above, the one above that, and so on."""
    seen = {agency}
    while (upper := above.get(agency)) is not None and upper not in seen:
        seen.add(upper)
        yield upper
        agency = upper


def _notice(counted: Counted, reminder: Reminder) -> Notice:
    due = next(state.due for state in counted.states if state.clock is CLOCKS[reminder.kind])
    return _about(counted, reminder_code(reminder.kind, reminder.to), due or reminder.due_at)


def _about(counted: Counted, code: str, since: datetime) -> Notice:
    return Notice(
        code=code,
        since=milliseconds(since),
        sender=counted.letter.sender,
        consignment_id=counted.letter.consignment_id,
        recipient=counted.passage.recipient,
        title=counted.letter.title or None,
    )
