"""The one place where a hub is put together: settings and folders in, a hub out."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from adapters.clamd import Clamd, ClamdAddress
from adapters.clock import SystemRng
from adapters.hub_http import HttpHub
from adapters.icap import PORT, Icap, IcapAddress
from adapters.revocation import RevocationFetcher
from config.authority_book import AuthorityBook
from config.authority_keys import AuthorityFolder
from config.bulletins import hub_bulletins_given
from config.calendars import CalendarFile
from config.databases import hub_database
from config.hub_keys import KeyFolder, settle_own_keys
from config.key_pairs import UPLINK, pair_of
from config.load import read_hub_file, uplink_answer
from config.log_keys import cosigner, first_origin, log_signer
from config.log_rotation import new_witness_key, settle_log_key
from config.places import Places
from config.settings import HubFile, bulk_hours
from config.time_stamping import ChosenSource
from config.trust_folder import TrustFolder
from config.trusting import trust_place
from config.wiring import bandwidth_cap, blobs_of, examiner, people_settings, reloading_anchors, signer_of
from exchange_axis.domain.tracing import NO_TRACES, Tracer
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.hub.log_repair import open_epoch
from exchange_axis.hub.own_keys import OwnKey
from exchange_axis.hub.service import Hub, HubKeys, assemble
from exchange_axis.hub.succession import note_root
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.hub.world import HubSettings, Rates, Retention, World
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.issue import Issuer
from exchange_axis.ports import Clock, MalwareScanner, Rng
from exchange_axis.store.checkpoint_file import CheckpointFile
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import require_schema
from exchange_axis.store.transactions import Transactions, open_transactions
from exchange_axis.web.shared.tls import client_context, renew, server_context
from schemas.pack import rule_pack_version
from signing.certificates import load_certificates
from signing.keys import Signer, load_signer, require_in_file
from signing.pdf_verdict import Verdict
from signing.timestamp_service import TimestampService


def open_hub(
    places: Places,
    *,
    clock: Clock,
    rng: Rng,
    passphrase: bytes | None = None,
    calendar: CalendarFile | None = None,
    tracer: Tracer = NO_TRACES,
) -> Hub:
    """A hub over its data folder; the caller holds the folder's lock.

    Args:
        passphrase: of encrypted keys, from `hub_passphrase`.
        calendar: one that the caller reloads; default: the folder's, read once.
        tracer: takes note of steps; default: nobody does.

    Raises:
        NotConfigured, WrongSettings, CalendarRejected, SchemaOlder, SchemaNewer, and refusals of key files.
    """
    file = read_hub_file(places)
    told, couriers = hub_bulletins_given(places)
    engine = open_engine(hub_database(places, file))
    require_schema(engine, HUB_SCHEMA)
    transactions = open_transactions(engine)
    settings = _hub_settings(places, file)
    authorities = AuthorityFolder(places=places, clock=clock, rng=rng, passphrase=passphrase)
    _settle_keys(places, transactions, authorities)
    guard = ClockGuard(clock)
    world = World(
        files=file_tools(file),
        people=people_settings(file),
        settings=replace(settings, origin=open_epoch(transactions, settings.origin), bulletins=told),
        transactions=transactions,
        blobs=blobs_of(places, clock=clock, rng=rng),
        anchors=reloading_anchors(places.trust),
        calendar=calendar or CalendarFile(places),
        issuer=_issuer(file.id, signer_of(places, "seal", passphrase), clock=clock, guard=guard, rng=rng),
        clock=clock,
        guard=guard,
        rng=rng,
        staging=make_private_folder(places.staging),
        log_memory=CheckpointFile(places.root),
        trust=trust_place(places, clock),
        tracer=tracer,
        couriers=couriers,
    )
    hub = assemble(world, _hub_keys(places, file, world, passphrase))
    _use_when_new(hub, places, authorities)
    hub.log_guard.look()
    return hub


def _use_when_new(hub: Hub, places: Places, authorities: AuthorityFolder) -> None:
    """What a running hub takes up without a restart."""
    passphrase = authorities.passphrase
    hub.own_keys.when_new(OwnKey.TSA, lambda: hub.time_stamping.use(_stamping(places, passphrase)))
    hub.succession.when_installed(lambda: hub.use_office(authorities.office(), authorities.former()))


def _issuer(hub: str, seal: Signer, *, clock: Clock, guard: ClockGuard, rng: Rng) -> Issuer:
    return Issuer(
        hub=hub,
        signer=seal,
        clock=clock,
        rng=rng,
        rule_pack=rule_pack_version(),
        require_time=guard.require_right_time,
    )


def _settle_keys(places: Places, transactions: Transactions, authorities: AuthorityFolder) -> None:
    """What was cut off is finished or forgotten, and what folders of before lack is made."""
    passphrase = authorities.passphrase
    settle_log_key(places, transactions, passphrase)
    settle_own_keys(places, transactions)
    authorities.settle()
    new_witness_key(places, transactions, authorities.clock.now(), passphrase)


def file_tools(file: HubFile) -> FileTools:
    return FileTools(
        examiner=examiner(),
        scanner=_scanner(file.malware_scanner),
        refuse_unscanned=file.refuse_unscanned,
        refuse_verdicts=frozenset(Verdict(one) for one in file.refuse_verdicts),
        seconds=file.file_seconds,
    )


def _scanner(setting: str) -> MalwareScanner | None:
    if not setting:
        return None
    if setting.startswith("icap://"):
        parts = urlsplit(setting)
        return Icap(IcapAddress(host=parts.hostname or "", port=parts.port or PORT, service=parts.path.lstrip("/")))
    _, _, place = setting.partition(":")
    host, _, port = place.rpartition(":")
    if place.startswith("/"):
        return Clamd(ClamdAddress(path=Path(place)))
    return Clamd(ClamdAddress(host=host, port=int(port)))


def _hub_settings(places: Places, file: HubFile) -> HubSettings:
    answer = uplink_answer(places)
    return HubSettings(
        id=file.id,
        name=file.name,
        origin=file.origin or first_origin(file.id),
        parent=None if answer is None else str(answer["hub"]),
        lease=timedelta(seconds=file.lease_seconds),
        take_back_limit=timedelta(days=file.take_back_days),
        max_upload=file.max_upload,
        hoa_toc_an_hour=file.hoa_toc_an_hour,
        bulk=bulk_hours(file),
        timestamped=bool(file.time_stamps or places.certificate("tsa").exists()) and file.time_stamps != "off",
        timestamp_every=timedelta(minutes=file.time_stamp_minutes),
        trust_approvers=file.trust_approvers,
        approval_proof=ApprovalProof(file.approval_proof),
        witnesses_needed=file.witnesses_needed,
        checkpoint_age=timedelta(seconds=file.checkpoint_age_seconds),
        revocation_grace=timedelta(minutes=file.revocation_grace_minutes),
        revocation_max_age=timedelta(hours=file.revocation_age_hours),
        retention=Retention(
            dispose=file.retention_dispose,
            payload=file.retention_payload_days,
            metadata=file.retention_metadata_days,
            evidence=file.retention_evidence_days,
            access_log=file.retention_access_log_days,
        ),
        rates=Rates(
            submissions_a_second=file.submissions_a_second,
            submissions_at_once=20 * file.submissions_a_second,
            refusals_a_minute=file.refusals_a_minute,
            bytes_a_day=file.bytes_a_day,
        ),
    )


def _stamping(places: Places, passphrase: bytes | None) -> TimestampService:
    return TimestampService(signer=signer_of(places, "tsa", passphrase))


def _hub_keys(places: Places, file: HubFile, world: World, passphrase: bytes | None) -> HubKeys:
    root_pem = places.certificate("authority").read_text(encoding="ascii")
    authorities = AuthorityFolder(places=places, clock=world.clock, rng=world.rng, passphrase=passphrase)
    own = {name: pair_of(places, name).certificate for name in ("seal", "tls", "authority", "tsa", UPLINK)}
    own = {name: path for name, path in own.items() if path.exists()}  # hubs of before have no tsa, the top no uplink
    return HubKeys(
        office=authorities.office(),
        former_offices=authorities.former(),
        authorities=authorities,
        log=log_signer(places, world.settings.origin, passphrase),
        witness=cosigner(places, file.id, passphrase),
        time_stamping=_stamping(places, passphrase) if "tsa" in own else None,
        anchors_pem=(root_pem,),
        url=file.url,
        own={name: load_certificates(path.read_bytes())[0] for name, path in own.items()},
        room=KeyFolder(places=places, clock=world.clock, rng=world.rng, passphrase=passphrase),
        root_files=TrustFolder(places.trust),
    )


def hub_tls(places: Places, clients: Iterable[str], passphrase: bytes | None = None) -> ssl.SSLContext:
    """The server's side of TLS.

    Raises:
        KeyPermissions, KeyMissing, KeyMismatch, KeyPassphrase: in words; OpenSSL would only say that it failed.
    """
    require_in_file(places.key("tls"))
    signer_of(places, "tls", passphrase)
    return server_context(places.certificate("tls"), places.key("tls"), clients, passphrase=passphrase)


def renew_tls(places: Places, context: ssl.SSLContext, passphrase: bytes | None = None) -> None:
    """Take up the TLS key and certificate that lie in the folder now."""
    renew(context, places.certificate("tls"), places.key("tls"), passphrase=passphrase)


def uplink_line(places: Places, passphrase: bytes | None = None, *, clock: Clock | None = None) -> HttpHub:
    """The hub's connection to the hub above. Raises refusals of key files."""
    answer = uplink_answer(places)
    if answer is None:
        raise ValueError("a hub without parent has no uplink")
    roots = [(places.uplink / "hub-ca.pem").read_text(encoding="ascii")]
    files = places.uplink / "tls.pem", places.uplink / "tls.key"
    load_signer(files[1], files[0], passphrase=passphrase)
    tls = client_context(roots, *files, passphrase=passphrase)
    return HttpHub(str(answer["url"]), tls, cap=bandwidth_cap(read_hub_file(places), clock))


