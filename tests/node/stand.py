"""Nodes on folders of their own, and a hub small enough to read: everything it says is really sealed.

The hub stands behind the port of the node (`HubConnection`), so that its line can be made to fail in every way a real
one does: answers lost, nobody there, refusals, bytes changed on the way.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.blobs_files import FileBlobs
from adapters.clock import SystemRng
from config.calendars import shipped_calendar
from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import ConsignmentClass, Lane
from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.domain.transfer import Binding, KeyUse, TransferRecord
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import Draft, compose
from exchange_axis.node.earlier import NOTHING_EARLIER
from exchange_axis.node.service import Node, assemble
from exchange_axis.node.world import NodeSettings, NodeWorld
from exchange_axis.pipeline.check import Checked, check_container
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.issue import Issuer, SealedEvidence, Subject, as_document
from exchange_axis.ports import (
    EVERYTHING,
    Answer,
    Courier,
    DirectoryNews,
    Document,
    DocumentKind,
    FeedItem,
    HubRefused,
    HubUnreachable,
    OfferedShipment,
    Wanted,
)
from exchange_axis.store.blob_keys import open_blob_keys
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.node.unit import migrate_node_store, open_node_store
from signing.certificates import CertificateUse, fingerprint
from signing.keys import KeyType, LocalSigner
from tests.hub import stand as hub_stand
from tests.signing.pki import AT, TestPki, key

HUB = "hub-h45"
FAR = datetime(2099, 1, 1, tzinfo=UTC)
SENDER, RECIPIENT, OTHER = "H45.32.03", "G12", "H45.01"


@dataclass
class HandClock(hub_stand.HandClock):
    at: datetime = AT


@dataclass
class Pki:
    """One root; every holder has a key of its own."""

    world: TestPki = field(default_factory=TestPki)

    def signer(self, holder: str, **validity: datetime) -> LocalSigner:
        private = key(KeyType.P256, holder)
        issuance = self.world.next_issuance(**validity)
        certificate = self.world.certificate(private, use=CertificateUse.SEAL, common_name=holder, issuance=issuance)
        return LocalSigner(private, certificate)


class NodeFolder:
    """A node's disk. `open` starts the program on it, `close` ends it; what is between is what memory forgets."""

    def __init__(self, folder: Path, node_id: str, agencies: Mapping[str, str], pki: Pki, clock: HandClock) -> None:
        self.folder = make_private_folder(folder / node_id)
        self.id = node_id
        self.agencies = agencies
        self.clock = clock
        self.pki = pki
        self.seals = {code: pki.signer(f"seal {code}") for code in agencies}
        self.node_seal = pki.signer(f"node seal {node_id}")
        self.files: FileTools | None = None
        self.couriers: Mapping[str, Courier] = {}
        migrate_node_store(self.folder, at=clock.now())

    @contextmanager
    def open(self, **settings: Any) -> Iterator[Node]:
        node = self.start(**settings)
        try:
            yield node
        finally:
            node.close()

    def start(self, **settings: Any) -> Node:
        rng = SystemRng()
        keys = open_blob_keys(self.folder / "keys", rng=rng, at=self.clock.now())
        world = NodeWorld(
            settings=NodeSettings(
                node_id=self.id,
                hub_id=HUB,
                agencies=self.agencies,
                staging=make_private_folder(self.folder / "staging"),
                **settings,
            ),
            store=open_node_store(self.folder),
            blobs=FileBlobs(make_private_folder(self.folder / "blobs"), keys),
            seals=self.seals,
            node_seal=self.node_seal,
            anchors=lambda: self.pki.world.anchors,
            calendar=shipped_calendar,
            clock=self.clock,
            rng=rng,
            files=self.files,
            couriers=self.couriers,
        )
        return assemble(world)


