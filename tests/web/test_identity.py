"""Who gets in: certificates at the TLS door, peers at the HTTP door."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.ports import HubUnreachable
from exchange_axis.web.shared.tls import client_context, server_context, trust
from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    make_csr,
    new_root,
)
from signing.keys import generate_key
from tests.hub.stand import Stand
from tests.web.asking import ask
from tests.web.stand import Served, WebPeer, serving, tls_files


async def status_and_code(client: aiohttp.ClientSession, path: str = "/v1/capabilities") -> tuple[int, str]:
    async with client, client.get(path) as response:
        body = json.loads(await response.read())
        return response.status, str(body.get("code", body.get("peer", "")))


def test_an_approved_peer_gets_in_and_nobody_without_a_certificate(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served:
            assert await status_and_code(served.client(sender)) == (200, "node-a1")
            assert await status_and_code(served.client(None)) == (403, "auth.no-certificate")
            assert await status_and_code(served.client(None), "/v1/nothing") == (403, "auth.no-certificate")

    asyncio.run(story())


def test_health_needs_no_certificate(stand: Stand) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(None) as client:
            async with client.get("/healthz") as response:
                assert await response.json() == {"status": "ok"}
            async with client.get("/readyz") as response:
                assert (response.status, (await response.json())["ready"]) == (200, True)
            stand.clock.advance(days=1_000)  # the seal has expired
            async with client.get("/readyz") as response:
                assert (response.status, (await response.json())["checks"]["seal"]) == (503, False)

    asyncio.run(story())


def test_a_revoked_peer_is_out_at_once_also_on_its_open_connection(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            async with client.get("/v1/capabilities") as response:
                assert response.status == 200
            stand.hub.registry.revoke("node-a1", actor="test", reason="lost")
            async with client.get("/v1/capabilities") as response:
                assert response.status == 403
                assert (await response.json())["code"] == "auth.unknown-certificate"

    asyncio.run(story())


def test_a_peer_revoked_before_it_called_hears_why(stand: Stand, sender: WebPeer) -> None:
    stand.hub.registry.revoke("node-a1", actor="test", reason="lost")

    async def story() -> None:
        async with serving(stand) as served:
            assert await eventually_let_in(served, sender) == (403, "auth.unknown-certificate")

    asyncio.run(story())


def test_a_stranger_does_not_get_through_the_handshake(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    stranger = foreign_peer(stand, tmp_path, "stranger", sender)

    async def story() -> None:
        async with serving(stand) as served:
            with pytest.raises(aiohttp.ClientError):
                await status_and_code(served.client(stranger))
            assert await status_and_code(served.client(sender)) == (200, "node-a1")

    asyncio.run(story())


def test_a_certificate_of_any_authority_works_once_approved_without_restart(
    stand: Stand, sender: WebPeer, tmp_path: Path
) -> None:
    foreign = foreign_peer(stand, tmp_path, "node-b", sender)
    request = {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": "node-b",
        "name": "Nút B",
        "agencies": ["H91"],
        "requests": {"node-seal": make_csr(generate_key(), subject=Subject(common_name="node-b")).decode()},
        "certificates": {"tls": foreign.certificate.read_text(encoding="ascii")},
    }

    async def story() -> None:
        async with serving(stand) as served:
            stand.hub.registry.add(request, actor="test")
            stand.hub.registry.approve("node-b", codes=(), relay=(), actor="test")
            assert await eventually_let_in(served, foreign) == (200, "node-b")

    asyncio.run(story())


async def eventually_let_in(served: Served, peer: WebPeer) -> tuple[int, str]:
    async with asyncio.timeout(5):
        while True:
            try:
                return await status_and_code(served.client(peer))
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)


def test_old_protocol_versions_are_refused(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served:
            context = ssl.create_default_context(cadata=served.roots)
            context.load_cert_chain(sender.certificate, sender.key)
            await handshake(served.port, context)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises(OSError):  # an alert, or a reset when our own end is the slower one
                await handshake(served.port, context)

    asyncio.run(story())


async def handshake(port: int, context: ssl.SSLContext) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.close()
    await writer.wait_closed()


def test_a_client_trusts_the_roots_of_its_hub_only(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    other_root = foreign_root(stand)

    async def story() -> None:
        async with serving(stand) as served:
            right = client_context([served.roots], sender.certificate, sender.key)
            wrong = client_context([certificate_pem(other_root.certificate).decode()], sender.certificate, sender.key)
            await handshake(served.port, right)
            with pytest.raises(ssl.SSLCertVerificationError):
                await handshake(served.port, wrong)

    asyncio.run(story())


def test_an_encrypted_key_without_passphrase_fails_without_asking(stand: Stand, tmp_path: Path) -> None:
    places = stand.places
    good = server_context(places.certificate("tls"), places.key("tls"), [])
    trust(good, [places.certificate("authority").read_text(encoding="ascii")])
    with pytest.raises(ssl.SSLError):
        server_context(places.certificate("tls"), places.key("seal"), [])


def foreign_root(stand: Stand) -> Authority:
    now = stand.clock.now()
    issuance = Issuance(serial=7, not_before=now - timedelta(days=1), not_after=now + timedelta(days=30))
    return new_root(generate_key(), subject=Subject(common_name="Gốc lạ"), issuance=issuance)


def foreign_peer(stand: Stand, folder: Path, name: str, like: WebPeer) -> WebPeer:
    """A TLS identity from an authority that the hub has never heard of."""
    root, key, now = foreign_root(stand), generate_key(), stand.clock.now()
    certificate = issue(
        root,
        key.public_key(),
        subject=Subject(common_name=name),
        use=CertificateUse.TLS_CLIENT,
        issuance=Issuance(serial=8, not_before=now - timedelta(days=1), not_after=now + timedelta(days=30)),
    )
    files = tls_files(folder, name, key, certificate_pem(certificate).decode())
    return WebPeer(peer=like.peer, **files)


def test_a_store_that_is_away_is_said_and_nothing_more(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            assert (await ask(client, "GET", "/v1/capabilities"))[0] == 200
            stand.hub.world.transactions.close()
            status, headers, problem = await ask(client, "GET", "/v1/capabilities")
            assert (status, headers["Retry-After"], problem["code"]) == (503, "5", "service.unavailable")
            assert headers["Axis-Request-Id"] in problem["remedy_en"]
            stand.clock.advance(seconds=2)
            status, _, readiness = await ask(client, "GET", "/readyz")
            assert (status, readiness["checks"]["store"], readiness["checks"]["clock"]) == (503, False, True)
            assert (await ask(client, "GET", "/healthz"))[0] == 200
            with pytest.raises(HubUnreachable, match="503"):
                await served.line(sender).capabilities()

    asyncio.run(story())


def test_a_clock_that_jumps_makes_the_hub_unready(stand: Stand) -> None:
    real = stand.clock.monotonic
    jump = 0.0
    stand.clock.monotonic = lambda: real() - jump  # type: ignore[method-assign] # the wall clock alone moves

    async def story() -> None:
        nonlocal jump
        async with serving(stand) as served, served.client(None) as client:
            for seconds, ready in ((4, 200), (60, 503)):
                stand.clock.advance(seconds=seconds + 6)
                jump += seconds
                assert (await ask(client, "GET", "/readyz"))[0] == ready

    asyncio.run(story())
