"""A federation that is running: a hub behind TLS on a port, three nodes that speak to it over HTTP, a desk and a
console behind their doors, and people who sign in with password and code.

Nothing is replaced but the clock, which is moved by hand: TLS, which asks the machine's, does not look at the dates of
certificates here. `settle` lets agents and hub do what there is to do.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Page

from adapters.hub_http import HttpHub
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.people import Role
from exchange_axis.hub.registry import CERTIFICATE_LIFE
from exchange_axis.ports import HubUnreachable
from exchange_axis.web.console.application import console_application
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.tls import client_context
from tests.browser import beyond
from tests.browser.beyond import NO_CHECK_TIME, PATIENT, UNHURRIED, Beyond
from tests.browser.driver import Visitor
from tests.browser.federation import COMMUNE, DESK, FINANCE, HOME, NAMES, OFFICE, OTHER, Federation, node_of
from tests.browser.server import apart, serving
from tests.hub.stand import START, HandClock, open_stand
from tests.staff.stand import GOOD, Telephone
from tests.staff.stand import Stand as People
from tests.web.relay import Line, relay
from tests.web.stand import Served, WebPeer, enrol
from tests.web.stand import serving as hub_serving

T = TypeVar("T")
HOMEAFFAIRS, DISTRICT = "H45.08", "H45.20"
PIECE = 32_768
"""Bytes of a piece on the line: small, so that a letter of some pages is many of them."""
DAYS_LEFT = 12
"""Of the commune's seal, as the journey says."""
AGENCIES = (
    Agency(code=OFFICE, name=NAMES[OFFICE], tier=Tier.PROVINCE, node=HOME, head_name="Tạ Anh Tuấn"),
    Agency(
        code=FINANCE, name=NAMES[FINANCE], tier=Tier.DEPARTMENT, parent=OFFICE, node=HOME, head_name="Nguyễn Văn Lộc"
    ),
    Agency(code=HOMEAFFAIRS, name="Sở Nội vụ tỉnh Phú Yên", tier=Tier.DEPARTMENT, parent=OFFICE, node=HOME),
    Agency(
        code=DISTRICT,
        name="UBND huyện Tuy An",
        tier=Tier.DISTRICT,
        parent=OFFICE,
        valid_to=date(2025, 6, 30),
        successor=OFFICE,
    ),
    Agency(
        code=COMMUNE,
        name=NAMES[COMMUNE],
        tier=Tier.COMMUNE,
        parent=OFFICE,
        node=DESK,
        head_name="Bùi Thanh Tùng",
        head_title="Chủ tịch",
    ),
    Agency(code=OTHER, name=NAMES[OTHER], tier=Tier.COMMUNE, parent=OFFICE, node=DESK),
    beyond.AGENCY,
)
HUBS = (
    HubEntry(id="hub-top", name="Trục quốc gia"),
    HubEntry(id="hub-a", name="Trục tỉnh", parent="hub-top", subtree=(OFFICE,)),
    beyond.HUB,
)
VENDORS = {HOME: "Phần mềm Một", DESK: "Phần mềm Hai"}
NODES = (
    *(NodeEntry(id=node, name=node, hub="hub-a", vendor=vendor) for node, vendor in VENDORS.items()),
    beyond.NODE,
)
DIRECTORY = Directory.of(AGENCIES, HUBS, NODES)


@dataclass
class MorningClock(HandClock):
    """Begins before `START`, and what it counts is not negative for that."""

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass
class Loop:
    """Where servers and agents live, beside the thread of the browser."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=120)


@dataclass(kw_only=True)
class Whole(Federation):
    loop: Loop
    served: Served
    commune: WebPeer
    short: Line
    """The commune's way to the hub, which breaks where a test says."""
    beyond: Beyond | None = None
    console: str = ""
    phones: dict[str, Telephone] = field(default_factory=dict)

    @property
    def hub(self) -> Any:
        return self.stand.hub

    def settle(self) -> None:
        self.loop.run(self._settle())
        apart(self.stand.hub.housekeeping)
        if self.beyond is not None:
            self.beyond.settle()

    async def _settle(self) -> None:
        agents = [self.home.agent(self.lines[HOME]), self.desk.agent(self.lines[DESK])]
        for _ in range(3):
            for agent in agents:
                await agent.push_once()
                await agent.pull_once()
                await agent.duties_once()
                await agent.feed_once()
                await agent.reminders_once()
            if self.beyond is not None:
                await self.beyond.move()
        await asyncio.to_thread(self.stand.hub.log.sequence)
        if self.beyond is not None:
            await self.beyond.prove()
        for agent in agents:
            await agent.proofs_once()

    def push(self) -> None:
        """The commune's agent tries once, by a connection of its own, on the line as it is."""
        self.loop.run(self._push())

    async def _push(self) -> None:
        assert isinstance(self.lines, dict)
        self.lines[DESK] = await _line(self.served, self.commune, self.short.url)
        with suppress(HubUnreachable):
            await self.desk.agent(self.lines[DESK]).push_once()

    def at(self, hour: int, minute: int, second: int = 0, *, days: int = 0) -> None:
        """The clock on the wall, in Vietnam; never backwards."""
        there = (self.clock.at + timedelta(days=days)).replace(hour=(hour - 7) % 24, minute=minute, second=second)
        assert there >= self.clock.at
        self.clock.at = there

    def enter(self, visitor: Visitor, login: str, path: str) -> None:
        """Ask for a page; where the door stands in between, go through it."""
        visitor.go(path)
        page = visitor.page
        if "/login" in page.url:
            if page.locator("#password").count():
                page.fill("#login", login)
                page.fill("#password", GOOD)
                page.click("form[action='/login'] button")
            self.prove(page, login)

    def prove(self, page: Page, login: str) -> None:
        """The code of the telephone; each is good once."""
        self.clock.advance(seconds=31)
        page.fill("#code", self.phones[login].code(self.clock))
        page.click("form[action='/login/factor'] button")
        page.wait_for_selector("main")


