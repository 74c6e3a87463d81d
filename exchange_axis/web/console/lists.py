"""What the board, the comparison, the overdue list, the hints and a search show, as files: CSV, XLSX, and a sealed PDF.

CSV and XLSX are written as the rows come, in the reader's language. A PDF is for reading: it has both languages in its
heads, a page of what they mean, and the hub's seal inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.hub.deadlines import Question
from exchange_axis.hub.searching import MOST, SearchUnusable
from exchange_axis.pipeline.form_print import Cell, Head, Table, as_pdf
from exchange_axis.web.console import list_heads, words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.auditor import FIELDS, hint_period, query_of
from exchange_axis.web.console.indicators import asked_of
from exchange_axis.web.console.period import wanted_of
from exchange_axis.web.console.reports import PAGE, cells_of, stream_csv, stream_sheet
from exchange_axis.web.shared.language import spoken, word
from schemas.gate.refusal import Language

FILE: Final = "/auditor/lists/{name}.{suffix}"
SUFFIXES: Final = ("csv", "xlsx", "pdf")
PRINTED_MOST: Final = 2_000
"""Rows of a PDF; longer lists are for programs."""
Rows = Iterator[Sequence[tuple[Cell, ...]]]
"""Page by page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    vi: str
    en: str
    heads: tuple[Head, ...]
    rows: Rows
    about: str
    """The period, or what was asked for."""


async def list_of(request: web.Request) -> web.StreamResponse:
    """
    Raises:
        SearchUnusable: no such list or kind of file; too long for a PDF.
    """
    name, suffix = request.match_info["name"], request.match_info["suffix"]
    if name not in LISTINGS or suffix not in SUFFIXES:
        raise SearchUnusable(field="name", value=f"{name}.{suffix}"[:60], wanted=", ".join((*LISTINGS, *SUFFIXES)))
    listing = await request.app[WORKERS].run(LISTINGS[name], request)
    language = spoken(request)
    heads = tuple(head.en if language == "en" else head.vi for head in listing.heads)
    if suffix == "pdf":
        return await request.app[WORKERS].run(_printed, request, listing, name)
    stream = stream_csv if suffix == "csv" else stream_sheet
    return await stream(request, heads, listing.rows, name)


def _printed(request: web.Request, listing: Listing, name: str) -> web.Response:
    rows: list[tuple[Cell, ...]] = []
    for page in listing.rows:
        rows += page
        if len(rows) > PRINTED_MOST:
            raise SearchUnusable(field="suffix", value="pdf", wanted=f"csv, xlsx (> {PRINTED_MOST})")
    hub = hub_of(request)
    table = Table(
        title=listing.vi,
        title_en=listing.en,
        issuer=f"Trục liên thông văn bản {hub.world.settings.id}",
        period=listing.about,
        heads=listing.heads,
        rows=rows,
    )
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}.pdf"'}
    body = hub.inquiry.forms.printed(as_pdf(table))
    return web.Response(body=body, content_type="application/pdf", headers=headers)


def _board(request: web.Request) -> Listing:
    wanted, language = wanted_of(request), spoken(request)
    board = hub_of(request).inquiry.indicators.board(wanted, sees=asker_of(request).sees)
    rows: list[tuple[Cell, ...]] = [
        (one.code, one.vi, one.en, words.value_of(one, language), one.over, one.under) for one in board.numbers
    ]
    about = f"{wanted.period.first:%d/%m/%Y} – {wanted.period.last:%d/%m/%Y}"
    means = tuple(
        Head(vi=f"{one.code} {one.vi}", en=one.en, means_vi=one.means_vi, means_en=one.means_en)
        for one in board.numbers
    )
    return Listing(
        vi="Bảng chỉ số",
        en="Indicators",
        heads=list_heads.BOARD,
        rows=iter([rows, *_words(means, language)]),
        about=about,
    )


