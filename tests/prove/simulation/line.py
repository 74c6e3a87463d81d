"""Lines without a network: a peer's calls go straight into its hub's use cases, with every fault a line can have.

A call may not reach the hub, take effect and its answer get lost, be made twice, arrive much later, or kill the hub
while it works. Uploads and downloads break off at any byte and are continued there.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.uploads import Announced
from exchange_axis.ports import (
    EVERYTHING,
    Answer,
    DirectoryNews,
    Document,
    FeedItem,
    HubRefused,
    HubUnreachable,
    OfferedShipment,
    Wanted,
)
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub.peers import PeerRow
from schemas.gate.refusal import Refusal
from tests.prove.simulation.chance import Deaths, Killed
from tests.prove.simulation.world import HandClock, HubPlace

T = TypeVar("T")
FEED_LIMIT = 20
LEASE_LIMIT = 6
DEEPEST = 12
"""Failpoints that a hub may pass in one call before it dies."""


class Fault(StrEnum):
    UNREACHABLE = "unreachable"
    LOST = "answer lost"
    TWICE = "made twice"
    LATE = "arrives late"
    BROKEN = "broken off"
    SPOILED = "spoiled"
    HUB_DIES = "hub dies"


class Watcher(Protocol):
    """Sees what the lines carry."""

    def leased(self, hub: HubPlace, peer: str, offered: Sequence[OfferedShipment]) -> None: ...

    def handed_out(self, hub: HubPlace, peer: str, shipment: OfferedShipment) -> None: ...


@dataclass
class Weather:
    """Which faults there are in this simulation, and how often; and what is still on its way."""

    chance: random.Random
    clock: HandClock
    deaths: Deaths
    watcher: Watcher
    rates: dict[Fault, float] = field(default_factory=dict)
    down_until: dict[str, datetime] = field(default_factory=dict)
    late: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What happened on lines since the last look; part of the trace."""
    meanwhile: Callable[[OfferedShipment | None], Awaitable[None]] | None = None
    """Lets somebody else act while a call is on its way; takes the shipment that is fetched."""
    nested: bool = False
    """True while somebody does: no hub dies then, for one of its own steps may be under way."""

    def fault(self, peer: str) -> Fault | None:
        if self.down_until.get(peer, self.clock.now()) > self.clock.now():
            return Fault.UNREACHABLE
        lot = self.chance.random()
        for fault, rate in self.rates.items():
            lot -= rate
            if lot < 0:
                return None if self.nested and fault is Fault.HUB_DIES else fault
        return None

    def calm(self) -> None:
        """All lines are up and stay so; nothing is under way any more."""
        self.rates.clear()
        self.down_until.clear()
        self.late.clear()


