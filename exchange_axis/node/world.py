"""What every use case of the node works with. Built once by the wiring, handed to each service.

Keys, trust anchors, calendar and the served agencies may be reloaded while the node runs; anchors and calendar are
asked for, not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate

from exchange_axis.domain.bulletin import Destination
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import BulkHours
from exchange_axis.domain.retry import TIME_TO_LIVE
from exchange_axis.domain.tracing import NO_TRACES, Tracer
from exchange_axis.domain.trust_list import HeardList
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.ledger.note import NoteVerifier, read_vkey
from exchange_axis.ledger.roll import follow
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.people_world import PeopleSettings
from exchange_axis.pipeline.trusting import TrustPlace
from exchange_axis.ports import Clock, Courier, DossierSource, Rng, Wanted
from exchange_axis.store.blobs import BlobStore
from exchange_axis.store.node.unit import NodeStore, NodeUnit
from exchange_axis.wire.times import cut
from signing.keys import Signer
from signing.trust import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    node_id: str
    hub_id: str
    """The hub this node is enrolled at; answers and transfer records must be its own."""
    hub_seal: str | None = None
    """Fingerprint of the seal that this hub had at enrolment."""
    agencies: Mapping[str, str]
    """Canonical code to official name of each agency served here."""
    staging: Path
    """Folder for what is under way, on the same disk as the blobs; may be emptied while the node is stopped."""
    time_to_live: timedelta = TIME_TO_LIVE
    """How long a letter may take; its expiry is counted from sending."""
    status_time_to_live: timedelta = timedelta(days=3650)
    """Of statuses: handover is a fact that is recorded however late."""
    line_pause: timedelta = timedelta(seconds=30)
    """Longest pause before a hub that did not answer is tried again."""
    poll_wait: timedelta = timedelta(seconds=25)
    """How long a request for mail or events is held open."""
    idle_pause: timedelta = timedelta(seconds=1)
    """Between two looks into an empty queue, if nobody wakes the agent before."""
    feed_pause: timedelta = timedelta(milliseconds=100)
    """After a reading of the feed that brought something: under load, news then comes in fewer and larger batches."""
    proof_pause: timedelta = timedelta(seconds=1)
    """Before a log proof is asked for; the pause doubles with each question, up to a minute."""
    proof_alarm: timedelta = timedelta(minutes=5)
    """Evidence without a log proof for so long raises an alarm (design: the log)."""
    bulk: BulkHours | None = None
    """When large ordinary letters may go and come; None: at any time. What is under way when the hours end goes on."""
    approval_proof: ApprovalProof = ApprovalProof.AUTO
    """Whether who proposes or approves an erasure proves himself."""
    directory_pause: timedelta = timedelta(minutes=5)
    """Between two questions for a newer directory."""
    bulletins: tuple[Destination, ...] = ()
    """Who is told outside the machine that there is mail."""
    answer_unaccepted: bool = True
    """Whether the node answers recall, take-back and update by itself while no clerk has accepted the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWorld:
    settings: NodeSettings
    store: NodeStore
    blobs: BlobStore
    seals: Mapping[str, Signer]
    """Agency seal by canonical code."""
    node_seal: Signer
    anchors: Callable[[], TrustAnchors]
    calendar: Callable[[], WorkingCalendar]
    clock: Clock
    rng: Rng
    trust: TrustPlace = field(default_factory=TrustPlace)
    files: FileTools | None = None
    """What looks into the files of letters; None: nobody does."""
    tls: Certificate | None = None
    """That of the connection to the hub, for the watch over ends."""
    people: PeopleSettings = field(default_factory=PeopleSettings)
    tracer: Tracer = NO_TRACES
    log: NoteVerifier | None = None
    """The hub's log key; without it proofs are kept as they come and judged by whoever has the key."""

    hub_dossiers: DossierSource | None = None
    """Gets the hub's dossiers; None: there are only our own."""
    couriers: Mapping[str, Courier] = field(default_factory=dict)
    """By the name of the destination in `settings.bulletins`."""
    within_codes: frozenset[str] | None = None
    """The agencies of whoever asks; None: all that are served here."""

    def within(self, codes: frozenset[str]) -> NodeWorld:
        """The same world for somebody who sees and acts for these agencies only: no other is served in it."""
        served = {code: name for code, name in self.settings.agencies.items() if code in codes}
        return replace(
            self,
            settings=replace(self.settings, agencies=served),
            store=self.store.within(frozenset(served)),
            seals={code: seal for code, seal in self.seals.items() if code in served},
            within_codes=frozenset(served),
        )

    def now(self) -> datetime:
        """The node's time as documents carry it: milliseconds."""
        return cut(self.clock.now())

    def held_list(self) -> HeardList | None:
        """The trust list in force here."""

        def work(unit: NodeUnit) -> HeardList | None:
            newest = unit.trust_lists.newest()
            if newest is None:
                return None
            version, sha256 = newest
            return self.trust.cache.of(sha256, lambda: unit.trust_lists.document(version))

        return self.store.read(work)

    def logs(self) -> tuple[NoteVerifier, ...]:
        """Log keys of our hub: those in the trust list, the one given at enrolment, and what these changed to."""
        held = self.held_list()
        listed = () if held is None else held.value.logs_of(self.settings.hub_id)
        known = [read_vkey(one.vkey) for one in listed]
        followed = () if self.log is None else follow(self.log, self.trust.rolls())
        return tuple(dict.fromkeys([*known, *followed]))

    def wanted(self, least: Lane = Lane.THUONG) -> Wanted:
        """What may move now, of this lane and those above it."""
        bulk = self.settings.bulk
        if bulk is None or bulk.is_open(self.clock.now()):
            return Wanted(least=least)
        return Wanted(least=least, bulk_above=bulk.above)
