"""Somebody without a mouse: the tabulator, Enter, the space bar and the arrows; where the focus is can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.browser.driver import Visitor

TABS = 150
"""Presses within which everything on a page must be reached."""


@dataclass
class Keyboard:
    """A clerk without a mouse."""

    visitor: Visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    def to(self, selector: str) -> None:
        """Move the focus on, with the tabulator, until it is there; where it is can be seen all the way."""
        wanted = self.page.locator(selector).first.element_handle()
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("element => document.activeElement === element", wanted):
                width: str = self.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert width not in ("", "0px"), f"{selector}: the focus cannot be seen"
                return
        pytest.fail(f"{selector} is not reached by the keyboard")

    def press(self, selector: str, key: str = "Enter") -> None:
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        self.to(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, selector: str, beginning: str) -> None:
        self.to(selector)
        self.page.keyboard.type(beginning)

    def says(self, *texts: str) -> None:
        shown = self.page.inner_text("main")
        for text in texts:
            assert text in shown, f"{text!r} is not on the page:\n{shown}"
