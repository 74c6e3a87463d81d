"""Looks at every page of a scene as different people see it: by axe-core, by its weight, and on paper.

In Vietnamese, in the light, on a desktop, axe-core judges by all its rules; in English, in the dark, on a telephone by
those that depend on colours and sizes. A person has one window, which forgets between two pages what it has kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pypdfium2
from playwright.sync_api import Browser

from tests.browser.driver import DESKTOP, PHONE, Visitor, visiting
from tests.browser.scenery_people import Place
from tests.browser.scenes import Shown

ERRORS: Final = frozenset({"not-found"})
"""Pages that are themselves an error, which the browser notes."""
ON_PAPER: Final = {
    **dict.fromkeys(("letter-at-work", "verdict", "board", "console-letter", "console-reports"), "upright"),
    **dict.fromkeys(("console-overdue", "public-overdue"), "upright"),
    **dict.fromkeys(("register", "console-indicators"), "lying"),
}
"""What is printed to be filed, and how A4 lies."""
LYING, UPRIGHT = (842, 595), (595, 842)
"""A4 in points."""
COLOURS_AND_SIZES: Final = ("color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable")
INNER: Final = {"upright": 661, "lying": 1032}
"""Pixels between the margins of the sheet."""
LEFT_OVER = """() => [...document.querySelectorAll(
    "nav, button, input, select, textarea, .button, .topbar, .burning, .crumbs, [download], .skip, .ask, .choices"
  )].filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 120))"""
CUT_OFF = """() => [document.documentElement, ...document.querySelectorAll(".table-wrap, td, th, .facts dd")]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .map(one => `${one.scrollWidth} in ${one.clientWidth}: ${one.outerHTML.slice(0, 120)}`)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    name: str
    faults: tuple[str, ...]
    weight: int
    """Bytes, heads not counted, with everything that it loads."""
    passed: int
    """Rules of axe-core that apply and are kept."""
    broken: int


def look(browser: Browser, scene: Shown) -> Iterator[Looked]:
    base, places = scene
    for cookie in dict.fromkeys(cookie for _, _, cookie in places):
        own = [place for place in places if place[2] == cookie]
        otherwise = _otherwise(browser, base, own)
        with visiting(browser, base, language="vi", size=DESKTOP, cookie=cookie) as visitor:
            visitor.page.set_default_timeout(60_000)
            line = visitor.page.context.new_cdp_session(visitor.page)
            for name, path, _ in own:
                line.send("Network.clearBrowserCache")
                visitor.go(path)
                yield _judged(visitor, name, otherwise[name])


def _judged(visitor: Visitor, name: str, otherwise: Sequence[str]) -> Looked:
    faults = visitor.faults(console=name not in ERRORS, axe=False)
    weight, judged = visitor.weight(), visitor.judged()
    faults += [f"axe {one['id']}: {one['nodes'][0]['html'][:160]}" for one in judged["violations"]]
    faults += on_paper(visitor, name) if name in ON_PAPER else []
    return Looked(
        name=name,
        faults=(*faults, *otherwise),
        weight=weight,
        passed=len(judged["passes"]),
        broken=len(judged["violations"]),
    )


def on_paper(visitor: Visitor, name: str) -> list[str]:
    """Nothing to press on the sheet, nothing cut off, A4 as it should lie."""
    lies, page = ON_PAPER[name], visitor.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": INNER[lies], "height": 900})
    faults = [f"on paper: {one}" for one in page.evaluate(LEFT_OVER)]
    faults += [f"cut off on paper: {one}" for one in page.evaluate(CUT_OFF)]
    with pypdfium2.PdfDocument(BytesIO(page.pdf(prefer_css_page_size=True))) as printed:
        sheets = [(round(sheet.get_width()), round(sheet.get_height())) for sheet in printed]
        heading = page.inner_text("h1").split()[0]
        said = printed[0].get_textpage().get_text_range()
    page.emulate_media(media="null")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    wanted = LYING if lies == "lying" else UPRIGHT
    return [
        *faults,
        *([f"sheets: {sheets}"] if set(sheets) != {wanted} else []),
        *([] if heading in said else [f"no heading on the first sheet: {said[:80]!r}"]),
    ]


def _otherwise(browser: Browser, base: str, places: Sequence[Place]) -> dict[str, list[str]]:
    """Faults by name of one person's pages, in English, in the dark, on a telephone."""
    found: dict[str, list[str]] = {}
    with visiting(browser, base, language="en", dark=True, size=PHONE, cookie=places[0][2]) as visitor:
        visitor.page.set_default_timeout(60_000)
        for name, path, _ in places:
            visitor.go(path)
            found[name] = visitor.faults(console=name not in ERRORS, axe=False)
            found[name] += visitor.violations(COLOURS_AND_SIZES)
    return found
