"""What comes to this node: judged from less to more trusted, before anything of it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509

from .certificates import check_seal_path
from .common import CODE, UUID, Untrusted, need, read_instant, sha256
from .edxml import quote
from .hubdocs import ACCEPTANCE, HubDocument, check_binding, unwrap, verify
from .parcel import Parcel, unpack


@dataclass(frozen=True)
class Receiver:
    """Who receives, and what it trusts."""

    hub: str
    peer: str
    agencies: set[str]
    anchors: list[x509.Certificate]


@dataclass(frozen=True)
class Shipment:
    """One container on its way to us, as the hub announces it; none of it is trusted yet."""

    id: str
    sender: str
    consignment_id: str
    container_sha256: str
    size: int
    recipients: list[str]
    documents: list[tuple[str, bytes]]

    @classmethod
    def read(cls, value: dict[str, Any]) -> Shipment:
        """Out of the hub's JSON."""
        names = ("id", "sender", "consignment_id", "container_sha256", "size", "recipients")
        need(UUID.fullmatch(value["consignment_id"]) and CODE.fullmatch(value["sender"]), "shipment: id or sender")
        return cls(**{name: value[name] for name in names}, documents=[unwrap(each) for each in value["documents"]])

    def judge(self, container: bytes, by: Receiver, at: datetime) -> Parcel:
        """The checks of section 11. Raises Untrusted."""
        named = {sha256(raw): (kind, raw) for kind, raw in self.documents}
        transfer = self._transfer(by, at)
        kind, raw = named.get(transfer.one("AcceptanceSha256"), ("", b""))
        need(kind == "evidence", "the acceptance is missing")
        acceptance = verify(kind, raw, by.anchors, at)
        need(acceptance.one("Event") == ACCEPTANCE, "not a SubmissionAcceptance")
        acceptance.check_about(self.sender, self.consignment_id, self.container_sha256)
        need(sha256(container) == self.container_sha256, "the container has another digest")
        parcel = unpack(container)
        check_seal_path(parcel.judged.chain, by.anchors, read_instant(acceptance.one("RecordedAt")))
        about = [parcel.fields[name] for name in ("Kind", "Id", "Sender")]
        need(about == ["letter", self.consignment_id, self.sender], "consignment.xml says something else")
        quote(parcel.members["letter.edxml"])
        bindings = [named.get(digest, ("", b"")) for digest in transfer.many("Bindings/Binding")]
        self._check_bound(parcel, acceptance, bindings, by)
        return parcel

    def _transfer(self, by: Receiver, at: datetime) -> HubDocument:
        need(self.documents and self.documents[0][0] == "transfer", "no transfer record")
        transfer = verify(*self.documents[0], by.anchors, at)
        need(transfer.hub == by.hub and transfer.one("Peer") == by.peer, "transfer record of others")
        need(transfer.one("ConsignmentId") == self.consignment_id, "transfer record: another consignment")
        need(transfer.one("ContainerSha256") == self.container_sha256, "transfer record: another container")
        recipients = transfer.many("Recipients/Recipient")
        need(recipients and sorted(recipients) == sorted(self.recipients), "transfer record: other recipients")
        need(set(recipients) <= by.agencies, "a recipient that is not served here")
        return transfer

    def _check_bound(
        self, parcel: Parcel, acceptance: HubDocument, bindings: list[tuple[str, bytes]], by: Receiver
    ) -> None:
        accepted, reasons = read_instant(acceptance.one("RecordedAt")), ["none is named"]
        for kind, raw in bindings:
            try:
                need(kind == "binding", "a binding is missing")
                binding = verify(kind, raw, by.anchors, accepted)
                check_binding(binding, parcel.judged, use=parcel.seal_use, sender=self.sender, accepted=accepted)
            except Untrusted as error:
                reasons.append(str(error))
            else:
                return
        raise Untrusted(f"no binding for the seal: {reasons[-1]}")
