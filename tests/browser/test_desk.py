"""The clerk's desk in a browser, against a running hub and two nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.driver import visiting
from tests.browser.federation import Federation, federation


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


def test_the_inbox(browser: Browser, running: Federation) -> None:
    running.send(priority="hoa-toc")
    running.send(number=12, notation="UBND-VX", subject="Mời họp giao ban", type="Giấy mời")
    with visiting(browser, running.url) as clerk:
        clerk.go("/")
        clerk.check()
