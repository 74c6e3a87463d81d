"""A hub and two nodes as they are, the receiving one with its desk on loopback: what one says is what the other takes.

The hub of a province; the node of its office, which sends; the node of a commune, at whose desk the browser sits. Their
clock is moved by hand, and `settle` lets the agents do what there is to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.blobs_files import FileBlobs
from adapters.clock import SystemRng
from config.wiring import examiner
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.registers import Book, Line
from exchange_axis.node.compose import compose
from exchange_axis.node.register_lines import Span
from exchange_axis.node.service import Node, assemble
from exchange_axis.node.world import NodeSettings, NodeWorld
from exchange_axis.ports import HubConnection
from exchange_axis.store.blob_keys import open_blob_keys
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.node.unit import migrate_node_store, open_node_store
from exchange_axis.web.desk.people import lone_person
from exchange_axis.web.node_api.application import application
from signing.trust import TrustAnchors
from tests.browser import signed
from tests.browser.server import apart, serving
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand
from tests.node.test_with_hub import ShortLine

OFFICE, FINANCE, COMMUNE, OTHER = "H45", "H45.07", "H45.32.05", "H45.32.06"
NAMES = {
    OFFICE: "Văn phòng UBND tỉnh Phú Yên",
    FINANCE: "Sở Tài chính tỉnh Phú Yên",
    COMMUNE: "UBND xã An Ninh Đông",
    OTHER: "UBND xã An Ninh Tây",
}
HOME, DESK = "node-tinh", "node-xa"
DIRECTORY = Directory.of(
    [
        Agency(code=OFFICE, name=NAMES[OFFICE], tier=Tier.PROVINCE, node=HOME),
        Agency(code=FINANCE, name=NAMES[FINANCE], tier=Tier.DEPARTMENT, parent=OFFICE, node=HOME),
        Agency(code=COMMUNE, name=NAMES[COMMUNE], tier=Tier.COMMUNE, parent=OFFICE, node=DESK),
        Agency(code=OTHER, name=NAMES[OTHER], tier=Tier.COMMUNE, parent=OFFICE, node=DESK),
    ],
    [
        HubEntry(id="hub-top", name="Trục quốc gia"),
        HubEntry(id="hub-a", name="Trục tỉnh", parent="hub-top", subtree=(OFFICE,)),
    ],
    [NodeEntry(id=node, name=node, hub="hub-a") for node in (HOME, DESK)],
)


@dataclass
class Federation:
    folder: Path
    stand: Stand
    home: Node
    desk: Node
    lines: Mapping[str, HubConnection]
    url: str = ""
    woken: list[str] = field(default_factory=list)

    @property
    def clock(self) -> HandClock:
        return self.stand.clock

    def send(self, *to: str, files: Mapping[str, bytes] | None = None, **values: Any) -> str:
        """A letter of the office; its id."""
        folder = make_private_folder(self.folder / f"letter-{SystemRng().uuid()}")
        for name, content in ({"cong-dien.pdf": b"%PDF-1.7\n%%EOF\n"} if files is None else files).items():
            (folder / name).write_bytes(content)
        form: dict[str, Any] = {
            "from": OFFICE,
            "to": list(to or [COMMUNE]),
            "number": 3,
            "notation": "CĐ-UBND",
            "date": "2026-03-02",
            "subject": "Về việc tập trung ứng phó khẩn cấp với áp thấp nhiệt đới trên Biển Đông",
            "type": "Công điện",
            "signer": {"name": "Phạm Văn Hải", "position": "Phó Chủ tịch", "competence": "KT. CHỦ TỊCH"},
            "attachments": sorted(path.name for path in folder.iterdir()),
        } | values
        form = {key: value for key, value in form.items() if value is not None}
        names = self.home.directory.name_of
        draft = compose(
            form, base=folder, agencies=self.home.world.settings.agencies, name_of=names, earlier=self.home.earlier
        )
        sent = self.home.sender.send(draft, actor="Lê Thị Hoa").consignment_id
        self.settle()
        return sent

    def settle(self) -> None:
        """Everything that waits goes where it goes."""

        async def work() -> None:
            home, desk = self.home.agent(self.lines[HOME]), self.desk.agent(self.lines[DESK])
            for _ in range(3):
                for agent in (home, desk):
                    await agent.push_once()
                    await agent.pull_once()
                    await agent.duties_once()
                    await agent.feed_once()
                    await agent.reminders_once()
                    await agent.apologies_once()
            self.stand.hub.log.sequence()
            for agent in (home, desk):
                await agent.proofs_once()

        apart(lambda: asyncio.run(work()))

    def recall(self, sent: str) -> str:
        """The office takes it all back; the id of the recall."""
        title = self.home.views.show(sent).title
        return self.send(
            files={},
            attachments=None,
            number=4,
            notation="TB-UBND",
            type="Thông báo",
            subject=f"Thu hồi văn bản {title}",
            kind="recall",
            amends=sent,
            reason="Ban hành nhầm dự thảo",
        )

    def register_lines(self, agency: str = COMMUNE) -> tuple[Line, ...]:
        return self.desk.registers.lines(Book.INCOMING, Span(agency=agency, year=2026))

    def status_at_sender(self, consignment_id: str, agency: str = COMMUNE) -> str:
        self.settle()
        sent = self.home.views.show(consignment_id).sent
        assert sent is not None
        return next(one.status for one in sent.recipients if one.agency == agency)


@contextmanager
def federation(folder: Path) -> Iterator[Federation]:
    with ExitStack() as stack:
        stand = open_stand(folder, "hub-a", clock=HandClock())
        stack.callback(stand.close)
        stand.hub.directory.adopt(DIRECTORY, to_toml(DIRECTORY), actor="test")
        home_peer, desk_peer = enrol(stand, HOME, [OFFICE, FINANCE]), enrol(stand, DESK, [COMMUNE, OTHER])
        home = stack.enter_context(node_of(folder, stand, home_peer))
        desk = stack.enter_context(node_of(folder, stand, desk_peer))
        lines = {HOME: ShortLine(stand, home_peer), DESK: ShortLine(stand, desk_peer)}
        running = Federation(folder=folder, stand=stand, home=home, desk=desk, lines=lines)
        _learn_directory(running)
        wake = lambda: running.woken.append("woken")  # noqa: E731
        running.url = stack.enter_context(serving(lambda: application(desk, wake=wake, admit=lone_person)))
        yield running


@contextmanager
def node_of(folder: Path, stand: Stand, peer: Peer, names: Mapping[str, str] = NAMES) -> Iterator[Node]:
    at, rng = stand.clock.now(), SystemRng()
    home = make_private_folder(folder / peer.row.id)
    migrate_node_store(home, at=at)
    files = examiner()
    world = NodeWorld(
        settings=NodeSettings(
            node_id=peer.row.id,
            hub_id=stand.hub.world.settings.id,
            agencies={code: names[code] for code in peer.seals},
            staging=make_private_folder(home / "staging"),
        ),
        store=open_node_store(home),
        blobs=FileBlobs(make_private_folder(home / "blobs"), open_blob_keys(home / "keys", rng=rng, at=at)),
        seals=peer.seals,
        node_seal=peer.node_seal,
        anchors=lambda: TrustAnchors(certificates=(*stand.hub.world.anchors().certificates, signed.root())),
        calendar=stand.hub.world.calendar,
        clock=stand.clock,
        rng=rng,
        files=signed.tools(files),
    )
    node = assemble(world)
    try:
        yield node
    finally:
        node.close()
        files.close()


def _learn_directory(running: Federation) -> None:
    async def work() -> None:
        for node, name in ((running.home, HOME), (running.desk, DESK)):
            await node.agent(running.lines[name]).directory_once()

    apart(lambda: asyncio.run(work()))
