"""The other end of the floor's HTTPS: a server that hashes what it is sent and tells what that cost.

`python -m bench.sink FOLDER` prints its port and ends when its standard input does. TLS is the product's: version 1.3,
certificates on both sides, one kept connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web

from exchange_axis.web.shared.tls import client_context, server_context
from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    new_root,
)
from signing.files import write_secret
from signing.keys import generate_key, private_pem

HOST = "127.0.0.1"
IN_MEMORY = 100_000
"""Bytes up to which a body is held in memory; larger ones are sent from their file."""
PIECE = 1 << 20


async def send(session: aiohttp.ClientSession, port: int, body: bytes | Path) -> tuple[str, float]:
    """SHA-256 as the server saw it, and the server's CPU seconds so far."""
    data = _pieces(body) if isinstance(body, Path) else body
    async with session.post(f"https://{HOST}:{port}/", data=data) as response:
        answer = await response.json()
        return answer["sha256"], answer["cpu"]


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that shows its certificate and keeps its connection."""
    root = (folder / "root.pem").read_text(encoding="ascii")
    context = client_context([root], folder / "client.pem", folder / "client.key")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=1)) as session:
        yield session


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """The port of a sink in a process of its own."""
    _make_keys(folder)
    command = [sys.executable, "-m", "bench.sink", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(PIECE):
            yield piece


async def _take(request: web.Request) -> web.Response:
    digest = hashlib.sha256()
    async for piece in request.content.iter_any():
        digest.update(piece)
    return web.json_response({"sha256": digest.hexdigest(), "cpu": time.process_time()})


async def _serve(folder: Path) -> None:
    application = web.Application(client_max_size=0)
    application.router.add_post("/", _take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    root = (folder / "root.pem").read_text(encoding="ascii")
    context = server_context(folder / "server.pem", folder / "server.key", [root])
    site = web.TCPSite(runner, HOST, 0, ssl_context=context)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def _make_keys(folder: Path) -> None:
    now = datetime.now(UTC)
    issuance = Issuance(serial=1, not_before=now - timedelta(hours=1), not_after=now + timedelta(days=1))
    root = new_root(generate_key(), subject=Subject(common_name="bench TLS root"), issuance=issuance)
    (folder / "root.pem").write_bytes(certificate_pem(root.certificate))
    _issue(folder, root, issuance, use=CertificateUse.TLS_SERVER)
    _issue(folder, root, issuance, use=CertificateUse.TLS_CLIENT)


def _issue(folder: Path, root: Authority, issuance: Issuance, *, use: CertificateUse) -> None:
    name = "server" if use is CertificateUse.TLS_SERVER else "client"
    key = generate_key()
    names = CertificateNames(dns=("localhost",), ip=(HOST,))
    subject = Subject(common_name=f"bench {name}")
    certificate = issue(root, key.public_key(), subject=subject, use=use, issuance=issuance, names=names)
    (folder / f"{name}.pem").write_bytes(certificate_pem(certificate))
    write_secret(folder / f"{name}.key", private_pem(key, None))


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
