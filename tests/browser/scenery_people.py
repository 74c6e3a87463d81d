"""Signing in, accounts, trust and practice mode, each before the eyes of somebody who may see it: for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.people.trust import Trusting
from tests.browser.driver import visiting
from tests.browser.server import serving
from tests.practice.stand import House, area, house
from tests.staff.stand import DESK, GOOD

Place = tuple[str, str, tuple[str, str] | None]
"""Name and address of a page, and the cookie of whoever sees it."""
ROOT = Trusting(
    der=b"", fingerprint="5491" * 16, names=("van-thu.an-ninh-dong.example", "192.168.1.10"), not_after="2036-02-28"
)


@dataclass
class Doors:
    home: House
    base: str

    def _cookie(self, token: str) -> tuple[str, str]:
        return f"axis-{self.home.node.world.settings.node_id}", token

    def places(self, browser: Browser) -> list[Place]:
        people, sessions = self.home.people, self.home.people.staff.sessions
        first = people.add("hoa", Role.CLERK)
        new = self._cookie(sessions.enter("hoa", first, DESK).token)
        second = people.add("binh", Role.LEADER)
        entered = sessions.enter("binh", second, DESK)
        people.staff.people.change_password(entered.person.user.seq, second, GOOD, session=entered.person.session.id)
        bare = self._cookie(entered.token)
        clerk = self._cookie(people.settle("lan", Role.CLERK, name="Nguyễn Thị Lan")[0].token)
        keeper = self._cookie(people.settle("quan-tri", Role.UNIT_ADMIN)[0].token)
        halfway = self._cookie(sessions.enter("lan", GOOD, DESK).token)
        with visiting(browser, self.base, cookie=clerk) as visitor:
            visitor.page.set_default_timeout(60_000)
            visitor.go("/luyen-tap")
            visitor.page.click("main button")
            visitor.page.wait_for_url("**/luyen-tap/inbox")
        return [
            ("login", "/login", None),
            ("login-password", "/login/password", new),
            ("login-enrol", "/login/enrol", bare),
            ("login-factor", "/login/factor", halfway),
            ("account", "/account", clerk),
            ("people", "/people", keeper),
            ("people-changes", "/people/changes", keeper),
            ("people-review", "/people/review", keeper),
            ("person", "/people/lan", keeper),
            ("record", "/changes", keeper),
            ("trust", "/trust", None),
            ("practice", "/luyen-tap", clerk),
            ("practice-inbox", "/luyen-tap/inbox", clerk),
        ]


@contextmanager
def doors(folder: Path) -> Iterator[Doors]:
    with house(folder) as home:

        def app() -> web.Application:
            """Made on the loop that serves it."""
            practice = area(home.folder / "practice", home.clock)
            return desk_application(home.node, wake=lambda: None, practice=practice, trusting=ROOT)

        with serving(app) as base:
            yield Doors(home=home, base=base)
