"""Bulletins by mail: SMTP (RFC 5321) with TLS, behind `exchange_axis.ports.Courier`.

Rules of this file:
1. Nothing is said to a server before its certificate was checked: TLS from the start, or STARTTLS (RFC 3207), which is
   required, not tried. Without TLS only on loopback, for a relay on the same host.
2. The password is read from its file for each message, and is nowhere else: not in a value, a log or an exception.
3. Recipients stand in the envelope only: they do not learn of each other.
4. Once the text has been handed over, only the server's answer says what became of it: without one it is doubtful.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Fault
from exchange_axis.domain.bulletin_words import words
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.ports import BulletinDoubtful, BulletinFailed, BulletinRefused, BulletinUndelivered
from schemas.gate.refusal import Refusal
from signing.files import read_secret

PATIENCE: Final = 60.0
"""Seconds for a whole message."""
STEP: Final = 15.0
"""Seconds that a server may be silent."""


class Security(StrEnum):
    TLS = "tls"
    """From the start (port 465)."""
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    port: int
    sender: str
    """Address in From and in the envelope."""
    security: Security = Security.STARTTLS
    user: str = ""
    """Empty: nobody signs in."""
    password_file: Path | None = None
    roots: Path | None = None
    """PEM; None: the host's."""


class MailCourier:
    def __init__(self, server: MailServer, recipients: tuple[str, ...], *, patience: float = PATIENCE) -> None:
        self._server = server
        self._recipients = recipients
        self._patience = patience

    @property
    def place(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    async def send(self, bulletin: Bulletin) -> int:
        text = message(bulletin, self._server.sender).as_bytes(policy=SMTP)
        delivery = Delivery(self._server, self._recipients, step=min(STEP, self._patience))
        return await _beside(delivery, lambda: delivery.deliver(text), self._patience)


def message(bulletin: Bulletin, sender: str) -> EmailMessage:
    """The letter; it says to machines that a machine wrote it (RFC 3834 §5)."""
    told = words(bulletin)
    found = EmailMessage(policy=SMTP)
    found["From"] = sender
    found["To"] = sender
    found["Subject"] = told.title
    found["Date"] = format_datetime(bulletin.at.astimezone(VIETNAM))
    found["Message-ID"] = f"<{bulletin.id}@{sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    if bulletin.kind in {BulletinKind.MOST_URGENT, BulletinKind.ALARM}:
        found["Importance"] = "high"
    found.set_content(told.text, cte="base64")
    return found


@dataclass
class Delivery:
    """One message on one connection, in a thread of its own; may be abandoned from outside."""

    server: MailServer
    recipients: tuple[str, ...]
    step: float
    smtp: smtplib.SMTP | None = None
    handed_over: bool = False
    abandoned: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, text: bytes) -> int:
        try:
            self.smtp = self._connected()
            self._open(self.smtp)
            left_out = self._address(self.smtp)
            self._hand_over(self.smtp, text)
            with suppress(OSError, smtplib.SMTPException):
                self.smtp.putcmd("quit")  # nobody waits for the answer: the message was taken
            return left_out
        except BulletinFailed:
            raise
        except ssl.SSLCertVerificationError as error:
            raise self.failed(Fault.CERTIFICATE) from error
        except ssl.SSLError as error:
            raise self.failed(Fault.NO_TLS) from error
        except (OSError, smtplib.SMTPException) as error:
            raise self.failed(Fault.UNREACHABLE if self.smtp is None else Fault.NO_ANSWER) from error
        finally:
            if self.smtp is not None:
                self.smtp.close()

    def abandon(self) -> None:
        """Nothing is handed over from now on; a thread that waits for the server is woken."""
        with self._turn:
            self.abandoned = True
        sock = None if self.smtp is None else self.smtp.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def failed(self, fault: Fault, answer: int | None = None) -> BulletinFailed:
        kind = BulletinDoubtful if self.handed_over else BulletinUndelivered
        return kind(place=f"{self.server.host}:{self.server.port}", fault=fault, answer=answer)

    def _connected(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.security is Security.TLS:
            return smtplib.SMTP_SSL(host, port, timeout=self.step, context=self._context())
        return smtplib.SMTP(host, port, timeout=self.step)

    def _open(self, smtp: smtplib.SMTP) -> None:
        """Steps before anything of ours is said: TLS, then who we are."""
        smtp.ehlo_or_helo_if_needed()
        if self.server.security is Security.STARTTLS:
            if not smtp.has_extn("starttls"):
                raise self.failed(Fault.NO_TLS)
            smtp.starttls(context=self._context())
            smtp.ehlo()
        if self.server.user:
            self._sign_in(smtp)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        try:
            file = self.server.password_file
            password = "" if file is None else read_secret(file).decode("utf-8").strip()
        except (Refusal, UnicodeDecodeError) as error:
            raise self.failed(Fault.SECRET) from error
        try:
            smtp.login(self.server.user, password)
        except smtplib.SMTPAuthenticationError as error:
            raise self.failed(Fault.SIGN_IN, error.smtp_code) from None  # its text may repeat what we said
        except smtplib.SMTPNotSupportedError:
            raise self.failed(Fault.SIGN_IN) from None
        except UnicodeError:  # only ASCII passes; the exception holds the password
            raise self.failed(Fault.SECRET) from None

    def _address(self, smtp: smtplib.SMTP) -> int:
        """Name sender and recipients; the number of those that were refused while others were not."""
        self._require(*smtp.mail(self.server.sender))
        answers = [smtp.rcpt(recipient) for recipient in self.recipients]
        taken = sum(code in (250, 251) for code, _ in answers)
        if not taken:
            # One that may be taken later is worth another try.
            self._require(*min(answers, key=lambda answer: answer[0]))
        return len(answers) - taken

    def _hand_over(self, smtp: smtplib.SMTP, text: bytes) -> None:
        with self._turn:
            if self.abandoned:
                raise self.failed(Fault.NO_ANSWER)
            self.handed_over = True
        try:
            code, said = smtp.data(text)
        except smtplib.SMTPDataError as error:  # instead of asking for the text
            code, said = error.smtp_code, b""
        self.handed_over = code < 400  # what it has refused it does not have
        self._require(code, said)

    def _require(self, code: int, _said: bytes) -> None:
        if 200 <= code < 300:
            return
        if code >= 500:
            raise BulletinRefused(place=f"{self.server.host}:{self.server.port}", fault=Fault.REFUSED, answer=code)
        raise self.failed(Fault.BUSY, code)  # also an answer that is none (-1)

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=None if self.server.roots is None else str(self.server.roots))
        except OSError as error:
            raise self.failed(Fault.CERTIFICATE) from error


async def _beside(delivery: Delivery, work: Callable[[], int], patience: float) -> int:
    """Run in a thread that nobody waits for at the end of the process, nor longer than `patience`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()

    def settle(result: int, error: BaseException | None) -> None:
        if done.done() or delivery.abandoned:
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        try:
            result, error = work(), None
        except BaseException as caught:  # whoever waits gets it
            result, error = 0, caught
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="bulletin", daemon=True).start()
    try:
        return await asyncio.wait_for(asyncio.shield(done), patience)
    except TimeoutError:
        delivery.abandon()
        raise delivery.failed(Fault.NO_ANSWER) from None
    except asyncio.CancelledError:
        delivery.abandon()
        raise
