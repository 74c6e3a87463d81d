"""What travels beside a relayed consignment: the signed trace, the first hub's acceptance, the sender's binding.

1. Every statement is verified by the seal of the hub that it names, and speaks of this very container.
2. The first hub of the trace is the one that accepted the letter and the one that registered its sender.
3. Nobody vouches sideways or upwards: that hub serves the sender, or lies above the hub that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority
from exchange_axis.hub.seals import Heard
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.wire.binding import read_binding
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from signing.roots import RootUse
from signing.xades import VerifiedXml


class TransferMismatch(AxisError):
    code: ClassVar[str] = "relay.transfer-mismatch"
    vi: ClassVar[str] = "Phiếu chuyển không khớp: {what}"
    en: ClassVar[str] = "The transfer record does not fit: {what}"


class HubNotOnLine(AxisError):
    code: ClassVar[str] = "relay.hub-not-on-line"
    vi: ClassVar[str] = "Theo danh mục, {sender} không thuộc trục {hub}"
    en: ClassVar[str] = "By the directory, {sender} is not served by hub {hub}"
    remedy_vi: ClassVar[str] = "Quản trị hai trục đối chiếu danh mục"
    remedy_en: ClassVar[str] = "The operators of both hubs compare their directories"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A transfer record that the peer sealed, and the documents that it names."""

    record: TransferRecord
    document: Document
    acceptance: Document
    bindings: tuple[Document, ...]
    trace: tuple[Document, ...]
    """Earlier transfer records, oldest first."""
    heard: Heard
    """Whose seal is under the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    acceptance: Evidence
    binding: authority.SealedBinding
    heard: tuple[Heard, ...]
    """Whose seals are under the acceptance and the trace."""


def gather(record: TransferRecord, document: Document, documents: Sequence[Document], *, heard: Heard) -> Brought:
    """The documents by what the record says they are, whatever the peer called them.

    Raises:
        DocumentMissing: one is not there.
    """
    by_digest = {one.sha256: one for one in documents}

    def pick(sha256: str, kind: DocumentKind) -> Document:
        return replace(authority.pick(by_digest, sha256), kind=kind)

    return Brought(
        record=record,
        heard=heard,
        document=replace(document, kind=DocumentKind.TRANSFER),
        acceptance=pick(record.acceptance_sha256, DocumentKind.EVIDENCE),
        bindings=tuple(pick(sha256, DocumentKind.BINDING) for sha256 in record.bindings),
        trace=tuple(pick(entry.sha256, DocumentKind.TRANSFER) for entry in record.trace),
    )


def vouch(world: World, directory: Directory, checked: Checked, brought: Brought) -> Vouched:
    """Raises a Refusal of a signature or path, TransferMismatch, HubNotOnLine, BeyondSubtree, PeerSealUnknown,
    SealNotBound.
    """
    acceptance, sealed = _acceptance(world, checked, brought)
    if not authority.is_on_line(directory, sender=checked.consignment.sender, hub=acceptance.issuer):
        raise HubNotOnLine(sender=checked.consignment.sender, hub=acceptance.issuer)
    authority.require_beneath(world, directory, sender=checked.consignment.sender, hub=acceptance.issuer)
    trace = _check_trace(world, brought)
    binding = _binding(world, checked, brought.bindings, hub=acceptance.issuer)
    return Vouched(acceptance=acceptance, binding=binding, heard=(sealed, *trace))


def _acceptance(world: World, checked: Checked, brought: Brought) -> tuple[Evidence, Heard]:
    """The first hub's SubmissionAcceptance: signed by the hub it names, about this very container."""
    record, consignment = brought.record, checked.consignment
    verified = authority.sealed_by_a_hub(world, brought.acceptance)
    evidence = read_evidence(verified.root)
    authority.require_hub(world, verified, evidence.issuer)
    fits: Mapping[str, bool] = {
        "acceptance": evidence.event is Event.SUBMISSION_ACCEPTANCE
        and evidence.consignment_id == consignment.id
        and evidence.container_sha256 == checked.container_sha256
        and evidence.sender == consignment.sender,
        "first hub": evidence.issuer == (record.trace[0].hub if record.trace else record.hub),
        "consignment": record.consignment_id == consignment.id,
        # consignment.xml alone decides who gets it.
        "recipients": set(record.recipients) <= set(evidence.recipients) & set(consignment.recipients),
    }
    for what, fit in fits.items():
        if not fit:
            raise TransferMismatch(what=what)
    return evidence, _heard(brought.acceptance, verified)


def _check_trace(world: World, brought: Brought) -> tuple[Heard, ...]:
    """Each earlier record is its hub's, leads to the next hub, and had the same trace up to itself."""
    record, heard = brought.record, []
    following = (*(entry.hub for entry in record.trace[1:]), record.hub)
    for index, (entry, document) in enumerate(zip(record.trace, brought.trace, strict=True)):
        verified = authority.sealed_by_a_hub(world, document)
        earlier = read_transfer(verified.root)
        authority.require_hub(world, verified, entry.hub)
        fits = (
            earlier.hub == entry.hub
            and earlier.peer == following[index]
            and earlier.trace == record.trace[:index]
            and earlier.consignment_id == record.consignment_id
            and earlier.container_sha256 == record.container_sha256
            and earlier.acceptance_sha256 == record.acceptance_sha256
            and set(record.recipients) <= set(earlier.recipients)
        )
        if not fits:
            raise TransferMismatch(what="trace")
        heard.append(_heard(document, verified))
    return tuple(heard)


def _heard(document: Document, verified: VerifiedXml) -> Heard:
    return Heard(sha256=document.sha256, signer=verified.signer, use=RootUse.HUB_SEAL)


def _binding(world: World, checked: Checked, documents: Sequence[Document], *, hub: str) -> authority.SealedBinding:
    """The binding, sealed by the first hub, that lets this certificate seal for this sender.

    Raises:
        SealNotBound: none of the documents is one.
    """
    sender, at = checked.consignment.sender, world.issuer.now()
    for document in documents:
        verified = authority.sealed_by_a_hub(world, document)
        binding = read_binding(verified.root)
        if binding.hub != hub:
            continue
        authority.require_hub(world, verified, hub)
        fits = binding.fingerprint == checked.signer.fingerprint and binding.use in authority.seal_uses(checked)
        # A binding is judged at the time of sealing: a letter under way outlives a change of seals.
        current = binding.valid_from <= at and checked.signing_time < binding.valid_to
        if fits and current and sender in binding.codes:
            return authority.SealedBinding(binding=binding, sha256=document.sha256, document=document.content)
    raise authority.SealNotBound(where="META-INF/signatures0.xml", sender=sender)
