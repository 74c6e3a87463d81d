"""What the docs show of the console: the letters of a month, before somebody who is an auditor and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from tests.browser.federation import COMMUNE
from tests.browser.scenes import Shown
from tests.browser.test_whole_auditing import MONTH, PERIOD, a_month
from tests.browser.whole import whole
from tests.staff.stand import Stand as People


@contextmanager
def inspection(_browser: Browser, below: Path) -> Iterator[Shown]:
    with whole(below, nation=True) as running:
        a_month(running)
        (across,) = (one.consignment_id for one in running.desk.views.sent() if one.title == "88/BC-UBND")
        entered, _ = People(running.hub.staff, running.clock).settle("lan-anh", Role.AUDITOR, name="Đỗ Thị Lan Anh")
        cookie = f"axis-{running.hub.world.settings.id}", entered.token
        yield (
            running.console,
            [
                ("console-search-all", f"/auditor?agency={COMMUNE}", cookie),
                ("console-letter", f"/auditor/letters/{across}#recipients", cookie),
                ("console-indicators", f"/auditor/indicators?{MONTH}", cookie),
                ("console-reports", f"/auditor/reports?kind=quarterly&{PERIOD}", cookie),
                ("console-overdue", "/auditor/overdue", cookie),
            ],
        )
