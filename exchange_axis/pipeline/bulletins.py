"""What node and hub do alike with bulletins: how a row changes with what came of one, and the rounds."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from exchange_axis.domain.bulletin import BULLETIN, Bulletin, BulletinEvent, BulletinState, Fault
from exchange_axis.domain.retry import next_try
from exchange_axis.ports import BulletinDoubtful, BulletinFailed, BulletinRefused, BulletinUndelivered, Courier
from exchange_axis.store.bulletin_rows import BulletinRow

ALARM_AFTER: Final = 3
"""Tries in a row that fail before an alarm is raised."""
_EVENTS: Final = (
    (BulletinUndelivered, BulletinEvent.UNDELIVERED),
    (BulletinRefused, BulletinEvent.REFUSED),
    (BulletinDoubtful, BulletinEvent.DOUBTFUL),
)
_log = logging.getLogger("axis.bulletin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A bulletin that counts as told and is to leave now."""

    row: BulletinRow
    bulletin: Bulletin


def begun(row: BulletinRow, upto: int, at: datetime) -> BulletinRow:
    """It counts as told with `upto` from here on."""
    state = BULLETIN.after(row.state, BulletinEvent.BEGUN)
    return replace(row, state=state, before=row.told, told=upto, since=row.since or at)


def sent(row: BulletinRow, at: datetime) -> BulletinRow:
    _log.info("bulletin.sent destination=%s kind=%s", row.destination, row.kind.value)
    return replace(ended(row, BulletinEvent.SENT), sent=row.sent + 1, sent_at=at)


def failed(row: BulletinRow, failure: BulletinFailed, at: datetime, *, jitter: float) -> BulletinRow:
    """Only what surely did not arrive is not told any more, and waits for its next try."""
    event = next(event for kind, event in _EVENTS if isinstance(failure, kind))
    _log.warning("bulletin.%s destination=%s kind=%s %s", event.value, row.destination, row.kind.value, failure)
    if event is not BulletinEvent.UNDELIVERED:
        is_lost = event is BulletinEvent.REFUSED
        over = replace(ended(row, event), lost=row.lost + is_lost, doubtful=row.doubtful + (not is_lost))
        return noted(over, failure, at)
    attempts = row.attempts + 1
    waiting = replace(
        row,
        state=BULLETIN.after(row.state, event),
        told=row.told if row.before is None else row.before,
        before=None,
        attempts=attempts,
        due_at=next_try(attempts, at, jitter),
    )
    return noted(waiting, failure, at)


def is_alarming(row: BulletinRow) -> bool:
    """Of a row after a failure."""
    return row.state is not BulletinState.WAITING or row.attempts == ALARM_AFTER


def interrupted(row: BulletinRow) -> BulletinFailed:
    """An earlier run died while it sent, or could not write down what came of it."""
    return BulletinDoubtful(place=row.destination, fault=Fault.INTERRUPTED)


def stale(row: BulletinRow) -> BulletinFailed:
    return BulletinUndelivered(place=row.destination, fault=row.fault or Fault.UNREACHABLE, answer=row.answer)


def partly(row: BulletinRow, left_out: int) -> BulletinFailed:
    """Some of the recipients were refused while others were not."""
    return BulletinRefused(place=row.destination, fault=Fault.PARTLY, answer=left_out)


def noted(row: BulletinRow, failure: BulletinFailed, at: datetime) -> BulletinRow:
    return replace(row, fault=failure.fault, answer=failure.answer, fault_at=at)


def ended(row: BulletinRow, event: BulletinEvent) -> BulletinRow:
    """Nothing is under way any more."""
    state = BULLETIN.after(row.state, event)
    return replace(row, state=state, before=None, attempts=0, since=None, due_at=None)


class Teller(Protocol):
    """The sync half: a node's or a hub's; each destination by one caller at a time."""

    @property
    def couriers(self) -> Mapping[str, Courier]: ...

    def begin(self, name: str, *, sign_in: str) -> Begun | None:
        """Mark what is due at a destination as told; None: nothing is due now."""
        ...

    def end(self, begun: Begun, failure: BulletinFailed | None, *, left_out: int = 0) -> None:
        """Remember what came of it.

        Args:
            failure: None: it was taken.
            left_out: recipients that were refused while others were not.
        """
        ...


class BulletinRounds:
    """The async half."""

    def __init__(self, teller: Teller, *, sign_in: str, run_in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._teller = teller
        self._sign_in = sign_in
        self._run_in_thread = run_in_thread

    async def round(self, name: str) -> int:
        """Send what is due at one destination; how many bulletins were tried."""
        tried = 0
        while True:
            found: Begun | None = await self._run_in_thread(lambda: self._teller.begin(name, sign_in=self._sign_in))
            if found is None:
                return tried
            tried += 1
            await self._send(name, found)

    async def _send(self, name: str, found: Begun) -> None:
        failure: BulletinFailed | None = None
        left_out = 0
        try:
            left_out = await self._teller.couriers[name].send(found.bulletin)
        except BulletinFailed as refusal:
            failure = refusal
        except Exception:  # a fault of ours: nobody knows how far it came
            _log.exception("bulletin.fault destination=%s", name)
            failure = interrupted(found.row)
        await self._run_in_thread(lambda: self._teller.end(found, failure, left_out=left_out))
