"""Dossiers across three hubs: what sender, recipient and each hub can prove, judged with the roots of all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.dossier import MANIFEST, Content, IssuerKind, MadeBy
from exchange_axis.errors import NotFound
from exchange_axis.hub.service import Hub
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.node.errors import HubDossierUnfit
from exchange_axis.node.hub_dossiers import fetch_from_hub
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.pipeline.dossier import Packed
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Reason, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.ports import DocumentKind, HubRefused, HubUnreachable
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.node.logs import SeenLog
from exchange_axis.wire.dossier import write_dossier
from schemas.gate.refusal import Refusal
from signing.trust import TrustAnchors
from signing.xades import sign_enveloped
from tests.hub.stand import Stand
from tests.node.test_life_with_hubs import CENTRE, CLERK, FAR, HOME, RECALL, Offices, offices
from tests.pipeline.filed import manifest_of, members_of, zipped


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Offices]:
    with offices(tmp_path) as found:
        yield found


def send_and_settle(world: Offices, *to: str) -> LocalReceipt:
    letter = world.send(*to)
    asyncio.run(world.settle())
    return letter


def trust(world: Offices) -> Trust:
    stands = (world.federation.top, world.federation.a, world.federation.b)
    roots = {root.serial_number: root for stand in stands for root in stand.hub.world.anchors().certificates}
    return Trust(
        anchors=TrustAnchors(certificates=tuple(roots.values())),
        logs=tuple(stand.hub.log.verifier for stand in stands),
    )


def verify(world: Offices, packed: Packed) -> Verification:
    return verify_file(packed.path, Question(trust=trust(world)))


def events(packed: Packed) -> list[str]:
    return sorted(
        name.rsplit("/", 1)[1].partition("-")[2].removesuffix(".xml")
        for name in members_of(packed.path)
        if "/evidence/" in name and name.endswith(".xml")
    )


def dossier(node: Node, letter: LocalReceipt, agency: str | None = None) -> Packed:
    return node.dossiers.write(letter.consignment_id, agency=agency, reader="kiem-toan")


def test_sender_recipient_and_every_hub(world: Offices) -> None:
    letter = send_and_settle(world, CENTRE, FAR)
    world.far.clerk.accept(letter.consignment_id, actor=CLERK)
    asyncio.run(world.settle())
    for stand in (world.federation.a, world.federation.top, world.federation.b):
        stand.hub.log.sequence()
    world.federation.clock.advance(seconds=11)  # nobody witnesses here, and a proof waits for witnesses ten seconds
    for stand in (world.federation.a, world.federation.top, world.federation.b):
        packed = stand.hub.dossiers.write(letter.consignment_id, agency=None, actor="kiem-toan")
        told = verify(world, packed)
        assert (told.reason, told.bound) == (Reason.OK, Answer.YES)
        first = stand is world.federation.a
        assert told.logged is (Answer.YES if first else Answer.NOT_CHECKED), "another hub logged the acceptance"
        assert told.why["logged"] is (Why.HOLDS if first else Why.IN_PART)
        assert "SubmissionAcceptance" in events(packed)
        assert [name for name in members_of(packed.path) if name.startswith("trust/") and name.endswith(".vkey")]
        assert len([name for name in members_of(packed.path) if "/transfers/" in name and name.endswith(".xml")]) >= 1
    at_home = dossier(world.home, letter)
    told = verify(world, at_home)
    assert told.reason is Reason.OK and told.document is not None
    assert (told.document["issuer_kind"], told.document["scope"]) == ("node", "whole")
    assert {"SubmissionAcceptance", "RelayAcceptance", "ContentHandover", "status-03"} <= set(events(at_home))
    assert len([name for name in members_of(at_home.path) if "/statuses/" in name]) == 3
    far = dossier(world.far, letter, FAR)
    told = verify(world, far)
    assert told.reason is Reason.OK and told.document is not None
    assert (told.document["scope"], told.bound, told.why["bound"]) == (FAR, Answer.NOT_CHECKED, Why.IN_PART)
    assert {one["bound"] for one in told.evidence if one["kind"] == "letter"} == {"yes"}, "its own seal it cannot prove"
    assert [name for name in members_of(far.path) if "/transfers/" in name]
    assert [name for name in members_of(far.path) if "/statuses/" in name], "what it said itself"


def test_a_recipient_sees_nothing_of_another(world: Offices) -> None:
    letter = send_and_settle(world, CENTRE, FAR)
    packed = world.federation.top.hub.dossiers.write(letter.consignment_id, agency=FAR, actor="x")
    evidence = [data for name, data in members_of(packed.path).items() if "/evidence/" in name and b"<Evidence" in data]
    assert evidence
    for data in evidence:
        assert data.count(b"<Recipient>") > 1 or b"<Recipient>G90<" not in data
    assert not [name for name in members_of(packed.path) if name.endswith("verdicts.json")]
    with pytest.raises(NotFound):
        dossier(world.far, letter, HOME)


def test_taking_the_content_out_is_an_opening(world: Offices) -> None:
    letter = send_and_settle(world, FAR)
    assert world.far.views.received()[0].opened_at is None
    packed = dossier(world.far, letter)
    assert world.far.views.received()[0].opened_by == "kiem-toan"
    assert "letters/0001/letter.asice" in members_of(packed.path)


def test_a_recalled_letter_is_frozen_at_the_recipient_only(world: Offices) -> None:
    letter = send_and_settle(world, FAR)
    world.send(FAR, amends="57/BC-UBND", **RECALL)
    asyncio.run(world.settle())
    frozen, own = dossier(world.far, letter), dossier(world.home, letter)
    assert frozen.letters[0].content == "frozen" and own.letters[0].content == "held"
    assert "letters/0001/letter.asice" not in members_of(frozen.path)
    assert verify(world, frozen).reason is verify(world, own).reason is Reason.OK


def test_a_node_seal_of_another_holder_is_refused(world: Offices) -> None:
    """The binding of the node's seal names its holder; as another node's dossier it is not believed."""
    letter = send_and_settle(world, FAR)
    packed = dossier(world.far, letter)
    known = tuple(
        document
        for document in world.home.world.store.read(lambda unit: unit.records.of_kind(DocumentKind.BINDING))
        if b"<Use>node-seal<" in document and b"<Holder>node-b<" in document
    )
    assert known, "it came with the handover"
    wanted = Trust(anchors=trust(world).anchors, logs=(), bindings=known)
    assert verify_file(packed.path, Question(trust=wanted)).bound is Answer.YES
    seal = world.far.world.node_seal
    members = members_of(packed.path)
    lying = replace(manifest_of(members), issuer="node-g")
    members[MANIFEST] = sign_enveloped(write_dossier(lying), seal, at=lying.at)
    told = verify_file(zipped(packed.path.with_suffix(".lie"), members), Question(trust=wanted))
    assert (told.reason, told.bound) == (Reason.NOT_BOUND, Answer.NO)


def test_one_query_many_letters(world: Offices) -> None:
    for number in (57, 58):
        world.send(FAR, number=number, subject=f"V/v việc {number}")
    asyncio.run(world.settle())
    a = world.federation.a.hub
    first = a.dossiers.write("57/BC-UBND", agency=None, actor="x")
    assert len(first.letters) == 1
    with pytest.raises(NotFound):
        a.dossiers.write("99/X", agency=None, actor="x")


class Straight:
    """A `DossierSource` without a network: the hub is asked on the calling thread."""

    def __init__(self, hub: Hub, peer: PeerRow) -> None:
        self.hub, self.peer = hub, peer
        self.spoil: Callable[[bytes], bytes] = bytes
        self.instead: str | None = None

    def fetch(self, consignment_id: str, target: Path) -> None:
        try:
            packed = self.hub.dossiers.write_for(self.peer, self.instead or consignment_id)
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code}) from refusal
        target.write_bytes(self.spoil(packed.path.read_bytes()))
        packed.path.unlink()


def straight(world: Offices, node: Node, stand: Stand) -> Straight:
    row = next(one for one in stand.hub.registry.every() if one.id == node.world.settings.node_id)
    source = Straight(stand.hub, row)
    object.__setattr__(node.world, "hub_dossiers", source)
    return source


def test_the_hubs_dossier_is_handed_out_where_it_can_be_had(world: Offices) -> None:
    letter = send_and_settle(world, FAR)
    source = straight(world, world.home, world.federation.a)
    packed = dossier(world.home, letter)
    assert (packed.issuer, packed.issuer_kind) == ("hub-a", IssuerKind.HUB)
    assert verify(world, packed).reason is Reason.OK
    assert packed.sha256 == hashlib.sha256(packed.path.read_bytes()).hexdigest()
    assert {"letters/0001/letter.asice", "letters/0001/verdicts.json"} <= set(members_of(packed.path))
    own = world.home.dossiers.write(letter.consignment_id, agency=None, reader="x", made_by=MadeBy.NODE)
    assert own.issuer_kind is IssuerKind.NODE
    source.spoil = lambda data: data[:-100]
    assert dossier(world.home, letter).issuer_kind is IssuerKind.NODE, "what does not hold is not handed on"
    with pytest.raises(Refusal):
        world.home.dossiers.write(letter.consignment_id, agency=None, reader="x", made_by=MadeBy.HUB)
    object.__setattr__(world.home.world, "hub_dossiers", None)
    with pytest.raises(HubUnreachable):
        world.home.dossiers.write(letter.consignment_id, agency=None, reader="x", made_by=MadeBy.HUB)
    assert dossier(world.home, letter).issuer_kind is IssuerKind.NODE


def test_a_hubs_dossier_of_another_letter_or_with_frozen_content_is_not_handed_on(world: Offices) -> None:
    letter, other = send_and_settle(world, FAR), world.send(FAR, number=58)
    asyncio.run(world.settle())
    source = straight(world, world.far, world.federation.b)
    content = replace_content(world, letter)
    assert content(Content.HELD).issuer_kind is IssuerKind.HUB
    with pytest.raises(HubDossierUnfit):
        content(Content.FROZEN)
    source.instead = other.consignment_id
    with pytest.raises(HubDossierUnfit):
        content(Content.HELD)
    assert len(list(world.far.world.settings.staging.glob("dossier-*.zip"))) == 1, "the one that fitted"


def replace_content(world: Offices, letter: LocalReceipt) -> Callable[[Content], Packed]:
    row = world.far.world.store.read(lambda unit: unit.inbox.of_consignment(letter.consignment_id)[0])

    def fetched(content: Content) -> Packed:
        return fetch_from_hub(world.far.world, letter.consignment_id, row.container_sha256, content=content)

    return fetched


def test_what_a_node_holds_beside_its_letters_is_in_its_own_dossier(world: Offices) -> None:
    letter = send_and_settle(world, FAR)
    home = world.home
    hub = world.federation.a.hub
    hub.log.sequence()
    note = hub.log.checkpoint()
    assert note is not None
    size = read_unverified_checkpoint(note).size
    seen = SeenLog(origin="hub-a/log/1", size=size, note=note, at=home.world.now())
    home.world.store.run(lambda unit: unit.logs.remember(seen))
    home.world.trust.book.take([hub.own_list.current()], home.world.anchors())
    packed = dossier(home, letter)
    kinds = [one.kind for one in manifest_of(members_of(packed.path)).members]
    assert {"checkpoint", "revocation"} <= set(kinds)
    told = verify(world, packed)
    assert told.reason is Reason.OK
    assert {one["revocation"] for one in told.evidence if one["kind"] == "evidence"} >= {"yes"}
