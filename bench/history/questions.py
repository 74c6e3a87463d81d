"""The questions that are measured, each with other values every time, put to the hub as its pages and commands do."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bench.history.made import DAYS, FIRST_DAY, WORDS, MadeLetter, Maker
from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.comparing import Asked as Compare
from exchange_axis.hub.comparing import Group
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import Query, Sees
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.trail_sums import By

EVERYTHING = Sees()
TIMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Milliseconds."""

    p50: float
    p95: float
    longest: float
    times: int
    lines: int
    """Of all answers together: a question that finds nothing measures nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one round asks for."""

    letter: MadeLetter
    province: str
    unit: str
    day: date
    rare: str
    common: str


Ask = Callable[[Hub, Drawn], int]


def _find(hub: Hub, *, sees: Sees = EVERYTHING, **query: object) -> int:
    return len(hub.inquiry.searching.find(Query(**query), sees=sees).lines)  # type: ignore[arg-type]


def _deep(hub: Hub, drawn: Drawn) -> int:
    """The fifth page."""
    after, lines = None, 0
    for _ in range(5):
        page = hub.inquiry.searching.find(Query(words=drawn.rare, after=after), sees=EVERYTHING)
        lines, after = lines + len(page.lines), page.next
        if after is None:
            break
    return lines


SEARCHES: Mapping[str, Ask] = {
    "number and symbol": lambda hub, one: _find(hub, text=f"{one.letter.number}/{one.letter.symbol}"),
    "number alone": lambda hub, one: _find(hub, text=one.letter.number),
    "three words of a subject": lambda hub, one: _find(hub, words=" ".join(one.letter.words[:3])),
    "a rare word": lambda hub, one: _find(hub, words=one.rare),
    "words that every letter has": lambda hub, one: _find(hub, words="về việc"),
    "a rare word, five pages on": _deep,
    "a word and a sender, one month": lambda hub, one: _find(
        hub, words=one.common, agency=one.unit, side="sender", since=one.day, until=one.day + timedelta(days=30)
    ),
    "what an agency received": lambda hub, one: _find(hub, agency=one.unit, side="recipient"),
    "what an agency refused": lambda hub, one: _find(hub, agency=one.unit, side="recipient", state="02"),
    "agency by words of its name": lambda hub, one: _find(hub, agency="xã thử ba"),
    "all that failed, one month": lambda hub, one: _find(
        hub, state="failed", since=one.day, until=one.day + timedelta(days=30)
    ),
    "hỏa tốc of one day": lambda hub, one: _find(hub, lane="hoa-toc", since=one.day, until=one.day),
    "SHA-256 of a file": lambda hub, one: _find(hub, file=one.letter.files[0].hex()),
    "consignment id": lambda hub, one: _find(hub, text=one.letter.consignment_id),
    "beginning of an id": lambda hub, one: _find(hub, text=one.letter.consignment_id[:13]),
    "DocumentId": lambda hub, one: _find(hub, text=f"{one.letter.sender},2025,{one.letter.number}/{one.letter.symbol}"),
    "one province's newest": lambda hub, one: _find(hub, sees=Sees(territories=(one.province,))),
    "one province, a rare word": lambda hub, one: _find(hub, sees=Sees(territories=(one.province,)), words=one.rare),
    "one province, number and symbol": lambda hub, one: _find(
        hub, sees=Sees(territories=(one.letter.sender[:3],)), text=f"{one.letter.number}/{one.letter.symbol}"
    ),
    "one commune, a common word": lambda hub, one: _find(hub, sees=Sees(territories=(one.unit,)), words="về việc"),
    "one commune, a rare word": lambda hub, one: _find(hub, sees=Sees(territories=(one.unit,)), words=one.rare),
}


def measure(hub: Hub, maker: Maker, questions: Mapping[str, Ask], *, times: int = TIMES) -> dict[str, Took]:
    """The first answer of each kind is not counted: it finds the cold parts of the disk."""
    rng = random.Random("axis-questions")
    drawn = [_drawn(maker, rng) for _ in range(times + 1)]
    found = {}
    for name, ask in questions.items():
        spent, lines = [], 0
        for one in drawn:
            begun = time.perf_counter()
            lines += ask(hub, one)
            spent.append((time.perf_counter() - begun) * 1000)
        found[name] = _took(spent[1:], lines)
    return found


def _took(spent: list[float], lines: int) -> Took:
    ordered = sorted(spent)
    return Took(
        p50=statistics.median(ordered),
        p95=ordered[max(0, round(0.95 * len(ordered)) - 1)],
        longest=ordered[-1],
        times=len(ordered),
        lines=lines,
    )