class SmallHub:
    """Accepts, consigns, records handover, brings news home. Keeps everything in memory and never forgets."""

    def __init__(self, folder: Path, nodes: Sequence[NodeFolder], pki: Pki, clock: HandClock) -> None:
        self.folder = make_private_folder(folder / "hub")
        self.clock = clock
        self.pki = pki
        self.nodes = {code: node for node in nodes for code in node.agencies}
        self.issuer = Issuer(hub=HUB, signer=pki.signer(HUB), clock=clock, rng=SystemRng(), rule_pack="0" * 64)
        self.answers: dict[str, Answer] = {}
        self.letters: dict[str, tuple[Checked, SealedEvidence]] = {}
        self.waiting: dict[str, list[OfferedShipment]] = {node.id: [] for node in nodes}
        self.feeds: dict[str, list[FeedItem]] = {node.id: [] for node in nodes}
        self.statuses: list[tuple[str, str, str]] = []
        """(agency, letter id, code) of every status that was taken in anew."""
        self.trust_lists: dict[int, bytes] = {}
        self.revocation_lists: tuple[bytes, ...] = ()
        self.containers: dict[str, Path] = {}
        self.proofs: dict[str, bytes] = {}

    def submit(self, node: str, container: Path) -> Answer:
        data = container.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in self.answers:
            return self.answers[sha256]
        try:
            checked = check_container(
                container, sha256=sha256, size=len(data), anchors=self.pki.world.anchors, at=self.clock.now()
            )
        except CheckFailed as failed:
            raise self.reject(sha256, codes=[finding.code for finding in failed.findings]) from failed
        kept = self.folder / sha256
        shutil.copyfile(container, kept)
        self.containers[sha256] = kept
        if checked.consignment.kind is ConsignmentClass.LETTER:
            answer = self._letter(node, checked)
        else:
            answer = self._status(checked, data)
        self.answers[sha256] = answer
        return answer

    def reject(self, sha256: str, *, codes: Sequence[str], consignment_id: str = "") -> HubRefused:
        about = Subject(sender="", recipients=(), consignment_id=consignment_id, container_sha256=sha256)
        sealed = self.issuer.evidence(Event.SUBMISSION_REJECTION, about, reasons=codes)
        problem = {"code": codes[0], "title": "Trục từ chối", "vi": "Trục từ chối", "en": "refused", "findings": []}
        return HubRefused(problem, evidence=sealed.document)

    def binding(self, holder: NodeFolder, codes: Sequence[str], signer: LocalSigner, use: KeyUse) -> Document:
        binding = Binding(
            id=self.issuer.new_id(),
            hub=HUB,
            holder=holder.id,
            fingerprint=fingerprint(signer.certificate),
            use=use,
            codes=tuple(codes),
            valid_from=AT - timedelta(days=30),
            valid_to=FAR,
        )
        return self.issuer.binding(binding, self.clock.now()).document

    def shipment(
        self, checked: Checked, acceptance: Document, node: NodeFolder, recipients: Sequence[str], **changes: Any
    ) -> OfferedShipment:
        sender = self.nodes[checked.consignment.sender]
        code = checked.consignment.sender
        binding = self.binding(sender, [code], sender.seals[code], KeyUse.AGENCY_SEAL)
        record = TransferRecord(
            id=self.issuer.new_id(),
            hub=HUB,
            peer=node.id,
            at=self.issuer.now(),
            consignment_id=checked.consignment.id,
            container_sha256=checked.container_sha256,
            recipients=tuple(recipients),
            lane=checked.consignment.lane,
            acceptance_sha256=acceptance.sha256,
            bindings=(binding.sha256,),
        )
        offered = OfferedShipment(
            id=self.issuer.new_id(),
            fence=1,
            leased_until=FAR,
            sender=code,
            consignment_id=checked.consignment.id,
            container_sha256=checked.container_sha256,
            size=checked.size,
            lane=checked.consignment.lane,
            recipients=tuple(recipients),
            documents=(self.issuer.transfer(record).document, acceptance, binding),
        )
        return replace(offered, **changes)

    def tell(self, node: str, consignment_id: str, recipient: str | None, *documents: Document) -> None:
        feed = self.feeds[node]
        feed.append(
            FeedItem(
                number=len(feed) + 1,
                kind="evidence",
                consignment_id=consignment_id,
                recipient=recipient,
                at=self.clock.now(),
                documents=documents,
            )
        )

    def say(self, event: Event, checked: Checked, recipient: str, **facts: Any) -> Document:
        return self.issuer.evidence(event, replace(_subject(checked), recipients=(recipient,)), **facts).document

    def _letter(self, node: str, checked: Checked) -> Answer:
        acceptance = self.issuer.evidence(Event.SUBMISSION_ACCEPTANCE, _subject(checked))
        self.letters[checked.consignment.id] = (checked, acceptance)
        by_node: dict[str, list[str]] = {}
        for recipient in checked.consignment.recipients:
            self.tell(node, checked.consignment.id, recipient, self.say(Event.CONTENT_CONSIGNMENT, checked, recipient))
            by_node.setdefault(self.nodes[recipient].id, []).append(recipient)
        for peer, recipients in by_node.items():
            receiver = self.nodes[recipients[0]]
            self.waiting[peer].append(self.shipment(checked, acceptance.document, receiver, recipients))
        return Answer(documents=(acceptance.document,))

    def _status(self, checked: Checked, data: bytes) -> Answer:
        status, consignment = checked.status, checked.consignment
        assert status is not None
        letter, _ = self.letters[consignment.in_reply_to or ""]
        about = consignment.recipients[0] if status.code == "13" else consignment.sender
        said = self.say(STATUS_EVENTS[status.code], letter, about, status_sha256=checked.container_sha256)
        self.statuses.append((consignment.sender, letter.consignment.id, status.code))
        told = self.nodes[consignment.recipients[0]]
        here = self.nodes[consignment.sender]
        binding = self.binding(here, list(here.agencies), here.node_seal, KeyUse.NODE_SEAL)
        container = as_document(DocumentKind.STATUS, data)
        self.tell(told.id, letter.consignment.id, about, said, container, binding)
        if status.code == "01":
            self._settle(here.id, letter.consignment.id)
        return Answer(documents=(said,))

    def _settle(self, node: str, consignment_id: str) -> None:
        """A shipment is done when all its recipients have it."""
        have = {sender for sender, letter, code in self.statuses if (letter, code) == (consignment_id, "01")}
        self.waiting[node] = [
            shipment
            for shipment in self.waiting[node]
            if shipment.consignment_id != consignment_id or not have.issuperset(shipment.recipients)
        ]