def renew_uplink(places: Places, hub: Hub, line: HttpHub, passphrase: bytes | None = None) -> None:
    """Take up the TLS key towards the hub above that lies in the folder now. Raises refusals of key files."""
    certificate, key = places.uplink / "tls.pem", places.uplink / "tls.key"
    signer = load_signer(key, certificate, passphrase=passphrase)  # both halves of one pair, else nothing changes
    renew(line.tls, certificate, key, passphrase=passphrase)
    line.renew()
    hub.watch.renew(UPLINK, signer.certificate)


def authority_of_parent(places: Places, hub: Hub, line: HttpHub, source: ChosenSource | None) -> AuthorityBook:
    """Learns the roots that follow those of the hub above."""
    parent = str(hub.world.settings.parent)
    stamping = None if source is None or source.line is None else source.line.tls
    return AuthorityBook(
        places=places,
        hub=parent,
        roots=places.uplink / "hub-ca.pem",
        clock=hub.world.clock,
        contexts=(line.tls, *([stamping] if stamping is not None else [])),
        noted=lambda root: note_root(hub.world, parent, root),
    )


def revocation_source(places: Places) -> RevocationFetcher:
    """Where the hub collects evidence of revocation: its folder, and hosts that its operator named."""
    file = read_hub_file(places)
    return RevocationFetcher(places.crl, hosts=file.revocation_hosts, rng=SystemRng())
