"""What is kept at the end, so that everything can be checked by anybody later: receipts, containers, roots, log keys.

receipts/      EVENT-ID.xml, each with EVENT-ID.xml.tlog-proof, the proof against the last checkpoint
consignments/  SHA256.asice: letters and statuses
trust/         HUB.pem (one self-signed root a file), HUB.vkey
checkpoints/   HUB.checkpoint, the last one of each log
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from exchange_axis.demo.cast import directory
from exchange_axis.demo.client import Line
from exchange_axis.demo.count import Contents, Kept, OpenDisk
from exchange_axis.demo.errors import UnexpectedAnswer
from exchange_axis.demo.federation import Federation, HubPlace, NodePlace
from schemas.gate.refusal import Refusal

PROOF_SUFFIX = ".tlog-proof"
TRIES, PAUSE = 60, 0.25
"""How often, and at what distance in seconds, a log is asked for a proof that it does not have yet."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptReceipt:
    """A receipt in the archive."""

    sha256: str
    path: Path
    keepers: list[NodePlace]
    """The nodes on whose disks it lies."""
    issuer: str
    recipients: tuple[str, ...]

    @property
    def proof(self) -> Path:
        return self.path.with_name(self.path.name + PROOF_SUFFIX)


class Archive:
    def __init__(self, folder: Path, federation: Federation) -> None:
        self._federation = federation
        self.folder = folder
        self._consignments = _made(folder / "consignments")
        self._receipts = _made(folder / "receipts")
        self._checkpoints = _made(folder / "checkpoints")
        self.trust = _made(folder / "trust")
        self._kept: dict[str, KeptReceipt] = {}
        self.missing: list[str] = []
        """Digests of containers whose bytes could not be read from the disk that names them."""

    @property
    def receipts(self) -> tuple[KeptReceipt, ...]:
        return tuple(self._kept.values())

    @property
    def containers(self) -> tuple[Path, ...]:
        return tuple(sorted(self._consignments.glob("*.asice")))

    @property
    def checkpoints(self) -> dict[str, Path]:
        """By hub."""
        return {hub: self._checkpoints / f"{hub}.checkpoint" for hub in self._federation.hubs}

    def collect(self, open_disk: OpenDisk) -> tuple[Contents, ...]:
        """Read the disks of all nodes, which are stopped, and keep what is on them."""
        return tuple(self._collect(place, open_disk) for place in self._federation.nodes.values())

    def add_receipt(self, node: NodePlace, receipt: Kept) -> None:
        """Keep evidence that a node has."""
        if receipt.sha256 in self._kept:
            self._kept[receipt.sha256].keepers.append(node)
            return
        path = self._receipts / f"{receipt.event.short.replace(':', '-')}-{receipt.evidence_id}.xml"
        path.write_bytes(receipt.document)
        self._kept[receipt.sha256] = KeptReceipt(
            sha256=receipt.sha256, path=path, keepers=[node], issuer=receipt.issuer, recipients=receipt.recipients
        )

    def add_trust(self) -> None:
        """The roots and log keys of the hubs, from the folders of those who trust them."""
        for hub, place in self._federation.hubs.items():
            (self.trust / f"{hub}.pem").write_bytes(place.root.read_bytes())
        for node in self._federation.nodes.values():
            (self.trust / f"{node.hub.id}.vkey").write_bytes((node.folder / "hub.vkey").read_bytes())

    def ask_logs(self) -> None:
        """The last checkpoint of each log, and the proof of every receipt against it; the hubs are running.

        Raises:
            UnexpectedAnswer: a hub does not give what it owes.
        """
        with Witnesses(self._federation) as witnesses:
            for receipt in self._kept.values():
                receipt.proof.write_bytes(witnesses.proof(receipt))
            for hub in self._federation.hubs:
                (self._checkpoints / f"{hub}.checkpoint").write_bytes(witnesses.checkpoint(hub))
            # Those that came before the last checkpoint are asked for again: one root covers all receipts of a log.
            last = {path.read_bytes() for path in self.checkpoints.values()}
            for receipt in self._kept.values():
                if receipt.proof.read_bytes().partition(b"\n\n")[2] not in last:
                    receipt.proof.write_bytes(witnesses.proof(receipt))

    def _collect(self, place: NodePlace, open_disk: OpenDisk) -> Contents:
        with open_disk(place.folder) as disk:
            contents = Contents.of(place.id, disk)
            for sha256 in sorted(disk.containers()):
                target = self._consignments / f"{sha256}.asice"
                if target.exists():
                    continue
                try:
                    disk.export(sha256, target)
                except Refusal:
                    target.unlink(missing_ok=True)
                    self.missing.append(sha256)
        for receipt in contents.receipts:
            self.add_receipt(place, receipt)
        return contents


class Witnesses:
    """Lines to the hubs, as those who may ask for a proof: who keeps a receipt, who got the letter, who relayed it."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._lines: dict[str, Line] = {}
        self._pause = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines.values():
            line.close()

    def checkpoint(self, hub: str) -> bytes:
        node = next(node for node in self._federation.nodes.values() if node.hub.id == hub)
        reply = self._line(node).get("/v1/log/checkpoint")
        if reply.status != 200:
            raise UnexpectedAnswer(who=hub, what=f"checkpoint: {reply.status}")
        return reply.body

    def proof(self, receipt: KeptReceipt) -> bytes:
        """The log answers 202 until its next checkpoint covers the receipt, and 404 to those whom it does not concern.

        Raises:
            UnexpectedAnswer: nobody gets one.
        """
        for line in self._who_may_ask(receipt):
            for _ in range(TRIES):
                reply = line.get(f"/v1/proofs/{receipt.sha256}")
                if reply.status == 200:
                    return reply.body
                if reply.status != 202:
                    break
                self._pause.wait(PAUSE)
        raise UnexpectedAnswer(who=receipt.issuer, what=f"no proof of {receipt.path.name}")

    def _who_may_ask(self, receipt: KeptReceipt) -> Iterator[Line]:
        yield from map(self._line, receipt.keepers)
        for code in receipt.recipients:
            agency = directory().agencies.get(code)
            node = None if agency is None else self._federation.nodes.get(agency.node or "")
            if node is not None and node.hub.id == receipt.issuer:
                yield self._line(node)
        for hub in self._federation.hubs.values():
            if hub.parent is not None and hub.parent.id == receipt.issuer:
                yield self._line(hub)

    def _line(self, peer: NodePlace | HubPlace) -> Line:
        if peer.id not in self._lines:
            self._lines[peer.id] = peer.line()
        return self._lines[peer.id]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
