"""Debian's chromium by Playwright, and what every page must be in it.

`Visitor.check()` is the one assertion for a page: no violation seen by axe-core, nothing from outside, no error or
refusal by the content security policy in the console, small enough for a slow line, no sideways scrolling, and in
English no Vietnamese that is not marked as such. Where chromium is missing, tests skip and say what to run; with
CI=true they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

CHROMIUM = "/usr/bin/chromium"
UNUSED = (
    # what Playwright switches off; the browser heeds the last list only
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    # two pages of the address bar's own, loaded for every window before ours: more work than one of ours
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
ARGUMENTS = ("--no-sandbox", "--disable-gpu", f"--disable-features={','.join(UNUSED)}")
DESKTOP, PHONE = (1366, 768), (360, 740)
WEIGHT = 200_000
"""Bytes that a first page may take, everything it loads counted as it crosses the line."""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOREIGN_WORDS = """() => {
  const vietnamese = /[ăâđêôơưĂÂĐÊÔƠƯ\\u1EA0-\\u1EF9]/;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const marked = node.parentElement.closest("[lang]");
    if (vietnamese.test(node.data) && !(marked && marked.lang === "vi")) found.push(node.data.trim().slice(0, 80));
  }
  return found;
}"""


def require_chromium() -> str:
    found = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if found is None:
        _missing()
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    path = require_chromium()
    with sync_playwright() as playwright:
        # else a browser has none but plain names for files
        speaking: dict[str, str | float | bool] = {**os.environ, "LC_ALL": "C.UTF-8"}
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, env=speaking)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One person's browser window on one server."""

    page: Page
    base: str
    said: list[str] = field(default_factory=list)
    """Errors and warnings of the console."""
    asked: list[str] = field(default_factory=list)
    weighed: list[Response] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.said.clear()
        self.asked.clear()
        self.weighed.clear()
        self.page.goto(self.base + path, wait_until="load")

    def weight(self) -> int:
        """Bytes on the line since `go`, heads not counted."""
        return sum(response.request.sizes()["responseBodySize"] for response in self.weighed)

    def check(self, *, console: bool = True) -> None:
        """`console`: False for a page that is itself an error, which the browser notes."""
        faults = self.faults(console=console)
        if faults:
            pytest.fail(f"{self.page.url}\n" + "\n".join(faults), pytrace=False)

    def faults(self, *, console: bool = True, axe: bool = True) -> list[str]:
        """
        Args:
            axe: False where the same page was judged in another way already.
        """
        outside = [url for url in self.asked if not url.startswith((self.base, "data:", "blob:"))]
        return [
            *(f"from outside: {url}" for url in outside),
            *(f"console: {text}" for text in self.said if console or "Failed to load resource" not in text),
            *([f"{self.weight()} bytes"] if self.weight() > WEIGHT else []),
            *self._sideways(),
            *(f"not English: {text!r}" for text in self._foreign()),
            *(self.violations() if axe else []),
        ]

    def violations(self, rules: Sequence[str] = ()) -> list[str]:
        """What axe-core objects to; `rules`: by these alone."""
        return [
            f"axe {each['id']} ({each['impact']}): {node['html'][:160]} — {node['failureSummary'][:300]}"
            for each in self.judged(rules)["violations"]
            for node in each["nodes"]
        ]

    def judged(self, rules: Sequence[str] = ()) -> dict[str, Any]:
        """All that axe-core says. It is put in by the debugger, which the page's own policy does not bind."""
        self.page.evaluate(AXE_SCRIPT)
        wanted = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_RULES}
        options = {"runOnly": wanted, "resultTypes": ["violations"]}
        found: dict[str, Any] = self.page.evaluate("options => axe.run(options)", options)
        return found

    def _sideways(self) -> list[str]:
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return [f"scrolls sideways by {wide} px"] if wide > 0 else []

    def _foreign(self) -> list[str]:
        if self.page.evaluate("document.documentElement.lang") != "en":
            return []
        found: list[str] = self.page.evaluate(FOREIGN_WORDS)
        return found


@contextmanager
def visiting(
    browser: Browser,
    base: str,
    *,
    language: str = "vi",
    dark: bool = False,
    size: tuple[int, int] = DESKTOP,
    scripts: bool = True,
    cookie: tuple[str, str] | None = None,
    trusting: bool = True,
) -> Iterator[Visitor]:
    """
    Args:
        cookie: name and value of a session's.
        trusting: the certificate is not looked at; what holds it to its root is tested beside (`test_desk_tls`).
    """
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale={"vi": "vi-VN", "en": "en-GB"}[language],
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",  # else every step waits for colours to change
        java_script_enabled=scripts,
        timezone_id="America/New_York",
        accept_downloads=True,
        ignore_https_errors=trusting,
    )
    if cookie is not None:
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": base}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    visitor = Visitor(page=page, base=base)
    page.on("console", lambda message: _note(visitor, message))
    page.on("pageerror", lambda error: visitor.said.append(str(error)))
    page.on("request", lambda request: _ask(visitor, request))
    page.on("response", lambda response: visitor.weighed.append(response))  # noqa: PLW0108 # it marks what it is given
    try:
        yield visitor
    finally:
        context.close()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _note(visitor: Visitor, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        visitor.said.append(message.text)


def _ask(visitor: Visitor, request: Request) -> None:
    visitor.asked.append(request.url)


def _missing() -> NoReturn:
    message = "chromium is not installed: run `make test-services`"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
