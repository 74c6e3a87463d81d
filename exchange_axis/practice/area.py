"""The practice area of a node: made when somebody first practises, kept for the next time, made anew on request.

Rules of this file:
1. Everything lies in one folder, which holds nothing else; making it anew removes that folder.
2. While somebody reads from it, it is not made anew under him.
3. An area that another version made, or that was left half made, is no loss: it is made anew.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from exchange_axis.node.service import Node
from exchange_axis.store.datadir import make_private_folder
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.practice")

MADE: Final = "made-2"
"""Empty file that says that making was not broken off; the number changes with what is made."""


class Playing(Protocol):
    """What goes on in an open area (`practice.play`, which is not loaded before somebody practises)."""

    @property
    def here(self) -> Node: ...

    async def begin(self) -> None: ...

    async def step(self) -> None: ...

    def close(self) -> None: ...


class PracticeArea:
    def __init__(self, folder: Path, *, make: Callable[[Path], None], open_made: Callable[[Path], Playing]) -> None:
        """
        Args:
            make: keys, settings and databases, into an empty folder.
            open_made: opens what `make` made.
        """
        self._folder = folder
        self._make = make
        self._open_made = open_made
        self._play: Playing | None = None
        self._changing = asyncio.Lock()
        self._stepping = asyncio.Lock()
        self._idle = asyncio.Condition()
        self._readers = 0

    @property
    def is_made(self) -> bool:
        return (self._folder / MADE).exists()

    @asynccontextmanager
    async def node(self) -> AsyncIterator[Node]:
        """The desk's node, after everything that is due has happened."""
        async with self._changing:
            play = await self._opened()
            self._readers += 1
        try:
            async with self._stepping:
                await play.step()
            yield play.here
        finally:
            async with self._idle:
                self._readers -= 1
                self._idle.notify_all()

    async def begin_anew(self) -> None:
        async with self._changing:
            await self._quiet()
            await asyncio.to_thread(self._remove)
            await self._opened()

    async def close(self) -> None:
        async with self._changing:
            await self._quiet()
            await asyncio.to_thread(self._close)

    async def _quiet(self) -> None:
        async with self._idle:
            await self._idle.wait_for(lambda: self._readers == 0)

    async def _opened(self) -> Playing:
        if self._play is None:
            self._play = await asyncio.to_thread(self._make_or_open)
            await self._play.begin()
        return self._play

    def _make_or_open(self) -> Playing:
        if self.is_made:
            try:
                return self._open_made(self._folder)
            except Refusal as refusal:
                log.info("practice.made-anew code=%s", refusal.code)
        self._remove()
        make_private_folder(self._folder)
        self._make(self._folder)
        (self._folder / MADE).touch(mode=0o600)
        return self._open_made(self._folder)

    def _remove(self) -> None:
        self._close()
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def _close(self) -> None:
        play, self._play = self._play, None
        if play is not None:
            play.close()
