"""Signing in at a provider in a real browser: cookies that are `Strict`, the page that leads on, our own policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from adapters.openid_http import HttpProvider
from exchange_axis.domain.openid import OpenIdSettings
from exchange_axis.domain.people import House, Role
from exchange_axis.web.shared.workers import Workers
from tests.browser.driver import DESKTOP, PHONE, visiting
from tests.browser.server import serving
from tests.hub.stand import HandClock
from tests.staff.provider import CLIENT, SECRET, Provider
from tests.staff.site import site_app
from tests.staff.stand import Stand, open_house


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with open_house(tmp_path / "node", House.NODE, clock=HandClock()) as opened:
        yield opened


@pytest.fixture
def provider(stand: Stand) -> Iterator[Provider]:
    found = Provider(clock=stand.clock)
    found.who["amr"] = ["otp"]
    with serving(found.application) as address:
        found.issuer = address.replace("127.0.0.1", "localhost")
        yield found


@pytest.fixture
def base(stand: Stand, provider: Provider) -> Iterator[str]:
    workers = Workers(2)
    settings = OpenIdSettings(issuer=provider.issuer, client=CLIENT, name="Đăng nhập tỉnh", factor=("otp",))

    def line() -> HttpProvider:
        return HttpProvider(settings, clock=stand.clock, secret=SECRET)

    with serving(lambda: site_app(stand, [], workers, openid=(settings, line()))) as address:
        yield address
    workers.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("language", "dark", "size"), [("vi", False, DESKTOP), ("en", True, PHONE)])
def test_an_administrator_comes_in_from_elsewhere(
    browser: Browser, stand: Stand, base: str, *, language: str, dark: bool, size: tuple[int, int]
) -> None:
    """From `localhost`, which is another site than 127.0.0.1; an administrator's cookie is `Strict`."""
    stand.add("lan", Role.UNIT_ADMIN)
    with visiting(browser, base, language=language, dark=dark, size=size) as visitor:
        page = visitor.page
        visitor.go("/account")
        visitor.check()
        page.click("#openid a")
        page.wait_for_url(f"{base}/account")
        assert "Người lan" in page.inner_text("main")
        stand.clock.advance(minutes=4)
        page.reload()
        stand.clock.advance(minutes=2)
        visitor.go("/login/factor?next=/people")
        visitor.check()
        page.click("#openid a")
        page.wait_for_url(f"{base}/people")
        visitor.go("/account")
        page.click("form[action='/logout'] button")
        visitor.check()
        page.click(".notice a")
        page.wait_for_url(f"{base}/login")
        visitor.go("/account")
        assert page.url.startswith(f"{base}/login")


def test_without_scripts_it_leads_on_too(browser: Browser, stand: Stand, base: str) -> None:
    stand.add("lan", Role.CLERK)
    with visiting(browser, base, scripts=False) as visitor:
        visitor.go("/login/openid?next=/account")
        visitor.page.wait_for_url(f"{base}/account")
