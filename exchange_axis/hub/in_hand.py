"""A PDF that an auditor holds in hand: its digest, and the number, symbol and date that stand on its first page.

Rules of this file:
1. The bytes are read by the examiner in a process of its own; what it says is a proposal, and may be anything.
2. Nothing of the file is kept: whoever brings it removes it, whatever comes of the look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from exchange_axis.hub.world import World
from exchange_axis.pipeline.page_reading import suggestions

SECONDS: Final = 20.0
"""For one file: somebody waits for the page."""
NOT_PDF, NOT_READ, NOTHING = "not-pdf", "not-read", "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    number: str = ""
    symbol: str = ""
    title: str = ""
    """Both, as the page has them."""
    issued: date | None = None
    agency: str = ""
    """Code of the agency whose seal is in the file, as its certificate has it."""
    problem: str = ""
    """Why nothing was read: a `signing.examined.Problem`, not-pdf, not-read (nobody reads here), nothing (a scan)."""


class Reading:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, path: Path, sha256: str) -> InHand:
        tools = self._world.files
        if tools is None:
            return InHand(problem=NOT_READ)
        size = path.stat().st_size
        examined = tools.examiner.examine(path, offset=0, size=size, sha256=sha256, seconds=SECONDS)
        if examined.problem is not None:
            return InHand(problem=examined.problem.value)
        if examined.pdf is None:
            return InHand(problem=NOT_PDF)
        found = {one.field: one for one in suggestions(examined.pdf, at=self._world.clock.now())}
        if "number" not in found:
            return InHand(problem=NOTHING)
        number, symbol, day = found["number"].value, found["notation"].value, found.get("date")
        between = "-" if f"{number}-" in found["number"].where.replace(" ", "") else "/"
        return InHand(
            number=number,
            symbol=symbol,
            title=f"{number}{between}{symbol}",
            issued=None if day is None else date.fromisoformat(day.value),
            agency=found["from"].value if "from" in found else "",
        )