def _words(means: Sequence[Head], language: Language) -> Iterator[Sequence[tuple[Cell, ...]]]:
    """Definitions below the numbers, so that they leave with them in every kind of file."""
    yield [("", one.vi, one.en, one.means_en if language == "en" else one.means_vi, None, None) for one in means]


def _compared(request: web.Request) -> Listing:
    wanted, asked = wanted_of(request), asked_of(request)
    every, sees = hub_of(request).inquiry.comparing.every, asker_of(request).sees

    def rows() -> Rows:
        for found in every(wanted, asked, sees=sees):
            yield [
                (
                    one.key,
                    one.name,
                    one.sums["letters"],
                    one.sums["deliveries"],
                    *(one.shares[name] for name in list_heads.SHARES),
                    None if one.hub_median is None else round(one.hub_median),
                    None if one.reader_median is None else round(one.reader_median),
                )
                for one in found
            ]

    about = f"{wanted.period.first:%d/%m/%Y} – {wanted.period.last:%d/%m/%Y}"
    return Listing(vi="So sánh", en="Comparison", heads=list_heads.COMPARED, rows=rows(), about=about)


def _overdue(request: web.Request) -> Listing:
    hub, language, agency = hub_of(request), spoken(request), request.query.get("agency") or None
    scope = hub.inquiry.searching.scope(asker_of(request).sees)

    def rows() -> Rows:
        after: str | None = None
        while True:
            page = hub.deadlines.overdue_within(Question(agency=agency, after=after, limit=PAGE), scope)
            yield [
                (
                    one.deadline.due.astimezone(VIETNAM).isoformat(timespec="minutes"),
                    one.agency,
                    one.agency_name,
                    one.head_name,
                    one.deadline.title or one.deadline.consignment_id,
                    word(words.MISSING[one.missing], language),
                    None if one.apology is None else f"{one.apology.number}, {one.apology.date:%d/%m/%Y}",
                )
                for one in page.lines
            ]
            after = page.next
            if after is None:
                return

    about = f"{hub.world.issuer.now().astimezone(VIETNAM):%d/%m/%Y %H:%M}"
    return Listing(vi="Quá hạn", en="Overdue", heads=list_heads.OVERDUE, rows=rows(), about=about)


def _hints(request: web.Request) -> Listing:
    period, language = hint_period(request), spoken(request)
    found = hub_of(request).inquiry.hints.find(period, sees=asker_of(request).sees)
    rows: list[tuple[Cell, ...]] = [
        (
            one.rule.en if language == "en" else one.rule.vi,
            one.agency,
            one.name,
            None if one.day is None else one.day.isoformat(),
            one.number,
            one.compared,
            one.rule.means_en if language == "en" else one.rule.means_vi,
        )
        for one in found
    ]
    about = f"{period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
    return Listing(vi="Dấu hiệu khác thường", en="Hints", heads=list_heads.HINTS, rows=iter([rows]), about=about)


def _search(request: web.Request) -> Listing:
    given = {name: request.query.get(name, "").strip() for name in FIELDS}
    find, sees, language = hub_of(request).inquiry.searching.find, asker_of(request).sees, spoken(request)
    first = find(query_of(given, None, limit=MOST), sees=sees)

    def rows() -> Rows:
        found = first
        yield list(cells_of(found.lines, language))
        while found.next is not None:
            found = find(query_of(given, found.next, limit=MOST), sees=sees)
            yield list(cells_of(found.lines, language))

    about = "; ".join(value for value in given.values() if value) or "*"
    return Listing(vi="Kết quả tra cứu", en="Found", heads=list_heads.FOUND, rows=rows(), about=about[:200])


LISTINGS: Final[Mapping[str, Callable[[web.Request], Listing]]] = {
    "board": _board,
    "compare": _compared,
    "overdue": _overdue,
    "hints": _hints,
    "search": _search,
}
LIST_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (("GET", FILE, list_of),)
