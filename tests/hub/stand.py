"""A hub on a folder of its own, enrolled test peers, and letters made the way a node makes them. No stand-ins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.clock import SystemRng
from config.databases import migrate_hub
from config.hub_setup import HubPlan, init_hub, install_uplink, request_uplink
from config.places import Places
from config.trust_folder import add_trust
from config.wiring_hub import open_hub
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.domain.letter import (
    Business,
    BusinessKind,
    DocumentChange,
    DocumentType,
    Letter,
    Organ,
    OtherInfo,
    Reference,
    Replacement,
    ResponseFor,
    SignerInfo,
    StatusReport,
)
from exchange_axis.hub.service import Hub
from exchange_axis.hub.world import Received
from exchange_axis.ports import Document, DocumentKind, OfferedShipment
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import Attachment, write_container
from exchange_axis.wire.edxml import InlineFile, write_letter
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.status import write_status
from signing.certificates import Subject, load_certificates, make_csr
from signing.container import sign_members
from signing.keys import LocalSigner, generate_key
from signing.primitives import PrivateKey
from signing.xades import verify_enveloped_unanchored
from tests.services import DATABASES

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""A Monday morning, 08:00 in Vietnam."""

HUBS = (
    HubEntry(id="hub-top", name="Trục thử quốc gia"),
    HubEntry(id="hub-a", name="Trục thử A", parent="hub-top", subtree=("H90",)),
    HubEntry(id="hub-b", name="Trục thử B", parent="hub-top", subtree=("H91",)),
)
AGENCIES = (
    Agency(code="G90", name="Bộ thử", tier=Tier.CENTRE, node="node-g"),
    Agency(code="H90", name="Tỉnh thử A", tier=Tier.PROVINCE, node="node-a"),
    Agency(code="H90.01", name="Xã thử A1", tier=Tier.COMMUNE, parent="H90", node="node-a1"),
    Agency(code="H90.02", name="Xã thử A2", tier=Tier.COMMUNE, parent="H90", node="node-a"),
    Agency(
        code="H90.03",
        name="Xã thử A3 (đã đóng)",
        tier=Tier.COMMUNE,
        parent="H90",
        valid_to=date(2025, 6, 30),
        successor="H90.02",
    ),
    Agency(code="H91", name="Tỉnh thử B", tier=Tier.PROVINCE, node="node-b"),
)
NODES = tuple(
    NodeEntry(id=node, name=node, hub=hub)
    for node, hub in {
        "node-g": "hub-top", "node-a": "hub-a", "node-a1": "hub-a", "node-b": "hub-b",
    }.items()
)  # fmt: skip
DIRECTORY = Directory.of(AGENCIES, HUBS, NODES)


