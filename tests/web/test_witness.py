"""The witness over HTTP: statuses as C2SP tlog-witness has them, gossip in a header, and a round over a real line."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.cosignature import read_cosignatures
from exchange_axis.ledger.note import note_text
from exchange_axis.ledger.witness import Adding, write_adding
from exchange_axis.ports import CHECKPOINT_HEADER, HubRefused
from tests.hub.stand import Peer, Stand, federate, make_letter, open_stand
from tests.hub.witnessed import newest, signer_of
from tests.web.asking import ZIP, ask
from tests.web.stand import NowClock, Served, WebPeer, enrol, serving

ADD = "/v1/witness/add-checkpoint"


@pytest.fixture
def child(stand: Stand, tmp_path: Path) -> Iterator[Stand]:
    """hub-b, enrolled under the stand's hub."""
    child = federate(stand, open_stand(tmp_path, "hub-b", clock=NowClock()), ["H91"])
    child.hub.log.sequence()
    yield child
    child.close()


def as_peer(stand: Stand, child: Stand) -> WebPeer:
    uplink = child.places.uplink
    row = next(row for row in stand.hub.registry.every() if row.id == "hub-b")
    peer = Peer(row=row, seals={}, node_seal=None)  # type: ignore[arg-type]  # it signs nothing here
    return WebPeer(peer=peer, certificate=uplink / "tls.pem", key=uplink / "tls.key")


