"""Signatures of forms that the product would never write: a signed document is changed, then sealed again.

What is not sealed again is the work of somebody without a key; what is, the work of a certified signer whose program,
or whose malice, uses another form. Both must be refused, for their own reasons.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.canonical import canonical_document, canonical_part, detach, parse
from signing.container import SignedMember, sign_members
from signing.keys import LocalSigner
from signing.names import ds
from signing.policy import Canonicalization
from signing.xades import sign_enveloped
from tests.signing.pki import AT

EXCLUSIVE = Canonicalization.EXCLUSIVE
NAMESPACES = {"ds": "http://www.w3.org/2000/09/xmldsig#", "xades": "http://uri.etsi.org/01903/v1.3.2#"}

PLAIN = '<Evidence xmlns="urn:exchange-axis:evidence:1"><To>000.00.00.H45</To><Text>Đã nhận đủ</Text></Evidence>'
PREFIXED = (
    '<e:Evidence xmlns:e="urn:exchange-axis:evidence:1" xmlns:x="urn:x" x:kind="a&amp;b">'
    "\n  <e:To>000.00.00.H45</e:To>\n  <e:Parts><x:Part/><e:Part>&lt;1&gt;</e:Part></e:Parts>\n</e:Evidence>"
)
DEEP = (
    '<Evidence xmlns="urn:exchange-axis:evidence:1"><To>H45</To><a><b xmlns="urn:b"><c xmlns="" d="\t1"><To>x</To></c>'
    '</b></a><Other k="body">tăng\r\ndòng</Other></Evidence>'
)
DOCUMENTS = {"plain": PLAIN.encode(), "prefixed": PREFIXED.encode(), "deep": DEEP.encode()}
MEMBERS = (
    SignedMember(name="consignment.xml", mime_type="application/xml", sha256=hashlib.sha256(b"<c/>").hexdigest()),
    SignedMember(name="letter.edxml", mime_type="application/xml", sha256=hashlib.sha256(b"<l/>").hexdigest()),
    SignedMember(name="attachments/001.pdf", mime_type="application/pdf", sha256=hashlib.sha256(b"%PDF").hexdigest()),
)
CONTENTS = {"consignment.xml": b"<c/>", "letter.edxml": b"<l/>", "attachments/001.pdf": b"%PDF"}


@dataclass(slots=True)
class Sealed:
    """A signed document as a tree, to be changed."""

    root: etree._Element
    signer: LocalSigner

    @classmethod
    def document(cls, signer: LocalSigner, style: str = "plain") -> Sealed:
        return cls(parse(sign_enveloped(DOCUMENTS[style], signer, at=AT)), signer)

    @classmethod
    def container(cls, signer: LocalSigner) -> Sealed:
        return cls(parse(sign_members(MEMBERS, signer, at=AT)), signer)

    def one(self, path: str) -> etree._Element:
        """The first element by path, e.g. `.//ds:SignedInfo`."""
        found = self.root.find(path, NAMESPACES)
        assert found is not None, path
        return found

    @property
    def signature(self) -> etree._Element:
        return self.one(".//ds:Signature")

    def octets(self) -> bytes:
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)

    def seal(
        self,
        signer: LocalSigner | None = None,
        *,
        method: Canonicalization = EXCLUSIVE,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> Sealed:
        """Digests and value made right again, by whichever transforms are named: they are taken as C14N or nothing."""
        self.root = parse(self.octets())
        for reference in self.root.iter(ds("Reference")):
            uri = reference.get("URI", "")
            algorithm = _hash_name(reference)
            data = self._data(uri, method)
            if data is not None and algorithm is not None:
                _set_digest(reference, hashlib.new(algorithm, data).digest())
        octets = canonical_part(self.one(".//ds:SignedInfo"), method)
        value = (sign or (signer or self.signer).sign)(octets)
        self.one(".//ds:SignatureValue").text = base64.b64encode(value).decode()
        return self

    def _data(self, uri: str, method: Canonicalization) -> bytes | None:
        if uri == "":
            copy = parse(self.octets())
            detach(list(copy.iter(ds("Signature")))[-1])
            return canonical_document(copy, method)
        for element in self.root.iter():
            if uri == f"#{element.get('Id')}":
                return canonical_part(element, method)
        return None

    def use_certificate(self, signer: LocalSigner) -> None:
        """Enclose another signer's certificate and name it in SigningCertificateV2; to be sealed by that signer."""
        der = signer.certificate.public_bytes(Encoding.DER)
        self.one(".//ds:X509Certificate").text = base64.b64encode(der).decode()
        _set_digest(self.one(".//xades:CertDigest"), hashlib.sha256(der).digest())
        self.one(".//ds:SignatureMethod").set("Algorithm", signer.algorithm.value)
        self.signer = signer

    def transforms(self, *uris: str) -> None:
        """Replace the transforms of the first reference."""
        holder = self.one(".//ds:Transforms")
        for child in list(holder):
            holder.remove(child)
        for uri in uris:
            etree.SubElement(holder, ds("Transform"), Algorithm=uri)


def _hash_name(parent: etree._Element) -> str | None:
    method = parent.find("ds:DigestMethod", NAMESPACES)
    name = "" if method is None else method.get("Algorithm", "").rpartition("#")[2].lower()
    return name if name in {"sha256", "sha384", "sha512", "sha1", "md5"} else None


def _set_digest(parent: etree._Element, digest: bytes) -> None:
    value = parent.find("ds:DigestValue", NAMESPACES)
    if value is not None:
        value.text = base64.b64encode(digest).decode()
