"""One hub and two nodes as processes, enrolled as operators do it, on loopback with real TLS.

The folders are made in this process; what is measured runs as `python -m cli … serve` and is reached through its
control socket. Ports are chosen once, so that the services may be started anew over the same folders.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import cpu_seconds, memory
from config import actions
from config.places import Places
from exchange_axis.commands.control import call
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.domain.agency import Agency, Hub, NodeEntry, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml

HUB, SENDER, RECEIVER = "hub", "sending node", "receiving node"
ROLES = (HUB, SENDER, RECEIVER)
_IDS = {HUB: "hub-bench", SENDER: "node-a", RECEIVER: "node-g"}
_AGENCIES = {SENDER: {"H90.01": "Xã Thử Nghiệm"}, RECEIVER: {"G90": "Bộ Thử Nghiệm"}}
READY = 60.0
"""Seconds until a service must be ready."""
STOP = 15.0
ACTOR = "bench"


class ServiceFailed(RuntimeError):
    """A service ended, or was not ready in time; the text is the end of what it logged."""


@dataclass(slots=True, kw_only=True)
class Service:
    """One process of the product."""

    role: str
    folder: Path
    process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        kind = "hub" if self.role == HUB else "node"
        command = [sys.executable, "-m", "cli", kind, "serve", "--data", str(self.folder), "--json"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment()
            )

    def wait_ready(self) -> None:
        """Raises ServiceFailed."""
        assert self.process is not None and self.process.stdout is not None
        watch = threading.Timer(READY, self.process.kill)
        watch.start()
        try:
            line = self.process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise ServiceFailed(f"{self.role}: {self.tail()}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def ask(self, operation: str, **arguments: Any) -> Any:
        """An operation over the control socket. Raises what the service refuses, or ServiceFailed."""
        answer = call(Places(self.folder).socket, operation, {"actor": ACTOR, **arguments})
        if answer is None:
            raise ServiceFailed(f"{self.role} does not listen: {self.tail()}")
        return answer[0]

    def tail(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2_000:]
        return ""


@dataclass(slots=True, kw_only=True)
class Federation:
    root: Path
    services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._make_hub()
        self._make_node(SENDER)
        self._make_node(RECEIVER)

    def start(self) -> None:
        """The hub first, then the nodes; all serve when this returns. Raises ServiceFailed."""
        self.services[HUB].start()
        self.services[HUB].wait_ready()  # a node that finds nobody pauses before it tries again
        for role in (SENDER, RECEIVER):
            self.services[role].start()
        for role in (SENDER, RECEIVER):
            self.services[role].wait_ready()

    def stop(self) -> None:
        for role in reversed(ROLES):
            self.services[role].stop()

    def cpu(self) -> dict[str, float]:
        """Seconds so far, by role."""
        return {role: cpu_seconds(service.pid) for role, service in self.services.items()}

    def peaks(self) -> dict[str, int]:
        """Largest resident set so far, in bytes, by role."""
        return {role: memory(service.pid) for role, service in self.services.items()}

    def _make_hub(self) -> None:
        folder, url = self.root / _IDS[HUB], f"https://127.0.0.1:{_free_port()}"
        actions.hub_init(folder, id=_IDS[HUB], name="Trục Thử Nghiệm", url=url, listen=None, database="")
        self.services[HUB] = Service(role=HUB, folder=folder)
        made = self._at_rest("directory.import", text=to_toml(_directory()), format="toml")
        self._at_rest("directory.decide", number=made["proposal"], approve=True, actor="second")

    def _make_node(self, role: str) -> None:
        folder, hub = self.root / _IDS[role], self.services[HUB].folder
        made = actions.node_init(
            folder,
            id=_IDS[role],
            name=f"Nút {_IDS[role]}",
            agencies=_AGENCIES[role],
            hub=_url_of(hub),
            hub_ca=Places(hub).certificate("authority").read_text(encoding="ascii"),
            hub_fingerprint=None,
        )
        self._at_rest("peer.add", request=json.loads(Path(made["request"]).read_text(encoding="utf-8")))
        answer = self._at_rest("peer.approve", id=_IDS[role], codes=(), relay=())
        actions.node_install(folder, answer)
        self.services[role] = Service(role=role, folder=folder)

    def _at_rest(self, operation: str, **arguments: Any) -> Any:
        with actions.held_hub(self.services[HUB].folder) as hub:
            return HUB_OPERATIONS[operation](hub, {"actor": ACTOR, **arguments})


@contextmanager
def serving(federation: Federation) -> Iterator[Federation]:
    """Fresh processes over the federation's folders for as long as the block runs."""
    try:
        federation.start()
        yield federation
    finally:
        federation.stop()


def _directory() -> Directory:
    return Directory.of(
        (
            Agency(code="G90", name="Bộ Thử Nghiệm", tier=Tier.CENTRE, node=_IDS[RECEIVER]),
            Agency(code="H90", name="Tỉnh Thử Nghiệm", tier=Tier.PROVINCE),
            Agency(code="H90.01", name="Xã Thử Nghiệm", tier=Tier.COMMUNE, parent="H90", node=_IDS[SENDER]),
        ),
        (Hub(id=_IDS[HUB], name="Trục Thử Nghiệm"),),
        tuple(NodeEntry(id=_IDS[role], name=f"Nút {_IDS[role]}", hub=_IDS[HUB]) for role in (SENDER, RECEIVER)),
    )


def _environment() -> dict[str, str]:
    """The caller's, without proxies and settings that would lead the services elsewhere."""
    strange = ("AXIS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(strange)}


def _url_of(hub: Path) -> str:
    from config.load import read_hub_file  # noqa: PLC0415 - heavy

    return read_hub_file(Places(hub)).url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
