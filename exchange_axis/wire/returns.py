"""Return as XML: what goes home for one recipient's delivery.

Sealed by the pipeline; the evidence and the status container it names by digest travel beside it.
"""

from __future__ import annotations

from lxml import etree

from exchange_axis.domain.transfer import Return
from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:return:1"


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
    return builder.to_bytes()


def read_return(source: bytes | etree._Element) -> Return:
    """Values of a return; takes the root that `signing.xades` verified. At least one piece of evidence.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        CodeNotCanonical.
    """
    fields = admit(source, "return")
    return Return(
        id=fields.text("Id"),
        hub=fields.text("Hub"),
        peer=fields.text("Peer"),
        at=fields.time("At"),
        consignment_id=fields.text("ConsignmentId"),
        recipient=fields.agency("Recipient"),
        evidence=fields.items("Evidence"),
        status_sha256=fields.optional("StatusSha256"),
        bindings=fields.items("Bindings"),
    )
