"""What other implementations say: signxml about a signature, as strict as it can be, rfc3161-client about a time-stamp.

Rules of this file:
1. The product never decides by it. Tests ask it about every signature of ours; `axis verify --second-opinion` prints it
   beside our own verdict. Where the two differ, tests/signing/disagreements.toml names the case and the clause.
2. Whatever signxml raises becomes "not accepted" with a reason: its errors are not all of one family.
3. A new verifier for each call: signxml keeps the arguments of the last one on the object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.x509.verification import ExtensionPolicy, Store
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from signxml import algorithms
from signxml.util import X509CertChainVerifier
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read
from signing.policy import DigestAlgorithm, SignatureAlgorithm
from signing.timestamp_form import answer_with
from signing.trust import TrustAnchors, authority_policy

IMPLEMENTATION: Final = "signxml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    accepted: bool
    reason: str
    """Empty if accepted; otherwise what the other implementation said, for people."""
    signed: tuple[bytes, ...] = ()
    """The octets of each reference, in order, as the other implementation saw them."""


def signxml_verdict(
    xml: bytes, anchors: TrustAnchors, *, at: datetime, member: Callable[[str], bytes] | None = None
) -> SecondOpinion:
    """signxml's view of a document or, with `member` giving the octets of a named member, of a container signature."""
    try:
        read(xml, XmlProfile.SIGNED)
        results = _AnchoredVerifier(anchors, at=at).verify(xml, expect_config=_configuration(at), uri_resolver=member)
    except Refusal as refusal:
        return SecondOpinion(accepted=False, reason=str(refusal))
    except Exception as error:
        # Bare TypeError and ValueError, errors of lxml and of cryptography all occur.
        return SecondOpinion(accepted=False, reason=f"{type(error).__name__}: {error}"[:500])
    return SecondOpinion(accepted=True, reason="", signed=tuple(result.signed_data for result in results))


def _configuration(at: datetime) -> XAdESSignatureConfiguration:
    return XAdESSignatureConfiguration(
        location="./",
        expect_references=True,  # in signxml: any number; ours is checked by ourselves
        signature_methods=frozenset(algorithms.SignatureMethod(one.value) for one in SignatureAlgorithm),
        digest_algorithms=frozenset(algorithms.DigestAlgorithm(one.value) for one in DigestAlgorithm),
        verification_time=at,
        default_reference_c14n_method=algorithms.CanonicalizationMethod.CANONICAL_XML_1_0,
    )


class _AnchoredVerifier(XAdESVerifier):
    """signxml with our anchors from memory, and our rules for document signing instead of its own."""

    def __init__(self, anchors: TrustAnchors, *, at: datetime) -> None:
        super().__init__()
        self._anchors = anchors
        self._at = at

    def get_cert_chain_verifier(self, ca_pem_file: Any, ee_policy: Any, ca_policy: Any) -> X509CertChainVerifier:
        return _AnchoredChain(self._anchors, at=self._at)


class _AnchoredChain(X509CertChainVerifier):
    def __init__(self, anchors: TrustAnchors, *, at: datetime) -> None:
        self._store = Store(list(anchors.certificates))
        self.verification_time = at
        self.ee_policy = ExtensionPolicy.permit_all()
        self.ca_policy = authority_policy()

    @property
    def store(self) -> Store:
        return self._store


def rfc3161_verdict(token: bytes, data: bytes, anchors: TrustAnchors) -> SecondOpinion:
    """What rfc3161-client (of Sigstore) says about a time-stamp over `data`, its path at the time-stamp's own time."""
    try:
        answer = decode_timestamp_response(answer_with(token))
        builder = VerifierBuilder(roots=list(anchors.certificates))
        builder.build().verify_message(answer, data)
    except Exception as error:
        # Its own VerificationError, and ValueError for what it cannot parse.
        return SecondOpinion(accepted=False, reason=f"{type(error).__name__}: {error}"[:500])
    return SecondOpinion(accepted=True, reason="", signed=(data,))
