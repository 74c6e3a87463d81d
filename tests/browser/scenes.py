"""Every page that people look at, served by real hubs and nodes, each before the eyes of somebody who may see it.

For pictures (`scripts/screenshots.py`) and for looking at every page (`sweep`). Together the scenes show exactly what
`pictured` lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import console_application
from exchange_axis.web.console.public import public_application
from exchange_axis.web.operations.application import BOARD, operations_application
from tests.browser.federation import federation
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

Shown = tuple[str, list[Place]]
"""Where they are served, and the pages."""
Scene = Callable[[Browser, Path], AbstractContextManager[Shown]]
"""Makes its world in a folder of its own."""


@contextmanager
def desk(browser: Browser, below: Path) -> Iterator[Shown]:
    with federation(below) as running:
        found = [*places(running), *sending_places(running, browser)]
        yield running.url, [(*one, None) for one in found]


@contextmanager
def people(browser: Browser, below: Path) -> Iterator[Shown]:
    with doors(below) as found:
        yield found.base, found.places(browser)


@contextmanager
def auditor(_browser: Browser, below: Path) -> Iterator[Shown]:
    """Behind the real door, as somebody who may also read who looked."""
    with auditors_console(below) as console:
        hub, clock = console.office.stand.hub, console.office.clock
        found = console_places(console)
        entered, _ = People(hub.staff, clock).settle("thanh-tra", Role.AUDITOR, Role.SECURITY_OFFICER)
        cookie = f"axis-{hub.world.settings.id}", entered.token
        with serving(lambda: console_application(hub)) as base:
            yield base, [(*one, cookie) for one in found]


@contextmanager
def operator(_browser: Browser, below: Path) -> Iterator[Shown]:
    with working(below) as hub:
        found = operator_places(hub)
        cookie = hub.settle("son", Role.OPERATOR, Role.REGISTRY_OFFICER, name="Hoàng Văn Sơn")
        yield hub.base, [(*one, cookie) for one in found]


@contextmanager
def public(_browser: Browser, below: Path) -> Iterator[Shown]:
    stand = open_stand(below, "hub-a", clock=HandClock(at=moment("2026-03-02 08:00").astimezone(UTC)))
    owed(stand, below)
    with serving(lambda: public_application(stand.hub)) as base:
        yield base, [("public-overdue", "/overdue", None)]
    stand.close()


@contextmanager
def wall(_browser: Browser, below: Path) -> Iterator[Shown]:
    clock = HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))
    stand = open_stand(below, "hub-a", clock=clock, name="Trục tỉnh Phú Yên")
    owed(stand, below)
    with serving(lambda: operations_application(stand.hub, token=b"t" * 32)) as base:
        yield base, [("wall", BOARD, None)]
    stand.close()


SCENES: Final[tuple[Scene, ...]] = (desk, people, auditor, operator, public, wall)
