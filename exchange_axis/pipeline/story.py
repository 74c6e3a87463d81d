"""What happened to one letter, read out of the signed documents that say so; pages and certificates are made from it.

Rules of this file:
1. A line of a story names the document that it is from; what no document says is not in it.
2. Reading is for people: whether the documents hold is the business of `axis verify`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from exchange_axis.domain.dossier import Content
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.letter import StatusReport
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.proof import read_proof
from exchange_axis.wire import members
from exchange_axis.wire.container import Container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.status import read_status
from exchange_axis.wire.transfer import read_transfer
from schemas.gate.refusal import Refusal
from signing.certificates import subject_text
from signing.container import verify_members_unanchored
from signing.xades import verify_enveloped_unanchored

WORDS: Mapping[Event, tuple[str, str]] = {
    Event.SUBMISSION_ACCEPTANCE: ("Trục đã tiếp nhận văn bản gửi", "Submission accepted by the hub"),
    Event.SUBMISSION_REJECTION: ("Trục từ chối văn bản gửi", "Submission refused by the hub"),
    Event.RELAY_ACCEPTANCE: ("Trục kế tiếp đã nhận chuyển tiếp", "Accepted by the next hub"),
    Event.RELAY_REJECTION: ("Trục kế tiếp từ chối chuyển tiếp", "Refused by the next hub"),
    Event.RELAY_FAILURE: ("Không chuyển tiếp được", "Relay failed"),
    Event.CONTENT_CONSIGNMENT: ("Sẵn sàng giao cho bên nhận", "Ready for the recipient"),
    Event.CONTENT_HANDOVER: ("Đã giao tới hệ thống của bên nhận", "Handed over to the recipient's system"),
    Event.CONTENT_HANDOVER_FAILURE: ("Không giao được cho bên nhận", "Not handed over"),
    Event.REDIRECT: ("Chuyển sang đơn vị kế thừa", "Redirected to the successor"),
    Event.DUPLICATE: ("Trùng văn bản đã giao", "Duplicate of an earlier delivery"),
    Event.WITHDRAWN: ("Đã rút lại trước khi giao", "Withdrawn before handover"),
    Event.REFUSED: ("Bên nhận từ chối tiếp nhận", "Refused by the recipient"),
    Event.ACCEPTED: ("Bên nhận đã tiếp nhận", "Accepted by the recipient"),
    Event.ASSIGNED: ("Bên nhận đã phân công xử lý", "Assigned by the recipient"),
    Event.IN_PROGRESS: ("Bên nhận đang xử lý", "In progress at the recipient"),
    Event.COMPLETED: ("Bên nhận đã hoàn thành", "Completed by the recipient"),
    Event.TAKE_BACK: ("Bên gửi đề nghị lấy lại", "The sender asks it back"),
    Event.CONSENTED: ("Bên nhận đồng ý thu hồi, lấy lại", "The recipient consents and cancels it"),
    Event.DECLINED: ("Bên nhận không đồng ý lấy lại", "The recipient declines"),
    Event.OTHER_STATUS: ("Trạng thái khác", "Another status"),
}
"""Vietnamese, English: what each event means to a reader."""

_SMALL = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One evidence."""

    value: Evidence
    name: str
    """Of the file in the dossier."""
    sha256: str
    signer: str
    """Subject of the certificate that sealed it."""
    signer_fingerprint: str
    proof: bytes | None = None

    @property
    def place(self) -> tuple[str, int, int] | None:
        """(origin, index, size of the tree) as the proof file says."""
        if self.proof is None:
            return None
        proof = read_proof(self.proof)
        checkpoint = read_unverified_checkpoint(proof.checkpoint)
        return checkpoint.origin, proof.index, checkpoint.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One status of a recipient or sender."""

    value: StatusReport
    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    value: TransferRecord
    name: str
    sha256: str


@dataclass(slots=True, kw_only=True)
class Story:
    sender: str
    consignment_id: str
    container_sha256: str
    title: str
    """Number and symbol; empty where it is not known."""
    content: Content
    size: int = 0
    subject: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Agency code to name, as the directory has it when the dossier is made."""
    evidence: list[Spoken] = field(default_factory=list)
    statuses: list[Said] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the issuer wants a reader to know, in Vietnamese."""

    def named(self, code: str) -> str:
        """`Ủy ban nhân dân xã … (H90.01)`"""
        name = self.names.get(code)
        return code if not name else f"{name} ({code})"

    def recipients(self) -> tuple[str, ...]:
        """All codes that the evidence speaks of, first named first."""
        return tuple(dict.fromkeys(code for spoken in self.evidence for code in spoken.value.recipients))

    def about(self, recipient: str) -> list[Spoken]:
        return [one for one in self.evidence if recipient in one.value.recipients]


def spoken(name: str, document: bytes, proof: bytes | None) -> Spoken:
    """
    Raises:
        Refusal: not an evidence whose signature holds.
    """
    verified = verify_enveloped_unanchored(document)
    return Spoken(
        value=read_evidence(verified.root),
        name=name,
        sha256=hashlib.sha256(document).hexdigest(),
        signer=subject_text(verified.signer.certificate),
        signer_fingerprint=verified.signer.fingerprint,
        proof=proof,
    )


def renamed(one: Spoken, name: str) -> Spoken:
    return replace(one, name=name)


def said(name: str, container: bytes) -> Said | None:
    """None for a container that cannot be read as a status."""
    try:
        status = read_status(Container(io.BytesIO(container)).read(members.STATUS, limit=_SMALL))
    except Refusal:
        return None
    return Said(value=status.status, name=name, sha256=hashlib.sha256(container).hexdigest())


def hop(name: str, document: bytes) -> Hop:
    """
    Raises:
        Refusal: not a transfer record whose signature holds.
    """
    verified = verify_enveloped_unanchored(document)
    sha256 = hashlib.sha256(document).hexdigest()
    return Hop(value=read_transfer(verified.root), name=name, sha256=sha256)


def subject_of(container: Container) -> tuple[str, str]:
    """(number/symbol, subject) of the letter inside; empty where it cannot be read."""
    try:
        letter = read_letter(container.read(container.document_name, limit=_SMALL)).letter
    except Refusal:
        return "", ""
    return letter.code, letter.subject


def sealed_by(file: BinaryIO) -> str | None:
    """Fingerprint of the certificate that sealed a container; None where it cannot be read."""
    try:
        container = Container(file)
        return verify_members_unanchored(container.read(members.SIGNATURES, limit=_SMALL)).signer.fingerprint
    except Refusal:
        return None


def earliest(story: Story) -> datetime | None:
    return min((one.value.recorded_at for one in story.evidence), default=None)
