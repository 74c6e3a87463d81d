"""What became of the letters, counted afterwards from the nodes' own disks: lost, duplicated, handed over, failed.

Rules of this file:
1. Nothing a hub stores is read. What was accepted is what the senders' own records say: the local receipt that the hub
   answered, and every SubmissionAcceptance that lies there.
2. A container counts as delivered when its bytes are on the recipient's disk and have the digest that was accepted.
3. Evidence counts when its signature was verified; failure and withdrawal are endings, a word without a seal is not.
4. A letter that was recalled or taken back after its handover is locked, not gone: its bytes are still asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.domain.letter import BusinessKind

ACCEPTED = "accepted"
"""State of an outbox row that the hub answered with an acceptance."""


class Sent(Protocol):
    """A letter in an outbox: the sender's local receipt."""

    @property
    def consignment_id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def container_sha256(self) -> str: ...
    @property
    def state(self) -> str:
        """queued, accepted or refused."""
        ...

    @property
    def kind(self) -> BusinessKind: ...
    @property
    def about(self) -> str | None:
        """Id of the earlier letter that it recalls, replaces or sends again."""
        ...


class Delivered(Protocol):
    """A letter in an inbox, as one reader is shown it."""

    @property
    def recipient(self) -> str: ...
    @property
    def consignment_id(self) -> str: ...
    @property
    def container_sha256(self) -> str: ...
    @property
    def present(self) -> bool:
        """The container's bytes are there and have that digest."""
        ...


class Kept(Protocol):
    """Evidence on a disk, with its bytes."""

    @property
    def evidence_id(self) -> str: ...
    @property
    def event(self) -> Event: ...
    @property
    def issuer(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def consignment_id(self) -> str: ...
    @property
    def container_sha256(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def document(self) -> bytes: ...
    @property
    def proof(self) -> bytes | None:
        """The log's proof file, where it has come."""
        ...


class Disk(Protocol):
    """The disk of one node at rest. Every call reads it anew."""

    def sent(self) -> Sequence[Sent]: ...

    def delivered(self) -> Sequence[Delivered]: ...

    def receipts(self) -> Sequence[Kept]: ...

    def statuses(self) -> Sequence[tuple[str, str, str]]:
        """(consignment id of the letter, agency that says it, status code) of what receivers told senders here."""
        ...

    def containers(self) -> frozenset[str]:
        """Digests of all containers here: letters sent and received, statuses said and heard."""
        ...

    def export(self, sha256: str, target: Path) -> None:
        """Write a container of `containers` to a new file.

        Raises:
            Refusal: its bytes are not here, or damaged.
        """
        ...


class OpenDisk(Protocol):
    def __call__(self, folder: Path, /) -> AbstractContextManager[Disk]:
        """The disk of the node in that data folder; the node is stopped, and nobody else may start it meanwhile."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was read from one disk."""

    node: str
    sent: Sequence[Sent]
    delivered: Sequence[Delivered]
    receipts: Sequence[Kept]
    statuses: Sequence[tuple[str, str, str]]

    @classmethod
    def of(cls, node: str, disk: Disk) -> Contents:
        return cls(
            node=node,
            sent=disk.sent(),
            delivered=disk.delivered(),
            receipts=disk.receipts(),
            statuses=disk.statuses(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    letters: int
    """Accepted consignments of class letter."""
    deliveries: int
    """Their (consignment, recipient) pairs."""
    handed_over: int
    failed: int
    withdrawn: int
    """Recalled or taken back before handover."""
    pending: int
    lost: int
    """Pairs with neither a byte-identical container at the recipient nor a signed ending at the sender."""
    duplicated: int
    """Containers that a reader is shown once too often."""


@dataclass(frozen=True, slots=True)
class _Pair:
    consignment_id: str
    recipient: str
    sha256: str


def count(disks: Sequence[Contents], verified: Collection[str]) -> Counts:
    """
    Args:
        verified: SHA-256 of the evidence documents whose signature was verified.
    """
    pairs: set[_Pair] = set()
    handed_over: set[_Pair] = set()
    failed: set[_Pair] = set()
    withdrawn: set[_Pair] = set()
    shown: Counter[tuple[str, str]] = Counter()
    whole: set[tuple[str, str]] = set()
    for disk in disks:
        receipts = [receipt for receipt in disk.receipts if receipt.sha256 in verified]
        mine = _accepted(disk.sent, receipts)
        pairs |= mine
        handed_over |= mine & _named(receipts, {Event.CONTENT_HANDOVER})
        failed |= mine & _named(receipts, FAILURES)
        withdrawn |= mine & _named(receipts, {Event.WITHDRAWN})
        for copy in disk.delivered:
            shown[copy.recipient, copy.container_sha256] += 1
            if copy.present:
                whole.add((copy.recipient, copy.container_sha256))
    withdrawn -= handed_over
    failed -= handed_over | withdrawn
    return Counts(
        letters=len({pair.consignment_id for pair in pairs}),
        deliveries=len(pairs),
        handed_over=len(handed_over),
        failed=len(failed),
        withdrawn=len(withdrawn),
        pending=len(pairs - handed_over - failed - withdrawn),
        lost=sum((pair.recipient, pair.sha256) not in whole for pair in pairs - failed - withdrawn),
        duplicated=sum(times - 1 for times in shown.values()),
    )


def _accepted(sent: Sequence[Sent], receipts: Sequence[Kept]) -> set[_Pair]:
    """By either record, so that a lost row or a lost receipt does not hide a lost letter."""
    rows = {
        _Pair(row.consignment_id, recipient, row.container_sha256)
        for row in sent
        if row.state == ACCEPTED
        for recipient in row.recipients
    }
    return rows | _named(receipts, {Event.SUBMISSION_ACCEPTANCE})


def _named(receipts: Sequence[Kept], events: Collection[Event]) -> set[_Pair]:
    return {
        _Pair(receipt.consignment_id, recipient, receipt.container_sha256)
        for receipt in receipts
        if receipt.event in events
        for recipient in receipt.recipients
    }
