"""One browser a process, for every test that asks for `browser`; each test's windows are its own.

Playwright's loop counts as running in this thread from its start to its end. Between two tests it is set aside, so that
tests without a browser may have loops of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def started_browser() -> Iterator[Started]:
    from tests.browser.driver import chromium  # noqa: PLC0415 # most runs have no browser, and it is long to load

    with chromium() as browser:
        started = Started(browser=browser, loop=asyncio.get_running_loop())
        asyncio._set_running_loop(None)
        yield started
        asyncio._set_running_loop(started.loop)


@pytest.fixture
def browser(started_browser: Started) -> Iterator[Browser]:
    asyncio._set_running_loop(started_browser.loop)
    yield started_browser.browser
    asyncio._set_running_loop(None)
