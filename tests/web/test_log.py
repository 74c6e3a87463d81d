"""The log as outsiders read it: without a certificate, by the C2SP addresses, and enough to compute every proof."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable

import aiohttp

from exchange_axis.hub.world import Received
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.proof import read_proof, verify_evidence_proof
from exchange_axis.ledger.tiles import Tile, TileReader, read_bundle, tiles_of
from exchange_axis.ledger.tree import Node, inclusion_proof, leaf_hash, root, verify_consistency
from tests.hub.stand import Stand
from tests.web.asking import ask
from tests.web.stand import Served, WebPeer, serving

PREFIX = "/log/1"


def vkey(stand: Stand) -> str:
    return str(stand.hub.registry.log_vkey)


async def tiles(client: aiohttp.ClientSession, size: int) -> TileReader:
    """A reader over tiles that were fetched beforehand."""
    found: dict[Tile, bytes] = {}
    for tile in tiles_of(size):
        status, headers, body = await ask(client, "GET", f"{PREFIX}/{tile.path}")
        assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        found[tile] = body
    return TileReader(size, found.__getitem__)


def test_a_stranger_follows_the_log_by_tiles_alone(stand: Stand, sender: WebPeer, letter: Received) -> None:
    stand.hub.log.sequence()  # the bindings of both nodes
    before = stand.hub.log.state()
    (evidence, *_) = stand.hub.intake.submit(sender.row, letter).documents
    stand.hub.log.sequence()
    log = read_vkey(vkey(stand))

    async def story(served: Served) -> None:
        async with served.client(None) as stranger:
            status, headers, note = await ask(stranger, "GET", f"{PREFIX}/checkpoint")
            assert (status, headers["Cache-Control"]) == (200, "no-cache")
            assert headers["Content-Type"] == "text/plain; charset=utf-8"
            checkpoint = open_checkpoint(note, log)
            reader = await tiles(stranger, checkpoint.size)
            assert root(reader, checkpoint.size) == checkpoint.root
            _, _, bundle = await ask(stranger, "GET", f"{PREFIX}/tile/entries/000.p/{checkpoint.size}")
            entries = read_bundle(bundle)
            leaves = [Node(0, index) for index in range(checkpoint.size)]
            assert [leaf_hash(entry) for entry in entries] == reader.read(leaves)
            proof = stand.hub.log.proof(evidence.sha256)
            assert proof is not None
            verify_evidence_proof(proof, hashlib.sha256(evidence.content).digest(), log)
            read = read_proof(proof)
            assert inclusion_proof(reader, read.index, checkpoint.size) == list(read.path)

    asyncio.run(_with(stand, story))
    assert before.size > 0


async def _with(stand: Stand, story: Callable[[Served], Awaitable[None]]) -> None:
    async with serving(stand) as served:
        await story(served)


def test_what_is_not_there_is_404(stand: Stand, sender: WebPeer) -> None:
    async def story(served: Served) -> None:
        async with served.client(None) as stranger:
            assert (await ask(stranger, "GET", f"{PREFIX}/checkpoint"))[0] == 404  # nothing is signed yet
            stand.hub.log.sequence()
            size = stand.hub.log.state().size
            for path in (f"0/000.p/{size + 1}", "0/000", "1/000.p/1", "entries/001", "0/0", "00/000", "64/000"):
                status, headers, problem = await ask(stranger, "GET", f"{PREFIX}/tile/{path}")
                assert (status, problem["code"]) == (404, "log.no-such-tile"), path
                assert headers["Cache-Control"] == "no-store"
            for prefix in ("/log/2", "/log/01", "/log/x"):
                assert (await ask(stranger, "GET", f"{prefix}/checkpoint"))[0] == 404
                assert (await ask(stranger, "GET", f"{prefix}/tile/0/000.p/1"))[0] == 404
            assert (await ask(stranger, "GET", "/v1/log/checkpoint"))[2]["code"] == "auth.no-certificate"

    asyncio.run(_with(stand, story))


def test_a_peer_is_given_proofs_of_consistency(stand: Stand, sender: WebPeer, letter: Received) -> None:
    stand.hub.log.sequence()
    first = stand.hub.log.checkpoint()
    stand.hub.intake.submit(sender.row, letter)
    stand.hub.log.sequence()
    second = stand.hub.log.checkpoint()
    assert first is not None and second is not None
    log = read_vkey(vkey(stand))
    old, new = open_checkpoint(first, log), open_checkpoint(second, log)

    async def story(served: Served) -> None:
        async with served.client(sender) as peer:
            _, _, body = await ask(peer, "GET", f"/v1/log/consistency?from={old.size}&to={new.size}")
            path = [base64.b64decode(line) for line in body.decode().splitlines()]
            verify_consistency(old.size, new.size, path, root1=old.root, root2=new.root)
            assert (await ask(peer, "GET", f"/v1/log/consistency?from={new.size}&to={new.size}"))[2] == b""
            for query in (f"from=0&to={new.size}", f"from=1&to={new.size + 1}", f"from={new.size}&to=1"):
                status, _, problem = await ask(peer, "GET", f"/v1/log/consistency?{query}")
                assert (status, problem["code"]) == (422, "log.not-consistent"), query

    asyncio.run(_with(stand, story))
