"""Photographs every page of the desk, in both languages, light and dark, on a desktop and on a phone, to be looked at.

    python scripts/screenshots.py [FOLDER]      (default: build/screenshots; or `make screenshots`)

The pages are served by a real hub and two nodes on this machine, with letters of the demo's kind.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from tests.browser.driver import DESKTOP, PHONE, chromium, visiting
from tests.browser.federation import Federation, federation
from tests.browser.scenery import places

WAYS = list(itertools.product(("vi", "en"), ("light", "dark"), (("desktop", DESKTOP), ("phone", PHONE))))


def shoot(folder: Path, *, only: str = "") -> int:
    """Write `<page>.<language>.<colours>.<device>.png`; the number of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="axis-pictures-") as name, federation(Path(name)) as running, chromium() as browser:
        return sum(_all_ways(browser, running, folder, *place) for place in places(running) if only in place[0])


def _all_ways(browser: Browser, running: Federation, folder: Path, name: str, path: str) -> int:
    for language, colours, (device, size) in WAYS:
        with visiting(browser, running.url, language=language, dark=colours == "dark", size=size) as visitor:
            visitor.go(path)
            visitor.page.screenshot(path=folder / f"{name}.{language}.{colours}.{device}.png", full_page=True)
    return len(WAYS)


if __name__ == "__main__":
    print(
        shoot(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"), only="".join(sys.argv[2:])), "pictures"
    )
