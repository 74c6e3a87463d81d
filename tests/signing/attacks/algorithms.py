"""Algorithm substitution, forbidden algorithms, and transforms that are not what they seem."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from signing.names import ds
from signing.policy import ENVELOPED, Canonicalization
from tests.signing.attacks.scene import (
    ATTACKS,
    Attack,
    Scene,
    attack,
    resealed,
    set_algorithm,
)

EXC = Canonicalization.EXCLUSIVE.value
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"


def _hmac_attack(name: str, encoding: Encoding, form: PublicFormat | None) -> None:
    """The public key, which everybody has, as secret of an HMAC (key confusion)."""

    def make(scene: Scene) -> bytes:
        certificate = scene.signer.certificate
        secret = (
            certificate.public_bytes(encoding)
            if form is None
            else certificate.public_key().public_bytes(encoding, form)
        )
        sealed = scene.sealed()
        sealed.one(".//ds:SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
        return sealed.seal(sign=lambda data: hmac.new(secret, data, hashlib.sha256).digest()).octets()

    ATTACKS.append(Attack(name=name, code="algorithm.signature", make=make))


_hmac_attack("hmac_with_certificate_pem", Encoding.PEM, None)
_hmac_attack("hmac_with_certificate_der", Encoding.DER, None)
_hmac_attack("hmac_with_key_pem", Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
_hmac_attack("hmac_with_key_der", Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

_SIGNATURE = ".//ds:SignatureMethod"
resealed(
    "sha1_signature",
    "algorithm.signature",
    set_algorithm(_SIGNATURE, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"),
)
resealed("signature_method_none", "algorithm.signature", set_algorithm(_SIGNATURE, ""))
resealed(
    "signature_method_spaced",
    "algorithm.signature",
    lambda s: s.one(_SIGNATURE).set("Algorithm", s.signer.algorithm.value + " "),
)
resealed("sha1_digest", "algorithm.digest", set_algorithm(".//ds:DigestMethod", SHA1))
resealed(
    "md5_digest", "algorithm.digest", set_algorithm(".//ds:DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5")
)
resealed("sha1_certificate_digest", "algorithm.digest", set_algorithm(".//xades:CertDigest/ds:DigestMethod", SHA1))
resealed("sha1_properties_digest", "algorithm.digest", set_algorithm(".//ds:Reference[2]/ds:DigestMethod", SHA1))
resealed(
    "hmac_output_length",
    "signature.shape",
    lambda s: setattr(etree.SubElement(s.one(_SIGNATURE), ds("HMACOutputLength")), "text", "0"),
)
resealed(
    "canonicalization_with_comments",
    "algorithm.canonicalization",
    set_algorithm(".//ds:CanonicalizationMethod", EXC + "WithComments"),
)
resealed(
    "canonicalization_unregistered",
    "algorithm.canonicalization",
    set_algorithm(".//ds:CanonicalizationMethod", "http://www.w3.org/TR/xml-exc-c14n#"),
)
resealed(
    "canonicalization_2",
    "algorithm.canonicalization",
    set_algorithm(".//ds:CanonicalizationMethod", "http://www.w3.org/2010/xml-c14n2"),
)
resealed(
    "inclusive_namespaces",
    "signature.shape",
    lambda s: etree.SubElement(s.one(".//ds:CanonicalizationMethod"), f"{{{EXC}}}InclusiveNamespaces").set(
        "PrefixList", "e"
    ),
)


@attack("algorithm.key-mismatch")
def rsa_algorithm_with_other_key(scene: Scene) -> bytes:
    sealed = scene.sealed()
    kind = "ecdsa" if scene.signer.algorithm.key_kind.value == "rsa" else "rsa"
    sealed.one(_SIGNATURE).set("Algorithm", f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha256")
    return sealed.seal().octets()


for _name, _uris in {
    "transform_unknown": (ENVELOPED, "urn:example:keep-nothing", EXC),
    "transform_xpath": (ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116", EXC),
    "transform_xpath_filter": (ENVELOPED, "http://www.w3.org/2002/06/xmldsig-filter2", EXC),
    "transform_xslt": (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116", EXC),
    "transform_base64": (ENVELOPED, "http://www.w3.org/2000/09/xmldsig#base64", EXC),
    "transform_with_comments": (ENVELOPED, EXC + "WithComments"),
    "transform_unregistered_c14n": (ENVELOPED, "http://www.w3.org/TR/xml-exc-c14n#"),
    "transform_enveloped_missing": (EXC,),
    "transform_enveloped_twice": (ENVELOPED, ENVELOPED, EXC),
    "transform_enveloped_last": (EXC, ENVELOPED),
    "transform_c14n_twice": (ENVELOPED, EXC, EXC),
    "transform_none": (),
    "transform_decryption": (ENVELOPED, "http://www.w3.org/2002/07/decrypt#XML", EXC),
}.items():
    resealed(_name, "algorithm.transform", lambda s, uris=_uris: s.transforms(*uris))  # type: ignore[misc]
resealed(
    "transform_with_parameters",
    "signature.shape",
    lambda s: setattr(etree.SubElement(s.one(".//ds:Transform"), ds("XPath")), "text", "self::x"),
)
resealed(
    "transform_of_properties_unknown",
    "algorithm.transform",
    set_algorithm(".//ds:Reference[2]/ds:Transforms/ds:Transform", "urn:example:keep-nothing"),
)
