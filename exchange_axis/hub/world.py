"""What every use case of the hub works with. Built once by the wiring, handed to each service.

The trust anchors, the calendar and the directory may be reloaded while the hub runs, so they are asked for, not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from exchange_axis.domain.bulletin import Destination
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import BulkHours
from exchange_axis.domain.tracing import NO_TRACES, Tracer
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.issue import Issuer
from exchange_axis.pipeline.meters import Meters
from exchange_axis.pipeline.people_world import PeopleSettings
from exchange_axis.pipeline.trusting import TrustPlace
from exchange_axis.ports import Clock, Courier, Rng, Wanted
from exchange_axis.store.blobs import BlobStore
from exchange_axis.store.transactions import Transactions
from signing.trust import TrustAnchors


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one peer may ask for; beyond it the answer is 429 with Retry-After."""

    submissions_a_second: float = 50.0
    submissions_at_once: float = 1_000.0
    refusals_a_minute: float = 12.0
    """Refused submissions: each leaves a signed, logged rejection."""
    refusals_at_once: float = 100.0
    bytes_a_day: float = 0.0
    """Of containers; 0: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days that each class is kept (R98); see `hub.retention` for what is disposed of."""

    dispose: bool = False
    """Whether the hub disposes of what is due by itself."""
    payload: int = 90
    metadata: int = 3_650
    evidence: int = 3_650
    """At least; it is never disposed of."""
    access_log: int = 3_650
    """At least; reads and changes are entries of the log."""

    def of(self, name: str) -> timedelta:
        return timedelta(days=getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    id: str
    """Hub id, also the common name of its seal certificate."""
    name: str
    origin: str
    """Origin line of the log's checkpoints."""
    parent: str | None = None
    """Peer id of the hub above, None at the top."""
    lease: timedelta = timedelta(seconds=60)
    """How long a shipment is lent to the peer that fetches it."""
    upload_life: timedelta = timedelta(days=2)
    """An upload untouched for so long is dropped."""
    max_upload: int = 2 * 1024**3
    """Bytes of one container."""
    max_open_uploads: int = 64
    """Uploads a peer may have under way at once."""
    take_back_limit: timedelta = timedelta(days=30)
    """How long after it was sent a letter may be taken back; a recall has no such end."""
    rates: Rates = Rates()
    hoa_toc_an_hour: int = 20
    """Letters of one sender that go as hỏa tốc in an hour; further ones go as thượng khẩn (design: lanes)."""
    bulk: BulkHours | None = None
    """When large ordinary letters go up and come down; None: at any time. What is under way when the hours end goes on.
    """
    revocation_grace: timedelta = timedelta(hours=4)
    """How long an acceptance may stand whose seal's revocation was not checked; then the operator is told."""
    revocation_max_age: timedelta = timedelta(hours=24)
    """Of a CRL or OCSP answer at the time of acceptance."""
    checkpoint_age: timedelta = timedelta(minutes=5)
    """How long evidence may wait for a checkpoint before the hub is not ready (design: the log)."""
    trust_approvers: int = 2
    """Two: whoever proposes a change of roots or a trust list cannot approve it."""
    approval_proof: ApprovalProof = ApprovalProof.AUTO
    checkpoint_every: timedelta = timedelta(seconds=1)
    """Pause between two runs of the sequencer; the design allows 60 s at most."""
    timestamped: bool = True
    """Whether anybody stamps checkpoints; where nobody does, none is missed."""
    timestamp_every: timedelta = timedelta(hours=1)
    """Least time between two time-stamps over checkpoints."""
    retention: Retention = Retention()
    bulletins: tuple[Destination, ...] = ()
    """Who is told outside the machine that something is wrong here."""
    witnesses_needed: int = 0
    """Cosignatures that are enough, where the trust list in force does not say so; 0: nobody has said, one is waited
    for."""
    witness_patience: timedelta = timedelta(seconds=10)
    """After so long a proof is given with the cosignatures that there are."""


class LogMemory(Protocol):
    """Where the newest signed checkpoint is kept outside the database; may lag behind it, never runs ahead of it."""

    def read(self) -> bytes | None: ...

    def write(self, note: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    settings: HubSettings
    transactions: Transactions
    blobs: BlobStore
    anchors: Callable[[], TrustAnchors]
    calendar: Callable[[], WorkingCalendar]
    issuer: Issuer
    clock: Clock
    guard: ClockGuard
    rng: Rng
    staging: Path
    """Folder for bytes that are not yet accepted, on the same disk as the blobs."""
    log_memory: LogMemory | None = None
    trust: TrustPlace = field(default_factory=TrustPlace)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    tracer: Tracer = NO_TRACES
    couriers: Mapping[str, Courier] = field(default_factory=dict)
    """By the name of the destination in `settings.bulletins`."""
    meters: Meters = field(init=False)
    """What this process counts of its work."""
    files: FileTools | None = None
    """What looks into the files of letters; None: nobody does, and no word is said about them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "meters", Meters(self.clock))

    def wanted(self, least: Lane = Lane.THUONG) -> Wanted:
        """What may go to the hub above now and come from it, of this lane and those above it."""
        bulk = self.settings.bulk
        if bulk is None or bulk.is_open(self.clock.now()):
            return Wanted(least=least)
        return Wanted(least=least, bulk_above=bulk.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A whole container in the staging folder; its digest was taken while it arrived."""

    path: Path
    sha256: str
    size: int
