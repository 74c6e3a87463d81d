"""Lines that break: a TCP relay on loopback that cuts connections where a test says, and a CONNECT proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """Passes bytes on to `port` and back."""

    port: int
    cuts_up: list[int] = field(default_factory=list)
    """The next connections break after so many bytes towards the server, one entry each; then none does."""
    cuts_down: list[int] = field(default_factory=list)
    """The same for bytes from the server."""
    down: bool = False
    """Connections are closed at once."""
    connections: int = 0
    passed_up: int = 0
    passed_down: int = 0
    asked: list[str] = field(default_factory=list)
    """What a proxy was asked for."""
    own_port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.own_port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if not self.down:
                    await self._join(reader, writer)
        finally:
            writer.transport.abort()

    async def serve_proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self.serve(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.port)
        up = self.cuts_up.pop(0) if self.cuts_up else None
        down = self.cuts_down.pop(0) if self.cuts_down else None
        ways = [
            asyncio.ensure_future(self._pass(reader, there_writer, up, up=True)),
            asyncio.ensure_future(self._pass(there_reader, writer, down, up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            there_writer.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, budget: int | None, *, up: bool
    ) -> None:
        passed = 0
        while data := await source.read(4096):
            if budget is not None and passed + len(data) > budget:
                target.write(data[: budget - passed])
                await target.drain()
                return
            target.write(data)
            await target.drain()
            passed += len(data)
            self.passed_up += len(data) if up else 0
            self.passed_down += 0 if up else len(data)


@asynccontextmanager
async def relay(port: int, *, proxy: bool = False) -> AsyncIterator[Line]:
    line = Line(port=port)
    server = await asyncio.start_server(line.serve_proxy if proxy else line.serve, "127.0.0.1", 0)
    line.own_port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
