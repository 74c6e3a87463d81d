"""The hub as its faces see it: one bundle of use cases, and the work that runs without being asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509

from exchange_axis.domain.people import House
from exchange_axis.hub.apologies import Apologies
from exchange_axis.hub.auditing import Auditing
from exchange_axis.hub.backing import Backing
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.deadlines import Deadlines
from exchange_axis.hub.desk import RetryDesk
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.dossiers import Dossiers
from exchange_axis.hub.feeds import Feeds
from exchange_axis.hub.files import Files
from exchange_axis.hub.fsck import LogCheck
from exchange_axis.hub.inquiry import Inquiry, inquiry_of
from exchange_axis.hub.intake import Intake
from exchange_axis.hub.limits import Limits
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.log_peers import LogKeys
from exchange_axis.hub.log_repair import LogRepair
from exchange_axis.hub.own_list import OwnList
from exchange_axis.hub.presence import Presence
from exchange_axis.hub.registry import Registry
from exchange_axis.hub.relay import Relay
from exchange_axis.hub.reminding import Reminding
from exchange_axis.hub.reports import Reports
from exchange_axis.hub.resending import Resending
from exchange_axis.hub.retention import Keeping, keeping_of
from exchange_axis.hub.returns import Returns
from exchange_axis.hub.roots import RootFiles, Roots
from exchange_axis.hub.rotating import Rotation
from exchange_axis.hub.silence import SilenceWatch
from exchange_axis.hub.stamping import Stamps
from exchange_axis.hub.standing import Standing
from exchange_axis.hub.statuses import Statuses
from exchange_axis.hub.tiling import Tiling
from exchange_axis.hub.time_stamping import TimestampDesk
from exchange_axis.hub.tray import Tray
from exchange_axis.hub.trusting import TrustLists
from exchange_axis.hub.uploads import Uploads
from exchange_axis.hub.watch import CertificateWatch
from exchange_axis.hub.witness import Witness
from exchange_axis.hub.world import World
from exchange_axis.ledger.cosignature import Cosigner
from exchange_axis.ledger.note import KeySigner
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.pipeline.staff import Ground, Staff, staff_of
from exchange_axis.store.hub.people import HubPeople
from signing.certificates import Authority
from signing.timestamp_service import TimestampService


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    world: World
    directory: DirectoryService
    files: Files
    intake: Intake
    relay: Relay
    dispatch: Dispatch
    returns: Returns
    tray: Tray
    feeds: Feeds
    uploads: Uploads
    limits: Limits
    registry: Registry
    trust_lists: TrustLists
    rotation: Rotation
    auditing: Auditing
    inquiry: Inquiry
    dossiers: Dossiers
    reports: Reports
    log: Log
    log_guard: LogGuard
    log_repair: LogRepair
    log_check: LogCheck
    witness: Witness
    clockwork: Clockwork
    deadlines: Deadlines
    reminding: Reminding
    apologies: Apologies
    keeping: Keeping
    presence: Presence
    desk: RetryDesk
    resending: Resending
    silence: SilenceWatch
    stamps: Stamps
    time_stamping: TimestampDesk
    standing: Standing
    watch: CertificateWatch
    roots: Roots
    staff: Staff
    uplink: PeerLine | None
    """The line to the hub above, where there is one."""

    @property
    def tiling(self) -> Tiling:
        """It keeps nothing."""
        return Tiling(self.world)

    def housekeeping(self) -> int:
        """One round of what time brings: leaves, clocks, reminders, expiry, stale uploads, parked returns, silence.

        Returns how much it did.
        """
        done = self.rotation.own_seal() + self.log.sequence()
        if not self.world.guard.verdict().right:
            return done  # whatever else time brings is not judged by a wrong clock
        done += self.clockwork.follow() + self.inquiry.trailing.follow() + self.dispatch.expire()
        done += self.reminding.remind() + self.reminding.settle() + self.uploads.sweep()
        done += self.returns.retry() + self.tray.look_again()
        done += self.keeping.erasing.finish() + self.keeping.retention.round()
        return done + self.presence.flush() + self.silence.look()

    def close(self) -> None:
        """Finish what the store was given and close it."""
        self.world.transactions.close()
        self.world.blobs.close()


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
    own: Mapping[str, x509.Certificate] = field(default_factory=dict)
    """The hub's own certificates by what they are for; they are watched, like those of its peers."""


