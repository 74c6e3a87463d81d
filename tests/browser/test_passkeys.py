"""A passkey in a real browser with a device of Chromium's own making, over TLS and under a DNS name."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from adapters.clock import SystemRng
from config.desk_tls import desk_face, people_tls
from config.places import Places
from config.settings import NodeFile
from exchange_axis.domain.people import House, Role
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.web.shared.sessions import WayHere
from exchange_axis.web.shared.workers import Workers
from tests.browser.driver import DESKTOP, PHONE, Visitor, visiting
from tests.browser.server import serving
from tests.hub.stand import HandClock
from tests.staff.site import site_app
from tests.staff.stand import GOOD, Stand, Telephone, open_house
from tests.web.stand import NowClock

NAME = "ban.localhost"
"""Chromium finds every name under localhost on loopback."""


def house_tls(folder: Path, *names: str) -> ssl.SSLContext:
    """As a node makes it for a desk on the network."""
    places = Places(make_private_folder(folder))
    for each in (places.key("x").parent, places.certificate("x").parent):
        make_private_folder(each)
    file = NodeFile(
        id="nut-thu", name="Xã thử", agencies=("H90",), hub="https://hub", desk_listen="0.0.0.0:0", desk_names=names
    )
    context = people_tls(places, desk_face(file), clock=NowClock(), rng=SystemRng()).context
    assert context is not None
    return context


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with open_house(tmp_path / "node", House.NODE, clock=HandClock()) as opened:
        yield opened


@pytest.fixture
def base(stand: Stand, tmp_path: Path) -> Iterator[str]:
    workers, way = Workers(2), WayHere(names=frozenset({NAME}), site=NAME)
    with serving(lambda: site_app(stand, [], workers, way=way), house_tls(tmp_path / "tls", NAME)) as address:
        yield address.replace("127.0.0.1", NAME)
    workers.close()


class Device:
    """A virtual authenticator: no finger is needed, everything else is the browser's own."""

    def __init__(self, page: Page) -> None:
        self._line: CDPSession = page.context.new_cdp_session(page)
        self._line.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id: str = self._line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def held(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._line.send("WebAuthn.getCredentials", {"authenticatorId": self._id})[
            "credentials"
        ]
        return found

    def rewind(self) -> None:
        """As a copy of the key would count that was made before its last uses."""
        (key,) = self.held()
        self._line.send("WebAuthn.removeCredential", {"authenticatorId": self._id, "credentialId": key["credentialId"]})
        copy = {**key, "signCount": 0}
        self._line.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": copy})

    def refuse(self) -> None:
        self._line.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": False})


def sign_in(visitor: Visitor, phone: Telephone, stand: Stand) -> None:
    page = visitor.page
    page.fill("#login", "lan")
    page.fill("#password", GOOD)
    page.click("form[action='/login'] button")
    page.fill("#code", phone.code(stand.clock))
    page.click("form[action='/login/factor'] button")


@pytest.mark.timeout(180)
def test_a_passkey_from_the_account_page_to_its_end(browser: Browser, stand: Stand, base: str) -> None:
    _, phone = stand.settle("lan", Role.CLERK)
    with visiting(browser, base) as visitor:
        page, device = visitor.page, Device(visitor.page)
        visitor.go("/account")
        assert page.is_visible("#passkey button"), "it is offered where there is a name and TLS"
        visitor.check()
        sign_in(visitor, phone, stand)
        # added with a name
        page.fill("#name", "Máy bàn phòng văn thư")
        page.click("form[data-passkey=make] button")
        page.wait_for_selector("#passkeys td.subject")
        assert "chưa dùng" in page.inner_text("#passkeys")
        assert [key["rpId"] for key in device.held()] == [NAME]
        visitor.check()
        # in by it alone
        page.click("form[action='/logout'] button")
        page.click("#passkey button")
        page.wait_for_url(base + "/")
        stand.clock.advance(minutes=6)
        # a step-up by it
        visitor.go("/account")
        page.click("#passkeys a[href^='/login/factor']")
        visitor.check()
        page.click("#passkey button")
        page.wait_for_url(f"{base}/account")
        assert "02/03/2026" in page.inner_text("#passkeys")
        # the second factor after the password
        page.click("form[action='/logout'] button")
        page.fill("#login", "lan")
        page.fill("#password", GOOD)
        page.click("form[action='/login'] button")
        page.click("#passkey button")
        page.wait_for_url(base + "/")
        # a copy that counts from an earlier number
        visitor.go("/account")
        page.click("form[action='/logout'] button")
        device.rewind()
        page.click("#passkey button")
        page.wait_for_selector("[role=alert]")
        assert "Khóa truy cập không được chấp nhận" in page.inner_text("main")
        assert "passkey-copied" in [change.action for change in stand.staff.people.unconfirmed()]
        # nobody put a finger on it
        device.refuse()
        page.click("#passkey button")
        page.locator("#passkey [role=status]", has_text="không đưa ra").wait_for()
        # the password stays, and the key goes
        stand.clock.advance(seconds=60)
        sign_in(visitor, phone, stand)
        visitor.go("/account")
        page.click("#passkeys summary")
        page.click("form[action='/account/passkeys/remove'] button")
        page.wait_for_load_state()
        assert page.locator("#passkeys td").count() == 0


@pytest.mark.parametrize(("language", "dark", "size"), [("en", True, PHONE), ("en", False, DESKTOP)])
def test_its_pages_are_fit_for_everybody(
    browser: Browser, stand: Stand, base: str, *, language: str, dark: bool, size: tuple[int, int]
) -> None:
    _, phone = stand.settle("lan", Role.CLERK)
    with visiting(browser, base, language=language, dark=dark, size=size) as visitor:
        Device(visitor.page)
        visitor.go("/account")
        visitor.check()
        sign_in(visitor, phone, stand)
        visitor.check()
        visitor.page.fill("#name", "Desk PC")
        visitor.page.click("form[data-passkey=make] button")
        visitor.page.wait_for_selector("#passkeys td.subject")
        visitor.check()
        visitor.go("/login/factor")
        visitor.check()


def test_without_scripts_or_under_an_address_nothing_is_offered(browser: Browser, stand: Stand, base: str) -> None:
    _, phone = stand.settle("lan", Role.CLERK)
    with visiting(browser, base, scripts=False) as visitor:
        visitor.go("/account")
        assert not visitor.page.is_visible("#passkey")
        sign_in(visitor, phone, stand)
        assert visitor.page.url == f"{base}/account"
        assert not visitor.page.is_visible("form[data-passkey]")
    with visiting(browser, base.replace(NAME, "127.0.0.1")) as visitor:
        visitor.go("/login")
        assert visitor.page.locator("#passkey").count() == 0
