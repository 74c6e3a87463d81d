"""The simulated federation: who there is, and hubs and nodes on folders of their own that can be closed and reopened.

hub-top ─┬─ hub-a (H90) ── hub-d (H90.10)     nodes: g at the top; a and a1 at hub-a; d and d1 at hub-d;
         ├─ hub-b (H91)                              b at hub-b; m at hub-m
         └─ hub-m (G91)
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from adapters.blobs_files import FileBlobs
from config.calendars import shipped_calendar
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.service import Hub, HubKeys
from exchange_axis.hub.service import assemble as assemble_hub
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.world import HubSettings, World
from exchange_axis.node.agent import Agent
from exchange_axis.node.service import Node, sweep_staging
from exchange_axis.node.service import assemble as assemble_node
from exchange_axis.node.world import NodeSettings, NodeWorld
from exchange_axis.pipeline.issue import Issuer
from exchange_axis.ports import EVERYTHING, HubUplink, OfferedShipment, Wanted
from exchange_axis.store.blob_keys import open_blob_keys
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import migrate
from exchange_axis.store.node.unit import migrate_node_store, open_node_store
from exchange_axis.store.transactions import open_transactions
from schemas.pack import rule_pack_version
from tests.prove.simulation.chance import Deaths, SeededRng
from tests.prove.simulation.keys import Office, log_signer

T = TypeVar("T")

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""A Monday morning, 08:00 in Vietnam."""
PARENTS = {"hub-top": None, "hub-a": "hub-top", "hub-b": "hub-top", "hub-m": "hub-top", "hub-d": "hub-a"}
SUBTREES = {"hub-top": (), "hub-a": ("H90",), "hub-b": ("H91",), "hub-m": ("G91",), "hub-d": ("H90.10",)}
NODES = {
    "node-g": ("hub-top", ("G90",)),
    "node-a": ("hub-a", ("H90", "H90.02")),
    "node-a1": ("hub-a", ("H90.01",)),
    "node-d": ("hub-d", ("H90.10",)),
    "node-d1": ("hub-d", ("H90.10.01",)),
    "node-b": ("hub-b", ("H91", "H91.01")),
    "node-m": ("hub-m", ("G91",)),
}
CLOSED = {"H90.03": "H90.02", "H91.09": "H90.10.01"}
"""Closed codes and who receives in their place; the second moved to another province."""
UNKNOWN = "H77"
HOME = {code: node for node, (_, codes) in NODES.items() for code in codes}
LEASE = timedelta(seconds=60)
TIME_TO_LIVE = timedelta(days=3)


def directory() -> Directory:
    parents = {"H90.01": "H90", "H90.02": "H90", "H90.10": "H90", "H90.10.01": "H90.10", "H91.01": "H91"}
    agencies = [
        Agency(code=code, name=f"Cơ quan {code}", tier=Tier.PROVINCE, parent=parents.get(code), node=node)
        for code, node in HOME.items()
    ]
    agencies += [
        Agency(
            code=code,
            name=f"Cơ quan {code} (đã đóng)",
            tier=Tier.COMMUNE,
            parent=code[:3],
            valid_to=date(2025, 6, 30),
            successor=successor,
        )
        for code, successor in CLOSED.items()
    ]
    hubs = [HubEntry(id=hub, name=hub, parent=parent, subtree=SUBTREES[hub]) for hub, parent in PARENTS.items()]
    return Directory.of(agencies, hubs, [NodeEntry(id=node, name=node, hub=hub) for node, (hub, _) in NODES.items()])


@dataclass
class HandClock:
    """A clock moved by hand."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()


@dataclass
class Shared:
    """What all of one simulation have together."""

    folder: Path
    seed: str
    office: Office
    clock: HandClock = field(default_factory=HandClock)
    deaths: Deaths = field(default_factory=Deaths)

    def rng(self, name: str) -> SeededRng:
        return SeededRng(f"{self.seed} {name}")


Leased = Callable[[str, Sequence[OfferedShipment]], None]


class _Watched(Dispatch):
    """The dispatch of an uplink; tells what it lends."""

    def __init__(self, world: World, leased: Leased) -> None:
        super().__init__(world)
        self._leased = leased

    def lease(self, peer: str, limit: int, *, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        offered = super().lease(peer, limit, wanted=wanted)
        self._leased(peer, offered)
        return offered


class HubPlace:
    """A hub's folder; `hub` is the program on it."""

    def __init__(self, shared: Shared, name: str) -> None:
        self.name = name
        self.parent = PARENTS[name]
        self._shared = shared
        self._rng = shared.rng(name)
        self._folder = make_private_folder(shared.folder / name)
        self._seal = shared.office.signer(f"seal {name}", of=name)
        self.peers: dict[str, PeerRow] = {}
        self.uplink: Uplink | None = None
        self.line: Callable[[], HubUplink] | None = None
        """To the hub above."""
        self.leased: Leased = lambda peer, offered: None
        """Told what is lent to the hub above."""
        self.hub = self._open()

    def reopen(self) -> None:
        self._shared.deaths.arm(None)
        self.hub.close()
        self.hub = self._open()

    def connect(self) -> None:
        """Open the uplink, once the hub above is known."""
        self.peers = {row.id: row for row in self.hub.registry.every()}
        if self.line is not None and self.parent in self.peers:
            hub = self.hub
            dispatch = _Watched(hub.world, self._lent)
            self.uplink = Uplink(hub.world, self.line(), dispatch=dispatch, relay=hub.relay, returns=hub.returns)

    def _lent(self, peer: str, offered: Sequence[OfferedShipment]) -> None:
        self.leased(peer, offered)

    def _open(self) -> Hub:
        shared, folder = self._shared, self._folder
        url = f"sqlite:///{folder / 'hub.sqlite'}"
        engine = open_engine(url)
        migrate(engine, HUB_SCHEMA, at=shared.clock.now())
        world = World(
            settings=HubSettings(
                id=self.name, name=self.name, origin=f"{self.name}/log/1", parent=self.parent, lease=LEASE
            ),
            transactions=open_transactions(engine),
            blobs=FileBlobs(
                make_private_folder(folder / "blobs"),
                open_blob_keys(folder / "keys", rng=self._rng, at=shared.clock.now()),
            ),
            anchors=lambda: shared.office.anchors,
            calendar=shipped_calendar,
            issuer=Issuer(
                hub=self.name, signer=self._seal, clock=shared.clock, rng=self._rng, rule_pack=rule_pack_version()
            ),
            clock=shared.clock,
            guard=ClockGuard(shared.clock),
            rng=self._rng,
            staging=make_private_folder(folder / "staging"),
        )
        keys = HubKeys(
            office=shared.office.authority,
            log=log_signer(self.name),
            witness=None,
            anchors_pem=(shared.office.pem,),
            url=f"https://{self.name}.test",
        )
        self.hub = assemble_hub(world, keys)
        self.connect()
        return self.hub


