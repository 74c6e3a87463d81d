"""A line as a commune has it: a TCP relay on loopback that cuts, stalls, is slow and changes its address. Seeded.

Kept-alive connections carry much, so the shares are of stretches of `reach` bytes, both directions together: of a new
connection such a share is cut at a random byte of its first stretch, of what is left the same share in the next one.
A share stands still for a moment; the hub sees another source address with each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

CHUNK = 1 << 16
ADDRESSES = 8


@dataclass(kw_only=True)
class WeakLine:
    port: int
    """Of the hub."""
    seed: int
    cut: float = 0.0
    """Share of the stretches that break."""
    reach: int = 1 << 18
    """Bytes of a stretch."""
    every: int = 0
    """If not 0: instead of a share, each connection breaks after about so many bytes, until `cuts_left` are used up."""
    cuts_left: int = 1 << 30
    stall: float = 0.0
    """Share of the connections that stand still once."""
    stall_seconds: float = 0.02
    rate: int = 0
    """Bytes a second of one connection, both directions together; 0: as fast as it goes."""
    connections: int = 0
    cuts: int = 0
    stalls: int = 0
    passed_up: int = 0
    passed_down: int = 0
    addresses: set[str] = field(default_factory=set)
    own_port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.own_port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        fate = self._fate(self.connections)
        try:
            with contextlib.suppress(OSError):
                await self._join(reader, writer, fate)
        finally:
            writer.transport.abort()

    def _fate(self, number: int) -> Fate:
        rng = random.Random(f"{self.seed}-{number}")
        cut_at = None
        if self.cut:
            whole = next(stretch for stretch in count() if rng.random() < self.cut)
            # Within the first stretch early bytes are as likely as late ones by their number of digits: handshakes too.
            cut_at = whole * self.reach + int(self.reach ** rng.random())
        elif self.every and self.cuts_left:
            cut_at = int(self.every * rng.uniform(0.8, 1.2))
        stall_at = rng.randrange(self.reach) if rng.random() < self.stall else None
        address = f"127.0.0.{2 + number % ADDRESSES}"
        self.addresses.add(address)
        return Fate(cut_at=cut_at, stall_at=stall_at, address=address)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(fate.address, 0))
        ways = [
            asyncio.ensure_future(self._pass(reader, there_writer, fate, up=True)),
            asyncio.ensure_future(self._pass(there_reader, writer, fate, up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            there_writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, fate: Fate, *, up: bool) -> None:
        while data := await source.read(CHUNK):
            if fate.stall_at is not None and fate.passed + len(data) > fate.stall_at:
                fate.stall_at = None
                self.stalls += 1
                await asyncio.sleep(self.stall_seconds)
            left = len(data) if fate.cut_at is None else fate.cut_at - fate.passed
            part = data[: max(left, 0)]
            fate.passed += len(part)
            self.passed_up += len(part) if up else 0
            self.passed_down += 0 if up else len(part)
            target.write(part)
            await target.drain()
            if left < len(data):
                self.cuts += 1
                self.cuts_left -= 1
                return
            if self.rate:
                await asyncio.sleep(len(data) / self.rate)


@dataclass(kw_only=True)
class Fate:
    """What becomes of one connection."""

    cut_at: int | None
    stall_at: int | None
    address: str
    passed: int = 0


@asynccontextmanager
async def weak_line(port: int, *, seed: int, **faults: float) -> AsyncIterator[WeakLine]:
    line = WeakLine(port=port, seed=seed, **faults)  # type: ignore[arg-type]
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.own_port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
