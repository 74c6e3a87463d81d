"""A real hub behind real TLS on loopback, and peers with certificates of their own. Nothing is replaced."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp

from adapters.clock import SystemRng
from adapters.hub_http import HttpHub
from adapters.hub_session import Timeouts
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.domain.letter import DocumentType, Letter, Organ, Reference, SignerInfo
from exchange_axis.hub.world import Received
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.context import HubApiSettings
from exchange_axis.web.hub_api.routes import WATCH, routes
from exchange_axis.web.hub_api.watch import Watch
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.tls import client_context, server_context
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import Attachment, write_container
from exchange_axis.wire.edxml import write_letter
from signing.certificates import Subject, load_certificates, make_csr
from signing.container import sign_members
from signing.keys import LocalSigner, generate_key, private_pem
from signing.primitives import PrivateKey
from tests.hub.stand import HandClock, Peer, Stand
from tests.web.spec import Listener

QUICK = HubApiSettings(
    pace=Pace(deadline=2.0, grace=0.3, rate=1_000), look_every=0.05, trust_every=0.05, busy_wait=0.3, stall=2.0
)
TIMEOUTS = Timeouts(connect=2.0, answer=3.0, work=5.0)


@dataclass
class NowClock(HandClock):
    """Starts at the present, because TLS asks the real clock; then moved by hand."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))


@dataclass
class WebPeer:
    """A peer with the files of its TLS identity."""

    peer: Peer
    certificate: Path
    key: Path

    @property
    def row(self) -> PeerRow:
        return self.peer.row


@dataclass
class Served:
    """A hub that answers at `url`."""

    stand: Stand
    url: str
    port: int
    roots: str
    tls: ssl.SSLContext
    """The server's side."""
    listener: Listener
    watch: Watch
    lines: list[HttpHub] = field(default_factory=list)

    def line(self, peer: WebPeer, *, url: str = "", piece: int = 1 << 20, timeouts: Timeouts = TIMEOUTS) -> HttpHub:
        context = client_context([self.roots], peer.certificate, peer.key)
        self.lines.append(HttpHub(url or self.url, context, timeouts=timeouts, piece=piece))
        return self.lines[-1]

    def client(self, peer: WebPeer | None) -> aiohttp.ClientSession:
        """A plain HTTP client, for what ours would never send."""
        files = (None, None) if peer is None else (peer.certificate, peer.key)
        context = client_context([self.roots], *files)
        return aiohttp.ClientSession(self.url, connector=aiohttp.TCPConnector(ssl=context))

    async def polled(self, polls: int = 1) -> None:
        """Until that many polls are open."""
        await _until(lambda: self.watch.waiting == polls)

    async def hung_up(self, lines: int = 1) -> None:
        """Until so many of the lines on which something was asked are gone on the hub's side too."""
        await _until(lambda: self.listener.gone() == lines)


async def _until(happened: Callable[[], bool]) -> None:
    """It rings no bell."""
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(stand: Stand, settings: HubApiSettings = QUICK) -> AsyncIterator[Served]:
    pems = stand.hub.registry.tls_certificates()
    tls = server_context(stand.places.certificate("tls"), stand.places.key("tls"), pems)
    app, listener = routes(stand.hub, settings, tls=tls), Listener()
    app.middlewares.insert(0, listener.middleware())
    server = await start(app, host="127.0.0.1", port=0, ssl_context=tls, shutdown_timeout=1.0)
    served = Served(
        stand=stand,
        url=f"https://127.0.0.1:{server.port}",
        port=server.port,
        roots=stand.places.certificate("authority").read_text(encoding="ascii"),
        tls=tls,
        listener=listener,
        watch=app[WATCH],
    )
    try:
        yield served
    finally:
        for line in served.lines:
            await line.close()
        await server.close()
    assert listener.faults == []


def enrol(stand: Stand, node: str, codes: Sequence[str], folder: Path) -> WebPeer:
    """A node whose certificates the hub's office issues for its requests."""
    names = ["tls", "node-seal", *(f"agency-seal:{code}" for code in codes)]
    keys = {name: generate_key() for name in names}
    request = {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": node,
        "name": f"Nút {node}",
        "agencies": list(codes),
        "requests": {name: make_csr(key, subject=Subject(common_name=node)).decode() for name, key in keys.items()},
    }
    stand.hub.registry.add(request, actor="test")
    answer = stand.hub.registry.approve(node, codes=(), relay=(), actor="test")
    chains = answer["certificates"]
    signers = {name: _signer(keys[name], chains[name]) for name in names}
    row = next(row for row in stand.hub.registry.every() if row.id == node)
    seals = {code: signers[f"agency-seal:{code}"] for code in codes}
    peer = Peer(row=row, seals=seals, node_seal=signers["node-seal"])
    return WebPeer(peer=peer, **tls_files(folder, node, keys["tls"], chains["tls"]))


def tls_files(folder: Path, name: str, key: PrivateKey, certificate: str) -> dict[str, Path]:
    paths = {"certificate": folder / f"{name}.pem", "key": folder / f"{name}.key"}
    paths["certificate"].write_text(certificate, encoding="ascii")
    paths["key"].write_bytes(private_pem(key, None))
    return paths


def _signer(key: PrivateKey, chain: str) -> LocalSigner:
    certificates = load_certificates(chain.encode())
    return LocalSigner(key, certificates[0], certificates[1:])


def make_big_letter(folder: Path, peer: WebPeer, size: int, *, clock: HandClock, lane: Lane = Lane.THUONG) -> Received:
    """A letter from H90.01 to H90 with one attachment of `size` bytes that no two letters share."""
    name, at = SystemRng().uuid(), clock.now()
    attachment = folder / f"{name}.pdf"
    rng, left = random.Random(name), size - 16
    with attachment.open("wb") as out:
        out.write(b"%PDF-1.7\n")
        while left:
            part = rng.randbytes(min(left, 1 << 20))
            left -= out.write(part)
        out.write(b"\n%%EOF\n")
    letter = Letter(
        from_=Organ(id="H90.01", name="Xã thử A1"),
        to=(Organ(id="H90", name="Tỉnh thử A"),),
        document_id=f"H90.01,2026/03/02,{name[:8]}/BC-UBND",
        code_number=name[:8],
        code_notation="BC-UBND",
        promulgation_date=date(2026, 3, 2),
        document_type=DocumentType(table="2", row="14", name="Báo cáo"),
        subject="V/v gửi tài liệu lớn",
        signer=SignerInfo(position="Chủ tịch", full_name="Người ký thử"),
        references=(Reference(content_id="001", name="tai-lieu.pdf", content_type="application/pdf", description=""),),
    )
    consignment = Consignment(
        id=name,
        kind=ConsignmentClass.LETTER,
        sender="H90.01",
        recipients=("H90",),
        lane=lane,
        created_at=at,
        expires_at=at + timedelta(days=7),
    )
    file = write_container(
        folder / f"{name}.asice",
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=write_letter(letter),
        attachments=[Attachment(path=attachment, name="tai-lieu.pdf", mime_type="application/pdf")],
        sign=lambda members: sign_members(members, peer.peer.seals["H90.01"], at=at),
    )
    return Received(path=file.path, sha256=file.sha256, size=file.size)
