"""The hub as its faces see it: one bundle of use cases, and the work that runs without being asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509

from exchange_axis.domain.people import House
from exchange_axis.hub.apologies import Apologies
from exchange_axis.hub.asked_reminding import AskedReminding
from exchange_axis.hub.auditing import Auditing
from exchange_axis.hub.backing import Backing
from exchange_axis.hub.brought_proofs import BroughtProofs
from exchange_axis.hub.brought_stamps import BroughtStamps
from exchange_axis.hub.capacity import CapacityView
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.deadlines import Deadlines
from exchange_axis.hub.desk import RetryDesk
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.directory_desk import DirectoryDesk
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.dossiers import Dossiers
from exchange_axis.hub.feeds import Feeds
from exchange_axis.hub.files import Files
from exchange_axis.hub.fsck import LogCheck
from exchange_axis.hub.handing_back import HandingBack
from exchange_axis.hub.hurrying import Hurrying
from exchange_axis.hub.inquiry import Inquiry, inquiry_of
from exchange_axis.hub.intake import Intake
from exchange_axis.hub.inviting import Inviting
from exchange_axis.hub.limits import Limits
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.log_peers import LogKeys
from exchange_axis.hub.log_repair import LogRepair
from exchange_axis.hub.metering import Metering
from exchange_axis.hub.own_keys import KeyRoom, OwnKeys
from exchange_axis.hub.own_list import OwnList
from exchange_axis.hub.pending import PendingView
from exchange_axis.hub.presence import Presence
from exchange_axis.hub.readiness import HubReadiness
from exchange_axis.hub.registry import Registry
from exchange_axis.hub.relay import Relay
from exchange_axis.hub.reminding import Reminding
from exchange_axis.hub.reports import Reports
from exchange_axis.hub.resending import Resending
from exchange_axis.hub.retention import Keeping, keeping_of
from exchange_axis.hub.returns import Returns
from exchange_axis.hub.roots import RootFiles, Roots
from exchange_axis.hub.rotating import Rotation
from exchange_axis.hub.rotation_desk import RotationDesk
from exchange_axis.hub.silence import SilenceWatch
from exchange_axis.hub.stamping import Stamps
from exchange_axis.hub.standing import Standing
from exchange_axis.hub.statuses import Statuses
from exchange_axis.hub.succession import AuthorityRoom, Succession
from exchange_axis.hub.tallying import Tallies
from exchange_axis.hub.tiling import Tiling
from exchange_axis.hub.time_stamping import TimestampDesk
from exchange_axis.hub.traffic import Traffic
from exchange_axis.hub.tray import Tray
from exchange_axis.hub.trusting import TrustLists
from exchange_axis.hub.uploads import Uploads
from exchange_axis.hub.watch import CertificateWatch
from exchange_axis.hub.witness import Witness
from exchange_axis.hub.world import World
from exchange_axis.ledger.cosignature import Cosigner
from exchange_axis.ledger.note import KeySigner
from exchange_axis.pipeline.approvals import Approvals
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.pipeline.staff import Ground, Staff, staff_of
from exchange_axis.store.hub.people import HubPeople
from signing.certificates import Authority, certificate_pem
from signing.timestamp_service import TimestampService


@dataclass(frozen=True, slots=True, kw_only=True)
class HubKeys:
    """What the hub needs besides its seal, which the issuer holds."""

    office: Authority
    """The authority that issues certificates to peers."""
    log: KeySigner
    witness: Cosigner | None
    """Cosigns checkpoints of the hubs above and below; without it this hub is nobody's witness."""
    time_stamping: TimestampService | None = None
    """The hub's own service, where it has a key for one."""
    anchors_pem: tuple[str, ...]
    """Roots that peers are given at enrolment."""
    url: str
    """Where peers reach this hub."""
    root_files: RootFiles | None = None
    """Where trusted roots lie."""
    former_offices: tuple[Authority, ...] = ()
    """Authorities before the office, which go on signing their lists."""
    authorities: AuthorityRoom | None = None
    """Where roots lie, and the next one is made."""
    room: KeyRoom | None = None
    """Where the keys of the hub's own lie, and are made."""
    own: Mapping[str, x509.Certificate] = field(default_factory=dict)
    """The hub's own certificates by what they are for; they are watched, like those of its peers."""


