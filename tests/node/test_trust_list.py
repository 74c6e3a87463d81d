"""The trust list at a node: taken under its pin, asked whenever a hub says something, an alarm when it is forked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from exchange_axis.domain.trust_list import KnownHub, KnownLog
from exchange_axis.node.audit import receipts
from exchange_axis.node.service import Node, assemble
from exchange_axis.pipeline.trusting import TrustPlace
from signing.certificates import fingerprint
from signing.keys import LocalSigner
from tests.node.stand import HUB, Stand
from tests.node.test_proving import LOG, alarms, proof_of
from tests.signing.pki import AT
from tests.trust_lists import TOP, known, seal_of, signed, trust_list

SEAL = seal_of(TOP)
PIN = fingerprint(SEAL.certificate)


@contextmanager
def node_of(stand: Stand, *, pin: str | None = PIN) -> Iterator[Node]:
    shown: list[int] = []
    place = TrustPlace(pin=lambda: pin, show=lambda heard: shown.append(heard.value.version))
    with stand.sender.open() as opened:
        yield assemble(replace(opened.world, trust=place))


def a_list(stand: Stand, version: int, *, seal: LocalSigner | None = None, more: int = 0, days: int = 100) -> bytes:
    """hub-top and the node's hub; of the latter the seal that is given, or none."""
    seals = () if seal is None else (known(seal, days=days),)
    logs = (KnownLog(vkey=LOG.verifier.vkey, valid_from=AT),)
    value = trust_list(version, SEAL, more=more)
    hub = KnownHub(id=HUB, parent=TOP, seals=seals, logs=logs)
    return signed(replace(value, hubs=(*value.hubs, hub)), SEAL)


def own_seal(stand: Stand) -> LocalSigner:
    signer = stand.hub.issuer._signer
    assert isinstance(signer, LocalSigner)
    return signer


async def send(stand: Stand, node: Node, number: int) -> int:
    """A letter that the hub answers; 1 when the answer is believed."""
    node.sender.send(stand.draft(number=number), actor="Lê Thị Hoa")
    return await node.agent(stand.line(stand.sender)).push_once()


def test_lists_are_taken_in_order_and_a_fork_is_an_alarm(stand: Stand) -> None:
    async def story() -> None:
        with node_of(stand) as node:
            agent = node.agent(stand.line(stand.sender))
            assert await agent.trust_once() == 0
            first, second = a_list(stand, 1), a_list(stand, 2)
            stand.hub.trust_lists = {1: first, 2: second}
            assert await agent.trust_once() == 2
            assert await agent.trust_once() == 0
            assert alarms(node) == {}
            stand.hub.trust_lists = {2: a_list(stand, 2, more=1)}
            assert await agent.trust_once() == 0
            assert alarms(node) == {"trust-list.forked": 1}
            held = node.world.held_list()
            assert held is not None and held.document == second

    asyncio.run(story())


def test_without_a_pin_nothing_is_believed(stand: Stand) -> None:
    async def story() -> None:
        with node_of(stand, pin=None) as node:
            stand.hub.trust_lists = {1: a_list(stand, 1)}
            assert await node.agent(stand.line(stand.sender)).trust_once() == 0
            assert alarms(node) == {"trust-list.signer-not-pinned": 1}
            assert node.world.held_list() is None

    asyncio.run(story())


def test_a_hub_is_believed_under_the_seals_of_the_list(stand: Stand) -> None:
    async def story() -> None:
        with node_of(stand) as node:
            agent = node.agent(stand.line(stand.sender))
            stand.hub.trust_lists = {1: a_list(stand, 1, seal=own_seal(stand))}
            assert await agent.trust_once() == 1
            assert await send(stand, node, 57) == 1
            stand.hub.trust_lists = {2: a_list(stand, 2)}
            assert await agent.trust_once() == 1
            assert await send(stand, node, 58) == 0
            assert alarms(node) == {"document.not-by-hub": 1}

    asyncio.run(story())


def test_a_seal_counts_at_the_time_of_sealing(stand: Stand) -> None:
    async def story() -> None:
        with node_of(stand) as node:
            agent = node.agent(stand.line(stand.sender))
            stand.hub.trust_lists = {1: a_list(stand, 1, seal=own_seal(stand), days=21)}
            assert await agent.trust_once() == 1
            assert await send(stand, node, 57) == 1
            stand.clock.advance(days=2)
            assert await send(stand, node, 58) == 0

    asyncio.run(story())


def test_the_seal_of_enrolment_is_enough_of_the_nodes_own_hub(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open(hub_seal=fingerprint(own_seal(stand).certificate)) as opened:
            node = assemble(replace(opened.world, trust=TrustPlace(pin=lambda: PIN)))
            stand.hub.trust_lists = {1: a_list(stand, 1)}
            assert await node.agent(stand.line(stand.sender)).trust_once() == 1
            assert await send(stand, node, 57) == 1

    asyncio.run(story())


def test_the_key_of_the_log_comes_from_the_list(stand: Stand) -> None:
    async def story() -> None:
        with node_of(stand) as node:
            agent = node.agent(stand.line(stand.sender))
            stand.hub.trust_lists = {1: a_list(stand, 1, seal=own_seal(stand))}
            assert await agent.trust_once() == 1
            await send(stand, node, 57)
            (kept,) = receipts(node.world.store)
            stand.clock.advance(minutes=1)
            stand.hub.proofs[kept.sha256] = b"not a proof"
            assert await agent.proofs_once() == 0
            assert alarms(node) == {"evidence.bad-proof": 1}
            stand.clock.advance(minutes=1)
            stand.hub.proofs[kept.sha256] = proof_of(kept.sha256)
            assert await agent.proofs_once() == 1

    asyncio.run(story())
