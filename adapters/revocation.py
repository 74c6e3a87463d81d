"""Collecting CRLs and OCSP answers: from a folder, and over HTTP from hosts that the operator allows.

Rules of this file:
1. A certificate names addresses, the operator names hosts; only what both name is asked. Redirects are not followed.
2. What comes back is bytes with a size limit and a time limit. It is not trusted here: whoever judges verifies it.
3. A source that fails is a reason (`missing`), never an exception: other sources may still answer.

Plain HTTP is right for both (RFC 5280 section 8, RFC 6960 appendix A): what is fetched is signed.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.ports import Rng
from signing.revocation import Evidence, NotChecked, most_telling
from signing.revocation_sources import NONCE_BYTES, nonce_problem, ocsp_request, sources

log = logging.getLogger("axis.revocation")

MEBIBYTE: Final = 1 << 20
CRL_MAX: Final = 32 * MEBIBYTE
"""Bytes; lists of public authorities reach ten and more."""
OCSP_MAX: Final = 64 * 1024
SECONDS: Final = 15.0
"""For one address, connecting and reading included."""
FILES_MAX: Final = 1_000
CERTIFICATES_MAX: Final = 8
"""Of one chain that are asked about."""
_LISTS: Final = frozenset({".crl", ".der", ".pem"})
_ANSWERS: Final = frozenset({".ors", ".ocsp"})
_ISSUERS: Final = frozenset({".crt", ".cer"})


class _Failed(Exception):
    def __init__(self, why: NotChecked) -> None:
        super().__init__(why.value)
        self.why = why


class RevocationFetcher:
    """`exchange_axis.ports.RevocationSource`."""

    def __init__(self, folder: Path, *, hosts: Collection[str], rng: Rng, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._hosts = frozenset(host.lower() for host in hosts)
        self._rng = rng
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None
        self._seen: tuple[tuple[str, int, int], ...] = ()

    def has_changed(self) -> bool:
        """Whether the folder's files are others than when this was last asked; at first, whether there are any."""
        before, self._seen = self._seen, self._stamp()
        return before != self._seen

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        try:
            found = [(one.name, one.stat()) for one in os.scandir(self._folder) if one.is_file()]
        except OSError:
            return ()
        return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in found))

    async def collect(self, chain: Sequence[x509.Certificate]) -> Evidence:
        lists, answers, issuers = await asyncio.to_thread(self._files)
        reasons: list[NotChecked] = [] if lists or answers else [NotChecked.NO_SOURCE]
        for certificate in chain[:CERTIFICATES_MAX]:
            found = sources(certificate)
            for address in found.crls:
                await _take(self._list(address), lists, reasons)
            issuer = next((one for one in chain if one.subject == certificate.issuer), None)
            if issuer is not None:
                for address in found.ocsp:
                    await _take(self._answer(address, certificate, issuer), answers, reasons)
        return Evidence(
            crls=tuple(lists),
            ocsp=tuple(answers),
            certificates=(*issuers, *(one.public_bytes(Encoding.DER) for one in chain[1:])),
            missing=most_telling(reasons) if reasons else NotChecked.NO_EVIDENCE,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _files(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """What lies in the folder: lists, answers, certificates of those who signed them."""
        return self._read(_LISTS), self._read(_ANSWERS), self._read(_ISSUERS)

    def _read(self, endings: frozenset[str]) -> list[bytes]:
        if not self._folder.is_dir():
            return []
        paths = sorted(path for path in self._folder.iterdir() if path.suffix.lower() in endings)
        return list(_contents(paths[:FILES_MAX]))

    async def _list(self, address: str) -> bytes:
        return await self._fetch("GET", address, limit=CRL_MAX)

    async def _answer(self, address: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
        nonce = self._rng.token(NONCE_BYTES)
        request = ocsp_request(certificate, issuer, nonce=nonce)
        answer = await self._fetch("POST", address, limit=OCSP_MAX, data=request)
        problem = nonce_problem(answer, nonce)
        if problem is not None:
            raise _Failed(problem)
        return answer

    async def _fetch(self, method: str, address: str, *, limit: int, data: bytes | None = None) -> bytes:
        if (urlsplit(address).hostname or "").lower() not in self._hosts:
            raise _Failed(NotChecked.NOT_ALLOWED)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, auto_decompress=False)
        headers = {"Content-Type": "application/ocsp-request"} if data is not None else {}
        try:
            async with self._session.request(
                method, address, data=data, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise _Failed(NotChecked.UNREACHABLE)
                return await _limited(response, limit)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as cause:
            log.warning("revocation.unreachable address=%s cause=%s", address, type(cause).__name__)
            raise _Failed(NotChecked.UNREACHABLE) from cause


async def _take(fetching: Coroutine[None, None, bytes], into: list[bytes], reasons: list[NotChecked]) -> None:
    try:
        into.append(await fetching)
    except _Failed as failed:
        reasons.append(failed.why)


async def _limited(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body; one that is longer than allowed is no answer."""
    body = bytearray()
    async for piece in response.content.iter_chunked(64 * 1024):
        body += piece
        if len(body) > limit:
            raise _Failed(NotChecked.UNREACHABLE)
    return bytes(body)


def _contents(paths: Iterable[Path]) -> Iterable[bytes]:
    for path in paths:
        try:
            if path.stat().st_size <= CRL_MAX:
                yield path.read_bytes()
        except OSError as cause:
            log.warning("revocation.file-unreadable file=%s cause=%s", path.name, cause.strerror)
