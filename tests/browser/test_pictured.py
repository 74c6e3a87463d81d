"""No page without a picture: who adds a route says by which picture it is looked at, or why by none."""

from __future__ import annotations

from exchange_axis.web.console.application import RULES as CONSOLE
from exchange_axis.web.console.public import PUBLIC_RULES
from exchange_axis.web.desk.application import RULES as DESK
from exchange_axis.web.operations.application import BOARD
from exchange_axis.web.shared.pages import PRACTICE
from tests.browser.pictured import NO_PAGES, PICTURED


def test_every_page_has_a_picture() -> None:
    asked = {path for rules in (DESK, CONSOLE, PUBLIC_RULES) for method, path in rules if method == "GET"}
    real = {path.removeprefix(PRACTICE) for path in asked if path != PRACTICE} | {PRACTICE, BOARD}
    shown = {path if path == PRACTICE else path.removeprefix(PRACTICE) for path in PICTURED.values()}
    assert sorted(real - shown - NO_PAGES.keys()) == [], "add them to scripts/screenshots.py"
    assert sorted((shown | NO_PAGES.keys()) - real) == [], "no such route any more"
    assert shown & NO_PAGES.keys() == set()
