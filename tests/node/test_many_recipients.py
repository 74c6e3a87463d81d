"""One letter to 168 communes, by a group, from the desk: every one is shown by itself, on pages that stay light."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.groups import Group
from exchange_axis.node.service import Node
from exchange_axis.web.desk.people import lone_person
from tests.browser.federation import node_of
from tests.figures import keep
from tests.hub.stand import HandClock, enrol, open_stand
from tests.node.test_with_hub import ShortLine
from tests.web_node.stand import Software, calling

OFFICE, COUNT, ANSWERING = "H45", 168, 8
COMMUNES = [f"H45.X{place:03d}" for place in range(1, COUNT + 1)]
NAMES = {OFFICE: "Văn phòng UBND tỉnh"} | {code: f"UBND xã Thử nghiệm số {code[-3:]}" for code in COMMUNES}
OF_NODE: Mapping[str, list[str]] = {
    "node-tinh": [OFFICE],
    "node-xa": COMMUNES[:ANSWERING],
    "node-dark": COMMUNES[ANSWERING:],
}
HOMES = {code: node for node, codes in OF_NODE.items() for code in codes}
DIRECTORY = Directory.of(
    [
        Agency(code=OFFICE, name=NAMES[OFFICE], tier=Tier.PROVINCE, node=HOMES[OFFICE]),
        *(Agency(code=code, name=NAMES[code], tier=Tier.COMMUNE, parent=OFFICE, node=HOMES[code]) for code in COMMUNES),
    ],
    [
        HubEntry(id="hub-top", name="Trục quốc gia"),
        HubEntry(id="hub-a", name="Trục", parent="hub-top", subtree=(OFFICE,)),
    ],
    [NodeEntry(id=node, name=node, hub="hub-a") for node in OF_NODE],
    [Group(code="xa", name="168 xã, phường", tier=Tier.COMMUNE, under=OFFICE)],
)
FORM = {
    "from": OFFICE,
    "to": ["group:xa"],
    "number": "12",
    "notation": "UBND-VP",
    "date": "2026-03-02",
    "subject": "V/v trực ban phòng chống thiên tai",
    "type": "Công văn",
    "signer": {"name": "Phạm Văn Hải", "position": "Chủ tịch"},
}
PDF = b"%PDF-1.7\n%%EOF\n"
PAGE = {"Accept": "text/html", "Authorization": ""}
WEIGHT_MOST = 120_000
"""Bytes of a page of the board before it is packed."""


@pytest.mark.timeout(180)
def test_one_letter_to_168_communes_from_the_desk(tmp_path: Path) -> None:
    with ExitStack() as stack:
        hub = open_stand(tmp_path, "hub-a", clock=HandClock())
        stack.callback(hub.close)
        hub.hub.directory.adopt(DIRECTORY, to_toml(DIRECTORY), actor="test")
        peers = {node: enrol(hub, node, codes) for node, codes in OF_NODE.items()}
        nodes = {name: stack.enter_context(node_of(tmp_path, hub, peer, names=NAMES)) for name, peer in peers.items()}
        lines = {name: ShortLine(hub, peer) for name, peer in peers.items()}
        asyncio.run(story(nodes, lines))


async def story(nodes: Mapping[str, Node], lines: Mapping[str, ShortLine]) -> None:
    home, agents = nodes["node-tinh"], {name: node.agent(lines[name]) for name, node in nodes.items()}
    await agents["node-tinh"].directory_once()
    async with calling(home, admit=lone_person) as desk:
        sent = await send(desk, home)
        begun = time.perf_counter()
        assert await agents["node-tinh"].push_once() == 1
        took = time.perf_counter() - begun
        away, agent = nodes["node-xa"], agents["node-xa"]
        assert await agent.pull_once() == ANSWERING
        away.clerk.accept(sent, actor="x", agency=COMMUNES[0])
        away.clerk.refuse(sent, reason="LD04", text="Thiếu Phụ lục II", actor="x", agency=COMMUNES[1])
        while await agent.push_once():
            pass
        while await agents["node-tinh"].feed_once():
            pass
        weight = await board(desk, sent)
    keep("one-letter-168-recipients", accept_seconds=round(took, 2), page_bytes=weight)
    assert weight < WEIGHT_MOST


async def send(desk: Software, home: Node) -> str:
    """From a draft with a group; the list of checks says how many it goes to."""
    draft = home.drafts.begin(OFFICE, owner="van-thu", form=FORM).id
    file = home.drafts.files.begin(draft, name="cong-van.pdf", length=len(PDF))
    home.drafts.files.append(file.id, PDF, offset=0)
    check = (await desk.get(f"/drafts/{draft}/check", headers=PAGE)).body.decode()
    assert f"Gửi tới {COUNT} nơi nhận" in check
    sent = await desk.post(f"/drafts/{draft}/send", headers=PAGE, data={"version": "1"}, allow_redirects=False)
    assert sent.status == 303
    return str(sent.headers["Location"].rpartition("/")[2])


async def board(desk: Software, sent: str) -> int:
    """One row for each recipient over the pages, each once; returns the weight of the heaviest."""
    shown, address, heaviest = list[str](), f"/sent/{sent}", 0
    while address:
        body = (await desk.get(address, headers=PAGE)).body
        text, heaviest = body.decode(), max(heaviest, len(body))
        shown += re.findall(r'<summary>.*?<code class="agency">(H45\.X\d+)</code>', text)
        after = re.search(r'rel="next" href="([^"]+)"', text)
        address = after.group(1).replace("&amp;", "&") if after else ""
    assert shown == COMMUNES
    first = (await desk.get(f"/sent/{sent}", headers=PAGE)).body.decode()
    counts = dict(re.findall(r"(Tất cả|Đang chuyển|Đã đến|Đã tiếp nhận|Bị từ chối) <span class=\"count\">(\d+)", first))
    assert counts == {"Tất cả": "168", "Đang chuyển": "160", "Đã đến": "6", "Đã tiếp nhận": "1", "Bị từ chối": "1"}
    refused = (await desk.get(f"/sent/{sent}?stage=refused", headers=PAGE)).body.decode()
    assert COMMUNES[1] in refused and COMMUNES[0] not in refused and "Thiếu Phụ lục II" in refused
    taken = (await desk.get(f"/sent/{sent}/board.csv", headers=PAGE)).body.decode()
    rows = list(csv.reader(io.StringIO(taken)))[1:]
    assert [row[0] for row in rows] == COMMUNES
    assert [bool(row[3]) for row in rows] == [place < ANSWERING for place in range(COUNT)], "when it arrived"
    return heaviest
