"""What happened to letters after they were sent, counted afterwards from the senders' own disks.

Evidence counts when its signature was verified, as in `count`; and what hubs say of a letter is asked of the disk of
its sender alone, because that is where it has to arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from exchange_axis.demo.count import ACCEPTED, Contents
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from signing.pdf_verdict import Verdict, worst

ISSUED_LATE = "deadline.issue-late"
"""The hub's verdict on a letter for which K1 was over when it took it in."""
REPLACES_PAPER = "standing.replaces-paper"
_PDF = "pdf."
Pair = tuple[str, str]
"""(Consignment id, recipient)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The first hub's word on a letter's PDF and what follows from it (Decision 28/2018/QĐ-TTg)."""

    verdict: Verdict | None
    """The worst of its files; None: nobody could say."""
    replaces_paper: bool

    @classmethod
    def of(cls, codes: Collection[str]) -> Self:
        found = [one for one in Verdict if f"{_PDF}{one.value}" in codes]
        return cls(verdict=worst(found) if found else None, replaces_paper=REPLACES_PAPER in codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    accepted_by_readers: int
    """Deliveries answered with 03."""
    receiver_refusals: int
    """Deliveries answered with 02."""
    recalls: int
    """Letters that an accepted letter of kind 1 recalls."""
    take_backs: int
    """Deliveries that were asked back (13) and given back (15, or withdrawn before handover)."""
    replacements: int
    """Letters that an accepted letter of kind 3 replaces."""
    late: frozenset[str]
    """Consignment ids of the letters whose acceptance says that they were issued late (K1)."""
    papers: Mapping[str, Paper]
    """What the acceptance says of the PDF of each letter, by consignment id."""

    @property
    def replace_paper(self) -> int:
        """Letters that take the place of paper."""
        return sum(one.replaces_paper for one in self.papers.values())


def live(disks: Sequence[Contents], verdicts: Mapping[str, Collection[str]]) -> Life:
    """
    Args:
        verdicts: verdict codes of the evidence whose signature was verified, by SHA-256 of the document.
    """
    gone = told(disks, verdicts, Event.CONSENTED) | told(disks, verdicts, Event.WITHDRAWN)
    acceptances = [
        receipt
        for disk, mine in _senders(disks)
        for receipt in disk.receipts
        if receipt.event is Event.SUBMISSION_ACCEPTANCE and receipt.consignment_id in mine
    ]
    return Life(
        accepted_by_readers=len(told(disks, verdicts, Event.ACCEPTED)),
        receiver_refusals=len(told(disks, verdicts, Event.REFUSED)),
        recalls=len(_amended(disks, BusinessKind.REVOKE)),
        take_backs=len(told(disks, verdicts, Event.TAKE_BACK) & gone),
        replacements=len(_amended(disks, BusinessKind.REPLACE)),
        late=frozenset(one.consignment_id for one in acceptances if ISSUED_LATE in verdicts.get(one.sha256, ())),
        papers={one.consignment_id: Paper.of(verdicts[one.sha256]) for one in acceptances if one.sha256 in verdicts},
    )


def unreported(disks: Sequence[Contents], verified: Collection[str]) -> list[Pair]:
    """Deliveries of recalled letters that have neither the recipient's report (15) nor a withdrawal at the sender."""
    recalled = _amended(disks, BusinessKind.REVOKE)
    gone = told(disks, verified, Event.CONSENTED) | told(disks, verified, Event.WITHDRAWN)
    return sorted(
        (sent.consignment_id, recipient)
        for disk in disks
        for sent in disk.sent
        if sent.consignment_id in recalled
        for recipient in sent.recipients
        if (sent.consignment_id, recipient) not in gone
    )


def told(disks: Sequence[Contents], verified: Collection[str], event: Event) -> set[Pair]:
    """The deliveries for which this came back to the sender."""
    return {
        (receipt.consignment_id, recipient)
        for disk, mine in _senders(disks)
        for receipt in disk.receipts
        if receipt.event is event and receipt.consignment_id in mine and receipt.sha256 in verified
        for recipient in receipt.recipients
    }


def _senders(disks: Sequence[Contents]) -> Iterator[tuple[Contents, frozenset[str]]]:
    """Every disk with the letters sent from there."""
    for disk in disks:
        yield disk, frozenset(sent.consignment_id for sent in disk.sent)


def _amended(disks: Sequence[Contents], kind: BusinessKind) -> frozenset[str]:
    """The letters that an accepted letter of that kind is about."""
    return frozenset(
        sent.about
        for disk in disks
        for sent in disk.sent
        if sent.kind is kind and sent.state == ACCEPTED and sent.about is not None
    )
