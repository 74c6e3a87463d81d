"""A clerk signed in, in a real browser over TLS: in, a letter, a step-up, idle, out, and no way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from exchange_axis.domain.people import Role
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.sessions import WayHere
from tests.browser.driver import visiting
from tests.browser.federation import COMMUNE, Federation, federation
from tests.browser.server import serving
from tests.browser.test_passkeys import NAME, house_tls
from tests.staff.stand import GOOD, Stand, Telephone


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


@pytest.fixture
def base(running: Federation, tmp_path: Path) -> Iterator[str]:
    way = WayHere(names=frozenset({NAME}), site=NAME)
    make = lambda: desk_application(running.desk, wake=lambda: None, way=way)  # noqa: E731
    with serving(make, house_tls(tmp_path / "tls", NAME)) as address:
        yield address.replace("127.0.0.1", NAME)


def sign_in(page: Page, phone: Telephone, running: Federation) -> None:
    running.clock.advance(seconds=60)
    page.fill("#login", "lan")
    page.fill("#password", GOOD)
    page.click("form[action='/login'] button")
    page.fill("#code", phone.code(running.clock))
    page.click("form[action='/login/factor'] button")


@pytest.mark.timeout(240)
def test_a_letter_is_accepted_by_somebody_who_is_signed_in(browser: Browser, running: Federation, base: str) -> None:
    _, phone = Stand(running.desk.staff, running.clock).settle("lan", Role.CLERK)
    letter = running.send(number=12, notation="CV-UBND", subject="V/v chuẩn bị kỳ họp")
    page_of_letter = f"/inbox/{letter}/{COMMUNE}"
    with visiting(browser, base) as visitor:
        page = visitor.page
        # in: to the page that was asked for, with a cookie that no script reads
        visitor.go(page_of_letter)
        assert page.url.startswith(f"{base}/login?next=")
        sign_in(page, phone, running)
        page.wait_for_url(base + page_of_letter)
        (cookie,) = (one for one in page.context.cookies() if one["name"].startswith("__Host-axis-"))
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert cookie["value"] not in page.evaluate("document.cookie")
        visitor.check()
        # the letter, in her name
        page.click("a:text-is('Tiếp nhận')")
        page.click("button:text-is('Tiếp nhận và báo bên gửi (03)')")
        assert "số đến 1/2026" in page.inner_text("main")
        assert running.status_at_sender(letter) == "03"
        assert "lan" in page.inner_text("#received")
        # a step-up: the code was given six minutes ago
        running.clock.advance(minutes=6)
        page.click("a.person-name")
        page.click("#who summary")
        page.click("form[action='/account/codes'] button")
        page.wait_for_url(f"{base}/login/factor?next=*")
        page.fill("#code", phone.code(running.clock))
        page.click("form[action='/login/factor'] button")
        page.wait_for_url(f"{base}/account")
        page.click("#who summary")
        page.click("form[action='/account/codes'] button")
        assert page.locator("main code").count() == 10
        # idle: a quarter of an hour later the page is behind the door; what asks by itself has kept nothing awake
        visitor.go(page_of_letter)
        page.clock.install()
        page.reload()
        page.evaluate(
            "HTMLMediaElement.prototype.play = function () { document.rung = true; return Promise.resolve(); }"
        )
        running.clock.advance(minutes=16)
        running.send(number=13, subject="V/v sơ tán dân", priority="hoa-toc")
        page.clock.run_for(21_000)
        page.wait_for_selector("#news.is-bad a")
        assert page.evaluate("document.rung") and "sơ tán" not in page.content(), "it rings, and says nothing of it"
        assert "ĐĂNG NHẬP LẠI" in page.inner_text("#unwatched")
        assert page.locator("#unwatched a[href^='/login?next=%2Finbox%2F']").count() == 1
        running.desk.staff.sessions.end(1)
        page.clock.run_for(21_000)
        page.wait_for_selector("#unwatched:has-text('KHÔNG còn theo dõi văn bản mới')")
        page.click(".mainnav a >> nth=0")
        assert page.url.startswith(f"{base}/login?next=")
        sign_in(page, phone, running)
        page.wait_for_url(f"{base}/inbox")
        # out: and the way back shows nothing
        visitor.go(page_of_letter)
        visitor.go("/account")
        page.click("form[action='/logout'] button")
        page.wait_for_url(f"{base}/login")
        for _ in range(2):
            page.go_back()
            assert "chuẩn bị kỳ họp" not in page.content()
            assert page.url.startswith(f"{base}/login")
        assert [one for one in page.context.cookies() if one["name"].startswith("__Host-axis-")] == []
