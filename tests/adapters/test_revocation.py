"""Collecting evidence of revocation from a real HTTP server and a real folder: only what is allowed, never too much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from adapters import revocation
from adapters.clock import SystemRng
from adapters.revocation import RevocationFetcher
from signing.revocation import Evidence, NotChecked
from tests.signing.timeline import PROOF, Party, Pki, answer, certify, crl

_PKI = Pki()
_LIST = crl(_PKI.authority, at=PROOF)


def _seal(address: str, *, responder: str = "") -> Party:
    """A seal that names where its revocation is told."""
    points = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    extensions: list[x509.ExtensionType] = [x509.CRLDistributionPoints([points])] if address else []
    if responder:
        where = x509.UniformResourceIdentifier(responder)
        extensions.append(
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])
        )
    return certify("Con dấu có nguồn", _PKI.authority, serial=8, extensions=extensions)


class _Authority:
    """Serves a list and answers, and counts who asks for what."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.nonce: bytes | None = None
        self.seal: Party | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/moved":
                raise web.HTTPFound("/a.crl")
            case "/gone":
                raise web.HTTPNotFound()
            case "/large":
                return web.Response(body=bytes(revocation.OCSP_MAX + 1))
            case "/slow":
                await asyncio.sleep(30)
            case "/ocsp" | "/ocsp-other":
                question = ocsp.load_der_ocsp_request(await request.read())
                nonce = question.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
                assert self.seal is not None
                assert question.serial_number == self.seal.certificate.serial_number
                said = nonce if request.path == "/ocsp" else bytes(32)
                return web.Response(body=answer(self.seal, _PKI.authority, at=PROOF, nonce=said))
        return web.Response(body=_LIST)


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[_Authority, str]]:
    authority = _Authority()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", authority.serve)
    async with TestServer(application, host="127.0.0.1") as server:
        yield authority, f"http://127.0.0.1:{server.port}"


async def _collect(
    folder: Path, path: str, *, responder: str = "", hosts: tuple[str, ...] = ("127.0.0.1",), seconds: float = 5.0
) -> tuple[Evidence, _Authority]:
    async with _served() as (authority, url):
        seal = _seal(url + path if path else "", responder=url + responder if responder else "")
        authority.seal = seal
        fetcher = RevocationFetcher(folder, hosts=hosts, rng=SystemRng(), seconds=seconds)
        try:
            return await fetcher.collect([seal.certificate, _PKI.authority.certificate]), authority
        finally:
            await fetcher.close()


def test_a_list_is_fetched(tmp_path: Path) -> None:
    found, authority = asyncio.run(_collect(tmp_path, "/a.crl"))
    assert found.crls == (_LIST,)
    assert authority.asked == ["/a.crl"]
    assert found.certificates == (_PKI.authority.der,)


def test_an_answer_is_asked_for_with_a_nonce(tmp_path: Path) -> None:
    found, authority = asyncio.run(_collect(tmp_path, "", responder="/ocsp"))
    assert len(found.ocsp) == 1
    assert authority.asked == ["/ocsp"]


def test_an_answer_to_another_question_is_not_taken(tmp_path: Path) -> None:
    found, _ = asyncio.run(_collect(tmp_path, "", responder="/ocsp-other"))
    assert found.ocsp == ()
    assert found.missing is NotChecked.NONCE


@pytest.mark.parametrize("hosts", [(), ("crl.ca.vn",), ("127.0.0.1.evil.vn",)])
def test_a_host_that_the_operator_did_not_name_is_not_asked(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    found, authority = asyncio.run(_collect(tmp_path, "/a.crl", hosts=hosts))
    assert [found.crls, found.missing, authority.asked] == [(), NotChecked.NOT_ALLOWED, []]


@pytest.mark.parametrize("path", ["/moved", "/gone"])
def test_redirects_are_not_followed_and_failures_are_a_reason(tmp_path: Path, path: str) -> None:
    found, authority = asyncio.run(_collect(tmp_path, path))
    assert [found.crls, found.missing, authority.asked] == [(), NotChecked.UNREACHABLE, [path]]


def test_a_body_above_the_limit_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "CRL_MAX", len(_LIST))
    assert asyncio.run(_collect(tmp_path, "/a.crl"))[0].crls == (_LIST,)
    monkeypatch.setattr(revocation, "CRL_MAX", len(_LIST) - 1)
    found, _ = asyncio.run(_collect(tmp_path, "/a.crl"))
    assert [found.crls, found.missing] == [(), NotChecked.UNREACHABLE]


def test_a_slow_source_is_given_up(tmp_path: Path) -> None:
    found, _ = asyncio.run(_collect(tmp_path, "/slow", seconds=0.2))
    assert [found.crls, found.missing] == [(), NotChecked.UNREACHABLE]


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    async def collect() -> Evidence:
        seal = _seal("http://127.0.0.1:1/a.crl")
        fetcher = RevocationFetcher(tmp_path, hosts=("127.0.0.1",), rng=SystemRng(), seconds=2)
        try:
            return await fetcher.collect([seal.certificate])
        finally:
            await fetcher.close()

    assert asyncio.run(collect()).missing is NotChecked.UNREACHABLE


def test_a_closed_network_is_fed_by_files(tmp_path: Path) -> None:
    folder = tmp_path / "crl"
    fetcher = RevocationFetcher(folder, hosts=(), rng=SystemRng())
    chain = [_PKI.seal.certificate, _PKI.authority.certificate]
    assert asyncio.run(fetcher.collect(chain)).missing is NotChecked.NO_SOURCE
    folder.mkdir()
    (folder / "a.crl").write_bytes(_LIST)
    (folder / "b.PEM").write_bytes(x509.load_der_x509_crl(_LIST).public_bytes(Encoding.PEM))
    (folder / "c.ors").write_bytes(answer(_PKI.seal, _PKI.authority, at=PROOF))
    (folder / "signer.crt").write_bytes(_PKI.root.der)
    (folder / "doc.txt").write_text("không phải CRL", encoding="utf-8")
    found = asyncio.run(fetcher.collect(chain))
    assert [len(found.crls), len(found.ocsp)] == [2, 1]
    assert _PKI.root.der in found.certificates
    assert found.missing is NotChecked.NO_EVIDENCE
