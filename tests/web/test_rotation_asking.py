"""A node asks its hub for new certificates over its own line; an operator decides; nothing else is trusted for it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.hub_http import HttpHub
from config.load import read_node_file
from config.node_setup import NodePlan, init_node, install_node
from config.places import Places
from config.rotation import install_asked, install_asked_uplink, rotate_node, rotate_uplink
from config.rotation_box import RotationBox
from exchange_axis.domain.enrolment import rotation_octets
from exchange_axis.errors import NotFound
from exchange_axis.ports import HubRefused
from exchange_axis.store.hub import decisionrows
from exchange_axis.web.shared.tls import client_context
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint, load_certificates, read_csr
from signing.keys import load_signer
from tests.hub.stand import Peer, Stand, make_letter, reopen
from tests.web.stand import TIMEOUTS, Served, enrol, serving
from tests.web.test_hubs import TwoHubs, hubs

__all__ = ["hubs"]
SEAL = "agency-seal:H90.01"


@pytest.fixture
def node(stand: Stand, tmp_path: Path) -> Places:
    """A node with a folder of its own, enrolled at the stand."""
    places = Places(tmp_path / "node")
    authority = stand.places.certificate("authority").read_text(encoding="ascii")
    plan = NodePlan(id="node-n", name="Nút N", agencies={"H90.01": "Xã N"}, hub="https://127.0.0.1:1", hub_ca=authority)
    stand.hub.registry.add(json.loads(init_node(places, plan).read_text()), actor="test")
    answer = stand.hub.registry.approve("node-n", codes=(), relay=(), actor="test")
    install_node(places, read_node_file(places), answer)
    return places


def line_of(served: Served, node: Places) -> HttpHub:
    context = client_context([served.roots], node.certificate("tls"), node.key("tls"))
    served.lines.append(HttpHub(served.url, context, timeouts=TIMEOUTS))
    return served.lines[-1]


def carried(stand: Stand, places: Places) -> int:
    """What the running node does every half minute."""

    async def story() -> int:
        async with serving(stand) as served:
            return await RotationBox(places).carry(line_of(served, places))

    return asyncio.run(story())


def states(places: Places) -> dict[str, str]:
    return {one.name: one.state for one in RotationBox(places).every()}


def test_a_running_node_gets_new_certificates_without_a_file(stand: Stand, node: Places, tmp_path: Path) -> None:
    old = load_signer(node.key("agency-H90.01"), node.certificate("agency-H90.01"))
    rotate_node(node, SEAL, ask=True)
    rotate_node(node, "tls", ask=True)
    assert carried(stand, node) == 0
    assert carried(stand, node) == 0, "asked again it waits as before"
    found = {one.places[0]: one for one in stand.hub.rotation_desk.waiting()}
    assert found.keys() == {SEAL, "tls"}
    stand.hub = reopen(stand).hub  # nothing is forgotten
    with pytest.raises(NotFound):
        stand.hub.rotation_desk.approve("node-n", actor="lan")  # which of the two?
    for one in found.values():
        stand.hub.rotation_desk.approve(one.id[:12], actor="lan")
    assert carried(stand, node) == 2
    assert sorted(install_asked(node)) == ["agency-H90.01", "tls"]
    assert states(node) == {}
    new = load_signer(node.key("agency-H90.01"), node.certificate("agency-H90.01"))
    assert fingerprint(new.certificate) != fingerprint(old.certificate)
    receiver = enrol(stand, "node-a", ["H90"], tmp_path)
    row = next(one for one in stand.hub.registry.every() if one.id == "node-n")
    for number, signer in enumerate((old, new)):
        peer = Peer(row=row, seals={"H90.01": signer}, node_seal=signer)  # type: ignore[dict-item, arg-type]
        letter = make_letter(tmp_path, peer, "H90.01", ["H90"], clock=stand.clock, number=str(number))
        stand.hub.intake.submit(row, letter)
    assert len(stand.hub.dispatch.lease(receiver.row.id, 5)) == 2
    assert carried(stand, node) == 0, "and the line stands under the new TLS key"


def test_a_child_hub_asks_for_its_uplinks_key_in_the_same_way(hubs: TwoHubs) -> None:
    places, top = hubs.child.places, hubs.top

    async def carry() -> int:
        async with hubs.uplink() as (_, line):
            return await RotationBox(places).carry(line)

    before = (places.uplink / "tls.pem").read_bytes()
    assert install_asked_uplink(places) is None
    rotate_uplink(places, ask=True)
    assert asyncio.run(carry()) == 0
    top.hub.rotation_desk.approve("hub-a", actor="lan")
    assert asyncio.run(carry()) == 1
    found = install_asked_uplink(places)
    assert (places.uplink / "tls.pem").read_bytes() != before
    identified = top.hub.registry.identify(str(found))
    assert identified is not None and identified.id == "hub-a"


@pytest.mark.usefixtures("either_store")
def test_a_refused_request_is_told_and_may_be_made_anew(stand: Stand, node: Places) -> None:
    rotate_node(node, SEAL, ask=True)
    carried(stand, node)
    first = stand.hub.rotation_desk.refuse("node-n", reason="gọi lại cho tôi", actor="lan")
    assert carried(stand, node) == 1
    assert [(one.state, one.reason) for one in RotationBox(node).every()] == [("refused", "gọi lại cho tôi")]
    assert carried(stand, node) == 0
    rotate_node(node, SEAL, ask=True)
    carried(stand, node)
    (second,) = stand.hub.rotation_desk.waiting()
    assert second.keys != first.keys
    assert stand.hub.world.transactions.read(_decided) == ["peer.rotate-refused"]


def _decided(connection: Any) -> list[str]:
    said = [json.loads(document) for _, document in decisionrows.unlogged(connection, 100)]
    return [one["action"] for one in said if one["action"].startswith("peer.rotate")]


@pytest.mark.usefixtures("either_store")
def test_a_newer_request_for_a_place_withdraws_the_one_that_waits(stand: Stand, node: Places) -> None:
    desk, row = stand.hub.rotation_desk, stand.hub.registry.every()[0]
    digests = []
    for _ in range(2):
        rotate_node(node, SEAL, ask=True)
        desk.ask(row, asked(node))
        digests.append(next(one.id for one in desk.waiting()))
        node.next_key("agency-H90.01").unlink()
    assert len(desk.waiting()) == 1 and digests[0] != digests[1]
    with pytest.raises(NotFound):
        desk.approve(digests[0][:12], actor="lan")


def asked(node: Places) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((node.root / "rotations" / "agency-H90.01.json").read_bytes())
    return found


def test_who_has_the_tls_key_alone_gets_no_seal(stand: Stand, node: Places) -> None:
    rotate_node(node, SEAL, ask=True)
    request = asked(node)
    key = read_csr(request["requests"][SEAL].encode()).fingerprint
    thief = load_signer(node.key("tls"), node.certificate("tls"))
    proof = base64.b64encode(thief.sign(rotation_octets(peer="node-n", place=SEAL, key=key))).decode()
    row = stand.hub.registry.every()[0]
    for proofs in ({SEAL: proof}, {}, {SEAL: ""}, {"tls": request["proofs"][SEAL]}):
        with pytest.raises(Refusal) as refused:
            stand.hub.rotation_desk.ask(row, {**request, "proofs": proofs})
        assert refused.value.code == "enrolment.rotation-unproved", proofs
    other = rotate_node(node, "tls")["requests"]["tls"]
    with pytest.raises(Refusal) as refused:  # the word was given for another key
        stand.hub.rotation_desk.ask(row, {**request, "requests": {SEAL: other}})
    assert refused.value.code == "enrolment.rotation-unproved"
    assert stand.hub.rotation_desk.waiting() == ()
    assert stand.hub.rotation_desk.ask(row, request).state == "waiting"


@pytest.mark.parametrize(
    "bend",
    [
        lambda found: found | {"id": "node-a"},
        lambda found: found | {"kind": "hub"},
        lambda found: found | {"format": "axis-enrolment-1"},
        lambda found: found | {"requests": {}},
        lambda found: found | {"requests": [1]},
        lambda found: found | {"requests": {SEAL: 1}},
        lambda found: found | {"requests": {f"agency-seal:H90.{n:02}": "x" for n in range(21)}},
        lambda found: found | {"proofs": None},
        lambda found: found | {"proofs": {SEAL: "***"}},
        lambda found: {key: value for key, value in found.items() if key != "certificates"},
        lambda found: found | {"requests": {"hub-seal": found["requests"][SEAL]}},
        lambda found: found | {"requests": {"log": found["requests"][SEAL]}},
    ],
)
def test_what_is_no_request_of_the_caller_is_refused(
    stand: Stand, node: Places, bend: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    rotate_node(node, SEAL, ask=True)
    with pytest.raises(Refusal) as refused:
        stand.hub.rotation_desk.ask(stand.hub.registry.every()[0], bend(asked(node)))
    assert refused.value.code == "enrolment.malformed"


def test_over_the_line_a_bad_request_is_a_problem_document_and_a_word(stand: Stand, node: Places) -> None:
    rotate_node(node, SEAL, ask=True)
    path = node.root / "rotations" / "agency-H90.01.json"
    path.write_text(json.dumps(asked(node) | {"proofs": {}}))

    async def story() -> None:
        async with serving(stand) as served:
            line = line_of(served, node)
            with pytest.raises(HubRefused) as refused:
                await line.ask_rotation(asked(node))
            assert (refused.value.problem["code"], refused.value.problem["status"]) == (
                "enrolment.rotation-unproved",
                422,
            )
            assert await RotationBox(node).carry(line) == 1

    asyncio.run(story())
    (word,) = RotationBox(node).every()
    assert (word.state, word.reason) == ("refused", "enrolment.rotation-unproved")
    assert load_certificates(node.certificate("agency-H90.01").read_bytes())
