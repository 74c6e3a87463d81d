"""Transfer record as XML: a hub's note beside a container on one hop. Sealed by the pipeline.

Loops (oneself in the trace, too many hops) are judged by routing, which must answer them with evidence; a reader that
refused them would leave nothing to answer with.
"""

from __future__ import annotations

from lxml import etree

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.transfer import TraceEntry, TransferRecord
from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:transfer:1"


def write_transfer(record: TransferRecord) -> bytes:
    builder = Builder(NAMESPACE, "TransferRecord")
    builder.text("Id", record.id)
    builder.text("Hub", record.hub)
    builder.text("Peer", record.peer)
    builder.time("At", record.at)
    builder.text("ConsignmentId", record.consignment_id)
    builder.text("ContainerSha256", record.container_sha256)
    builder.items("Recipients", "Recipient", record.recipients)
    builder.text("Lane", record.lane)
    builder.records("Trace", "Hop", ({"Hub": hop.hub, "Sha256": hop.sha256} for hop in record.trace))
    builder.text("AcceptanceSha256", record.acceptance_sha256)
    builder.items("Bindings", "Binding", record.bindings)
    return builder.to_bytes()


def read_transfer(source: bytes | etree._Element) -> TransferRecord:
    """Values of a transfer record; takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        CodeNotCanonical, RepeatedCode.
    """
    fields = admit(source, "transfer")
    return TransferRecord(
        id=fields.text("Id"),
        hub=fields.text("Hub"),
        peer=fields.text("Peer"),
        at=fields.time("At"),
        consignment_id=fields.text("ConsignmentId"),
        container_sha256=fields.text("ContainerSha256"),
        recipients=fields.agencies("Recipients"),
        lane=Lane(fields.text("Lane")),
        trace=tuple(TraceEntry(hub=row["Hub"], sha256=row["Sha256"]) for row in fields.records("Trace")),
        acceptance_sha256=fields.text("AcceptanceSha256"),
        bindings=fields.items("Bindings"),
    )
