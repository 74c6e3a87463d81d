"""Every page of the desk, with letters in every state: fit for everybody in both languages, light and dark, on a
desktop and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.driver import DESKTOP, PHONE, visiting
from tests.browser.federation import Federation, federation
from tests.browser.scenery import places

ERRORS = {"not-found"}
WAYS = [("vi", False, PHONE), ("en", True, DESKTOP), ("en", False, PHONE)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with federation(Path(tmp_path_factory.mktemp("federation"))) as found:
        yield found


@pytest.fixture(scope="module")
def pages(running: Federation) -> list[tuple[str, str]]:
    return places(running)


@pytest.mark.parametrize("way", WAYS)
def test_every_page_is_fit_for_everybody(
    browser: Browser, running: Federation, pages: list[tuple[str, str]], way: tuple[str, bool, tuple[int, int]]
) -> None:
    language, dark, size = way
    with visiting(browser, running.url, language=language, dark=dark, size=size) as visitor:
        faults = {}
        for name, path in pages:
            visitor.go(path)
            faults[name] = visitor.faults(console=name not in ERRORS)
            assert visitor.weight() < 100_000, name
        assert {name: found for name, found in faults.items() if found} == {}