@dataclass
class HandClock:
    """A clock moved by hand."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def advance(self, **parts: float) -> None:
        self.at += timedelta(**parts)


@dataclass
class Stand:
    """One hub with its clock."""

    hub: Hub
    places: Places
    clock: HandClock
    peers: dict[str, PeerRow] = field(default_factory=dict)

    def close(self) -> None:
        self.hub.close()


@dataclass
class Peer:
    """A node as the hub sees it: its row, and the keys it signs with."""

    row: PeerRow
    seals: dict[str, LocalSigner]
    node_seal: LocalSigner


def open_stand(folder: Path, hub_id: str, *, clock: HandClock, database: str = "", name: str = "") -> Stand:
    places = Places(folder / hub_id)
    rng = SystemRng()
    plan = HubPlan(
        id=hub_id,
        name=name or f"Trục {hub_id}",
        url="https://127.0.0.1:1",
        listen="127.0.0.1:0",
        database=database or (DATABASES[-1]() if DATABASES else ""),
        trust_approvers=1,
    )
    init_hub(places, plan, clock=clock, rng=rng)
    migrate_hub(places, clock)
    stand = Stand(hub=open_hub(places, clock=clock, rng=rng), places=places, clock=clock)
    stand.hub.directory.adopt(DIRECTORY, to_toml(DIRECTORY), actor="test")
    return stand


def reopen(stand: Stand) -> Stand:
    stand.hub.close()
    return Stand(hub=open_hub(stand.places, clock=stand.clock, rng=SystemRng()), places=stand.places, clock=stand.clock)


def enrol(stand: Stand, node: str, codes: Sequence[str]) -> Peer:
    """Add and approve a node; its keys stay here."""
    keys: dict[str, PrivateKey] = {name: generate_key() for name in ("tls", "node-seal")}
    keys |= {f"agency-seal:{code}": generate_key() for code in codes}
    request = {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": node,
        "name": f"Nút {node}",
        "agencies": list(codes),
        "requests": {name: make_csr(key, subject=Subject(common_name=node)).decode() for name, key in keys.items()},
    }
    stand.hub.registry.add(request, actor="test")
    answer = stand.hub.registry.approve(node, codes=(), relay=(), actor="test")
    signers = {}
    for name, key in keys.items():
        certificates = load_certificates(answer["certificates"][name].encode())
        signers[name] = LocalSigner(key, certificates[0], certificates[1:])
    row = next(row for row in stand.hub.registry.every() if row.id == node)
    return Peer(
        row=row,
        seals={code: signers[f"agency-seal:{code}"] for code in codes},
        node_seal=signers["node-seal"],
    )


def federate(parent: Stand, child: Stand, subtree: Sequence[str]) -> Stand:
    """Put `child` under `parent`; returns the child opened anew with its uplink known."""
    request = request_uplink(child.places, child.hub.world.settings.id, child.places.root.name, tuple(subtree))
    parent.hub.registry.add(request, actor="test")
    add_trust(parent.places, request["id"], "".join(request["anchors"]))
    answer = parent.hub.registry.approve(request["id"], codes=(), relay=(), actor="test")
    install_uplink(child.places, answer)
    opened = reopen(child)
    opened.hub.registry.adopt_parent(answer, actor="test")
    return opened


def trust_each_other(*stands: Stand) -> None:
    for giver in stands:
        pem = giver.places.certificate("authority").read_text(encoding="ascii")
        for taker in stands:
            add_trust(taker.places, giver.hub.world.settings.id, pem)


def make_letter(
    folder: Path,
    peer: Peer,
    sender: str,
    recipients: Sequence[str],
    *,
    clock: HandClock,
    number: str = "57",
    subject: str = "V/v kiểm tra đường truyền",
    consignment_id: str | None = None,
    lane: Lane = Lane.THUONG,
    priority: int | None = None,
    signer: LocalSigner | None = None,
    expires: timedelta = timedelta(days=7),
    kind: BusinessKind = BusinessKind.NEW,
    follows: str | None = None,
    files: Mapping[str, bytes] | None = None,
    type_name: str = "Báo cáo",
    inside: Mapping[str, bytes] | None = None,
    paper: int | None = None,
) -> Received:
    """A container as a node makes it.

    Args:
        files: attachments by their human names; the first is the letter itself.
        inside: attachments inside the letter, as a foreign system may write them; in the place of members if there are
            no `files`, else besides.
    """
    at = clock.now()
    named = [_attached(folder, name, data) for name, data in (files or inside or {}).items()]
    attached = named if files else []
    letter = Letter(
        from_=Organ(id=sender, name=f"Cơ quan {sender}"),
        to=tuple(Organ(id=code, name=f"Cơ quan {code}") for code in recipients),
        document_id=f"{sender},2026/03/02,{number}/BC-UBND",
        code_number=number,
        code_notation="BC-UBND",
        promulgation_date=date(2026, 3, 2),
        document_type=DocumentType(table="2", row="14", name=type_name),
        subject=subject,
        references=tuple(
            Reference(content_id=f"tep{place}", name=one.name, content_type=one.mime_type)
            for place, one in enumerate(named)
        ),
        signer=SignerInfo(position="Chủ tịch", full_name="Người ký thử"),
        **_amending(kind, sender, recipients, paper),
        other=OtherInfo(priority=priority if priority is not None else 3 - lane.rank),
    )
    consignment = Consignment(
        id=consignment_id or SystemRng().uuid(),
        kind=ConsignmentClass.LETTER,
        sender=sender,
        recipients=tuple(recipients),
        lane=lane,
        created_at=at,
        expires_at=at + expires,
        in_reply_to=follows,
    )
    seal = signer or peer.seals[sender]
    file = write_container(
        folder / f"{consignment.id}-{number}.asice",
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=write_letter(letter, inline=[InlineFile(data=data) for data in (inside or {}).values()]),
        attachments=attached,
        sign=lambda members: sign_members(members, seal, at=at),
    )
    return Received(path=file.path, sha256=file.sha256, size=file.size)


def _attached(folder: Path, name: str, data: bytes) -> Attachment:
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return Attachment(path=path, name=name, mime_type="application/octet-stream")


def _amending(kind: BusinessKind, sender: str, recipients: Sequence[str], paper: int | None) -> dict[str, Any]:
    """What the format asks of recalls, updates and replacements; which letter is meant, `consignment.xml` says."""
    earlier = f"{sender},2026/03/02,57/BC-UBND"
    about = ResponseFor(organ_id=sender, code="57/BC-UBND", document_id=earlier)
    business = {
        BusinessKind.NEW: None if paper is None else Business(kind=kind, paper=paper),
        BusinessKind.REVOKE: Business(kind=kind, reason="Sai nội dung"),
        BusinessKind.UPDATE: Business(kind=kind, document_id=earlier, change=DocumentChange(document=True)),
        BusinessKind.REPLACE: Business(
            kind=kind, replacements=(Replacement(document_id=earlier, organ_ids=tuple(recipients)),)
        ),
    }
    return {
        "business": business[kind],
        "response_for": (about,) if kind is BusinessKind.REVOKE else (),
    }


def make_status(
    folder: Path,
    peer: Peer,
    code: str,
    shipment: OfferedShipment,
    *,
    recipient: str,
    clock: HandClock,
    description: str = "",
    consignment_id: str | None = None,
    opened_at: datetime | None = None,
) -> Received:
    """What a recipient says of a letter that it was offered."""
    return say(
        folder,
        peer,
        code,
        clock=clock,
        about=shipment.consignment_id,
        sender=recipient,
        to=shipment.sender,
        organ_id=shipment.sender,
        lane=shipment.lane,
        description=description,
        consignment_id=consignment_id,
        opened_at=opened_at,
    )


def take_back(
    folder: Path,
    peer: Peer,
    letter: str,
    *,
    sender: str,
    recipient: str,
    clock: HandClock,
    description: str = "Gửi nhầm nơi nhận",
    organ_id: str | None = None,
    consignment_id: str | None = None,
) -> Received:
    """What a sender says of one delivery of its own letter; ResponseFor names the recipient, as on the axis."""
    return say(
        folder,
        peer,
        "13",
        clock=clock,
        about=letter,
        sender=sender,
        to=recipient,
        organ_id=organ_id or recipient,
        description=description,
        consignment_id=consignment_id,
    )


def say(
    folder: Path,
    peer: Peer,
    code: str,
    *,
    clock: HandClock,
    about: str,
    sender: str,
    to: str,
    organ_id: str,
    lane: Lane = Lane.THUONG,
    description: str = "",
    consignment_id: str | None = None,
    opened_at: datetime | None = None,
) -> Received:
    at = clock.now()
    report = StatusReport(
        from_=Organ(id=sender, name=f"Cơ quan {sender}"),
        response_for=ResponseFor(
            organ_id=organ_id, code="57/BC-UBND", promulgation_date=date(2026, 3, 2), document_id="x"
        ),
        code=code,
        timestamp=at,
        description=description,
    )
    consignment = Consignment(
        id=consignment_id or SystemRng().uuid(),
        kind=ConsignmentClass.STATUS,
        sender=sender,
        recipients=(to,),
        lane=lane,
        created_at=at,
        expires_at=at + timedelta(days=7),
        in_reply_to=about,
        opened_at=opened_at,
    )
    file = write_container(
        folder / f"{consignment.id}.asice",
        consignment=write_consignment(consignment),
        document_name="status.edxml",
        document=write_status(report),
        attachments=(),
        sign=lambda members: sign_members(members, peer.node_seal, at=at),
    )
    return Received(path=file.path, sha256=file.sha256, size=file.size)


def event_of(document: Document) -> str:
    assert document.kind is DocumentKind.EVIDENCE
    assert hashlib.sha256(document.content).hexdigest() == document.sha256
    return read_evidence(verify_enveloped_unanchored(document.content).root).event.short