def assemble(world: World, keys: HubKeys) -> Hub:
    """Put the use cases together; no work is done here."""
    directory, guard, limits = DirectoryService(world), LogGuard(world, keys.log.verifier), Limits(world)
    standing, presence, returns = Standing(world, OwnList(world, keys.office)), Presence(world), Returns(world)
    files, relay, log = Files(world, standing), Relay(world, directory), Log(world, keys.log, guard)
    clockwork, trust_lists = Clockwork(world), TrustLists(world, keys.log.verifier.vkey)
    intake, uplink = Intake(world, directory, Statuses(world), limits, files=files), _uplink(world)
    uploads, deadlines = Uploads(world, intake, relay, limits), Deadlines(world, clockwork, directory)
    reports = Reports(world, log, _dossiers(world, keys, log, directory))
    registry = _registry(world, keys, trust_lists)
    return Hub(
        world=world,
        directory=directory,
        files=files,
        intake=intake,
        relay=relay,
        dispatch=Dispatch(world),
        returns=returns,
        tray=Tray(world, returns),
        feeds=Feeds(world),
        uploads=uploads,
        limits=limits,
        registry=(registry := _registry(world, keys, trust_lists)),
        rotation=Rotation(world, registry),
        trust_lists=trust_lists,
        auditing=Auditing(world, deadlines),
        inquiry=inquiry_of(world, clockwork, directory, auditing=Auditing(world, deadlines), reports=reports),
        dossiers=reports.dossiers,
        reports=reports,
        log=log,
        log_guard=guard,
        log_repair=LogRepair(world, keys.log),
        log_check=LogCheck(world, keys.log.verifier, guard),
        witness=Witness(world, keys.witness),
        clockwork=clockwork,
        deadlines=deadlines,
        reminding=Reminding(world, clockwork, directory),
        apologies=Apologies(world, clockwork, deadlines),
        keeping=keeping_of(world, uploads),
        presence=presence,
        desk=RetryDesk(world, presence, uplink),
        resending=Resending(world, directory),
        silence=SilenceWatch(world, presence),
        stamps=Stamps(world, Tiling(world)),
        time_stamping=_desk(world, keys),
        standing=standing,
        watch=CertificateWatch(world, own=keys.own),
        roots=Roots(world, keys.root_files),
        staff=_staff(world),
        uplink=uplink,
    )


def _uplink(world: World) -> PeerLine | None:
    return PeerLine(world.clock, world.rng) if world.settings.parent else None


def _staff(world: World) -> Staff:
    ground = Ground(clock=world.clock, rng=world.rng, folder=world.staging.parent)
    return staff_of(House.HUB, HubPeople(world.transactions), ground, world.people)


def _desk(world: World, keys: HubKeys) -> TimestampDesk:
    return TimestampDesk(keys.time_stamping, clock=world.clock, rng=world.rng, guard=world.guard)


def _dossiers(world: World, keys: HubKeys, log: Log, directory: DirectoryService) -> Dossiers:
    stamps, own = Stamps(world, Tiling(world)), OwnList(world, keys.office)
    return Dossiers(world, log, directory, Backing(world, stamps, own, _desk(world, keys)))


def _registry(world: World, keys: HubKeys, trust_lists: TrustLists) -> Registry:
    return Registry(
        world,
        keys.office,
        anchors_pem=keys.anchors_pem,
        vkeys=LogKeys(log=keys.log.verifier, witness=None if keys.witness is None else keys.witness.witness),
        url=keys.url,
        trust_signer=trust_lists.signer,
    )
