"""Checking a container, stage by stage: gate → container → signature → schema and rules.

1. Each stage takes what the one before it proved; nothing reaches back to unproved bytes.
2. The first stage that refuses gives all its findings; later stages are listed as not checked.
3. Authority and directory are the hub's business and come after; they add their findings to the last stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Origin, PartDigest
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.domain.letter import BusinessKind, Letter, StatusReport
from exchange_axis.errors import AxisError, CheckFailed
from exchange_axis.pipeline.reduced import check_reduced
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import check_kind, check_members, open_container
from exchange_axis.wire.edxml import content_digest, document_key, match, read_letter
from exchange_axis.wire.status import read_status
from schemas.findings import Finding, Severity, Stage, errors
from schemas.gate.refusal import Refusal
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from signing.container import verify_members
from signing.roots import RootUse
from signing.trust import TrustAnchors, judge_for
from signing.verifier import SignerInfo

DOCUMENT_LIMIT = 64 * 1024 * 1024
"""Bytes of letter.edxml read into memory at most; attachments travel as members beside it."""
SMALL_LIMIT = 4 * 1024 * 1024
"""Bytes of consignment.xml (4,000 recipients take under 200 kB) and signatures0.xml."""
CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far ahead of our clock a claimed time may lie."""
KEY_LENGTH = 300
"""Characters of a document key; real ones have under 80."""


class SenderMismatch(AxisError):
    code: ClassVar[str] = "consignment.sender-mismatch"
    vi: ClassVar[str] = "consignment.xml ghi bên gửi {consignment} nhưng văn bản ghi {letter}"
    en: ClassVar[str] = "consignment.xml names the sender {consignment} but the document names {letter}"
    remedy_vi: ClassVar[str] = "Tạo lại gói tin từ chính văn bản"
    remedy_en: ClassVar[str] = "Make the consignment anew from the document"


class RecipientMismatch(AxisError):
    code: ClassVar[str] = "consignment.recipient-mismatch"
    vi: ClassVar[str] = "Bên nhận trong consignment.xml không có trong văn bản: {codes}"
    en: ClassVar[str] = "Recipients of consignment.xml that the document does not name: {codes}"
    remedy_vi: ClassVar[str] = "Ghi mọi bên nhận vào văn bản (To) rồi ký lại"
    remedy_en: ClassVar[str] = "Name every recipient in the document (To) and sign again"


class AttachmentMismatch(AxisError):
    code: ClassVar[str] = "consignment.attachment-mismatch"
    vi: ClassVar[str] = "Văn bản kê {listed} tệp kèm theo nhưng gói tin có {present}"
    en: ClassVar[str] = "The document lists {listed} attachments but the container holds {present}"
    remedy_vi: ClassVar[str] = "Đính kèm đủ các tệp đã kê rồi gửi lại"
    remedy_en: ClassVar[str] = "Attach every listed file and send again"


class LaneMismatch(AxisError):
    """What overtakes others says so on its face; an amendment may be more urgent than the letter it is about."""

    code: ClassVar[str] = "lane.mismatch"
    vi: ClassVar[str] = "Gói tin ghi độ khẩn {lane} cao hơn văn bản ({letter})"
    en: ClassVar[str] = "The consignment's lane {lane} is more urgent than its letter ({letter})"
    remedy_vi: ClassVar[str] = "Ghi độ khẩn vào văn bản (Priority) rồi ký lại, hoặc hạ Lane của gói tin"
    remedy_en: ClassVar[str] = "State the urgency in the letter (Priority) and sign again, or lower the Lane"


class ConsignmentExpired(AxisError):
    code: ClassVar[str] = "consignment.expired"
    vi: ClassVar[str] = "Gói tin đã hết hạn chuyển lúc {expires_at}"
    en: ClassVar[str] = "The consignment expired at {expires_at}"
    remedy_vi: ClassVar[str] = "Gửi lại thành gói tin mới"
    remedy_en: ClassVar[str] = "Send again as a new consignment"


class ReplyMissing(AxisError):
    code: ClassVar[str] = "consignment.reply-missing"
    vi: ClassVar[str] = "Trạng thái phải ghi mã gói tin mà nó trả lời"
    en: ClassVar[str] = "A status names the consignment it speaks of"


