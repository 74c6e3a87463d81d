"""Words that are not the speaker's: forged relays, returns and names, and what others see of a letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.enrolment import REQUEST_FORMAT, MalformedRequest
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.transfer import Binding, KeyUse, Return, TraceEntry, TransferRecord
from exchange_axis.errors import NotFound
from exchange_axis.hub.dispatch import AnswerMismatch
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.registry import CertificateTaken, CodeTaken, NameOfHub
from exchange_axis.hub.return_refusals import ReturnMismatch
from exchange_axis.hub.world import Received
from exchange_axis.pipeline.issue import Subject, as_document
from exchange_axis.ports import Document, DocumentKind, OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import records
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.evidence import read_evidence
from signing.certificates import Subject as Name
from signing.certificates import fingerprint, make_csr
from signing.keys import generate_key
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import Peer, Stand, enrol, make_letter, make_status
from tests.hub.test_three_hubs import Federation, feed_events


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


def peer_at_top(federation: Federation, name: str) -> PeerRow:
    return next(row for row in federation.top.hub.registry.every() if row.id == name)


def leased_up(federation: Federation, folder: Path, recipients: list[str]) -> tuple[Received, OfferedShipment]:
    """A letter of H90.01 at hub-a, and its shipment for the hub above."""
    sent = make_letter(folder, federation.a1, "H90.01", recipients, clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, sent)
    (shipment,) = federation.a.hub.dispatch.lease("hub-top", 1)
    return sent, shipment


def record_of(stand: Stand, shipment: OfferedShipment, **changes: object) -> Document:
    """The hub's own record of this shipment, changed and sealed anew: what a lying hub would send."""
    acceptance, binding = beside(shipment)
    issuer = stand.hub.world.issuer
    record = TransferRecord(
        id=issuer.new_id(),
        hub=issuer.hub,
        peer="hub-top",
        at=issuer.now(),
        consignment_id=shipment.consignment_id,
        container_sha256=shipment.container_sha256,
        recipients=shipment.recipients,
        lane=shipment.lane,
        acceptance_sha256=acceptance.sha256,
        bindings=(binding.sha256,),
    )
    return issuer.transfer(replace(record, **changes)).document  # type: ignore[arg-type]


def beside(shipment: OfferedShipment) -> tuple[Document, Document]:
    by_kind = {document.kind: document for document in shipment.documents}
    return by_kind[DocumentKind.EVIDENCE], by_kind[DocumentKind.BINDING]


def reasons(documents: tuple[Document, ...]) -> dict[str, tuple[str, ...]]:
    """Event and reasons by recipient."""
    found = {}
    for document in documents:
        evidence = read_evidence(verify_enveloped_unanchored(document.content).root)
        for recipient in evidence.recipients:
            found[recipient] = (evidence.event.short, *evidence.reasons)
    return found


def test_an_honest_record_made_anew_is_taken(federation: Federation, tmp_path: Path) -> None:
    """The positive twin of the forgeries below."""
    sent, shipment = leased_up(federation, tmp_path, ["G90"])
    documents = [record_of(federation.a, shipment), *beside(shipment)]
    answer = federation.top.hub.relay.receive(peer_at_top(federation, "hub-a"), sent, documents)
    assert reasons(answer.documents) == {"G90": ("RelayAcceptance",)}
    again = [record_of(federation.a, shipment), *beside(shipment)]
    answer = federation.top.hub.relay.receive(peer_at_top(federation, "hub-a"), sent, again)
    assert reasons(answer.documents) == {"G90": ("RelayAcceptance",)}  # held already, from this very peer
    (history,) = federation.top.hub.auditing.history("57/BC-UBND")
    assert len(history.deliveries) == 1
    assert len(federation.top.hub.dispatch.lease("node-g", 9)) == 1


def test_a_record_for_somebody_the_letter_does_not_name(federation: Federation, tmp_path: Path) -> None:
    sent, shipment = leased_up(federation, tmp_path, ["G90"])
    documents = [record_of(federation.a, shipment, recipients=("G90", "H91")), *beside(shipment)]
    answer = federation.top.hub.relay.receive(peer_at_top(federation, "hub-a"), sent, documents)
    assert reasons(answer.documents)["H91"] == ("RelayRejection", "relay.transfer-mismatch")
    assert federation.top.hub.auditing.history("57/BC-UBND") == ()
    assert not federation.top.hub.world.blobs.has(sent.sha256)


