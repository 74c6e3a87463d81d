"""Three hubs and ten nodes on loopback: made, introduced to each other and started by the command line alone.

Each hub and node has a thread that takes it through its steps; they meet where one needs another:

    hub       init → (uplink: request, approved above, installed; trust) → serve → directory → the PDFs' root
    node      init → (its hub serves) → approved there → install → trust → serve

`SLOTS` short commands run at once; hubs go first, because everybody waits for them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from exchange_axis.demo.cast import HUBS, NODES, codes_of, directory, directory_text, node_of
from exchange_axis.demo.client import Line, peer_tls
from exchange_axis.demo.letters import letters
from exchange_axis.demo.line import CuttableLine
from exchange_axis.demo.supervisor import READY_SECONDS, Child, Supervisor, free_ports
from signing.keys import Signer, load_signer

ALONE = ("--trust-approvers", "1")
"""The demonstration has one operator; a real hub keeps the default of two."""
PDF_ROOT = "ky-so-mau"
"""Name under which hubs trust the authority of those who sign the letters' PDFs."""
SLOTS = max(2, os.cpu_count() or 2)
Tell = Callable[[str, str, str], None]
"""(place, Vietnamese, English)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlace:
    id: str
    folder: Path
    url: str
    parent: HubPlace | None

    def line(self) -> Line:
        """A line to the hub above with this hub's own client certificate.

        Raises:
            ValueError: nobody is above it.
        """
        if self.parent is None:
            raise ValueError(self.id)
        certificate, key = self.folder / "uplink" / "tls.pem", self.folder / "uplink" / "tls.key"
        return Line(self.parent.url, peer_tls(self.parent.root, certificate, key))

    @property
    def root(self) -> Path:
        """Its self-signed certificate authority."""
        return self.folder / "certificates" / "authority.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlace:
    id: str
    folder: Path
    hub: HubPlace

    def seal(self, code: str) -> Signer:
        """The seal of an agency that this node serves."""
        return load_signer(
            self.folder / "keys" / f"agency-{code}.key", self.folder / "certificates" / f"agency-{code}.pem"
        )

    def line(self) -> Line:
        """A line to its hub with this node's own certificate."""
        certificate, key = self.folder / "certificates" / "tls.pem", self.folder / "keys" / "tls.key"
        return Line(self.hub.url, peer_tls(self.hub.root, certificate, key))


