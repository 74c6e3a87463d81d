"""The desk itself behind the door: a draft, a file with it, and sending, by a clerk who is signed in."""

from __future__ import annotations

import asyncio
import io
import json
import re
from pathlib import Path

import aiohttp
import pytest
from openpyxl import load_workbook

from exchange_axis.domain.people import Role
from exchange_axis.domain.settings_record import Configuration
from exchange_axis.domain.taking import MASK
from exchange_axis.node import access
from exchange_axis.node.configuration import note_configuration
from exchange_axis.node.service import Node
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.serving import start
from tests.node.stand import SENDER, open_stand
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand, Telephone

PDF = b"%PDF-1.7\n%%EOF\n"


def upload(key: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("csrf", key)
    data.add_field("file", PDF, filename="bao-cao.pdf", content_type="application/pdf")
    return data


@pytest.mark.timeout(120)
def test_a_clerk_writes_a_draft_with_a_file_and_nobody_else_may(tmp_path: Path) -> None:
    stand = open_stand(tmp_path)
    with stand.sender.open() as node:
        node.sender.send(stand.draft(), actor="lan")
        people = Stand(node.staff, node.world.clock)  # type: ignore[arg-type] # the stand's clock is moved by hand
        _, phone = people.settle("lan", Role.CLERK)
        _, other = people.settle("doc", Role.READ_ONLY)
        _, leader = people.settle("chu-tich", Role.LEADER)
        _, keeper = people.settle("quan-tri", Role.UNIT_ADMIN)
        asyncio.run(journey(node, people, phone, other))
        asyncio.run(leads(node, people, leader))
        asyncio.run(keeps(node, people, keeper, phone))


async def journey(node: Node, people: Stand, phone: Telephone, other: Telephone) -> None:
    served = await start(desk_application(node, wake=lambda: None), host="127.0.0.1", port=0, ssl_context=None)
    site = Site(stand=people, port=served.port)
    try:
        async with browsing(site) as clerk, browsing(site) as reader:
            await clerk.sign_in("lan", phone)
            key = (await clerk.get("/account")).fields()["csrf"]
            draft = await clerk.post("/drafts", {"csrf": key, "agency": SENDER})
            assert re.fullmatch(r"/drafts/[^/]+", draft.path), draft.path
            assert await sent(clerk, f"{draft.path}/files", "x") == 403
            assert "bao-cao.pdf" not in (await clerk.get(draft.path)).text
            assert await sent(clerk, f"{draft.path}/files", key) == 200
            assert "bao-cao.pdf" in (await clerk.get(draft.path)).text
            await reader.sign_in("doc", other)
            own = (await reader.get("/account")).fields()["csrf"]
            assert (await reader.get("/inbox")).status == 200
            assert (await reader.post("/drafts", {"csrf": own})).status == 403
            await names_in_books(node, clerk, reader)
            people.clock.advance(minutes=6)
            late = await clerk.post(f"{draft.path}/send", {"csrf": key}, headers={"Referer": site.base + draft.path})
            assert late.path.startswith("/login/factor?next=")
    finally:
        await served.close()


async def names_in_books(node: Node, clerk: Browser, reader: Browser) -> None:
    """Who keeps the books takes them with names; who only reads takes them masked; each taking is on record."""
    assert await book(clerk) == ("Năm", "TM. Chủ tịch Người ký thử")
    assert await book(reader) == ("đã che tên người", MASK)
    listed = (await reader.get(f"/registers.csv?book=outgoing&agency={SENDER}")).text
    assert MASK in listed and "Người ký thử" not in listed
    for address in ("/registers/closed.pdf?book=outgoing&year=2026", "/registers/archive.zip"):
        assert (await reader.get(address)).status == 403
    assert (await clerk.get("/registers/archive.zip")).headers["Content-Type"] == "application/zip"
    took = [(one.actor, one.action) for one in access.entries(node.world)]
    assert took == [("lan", "archive"), ("doc", "book-csv"), ("doc", "book-xlsx"), ("lan", "book-xlsx")]


async def book(person: Browser) -> tuple[str, str]:
    """How the span is told, by a part of it, and the signer of the only line."""
    async with person.session.get(f"{person.site.base}/registers.xlsx?book=outgoing&agency={SENDER}") as response:
        assert response.status == 200
        sheet = load_workbook(io.BytesIO(await response.read())).active
    assert sheet is not None
    told, signer = str(sheet.cell(2, 1).value), str(sheet.cell(5, 4).value)
    return ("đã che tên người" if "đã che tên người" in told else "Năm"), signer


async def leads(node: Node, people: Stand, phone: Telephone) -> None:
    """A leader begins with the digest and may act on nothing."""
    people.clock.advance(minutes=1)
    served = await start(desk_application(node, wake=lambda: None), host="127.0.0.1", port=0, ssl_context=None)
    try:
        async with browsing(Site(stand=people, port=served.port)) as leader:
            await leader.sign_in("chu-tich", phone)
            first = await leader.get("/")
            assert first.path == "/digest" and "<form" not in first.text.partition("<main")[2]
            key = (await leader.get("/account")).fields()["csrf"]
            assert (await leader.post("/drafts", {"csrf": key})).status == 403
            await left_alone(people, leader)
    finally:
        await served.close()


async def left_alone(people: Stand, leader: Browser) -> None:
    """Of an idle session numbers are left, for a page that asks by itself; in the end nothing."""
    by_itself = {"Accept": "application/json", "Axis-By-Itself": "yes"}
    asks = {"/inbox/news": 200, "/inbox": 401, "/digest": 401}
    people.clock.advance(minutes=16)
    assert {path: (await leader.get(path, headers=by_itself)).status for path in asks} == asks
    told = json.loads((await leader.get("/inbox/news", headers=by_itself)).text)
    assert told == {"newest": 0, "urgent": 0, "idle": True}
    assert (await leader.get("/inbox/news", headers={"Accept": "application/json"})).status == 401
    people.clock.advance(hours=12)
    assert (await leader.get("/inbox/news", headers=by_itself)).status == 401, "the longest time of a session"


async def sent(clerk: Browser, path: str, key: str) -> int:
    url, own = clerk.site.base + path, {"Origin": clerk.site.base, "Accept": "text/html"}
    async with clerk.session.post(url, data=upload(key), headers=own) as response:
        return response.status


async def keeps(node: Node, people: Stand, keeper: Telephone, clerk: Telephone) -> None:
    """The unit's administrator reads the node's own record; nobody else does."""
    settings = {"node.bandwidth": "0"}
    for value in ("0", "8192"):
        seen = Configuration(files={"node.toml": value}, settings=settings | {"node.bandwidth": value}, owners={})
        await asyncio.to_thread(note_configuration, node.world, seen)
    served = await start(desk_application(node, wake=lambda: None), host="127.0.0.1", port=0, ssl_context=None)
    site = Site(stand=people, port=served.port)
    people.clock.advance(minutes=2)
    try:
        async with browsing(site) as browser, browsing(site) as other:
            await browser.sign_in("quan-tri", keeper)
            text = (await browser.get("/changes")).text
            assert 'href="/changes"' in text and "Sổ nguyên vẹn" in text
            assert "node.bandwidth = 8192" in text and "tải sổ (CSV)" in text and "lan" in text
            assert "tải sổ" not in (await browser.get("/changes?kind=setting")).text
            lines = (await browser.get("/changes.csv?who=lan")).text.splitlines()
            assert len(lines) > 1 and all(",lan," in line for line in lines[1:])
            await other.sign_in("lan", clerk)
            assert (await other.get("/changes")).status == 403
            assert 'href="/changes"' not in (await other.get("/inbox")).text
    finally:
        await served.close()