@contextmanager
def whole(folder: Path, *, nation: bool = False) -> Iterator[Whole]:
    """A Monday morning in March, seven o'clock; the commune's seal has `DAYS_LEFT` days to go.

    Args:
        nation: with the national hub, and another province below it.
    """
    with ExitStack() as stack:
        clock = MorningClock(at=START - timedelta(hours=1))
        today, clock.at = clock.at, clock.at - CERTIFICATE_LIFE + timedelta(days=DAYS_LEFT, hours=6)
        stand = open_stand(folder, "hub-a", clock=clock, name="Trục tỉnh Phú Yên")
        stand.hub.directory.adopt(DIRECTORY, to_toml(DIRECTORY), actor="test")
        desk_peer = enrol(stand, DESK, [COMMUNE, OTHER], folder)
        clock.at = today
        around = stack.enter_context(beyond.beyond(folder, stand, DIRECTORY)) if nation else None
        stand = stand if around is None else around.near
        stack.callback(stand.close)
        home_peer = enrol(stand, HOME, [OFFICE, FINANCE, HOMEAFFAIRS], folder)
        names = {one.code: one.name for one in AGENCIES}
        home = stack.enter_context(node_of(folder, stand, home_peer.peer, names))
        desk = stack.enter_context(node_of(folder, stand, desk_peer.peer, names))
        loop = stack.enter_context(_running())
        way = AsyncExitStack()
        stack.callback(lambda: loop.run(way.aclose()))
        served = loop.run(way.enter_async_context(hub_serving(stand, UNHURRIED)))
        served.tls.verify_flags |= NO_CHECK_TIME
        if around is not None:
            loop.run(around.connect(way))
        short = loop.run(way.enter_async_context(relay(served.port)))
        lines = {HOME: loop.run(_line(served, home_peer)), DESK: loop.run(_line(served, desk_peer, short.url))}
        running = Whole(
            folder=folder,
            stand=stand,
            home=home,
            desk=desk,
            lines=lines,
            loop=loop,
            served=served,
            commune=desk_peer,
            short=short,
            beyond=around,
        )
        for node, name in ((home, HOME), (desk, DESK)):
            loop.run(node.agent(lines[name]).directory_once())
        running.url = stack.enter_context(serving(lambda: desk_application(desk, wake=lambda: None)))
        running.console = stack.enter_context(serving(lambda: console_application(stand.hub)))
        for staff, login, roles in (
            (desk.staff, "hoa", (Role.CLERK,)),
            (stand.hub.staff, "thanh-tra", (Role.AUDITOR,)),
            (stand.hub.staff, "an-ninh", (Role.SECURITY_OFFICER,)),
        ):
            _, running.phones[login] = People(staff, clock).settle(login, *roles)
        yield running


async def _line(served: Served, peer: WebPeer, url: str = "") -> HttpHub:
    context: ssl.SSLContext = client_context([served.roots], peer.certificate, peer.key)
    context.verify_flags |= NO_CHECK_TIME
    served.lines.append(HttpHub(url or served.url, context, timeouts=PATIENT, piece=PIECE))
    return served.lines[-1]


@contextmanager
def _running() -> Iterator[Loop]:
    found = Loop()
    thread = threading.Thread(target=found.loop.run_forever, name="federation", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.loop.call_soon_threadsafe(found.loop.stop)
        thread.join(timeout=10)
        found.loop.close()