class Federation:
    def __init__(self, supervisor: Supervisor) -> None:
        folder = supervisor.data
        self._supervisor = supervisor
        self._papers = folder / "papers"
        self._papers.mkdir()
        remote = sorted({node_of(one.sender) for one in letters() if one.offline})
        ports = dict(zip((*HUBS, *remote), free_ports(len(HUBS) + len(remote)), strict=True))
        self.hubs: dict[str, HubPlace] = {}
        for hub in HUBS:
            parent = directory().hubs[hub].parent
            self.hubs[hub] = HubPlace(
                id=hub,
                folder=folder / hub,
                url=f"https://127.0.0.1:{ports[hub]}",
                parent=None if parent is None else self.hubs[parent],
            )
        entries = directory().nodes
        self.nodes = {
            node: NodePlace(id=node, folder=folder / node, hub=self.hubs[entries[node].hub]) for node in NODES
        }
        self.lines = {node: CuttableLine(ports[node], ports[entries[node].hub]) for node in remote}
        """Lines between a node and its hub that can be cut, by node."""
        self.pdf_root: Future[bytes] = Future()
        """PEM of the sample authority whose certificates sign the letters' PDFs."""
        self._children: dict[str, Child] = {}
        self._slots = threading.Semaphore(SLOTS)
        self._made: dict[str, Future[None]] = {hub: Future() for hub in HUBS}
        self._serving: dict[str, Future[None]] = {hub: Future() for hub in HUBS}

    def build(self, tell: Tell) -> None:
        """From nothing to thirteen serving processes.

        Raises:
            CommandFailed, ChildFailed: of whoever failed first.
        """
        (self._papers / "directory.toml").write_text(directory_text(), encoding="utf-8")
        with ThreadPoolExecutor(max_workers=len(HUBS) + len(NODES)) as pool:
            work = [pool.submit(self._hub, hub, tell) for hub in HUBS]
            work += [pool.submit(self._node, node, tell) for node in NODES]
            try:
                done, _ = wait(work, return_when=FIRST_EXCEPTION)
                for one in done:
                    one.result()
            except BaseException:
                self._supervisor.close()
                raise

    def start_again(self) -> None:
        """Serve again what was stopped; hubs first.

        Raises:
            ChildFailed.
        """
        for hub in HUBS:
            self._start(hub, "hub", self.data(self.hubs[hub]))
        with ThreadPoolExecutor(max_workers=SLOTS) as pool:
            for done in [pool.submit(self._start, node, "node", self.data(self.nodes[node])) for node in NODES]:
                done.result()

    def stop_nodes(self) -> None:
        self._supervisor.stop([self._children[node] for node in NODES])

    def stop_hubs(self) -> None:
        self._supervisor.stop([self._children[hub] for hub in reversed(HUBS)])

    def close(self) -> None:
        """Nobody uses the lines any more."""
        for line in self.lines.values():
            line.close()

    def node_url(self, node: str) -> str:
        """Where a node's own API listens."""
        return str(self._children[node].ready["url"])

    def desk(self, node: str) -> Line:
        """A line to a node's own API, with the token that its agency's software would have."""
        token = (self.nodes[node].folder / "api-token").read_text(encoding="ascii").strip()
        return Line(self.node_url(node), headers={"Authorization": f"Bearer {token}"})

    def node_for(self, code: str) -> NodePlace:
        return self.nodes[node_of(code)]

    def _hub(self, hub: str, tell: Tell) -> None:
        place, entry = self.hubs[hub], directory().hubs[hub]
        try:
            self._run("hub", "init", *self.data(place), "--id", hub, "--name", entry.name, "--url", place.url, *ALONE)
            self._made[hub].set_result(None)
            if entry.parent is not None:
                self._enrol_uplink(hub, entry.parent, entry.subtree)
                self._trust(hub, "hub", self.data(place))
            self._start(hub, "hub", self.data(place))
            # A running hub takes it over its control socket, which is faster than opening the database again.
            self._run("directory", "import", str(self._papers / "directory.toml"), *self.data(place))
            tell(hub, f"trục chạy tại {place.url}", f"hub serves at {place.url}")
            self._serving[hub].set_result(None)
            self._trust_signers(hub)
        except BaseException as error:
            for future in (self._made[hub], self._serving[hub]):
                if not future.done():
                    future.set_exception(error)
            raise

    def _trust_signers(self, hub: str) -> None:
        """Those who sign PDF files, and for nothing else: no seal below that root is taken."""
        root = self._papers / f"pdf-root-for-{hub}.pem"
        root.write_bytes(self.pdf_root.result())
        purpose = ("--name", PDF_ROOT, "--class", "test", "--use", "pdf")
        self._run("hub", "trust", "add", str(root), *purpose, *self.data(self.hubs[hub]))

    def _enrol_uplink(self, hub: str, parent: str, subtree: Sequence[str]) -> None:
        request, answer = self._papers / f"{hub}.json", self._papers / f"{hub}.answer.json"
        delegated = [word for code in subtree for word in ("--subtree", code)]
        self._run("hub", "uplink", "request", *self.data(self.hubs[hub]), *delegated, "--out", str(request))
        self._approve(parent, hub, request, answer)
        self._run("hub", "uplink", "install", str(answer), *self.data(self.hubs[hub]))

    def _node(self, node: str, tell: Tell) -> None:
        place = self.nodes[node]
        hub = place.hub
        self._made[hub.id].result()
        agencies = [
            word for code in codes_of(node) for word in ("--agency", f"{code}={directory().agencies[code].name}")
        ]
        identity = ["--id", node, "--name", directory().nodes[node].name]
        with self._slots:
            self._run(
                "node",
                "init",
                *self.data(place),
                *identity,
                *agencies,
                "--hub",
                self._way_up(place),
                "--hub-ca",
                str(hub.root),
            )
        self._serving[hub.id].result()
        answer = self._papers / f"{node}.answer.json"
        with self._slots:
            self._approve(hub.id, node, place.folder / "enrolment.json", answer)
            self._run("node", "install", str(answer), *self.data(place))
        self._trust(hub.id, "node", self.data(place), slot=self._slots)
        with self._slots:
            child = self._start(node, "node", self.data(place))
        served = ", ".join(codes_of(node))
        url = child.ready["url"]
        tell(node, f"nút chạy tại {url}, phục vụ {served}", f"node serves at {url} for {served}")

    def _way_up(self, place: NodePlace) -> str:
        line = self.lines.get(place.id)
        return place.hub.url if line is None else line.url

    def _approve(self, hub: str, peer: str, request: Path, answer: Path) -> None:
        self._serving[hub].result()
        self._run("hub", "node", "add", str(request), *self.data(self.hubs[hub]))
        self._run("hub", "node", "approve", peer, "--out", str(answer), *self.data(self.hubs[hub]))

    def _trust(
        self, hub: str, kind: str, data: Sequence[str], *, slot: AbstractContextManager[object] | None = None
    ) -> None:
        """Trust the roots of the other hubs, handed over in one file; nodes also that of who signs the PDFs, to whom
        the hubs, which decide, give one purpose (`_trust_signers`).
        """
        others = [other for other in HUBS if other != hub]
        for other in others:
            self._made[other].result()
        bundle = self._papers / f"roots-for-{data[-1]}.pem"
        with slot or nullcontext():
            signers = self.pdf_root.result() if kind == "node" else b""
            bundle.write_bytes(b"".join(self.hubs[other].root.read_bytes() for other in others) + signers)
            self._run(kind, "trust", "add", str(bundle), "--name", "federation", *data)

    def _start(self, name: str, kind: str, data: Sequence[str]) -> Child:
        child = self._supervisor.start(name, kind, "serve", "--json", *data)
        self._children[name] = child
        child.wait_ready(READY_SECONDS)
        return child

    def _run(self, *arguments: str) -> None:
        self._supervisor.command(*arguments, "--json")

    @staticmethod
    def data(place: HubPlace | NodePlace) -> tuple[str, str]:
        # Relative to the folder in which children work; see supervisor.
        return ("--data", place.id)
