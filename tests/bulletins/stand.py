"""What the tests of bulletins share: a certificate for loopback, files with secrets, a receiver of webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Figures
from exchange_axis.domain.consignment import Lane
from exchange_axis.web.shared.serving import start
from signing.certificates import CertificateUse, certificate_pem
from signing.keys import KeyType
from signing.primitives import PrivateKey
from tests.signing.pki import TestPki, key

PASSWORD = "mat-khau-thu-cua-nut"
SECRET = "bi-mat-chung-cua-cong-sms"
DESK = "https://van-thu.xa.example"
AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
SAMPLE = Bulletin(
    id="nut-thu.van-thu.most-urgent.7",
    kind=BulletinKind.MOST_URGENT,
    at=AT,
    sign_in=DESK,
    figures=Figures(new={Lane.HOA_TOC: 2}, most_urgent=3, today=1, overdue=4, refused=5),
)


@dataclass(frozen=True)
class Ground:
    """A folder with what couriers read from files."""

    folder: Path
    roots: Path
    context: ssl.SSLContext
    """Of a server on loopback whose certificate these roots vouch for."""

    def secret(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
        return path


def ground(folder: Path, pki: TestPki | None = None) -> Ground:
    """Certificates that hold for a long time, because TLS asks the real clock."""
    pki = pki or TestPki(name="thư")
    private = key(KeyType.P256, "mail server")
    long = {"not_before": datetime(2020, 1, 1, tzinfo=UTC), "not_after": datetime(2036, 1, 1, tzinfo=UTC)}
    issuance = pki.next_issuance(**long)
    certificate = pki.certificate(private, use=CertificateUse.TLS_SERVER, common_name="thu", issuance=issuance)
    pem, secret = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate_pem(certificate))
    secret.write_bytes(_private_pem(private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    roots = folder / "roots.pem"
    roots.write_bytes(pki.root_pem)
    return Ground(folder=folder, roots=roots, context=context)


@dataclass
class Gateway:
    """Receives webhooks and checks them as `docs/operator.md` tells its writers to."""

    secret: str = SECRET
    status: int = 200
    silent: bool = False
    hangs_up: bool = False
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    forged: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp, given = request.headers["Axis-Timestamp"], request.headers["Axis-Signature"]
        right = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given, f"v1={right}"):
            self.forged += 1
            return web.Response(status=403)
        self.bodies.append(body)
        self.heads.append(dict(request.headers))
        if self.hangs_up and request.transport is not None:
            request.transport.close()
        if self.silent:
            await self.released.wait()
        return web.Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 307 else {})


@asynccontextmanager
async def gateway(given: Gateway, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
    app = web.Application()
    app.router.add_post("/hook/{path}", given.take)
    served = await start(app, host="127.0.0.1", port=given.port, ssl_context=tls)
    given.port = served.port
    try:
        yield given
    finally:
        given.released.set()
        await served.close()


def _private_pem(private: PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
