"""Whom to believe: documents of hubs, read only after their seal was verified.

Rules of this file:
1. Bytes have the digest they are called by, their signature leads to a root trusted for hubs, and only then are they
   read.
2. Whose seal it is, the trust list says, for the time of sealing; where there is none, the name in the certificate
   does, so that nobody else under the same root can speak as a hub (ADR 0019).
3. What a document says about itself (issuer) must be who signed it.
4. A seal on the revocation list that our hub handed on is refused; where there is no list in force, nothing is said.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

from cryptography.x509.oid import NameOID

from exchange_axis.domain.dossier import Dossier
from exchange_axis.domain.evidence import Evidence
from exchange_axis.domain.transfer import Binding, TransferRecord
from exchange_axis.node.errors import DocumentAltered, NotSpokenByHub
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import Document
from exchange_axis.wire.binding import read_binding
from exchange_axis.wire.dossier import read_dossier
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.tally import Tally, read_tally
from exchange_axis.wire.transfer import read_transfer
from signing.revocation import counts, require_not_revoked
from signing.roots import RootUse
from signing.trust import TrustAnchors, judge_for
from signing.verifier import check_signer
from signing.xades import VerifiedXml, verify_enveloped, verify_enveloped_unanchored


def hear_evidence(document: Document, world: NodeWorld, *, at: datetime) -> Evidence:
    """
    Raises:
        Refusal: altered, badly signed, not by the hub it names, or not evidence.
    """
    verified = _verified(document, world.anchors(), at)
    evidence = read_evidence(verified.root)
    _require_hub(world, verified, evidence.issuer)
    return evidence


def hear_transfer(document: Document, world: NodeWorld, *, at: datetime) -> TransferRecord:
    """Raises as `hear_evidence`."""
    verified = _verified(document, world.anchors(), at)
    record = read_transfer(verified.root)
    _require_hub(world, verified, record.hub)
    return record


def hear_tally(document: Document, world: NodeWorld, *, at: datetime) -> Tally:
    """Raises as `hear_evidence`."""
    verified = _verified(document, world.anchors(), at)
    tally = read_tally(verified.root)
    _require_hub(world, verified, tally.keeper)
    return tally


def hear_binding(document: Document, world: NodeWorld, *, at: datetime) -> Binding:
    """Raises as `hear_evidence`."""
    _require_unaltered(document)
    binding, verified = _signed_binding(document.content)
    judge_for(RootUse.HUB_SEAL, world.anchors(), at, lambda roots: check_signer(verified.signer, roots, at=at))
    _require_hub(world, verified, binding.hub)
    return binding


def hear_dossier(manifest: bytes, world: NodeWorld, *, at: datetime) -> Dossier:
    """What the manifest of a hub's dossier says. Raises as `hear_evidence`."""
    anchors = world.anchors()
    verified = judge_for(RootUse.HUB_SEAL, anchors, at, lambda roots: verify_enveloped(manifest, roots, at=at))
    dossier = read_dossier(verified.root)
    _require_hub(world, verified, dossier.issuer)
    return dossier


def _verified(document: Document, anchors: TrustAnchors, at: datetime) -> VerifiedXml:
    _require_unaltered(document)
    return judge_for(RootUse.HUB_SEAL, anchors, at, lambda roots: verify_enveloped(document.content, roots, at=at))


def _require_unaltered(document: Document) -> None:
    if hashlib.sha256(document.content).hexdigest() != document.sha256:
        raise DocumentAltered(sha256=document.sha256)


@lru_cache(maxsize=256)
def _signed_binding(content: bytes) -> tuple[Binding, VerifiedXml]:
    """What depends on the bytes alone: the same binding comes with every letter of an agency."""
    verified = verify_enveloped_unanchored(content)
    return read_binding(verified.root), verified


def _require_hub(world: NodeWorld, verified: VerifiedXml, hub: str) -> None:
    signer, held, now = verified.signer, world.held_list(), world.now()
    status = world.trust.book.status(signer.certificate, world.anchors(), now=now)
    if status is not None and counts(status, sealed_at=verified.signing_time, now=now):
        require_not_revoked(status, subject=signer.subject)
    if held is not None and held.value.speaks_for(hub, signer.fingerprint, verified.signing_time):
        return
    names = [attribute.value for attribute in signer.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    ours = hub == world.settings.hub_id and signer.fingerprint == world.settings.hub_seal
    if names != [hub] or (held is not None and not ours):
        raise NotSpokenByHub(hub=hub, signer=signer.subject)
