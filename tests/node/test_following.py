"""A node follows its hub's log: what fits is remembered and shown, what does not is an alarm with both sides kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.log_rotation import rotate_log
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.note import KeySigner, read_vkey
from exchange_axis.ledger.proof import read_proof
from exchange_axis.node.audit import receipts
from exchange_axis.node.service import Node, assemble
from exchange_axis.ports import HubRefused
from exchange_axis.store.hub import logrows
from tests.hub.log_line import DirectLog
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand, reopen
from tests.hub.witnessed import newest, signer_of
from tests.ledger.naive import MemoryNodes
from tests.node.test_with_hub import ShortLine, draft, opened


class Lying(DirectLog):
    """The hub's line for one node, on which it may show another history, signed with its own key."""

    forged: MemoryNodes | None = None
    note: bytes | None = None
    mute: bool = False
    mute_rolls: bool = False

    async def rolls(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        return () if self.mute_rolls else await super().rolls(given)

    async def checkpoint(self) -> bytes | None:
        return await super().checkpoint() if self.note is None else self.note

    async def consistency(self, size1: int, size2: int) -> tuple[bytes, ...]:
        if self.mute:
            raise HubRefused({"code": "log.not-consistent"})
        if self.forged is None:
            return await super().consistency(size1, size2)
        try:
            return tuple(tree.consistency_proof(self.forged, size1, size2))
        except KeyError as error:
            raise HubRefused({"code": "log.not-consistent"}) from error

    def lie(self, key: KeySigner, entries: list[bytes]) -> None:
        self.forged = MemoryNodes()
        root = tree.append(self.forged, 0, [tree.leaf_hash(entry) for entry in entries])
        self.note = sign_checkpoint(Checkpoint(origin=key.name, size=len(entries), root=root), key)


Story = Callable[[Stand, Peer, Node, Lying], Coroutine[None, None, None]]


def told(tmp_path: Path, story: Story) -> None:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    peer = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90", "H90.02"])
    stand.hub.log.sequence()
    try:
        with opened(tmp_path, stand, peer) as node:
            known = assemble(replace(node.world, log=read_vkey(stand.hub.registry.log_vkey)))
            asyncio.run(story(stand, peer, known, Lying(stand.hub, peer.row)))
    finally:
        stand.close()


def entries_of(stand: Stand) -> list[bytes]:
    size = newest(stand.hub).size
    leaves = stand.hub.world.transactions.read(lambda connection: logrows.leaves(connection, 0, size))
    return [leaf.data for leaf in leaves]


def alarms(node: Node) -> list[str]:
    return [alarm.code for alarm in node.views.status().alarms]


def test_what_fits_is_remembered_and_shown(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        agent = node.agent(ShortLine(stand, peer), log=line)
        assert await agent.log_once() == 1
        assert await agent.log_once() == 0
        assert line.shown == stand.hub.log.checkpoint()
        enrol(stand, "node-x", ["H90.04"])
        stand.hub.log.sequence()
        assert await agent.log_once() == 1
        assert line.shown == stand.hub.log.checkpoint()
        assert alarms(node) == []

    told(tmp_path, story)


def test_another_history_is_an_alarm_and_both_sides_are_kept(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        agent = node.agent(ShortLine(stand, peer), log=line)
        await agent.log_once()
        true, entries = stand.hub.log.checkpoint(), entries_of(stand)
        kept = []
        for changed in (
            [b"\x00" * 32, *entries[1:]],
            [b"\x00" * 32, *entries[1:], b"\x01" * 32],
            [b"\x00" * 32, *entries[1:-1]],
        ):
            line.lie(signer_of(stand), changed)
            assert await agent.log_once() == 0
            kept.append((true, line.note))
            assert node.world.store.read(lambda unit: unit.logs.forks()) == tuple(kept)
        assert alarms(node) == ["hub-log.forked"]
        line.lie(signer_of(stand), [*entries, b"\x01" * 32])
        line.mute = True
        assert await agent.log_once() == 0, "a hub that proves nothing is not believed"
        line.mute = False
        assert await agent.log_once() == 1
        forks = node.world.store.read(lambda unit: unit.logs.forks())
        assert len(forks) == 4

    told(tmp_path, story)


def test_a_hub_that_went_back_is_an_alarm(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        agent = node.agent(ShortLine(stand, peer), log=line)
        await agent.log_once()
        line.lie(signer_of(stand), entries_of(stand)[:-2])
        line.forged = None
        assert await agent.log_once() == 0
        assert alarms(node) == ["hub-log.shrank"]

    told(tmp_path, story)


def test_what_is_not_the_hubs_changes_nothing(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        agent = node.agent(ShortLine(stand, peer), log=line)
        await agent.log_once()
        stranger = KeySigner("hub-a/log/1", Ed25519PrivateKey.generate())
        line.lie(stranger, [b"\x00" * 32] * 99)
        assert await agent.log_once() == 0
        line.note = b"nonsense"
        assert await agent.log_once() == 0
        assert alarms(node) == []
        assert line.shown == stand.hub.log.checkpoint()

    told(tmp_path, story)


def test_a_new_epoch_is_accepted_and_never_silently(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        agent = node.agent(ShortLine(stand, peer), log=line)
        await agent.log_once()
        line.lie(signer_of(stand).renamed("hub-a/log/2"), [b"\x00" * 32] * 3)
        assert await agent.log_once() == 1
        assert alarms(node) == ["hub-log.new-epoch"]

    told(tmp_path, story)


def test_a_proof_under_another_history_is_not_taken(tmp_path: Path) -> None:
    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        short = ShortLine(stand, peer)
        agent = node.agent(short, log=line)
        await agent.log_once()
        node.sender.send(draft(tmp_path, node, "H90"), actor="Lê Thị Hoa")
        assert await agent.push_once() == 1
        stand.hub.log.sequence()
        stand.clock.advance(minutes=1)
        # The log that this node is shown from now on differs in its first entry, which it has seen before.
        line.lie(signer_of(stand), [b"\x00" * 32, *entries_of(stand)[1:]])
        (receipt, *_) = receipts(node.world.store)
        true = stand.hub.log.proof(receipt.sha256)
        assert true is not None
        assert line.note is not None
        assert await agent.proofs_once() == 0, "the true proof cannot be connected while the hub proves another history"
        assert "hub-log.forked" in alarms(node)
        line.forged, line.note = None, None
        stand.clock.advance(minutes=5)
        assert await agent.proofs_once() > 0
        assert read_proof(true).checkpoint == stand.hub.log.checkpoint()

    told(tmp_path, story)


@pytest.mark.parametrize("vouched", [True, False])
def test_a_new_key_is_followed_if_the_old_one_vouches_for_it(tmp_path: Path, vouched: bool) -> None:
    """The hub changes its log's key; the node goes on by itself, keeps the roll, and says so once."""
    kept: list[bytes] = []

    async def story(stand: Stand, peer: Peer, node: Node, line: Lying) -> None:
        place = replace(node.world.trust, rolls=lambda: tuple(kept), keep_rolls=kept.extend)
        known = assemble(replace(node.world, trust=place))
        agent = known.agent(ShortLine(stand, peer), log=line)
        await agent.log_once()
        rotate_log(stand.places, stand.hub, actor="an")
        again = reopen(stand)
        try:
            again.hub.log.sequence()
            line.hub = again.hub
            if not vouched:
                line.mute_rolls = True
            assert await agent.log_once() == int(vouched)
            assert alarms(known) == (["hub-log.rolled"] if vouched else [])
            assert len(kept) == int(vouched)
            assert [key.name for key in known.world.logs()] == ["hub-a/log/1", "hub-a/log/2"][: 1 + int(vouched)]
        finally:
            again.close()

    told(tmp_path, story)
