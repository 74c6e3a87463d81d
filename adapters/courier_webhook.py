"""Bulletins to a gateway (text messages, a chat) by HTTPS, behind `exchange_axis.ports.Courier`.

`POST` of a small JSON document with `Axis-Timestamp: SECONDS` and `Axis-Signature: v1=HEX`, HEX being HMAC-SHA256 under
the shared secret over the timestamp, a dot and the body. A receiver checks the signature, refuses old timestamps, and
may tell repeated bulletins by `id`.

Rules of this file:
1. HTTPS with a checked certificate; plain HTTP on loopback only. Redirects are not followed.
2. The secret is read from its file for each message, and is nowhere else.
3. Of an answer only the status is read. 2xx is taken; 408, 425, 429 and 5xx are tried again, anything
   else is a refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from exchange_axis.domain.bulletin import Bulletin, Fault
from exchange_axis.domain.bulletin_words import words
from exchange_axis.ports import BulletinDoubtful, BulletinRefused, BulletinUndelivered
from exchange_axis.wire.times import to_text
from schemas.gate.refusal import Refusal
from signing.files import read_secret

PATIENCE: Final = 30.0
"""Seconds for a whole call."""
CONNECT: Final = 10.0
SECRET_BYTES_MIN: Final = 16
LATER: Final = frozenset({408, 425, 429})
FORM: Final = "exchange-axis/bulletin/1"


class WebhookCourier:
    def __init__(
        self, url: str, *, secret_file: Path, roots: ssl.SSLContext | None = None, patience: float = PATIENCE
    ) -> None:
        """
        Args:
            roots: whom to trust; None: the host's roots.
        """
        self._url = URL(url)
        self._secret_file = secret_file
        self._roots = roots
        self._patience = patience

    @property
    def place(self) -> str:
        """Without the path, which may hold a key of the gateway."""
        return f"{self._url.host}:{self._url.port}"

    async def send(self, bulletin: Bulletin) -> int:
        content = body(bulletin)
        stamp = str(int(bulletin.at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "exchange-axis",
            "Axis-Timestamp": stamp,
            "Axis-Signature": f"v1={signature(self._secret(), stamp, content)}",
        }
        status = await self._post(content, headers)
        if status in LATER or status >= 500:
            raise BulletinUndelivered(place=self.place, fault=Fault.BUSY, answer=status)
        if not 200 <= status < 300:
            raise BulletinRefused(place=self.place, fault=Fault.REFUSED, answer=status)
        return 0

    async def _post(self, content: bytes, headers: dict[str, str]) -> int:
        by_proxy = self._url.scheme == "https"  # what is for this host goes to no other
        timeout = aiohttp.ClientTimeout(total=self._patience, connect=CONNECT)
        connector = aiohttp.TCPConnector(ssl=True if self._roots is None else self._roots, force_close=True)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=by_proxy) as session,
                session.post(self._url, data=content, headers=headers, allow_redirects=False) as response,
            ):
                return response.status
        except aiohttp.ClientConnectorCertificateError as error:
            raise BulletinUndelivered(place=self.place, fault=Fault.CERTIFICATE) from error
        except aiohttp.ClientConnectorSSLError as error:
            raise BulletinUndelivered(place=self.place, fault=Fault.NO_TLS) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise BulletinUndelivered(place=self.place, fault=Fault.UNREACHABLE) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BulletinDoubtful(place=self.place, fault=Fault.NO_ANSWER) from error

    def _secret(self) -> bytes:
        try:
            secret = read_secret(self._secret_file).strip()
        except Refusal as error:
            raise BulletinUndelivered(place=self.place, fault=Fault.SECRET) from error
        if len(secret) < SECRET_BYTES_MIN:
            raise BulletinUndelivered(place=self.place, fault=Fault.SECRET)
        return secret


def signature(secret: bytes, stamp: str, content: bytes) -> str:
    return hmac.new(secret, stamp.encode("ascii") + b"." + content, hashlib.sha256).hexdigest()


def body(bulletin: Bulletin) -> bytes:
    told = words(bulletin)
    document = {
        "form": FORM,
        "id": bulletin.id,
        "kind": bulletin.kind.value,
        "at": to_text(bulletin.at),
        **bulletin.figures.as_members(),
        "sign_in": bulletin.sign_in,
        "title": told.title,
        "text": told.text,
        "short": told.short,
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8")
