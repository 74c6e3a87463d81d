"""What is on this node's own disk, read again and checked by digest: the ground truth of "lost" and "duplicated".

Reads the node's store and blobs only; no hub, no network, no trust in what a list says about itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.store.blobs import BlobStore
from exchange_axis.store.errors import BlobError
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.store.node.unit import NodeStore, NodeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredCopy:
    """One letter as one reader here is shown it."""

    sender: str
    consignment_id: str
    recipient: str
    container_sha256: str
    present: bool
    """True when the container's bytes are here and have that digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReceipt:
    """One piece of evidence with its bytes."""

    evidence_id: str
    event: Event
    issuer: str
    sender: str
    recipients: tuple[str, ...]
    consignment_id: str
    container_sha256: str
    recorded_at: datetime
    sha256: str
    document: bytes
    intact: bool
    """True when the bytes have that digest."""
    proof: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A letter sent from here, by its local receipt."""

    consignment_id: str
    sender: str
    recipients: tuple[str, ...]
    title: str
    container_sha256: str
    state: str
    """queued, accepted, refused."""
    kind: BusinessKind
    about: str | None
    """Id of the earlier letter that it recalls, updates, replaces or sends again."""
    present: bool


def delivered(store: NodeStore, blobs: BlobStore) -> tuple[DeliveredCopy, ...]:
    """Every inbox row, each with its container read back."""
    rows = store.read(lambda unit: unit.inbox.letters(limit=None))
    return tuple(
        DeliveredCopy(
            sender=row.sender,
            consignment_id=row.consignment_id,
            recipient=row.recipient,
            container_sha256=row.container_sha256,
            present=is_present(blobs, row.container_sha256),
        )
        for row in rows
    )


def receipts(store: NodeStore) -> tuple[KeptReceipt, ...]:
    """All evidence here, in the order in which it came."""

    def work(unit: NodeUnit) -> tuple[KeptReceipt, ...]:
        found = []
        for row in unit.records.evidence():
            document = unit.records.document(row.sha256)
            content = b"" if document is None else document.content
            found.append(
                KeptReceipt(
                    evidence_id=row.id,
                    event=row.event,
                    issuer=row.issuer,
                    sender=row.sender,
                    recipients=row.recipients,
                    consignment_id=row.consignment_id,
                    container_sha256=row.container_sha256,
                    recorded_at=row.recorded_at,
                    sha256=row.sha256,
                    document=content,
                    intact=hashlib.sha256(content).hexdigest() == row.sha256,
                    proof=row.proof,
                )
            )
        return tuple(found)

    return store.read(work)


def sent(store: NodeStore, blobs: BlobStore) -> tuple[SentLetter, ...]:
    """Every letter of the outbox, refused ones included."""

    def work(unit: NodeUnit) -> list[tuple[OutboxRow, tuple[str, ...]]]:
        return [
            (row, tuple(one.recipient for one in unit.outbox.addressees(row.consignment_id)))
            for row in unit.outbox.letters(limit=None)
            if row.kind is ConsignmentClass.LETTER
        ]

    return tuple(
        SentLetter(
            consignment_id=row.consignment_id,
            sender=row.sender,
            recipients=recipients,
            title=row.title,
            container_sha256=row.container_sha256,
            state=row.state.value,
            kind=row.business_kind,
            about=row.in_reply_to,
            present=is_present(blobs, row.container_sha256),
        )
        for row, recipients in store.read(work)
    )


def is_present(blobs: BlobStore, sha256: str) -> bool:
    """True when the blob reads whole and its plaintext has the digest that names it."""
    digest = hashlib.sha256()
    try:
        with blobs.open(sha256) as blob:
            for chunk in blob.chunks():
                digest.update(chunk)
    except BlobError:
        return False
    return digest.hexdigest() == sha256
