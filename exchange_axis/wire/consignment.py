"""`consignment.xml`: the signed statement that alone decides routing.

It has no signature of its own; the container's signature covers it (ETSI EN 319 162-1), so no ds:Signature is let in.
"""

from __future__ import annotations

from typing import ClassVar

from lxml import etree

from exchange_axis.domain.consignment import MAX_RECIPIENTS, Consignment, ConsignmentClass, Lane, Origin
from exchange_axis.errors import AxisError
from exchange_axis.wire.document import Builder, Fields, admit

NAMESPACE = "urn:exchange-axis:consignment:1"
_TRUE, _FALSE = "true", "false"


class RepeatedRecipient(AxisError):
    code: ClassVar[str] = "consignment.repeated-recipient"
    vi: ClassVar[str] = "Nơi nhận {value} được ghi hai lần"
    en: ClassVar[str] = "Recipient {value} is listed twice"
    remedy_vi: ClassVar[str] = "Ghi mỗi nơi nhận một lần"
    remedy_en: ClassVar[str] = "List each recipient once"


class TooManyRecipients(AxisError):
    code: ClassVar[str] = "consignment.too-many-recipients"
    vi: ClassVar[str] = "Gói tin có {count} nơi nhận, nhiều hơn mức {limit}"
    en: ClassVar[str] = "The consignment has {count} recipients, more than {limit}"
    remedy_vi: ClassVar[str] = "Chia danh sách nơi nhận thành nhiều gói tin"
    remedy_en: ClassVar[str] = "Split the recipients over several consignments"


class ExpiryBeforeCreation(AxisError):
    code: ClassVar[str] = "consignment.expiry-before-creation"
    vi: ClassVar[str] = "Hạn của gói tin ({expires}) không sau lúc tạo ({created})"
    en: ClassVar[str] = "The consignment expires ({expires}) no later than it was made ({created})"
    remedy_vi: ClassVar[str] = "Kiểm tra đồng hồ và thời hạn rồi tạo gói tin mới"
    remedy_en: ClassVar[str] = "Check the clock and the term, then make a new consignment"


class SignedAfterCreation(AxisError):
    code: ClassVar[str] = "consignment.signed-after-creation"
    vi: ClassVar[str] = "Giờ ký văn bản ({signed}) sau lúc tạo gói tin ({created})"
    en: ClassVar[str] = "The document was signed ({signed}) after the consignment was made ({created})"
    remedy_vi: ClassVar[str] = "Ghi đúng giờ ký, hoặc bỏ trống"
    remedy_en: ClassVar[str] = "State the true signing time, or leave it out"


class StatusWithoutLetter(AxisError):
    code: ClassVar[str] = "consignment.status-without-letter"
    vi: ClassVar[str] = "Gói tin trạng thái không nói về gói tin nào"
    en: ClassVar[str] = "The status consignment does not say which consignment it speaks of"
    remedy_vi: ClassVar[str] = "Ghi mã gói tin của văn bản vào InReplyTo"
    remedy_en: ClassVar[str] = "Put the letter's consignment id into InReplyTo"


def write_consignment(consignment: Consignment) -> bytes:
    builder = Builder(NAMESPACE, "Consignment")
    builder.text("Id", consignment.id)
    builder.text("Kind", consignment.kind)
    builder.text("Sender", consignment.sender)
    builder.items("Recipients", "Recipient", consignment.recipients)
    builder.text("Lane", consignment.lane)
    builder.time("CreatedAt", consignment.created_at)
    builder.time("ExpiresAt", consignment.expires_at)
    builder.text("InReplyTo", consignment.in_reply_to)
    builder.text("Origin", consignment.origin)
    builder.text("DirectoryVersion", consignment.directory_version)
    builder.text("Reduced", _TRUE if consignment.reduced else _FALSE)
    builder.time("SignedAt", consignment.signed_at)
    builder.time("OpenedAt", consignment.opened_at)
    return builder.to_bytes()


def read_consignment(source: bytes | etree._Element) -> Consignment:
    """Gate, schema, values.

    Raises:
        Refusal: the gate's.
        CheckFailed: findings of the schema.
        RepeatedRecipient, TooManyRecipients, ExpiryBeforeCreation, SignedAfterCreation, StatusWithoutLetter,
            CodeNotCanonical.
    """
    fields = admit(source, "consignment")
    consignment = Consignment(
        id=fields.text("Id"),
        kind=ConsignmentClass(fields.text("Kind")),
        sender=fields.agency("Sender"),
        recipients=_recipients(fields),
        lane=Lane(fields.text("Lane")),
        created_at=fields.time("CreatedAt"),
        expires_at=fields.time("ExpiresAt"),
        in_reply_to=fields.optional("InReplyTo"),
        origin=Origin(fields.text("Origin")),
        directory_version=fields.optional("DirectoryVersion"),
        reduced=fields.text("Reduced") == _TRUE,
        signed_at=fields.optional_time("SignedAt"),
        opened_at=fields.optional_time("OpenedAt"),
    )
    _agree(consignment)
    return consignment


def _recipients(fields: Fields) -> tuple[str, ...]:
    if (count := len(fields.items("Recipients"))) > MAX_RECIPIENTS:
        raise TooManyRecipients(where="/Consignment/Recipients", count=count, limit=MAX_RECIPIENTS)
    return fields.agencies("Recipients", repeated=RepeatedRecipient)


def _agree(consignment: Consignment) -> None:
    if consignment.expires_at <= consignment.created_at:
        raise ExpiryBeforeCreation(
            where="/Consignment/ExpiresAt", expires=consignment.expires_at, created=consignment.created_at
        )
    signed = consignment.signed_at
    if signed is not None and signed > consignment.created_at:
        raise SignedAfterCreation(where="/Consignment/SignedAt", signed=signed, created=consignment.created_at)
    if consignment.kind is ConsignmentClass.STATUS and consignment.in_reply_to is None:
        raise StatusWithoutLetter(where="/Consignment")
