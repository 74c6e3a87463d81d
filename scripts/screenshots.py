"""Photographs every page of desk and console: both languages, light and dark, desktop and phone; to be looked at.

    python scripts/screenshots.py [FOLDER]      (default: build/screenshots; or `make screenshots`)
    python scripts/screenshots.py --docs        (those of README.md and docs/*.md, small, into docs/pictures)

The pages are served by a real hub and two nodes on this machine, with letters of the demo's kind.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import console_application
from exchange_axis.web.console.public import public_application
from scripts.small_png import shrink
from tests.browser.driver import DESKTOP, PHONE, Visitor, chromium, visiting
from tests.browser.federation import federation
from tests.browser.pictured import PICTURED
from tests.browser.scenery import places
from tests.browser.scenery_people import Place, doors
from tests.browser.scenery_sending import sending_places
from tests.browser.server import serving
from tests.hub.stand import HandClock, open_stand
from tests.hub.timed import moment
from tests.staff.stand import Stand as People
from tests.web_console.operating import places as operator_places
from tests.web_console.operating import working
from tests.web_console.scenery import auditors_console
from tests.web_console.scenery import places as console_places
from tests.web_console.test_public import owed

COLOURS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LOOKS = list(itertools.product(COLOURS, (("desktop", DESKTOP), ("phone", PHONE))))
LANGUAGES: Final = ("vi", "en")
PATIENCE: Final = 60_000
"""Milliseconds; pictures may be taken on a busy machine."""

SHOWN: Final = {
    **{name: name for name in ("inbox", "accept", "verdict", "verdict-revoked", "refuse", "draft", "check", "board")},
    **{name: name for name in ("register", "console-search-all", "console-letter", "console-indicators")},
    **{name: name for name in ("console-reports", "console-overdue", "operator")},
    "practice-inbox": "practice",
}
"""Pages that the docs show, and the names of their pictures."""
ON_THE_PHONE: Final = frozenset({"inbox", "digest"})


def shoot(folder: Path, *, only: str = "") -> int:
    """Write `<page>.<language>.<colours>.<device>.png`; the number of pictures.

    Args:
        only: part of the names of the pages wanted; empty: all, and they must be those of `PICTURED`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        count, seen = 0, set[str]()
        for scene in (_desk, _people, _auditor, _operator, _public):
            with scene(browser, _made(Path(name) / scene.__name__)) as (base, places):
                for page, path, cookie in places:
                    seen.add(page)
                    count += _all_ways(browser, base, folder, page, path, cookie=cookie) if only in page else 0
    if seen != set(PICTURED):
        raise SystemExit(f"not as in tests/browser/pictured.py: {sorted(seen ^ set(PICTURED))}")
    return count


Shown = tuple[str, list[Place]]


@contextmanager
def _desk(browser: Browser, below: Path) -> Iterator[Shown]:
    with federation(below) as running:
        found = [*places(running), *sending_places(running, browser)]
        yield running.url, [(*one, None) for one in found]


@contextmanager
def _people(browser: Browser, below: Path) -> Iterator[Shown]:
    with doors(below) as found:
        yield found.base, found.places(browser)


@contextmanager
def _auditor(_browser: Browser, below: Path) -> Iterator[Shown]:
    """Behind the real door, as somebody who may also read who looked."""
    with auditors_console(below) as console:
        hub, clock = console.office.stand.hub, console.office.clock
        found = console_places(console)
        entered, _ = People(hub.staff, clock).settle("thanh-tra", Role.AUDITOR, Role.SECURITY_OFFICER)
        cookie = f"axis-{hub.world.settings.id}", entered.token
        with serving(lambda: console_application(hub)) as base:
            yield base, [(*one, cookie) for one in found]


@contextmanager
def _operator(_browser: Browser, below: Path) -> Iterator[Shown]:
    with working(below) as hub:
        found = operator_places(hub)
        cookie = hub.settle("minh", Role.OPERATOR, Role.REGISTRY_OFFICER)
        yield hub.base, [(*one, cookie) for one in found]


@contextmanager
def _public(_browser: Browser, below: Path) -> Iterator[Shown]:
    stand = open_stand(below, "hub-a", clock=HandClock(at=moment("2026-03-02 08:00").astimezone(UTC)))
    owed(stand, below)
    with serving(lambda: public_application(stand.hub)) as base:
        yield base, [("public-overdue", "/overdue", None)]
    stand.close()


def shoot_for_docs(folder: Path) -> int:
    """Write `<page>.png` of those in SHOWN, cut where the screen ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        for scene in (_desk, _people, _auditor, _operator):
            with scene(browser, _made(Path(name) / scene.__name__)) as (base, places):
                for page, path, cookie in places:
                    if page in SHOWN:
                        _screen(browser, base + path, folder / f"{SHOWN[page]}.png", DESKTOP, cookie)
                    if page in ON_THE_PHONE:
                        _screen(browser, base + path, folder / f"{page}-phone.png", PHONE, cookie)
    return len(list(folder.glob("*.png")))


def _screen(
    browser: Browser, url: str, target: Path, size: tuple[int, int], cookie: tuple[str, str] | None = None
) -> None:
    base, _, path = url.removeprefix("http://").partition("/")
    dark = size == PHONE
    with visiting(browser, f"http://{base}", language="vi", dark=dark, size=size, cookie=cookie) as visitor:
        visitor.page.set_default_timeout(PATIENCE)
        visitor.go(f"/{path}")
        _keep(visitor, target)


def _keep(visitor: Visitor, target: Path) -> None:
    """In few colours: what a reader of the docs loads is at most 60 kB a picture."""
    target.write_bytes(shrink(visitor.page.screenshot()))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _all_ways(
    browser: Browser, base: str, folder: Path, name: str, path: str, *, cookie: tuple[str, str] | None
) -> int:
    """Each language is asked for once; colours and size change under the page's feet."""
    for language in LANGUAGES:
        with visiting(browser, base, language=language, cookie=cookie) as visitor:
            visitor.page.set_default_timeout(PATIENCE)
            visitor.go(path)
            for colours, (device, size) in LOOKS:
                visitor.page.emulate_media(color_scheme=colours, reduced_motion="reduce")
                visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
                visitor.page.screenshot(path=folder / f"{name}.{language}.{colours}.{device}.png", full_page=True)
    return len(LANGUAGES) * len(LOOKS)


if __name__ == "__main__":
    if "--docs" in sys.argv:
        print(shoot_for_docs(Path("docs/pictures")), "pictures")
    else:
        chosen = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
        print(shoot(chosen, only="".join(sys.argv[2:])), "pictures")
