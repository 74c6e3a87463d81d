"""Containers on their way to and from a hub, a piece at a time."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import Document
from exchange_axis.wire.hub_json import documents_json

CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A container to hand in."""

    path: Path
    sha256: str
    size: int
    lane: Lane
    relay: tuple[Document, ...]

    def announcement(self) -> dict[str, object]:
        kind = "relay" if self.relay else "consignment"
        announced = {"kind": kind, "length": self.size, "sha256": self.sha256, "lane": self.lane.value}
        return {**announced, "documents": documents_json(self.relay)}

    def digest_field(self) -> str:
        """Value of Content-Digest (RFC 9530)."""
        return f"sha-256=:{base64.b64encode(bytes.fromhex(self.sha256)).decode('ascii')}:"

    async def read(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """Exactly `length` bytes from `offset`.

        Raises:
            OSError: the file is not to be had, or shorter.
        """
        while length:
            chunk = await asyncio.to_thread(self._chunk, offset, min(CHUNK, length))
            if not chunk:
                raise OSError("the container is shorter than announced")
            offset, length = offset + len(chunk), length - len(chunk)
            yield chunk

    def _chunk(self, offset: int, length: int) -> bytes:
        """Opened for each chunk: a transfer that is broken off in the middle leaves no file open."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def size_of(path: Path) -> int:
    """Bytes in the file; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def append_to(path: Path, held: int, pieces: AsyncIterator[bytes], *, most: int) -> int:
    """Write what comes behind the first `held` bytes, at most up to `most` in all; the size reached.

    What was written stays when `pieces` breaks off.
    """
    file = await asyncio.to_thread(path.open, "r+b" if held else "wb")
    with file:
        file.seek(held)
        async for piece in pieces:
            if held + len(piece) > most:
                return held + len(piece)
            await asyncio.to_thread(file.write, piece)
            held += len(piece)
    return held
