"""Retention by class: what is kept how long, what is due, and the worker that disposes of it where it is switched on.

1. Payload and metadata are disposed of; evidence and the log (reads and changes are entries of it) never are: their
   numbers only say how long they are promised at least.
2. Nothing under a legal hold or under way is due. Each disposal is a line of the disposal record and a log entry.
3. How long that is two people decide (`retention_classes`).
4. A letter's time counts from its acceptance here and from the last change of its deliveries, whichever is later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange_axis.domain.disposal import Extent, OnHold, State, UnderWay
from exchange_axis.hub.erasing import Erasing
from exchange_axis.hub.erasures_heard import HeardErasures
from exchange_axis.hub.legal_hold import LegalHolds
from exchange_axis.hub.retention_classes import RetentionClasses
from exchange_axis.hub.uploads import Uploads
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import disposals, legal_holds, mail
from exchange_axis.store.hub.disposals import DisposalRow

RULE = "axis retention"
"""Who disposes, in the record."""
PAGE = 100
AT_ONCE = 10
"""Letters of one round: the sequencer waits meanwhile."""
EVERY = timedelta(hours=1).total_seconds()
"""Between two rounds of the worker."""
LOOK_EVERY = timedelta(minutes=1).total_seconds()
"""Between two looks whether somebody has switched it on."""
CLASSES = (Extent.PAYLOAD, Extent.METADATA)
"""That are disposed of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLetter:
    consignment_id: str
    sender: str
    received_at: datetime
    extent: str
    held: bool
    """Due, but under a legal hold."""


class Retention:
    def __init__(self, world: World, erasing: Erasing) -> None:
        self._world = world
        self._erasing = erasing
        self.classes = RetentionClasses(world)
        self._next = 0.0

    def due(self, *, limit: int = PAGE) -> tuple[DueLetter, ...]:
        """Letters whose time is over, oldest first by class."""
        return tuple(found for extent in CLASSES for found in self._due(extent, limit))

    def round(self) -> int:
        """What the worker does now and then; nothing unless it is switched on."""
        now = self._world.clock.monotonic()
        if now < self._next:
            return 0
        if not self.classes.in_force().dispose:
            self._next = now + LOOK_EVERY
            return 0
        done = self.run(limit=AT_ONCE)
        self._next = now if done == AT_ONCE else now + EVERY
        return done

    def run(self, *, limit: int = 10_000) -> int:
        """Dispose of what is due; returns of how many letters, once by class."""
        done = 0
        for extent in CLASSES:
            after = 0
            while done < limit:
                seqs = self._page(extent, after, min(PAGE, limit - done))
                if not seqs:
                    break
                after = seqs[-1]
                done += sum(self._dispose(seq, extent) for seq in seqs)
        return done

    def _page(self, extent: Extent, after: int, limit: int) -> tuple[int, ...]:
        before = self._world.issuer.now() - self.classes.in_force().of(extent.value)
        unheard = self._erasing.unheard_before()
        return self._world.transactions.read(
            lambda connection: disposals.due(
                connection, before=before, unheard_before=unheard, extent=extent, after=after, limit=limit
            )
        )

    def _due(self, extent: Extent, limit: int) -> tuple[DueLetter, ...]:
        seqs = self._page(extent, 0, limit)

        def work(connection: Connection) -> tuple[DueLetter, ...]:
            letters = (mail.consignment_by_seq(connection, seq) for seq in seqs)
            return tuple(
                DueLetter(
                    consignment_id=letter.consignment_id,
                    sender=letter.sender,
                    received_at=letter.received_at,
                    extent=extent.value,
                    held=bool(legal_holds.on_letter(connection, letter)),
                )
                for letter in letters
            )

        return self._world.transactions.read(work)

    def _dispose(self, seq: int, extent: Extent) -> bool:
        days, at = self.classes.in_force().of(extent.value).days, self._world.issuer.now()

        def work(connection: Connection) -> tuple[mail.ConsignmentRow, DisposalRow]:
            letter = mail.consignment_by_seq(connection, seq)
            mail.lock_letter(connection, letter.sender, letter.consignment_id)
            row = DisposalRow(
                consignment=seq,
                extent=extent,
                state=State.PROPOSED,
                ground=f"retention: {extent.value} {days}d",
                proposed_by=RULE,
                proposed_at=at,
            )
            disposals.add(connection, row)
            (*_, kept) = disposals.of_letter(connection, seq)
            self._erasing.dispose(connection, letter, kept, actor=RULE)
            return letter, kept

        try:
            letter, row = self._world.transactions.run(work)
        except (OnHold, UnderWay):
            return False
        try:
            self._erasing.destroy(letter, row)
        except StoreUnavailable:
            return True  # decided; the hub goes on by itself
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept and what goes."""

    erasing: Erasing
    heard: HeardErasures
    holds: LegalHolds
    retention: Retention


def keeping_of(world: World, uploads: Uploads) -> Keeping:
    erasing = Erasing(world, uploads)
    return Keeping(
        erasing=erasing, heard=HeardErasures(world), holds=LegalHolds(world), retention=Retention(world, erasing)
    )
