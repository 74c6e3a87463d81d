"""Time-stamps of RFC 3161: asking for one, and reading one so that its time may be believed.

Steps of reading a token, each with its own refusals, in this order:
1. the form (signing/timestamp_form.py);
2. the certificate that signed is enclosed, or given, and is the one that was signed along;
3. its key is allowed and fits the algorithm, and the value over the signed attributes verifies;
4. the attributes carry the digest of TSTInfo, and TSTInfo that of the data;
5. the certificate is one for time-stamping only, with a trusted path at the time that the caller names.

A time-stamp says "these octets existed at that time". It says nothing about who made them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing import primitives
from signing.certificates import fingerprint, subject_text
from signing.errors import SignatureInvalid
from signing.policy import STANDARD, DigestAlgorithm, SignatureAlgorithm, SignaturePolicy
from signing.timestamp_errors import (
    TimestampImprint,
    TimestampNonce,
    TimestampPolicy,
    TimestampSignature,
    TimestampSigner,
)
from signing.timestamp_form import Imprint, TimestampRequest, TokenForm, read_answer, read_token
from signing.trust import Purpose, TrustAnchors, check_path, require_use


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    """A token whose signature and imprint verified. Whether its service is trusted is said by what returned it."""

    token: bytes
    """DER, as it came: what is stored and handed on."""
    at: datetime
    """Aware UTC: the octets existed then, give or take `accuracy`."""
    accuracy: timedelta
    serial: int
    policy: str
    nonce: int | None
    digest_algorithm: DigestAlgorithm
    """How the data were hashed."""
    signature_algorithm: SignatureAlgorithm
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """Other certificates of the token; nothing is known about them before a path was checked."""

    @property
    def service(self) -> str:
        """Who stamped, by RFC 4514."""
        return subject_text(self.certificate)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.certificate)


def imprint_of(data: bytes, algorithm: DigestAlgorithm = DigestAlgorithm.SHA256) -> Imprint:
    return Imprint(algorithm=algorithm, digest=hashlib.new(algorithm.hash_name, data).digest())


def make_request(data: bytes, *, nonce: int | None, policy: str | None = None) -> TimestampRequest:
    """A request over the SHA-256 of `data`; a nonce ties the answer to it, where the line does not."""
    return TimestampRequest(imprint=imprint_of(data), nonce=nonce, policy=policy)


def accept_answer(answer: bytes, request: TimestampRequest) -> Timestamp:
    """The token of a service's answer, held against what was asked. Its path is the caller's to check.

    Raises:
        TimestampRefusal, AlgorithmRefusal: refused, not ours, or not right.
    """
    form = read_token(read_answer(answer))
    if form.nonce != request.nonce:
        raise TimestampNonce
    if request.policy is not None and form.policy != request.policy:
        raise TimestampPolicy(policy=form.policy)
    if form.imprint != request.imprint:
        raise TimestampImprint
    return _verified(form, (), STANDARD)


def verify_timestamp(
    token: bytes,
    data: bytes,
    anchors: TrustAnchors,
    *,
    path_at: datetime | None = None,
    policies: Collection[str] = (),
    certificates: Sequence[x509.Certificate] = (),
    policy: SignaturePolicy = STANDARD,
) -> Timestamp:
    """A time-stamp over `data` that may be believed.

    Args:
        path_at: aware UTC at which the service's path must hold; None: at the time-stamp's own time.
        policies: OIDs of which the service must name one; empty: any.
        certificates: where to look for the service's certificate and its intermediates besides the token.

    Raises:
        TimestampRefusal, AlgorithmRefusal, CertificateRefusal.
    """
    found = verify_timestamp_unanchored(token, data, certificates=certificates, policy=policy)
    if policies and found.policy not in policies:
        raise TimestampPolicy(policy=found.policy)
    check_path(found.certificate, found.chain, anchors, at=path_at or found.at, purpose=Purpose.TIME_STAMPING)
    return found


def verify_timestamp_unanchored(
    token: bytes, data: bytes, *, certificates: Sequence[x509.Certificate] = (), policy: SignaturePolicy = STANDARD
) -> Timestamp:
    """Signature, use and imprint only: who stamped is then known by certificate, but not whether to believe it."""
    form = read_token(token)
    found = _verified(form, certificates, policy)
    if not hmac.compare_digest(imprint_of(data, form.imprint.algorithm).digest, form.imprint.digest):
        raise TimestampImprint
    return found


def _verified(form: TokenForm, certificates: Sequence[x509.Certificate], policy: SignaturePolicy) -> Timestamp:
    known = (*form.certificates, *certificates)
    signer = _signer(form, known)
    require_use(signer, Purpose.TIME_STAMPING)
    key = primitives.require_public_key(signer.public_key(), policy)
    primitives.require_match(key, form.algorithm)
    try:
        primitives.verify(key, form.algorithm, form.signed_attributes, form.value)
    except SignatureInvalid as cause:
        raise TimestampSignature from cause
    digest = hashlib.new(form.digest_algorithm.hash_name, form.info).digest()
    if not hmac.compare_digest(digest, form.message_digest):
        raise TimestampSignature
    return Timestamp(
        token=form.der,
        at=form.gen_time,
        accuracy=form.accuracy or timedelta(),
        serial=form.serial,
        policy=form.policy,
        nonce=form.nonce,
        digest_algorithm=form.imprint.algorithm,
        signature_algorithm=form.algorithm,
        certificate=signer,
        chain=tuple(one for one in known if one != signer),
    )


def _signer(form: TokenForm, known: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that all signed attributes name, and the signer's identifier too."""
    for certificate in known:
        der = certificate.public_bytes(Encoding.DER)
        named = all(hmac.compare_digest(hashlib.new(n.hash_name, der).digest(), n.digest) for n in form.signer_names)
        if named and form.signer_id in {None, (certificate.issuer.public_bytes(), certificate.serial_number)}:
            return certificate
    raise TimestampSigner
