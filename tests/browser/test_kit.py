"""Every piece of the kit in a real browser: fit for everybody, nothing from outside, both languages and colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.driver import DESKTOP, PHONE, visiting
from tests.browser.server import serving
from tests.browser.specimen import application


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(application) as address:
        yield address


@pytest.mark.parametrize(  # each with each other once
    ("language", "dark", "size"),
    [("vi", False, DESKTOP), ("vi", True, PHONE), ("en", True, DESKTOP), ("en", False, PHONE)],
)
def test_every_piece_is_fit_for_everybody(
    browser: Browser, base: str, language: str, dark: bool, size: tuple[int, int]
) -> None:
    with visiting(browser, base, language=language, dark=dark, size=size) as visitor:
        visitor.go("/specimen")
        visitor.check()
        assert visitor.weight() < 60_000


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_refusal_is_a_page_with_the_next_step(browser: Browser, base: str, language: str) -> None:
    with visiting(browser, base, language=language) as visitor:
        visitor.go("/refused")
        visitor.check(console=False)
        text = visitor.page.inner_text("main")
        assert {"vi": "Không tìm thấy 57/BC-UBND", "en": "Not found: 57/BC-UBND"}[language] in text
        assert "request.not-found" in text
        visitor.go("/nowhere")
        visitor.check(console=False)
        visitor.go("/broken")
        visitor.check(console=False)
        assert "secret detail" not in visitor.page.content()
        assert "service.internal" in visitor.page.inner_text("main")


def test_language_and_colours_are_chosen_and_kept(browser: Browser, base: str) -> None:
    with visiting(browser, base, scripts=False) as visitor:
        visitor.go("/specimen?filter=1")
        visitor.page.click("text=English")
        assert visitor.page.url == f"{base}/specimen?filter=1"
        assert visitor.page.get_attribute("html", "lang") == "en"
        visitor.page.click("text=Dark")
        assert visitor.page.get_attribute("html", "data-theme") == "dark"
        visitor.go("/nowhere")
        assert visitor.page.get_attribute("html", "lang") == "en"


def test_nobody_is_led_elsewhere(browser: Browser, base: str) -> None:
    with visiting(browser, base) as visitor:
        for back in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
            answer = visitor.page.request.get(
                f"{base}/preferences", params={"language": "en", "back": back}, max_redirects=0
            )
            assert answer.headers["location"] == "/"


def test_injected_script_does_not_run(browser: Browser, base: str) -> None:
    with visiting(browser, base) as visitor:
        visitor.go("/specimen")
        visitor.page.evaluate(
            """() => { const s = document.createElement("script"); s.textContent = "window.ran = 1";
                       document.body.append(s); }"""
        )
        assert visitor.page.evaluate("window.ran") is None
        assert any("Content Security Policy" in text for text in visitor.said)


def test_a_form_is_sent_once_by_a_double_click(browser: Browser, base: str) -> None:
    with visiting(browser, base) as visitor:
        visitor.go("/specimen")
        sent = visitor.page.evaluate(
            """() => { const form = document.querySelector("form[data-once]"); let sent = 0;
                       form.addEventListener("submit", (event) => {
                         if (!event.defaultPrevented) sent += 1;
                         event.preventDefault(); });
                       form.querySelectorAll("[required]").forEach((field) => { field.required = false; });
                       const button = form.querySelector("button"); button.click(); button.click(); return sent; }"""
        )
        assert sent == 1


def test_the_countdown_goes_on(browser: Browser, base: str) -> None:
    with visiting(browser, base) as visitor:
        visitor.page.clock.install()
        visitor.go("/specimen")
        assert visitor.page.inner_text(".countdown >> nth=0") == "còn 28 phút"
        visitor.page.clock.run_for(5 * 60_000)
        assert visitor.page.inner_text(".countdown >> nth=0") == "còn 23 phút"
        assert visitor.page.inner_text(".countdown >> nth=1") == "quá 11 phút"
