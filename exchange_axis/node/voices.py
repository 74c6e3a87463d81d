"""Whom to believe: documents of hubs, read only after their seal was verified.

Rules of this file:
1. Bytes have the digest they are called by, their signature leads to a trust anchor, and only then are they read.
2. A hub's seal names the hub in its certificate, so nobody else under the same root can speak as a hub.
3. What a document says about itself (issuer) must be who signed it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

from cryptography.x509.oid import NameOID

from exchange_axis.domain.evidence import Evidence
from exchange_axis.domain.transfer import Binding, TransferRecord
from exchange_axis.node.errors import DocumentAltered, NotSpokenByHub
from exchange_axis.ports import Document
from exchange_axis.wire.binding import read_binding
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from signing.trust import TrustAnchors
from signing.verifier import SignerInfo, check_signer
from signing.xades import VerifiedXml, verify_enveloped, verify_enveloped_unanchored


def hear_evidence(document: Document, anchors: TrustAnchors, *, at: datetime) -> Evidence:
    """
    Raises:
        Refusal: altered, badly signed, not by the hub it names, or not evidence.
    """
    verified = _verified(document, anchors, at)
    evidence = read_evidence(verified.root)
    _require_hub(verified.signer, evidence.issuer)
    return evidence


def hear_transfer(document: Document, anchors: TrustAnchors, *, at: datetime) -> TransferRecord:
    """Raises as `hear_evidence`."""
    verified = _verified(document, anchors, at)
    record = read_transfer(verified.root)
    _require_hub(verified.signer, record.hub)
    return record


def hear_binding(document: Document, anchors: TrustAnchors, *, at: datetime) -> Binding:
    """Raises as `hear_evidence`."""
    _require_unaltered(document)
    binding, signer = _signed_binding(document.content)
    check_signer(signer, anchors, at=at)
    _require_hub(signer, binding.hub)
    return binding


def _verified(document: Document, anchors: TrustAnchors, at: datetime) -> VerifiedXml:
    _require_unaltered(document)
    return verify_enveloped(document.content, anchors, at=at)


def _require_unaltered(document: Document) -> None:
    if hashlib.sha256(document.content).hexdigest() != document.sha256:
        raise DocumentAltered(sha256=document.sha256)


@lru_cache(maxsize=256)
def _signed_binding(content: bytes) -> tuple[Binding, SignerInfo]:
    """What depends on the bytes alone: the same binding comes with every letter of an agency."""
    verified = verify_enveloped_unanchored(content)
    return read_binding(verified.root), verified.signer


def _require_hub(signer: SignerInfo, hub: str) -> None:
    names = [attribute.value for attribute in signer.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [hub]:
        raise NotSpokenByHub(hub=hub, signer=signer.subject)
