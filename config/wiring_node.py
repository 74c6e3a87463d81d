"""The one place where a node is put together: settings and folders in, a node out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.hub_dossiers import HubDossiers
from adapters.hub_http import HttpHub
from config.bulletins import bulletins_given
from config.calendars import CalendarFile
from config.load import node_answer, read_node_file
from config.node_setup import agencies_of, agency_key
from config.places import Places
from config.settings import NodeFile, bulk_hours
from config.trusting import trust_place
from config.wiring import bandwidth_cap, blobs_of, examiner, people_settings, reloading_anchors, signer_of
from exchange_axis.domain.tracing import NO_TRACES, Tracer
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.ledger.note import read_vkey
from exchange_axis.node.service import Node
from exchange_axis.node.service import assemble as assemble_node
from exchange_axis.node.world import NodeSettings, NodeWorld
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.node.unit import open_node_store
from exchange_axis.web.shared.tls import client_context, renew
from signing.certificates import fingerprint, load_certificates
from signing.keys import require_in_file


def open_node(
    places: Places,
    *,
    clock: Clock,
    rng: Rng,
    passphrase: bytes | None = None,
    calendar: CalendarFile | None = None,
    tracer: Tracer = NO_TRACES,
) -> Node:
    """A node over its data folder; the caller holds the folder's lock.

    Args:
        passphrase: of encrypted keys, from `node_passphrase`.
        calendar: one that the caller reloads; default: the folder's, read once.
        tracer: takes note of steps; default: nobody does.

    Raises:
        NotConfigured, WrongSettings, CalendarRejected, NotEnrolled, SchemaOlder, SchemaNewer, refusals of key files.
    """
    file = read_node_file(places)
    answer = node_answer(places, file)
    agencies = agencies_of(file)
    told, couriers = bulletins_given(places, agencies)
    world = NodeWorld(
        settings=replace(_settings(places, file, answer), bulletins=told),
        couriers=couriers,
        store=open_node_store(places.root),
        blobs=blobs_of(places, clock=clock, rng=rng),
        seals={code: signer_of(places, agency_key(code), passphrase) for code in agencies},
        node_seal=signer_of(places, "node-seal", passphrase),
        anchors=reloading_anchors(places.trust),
        calendar=calendar or CalendarFile(places),
        clock=clock,
        rng=rng,
        trust=trust_place(places, clock),
        tracer=tracer,
        files=FileTools(examiner=examiner()),
        people=people_settings(file),
        tls=load_certificates(places.certificate("tls").read_bytes())[0],
        log=read_vkey(str(answer["vkey"])),
        hub_dossiers=HubDossiers(lambda: node_line(places, passphrase)),
    )
    return assemble_node(world)


def _settings(places: Places, file: NodeFile, answer: Mapping[str, Any]) -> NodeSettings:
    return NodeSettings(
        node_id=file.id,
        hub_id=str(answer["hub"]),
        hub_seal=_seal_of(answer),
        agencies=agencies_of(file),
        staging=make_private_folder(places.staging),
        answer_unaccepted=file.answer_unaccepted,
        time_to_live=timedelta(days=file.time_to_live_days),
        bulk=bulk_hours(file),
        approval_proof=ApprovalProof(file.approval_proof),
    )


def _seal_of(answer: Mapping[str, Any]) -> str | None:
    """Fingerprint of the hub's seal as the enrolment answer gives it."""
    pem = answer.get("hub_seal")
    return fingerprint(load_certificates(str(pem).encode())[0]) if pem else None


def node_line(places: Places, passphrase: bytes | None = None, *, clock: Clock | None = None) -> HttpHub:
    """The node's connection to its hub. Raises refusals of key files."""
    file = read_node_file(places)
    require_in_file(places.key("tls"))
    signer_of(places, "tls", passphrase)
    roots = [places.hub_ca.read_text(encoding="ascii")]
    tls = client_context(roots, places.certificate("tls"), places.key("tls"), passphrase=passphrase)
    return HttpHub(file.hub, tls, cap=bandwidth_cap(file, clock))


def renew_line(places: Places, line: HttpHub, passphrase: bytes | None = None) -> None:
    """Take up the node's TLS key that lies in the folder now. Raises refusals of key files."""
    signer_of(places, "tls", passphrase)  # both halves of one pair, else nothing changes
    renew(line.tls, places.certificate("tls"), places.key("tls"), passphrase=passphrase)
    line.renew()
