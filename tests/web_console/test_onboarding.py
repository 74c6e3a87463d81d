"""A node comes to its hub: invited on the console, joined by its own command over TLS, compared, approved, tested."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import console_application
from exchange_axis.web.shared.serving import start
from tests.commands.counter import Told
from tests.commands.running import typed
from tests.commands.test_json_output import faults
from tests.hub.stand import Stand as HubStand
from tests.hub.stand import open_stand
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand
from tests.web.stand import NowClock, Served, serving


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStand]:
    stand = open_stand(tmp_path, "hub-a", clock=NowClock())
    yield stand
    stand.close()


@asynccontextmanager
async def at_work(hub: HubStand) -> AsyncIterator[tuple[Browser, Served]]:
    """The operator at the console, and the hub at the end of a line."""
    people = Stand(hub.hub.staff, hub.clock)
    _, phone = await asyncio.to_thread(people.settle, "minh", Role.OPERATOR)
    console = await start(console_application(hub.hub), host="127.0.0.1", port=0, ssl_context=None)
    try:
        async with serving(hub) as served, browsing(Site(stand=people, port=console.port)) as browser:
            await browser.sign_in("minh", phone)
            yield browser, served
    finally:
        await console.close()


async def invited(browser: Browser, **fields: str) -> str:
    """The code as the page shows it."""
    await browser.get("/operator/nodes")
    given = {"node": "nut-moi", "name": "UBND xã mới", "codes": "H90.01, H90.02", "days": "7", **fields}
    shown = await browser.send("/operator/nodes", given)
    assert shown.status == 200, shown.text
    found = re.search(r"--invite ([0-9A-Z-]{39})<", shown.text)
    assert found is not None
    return found[1]


async def join(folder: Path, *more: str) -> Told:
    told = await asyncio.to_thread(typed, "node", "join", "--data", str(folder), "--no-wait", "--json", *more)
    assert faults("error" if "error" in told.json else "node-join", told.json) == []
    return told


def test_a_node_is_invited_compared_approved_and_tested(hub: HubStand, tmp_path: Path) -> None:
    folder = tmp_path / "new"

    async def journey() -> None:
        async with at_work(hub) as (browser, served):
            code = await invited(browser)
            assert code not in (await browser.get("/operator/nodes")).text
            sent = await join(folder, "--hub", served.url, "--invite", code.lower().replace("-", " "))
            assert (sent.code, sent.json["state"]) == (4, "asked"), sent
            steps = {one["step"]: one["state"] for one in sent.json["tested"]}
            assert steps == dict.fromkeys(("dns", "tcp", "tls", "identity", "clock", "version"), "ok")
            shown = await browser.get("/operator/nodes")
            assert sent.json["compare"] in shown.text
            page = await browser.get("/operator/nodes/invites/1")
            assert sent.json["compare"] in page.text
            assert "Xã thử A1" in html.unescape(page.text)
            unread = await browser.send("/operator/nodes/invites/1", {"act": "approve"})
            assert (unread.status, "đối chiếu" in unread.text) == (422, True)
            done = await browser.send("/operator/nodes/invites/1", {"act": "approve", "compared": "yes"})
            assert (done.status, "Đã duyệt" in done.text) == (200, True)
            fetched = await join(folder)
            assert (fetched.code, fetched.json["state"]) == (0, "approved"), fetched
            assert {one["step"]: one["state"] for one in fetched.json["tested"]} == {"binding": "ok", "log": "ok"}
            page = await browser.get("/operator/nodes/invites/1")
            assert "nut-moi" in html.unescape(page.text)
            assert page.text.count("Được") == 8
            assert not (folder / "join.json").exists()
            assert (await join(folder)).json["error"]["code"] == "invite.none-here"

    asyncio.run(journey())
    assert [row.id for row in hub.hub.registry.every()] == ["nut-moi"]
    assert len(list((folder / "keys").glob("*.key"))) == 4


def test_what_is_wrong_is_said_and_nothing_is_made(hub: HubStand, tmp_path: Path) -> None:
    other = open_stand(tmp_path / "elsewhere", "hub-a", clock=NowClock())

    async def journey() -> None:
        async with at_work(hub) as (browser, served):
            code = await invited(browser)
            slip = await join(
                tmp_path / "a", "--hub", served.url, "--invite", code[:-1] + ("0" if code[-1] != "0" else "1")
            )
            assert slip.json["error"]["code"] == "invite.malformed"
            async with serving(other) as foreign:
                told = await join(tmp_path / "a", "--hub", foreign.url, "--invite", code)
                assert told.json["error"]["code"] == "invite.other-hub"
                assert not foreign.listener.said & {("GET", "/v1/join", 200), ("GET", "/v1/join", 403)}
            first = await join(tmp_path / "b", "--hub", served.url, "--invite", code)
            assert first.json["state"] == "asked"
            again = await join(tmp_path / "c", "--hub", served.url, "--invite", code)
            assert (again.code, again.json["error"]["code"]) == (1, "invite.refused")
            assert "đã được dùng" in again.json["error"]["vi"]
            await browser.get("/operator/nodes/invites/1")
            done = await browser.send("/operator/nodes/invites/1", {"act": "refuse", "reason": "Không khớp"})
            assert (done.status, "Không khớp" in done.text) == (200, True)
            heard = await join(tmp_path / "b")
            assert (heard.code, heard.json["reason"]) == (1, "Không khớp")
            assert not (tmp_path / "a").exists()
            assert not (tmp_path / "c").exists()

    try:
        asyncio.run(journey())
    finally:
        other.close()
    assert hub.hub.registry.every() == ()


def test_an_invite_wants_a_fresh_second_factor(hub: HubStand) -> None:
    async def journey() -> None:
        async with at_work(hub) as (browser, _):
            await browser.get("/operator/nodes")
            hub.clock.advance(minutes=4)
            await browser.get("/operator/nodes")
            hub.clock.advance(minutes=2)
            shown = await browser.send("/operator/nodes", {"node": "nut", "name": "N", "codes": "H90", "days": "1"})
            assert shown.path.startswith("/login/factor")
        assert hub.hub.inviting.every() == ()

    asyncio.run(journey())