class NodePlace:
    """A node's folder; `node` and its `agent` are the program on it."""

    def __init__(self, shared: Shared, name: str, line: HubUplink) -> None:
        self.name = name
        self.home, self.codes = NODES[name]
        self._shared = shared
        self._rng = shared.rng(name)
        self._line = line
        self.folder = make_private_folder(shared.folder / name)
        office = shared.office
        self._seals = {code: office.signer(f"agency-seal:{code}", of=code) for code in self.codes}
        self._node_seal = office.signer(f"node-seal {name}", of=name)
        migrate_node_store(self.folder, at=shared.clock.now())
        self.node, self.agent = self._open()

    def reopen(self) -> None:
        self._shared.deaths.arm(None)
        self.node.close()
        self.node, self.agent = self._open()

    def _open(self) -> tuple[Node, Agent]:
        shared, folder = self._shared, self.folder
        world = NodeWorld(
            settings=NodeSettings(
                node_id=self.name,
                hub_id=self.home,
                agencies={code: f"Cơ quan {code}" for code in self.codes},
                staging=make_private_folder(folder / "staging"),
                time_to_live=TIME_TO_LIVE,
            ),
            store=open_node_store(folder),
            blobs=FileBlobs(
                make_private_folder(folder / "blobs"),
                open_blob_keys(folder / "keys", rng=self._rng, at=shared.clock.now()),
            ),
            seals=self._seals,
            node_seal=self._node_seal,
            anchors=lambda: shared.office.anchors,
            calendar=shipped_calendar,
            clock=shared.clock,
            rng=self._rng,
            log=log_signer(self.home).verifier,
        )
        sweep_staging(world)
        node = assemble_node(world)
        return node, node.agent(self._line, run_in_thread=_at_once)


class Federation:
    """All hubs and nodes; `line(peer, hub)` makes the connection of a peer to its hub."""

    def __init__(self, shared: Shared, line: Callable[[str, HubPlace], HubUplink]) -> None:
        self.shared = shared
        self.runner = asyncio.Runner()
        self.hubs = {name: HubPlace(shared, name) for name in PARENTS}
        for hub in self.hubs.values():
            if hub.parent is not None:
                above = self.hubs[hub.parent]
                hub.line = lambda name=hub.name, above=above: line(name, above)
                hub.connect()
        self.nodes = {name: NodePlace(shared, name, line(name, self.hubs[home])) for name, (home, _) in NODES.items()}

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    def close(self) -> None:
        for hub in self.hubs.values():
            hub.hub.close()
        for node in self.nodes.values():
            node.node.close()
        self.runner.close()


def enrol(federation: Federation) -> None:
    """What an operator does once: directory, uplinks, nodes."""
    office, listed = federation.shared.office, directory()
    for hub in federation.hubs.values():
        hub.hub.directory.adopt(listed, to_toml(listed), actor="mô phỏng")
    for name, hub in federation.hubs.items():
        if hub.parent is not None:
            certificates = {"tls": office.tls_pem(name), "hub-seal": office.seal_pem(f"seal {name}", of=name)}
            wish = {"kind": "hub", "subtree": list(SUBTREES[name])}
            hub.hub.registry.adopt_parent(_approve(federation.hubs[hub.parent], name, wish, certificates), actor="test")
    for name, (home, codes) in NODES.items():
        certificates = {
            "tls": office.tls_pem(name),
            "node-seal": office.seal_pem(f"node-seal {name}", of=name),
            **{f"agency-seal:{code}": office.seal_pem(f"agency-seal:{code}", of=code) for code in codes},
        }
        _approve(federation.hubs[home], name, {"kind": "node", "agencies": list(codes)}, certificates)
    for hub in federation.hubs.values():
        hub.connect()


def _approve(hub: HubPlace, name: str, wish: Mapping[str, Any], certificates: Mapping[str, str]) -> Mapping[str, Any]:
    request = {"format": REQUEST_FORMAT, "id": name, "name": name, **wish, "certificates": dict(certificates)}
    hub.hub.registry.add(request, actor="mô phỏng")
    return hub.hub.registry.approve(name, codes=(), relay=(), actor="mô phỏng")


def copy_of(template: Path, folder: Path) -> Path:
    return Path(shutil.copytree(template, folder))


async def _at_once(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return work(*args, **kwargs)
