"""The first day of a clerk in a real browser, without scripts too; every page fit for everybody in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.people import House, Role
from exchange_axis.web.shared.workers import Workers
from tests.browser.driver import DESKTOP, PHONE, visiting
from tests.browser.server import serving
from tests.hub.stand import HandClock
from tests.staff.site import site_app
from tests.staff.stand import GOOD, Stand, Telephone, open_house


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with open_house(tmp_path / "node", House.NODE, clock=HandClock()) as opened:
        yield opened


@pytest.fixture
def base(stand: Stand) -> Iterator[str]:
    workers = Workers(2)
    with serving(lambda: site_app(stand, [], workers)) as address:
        yield address
    workers.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("language", "dark", "size", "scripts"),
    [("vi", False, DESKTOP, True), ("en", True, PHONE, True), ("vi", False, PHONE, False)],
)
def test_the_first_day(
    browser: Browser, stand: Stand, base: str, *, language: str, dark: bool, size: tuple[int, int], scripts: bool
) -> None:
    first = stand.add("lan", Role.CLERK, Role.UNIT_ADMIN)
    with visiting(browser, base, language=language, dark=dark, size=size, scripts=scripts) as visitor:
        page = visitor.page

        def look(path: str) -> None:
            assert page.url.removeprefix(base).partition("?")[0] == path
            if scripts:
                visitor.check()

        visitor.go("/account")
        look("/login")
        page.fill("#login", "lan")
        page.fill("#password", first)
        page.click("main button[type=submit]")
        look("/login/password")
        page.fill("#old", first)
        page.fill("#new", GOOD)
        page.fill("#again", GOOD)
        page.click("main button[type=submit]")
        look("/login/enrol")
        page.wait_for_load_state("load")
        assert page.locator("main img").evaluate("image => image.naturalWidth") > 100, "the picture is there"
        secret = (page.text_content("#scan code") or "").replace(" ", "")
        page.fill("#code", Telephone(secret).code(stand.clock))
        page.click("#prove button[type=submit]")
        assert page.locator("main code").count() == 10
        page.click("main a.button")
        look("/account")
        for path in ("/people", "/people/lan", "/people/changes", "/account"):
            visitor.go(path)
            look(path)