class Hub:
    """Each use case is made once, from the world and from those it needs; `assemble` makes them all."""

    def __init__(self, world: World, keys: HubKeys) -> None:
        self.world = world
        self._keys = keys

    @cached_property
    def directory(self) -> DirectoryService:
        return DirectoryService(self.world)

    @cached_property
    def directory_desk(self) -> DirectoryDesk:
        return DirectoryDesk(self.world, self.directory)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.world)

    @cached_property
    def files(self) -> Files:
        return Files(self.world, self.standing)

    @cached_property
    def intake(self) -> Intake:
        return Intake(self.world, self.directory, Statuses(self.world), self.limits, files=self.files)

    @cached_property
    def relay(self) -> Relay:
        return Relay(self.world, self.directory)

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.world)

    @cached_property
    def returns(self) -> Returns:
        return Returns(self.world, self.asked_reminding)

    @cached_property
    def tray(self) -> Tray:
        return Tray(self.world, self.returns)

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(self.world)

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.world, self.intake, self.relay, self.limits)

    @cached_property
    def resending(self) -> Resending:
        return Resending(self.world, self.directory)

    @cached_property
    def hurrying(self) -> Hurrying:
        return Hurrying(self.world)

    @cached_property
    def handing_back(self) -> HandingBack:
        return HandingBack(self.world)

    # Who may speak, and by which keys

    @cached_property
    def registry(self) -> Registry:
        keys = self._keys
        return Registry(
            self.world,
            keys.office,
            anchors=self._anchors,
            vkeys=LogKeys(log=keys.log.verifier, witness=None if keys.witness is None else keys.witness.witness),
            url=keys.url,
            trust_signer=self.trust_lists.signer,
        )

    def _anchors(self) -> tuple[str, ...]:
        """PEM of the roots that peers are given."""
        if not self.succession.is_possible:
            return self._keys.anchors_pem
        return tuple(certificate_pem(root).decode("ascii") for root in self.succession.given())

    @cached_property
    def succession(self) -> Succession:
        return Succession(self.world, self.roots, self._keys.authorities)

    def use_office(self, office: Authority, former: Sequence[Authority]) -> None:
        """Another authority issues from now on; those before it go on signing their lists."""
        self.own_list.use_offices(office, former)  # first: who checks a new certificate finds its list
        self.registry.use_office(office)
        self.watch.renew("authority", office.certificate)

    @cached_property
    def inviting(self) -> Inviting:
        return Inviting(self.world, self.registry)

    @cached_property
    def pending(self) -> PendingView:
        return PendingView(self.world, self.directory_desk, self.inviting)

    @cached_property
    def rotation(self) -> Rotation:
        return Rotation(self.world, self.registry)

    @cached_property
    def rotation_desk(self) -> RotationDesk:
        return RotationDesk(self.world, self.rotation)

    @cached_property
    def trust_lists(self) -> TrustLists:
        witness, succession = self._keys.witness, self.succession
        return TrustLists(
            self.world,
            self._keys.log.verifier.vkey,
            witness=None if witness is None else witness.witness.vkey,
            own_roots=succession.given if succession.is_possible else tuple,
        )

    @cached_property
    def own_list(self) -> OwnList:
        return OwnList(self.world, self._keys.office, self._keys.former_offices)

    @cached_property
    def standing(self) -> Standing:
        return Standing(self.world, self.own_list)

    @cached_property
    def watch(self) -> CertificateWatch:
        return CertificateWatch(self.world, own=self._keys.own)

    @cached_property
    def own_keys(self) -> OwnKeys:
        return OwnKeys(self.world, self._keys.room, self.watch)

    @cached_property
    def roots(self) -> Roots:
        return Roots(self.world, self._keys.root_files)

    @cached_property
    def staff(self) -> Staff:
        ground = Ground(clock=self.world.clock, rng=self.world.rng, folder=self.world.staging.parent)
        return staff_of(House.HUB, HubPeople(self.world.transactions), ground, self.world.people)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(self.staff, self.world.settings.approval_proof)

    # The log

    @cached_property
    def log_guard(self) -> LogGuard:
        return LogGuard(self.world, self._keys.log.verifier)

    @cached_property
    def log(self) -> Log:
        return Log(self.world, self._keys.log, self.log_guard)

    @cached_property
    def log_repair(self) -> LogRepair:
        return LogRepair(self.world, self._keys.log)

    @cached_property
    def log_check(self) -> LogCheck:
        return LogCheck(self.world, self._keys.log.verifier, self.log_guard)

    @cached_property
    def tiling(self) -> Tiling:
        return Tiling(self.world)

    @cached_property
    def witness(self) -> Witness:
        return Witness(self.world, self._keys.witness)

    @cached_property
    def stamps(self) -> Stamps:
        return Stamps(self.world, self.tiling)

    @cached_property
    def time_stamping(self) -> TimestampDesk:
        world = self.world
        return TimestampDesk(self._keys.time_stamping, clock=world.clock, rng=world.rng, guard=world.guard)

    @cached_property
    def brought(self) -> BroughtProofs:
        return BroughtProofs(self.world, self.log, self.auditing)

    @cached_property
    def brought_stamps(self) -> BroughtStamps:
        return BroughtStamps(self.world, self.stamps, self.brought.keys)

    # Who asks what happened

    @cached_property
    def auditing(self) -> Auditing:
        return Auditing(self.world, self.deadlines)

    @cached_property
    def inquiry(self) -> Inquiry:
        return inquiry_of(self.world, self.clockwork, self.directory, auditing=self.auditing, reports=self.reports)

    @cached_property
    def dossiers(self) -> Dossiers:
        backing = Backing(self.world, self.stamps, self.own_list, self.time_stamping, elsewhere=self.brought_stamps)
        return Dossiers(self.world, self.log, self.directory, backing, brought=self.brought)

    @cached_property
    def readiness(self) -> HubReadiness:
        return HubReadiness(self.world, self.log, self.log_guard, self._keys.own)

    @cached_property
    def metering(self) -> Metering:
        return Metering(self.world, self.log, self.log_guard, presence=self.presence, watch=self.watch)

    @cached_property
    def tallies(self) -> Tallies:
        return Tallies(self.world)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self.world, self.log, self.dossiers)

    # What time brings

    @cached_property
    def clockwork(self) -> Clockwork:
        return Clockwork(self.world)

    @cached_property
    def deadlines(self) -> Deadlines:
        return Deadlines(self.world, self.clockwork, self.directory)

    @cached_property
    def reminding(self) -> Reminding:
        return Reminding(self.world, self.clockwork, self.directory)

    @cached_property
    def asked_reminding(self) -> AskedReminding:
        return AskedReminding(self.world, self.clockwork)

    @cached_property
    def apologies(self) -> Apologies:
        return Apologies(self.world, self.clockwork, self.deadlines, directory=self.directory)

    @cached_property
    def keeping(self) -> Keeping:
        return keeping_of(self.world, self.uploads)

    @cached_property
    def presence(self) -> Presence:
        return Presence(self.world)

    @cached_property
    def silence(self) -> SilenceWatch:
        return SilenceWatch(self.world, self.presence)

    @cached_property
    def desk(self) -> RetryDesk:
        return RetryDesk(self.world, self.presence, self.uplink)

    @cached_property
    def capacity(self) -> CapacityView:
        return CapacityView(self.world, self.traffic)

    @cached_property
    def traffic(self) -> Traffic:
        return Traffic(self.world, self.presence, self.uplink, self.log_guard)

    @cached_property
    def uplink(self) -> PeerLine | None:
        return PeerLine(self.world.clock, self.world.rng) if self.world.settings.parent else None

    def housekeeping(self) -> int:
        """How much one round of what time brings did: clocks, reminders, expiry, stale uploads, parked returns."""
        done = self.rotation.own_seal() + self.log.sequence()
        if not self.world.guard.verdict().right:
            return done  # whatever else time brings is not judged by a wrong clock
        done += self.clockwork.follow() + self.inquiry.trailing.follow() + self.dispatch.expire()
        done += self.reminding.remind() + self.reminding.settle() + self.uploads.sweep()
        done += self.returns.retry() + self.tray.look_again() + self.brought.alarm()
        done += self.keeping.erasing.finish() + self.keeping.retention.round() + self.presence.flush()
        return done + self.silence.look()

    def close(self) -> None:
        self.world.transactions.close()
        self.world.blobs.close()


def assemble(world: World, keys: HubKeys) -> Hub:
    """A hub whose use cases are all there before its first thread asks for one; no work is done here."""
    hub = Hub(world, keys)
    for name in (name for name, part in vars(Hub).items() if isinstance(part, cached_property)):
        getattr(hub, name)
    return hub
