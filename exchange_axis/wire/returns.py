"""Return as XML: what goes home for one recipient's delivery.

Sealed by the pipeline; the evidence and the status container it names by digest travel beside it. A notice stands in
it, because it is no document of its own between hubs.
"""

from __future__ import annotations

from typing import ClassVar

from lxml import etree

from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.notice import Notice
from exchange_axis.domain.transfer import Return
from exchange_axis.errors import AxisError
from exchange_axis.wire import times
from exchange_axis.wire.document import Builder, CodeNotCanonical, Fields, admit

NAMESPACE = "urn:exchange-axis:return:1"


class ReturnEmpty(AxisError):
    code: ClassVar[str] = "return.empty"
    vi: ClassVar[str] = "Thông điệp trả về không mang biên nhận hay thông báo nào"
    en: ClassVar[str] = "The return carries neither evidence nor a notice"


def write_return(message: Return) -> bytes:
    builder = Builder(NAMESPACE, "Return")
    builder.text("Id", message.id)
    builder.text("Hub", message.hub)
    builder.text("Peer", message.peer)
    builder.time("At", message.at)
    builder.text("ConsignmentId", message.consignment_id)
    builder.text("Recipient", message.recipient)
    builder.items("Evidence", "Digest", message.evidence)
    builder.text("StatusSha256", message.status_sha256)
    builder.items("Bindings", "Binding", message.bindings)
    notice = message.notice
    builder.record(
        "Notice",
        None
        if notice is None
        else {"Code": notice.code, "Since": times.to_text(notice.since), "Sender": notice.sender},
    )
    return builder.to_bytes()


def read_return(source: bytes | etree._Element) -> Return:
    """Values of a return; takes the root that `signing.xades` verified. At least one piece of evidence, or a notice.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        CodeNotCanonical, ReturnEmpty.
    """
    fields = admit(source, "return")
    message = Return(
        id=fields.text("Id"),
        hub=fields.text("Hub"),
        peer=fields.text("Peer"),
        at=fields.time("At"),
        consignment_id=fields.text("ConsignmentId"),
        recipient=fields.agency("Recipient"),
        evidence=fields.items("Evidence"),
        status_sha256=fields.optional("StatusSha256"),
        bindings=fields.items("Bindings"),
        notice=_notice(fields),
    )
    if not message.evidence and message.notice is None:
        raise ReturnEmpty(where="/Return")
    return message


def _notice(fields: Fields) -> Notice | None:
    values = fields.record("Notice")
    if values is None:
        return None
    if canonical_code(values["Sender"]) != values["Sender"]:
        raise CodeNotCanonical(
            value=values["Sender"], canonical=canonical_code(values["Sender"]), where="/Return/Notice"
        )
    return Notice(
        code=values["Code"],
        since=times.from_text(values["Since"]),
        sender=values["Sender"],
        consignment_id=fields.text("ConsignmentId"),
        recipient=fields.agency("Recipient"),
    )