class SigningTimeImpossible(AxisError):
    code: ClassVar[str] = "signature.time-impossible"
    vi: ClassVar[str] = "Giờ ký {signed} nằm ngoài khoảng có thể: từ {first} đến {last}"
    en: ClassVar[str] = "The signing time {signed} is not between {first} and {last}"
    remedy_vi: ClassVar[str] = "Chỉnh đồng hồ của nút rồi ký lại"
    remedy_en: ClassVar[str] = "Set the node's clock right and sign again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A container whose bytes are proved to be what one key signed, and whose document reads and fits the rules."""

    consignment: Consignment
    container_sha256: str
    size: int
    parts: tuple[PartDigest, ...]
    signer: SignerInfo
    signing_time: datetime
    letter: Letter | None
    status: StatusReport | None
    document_key: str | None
    content_digest: str | None
    title: str | None
    """Number/symbol as written, for look-up."""
    findings: tuple[Finding, ...]
    """Warnings only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """After the first three stages: signed bytes, not yet read as a document."""

    consignment: Consignment
    parts: tuple[PartDigest, ...]
    signer: SignerInfo
    signing_time: datetime
    document: bytes


def check_container(
    path: Path, *, sha256: str, size: int, anchors: TrustAnchors, at: datetime, late: bool = False
) -> Checked:
    """All stages that need neither database nor network.

    Args:
        late: the consignment was accepted by another hub before; its own expiry is then dispatch's business.

    Raises:
        CheckFailed: all findings of the first stage that refuses.
    """
    proved = prove(path, anchors=anchors, at=at)
    consignment = proved.consignment
    if consignment.kind is ConsignmentClass.LETTER:
        letter, key, digest, findings = _judge_letter(proved, at=at)
        status, title = None, letter.code
    else:
        status, findings = _judge_status(proved, at=at)
        letter, key, digest, title = None, None, None, None
    if consignment.kind is ConsignmentClass.LETTER and not late and consignment.expires_at <= at:
        expired = ConsignmentExpired(where="consignment.xml", expires_at=consignment.expires_at.isoformat())
        findings = (*findings, Finding.of(expired, Stage.RULES))
    refuse_on_errors(findings, unchecked=(Stage.DIRECTORY,))
    return Checked(
        consignment=consignment,
        container_sha256=sha256,
        size=size,
        parts=proved.parts,
        signer=proved.signer,
        signing_time=proved.signing_time,
        letter=letter,
        status=status,
        document_key=key,
        content_digest=digest,
        title=title,
        findings=findings,
    )


def prove(path: Path, *, anchors: TrustAnchors, at: datetime) -> Proved:
    """The first three stages: (1) gate, (2) container, (3) signature over every member."""
    with _stage(Stage.GATE, unchecked=(Stage.CONTAINER, Stage.SIGNATURE, Stage.SCHEMA, Stage.RULES, Stage.DIRECTORY)):
        container = open_container(path)
    with container:
        with _stage(Stage.CONTAINER, unchecked=(Stage.SIGNATURE, Stage.SCHEMA, Stage.RULES, Stage.DIRECTORY)):
            consignment = read_consignment(container.read("consignment.xml", limit=SMALL_LIMIT))
            check_kind(container, consignment)
        with _stage(Stage.SIGNATURE, unchecked=(Stage.SCHEMA, Stage.RULES, Stage.DIRECTORY)):
            signatures = container.read("META-INF/signatures0.xml", limit=SMALL_LIMIT)
            use = seal_use(consignment)
            verified = judge_for(use, anchors, at, lambda roots: verify_members(signatures, roots, at=at))
            _require_possible_time(verified.signer, verified.signing_time, at)
            parts = check_members(container, verified)
        with _stage(Stage.SCHEMA, unchecked=(Stage.RULES, Stage.DIRECTORY)):
            document = container.read(container.document_name, limit=DOCUMENT_LIMIT)
            check_reduced(container, parts, scratch=path.parent)
    return Proved(
        consignment=consignment,
        parts=parts,
        signer=verified.signer,
        signing_time=verified.signing_time,
        document=document,
    )


def seal_use(consignment: Consignment) -> RootUse:
    """Whose seal it has to be (design: keys), which is what the root above it must be allowed for."""
    if consignment.kind is ConsignmentClass.STATUS or consignment.origin is Origin.RECEIVED_UNSIGNED:
        return RootUse.NODE_SEAL
    return RootUse.AGENCY_SEAL


def _require_possible_time(signer: SignerInfo, signed: datetime, at: datetime) -> None:
    """Evidence quotes the claimed time: not before the certificate was there, not ahead of our clock."""
    first = signer.certificate.not_valid_before_utc - CLOCK_TOLERANCE
    last = at + CLOCK_TOLERANCE
    if not first <= signed <= last:
        raise SigningTimeImpossible(
            where="META-INF/signatures0.xml", signed=signed.isoformat(), first=first.isoformat(), last=last.isoformat()
        )


def refuse_on_errors(findings: tuple[Finding, ...], *, unchecked: tuple[Stage, ...] = ()) -> None:
    if errors(findings):
        raise CheckFailed(findings, unchecked=tuple(unchecked))


def _judge_letter(proved: Proved, *, at: datetime) -> tuple[Letter, str, str, tuple[Finding, ...]]:
    with _stage(Stage.SCHEMA, unchecked=(Stage.RULES, Stage.DIRECTORY)):
        read = read_letter(proved.document)
    attached = tuple(part for part in proved.parts if part.name.startswith("attachments/"))
    held = len(attached) or len(read.inline)
    found = (
        *read.findings,
        *validate(read.normal, "edxml-document"),
        *check_letter(read.normal, at=at, attachments=held),
    )
    agreement = tuple(_letter_agreement(proved.consignment, read.letter, held))
    with _stage(Stage.SCHEMA, unchecked=(Stage.RULES, Stage.DIRECTORY)):
        pairs = () if attached else match(read.letter.references, read.inline)
        inline = [found for _, found in pairs if found is not None]
        digests = [part.sha256 for part in attached] + [hashlib.sha256(one.decode()).hexdigest() for one in inline]
    digest = content_digest(read.normal, digests)
    return read.letter, _key(read.letter), digest, (*found, *agreement)


def _key(letter: Letter) -> str:
    """The document key, or the digest of one that nobody would write, so that a store may bound it."""
    key = document_key(letter)
    return key if len(key) <= KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def _judge_status(proved: Proved, *, at: datetime) -> tuple[StatusReport, tuple[Finding, ...]]:
    with _stage(Stage.SCHEMA, unchecked=(Stage.RULES, Stage.DIRECTORY)):
        read = read_status(proved.document)
    found = (*read.findings, *validate(read.normal, "edxml-status"), *check_status(read.normal, at=at))
    mismatch = tuple(_sender_agreement(proved.consignment, read.status.from_.id))
    if proved.consignment.in_reply_to is None:
        mismatch = (*mismatch, Finding.of(ReplyMissing(where="consignment.xml"), Stage.RULES))
    return read.status, (*found, *mismatch)


def _letter_agreement(consignment: Consignment, letter: Letter, attached: int) -> Iterator[Finding]:
    """consignment.xml alone decides routing, and must agree with the edXML (design: what travels)."""
    yield from _sender_agreement(consignment, letter.from_.id)
    named = {_canonical(party.id) for party in letter.to}
    missing = [code for code in consignment.recipients if code not in named]
    if missing:
        yield Finding.of(RecipientMismatch(where="consignment.xml", codes=", ".join(missing)), Stage.RULES)
    if letter.kind is BusinessKind.NEW and consignment.lane.rank < letter.lane.rank:
        mismatch = LaneMismatch(where="consignment.xml", lane=consignment.lane.value, letter=letter.lane.value)
        yield Finding.of(mismatch, Stage.RULES)
    listed = len(letter.references)
    if listed != attached:
        yield Finding.of(AttachmentMismatch(where="letter.edxml", listed=listed, present=attached), Stage.RULES)


def _sender_agreement(consignment: Consignment, organ_id: str) -> Iterator[Finding]:
    if _canonical(organ_id) != consignment.sender:
        mismatch = SenderMismatch(where="consignment.xml", consignment=consignment.sender, letter=organ_id)
        yield Finding.of(mismatch, Stage.RULES)


def _canonical(text: str) -> str:
    try:
        return canonical_code(text)
    except MalformedCode:
        return text


@contextmanager
def _stage(stage: Stage, *, unchecked: tuple[Stage, ...]) -> Iterator[None]:
    """Turn any refusal inside into the findings of this stage."""
    try:
        yield
    except CheckFailed as failed:
        raise CheckFailed(failed.findings, unchecked=unchecked) from failed
    except Refusal as refusal:
        raise CheckFailed((Finding.of(refusal, stage, Severity.ERROR),), unchecked=unchecked) from refusal
