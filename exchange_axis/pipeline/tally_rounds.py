"""Comparing days with the hub above, again and again: the part of an agent or uplink that waits for the line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from exchange_axis.pipeline.issue import as_document
from exchange_axis.pipeline.tallying import TallyBook
from exchange_axis.ports import DocumentKind, TallyExchange

PAUSE = 1_800.0
"""Seconds between two looks for days that are over or did not agree."""


class TallyRounds:
    def __init__(
        self, book: TallyBook, line: TallyExchange, hub: str, run_in_thread: Callable[..., Awaitable[Any]]
    ) -> None:
        self._book = book
        self._line = line
        self._hub = hub
        self._run = run_in_thread

    async def once(self) -> int:
        """Exchange what is due; the number of days that were compared.

        Raises:
            HubUnreachable, HubRefused, and what `TallyBook.hear` refuses with.
        """
        done = 0
        for day in await self._run(self._book.due, self._hub):
            done += await self.compare(day)
        return done

    async def compare(self, day: date) -> bool:
        """One day; False where the hub's version knows of no tallies. Raises as `once`."""
        own = await self._run(self._book.own, day, self._hub)
        answer = await self._line.exchange(as_document(DocumentKind.TALLY, own.document), own.lines)
        if answer is None:
            return False
        await self._run(self._book.hear, self._hub, *answer)
        await self._run(self._book.reconcile, day, self._hub)
        return True
