"""References that cover too little, too much or something else; keys and properties that are not the signer's."""

from __future__ import annotations

import base64
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.keys import KeyType
from signing.names import DS, ds, xades
from tests.signing.attacks.scene import (
    Scene,
    alter_text,
    attack,
    double,
    drop,
    edit_text,
    recode,
    resealed,
    set_attribute,
    unsealed,
)
from tests.signing.pki import key
from tests.signing.sealing import Sealed


def _reference_by_id(sealed: Sealed) -> None:
    sealed.root.set("Id", "root")
    sealed.one(".//ds:Reference").set("URI", "#root")


_DATA = ".//ds:Reference[1]"
_ABOUT = ".//ds:Reference[2]"
resealed("properties_not_referenced", "signature.references", drop(_ABOUT))
resealed(
    "document_not_referenced",
    "signature.references",
    lambda s: (drop(_DATA)(s), drop(".//xades:SignedDataObjectProperties")(s))[0],
)
resealed("properties_reference_without_type", "signature.references", set_attribute(_ABOUT, "Type", None))
resealed("properties_reference_of_other_type", "signature.references", set_attribute(_ABOUT, "Type", DS + "Object"))
resealed("document_reference_with_type", "signature.references", set_attribute(_DATA, "Type", DS + "Manifest"))
resealed(
    "document_reference_as_properties",
    "signature.references",
    set_attribute(_DATA, "Type", "http://uri.etsi.org/01903#SignedProperties"),
)
resealed("reference_by_id", "signature.references", _reference_by_id)
resealed("reference_by_xpointer", "signature.references", set_attribute(_DATA, "URI", "#xpointer(/)"))
resealed("reference_to_network", "signature.references", set_attribute(_DATA, "URI", "http://127.0.0.1/x"))
resealed("reference_to_file", "signature.references", set_attribute(_DATA, "URI", "file:///etc/passwd"))
resealed("reference_without_uri", "signature.shape", set_attribute(_DATA, "URI", None))
resealed("reference_to_nothing", "signature.references", set_attribute(_ABOUT, "URI", "#nothing"))
resealed(
    "format_of_another_reference",
    "signature.references",
    set_attribute(".//xades:DataObjectFormat", "ObjectReference", "#other"),
)
resealed("format_twice", "signature.references", double(".//xades:DataObjectFormat", after=True))

_SIGNATURE = ".//ds:SignatureMethod"


@attack("signature.signing-certificate")
def key_info_of_stranger(scene: Scene) -> bytes:
    """The attacker signs and encloses his certificate, but cannot change the signed certificate digest unnoticed."""
    sealed = scene.sealed()
    stranger = scene.stranger()
    sealed.one(".//ds:X509Certificate").text = base64.b64encode(
        stranger.certificate.public_bytes(Encoding.DER)
    ).decode()
    sealed.one(_SIGNATURE).set("Algorithm", stranger.algorithm.value)
    return sealed.seal(stranger).octets()


@attack("certificate.untrusted")
def everything_of_stranger(scene: Scene) -> bytes:
    sealed = scene.sealed()
    sealed.use_certificate(scene.stranger())
    return sealed.seal().octets()


@attack("signature.signing-certificate")
def other_certificate_of_same_key(scene: Scene) -> bytes:
    """Same key, same authority, another name: the signature would verify."""
    sealed = scene.sealed()
    private = key(KeyType.RSA2048 if scene.signer.algorithm.key_kind.value == "rsa" else KeyType.P256, "agency")
    other = scene.pki.certificate(private, common_name="UBND tỉnh Quảng Ninh")
    sealed.one(".//ds:X509Certificate").text = base64.b64encode(other.public_bytes(Encoding.DER)).decode()
    return sealed.octets()


def _add_to_key_info(local: str) -> Callable[[Sealed], None]:
    return lambda sealed: sealed.one(".//ds:KeyInfo").append(etree.Element(ds(local)))


for _local in ("KeyValue", "KeyName", "RetrievalMethod", "MgmtData", "X509Data"):
    unsealed(f"key_info_with_{_local}", "signature.shape", _add_to_key_info(_local))
unsealed(
    "key_info_reference",
    "signature.shape",
    lambda s: s.one(".//ds:KeyInfo").append(etree.Element("{http://www.w3.org/2009/xmldsig11#}KeyInfoReference")),
)
unsealed(
    "x509_subject_name",
    "signature.shape",
    lambda s: s.one(".//ds:X509Data").append(etree.Element(ds("X509SubjectName"))),
)
unsealed("certificate_garbage", "certificate.unreadable", edit_text(".//ds:X509Certificate", lambda _: "AAAA"))
unsealed("certificate_cut", "certificate.unreadable", edit_text(".//ds:X509Certificate", lambda t: t[:400]))
unsealed("properties_altered", "signature.digest", edit_text(".//xades:SigningTime", lambda _: "2020-01-01T00:00:00Z"))
unsealed("target_of_another", "signature.target", set_attribute(".//xades:QualifyingProperties", "Target", "#S1"))
unsealed("target_missing", "signature.target", set_attribute(".//xades:QualifyingProperties", "Target", None))
unsealed("signature_id_changed", "signature.target", set_attribute(".//ds:Signature", "Id", "S1"))
unsealed("signature_id_missing", "signature.shape", set_attribute(".//ds:Signature", "Id", None))
resealed("signing_time_local", "signature.time", edit_text(".//xades:SigningTime", lambda _: "2026-11-22T01:02:03"))
resealed("signing_time_no_date", "signature.time", edit_text(".//xades:SigningTime", lambda _: "2026-02-30T01:02:03Z"))
resealed("signing_time_missing", "signature.shape", drop(".//xades:SigningTime"))
resealed("signing_certificate_missing", "signature.shape", drop(".//xades:SigningCertificateV2"))
resealed("signing_certificate_empty", "signature.shape", drop(".//xades:Cert"))
resealed(
    "certificate_digest_of_another",
    "signature.signing-certificate",
    edit_text(".//xades:CertDigest/ds:DigestValue", lambda t: recode(t, lambda v: bytes(len(v)))),
)
resealed(
    "issuer_serial_of_another",
    "signature.signing-certificate",
    lambda s: setattr(etree.SubElement(s.one(".//xades:Cert"), xades("IssuerSerialV2")), "text", "MAA="),
)
resealed("certificate_by_url", "signature.shape", set_attribute(".//xades:Cert", "URI", "http://127.0.0.1/c"))
resealed(
    "property_not_understood",
    "signature.shape",
    lambda s: s.one(".//xades:SignedSignatureProperties").append(etree.Element(xades("SignaturePolicyIdentifier"))),
)


@attack("signature.digest")
def properties_of_another_signature(scene: Scene) -> bytes:
    sealed = scene.sealed()
    other = scene.sealed()
    other.one(".//xades:SigningTime").text = "2019-01-01T00:00:00Z"
    mine = sealed.one(".//ds:Object")
    mine.getparent().replace(mine, other.seal().one(".//ds:Object"))  # type: ignore[union-attr]
    return sealed.octets()


@attack("signature.digest")
def signature_of_another_document(scene: Scene) -> bytes:
    sealed, other = scene.sealed(), scene.sealed()
    alter_text(other)
    sealed.root.replace(sealed.signature, other.seal().signature)
    return sealed.octets()
