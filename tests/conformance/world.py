"""A hub that exists as keys only, and a shipment of its own making: what the small node must believe, and what not."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.transfer import Binding, KeyUse, TransferRecord
from exchange_axis.wire.binding import write_binding
from exchange_axis.wire.evidence import write_evidence
from exchange_axis.wire.transfer import write_transfer
from signing.certificates import CertificateUse, Subject, issue
from signing.keys import KeyType, LocalSigner
from signing.xades import sign_enveloped
from tests.conformance.mininode.edxml import Letter, quote, write_letter, write_status
from tests.conformance.mininode.parcel import Address, pack
from tests.conformance.mininode.sealing import Seal
from tests.conformance.mininode.shipments import Receiver
from tests.signing.pki import AT, TestPki, key

HUB, PEER = "hub-c", "nut-tinh"
LETTER_ID, STATUS_ID = "5f0e5c1e-0000-4000-8000-000000000001", "5f0e5c1e-0000-4000-8000-000000000002"
LETTER = Letter(
    sender="H90.01",
    sender_name="UBND xã Thử",
    recipients={"H90": "UBND tỉnh Thử"},
    number="57",
    symbol="BC-UBND",
    subject="Báo cáo <57> & phụ lục",
    attachments=[("57 Báo cáo.pdf", b"%PDF-"), ("Không đuôi", b"x"), ("lạ.Đuôi", b"y")],
)
PKI = TestPki()
ROOTS = [PKI.root.certificate]
RECEIVER = Receiver(HUB, PEER, {"H90"}, ROOTS)


def seal_of(name: str, *, use: CertificateUse = CertificateUse.SEAL, chained: bool = False) -> Seal:
    """With a certificate on that name; its code is never the name of a hub."""
    private = key(KeyType.P256, name)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    authority = PKI.intermediate if chained else PKI.root
    subject, issuance = Subject(common_name=name, agency_code=f"code-of-{name}"), PKI.next_issuance()
    certificate = issue(authority, private.public_key(), subject=subject, use=use, issuance=issuance)
    return Seal(private, [certificate, PKI.intermediate.certificate] if chained else [certificate])


AGENCY, NODE, HUB_SEAL = seal_of("UBND xã Thử", chained=True), seal_of("nut-xa"), seal_of(HUB)


def letter_members() -> dict[str, bytes]:
    address = Address(id=LETTER_ID, kind="letter", sender="H90.01", recipients=["H90"], lane="thuong", at=AT)
    return {"consignment.xml": address.write(), "letter.edxml": write_letter(LETTER, AT), **LETTER.members()}


def status_members(code: str = "03", text: str = "Số đến 812") -> dict[str, bytes]:
    address = Address(
        id=STATUS_ID,
        kind="status",
        sender="H90",
        recipients=["H90.01"],
        lane="thuong",
        at=AT,
        in_reply_to=LETTER_ID,
    )
    about = quote(write_letter(LETTER, AT))
    status = write_status(code, about, ("H90", "UBND tỉnh Thử"), text, AT)
    return {"consignment.xml": address.write(), "status.edxml": status}


def container(by: Seal = AGENCY) -> bytes:
    return pack(letter_members(), by, AT)


def hub_signs(xml: bytes, by: Seal = HUB_SEAL) -> bytes:
    return sign_enveloped(xml, LocalSigner(by.key, by.chain[0], tuple(by.chain[1:])), at=AT)


def wrapped(kind: str, raw: bytes) -> dict[str, str]:
    return {"kind": kind, "sha256": digest(raw), "content": base64.b64encode(raw).decode()}


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def evidence(event: Event, container_sha256: str, **more: Any) -> Evidence:
    return Evidence(
        id="7d444840-9dc0-41d1-b245-5ffdce74fad2",
        event=event,
        issuer=HUB,
        recorded_at=AT,
        sender="H90.01",
        recipients=("H90",),
        consignment_id=LETTER_ID,
        container_sha256=container_sha256,
        rule_pack="ef" * 32,
        report_sha256="fe" * 32 if event is Event.SUBMISSION_ACCEPTANCE else None,
        **more,
    )


@dataclass
class Offer:
    """A shipment as a hub would announce it; a test spoils one thing of it."""

    container: bytes = field(default_factory=container)
    announced: dict[str, Any] = field(default_factory=dict)
    """Members of the JSON that differ."""
    acceptance: dict[str, Any] = field(default_factory=dict)
    binding: dict[str, Any] = field(default_factory=dict)
    transfer: dict[str, Any] = field(default_factory=dict)
    """Fields of the documents that differ."""
    left_out: str = ""
    """Kind of a document that is missing."""
    sealed_by: dict[str, Seal] = field(default_factory=dict)
    """By kind, another seal than the hub's."""

    def json(self) -> dict[str, Any]:
        accepted = evidence(Event.SUBMISSION_ACCEPTANCE, digest(self.container))
        acceptance = self._sealed("evidence", write_evidence(replace(accepted, **self.acceptance)))
        binding = self._sealed("binding", write_binding(replace(self._binding(), **self.binding)))
        record = replace(self._record(), acceptance_sha256=digest(acceptance), bindings=(digest(binding),))
        transfer = self._sealed("transfer", write_transfer(replace(record, **self.transfer)))
        documents = {"transfer": transfer, "evidence": acceptance, "binding": binding}
        return {
            "id": "S",
            "fence": 1,
            "sender": "H90.01",
            "consignment_id": LETTER_ID,
            "container_sha256": digest(self.container),
            "size": len(self.container),
            "lane": "thuong",
            "recipients": ["H90"],
            "documents": [wrapped(kind, raw) for kind, raw in documents.items() if kind != self.left_out],
            **self.announced,
        }

    def _sealed(self, kind: str, xml: bytes) -> bytes:
        return hub_signs(xml, self.sealed_by.get(kind, HUB_SEAL))

    def _binding(self) -> Binding:
        return Binding(
            id="7d444840-9dc0-41d1-b245-5ffdce74fad3",
            hub=HUB,
            holder="nut-xa",
            fingerprint=fingerprint(AGENCY),
            use=KeyUse.AGENCY_SEAL,
            codes=("H90.01",),
            valid_from=AT - timedelta(days=1),
            valid_to=AT + timedelta(days=1),
        )

    def _record(self) -> TransferRecord:
        return TransferRecord(
            id="7d444840-9dc0-41d1-b245-5ffdce74fad4",
            hub=HUB,
            peer=PEER,
            at=AT,
            consignment_id=LETTER_ID,
            container_sha256=digest(self.container),
            recipients=("H90",),
            lane=Lane.THUONG,
            acceptance_sha256="00" * 32,
        )


def fingerprint(seal: Seal) -> str:
    return seal.chain[0].fingerprint(SHA256()).hex()
