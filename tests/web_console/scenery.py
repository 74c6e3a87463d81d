"""A hub with a letter, and the auditor's pages over it: for tests and for pictures."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from exchange_axis.hub.searching import Sees
from exchange_axis.web.console.asker import Asker
from exchange_axis.web.console.auditor_pages import mount
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.kit import KIT_TABLE, answered
from exchange_axis.web.shared.workers import Workers
from tests.browser.server import serving
from tests.hub.stand import HandClock, open_stand
from tests.hub.test_searching import PDF, Office


@dataclass
class Console:
    office: Office
    base: str = ""
    asker: Asker = field(default_factory=lambda: Asker(name="Thanh tra A", sees=Sees(), reads_access_log=True))
    id: str = ""


@contextmanager
def auditors_console(folder: Path) -> Iterator[Console]:
    """One letter to two recipients: one has it, one refused it."""
    stand = open_stand(folder, "hub-a", clock=HandClock())
    found = Console(office=Office(stand, folder))
    shipment = found.office.send("57", "V/v kiểm tra đê điều", "H90", "H90.02", files={"57.pdf": PDF})
    found.id = shipment.consignment_id
    found.office.say("01", shipment)
    found.office.say("02", shipment, "H90", "LD01: gửi nhầm")
    stand.hub.log.sequence()
    with serving(application(found)) as found.base:
        yield found
    stand.close()


def application(console: Console) -> Callable[[], web.Application]:
    def make() -> web.Application:
        numbers = itertools.count(1)
        app = web.Application(middlewares=[edge(lambda: f"r{next(numbers)}", lambda: 0.0, answered=answered)])
        app.on_response_prepare.append(dress)
        for method, path, handler in KIT_TABLE:
            app.router.add_route(method, path, handler)
        mount(app, console.office.stand.hub, Workers(2), asker=lambda _request: console.asker)
        return app

    return make


PAGES = (
    "/auditor",
    "/auditor?all=1",
    "/auditor?text=57",
    "/auditor/indicators?unit=month&day=2026-03-02",
    "/auditor/indicators/offline?unit=month&day=2026-03-02",
    "/auditor/indicators/behind?unit=month&day=2026-03-02&counted=refused",
    "/auditor/reports?kind=quarterly&unit=quarter-15&day=2026-03-02",
    "/auditor/overdue",
    "/auditor/hints?since=2026-03-02&until=2026-03-02",
    "/auditor/access",
    "/auditor/tallies",
)


def places(console: Console) -> list[tuple[str, str]]:
    """Name and address of every page, for pictures; more letters come first."""
    office = console.office
    for number, subject in (
        ("58", "V/v kiểm tra hồ chứa nước trước mùa mưa lũ"),
        ("61", "Báo cáo thu ngân sách quý I năm 2026"),
        ("64", "Kế hoạch diễn tập phòng thủ dân sự năm 2026"),
        ("70", "V/v rà soát mã định danh của đơn vị thuộc xã"),
    ):
        office.clock.advance(minutes=7)
        office.send(number, subject)
    office.clock.advance(minutes=40)
    office.stand.hub.housekeeping()
    names = (
        "search",
        "search-all",
        "search-found",
        "indicators",
        "offline",
        "behind",
        "reports",
        "overdue",
        "hints",
        "access",
        "tallies",
    )
    found = [(f"console-{name}", path) for name, path in zip(names, PAGES, strict=True)]
    return [*found, ("console-letter", f"/auditor/letters/{console.id}")]