def test_a_trace_that_nobody_signed(federation: Federation, tmp_path: Path) -> None:
    sent, shipment = leased_up(federation, tmp_path, ["G90"])
    invented = record_of(federation.a, shipment, hub="hub-c", peer="hub-a")
    trace = (TraceEntry(hub="hub-c", sha256=invented.sha256),)
    documents = [record_of(federation.a, shipment, trace=trace), *beside(shipment), invented]
    answer = federation.top.hub.relay.receive(peer_at_top(federation, "hub-a"), sent, documents)
    assert reasons(answer.documents)["G90"] == ("RelayRejection", "relay.transfer-mismatch")


def test_a_binding_of_another_line(federation: Federation, tmp_path: Path) -> None:
    """hub-top, which hub-a must believe as its parent, brings a letter of G90 with hub-b's word for the seal."""
    evil = generate_seal(federation)
    sent = make_letter(tmp_path, evil, "G90", ["H90.01"], clock=federation.clock)
    issuer_b, issuer_top = federation.b.hub.world.issuer, federation.top.hub.world.issuer
    at = federation.clock.now()
    binding = issuer_b.binding(
        Binding(
            id=issuer_b.new_id(),
            hub="hub-b",
            holder="node-b",
            fingerprint=fingerprint(evil.seals["G90"].certificate),
            use=KeyUse.AGENCY_SEAL,
            codes=("G90",),
            valid_from=at,
            valid_to=at.replace(year=at.year + 1),
        ),
        at,
    ).document
    subject = Subject(
        sender="G90",
        recipients=("H90.01",),
        consignment_id=sent.path.name[:36],
        container_sha256=sent.sha256,
    )
    for first, expected in (("hub-b", "relay.hub-not-on-line"), ("hub-top", "authority.seal-not-bound")):
        issuer = issuer_b if first == "hub-b" else issuer_top
        acceptance = issuer.evidence(Event.SUBMISSION_ACCEPTANCE, subject).document
        base = TransferRecord(
            id=issuer_b.new_id(),
            hub="hub-b",
            peer="hub-top",
            at=at,
            consignment_id=subject.consignment_id,
            container_sha256=sent.sha256,
            recipients=("H90.01",),
            lane=Lane.THUONG,
            acceptance_sha256=acceptance.sha256,
            bindings=(binding.sha256,),
        )
        earlier = issuer_b.transfer(base).document
        trace = (TraceEntry(hub="hub-b", sha256=earlier.sha256),) if first == "hub-b" else ()
        record = issuer_top.transfer(
            replace(base, id=issuer_top.new_id(), hub="hub-top", peer="hub-a", trace=trace)
        ).document
        parent = next(row for row in federation.a.hub.registry.every() if row.id == "hub-top")
        answer = federation.a.hub.relay.receive(parent, sent, [record, acceptance, binding, earlier])
        assert reasons(answer.documents) == {"H90.01": ("RelayRejection", expected)}


def generate_seal(federation: Federation) -> Peer:
    """A node of hub-b whose seal is real, put to the name of G90."""
    return Peer(row=federation.nb.row, seals={"G90": federation.nb.seals["H91"]}, node_seal=federation.nb.node_seal)


def test_trouble_of_the_store_is_not_an_answer(
    federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, shipment = leased_up(federation, tmp_path, ["G90"])
    peer, blobs = peer_at_top(federation, "hub-a"), federation.top.hub.world.blobs

    def full(path: Path) -> None:
        raise StoreUnavailable(reason="disk full")

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "put", full)
        with pytest.raises(StoreUnavailable):
            federation.top.hub.relay.receive(peer, sent, shipment.documents)
    answer = federation.top.hub.relay.receive(peer, sent, shipment.documents)
    assert reasons(answer.documents) == {"G90": ("RelayAcceptance",)}


def test_a_relay_of_which_nothing_is_taken_keeps_nothing(federation: Federation, tmp_path: Path) -> None:
    sent, shipment = leased_up(federation, tmp_path, ["H77"])
    answer = federation.top.hub.relay.receive(peer_at_top(federation, "hub-a"), sent, shipment.documents)
    assert reasons(answer.documents) == {"H77": ("RelayRejection", "route.unknown-recipient")}
    assert federation.top.hub.auditing.history("57/BC-UBND") == ()
    assert not federation.top.hub.world.blobs.has(sent.sha256)


