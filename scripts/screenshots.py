"""Photographs every page of desk and console: both languages, light and dark, desktop and phone; to be looked at.

    python scripts/screenshots.py [FOLDER]      (default: build/screenshots; or `make screenshots`)
    python scripts/screenshots.py --docs        (those of README.md and docs/*.md, small, into docs/pictures)
    python scripts/screenshots.py --table       (what axe-core and the scales say of every page, into docs/screens.md)

The pages are served by a real hub and two nodes on this machine, with letters of the demo's kind.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from scripts.small_png import shrink
from tests.browser.driver import DESKTOP, PHONE, WEIGHT, Visitor, chromium, visiting
from tests.browser.pictured import PICTURED
from tests.browser.scenery_docs import inspection
from tests.browser.scenes import SCENES
from tests.browser.sweep import ON_PAPER, Looked, look

COLOURS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LOOKS = list(itertools.product(COLOURS, (("desktop", DESKTOP), ("phone", PHONE))))
LANGUAGES: Final = ("vi", "en")
PATIENCE: Final = 60_000
"""Milliseconds; pictures may be taken on a busy machine."""

SHOWN: Final = {
    **{name: name for name in ("inbox", "accept", "verdict", "verdict-revoked", "refuse", "draft", "check", "board")},
    **{name: name for name in ("register", "operator", "wall")},
    "practice-inbox": "practice",
}
"""Pages that the docs show, and the names of their pictures; beside them all of an inspection."""
TABLE: Final = """# Every page, judged and weighed

<!-- Made by `python scripts/screenshots.py --table`; changes belong there. -->

{count} pages of desk, console and public list, served by real hubs and nodes with sample letters, opened one by one as
the first page of a browser that has kept nothing. {versions}; rules of WCAG 2.0 to 2.2, levels A and AA, and best
practice; in Vietnamese, in the light, at 1366×768. In English, in the dark, on a telephone (360×740) the rules for
colours and sizes are asked again, and neither a word that is not English nor sideways scrolling is allowed. The same
look is part of the tests (`tests/browser/test_every_page.py`), which fail at the first fault.

Faults of any kind: {faults}. The heaviest page takes {heaviest:,} bytes on the line with everything that it loads; the
limit is {limit:,}. Pages with *paper* are printed too: A4, nothing to press on the sheet, nothing cut off.

| page | address | bytes | axe rules kept | broken | paper |
|---|---|---:|---:|---:|---|
{rows}
"""
ON_THE_PHONE: Final = frozenset({"inbox", "digest"})


def shoot(folder: Path, *, only: str = "") -> int:
    """Write `<page>.<language>.<colours>.<device>.png`; the number of pictures.

    Args:
        only: part of the names of the pages wanted; empty: all, and they must be those of `PICTURED`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        count, seen = 0, set[str]()
        for scene in SCENES:
            with scene(browser, _made(Path(name) / scene.__name__)) as (base, places):
                for page, path, cookie in places:
                    seen.add(page)
                    count += _all_ways(browser, base, folder, page, path, cookie=cookie) if only in page else 0
    if seen != set(PICTURED):
        raise SystemExit(f"not as in tests/browser/pictured.py: {sorted(seen ^ set(PICTURED))}")
    return count


def shoot_for_docs(folder: Path) -> int:
    """Write `<page>.png` of those in SHOWN, cut where the screen ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        for scene in SCENES:
            with scene(browser, _made(Path(name) / scene.__name__)) as (base, places):
                for page, path, cookie in places:
                    if page in SHOWN:
                        _screen(browser, base + path, folder / f"{SHOWN[page]}.png", DESKTOP, cookie)
                    if page in ON_THE_PHONE:
                        _screen(browser, base + path, folder / f"{page}-phone.png", PHONE, cookie)
        with inspection(browser, _made(Path(name) / inspection.__name__)) as (base, places):
            for page, path, cookie in places:
                _screen(browser, base + path, folder / f"{page}.png", DESKTOP, cookie)
    return len(list(folder.glob("*.png")))


def table() -> str:
    """docs/screens.md: every page with its weight and what axe-core says of it."""
    with chromium() as browser, TemporaryDirectory(prefix="axis-pictures-") as name:
        looked: list[Looked] = []
        for scene in SCENES:
            with scene(browser, _made(Path(name) / scene.__name__)) as shown:
                looked += look(browser, shown)
        page = browser.new_page()
        page.evaluate(AXE_SCRIPT)
        versions = f"axe-core {page.evaluate('axe.version')}, Chromium {browser.version}"
    rows = [
        f"| {one.name} | `{PICTURED[one.name]}` | {one.weight:,} | {one.passed} | {one.broken} "
        f"| {'yes' if one.name in ON_PAPER else ''} |"
        for one in looked
    ]
    faults = sum(len(one.faults) for one in looked)
    return TABLE.format(
        versions=versions,
        count=len(looked),
        heaviest=max(one.weight for one in looked),
        limit=WEIGHT,
        faults=faults,
        rows="\n".join(rows),
    )


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
    if "--table" in sys.argv:
        Path("docs/screens.md").write_text(table(), encoding="utf-8")
    elif "--docs" in sys.argv:
        print(shoot_for_docs(Path("docs/pictures")), "pictures")
    elif any(word.startswith("-") for word in sys.argv[1:]):
        sys.exit(__doc__)
    else:
        chosen = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
        print(shoot(chosen, only="".join(sys.argv[2:])), "pictures")