@dataclass
class Line:
    """A node's line to the small hub, with every fault a line can have; a fault is used up once it has struck."""

    hub: SmallHub
    node: str
    down: bool = False
    lose_answers: int = 0
    """So many submissions reach the hub, and their answers never reach the node."""
    refusals: list[HubRefused] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    """Said instead of what the hub says."""
    submitted: list[tuple[Lane, str]] = field(default_factory=list)
    """Lane and digest of what arrived at the hub, in order."""
    released: list[tuple[str, str]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    break_fetch_after: int | None = None
    spoil_fetch: bool = False

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        self._reach()
        if self.refusals:
            raise self.refusals.pop(0)
        answer = self.hub.submit(self.node, container)
        self.submitted.append((lane, sha256))
        if self.lose_answers:
            self.lose_answers -= 1
            raise HubUnreachable(url="test", reason="answer lost")
        return self.answers.pop(0) if self.answers else answer

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        self._reach()
        return tuple(shipment for shipment in self.hub.waiting[self.node] if is_wanted(shipment, wanted))

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        self._reach()
        self._download(self.hub.containers[shipment.container_sha256].read_bytes()[:upto], target)

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        self._reach()
        self.released.append((shipment.id, error))

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        self._reach()
        return tuple(item for item in self.hub.feeds[self.node] if item.number > after)

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        self._reach()
        return {sha256: self.hub.proofs[sha256] for sha256 in digests if sha256 in self.hub.proofs}

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        self._reach()
        return None

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        self._reach()
        return tuple(document for version, document in self.hub.trust_lists.items() if version > after)

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        return None

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        self._reach()
        return ()

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        self._reach()

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        self._reach()
        return self.hub.revocation_lists

    async def capabilities(self) -> Mapping[str, Any]:
        return {}

    def _download(self, data: bytes, target: Path) -> None:
        if self.spoil_fetch:
            data = data[:-1] + bytes([data[-1] ^ 1])
        have = target.stat().st_size if target.exists() else 0
        self.fetched.append(f"{have}-")
        with target.open("ab") as file:
            if self.break_fetch_after is not None:
                file.write(data[have : have + self.break_fetch_after])
                self.break_fetch_after = None
                raise HubUnreachable(url="test", reason="line cut")
            file.write(data[have:])

    def _reach(self) -> None:
        if self.down:
            raise HubUnreachable(url="test", reason="down")


@dataclass
class Stand:
    """A sender's node, a node with two agencies, and their hub."""

    folder: Path
    clock: HandClock
    pki: Pki
    sender: NodeFolder
    receiver: NodeFolder
    hub: SmallHub

    def line(self, node: NodeFolder) -> Line:
        return Line(hub=self.hub, node=node.id)

    def draft(self, node: Node | None = None, /, **values: Any) -> Draft:
        """A letter of the sender; with its node where it speaks of an earlier one."""
        given = {
            "from": SENDER,
            "to": [RECIPIENT],
            "number": 57,
            "notation": "BC-UBND",
            "date": date(2026, 11, 20),
            "subject": "V/v báo cáo tình hình thiên tai",
            "type": "Báo cáo",
            "signer": {"name": "Người ký thử", "position": "Chủ tịch", "competence": "TM."},
            "attachments": [self.attachment("bao-cao.pdf")],
        }
        form = {key: value for key, value in (given | values).items() if value is not None}
        earlier = NOTHING_EARLIER if node is None else node.earlier
        return compose(
            form, base=self.folder, agencies=self.sender.agencies, name_of=lambda code: code, earlier=earlier
        )

    def attachment(self, name: str, data: bytes = b"%PDF-1.7\n%%EOF\n") -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


def open_stand(folder: Path) -> Stand:
    clock, pki = HandClock(), Pki()
    sender = NodeFolder(folder, "node-xuan-loc", {SENDER: "UBND phường Xuân Lộc"}, pki, clock)
    receiver = NodeFolder(folder, "node-centre", {RECIPIENT: "Bộ Tài chính", OTHER: "UBND tỉnh Phú Yên"}, pki, clock)
    hub = SmallHub(folder, [sender, receiver], pki, clock)
    return Stand(folder=folder, clock=clock, pki=pki, sender=sender, receiver=receiver, hub=hub)


def _subject(checked: Checked) -> Subject:
    return Subject(
        sender=checked.consignment.sender,
        recipients=checked.consignment.recipients,
        consignment_id=checked.consignment.id,
        container_sha256=checked.container_sha256,
        parts=checked.parts,
    )


def is_wanted(shipment: OfferedShipment, wanted: Wanted) -> bool:
    bulk = wanted.bulk_above is not None and shipment.lane is Lane.THUONG and shipment.size > wanted.bulk_above
    return shipment.lane.rank <= wanted.least.rank and not bulk
