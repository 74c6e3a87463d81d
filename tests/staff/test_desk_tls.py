"""The desk on the network: TLS always, a root that vouches for its names only, a page that tells how to trust it."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509

from adapters.clock import SystemRng
from config.desk_tls import DeskTls, DeskUnnamed, desk_face, people_tls
from config.places import Places
from config.settings import NodeFile
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.serving import Served, start
from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    load_certificates,
)
from signing.errors import KeyMismatch
from signing.keys import load_key, new_key
from tests.hub.stand import HandClock
from tests.node.stand import Stand, open_stand
from tests.web.stand import NowClock

FILE = NodeFile(id="nut-thu", name="UBND xã thử", agencies=("H90.01",), hub="https://127.0.0.1:1")
LAN = replace(FILE, desk_listen="0.0.0.0:0", desk_names=("127.0.0.1", "ban.xa.example"))


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    found = Places(make_private_folder(tmp_path / "node"))
    for folder in (found.key("x").parent, found.certificate("x").parent):
        make_private_folder(folder)
    yield found


def desk_tls(
    places: Places, file: NodeFile, *, clock: HandClock | NowClock, rng: SystemRng, passphrase: bytes | None = None
) -> DeskTls:
    return people_tls(places, desk_face(file), clock=clock, rng=rng, passphrase=passphrase)


def made(places: Places, file: NodeFile, clock: HandClock | None = None, passphrase: bytes | None = None) -> str | None:
    """Fingerprint of the root."""
    tls = desk_tls(places, file, clock=clock or HandClock(), rng=SystemRng(), passphrase=passphrase)
    return None if tls.trusting is None else tls.trusting.fingerprint


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:0", "localhost:0", "127.9.9.9:1"])
def test_on_loopback_there_is_no_tls_and_nothing_is_made(places: Places, listen: str) -> None:
    tls = desk_tls(places, replace(FILE, desk_listen=listen), clock=HandClock(), rng=SystemRng())
    assert tls.context is None
    assert list(places.key("x").parent.iterdir()) == []


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.168.1.20:8443", "van-thu.xa.local:1"])
def test_beyond_loopback_there_is_always_tls(places: Places, listen: str) -> None:
    tls = desk_tls(places, replace(LAN, desk_listen=listen), clock=HandClock(), rng=SystemRng())
    assert tls.context is not None
    assert tls.context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert tls.context.verify_mode is ssl.CERT_NONE, "no browser asks its user for a certificate"


def test_a_desk_for_everybody_needs_a_name(places: Places) -> None:
    with pytest.raises(DeskUnnamed):
        made(places, replace(FILE, desk_listen="0.0.0.0:0"))


def test_the_root_is_made_once_and_another_one_for_other_names(places: Places) -> None:
    first = made(places, LAN)
    assert made(places, LAN) == first
    assert made(places, replace(LAN, desk_names=("127.0.0.1",))) != first


def test_a_certificate_is_renewed_before_it_ends_under_the_same_root(places: Places) -> None:
    clock = HandClock()
    first = made(places, LAN, clock)
    leaf = places.certificate("desk-tls").read_bytes()
    clock.advance(days=366)
    assert (made(places, LAN, clock), places.certificate("desk-tls").read_bytes() == leaf) == (first, True)
    clock.advance(days=2)
    assert made(places, LAN, clock) == first
    renewed = load_certificates(places.certificate("desk-tls").read_bytes())[0]
    assert renewed.not_valid_after_utc - clock.now() > timedelta(days=390)


def test_its_keys_are_encrypted_where_the_others_are(places: Places) -> None:
    made(places, LAN, passphrase=b"mot cum mat khau")
    assert b"ENCRYPTED" in places.key("desk-ca").read_bytes()
    assert made(places, LAN, passphrase=b"mot cum mat khau") is not None


def test_a_given_certificate_is_used_and_must_fit_its_key(places: Places) -> None:
    made(places, LAN)
    given = replace(LAN, desk_certificate="certificates/desk-tls.pem", desk_key="keys/desk-tls.key")
    tls = desk_tls(places, given, clock=HandClock(), rng=SystemRng())
    assert (tls.context is not None, tls.trusting) == (True, None)
    with pytest.raises(KeyMismatch):
        made(places, replace(given, desk_key="keys/desk-ca.key"))


def test_the_root_vouches_for_the_desk_and_for_nothing_else(places: Places) -> None:
    """Judged by OpenSSL: a certificate for another name under the same root is refused by whoever trusts the root."""
    clock = NowClock()
    desk_tls(places, LAN, clock=clock, rng=SystemRng())
    root = load_certificates(places.certificate("desk-ca").read_bytes())[0]
    bounds = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert bounds.critical
    found = bounds.value.permitted_subtrees or []
    assert {str(one.value) for one in found} == {"localhost", "ban.xa.example", "127.0.0.1/32", "::1/128"}
    assert ask(places, places.key("desk-tls"), places.certificate("desk-tls"), "127.0.0.1") == "ok"
    key = new_key(places.key("evil"))
    evil = issue(
        _authority(places),
        key.public_key(),
        subject=Subject(common_name="vneid.gov.vn"),
        use=CertificateUse.TLS_SERVER,
        issuance=Issuance(serial=77, not_before=root.not_valid_before_utc, not_after=root.not_valid_after_utc),
        names=CertificateNames(dns=("vneid.gov.vn",), ip=("127.0.0.1",)),
    )
    places.certificate("evil").write_bytes(certificate_pem(evil))
    assert "permitted subtree violation" in ask(places, places.key("evil"), places.certificate("evil"), "127.0.0.1")


def test_the_page_shows_the_fingerprint_and_gives_the_root(tmp_path: Path, places: Places) -> None:
    stand = open_stand(tmp_path)
    clock = NowClock()
    tls = desk_tls(places, LAN, clock=clock, rng=SystemRng())

    async def journey(stand: Stand) -> None:
        with stand.sender.open() as node:
            app = desk_application(node, wake=lambda: None, trusting=tls.trusting)
            served = await start(app, host="127.0.0.1", port=0, ssl_context=tls.context)
            trusting = ssl.create_default_context(cafile=str(places.certificate("desk-ca")))
            try:
                async with aiohttp.ClientSession(headers={"Accept": "text/html"}) as session:
                    base = f"https://127.0.0.1:{served.port}"
                    async with session.get(f"{base}/trust", ssl=trusting) as response:
                        text = await response.text()
                    assert tls.trusting is not None
                    shown = ":".join(tls.trusting.fingerprint.upper()[start : start + 2] for start in range(0, 64, 2))
                    assert shown in text.replace("<wbr>", "")
                    async with session.get(f"{base}/trust/root.crt", ssl=trusting) as response:
                        der = await response.read()
                    assert hashlib.sha256(der).hexdigest() == tls.trusting.fingerprint
                    async with session.get(f"{base}/", ssl=trusting) as response:
                        assert response.url.path == "/login"
                    async with session.post(
                        f"{base}/login",
                        data={"login": "x", "password": "y"},
                        headers={"Origin": base},
                        ssl=trusting,
                    ) as response:
                        assert response.status == 401
            finally:
                await served.close()

    asyncio.run(journey(stand))


def ask(places: Places, key: Path, certificate: Path, host: str) -> str:
    """What a client that trusts the root says to a server with this certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=str(places.certificate("desk-ca")))

    async def handshake() -> str:
        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        served = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server)
        port = served.sockets[0].getsockname()[1]
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=host)
        except ssl.SSLCertVerificationError as refused:
            return refused.verify_message
        else:
            writer.close()
            return "ok"
        finally:
            served.close()

    return asyncio.run(handshake())


def _authority(places: Places) -> Authority:
    certificate = load_certificates(places.certificate("desk-ca").read_bytes())[0]
    assert fingerprint(certificate)
    return Authority(key=load_key(places.key("desk-ca")), certificate=certificate)


def test_who_has_set_no_port_gets_another_where_it_is_taken() -> None:
    async def begin(port: int, *, or_free: bool) -> Served:
        return await start(web.Application(), host="127.0.0.1", port=port, ssl_context=None, or_free=or_free)

    async def story() -> None:
        first = await begin(0, or_free=False)
        others = await asyncio.gather(*(begin(first.port, or_free=True) for _ in range(2)))
        assert len({first.port, *(one.port for one in others)}) == 3
        with pytest.raises(OSError, match="address already in use"):
            await begin(first.port, or_free=False)
        await first.close()
        again = await begin(first.port, or_free=True)
        assert again.port == first.port
        for one in (again, *others):
            await one.close()

    asyncio.run(story())
