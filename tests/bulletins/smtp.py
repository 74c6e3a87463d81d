"""A mail server on loopback, small enough to read: it really speaks SMTP and TLS, and can do what bad ones do."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

LINE_MAX = 1 << 16


@dataclass
class MailServer:
    context: ssl.SSLContext | None = None
    """For STARTTLS, or from the start."""
    offers_starttls: bool = True
    account: tuple[str, str] | None = None
    """Who may send; None: anybody."""
    answers: dict[str, str] = field(default_factory=dict)
    """Said to a command instead of the right answer, by its first word; TEXT is the end of the text."""
    hangs_up_at: str = ""
    silent_at: str = ""
    port: int = 0
    messages: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    """Sender, recipients and bytes of every text that came to its end, whatever was answered."""
    heard: bytearray = field(default_factory=bytearray)
    """Every byte that clients said, in the clear."""
    before_tls: list[bytes] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where it falls silent."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def read(self, number: int = -1) -> EmailMessage:
        found = message_from_bytes(self.messages[number][2], policy=default)
        assert isinstance(found, EmailMessage)
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).run()
        writer.close()


@dataclass
class _Session:
    server: MailServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool = False
    known: bool = False
    sender: str = ""
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.secure = self.writer.get_extra_info("ssl_object") is not None
        await self._say("220 mail.test ESMTP")
        while line := await self._line():
            if not self.secure:
                self.server.before_tls.append(line)
            word = line.split(b" ")[0].decode("ascii").upper()
            if word == "QUIT" or not await self._command(word, line.decode("utf-8")):
                return

    async def _command(self, word: str, line: str) -> bool:
        """False: hang up."""
        if await self._is_odd(word):
            return False
        if word in self.server.answers:
            await self._say(self.server.answers[word])
        elif word in {"EHLO", "HELO"}:
            await self._hello()
        elif word == "STARTTLS" and self.server.context is not None:
            await self._say("220 go ahead")
            await self.writer.start_tls(self.server.context)
            self.secure = True
        elif word == "AUTH":
            await self._account(line)
        elif word == "MAIL" and self.server.account is not None and not self.known:
            await self._say("530 5.7.0 authentication required")
        elif word in {"MAIL", "RCPT"}:
            self._address(word, line)
            await self._say("250 ok")
        elif word == "DATA":
            await self._say("354 end with a dot")
            return await self._text()
        else:
            await self._say("500 what?")
        return True

    async def _hello(self) -> None:
        offers = ["AUTH PLAIN"] if self.server.account is not None else []
        if self.server.context is not None and self.server.offers_starttls and not self.secure:
            offers.append("STARTTLS")
        for offer in ["mail.test", *offers]:
            await self._say(f"250-{offer}")
        await self._say("250 8BITMIME")

    async def _account(self, line: str) -> None:
        given = base64.b64decode(line.split(" ")[2]).decode("utf-8").split("\0")
        self.known = tuple(given[1:]) == self.server.account
        await self._say("235 welcome" if self.known else f"535 5.7.8 {given[2]} is the wrong password")

    def _address(self, word: str, line: str) -> None:
        address = line[line.index("<") + 1 : line.index(">")]
        if word == "MAIL":
            self.sender, self.recipients = address, []
        else:
            self.recipients.append(address)

    async def _text(self) -> bool:
        lines = []
        while (line := await self._line()) != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.messages.append((self.sender, tuple(self.recipients), b"\r\n".join(lines)))
        if await self._is_odd("TEXT"):
            return False
        await self._say(self.server.answers.get("TEXT", "250 queued"))
        return True

    async def _is_odd(self, word: str) -> bool:
        if self.server.silent_at == word:
            self.server.reached.set()
            await self.server.released.wait()
        return word in {self.server.hangs_up_at, self.server.silent_at}

    async def _line(self) -> bytes:
        line = await self.reader.readline()
        self.server.heard += line
        return line.rstrip(b"\r\n")

    async def _say(self, text: str) -> None:
        self.writer.write(text.encode("utf-8") + b"\r\n")
        await self.writer.drain()


@asynccontextmanager
async def mail_server(server: MailServer, *, tls: bool = False) -> AsyncIterator[MailServer]:
    """Runs inside the block.

    Args:
        tls: from the start.
    """
    context = server.context if tls else None
    served = await asyncio.start_server(server.serve, "127.0.0.1", server.port, ssl=context, limit=LINE_MAX)
    server.port = served.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.released.set()
        served.close()
        await served.wait_closed()