def test_an_answer_about_other_bytes_or_other_recipients(federation: Federation, tmp_path: Path) -> None:
    _, shipment = leased_up(federation, tmp_path, ["G90"])
    issuer = federation.top.hub.world.issuer
    parent = next(row for row in federation.a.hub.registry.every() if row.id == "hub-top")
    right = Subject(
        sender="H90.01",
        recipients=("G90",),
        consignment_id=shipment.consignment_id,
        container_sha256=shipment.container_sha256,
    )
    for wrong in (replace(right, container_sha256="0" * 64), replace(right, recipients=("G90", "H91"))):
        forged = issuer.evidence(Event.RELAY_ACCEPTANCE, wrong).document
        with pytest.raises(AnswerMismatch):
            federation.a.hub.dispatch.answered(parent, shipment.id, [forged])
    assert feed_events(federation.a, "node-a1") == []
    honest = issuer.evidence(Event.RELAY_ACCEPTANCE, right).document
    federation.a.hub.dispatch.answered(parent, shipment.id, [honest])
    assert feed_events(federation.a, "node-a1") == ["RelayAcceptance"]


def test_a_return_with_a_status_that_no_evidence_quotes(federation: Federation, tmp_path: Path) -> None:
    leased_up(federation, tmp_path, ["G90"])
    federation.clock.advance(seconds=61)
    federation.settle()
    (history,) = federation.a.hub.auditing.history("57/BC-UBND")
    issuer = federation.top.hub.world.issuer
    handover = issuer.evidence(
        Event.CONTENT_HANDOVER,
        Subject(
            sender="H90.01",
            recipients=("G90",),
            consignment_id=history.consignment_id,
            container_sha256=history.container_sha256,
        ),
        status_sha256=as_document(DocumentKind.STATUS, b"the real one").sha256,
    ).document
    stray = as_document(DocumentKind.STATUS, b"another one")
    message = issuer.homeward(
        Return(
            id=issuer.new_id(),
            hub="hub-top",
            peer="hub-a",
            at=issuer.now(),
            consignment_id=history.consignment_id,
            recipient="G90",
            evidence=(handover.sha256,),
            status_sha256=stray.sha256,
        )
    ).document
    parent = next(row for row in federation.a.hub.registry.every() if row.id == "hub-top")
    with pytest.raises(ReturnMismatch):
        federation.a.hub.returns.receive(parent, [message, handover, stray])


def test_a_return_from_beyond_what_is_trusted_waits_for_the_operator(federation: Federation, tmp_path: Path) -> None:
    """hub-b's root is not trusted at hub-a for a while: its words wait, and those of others pass."""
    trust = federation.a.places.trust / "hub-b.pem"
    root = trust.read_text(encoding="ascii")
    trust.unlink()
    leased_up(federation, tmp_path, ["H91", "G90"])
    federation.clock.advance(seconds=61)
    federation.settle()
    assert sorted(feed_events(federation.a, "node-a1")) == ["ContentConsignment", "RelayAcceptance", "RelayAcceptance"]
    federation.clock.advance(minutes=11)
    assert federation.a.hub.returns.retry() == 0
    trust.write_text(root, encoding="ascii")
    federation.clock.advance(minutes=11)
    assert federation.a.hub.returns.retry() > 0
    assert feed_events(federation.a, "node-a1").count("ContentConsignment") == 2
    assert federation.a.hub.returns.retry() == 0


def test_an_evidence_id_never_names_two_documents(federation: Federation, tmp_path: Path) -> None:
    leased_up(federation, tmp_path, ["G90"])
    federation.clock.advance(seconds=61)
    federation.settle()
    hub = federation.a.hub
    (history,) = hub.auditing.history("57/BC-UBND")

    def work(connection: Connection) -> bool:
        row = records.evidence(connection, history.evidence[0].id)
        assert row is not None
        value = read_evidence(verify_enveloped_unanchored(row.document).root)
        same = as_document(DocumentKind.EVIDENCE, row.document)
        assert records.add_evidence(connection, value, same, own=False) is False
        return records.add_evidence(connection, value, as_document(DocumentKind.EVIDENCE, b"other"), own=False)

    with pytest.raises(records.EvidenceIdTaken):
        hub.world.transactions.run(work)


