"""Which algorithms a signature may use: data, and nothing that computes.

Rules of this file:
1. What is not listed is refused: no HMAC, no SHA-1, no MD5, no DSA, no canonicalization with comments.
2. The value of an enum member is the URI that is written and read.

Sources: XMLDSig 1.1 section 6, RFC 9231 sections 2.3 and 2.1, ETSI TS 119 312 for key sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DigestAlgorithm(StrEnum):
    SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"

    @property
    def hash_name(self) -> str:
        """The name `hashlib` knows it by."""
        return self.name.lower()


class Canonicalization(StrEnum):
    EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
    INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"


ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


class KeyKind(StrEnum):
    RSA = "rsa"
    EC = "ec"


class Scheme(StrEnum):
    PKCS1 = "pkcs1v15"
    PSS = "pss"
    """RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash (RFC 9231, 2.3.10)."""
    ECDSA = "ecdsa"


class SignatureAlgorithm(StrEnum):
    RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    PSS_SHA256 = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
    PSS_SHA384 = "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"
    PSS_SHA512 = "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"
    ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"

    @property
    def scheme(self) -> Scheme:
        return _SCHEMES[self.name.partition("_")[0]]

    @property
    def key_kind(self) -> KeyKind:
        return KeyKind.EC if self.scheme is Scheme.ECDSA else KeyKind.RSA

    @property
    def digest(self) -> DigestAlgorithm:
        return DigestAlgorithm[self.name.partition("_")[2]]


_SCHEMES: Final = {"RSA": Scheme.PKCS1, "PSS": Scheme.PSS, "ECDSA": Scheme.ECDSA}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """What a verifier lets through before it computes anything."""

    signature_algorithms: frozenset[SignatureAlgorithm] = frozenset(SignatureAlgorithm)
    digest_algorithms: frozenset[DigestAlgorithm] = frozenset(DigestAlgorithm)
    canonicalizations: frozenset[Canonicalization] = frozenset(Canonicalization)
    implied_canonicalization: bool = True
    """A same-document reference without a canonicalization transform means C14N 1.0 (XMLDSig 1.1, 4.4.3.2)."""
    rsa_bits_min: int = 2048
    rsa_bits_max: int = 8192
    """Bits; an upper limit, because verifying with a huge key is a way to burn our CPU."""
    curves: frozenset[str] = frozenset({"secp256r1", "secp384r1"})
    unsigned_properties: bool = False
    """Whether time-stamps, certificates, revocation data may stand beside what was signed (EN 319 132-1, 5.3 to 5.5).
    Nobody signed them, so a letter under way has none; a copy made for long keeping has."""


STANDARD: Final = SignaturePolicy()
"""What other programs may send us."""

STRICT: Final = SignaturePolicy(
    canonicalizations=frozenset({Canonicalization.EXCLUSIVE}), implied_canonicalization=False
)
"""The form we write ourselves: exclusive C14N, spelled out in every same-document reference."""

LONG_TERM: Final = SignaturePolicy(unsigned_properties=True)
"""Copies of containers for long keeping, made by us or by others."""
