"""What the first hub asks of a letter that recalls, updates or replaces another one, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.errors import AxisError
from exchange_axis.hub import amending
from exchange_axis.pipeline.check import Checked
from exchange_axis.store import Connection
from exchange_axis.store.hub import lives, mail
from schemas.findings import Finding, Severity, Stage

SHOWN = 20
"""Codes that a finding lists."""


class LetterMissing(AxisError):
    code: ClassVar[str] = "amendment.letter-missing"
    vi: ClassVar[str] = "Văn bản thu hồi, cập nhật hoặc thay thế phải ghi mã gói tin của văn bản trước (InReplyTo)"
    en: ClassVar[str] = "A recall, update or replacement names the consignment id of the earlier letter (InReplyTo)"
    remedy_vi: ClassVar[str] = "Chọn văn bản đã gửi rồi gửi lại"
    remedy_en: ClassVar[str] = "Choose the letter that was sent, and send again"


class NotALetter(AxisError):
    code: ClassVar[str] = "amendment.not-a-letter"
    vi: ClassVar[str] = "Gói tin {consignment_id} không phải là văn bản có thể thu hồi, cập nhật hoặc thay thế"
    en: ClassVar[str] = "Consignment {consignment_id} is no letter that can be recalled, updated or replaced"
    remedy_vi: ClassVar[str] = "Ghi mã gói tin của văn bản gốc; sau khi thu hồi, gửi văn bản mới"
    remedy_en: ClassVar[str] = "Name the original letter; after a recall, send a new letter"


class LetterUnknown(AxisError):
    """A warning: the letter may still be on its way here."""

    code: ClassVar[str] = "amendment.letter-unknown"
    vi: ClassVar[str] = "Trục chưa có văn bản {consignment_id} của bên gửi này"
    en: ClassVar[str] = "This hub does not have letter {consignment_id} of this sender yet"
    remedy_vi: ClassVar[str] = "Kiểm tra mã gói tin; nếu văn bản đến sau, nó được xử lý như đã bị thu hồi hoặc cập nhật"
    remedy_en: ClassVar[str] = "Check the id; a letter that comes later is treated as recalled or updated already"


class RecipientsMissing(AxisError):
    code: ClassVar[str] = "amendment.recipients-missing"
    vi: ClassVar[str] = "Thu hồi phải gửi đến mọi nơi đã nhận văn bản; còn thiếu: {codes}"
    en: ClassVar[str] = "A recall goes to every recipient of the letter; missing: {codes}"
    remedy_vi: ClassVar[str] = "Thêm các nơi nhận còn thiếu vào văn bản thu hồi rồi ký lại"
    remedy_en: ClassVar[str] = "Add the missing recipients to the recall and sign it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    findings: tuple[Finding, ...] = ()
    amended: frozenset[str] = frozenset()
    """Letters that it was judged against."""


def judge(
    connection: Connection, checked: Checked, reachable: Callable[[Collection[str]], Collection[str]]
) -> Judgement:
    """Is it fit to be taken in here?

    Args:
        reachable: those of some codes to which anything can be sent today.
    """
    if amending.kind_of(checked) not in lives.FOLLOWING:
        return Judgement(amended=amending.look(connection, checked).known)
    life = amending.look(connection, checked)
    return Judgement(findings=tuple(_findings(connection, checked, life, reachable)), amended=life.known)


def _findings(
    connection: Connection,
    checked: Checked,
    life: amending.Life,
    reachable: Callable[[Collection[str]], Collection[str]],
) -> Iterator[Finding]:
    consignment = checked.consignment
    name = consignment.in_reply_to
    if name is None:
        yield Finding.of(LetterMissing(where="consignment.xml"), Stage.DIRECTORY)
        return
    letter = mail.consignment(connection, consignment.sender, name)
    if name == consignment.id or (letter is not None and letter.business_kind in {None, BusinessKind.REVOKE}):
        yield Finding.of(NotALetter(where="consignment.xml", consignment_id=name), Stage.DIRECTORY)
    elif letter is None:
        unknown = LetterUnknown(where="consignment.xml", consignment_id=name)
        yield Finding.of(unknown, Stage.DIRECTORY, Severity.WARNING)
    if amending.kind_of(checked) is BusinessKind.REVOKE:
        had = dict.fromkeys(row.recipient for held in life.recalled for row in held.deliveries)
        # A code that nothing can be sent to any more would otherwise keep the letter from being recalled at all.
        missing = reachable([code for code in had if code not in consignment.recipients])
        if missing:
            codes = ", ".join(list(missing)[:SHOWN])
            yield Finding.of(RecipientsMissing(where="consignment.xml", codes=codes), Stage.DIRECTORY)