class Line:
    """`HubUplink` of one peer; its hub is looked up at each call, for it may have been opened anew."""

    def __init__(self, weather: Weather, peer: str, place: HubPlace) -> None:
        self._weather = weather
        self._name = peer
        self._place = place

    async def _wait(self, shipment: OfferedShipment | None = None) -> None:
        if self._weather.meanwhile is not None:
            await self._weather.meanwhile(shipment)

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        await self._wait()
        kind, data = "relay" if relay else "consignment", _bytes_of(container)
        announced = Announced(kind=kind, length=size, sha256=sha256, lane=lane, documents=tuple(relay))
        return self._call("submit", lambda: self._upload(announced, data), broken=lambda: self._cut(announced, data))

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        await self._wait()
        return self._call("shipments", lambda: self._lease(wanted))

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        await self._wait(shipment)
        whole = self._call("fetch", lambda: self._send(shipment), broken=lambda: self._tear(shipment, target))[:upto]
        have = _bytes_of(target)
        self._write(target, have + whole[len(have) :])

    async def answer_relay(self, shipment: OfferedShipment, documents: Sequence[Document]) -> None:
        await self._wait()
        self._call("answer-relay", lambda: self._place.hub.dispatch.answered(self._peer, shipment.id, tuple(documents)))

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        await self._wait()
        self._call(
            "release",
            lambda: self._place.hub.dispatch.release(self._name, shipment.id, fence=shipment.fence, error=error),
        )

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        await self._wait()
        return self._call("feed", lambda: self._place.hub.feeds.read(self._peer, after=after, limit=FEED_LIMIT))

    async def send_return(self, documents: Sequence[Document]) -> None:
        await self._wait()
        self._call("return", lambda: self._place.hub.returns.receive(self._peer, tuple(documents)))

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        await self._wait()
        return self._call(
            "proofs",
            lambda: {sha256: proof for sha256, proof in self._place.hub.log.proofs(digests).items() if proof},
        )

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        await self._wait()
        return self._call("directory", lambda: self._place.hub.directory.news(version))

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        await self._wait()
        return self._call("trust", lambda: tuple(document for _, document in self._place.hub.trust_lists.after(after)))

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        return None

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        await self._wait()
        return ()

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        await self._wait()

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        await self._wait()
        return ()

    async def capabilities(self) -> Mapping[str, Any]:
        return {}

    @property
    def _peer(self) -> PeerRow:
        return self._place.peers[self._name]

    def _call(self, name: str, work: Callable[[], T], *, broken: Callable[[], object] | None = None) -> T:
        weather = self._weather
        fault = weather.fault(self._name)
        if fault is not None:
            weather.said.append(f"{self._name} {name} {fault.value}")
        if fault is Fault.LATE:
            weather.late.append((f"{self._name} {name}", lambda: self._at_hub(work)))
        if fault is Fault.BROKEN and broken is not None:
            self._at_hub(broken)
        if fault in {Fault.UNREACHABLE, Fault.LATE, Fault.BROKEN}:
            raise HubUnreachable(url=self._place.name, reason=fault.value)
        if fault is Fault.HUB_DIES:
            return self._at_hub(work, dies_after=weather.chance.randint(1, DEEPEST))
        if fault in {Fault.TWICE, Fault.LOST}:
            try:
                first = self._at_hub(work)
            except HubRefused:
                if fault is Fault.TWICE:
                    return self._at_hub(work)
                raise HubUnreachable(url=self._place.name, reason=fault.value) from None
            if fault is Fault.LOST:
                raise HubUnreachable(url=self._place.name, reason=fault.value)
            again = self._at_hub(work)
            assert not isinstance(first, Answer) or first == again, "the same bytes again got another receipt"
            return again
        result = self._at_hub(work)
        if fault is Fault.SPOILED and name == "fetch" and isinstance(result, bytes):
            spoiled = bytearray(result)
            spoiled[weather.chance.randrange(len(spoiled))] ^= 1
            return bytes(spoiled)  # type: ignore[return-value]
        return result

    def _at_hub(self, work: Callable[[], T], *, dies_after: int | None = None) -> T:
        """What the HTTP face does: refusals become problem documents, our own trouble a failed call."""
        deaths = self._weather.deaths
        caller = deaths.left
        deaths.arm(dies_after)
        try:
            with self._place.hub.presence.here(self._name):
                return work()
        except Killed as killed:
            self._weather.said.append(f"{self._place.name} died at {killed}")
            self._place.reopen()
            raise HubUnreachable(url=self._place.name, reason="the hub died") from None
        except SubmissionRefused as refused:
            problem = {"code": refused.findings[0].code, "title": refused.message()}
            raise HubRefused(problem, evidence=refused.evidence) from refused
        except StoreError as trouble:
            raise HubUnreachable(url=self._place.name, reason=trouble.code) from trouble
        except Refusal as refusal:
            raise HubRefused({"code": refusal.code, "title": refusal.message()}) from refusal
        finally:
            deaths.arm(caller)

    def _upload(self, announced: Announced, data: bytes) -> Answer:
        uploads = self._place.hub.uploads
        row, offset = uploads.create(self._peer, announced)
        if offset < len(data):
            with uploads.open_at(row, offset) as file:
                file.write(data[offset:])
                uploads.appended(row, file)
        return uploads.commit(self._peer, row.id)

    def _cut(self, announced: Announced, data: bytes) -> None:
        uploads = self._place.hub.uploads
        row, offset = uploads.create(self._peer, announced)
        if offset < len(data):
            with uploads.open_at(row, offset) as file:
                file.write(data[offset : self._weather.chance.randint(offset, len(data) - 1)])
                uploads.appended(row, file)

    def _lease(self, wanted: Wanted) -> tuple[OfferedShipment, ...]:
        offered = self._place.hub.dispatch.lease(self._name, LEASE_LIMIT, wanted=wanted)
        self._weather.watcher.leased(self._place, self._name, offered)
        return offered

    def _send(self, shipment: OfferedShipment) -> bytes:
        data = self._read(shipment)
        self._place.hub.dispatch.sent(shipment.id)
        return data

    def _read(self, shipment: OfferedShipment) -> bytes:
        dispatch = self._place.hub.dispatch
        dispatch.content(self._name, shipment.id)
        with self._place.hub.world.blobs.open(shipment.container_sha256) as blob:
            data = b"".join(blob.chunks())
        assert hashlib.sha256(data).hexdigest() == shipment.container_sha256, "a hub hands out other bytes"
        self._weather.watcher.handed_out(self._place, self._name, shipment)
        return data

    def _tear(self, shipment: OfferedShipment, target: Path) -> None:
        whole = self._read(shipment)
        have = len(_bytes_of(target))
        self._write(target, whole[: self._weather.chance.randint(min(have, len(whole)), len(whole))])

    def _write(self, target: Path, data: bytes) -> None:
        target.write_bytes(data)
        at = self._weather.clock.now().timestamp()
        os.utime(target, (at, at))


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
