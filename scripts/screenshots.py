"""Photographs every page of desk and console: both languages, light and dark, desktop and phone; to be looked at.

    python scripts/screenshots.py [FOLDER]      (default: build/screenshots; or `make screenshots`)
    python scripts/screenshots.py --docs        (those of README.md and docs/*.md, small, into docs/pictures)

The pages are served by a real hub and two nodes on this machine, with letters of the demo's kind.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import console_application
from scripts.small_png import shrink
from tests.browser.driver import DESKTOP, PHONE, Visitor, chromium, visiting
from tests.browser.federation import federation
from tests.browser.scenery import places
from tests.browser.scenery_sending import sending_places
from tests.browser.server import serving
from tests.hub.stand import HandClock, open_stand
from tests.practice.stand import house
from tests.staff.stand import Stand as People
from tests.web_console.operating import places as operator_places
from tests.web_console.operating import working
from tests.web_console.scenery import auditors_console
from tests.web_console.scenery import places as console_places

WAYS = list(itertools.product(("vi", "en"), ("light", "dark"), (("desktop", DESKTOP), ("phone", PHONE))))

SHOWN = {
    *("inbox", "accept", "verdict", "verdict-revoked", "refuse", "draft", "check", "board", "register"),
    *("console-search-all", "console-letter", "console-indicators", "console-reports", "console-overdue"),
}
"""Of the desk and the auditor; those of practice mode and of the operator have their own scenery."""


def shoot(folder: Path, *, only: str = "") -> int:
    """Write `<page>.<language>.<colours>.<device>.png`; the number of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        below = Path(name)
        with federation(_made(below / "desk")) as running:
            found = [*places(running), *sending_places(running, browser)]
            count = sum(_all_ways(browser, running.url, folder, *place) for place in found if only in place[0])
        with auditors_console(_made(below / "console")) as console:
            shown = console_places(console)
            count += sum(_all_ways(browser, console.base, folder, *place) for place in shown if only in place[0])
        with working(_made(below / "operator")) as hub:
            shown = operator_places(hub)
            cookie = hub.settle("minh", Role.OPERATOR, Role.REGISTRY_OFFICER)
            return count + sum(
                _all_ways(browser, hub.base, folder, *place, cookie=cookie) for place in shown if only in place[0]
            )


def shoot_for_docs(folder: Path) -> int:
    """Write `<page>.png` of those in SHOWN, cut where the screen ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        below = Path(name)
        with federation(_made(below / "desk")) as running:
            found = dict([*places(running), *sending_places(running, browser)])
            for page in SHOWN & found.keys():
                _screen(browser, running.url + found[page], folder / f"{page}.png", DESKTOP)
            _screen(browser, running.url + found["inbox"], folder / "inbox-phone.png", PHONE)
            _screen(browser, running.url + "/digest", folder / "digest-phone.png", PHONE)
        with auditors_console(_made(below / "console")) as console:
            shown = dict(console_places(console))
            for page in SHOWN & shown.keys():
                _screen(browser, console.base + shown[page], folder / f"{page}.png", DESKTOP)
        _practice(browser, _made(below / "practice"), folder / "practice.png")
        _operator(browser, _made(below / "operator"), folder / "operator.png")
    return len(list(folder.glob("*.png")))


def _practice(browser: Browser, below: Path, target: Path) -> None:
    with house(below) as home:
        entered, _ = home.people.settle("lan", Role.CLERK)
        with serving(home.app) as base, visiting(browser, base, size=DESKTOP) as visitor:
            visitor.page.set_default_timeout(60_000)
            _sign_in(visitor, home.node.world.settings.node_id, entered.token)
            visitor.go("/luyen-tap")
            visitor.page.click("main button")
            visitor.page.wait_for_url("**/luyen-tap/inbox")
            _keep(visitor, target)


def _operator(browser: Browser, below: Path, target: Path) -> None:
    stand = open_stand(below, "hub-a", clock=HandClock())
    try:
        entered, _ = People(stand.hub.staff, stand.clock).settle("minh", Role.OPERATOR)
        with serving(lambda: console_application(stand.hub)) as base, visiting(browser, base, size=DESKTOP) as visitor:
            _sign_in(visitor, stand.hub.world.settings.id, entered.token)
            visitor.go("/operator")
            _keep(visitor, target)
    finally:
        stand.close()


def _sign_in(visitor: Visitor, house: str, token: str) -> None:
    visitor.page.context.add_cookies([{"name": f"axis-{house}", "value": token, "url": visitor.base}])


def _screen(browser: Browser, url: str, target: Path, size: tuple[int, int]) -> None:
    base, _, path = url.removeprefix("http://").partition("/")
    with visiting(browser, f"http://{base}", language="vi", dark=size == PHONE, size=size) as visitor:
        visitor.go(f"/{path}")
        _keep(visitor, target)


def _keep(visitor: Visitor, target: Path) -> None:
    """In few colours: what a reader of the docs loads is at most 60 kB a picture."""
    target.write_bytes(shrink(visitor.page.screenshot()))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _all_ways(
    browser: Browser, base: str, folder: Path, name: str, path: str, *, cookie: tuple[str, str] | None = None
) -> int:
    for language, colours, (device, size) in WAYS:
        with visiting(browser, base, language=language, dark=colours == "dark", size=size, cookie=cookie) as visitor:
            visitor.go(path)
            visitor.page.screenshot(path=folder / f"{name}.{language}.{colours}.{device}.png", full_page=True)
    return len(WAYS)


if __name__ == "__main__":
    if "--docs" in sys.argv:
        print(shoot_for_docs(Path("docs/pictures")), "pictures")
    else:
        chosen = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
        print(shoot(chosen, only="".join(sys.argv[2:])), "pictures")
