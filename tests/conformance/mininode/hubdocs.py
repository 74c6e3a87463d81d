"""What hubs say: evidence, transfer records, bindings; verified before anything is read."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree

from .certificates import attribute, check_seal_path
from .common import Untrusted, canonical, need, parse_signed, read_instant, sha256
from .xades import C14N, DS, ENVELOPED, Judged, judge

INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ETSI = "http://uri.etsi.org/19522/Event/"
ACCEPTANCE, REJECTION, HANDOVER = (
    ETSI + name for name in ("SubmissionAcceptance", "SubmissionRejection", "ContentHandover")
)
STATUS_EVENT = "urn:exchange-axis:event:status:"
KINDS = {  # kind of the wrapper: namespace, root, the element that names the hub
    "evidence": ("urn:exchange-axis:evidence:1", "Evidence", "Issuer"),
    "transfer": ("urn:exchange-axis:transfer:1", "TransferRecord", "Hub"),
    "binding": ("urn:exchange-axis:binding:1", "Binding", "Hub"),
}


@dataclass(frozen=True)
class HubDocument:
    """A verified document; the element is what the signature covered."""

    kind: str
    raw: bytes
    element: etree._Element
    judged: Judged

    @property
    def hub(self) -> str:
        """Who says it."""
        return self.one(KINDS[self.kind][2])

    @property
    def sha256(self) -> str:
        """Digest of the bytes as received."""
        return sha256(self.raw)

    def one(self, name: str) -> str:
        """Text of a child that must be there once."""
        values = self.many(name)
        need(len(values) == 1, f"{self.kind}: {name} stands {len(values)} times")
        return values[0]

    def may(self, name: str) -> str | None:
        """Text of a child that may be missing."""
        return self.one(name) if self.many(name) else None

    def many(self, path: str) -> list[str]:
        """Texts at a path of local names, for example Recipients/Recipient."""
        space = KINDS[self.kind][0]
        return [e.text or "" for e in self.element.iterfind("/".join(f"{{{space}}}{p}" for p in path.split("/")))]

    def check_about(self, sender: str, consignment_id: str, container_sha256: str) -> None:
        """Is this evidence about that sender's consignment?"""
        said = [self.one(name) for name in ("Sender", "ConsignmentId", "ContainerSha256")]
        need(said == [sender, consignment_id, container_sha256], "evidence about another sender, id or container")

    def summary(self) -> dict[str, Any]:
        """What an evidence says, in short."""
        return {
            "id": self.one("Id"),
            "event": self.one("Event"),
            "consignment_id": self.may("ConsignmentId"),
            "recipients": self.many("Recipients/Recipient"),
            "container_sha256": self.one("ContainerSha256"),
            "status_sha256": self.may("StatusSha256"),
            "sha256": self.sha256,
        }


def unwrap(entry: dict[str, Any]) -> tuple[str, bytes]:
    """Kind and bytes of a document inside JSON, its digest compared."""
    try:
        kind, raw = str(entry["kind"]), base64.b64decode(entry["content"], validate=True)
    except (KeyError, ValueError, TypeError) as error:
        raise Untrusted("a document's wrapper is broken") from error
    need(sha256(raw) == entry.get("sha256"), "a document does not have its digest")
    return kind, raw


def unseal(raw: bytes, anchors: list[x509.Certificate], at: datetime) -> tuple[etree._Element, Judged]:
    """What an enveloped signature covered, read anew from the canonical bytes; and the signature."""
    root = parse_signed(raw)
    signatures = list(root.iter(f"{{{DS}}}Signature"))
    need(len(signatures) == 1 and root[-1] is signatures[0], "not one signature as the last child")
    need(not signatures[0].tail, "text behind the signature")
    judged = judge(signatures[0])
    need(len(judged.references) == 1, "not one reference to the document")
    (reference,) = judged.references
    form = reference.transforms[1:] or [INCLUSIVE]
    need(reference.uri == "" and reference.transforms[:1] == [ENVELOPED], "the document is not what was signed")
    need(len(form) == 1 and form[0] in C14N, "canonical form of the document")
    root.remove(signatures[0])
    covered = canonical(root, exclusive=C14N[form[0]])
    need(hashlib.new(reference.algorithm, covered).hexdigest() == reference.digest, "the document was changed")
    check_seal_path(judged.chain, anchors, at)
    return parse_signed(covered), judged


def verify(kind: str, raw: bytes, anchors: list[x509.Certificate], at: datetime) -> HubDocument:
    """A document of that kind, sealed by the hub that it names; its certificate is judged at `at`. Raises Untrusted."""
    need(kind in KINDS, f"a document of unknown kind: {kind}")
    space, name, _ = KINDS[kind]
    element, judged = unseal(raw, anchors, at)
    need(element.tag == f"{{{space}}}{name}", f"no {name}")
    document = HubDocument(kind, raw, element, judged)
    need(attribute(judged.chain[0], NameOID.COMMON_NAME) == document.hub, "not sealed by the hub it names")
    organization = attribute(judged.chain[0], NameOID.ORGANIZATION_IDENTIFIER)
    need(organization != document.hub, "sealed by an agency's seal")
    return document


def check_binding(binding: HubDocument, judged: Judged, *, use: str, sender: str, accepted: datetime) -> None:
    """Does this binding let the seal of that signature speak for the sender?"""
    need(binding.one("Fingerprint") == judged.fingerprint and binding.one("Use") == use, "a binding of another seal")
    need(sender in binding.many("Codes/Code"), "the seal is not bound to the sender")
    start, end = read_instant(binding.one("ValidFrom")), read_instant(binding.one("ValidTo"))
    need(start <= accepted and judged.signing_time < end, "the binding was not in force")
