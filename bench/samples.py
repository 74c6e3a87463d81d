"""Letters of a given size, and the keys to seal them: what the parts of the floor are measured on.

The papers are made by the product itself, so that the floor reads and signs exactly what the product does.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, PartDigest
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.letter import TraceHeader
from exchange_axis.node.compose import compose
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import ContainerFile, open_container, write_container
from exchange_axis.wire.edxml import read_letter, write_letter
from exchange_axis.wire.evidence import write_evidence
from signing.certificates import CertificateUse, Issuance, Subject, issue, new_root
from signing.container import sign_members
from signing.keys import KeyType, LocalSigner, generate_key
from signing.xades import sign_enveloped

SENDER, RECIPIENT = "H90.01", "G90"
NAMES = {SENDER: "Ủy ban nhân dân xã Thử Nghiệm", RECIPIENT: "Bộ Thử Nghiệm"}
IDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A key that seals letters and receipts."""

    key: PrivateKey
    signer: LocalSigner
    receipt: bytes
    """A signed receipt of about 5 KB."""
    evidence: bytes
    """The same before it was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sealed container and where its members lie in it."""

    path: Path
    data: bytes
    members: Mapping[str, tuple[int, int]]
    """Name → first byte and the byte after the last."""
    normal: bytes
    """letter.edxml in the normal form that the schema describes."""

    def member(self, name: str) -> memoryview:
        begin, end = self.members[name]
        return memoryview(self.data)[begin:end]


def form(number: int, attachment: Path) -> dict[str, Any]:
    """A letter as a node takes it: an ordinary report with one attachment."""
    return {
        "from": SENDER,
        "to": [RECIPIENT],
        "number": str(number),
        "notation": "BC-UBND",
        "date": datetime.now(UTC).date().isoformat(),
        "type": "Báo cáo",
        "place": "Thử Nghiệm",
        "subject": f"V/v báo cáo tình hình kinh tế - xã hội, quốc phòng - an ninh, số {number}",
        "content": "Báo cáo tình hình thực hiện nhiệm vụ phát triển kinh tế - xã hội của địa phương trong tháng.",
        "signer": {"name": "Người Ký Thử", "position": "Chủ tịch", "competence": "TM."},
        "pages": 3,
        "places": ["Lưu: VT"],
        "attachments": [{"path": str(attachment), "name": "Phụ lục I.pdf", "description": "Phụ lục"}],
    }


def attachment_file(path: Path, size: int, seed: int) -> Path:
    """A file of that size that looks like a PDF from outside and does not compress."""
    source = random.Random(seed)
    head = b"%PDF-1.7\n"
    left = size - len(head)
    with path.open("wb") as file:
        file.write(head)
        while left > 0:
            piece = source.randbytes(min(left, 1 << 20))
            file.write(piece)
            left -= len(piece)
    return path


def make_seal(key_type: KeyType) -> Seal:
    at = datetime.now(UTC)
    key = generate_key(key_type)
    signer = LocalSigner(key, _certificate(key, at))
    evidence = _evidence(at)
    return Seal(key=key, signer=signer, evidence=evidence, receipt=sign_enveloped(evidence, signer, at=at))


def make_sample(folder: Path, size: int, seal: Seal) -> Sample:
    """A container of exactly `size` bytes.

    Raises:
        ValueError: the papers alone are larger.
    """
    name = f"{size}-{type(seal.key).__name__}"
    attached = folder / f"{name}.pdf"
    empty = _container(folder / f"{name}.asice", attachment_file(attached, 100, seed=size), seal)
    room = size - empty.size + 100
    if room < 9:
        raise ValueError(f"a container without attachment has {empty.size} bytes already")
    made = _container(folder / f"{name}.asice", attachment_file(attached, room, seed=size), seal)
    attached.unlink()
    with open_container(made.path) as container:
        members = {entry.name: (entry.offset, entry.offset + entry.size) for entry in container.entries}
        letter = read_letter(container.read("letter.edxml"))
    return Sample(path=made.path, data=made.path.read_bytes(), members=members, normal=etree.tostring(letter.normal))


def overhead(folder: Path, seal: Seal) -> int:
    """Bytes of a container beside its one attachment."""
    made = _container(folder / "empty.asice", attachment_file(folder / "empty.pdf", 100, seed=0), seal)
    return made.size - 100


def _container(target: Path, attachment: Path, seal: Seal) -> ContainerFile:
    at = datetime.now(UTC).replace(microsecond=0)
    draft = compose(form(57, attachment), base=attachment.parent, agencies=NAMES, name_of=lambda code: NAMES[code])
    letter = replace(draft.letter, trace=(TraceHeader(organ_id=SENDER, timestamp=at),))
    consignment = Consignment(
        id=IDS[0],
        kind=ConsignmentClass.LETTER,
        sender=SENDER,
        recipients=(RECIPIENT,),
        lane=letter.lane,
        created_at=at,
        expires_at=at + timedelta(days=30),
    )
    return write_container(
        target,
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=write_letter(letter),
        attachments=draft.attachments,
        sign=lambda members: sign_members(members, seal.signer, at=at),
    )


def _evidence(at: datetime) -> bytes:
    """As a hub says it of an accepted letter."""
    names = ("consignment.xml", "letter.edxml", "attachments/001.pdf")
    return write_evidence(
        Evidence(
            id=IDS[1],
            event=Event.SUBMISSION_ACCEPTANCE,
            issuer="hub-bench",
            recorded_at=at.replace(microsecond=0),
            sender=SENDER,
            recipients=(RECIPIENT,),
            consignment_id=IDS[0],
            container_sha256="a" * 64,
            parts=tuple(PartDigest(name=name, size=1000, sha256="b" * 64) for name in names),
            rule_pack="c" * 64,
        )
    )


def _certificate(key: PrivateKey, at: datetime) -> x509.Certificate:
    issuance = Issuance(serial=1, not_before=at - timedelta(days=1), not_after=at + timedelta(days=2))
    root = new_root(generate_key(), subject=Subject(common_name="bench root"), issuance=issuance)
    return issue(
        root,
        key.public_key(),
        subject=Subject(common_name="bench seal", organization="Bench", agency_code=SENDER),
        use=CertificateUse.SEAL,
        issuance=issuance,
    )
