"""A small federation of real processes that may be killed at any moment: two hubs, two nodes, real TLS, real files.

A national hub with a ministry's node, a provincial hub with a commune's node. Folders are made in this process, the
services run as `python -m cli … serve`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock, SystemRng
from config import actions
from config.load import read_hub_file
from config.places import Places
from exchange_axis.commands.control import call
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml

CLOCK, RNG = SystemClock(), SystemRng()
READY_SECONDS = 30.0
LEASE_SECONDS = 4
"""What a process held when it was killed is offered again after this; an operator may set it, 60 is the default."""

DIRECTORY = Directory.of(
    (
        Agency(code="G90", name="Bộ thử", tier=Tier.CENTRE, node="node-g"),
        Agency(code="G90.01", name="Cục thử", tier=Tier.DEPARTMENT, parent="G90", node="node-g"),
        Agency(code="H90", name="Tỉnh thử", tier=Tier.PROVINCE),
        Agency(code="H90.01", name="Xã thử", tier=Tier.COMMUNE, parent="H90", node="node-a"),
    ),
    (
        HubEntry(id="hub-top", name="Trục thử quốc gia"),
        HubEntry(id="hub-a", name="Trục thử tỉnh", parent="hub-top", subtree=("H90",)),
    ),
    (NodeEntry(id="node-g", name="Nút bộ", hub="hub-top"), NodeEntry(id="node-a", name="Nút xã", hub="hub-a")),
)
HUB_OF = {"node-g": "hub-top", "node-a": "hub-a"}
AGENCIES = {"node-g": {"G90": "Bộ thử", "G90.01": "Cục thử"}, "node-a": {"H90.01": "Xã thử"}}


@dataclass
class Service:
    """One process, started as often as it is killed."""

    name: str
    folder: Path
    deaths: int = 0
    struck: int = 0
    """Deaths at a failpoint, so inside a durable step."""
    process: subprocess.Popen[str] | None = None

    @property
    def kind(self) -> str:
        return "hub" if self.name.startswith("hub") else "node"

    def start(self, failpoints: str = "") -> None:
        """Start; does not wait. With failpoints the process will kill itself there."""
        self.close()
        environment = {**os.environ, "AXIS_FAILPOINTS": failpoints}
        with (self.folder / "stderr.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", self.kind, "serve", "--data", str(self.folder), "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )

    def wait_ready(self) -> bool:
        """True when it serves, False when a failpoint was quicker."""
        assert self.process is not None and self.process.stdout is not None
        return bool(self.process.stdout.readline())

    def close(self) -> None:
        """Let go of the last process's output."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def kill(self) -> None:
        """SIGKILL if it still lives; reap; count."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.deaths += 1

    def has_struck(self, seconds: float) -> bool:
        """Wait for the failpoint to end the process."""
        assert self.process is not None
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        self.deaths += 1
        self.struck += 1
        return True

    def stop(self) -> int:
        """SIGTERM and the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=15)
        self.close()
        return code

    def ask(self, operation: str, **arguments: Any) -> Any | None:
        """An operation over the control socket; None while nobody answers."""
        try:
            answer = call(Places(self.folder).socket, operation, {"actor": "test", **arguments})
        except (OSError, json.JSONDecodeError):
            return None  # killed while it answered
        return None if answer is None else answer[0]


@dataclass
class Federation:
    root: Path
    services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for hub in ("hub-top", "hub-a"):
            self._make_hub(hub)
        self._connect()
        for node, hub in HUB_OF.items():
            self._make_node(node, hub)
        try:
            for service in self.services.values():
                service.start()
            for service in self.services.values():
                assert service.wait_ready(), (service.folder / "stderr.log").read_text()
        except BaseException:
            self.abandon()
            raise

    def stop(self) -> None:
        for service in self.services.values():
            if service.process is not None and service.process.poll() is None:
                service.stop()

    def abandon(self) -> None:
        """Whatever happened, nothing stays running."""
        for service in self.services.values():
            if service.process is not None:
                service.process.kill()
                service.process.wait()
                service.close()

    def _make_hub(self, name: str) -> None:
        folder = self.root / name
        url = f"https://127.0.0.1:{_free_port()}"
        actions.hub_init(folder, id=name, name=f"Trục {name}", url=url, listen=None, database="")
        with Places(folder).settings("hub").open("a", encoding="utf-8") as settings:
            settings.write(f"lease_seconds = {LEASE_SECONDS}\n")
        made = self._operate(name, "directory.import", text=to_toml(DIRECTORY), format="toml")
        self._operate(name, "directory.decide", number=made["proposal"], approve=True, actor="second")
        self.services[name] = Service(name=name, folder=folder)

    def _connect(self) -> None:
        request = actions.uplink_request(self.root / "hub-a", ("H90",))
        actions.trust(self.root / "hub-top", "hub-a", "".join(request["anchors"]))
        self._operate("hub-top", "peer.add", request=request)
        answer = self._operate("hub-top", "peer.approve", id="hub-a", codes=(), relay=())
        actions.uplink_install(self.root / "hub-a", answer)
        self._operate("hub-a", "uplink.adopt", answer=answer)

    def _make_node(self, name: str, hub: str) -> None:
        folder, hub_places = self.root / name, Places(self.root / hub)
        ca = hub_places.certificate("authority").read_text(encoding="ascii")
        url = _url_of(hub_places)
        made = actions.node_init(
            folder, id=name, name=f"Nút {name}", agencies=AGENCIES[name], hub=url, hub_ca=ca, hub_fingerprint=None
        )
        self._operate(hub, "peer.add", request=json.loads(Path(made["request"]).read_text(encoding="utf-8")))
        answer = self._operate(hub, "peer.approve", id=name, codes=(), relay=())
        actions.node_install(folder, answer)
        for other in HUB_OF.values():
            pem = Places(self.root / other).certificate("authority").read_text(encoding="ascii")
            actions.trust(folder, other, pem)
        self.services[name] = Service(name=name, folder=folder)

    def _operate(self, hub: str, operation: str, **arguments: Any) -> Any:
        with actions.held_hub(self.root / hub) as opened:
            arguments = {"actor": "test", **arguments}
            return HUB_OPERATIONS[operation](opened, arguments)


def letter(sender: str, recipients: list[str], number: int) -> Mapping[str, Any]:
    """A letter as a form, for the node's `send`."""
    return {
        "from": sender,
        "to": recipients,
        "number": str(number),
        "notation": "BC-UBND",
        "date": CLOCK.now().date().isoformat(),
        "type": "Báo cáo",
        "subject": f"Báo cáo thử số {number}",
        "signer": {"name": "Người ký thử", "position": "Chủ tịch", "competence": "TM."},
    }


def _url_of(places: Places) -> str:
    return read_hub_file(places).url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
