"""Log proofs: asked for until they come, checked where the log's key is known, and missed when they do not come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import KeySigner
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.ledger.tree import leaf_hash
from exchange_axis.node.audit import receipts
from exchange_axis.node.service import Node, assemble
from tests.node.stand import Stand

LOG = KeySigner("hub-h45/log/1", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
OTHER_LOG = KeySigner("hub-h45/log/1", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
SALT = b"\x01" * 32


def proof_of(sha256: str, log: KeySigner = LOG) -> bytes:
    """A log with this one leaf."""
    root = leaf_hash(leaf_data(SALT, bytes.fromhex(sha256)))
    note = sign_checkpoint(Checkpoint(origin="hub-h45/log/1", size=1, root=root), log)
    return write_proof(LogProof(index=0, path=(), checkpoint=note, extra=SALT))


def alarms(node: Node) -> dict[str, int]:
    return {alarm.code: alarm.count for alarm in node.views.status().alarms}


def test_a_proof_is_fetched_unasked_checked_and_kept(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as opened:
            node = assemble(replace(opened.world, log=LOG.verifier))
            letter = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            agent = node.agent(stand.line(stand.sender))
            await agent.push_once()
            (kept,) = receipts(node.world.store)
            assert await agent.proofs_once() == 0  # not due yet
            for wrong in (proof_of("0" * 64), proof_of(kept.sha256, OTHER_LOG), b"not a proof"):
                stand.clock.advance(minutes=1)
                stand.hub.proofs[kept.sha256] = wrong
                assert await agent.proofs_once() == 0
            assert alarms(node) == {"evidence.bad-proof": 3}
            assert node.views.show(letter.consignment_id).timeline[-1].proved is False
            stand.hub.proofs[kept.sha256] = proof_of(kept.sha256)
            stand.clock.advance(minutes=1)
            assert await agent.proofs_once() == 1
            assert node.views.evidence(kept.evidence_id) == (kept.document, proof_of(kept.sha256))
            assert node.views.show(letter.consignment_id).timeline[-1].proved is True
            stand.clock.advance(minutes=1)
            assert await agent.proofs_once() == 0

    asyncio.run(story())


def test_evidence_that_is_never_logged_alarms_the_sender(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(proof_alarm=timedelta(minutes=5)) as node:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            agent = node.agent(stand.line(stand.sender))
            await agent.push_once()
            for _ in range(4):
                stand.clock.advance(minutes=1)
                assert await agent.proofs_once() == 0
            assert not alarms(node)
            stand.clock.advance(minutes=1)
            await agent.proofs_once()
            assert alarms(node) == {"evidence.not-logged": 1}

    asyncio.run(story())
