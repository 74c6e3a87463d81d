"""What people hold in their hands, made once a run by a real hub: containers, receipts, proofs, bindings, trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.hub.world import Received
from exchange_axis.pipeline.issue import Issuer
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from exchange_axis.ports import Document, DocumentKind
from tests.hub.stand import START, HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand

HUB = "hub-a"
SENDER = "H90.01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    folder: Path
    sender: Peer
    receiver: Peer
    issuer: Issuer
    letter: Path
    status: Path
    receipt: Path
    """SubmissionAcceptance; its proof lies beside it."""
    proof: Path
    handover: Path
    """ContentHandover, without a proof."""
    transfer: Path
    binding: Path
    """Of the sender's seal."""
    checkpoint: Path
    root: Path
    """PEM file."""
    trust: Path
    """Folder with root and log key."""

    @property
    def anchored(self) -> Trust:
        return load_trust(self.root)

    @property
    def trusted(self) -> Trust:
        return load_trust(self.trust)


@pytest.fixture(scope="session")
def exhibits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exhibits]:
    folder = tmp_path_factory.mktemp("exhibits")
    clock = HandClock()
    stand = open_stand(folder, HUB, clock=clock)
    yield _exchange(stand, folder, clock)
    stand.close()


def _exchange(stand: Stand, folder: Path, clock: HandClock) -> Exhibits:
    hub = stand.hub
    sender, receiver = enrol(stand, "node-a1", [SENDER]), enrol(stand, "node-a", ["H90"])
    letter = make_letter(folder, sender, SENDER, ["H90"], clock=clock)
    (acceptance,) = hub.intake.submit(sender.row, letter).documents
    (shipment,) = hub.dispatch.lease("node-a", 10)
    clock.advance(seconds=2)
    status = make_status(folder, receiver, "01", shipment, recipient="H90", clock=clock)
    (handover,) = hub.intake.submit(receiver.row, status).documents
    hub.log.sequence()
    proof, checkpoint = hub.log.proof(acceptance.sha256), hub.log.checkpoint()
    assert proof is not None and checkpoint is not None
    beside = {document.kind: document for document in shipment.documents}
    trust = folder / "trust"
    trust.mkdir()
    root = _put(trust / "root.pem", stand.places.certificate("authority").read_bytes())
    answer = hub.registry.approve("node-a", codes=(), relay=(), actor="test")
    _put(trust / "hub-a.vkey", f"# log\n{answer['vkey']}\n".encode())
    receipt = _put(folder / "receipt.xml", acceptance.content)
    return Exhibits(
        folder=folder,
        sender=sender,
        receiver=receiver,
        issuer=hub.world.issuer,
        letter=letter.path,
        status=_path(status),
        receipt=receipt,
        proof=_put(folder / "receipt.xml.tlog-proof", proof),
        handover=_put(folder / "handover.xml", handover.content),
        transfer=_put(folder / "transfer.xml", beside[DocumentKind.TRANSFER].content),
        binding=_put(folder / "sender.xml", beside[DocumentKind.BINDING].content),
        checkpoint=_put(folder / "checkpoint.txt", checkpoint),
        root=root,
        trust=trust,
    )


def bind(exhibits: Exhibits, fingerprint: str, *, holder: str, use: KeyUse, codes: tuple[str, ...] = ()) -> Document:
    """A binding as the hub would seal it."""
    binding = Binding(
        id=exhibits.issuer.new_id(),
        hub=HUB,
        holder=holder,
        fingerprint=fingerprint,
        use=use,
        codes=codes,
        valid_from=START - timedelta(days=1),
        valid_to=START + timedelta(days=365),
    )
    return exhibits.issuer.binding(binding, START).document


def _path(received: Received) -> Path:
    return received.path


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