def told(stand: Stand, story: Callable[[Served], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving(stand) as served:
            await story(served)

    asyncio.run(run())


def grown(child: Stand, folder: Path, name: str) -> Checkpoint:
    """The child's log after two more entries."""
    enrol(child, name, ["H91.01"] if name == "node-1" else ["H91.02"], folder)
    child.hub.log.sequence()
    return newest(child.hub)


def test_the_statuses_of_the_specification(stand: Stand, child: Stand, sender: WebPeer, tmp_path: Path) -> None:
    key = signer_of(child)
    first = newest(child.hub)
    one = child.hub.log.checkpoint()
    second = grown(child, tmp_path, "node-1")
    two = child.hub.log.checkpoint()
    assert one is not None and two is not None
    path = tuple(child.hub.tiling.consistency(first.size, second.size))
    forged = sign_checkpoint(Checkpoint(origin=key.name, size=second.size + 1, root=b"\x01" * 32), key)
    split = sign_checkpoint(Checkpoint(origin=key.name, size=second.size, root=b"\x01" * 32), key)
    stranger = sign_checkpoint(Checkpoint(origin="x/log/1", size=1, root=b"\x01" * 32), key.renamed("x/log/1"))
    unsigned = sign_checkpoint(
        Checkpoint(origin=key.name, size=9, root=b"\x01" * 32), signer_of(stand).renamed(key.name)
    )

    def body(old: int, note: bytes, path: tuple[bytes, ...] = ()) -> bytes:
        return write_adding(Adding(old=old, path=path, checkpoint=note))

    asked: list[tuple[bytes, int, object]] = [
        (body(0, stranger), 404, "witness.unknown-log"),
        (body(0, unsigned), 403, "witness.not-signed"),
        (body(first.size + 1, one), 400, "witness.malformed"),
        (b"old 0\n\nnonsense", 400, "witness.malformed"),
        (b"", 400, "witness.malformed"),
        (body(first.size, two, path), 409, b"0\n"),
        (body(0, one), 200, None),
        (body(0, two), 409, f"{first.size}\n".encode()),
        (body(first.size, two, path[:-1]), 422, "witness.split-view"),
        (body(first.size, two, path), 200, None),
        (body(second.size, two), 200, None),
        (body(second.size, split), 409, f"{second.size}\n".encode()),
        (body(second.size, forged, (b"\x02" * 32,)), 422, "witness.split-view"),
        (body(first.size, two, path), 409, f"{second.size}\n".encode()),
    ]

    async def story(served: Served) -> None:
        async with served.client(as_peer(stand, child)) as hub, served.client(sender) as node:
            for number, (data, expected, answer) in enumerate(asked):
                status, headers, said = await ask(hub, "POST", ADD, data=data)
                assert status == expected, (number, said)
                if expected == 409:
                    assert (headers["Content-Type"].partition(";")[0], said) == ("text/x.tlog.size", answer)
                elif expected == 200:
                    witness = stand.hub.registry.vkeys.witness
                    assert witness is not None
                    note = next(note for note in (two, one) if note in data) + said
                    assert len(read_cosignatures(note, [witness])) == 1
                else:
                    assert said["code"] == answer
            assert (await ask(node, "POST", ADD, data=asked[6][0]))[0] == 403, "a node has no log"

    told(stand, story)


def test_a_round_over_a_real_line(stand: Stand, child: Stand, tmp_path: Path) -> None:
    grown(child, tmp_path, "node-1")
    grown(child, tmp_path, "node-2")
    stand.hub.log.sequence()

    async def story(served: Served) -> None:
        line = served.line(as_peer(stand, child))
        witnessing = Witnessing(child.hub, line.log)
        assert await witnessing.round() > 0
        assert await witnessing.round() == 0
        assert await line.log.copied("hub-b/log/1", newest(child.hub).size) is None
        assert await line.log.seen("nobody/log/1") is None
        with pytest.raises(HubRefused):
            await line.log.copy(b"from 0\n\nnonsense")

    told(stand, story)
    for hub, beside in ((child, stand), (stand, child)):
        note, witness = hub.hub.log.checkpoint(), beside.hub.registry.vkeys.witness
        assert note is not None and witness is not None
        assert len(read_cosignatures(note, [witness])) == 1
    (state,) = stand.hub.witness.state()
    assert (state["copied"], state["cosigned"]) == (newest(child.hub).size, newest(child.hub).size)


def test_a_wrong_cosignature_is_not_kept(stand: Stand, child: Stand) -> None:
    stand.hub.log.sequence()
    note = stand.hub.log.checkpoint()
    assert note is not None
    witness = child.hub.registry.vkeys.witness
    assert witness is not None
    line = f"\u2014 {witness.name} {base64.b64encode(witness.key_id + bytes(72)).decode()}\n".encode()
    other = sign_checkpoint(Checkpoint(origin="hub-a/log/1", size=1, root=b"\x01" * 32), signer_of(stand))

    async def story(served: Served) -> None:
        async with served.client(as_peer(stand, child)) as hub:
            for body, expected in ((note + line, 403), (other, 404), (b"nonsense", 400)):
                assert (await ask(hub, "POST", "/v1/witness/cosignatures", data=body))[0] == expected
            assert (await ask(hub, "POST", "/v1/witness/cosignatures", data=note))[0] == 204

    told(stand, story)
    assert stand.hub.log.checkpoint() == note


def test_gossip_stops_a_hub_that_has_forgotten(stand: Stand, sender: WebPeer) -> None:
    """The header of any request: what is signed by the hub and not in its log is never passed over."""
    stand.hub.log.sequence()
    size = newest(stand.hub).size
    true = stand.hub.log.checkpoint()
    assert true is not None
    larger = sign_checkpoint(Checkpoint(origin="hub-a/log/1", size=size + 7, root=b"\x01" * 32), signer_of(stand))
    forged = larger.replace(note_text(larger).encode()[-20:], b"x" * 19 + b"\n")

    async def story(served: Served) -> None:
        async with served.client(sender) as node:
            for header in ("", "no base64!", "A" * 5_000, *(base64.b64encode(one).decode() for one in (true, forged))):
                status, _, _ = await ask(node, "GET", "/v1/capabilities", headers={CHECKPOINT_HEADER: header})
                assert status == 200
                assert (await ask(node, "GET", "/readyz"))[0] == 200
            shown = {CHECKPOINT_HEADER: base64.b64encode(larger).decode()}
            await ask(node, "GET", "/v1/capabilities", headers=shown)
            assert stand.hub.log_guard.trouble is not None
            assert (
                open_checkpoint(stand.hub.log_guard.trouble.first.encode(), signer_of(stand).verifier).size == size + 7
            )

    told(stand, story)


def test_a_hub_that_was_stopped_says_so_and_refuses_for_now(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    stand.hub.log.sequence()
    key = signer_of(stand)
    stand.hub.log_guard.heard(sign_checkpoint(Checkpoint(origin=key.name, size=99, root=b"\x01" * 32), key))
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)

    async def story(served: Served) -> None:
        async with served.client(sender) as node:
            status, _, said = await ask(node, "GET", "/readyz")
            assert (status, said["checks"]["log"]) == (503, False)
            data = letter.path.read_bytes()
            status, headers, _ = await ask(node, "POST", "/v1/consignments", data=data, headers=ZIP)
            assert (status, "Retry-After" in headers) == (503, True)

    told(stand, story)
