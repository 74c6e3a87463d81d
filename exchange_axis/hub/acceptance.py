"""A checked letter on its way into the store, with everything that travels beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.transfer import TraceEntry
from exchange_axis.hub import seals
from exchange_axis.hub.authority import SealedBinding
from exchange_axis.hub.planning import Leg
from exchange_axis.hub.verdicts import Report
from exchange_axis.hub.world import Received
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.pipeline.issue import SealedEvidence
from exchange_axis.ports import Document
from exchange_axis.store.hub import peers
from schemas.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What is needed to accept: the checked container and everything that travels beside it."""

    checked: Checked
    received: Received
    upstream: peers.PeerRow
    binding: SealedBinding
    acceptance: Document
    """The SubmissionAcceptance: ours, or the first hub's."""
    acceptance_id: str
    accepted_at: datetime
    """When the first hub accepted it."""
    judged: int
    """The newest decision (directory, peers, permissions) when authority and routes were judged."""
    legs: tuple[Leg, ...]
    amended: frozenset[str] | None = None
    """Letters that it amends and against which it was judged; None: not judged so, by the hubs after the first."""
    trace: tuple[TraceEntry, ...] = ()
    """Hops so far, the record that brought it here included."""
    transfers: tuple[Document, ...] = ()
    heard: tuple[seals.Heard, ...] = ()
    """Transfer records of the trace, and whose seals are under what came beside the letter."""
    answers: tuple[SealedEvidence, ...] = ()
    """Evidence of ours that answers the peer: acceptance or relay evidence; stored and logged with the rest."""
    relayed: str | None = None
    """SHA-256 of the transfer record answered, for a relay."""
    findings: tuple[Finding, ...] = ()
    files: FilesReport | None = None
    """What the files are worth, where somebody has looked already."""
    report: Report | None = None
    """What was found, as it is kept."""
    lane: Lane | None = None
    """The lane from here on: a quota may lower it, and the transfer record of the hub before says it."""

    @property
    def carried(self) -> Lane:
        """A hub may lower the signed lane, never raise it."""
        signed = self.checked.consignment.lane
        return signed if self.lane is None else max(signed, self.lane, key=lambda lane: lane.rank)