def test_what_others_provoke_in_a_senders_name_is_not_shown_to_anybody_else(
    federation: Federation, tmp_path: Path
) -> None:
    """Another node hands in a container that bears a stranger's sender code and consignment id."""
    hub, clock = federation.a.hub, federation.clock
    other = enrol(federation.a, "node-a", ["H90"])
    sent = make_letter(tmp_path, federation.a1, "H90.01", ["H90"], clock=clock)
    hub.intake.submit(federation.a1.row, sent)
    consignment_id = sent.path.name[:36]
    forged = make_letter(
        tmp_path,
        federation.a1,
        "H90.01",
        ["H90"],
        clock=clock,
        number="58",
        consignment_id=consignment_id,
        signer=other.seals["H90"],
    )
    with pytest.raises(SubmissionRefused) as refused:
        hub.intake.submit(other.row, forged)
    evidence = read_evidence(verify_enveloped_unanchored(refused.value.evidence.content).root)
    assert (evidence.sender, evidence.consignment_id) == ("H90.01", consignment_id)
    for peer in (federation.a1.row, other.row):
        (seen,) = hub.auditing.history_for(peer, consignment_id)
        assert "SubmissionRejection" not in [view.event for view in seen.evidence]
    assert hub.auditing.evidence(other.row, evidence.id).id == evidence.id
    with pytest.raises(NotFound):
        hub.auditing.evidence(federation.a1.row, evidence.id)


def test_a_recipient_sees_its_own_delivery_only(federation: Federation, tmp_path: Path) -> None:
    hub, clock = federation.a.hub, federation.clock
    one = enrol(federation.a, "node-a", ["H90"])
    two = enrol(federation.a, "node-a2", ["H90.02"])
    hub.intake.submit(federation.a1.row, make_letter(tmp_path, federation.a1, "H90.01", ["H90", "H90.02"], clock=clock))
    (shipment,) = hub.dispatch.lease("node-a", 10)
    status = make_status(tmp_path, one, "01", shipment, recipient="H90", clock=clock)
    handover = read_evidence(verify_enveloped_unanchored(hub.intake.submit(one.row, status).documents[0].content).root)
    for peer in (one.row, federation.a1.row):
        assert hub.auditing.evidence(peer, handover.id).id == handover.id
    with pytest.raises(NotFound):
        hub.auditing.evidence(two.row, handover.id)
    (seen,) = hub.auditing.history_for(two.row, shipment.consignment_id)
    assert [view.recipient for view in seen.deliveries] == ["H90.02"]
    assert hub.auditing.history("%") == ()


def request(node: str, *, agencies: list[str], **certificates: str) -> dict[str, object]:
    keys = {name: generate_key() for name in ("tls", "node-seal") if name not in certificates}
    return {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": node,
        "name": node,
        "agencies": agencies,
        "requests": {name: make_csr(key, subject=Name(common_name=node)).decode() for name, key in keys.items()},
        "certificates": certificates,
    }


def test_a_node_has_no_hubs_name_and_no_hubs_seal(federation: Federation) -> None:
    registry = federation.a.hub.registry
    for name in ("hub-a", "hub-b", "hub-top"):
        with pytest.raises(NameOfHub):
            registry.add(request(name, agencies=["H90"]), actor="test")
    seal = registry.seal_pem()
    with pytest.raises(MalformedRequest):
        registry.add(request("node-x", agencies=["H90"], **{"hub-seal": seal}), actor="test")
    assert registry.add(request("node-x", agencies=["H90"]), actor="test").state == "pending"


def test_a_certificate_and_a_code_belong_to_one_node(federation: Federation) -> None:
    registry = federation.a.hub.registry
    victim = registry.tls_certificates()[0]
    registry.add(request("node-x", agencies=["H90.02"], tls=victim), actor="test")
    with pytest.raises(CertificateTaken):
        registry.approve("node-x", codes=(), relay=(), actor="test")
    registry.add(request("node-y", agencies=["H90.01"]), actor="test")
    with pytest.raises(CodeTaken):
        registry.approve("node-y", codes=(), relay=(), actor="test")
    registry.revoke("node-a1", actor="test", reason="moved")
    assert registry.approve("node-y", codes=(), relay=(), actor="test")["hub"] == "hub-a"
