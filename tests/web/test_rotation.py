"""Keys of connections change behind real TLS while letters are under way: nobody is cut off, nothing hangs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from adapters.hub_http import HttpHub
from config.rotation import install_uplink_key, rotate_uplink
from config.wiring_hub import renew_tls
from exchange_axis.hub.own_keys import OwnKey
from exchange_axis.hub.rotating import OVERLAP
from exchange_axis.hub.uplink import Uplink
from exchange_axis.ports import HubRefused
from exchange_axis.web.shared.tls import client_context
from signing.certificates import fingerprint, load_certificates
from tests.hub.stand import Stand, make_letter, make_status, reopen
from tests.web.stand import TIMEOUTS, Served, WebPeer, enrol, serving
from tests.web.test_hubs import TwoHubs, hubs

__all__ = ["hubs"]


async def shown(served: Served) -> str:
    """Fingerprint of the certificate that the server shows to a new connection."""
    context = client_context([served.roots], None, None)
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=context, server_hostname="127.0.0.1")
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return fingerprint(load_certificates(ssl.DER_cert_to_PEM_cert(der).encode())[0])


def test_the_hubs_tls_certificate_changes_under_a_waiting_node(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    """The receiver waits for mail on a connection under the old certificate; the letter comes over the new one."""
    places, hub = stand.places, stand.hub

    async def story() -> None:
        async with serving(stand) as served:
            hub.own_keys.when_new(OwnKey.TLS, lambda: renew_tls(places, served.tls))
            before = await shown(served)
            waiting = asyncio.create_task(served.line(receiver).shipments(wait=10))
            await asyncio.sleep(0)
            done = await asyncio.to_thread(hub.own_keys.rotate, OwnKey.TLS, actor="lan")
            assert done.live and await shown(served) == done.fingerprint != before
            letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
            async with served.client(sender) as client:
                sent = await client.post("/v1/consignments", data=letter.path.read_bytes())
                assert sent.status == 200, await sent.text()
            assert [one.container_sha256 for one in await waiting] == [letter.sha256]

    asyncio.run(story())
    assert len(list(places.root.glob("*/old/tls-*"))) == 2


@asynccontextmanager
async def over(served: Served, child: Stand) -> AsyncIterator[Uplink]:
    """The child's uplink with the key that lies in its folder now."""
    files = child.places.uplink / "tls.pem", child.places.uplink / "tls.key"
    line = HttpHub(served.url, client_context([served.roots], *files), timeouts=TIMEOUTS)
    hub = child.hub
    try:
        yield Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)
    finally:
        await line.close()


def test_an_uplinks_key_changes_with_a_letter_before_during_and_after(hubs: TwoHubs, tmp_path: Path) -> None:
    child, top, clock = hubs.child, hubs.top, hubs.child.clock

    def send(number: str) -> None:
        letter = make_letter(tmp_path, hubs.commune, "H90.01", ["G90"], clock=clock, number=number)
        child.hub.intake.submit(hubs.commune.row, letter)

    async def story() -> None:
        async with serving(top) as served, over(served, child) as old:
            send("1")
            assert await old.push_once() == 1
            request = rotate_uplink(child.places)
            answer = top.hub.rotation.rotate(request, overlap=OVERLAP, actor="lan")
            install_uplink_key(child.places, answer)
            install_uplink_key(child.places, answer)  # once more changes nothing
            send("2")
            assert await old.push_once() == 1  # the running process still shows the old one
            async with over(served, child) as new:
                send("3")
                assert await new.push_once() == 1
                for shipment in top.hub.dispatch.lease("node-g", 5):
                    status = make_status(tmp_path, hubs.ministry, "01", shipment, recipient="G90", clock=clock)
                    top.hub.intake.submit(hubs.ministry.row, status)
                while await new.feed_once(wait=0.2):
                    pass
            clock.advance(days=OVERLAP.days + 1)
            with pytest.raises(HubRefused) as refused:
                await old.feed_once(wait=0)
            assert refused.value.problem["code"] == "auth.unknown-certificate"

    asyncio.run(story())
    assert hubs.heard(child, hubs.commune).count("ContentHandover") == 3
    kept = [path.name for path in child.places.uplink.glob("old/*")]
    assert sorted(name.partition(".")[2] for name in kept) == ["key", "pem"]
    hubs.child = reopen(child)
    watched = {one.use: one.fingerprint for one in hubs.child.hub.watch._ours(clock.now())}
    assert watched["hub-uplink"] == fingerprint(load_certificates((child.places.uplink / "tls.pem").read_bytes())[0])


def test_a_certificate_names_the_address_of_its_revocation_list(stand: Stand, tmp_path: Path) -> None:
    peer = enrol(stand, "node-a1", ["H90.01"], tmp_path)
    certificate = load_certificates(peer.certificate.read_bytes())[0]
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (name,) = list(points[0].full_name or [])
    path = name.value.removeprefix("https://127.0.0.1:1")
    stand.hub.registry.revoke("node-a1", actor="lan", reason="thử")

    async def story() -> None:
        async with serving(stand) as served, served.client(None) as client:
            async with client.get(path) as answer:
                crl = x509.load_der_x509_crl(await answer.read())
            assert crl.issuer == certificate.issuer
            assert crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
            async with client.get("/crl/0123456789abcdef.crl") as answer:
                assert answer.status == 404

    asyncio.run(story())