def _drawn(maker: Maker, rng: random.Random) -> Drawn:
    chunk = rng.randrange(maker.chunks)
    letters = maker.chunk(chunk)
    letter = next(one for place, one in enumerate(letters) if place == rng.randrange(40) or place >= 40)
    province = f"H{rng.randint(1, 34):02}"
    return Drawn(
        letter=letter,
        province=province,
        unit=f"{province}.{rng.choice([21, 33, 45, 57, 69, 81]):02}",
        day=FIRST_DAY + timedelta(days=rng.randrange(330)),
        rare=WORDS[-1 - rng.randrange(200)],
        common=WORDS[rng.randrange(20)],
    )


def _wanted(**narrow: Any) -> Wanted:
    return Wanted(period=Period(first=FIRST_DAY, last=FIRST_DAY + timedelta(days=DAYS - 1)), **narrow)


def _board(hub: Hub, wanted: Wanted, *, sees: Sees = EVERYTHING) -> int:
    return int(hub.inquiry.indicators.board(wanted, sees=sees).numbers[1].value or 0)


INDICATORS: Mapping[str, Ask] = {
    "all 18 of a year": lambda hub, one: _board(hub, _wanted()),
    "of a year, urgent letters": lambda hub, one: _board(hub, _wanted(lane="khan")),
    "of a year, one type of letters": lambda hub, one: _board(hub, _wanted(doc_type="bao cao")),
    "of a year, communes": lambda hub, one: _board(hub, _wanted(tier="commune")),
    "of a year, one agency": lambda hub, one: _board(hub, _wanted(agency=one.unit)),
    "of a year, one agency, received": lambda hub, one: _board(hub, _wanted(agency=one.unit, side="reader")),
    "of a year, one province": lambda hub, one: _board(hub, _wanted(), sees=Sees(territories=(one.province,))),
    "of a year, one province, urgent letters": lambda hub, one: _board(
        hub, _wanted(lane="khan"), sees=Sees(territories=(one.province,))
    ),
    "of a year, one province, one type": lambda hub, one: _board(
        hub, _wanted(doc_type="bao cao"), sees=Sees(territories=(one.province,))
    ),
    "a year by months": lambda hub, one: len(hub.inquiry.indicators.trend(_wanted(), Unit.MONTH, sees=EVERYTHING)),
    "a year by agencies": lambda hub, one: len(hub.inquiry.indicators.table(_wanted(), By.AGENCY, sees=EVERYTHING)),
    "a year's urgent letters by agencies": lambda hub, one: len(
        hub.inquiry.indicators.table(_wanted(lane="khan"), By.AGENCY, sees=EVERYTHING)
    ),
    "a year's recalls, first page": lambda hub, one: len(
        hub.inquiry.indicators.behind(_wanted(), "recalls", sees=EVERYTHING).lines
    ),
    "what waited a day, of a year, first page": lambda hub, one: len(
        hub.inquiry.indicators.behind(_wanted(), "late_day", sees=EVERYTHING).lines
    ),
    "a year's refusals, first page": lambda hub, one: len(
        hub.inquiry.indicators.behind(_wanted(), "refused", sees=EVERYTHING).lines
    ),
}


def _compared(hub: Hub, wanted: Wanted, by: Group, limit: int, *, sees: Sees = EVERYTHING) -> int:
    asked = Compare(by=by, sort="completed", least=1, limit=limit, unit=Unit.MONTH)
    return len(hub.inquiry.comparing.find(wanted, asked, sees=sees).rows)


PAGES: Mapping[str, Ask] = {
    "a letter's page": lambda hub, one: sum(
        len(seen.history.deliveries) for seen in hub.inquiry.viewing.letter(one.letter.consignment_id, sees=EVERYTHING)
    ),
    "ten agencies compared over a year, with medians and months": lambda hub, one: _compared(
        hub, _wanted(), Group.AGENCY, 10
    ),
    "a hundred agencies": lambda hub, one: _compared(hub, _wanted(), Group.AGENCY, 100),
    "a hundred agencies as readers": lambda hub, one: _compared(hub, _wanted(side="reader"), Group.AGENCY, 100),
    "a hundred agencies of one province": lambda hub, one: _compared(
        hub, _wanted(), Group.AGENCY, 100, sees=Sees(territories=(one.province,))
    ),
    "tiers": lambda hub, one: _compared(hub, _wanted(), Group.TIER, 100),
    "types of letters": lambda hub, one: _compared(hub, _wanted(), Group.DOC_TYPE, 100),
}
"""What a page asks for at once, besides the searches and the board."""
