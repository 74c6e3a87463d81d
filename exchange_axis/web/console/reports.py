"""Ready forms and long lists as files: CSV, XLSX, PDF, and the statement about a file under the hub's seal."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange_axis.domain.calendar import VIETNAM, day_of
from exchange_axis.domain.periods import Period, Unit, period_of
from exchange_axis.hub.forms import NOT_HERE, Form, FormKind
from exchange_axis.hub.searching import SearchLine, SearchUnusable
from exchange_axis.pipeline.form_print import Cell, Head, Table, as_csv, as_pdf, as_xlsx
from exchange_axis.web.console import words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.console.period import day_of_query, unit_of, wanted_of
from exchange_axis.web.shared import lists
from exchange_axis.web.shared.language import later, spoken, word
from exchange_axis.web.shared.pages import render
from schemas.gate.refusal import Language

REPORTS, FILE = "/auditor/reports", "/auditor/reports/{kind}.{suffix}"
LIST, SHEET = "/auditor/indicators/behind.csv", "/auditor/indicators/behind.xlsx"
PRINTERS: Final[Mapping[str, tuple[str, Callable[[Table], bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "pdf": ("application/pdf", as_pdf),
}
LINES: Final = {
    Unit.YEAR: Unit.MONTH,
    Unit.QUARTER: Unit.MONTH,
    Unit.QUARTER_15: Unit.MONTH_15,
    Unit.MONTH: Unit.MONTH,
    Unit.MONTH_15: Unit.MONTH_15,
}
"""How a period is cut into lines of the monthly form."""
PAGE: Final = 500
"""Bytes of a file that are sent at once."""
LIST_HEADS: Final = (
    later("Số/ký hiệu"), later("Mã bên gửi"), later("Bên gửi"), later("Mã bên nhận"), later("Bên nhận"),
    later("Tiếp nhận (+07:00)"), later("Giao"), later("Trạng thái"), later("Lý do"), later("Mã gói tin"),
)  # fmt: skip


async def reports(request: web.Request) -> web.Response:
    asker, hub = asker_of(request), hub_of(request)
    kind, period, unit = _kind(request.query.get("kind", "monthly")), _period(request), unit_of(request)
    form = await request.app[WORKERS].run(
        hub.inquiry.forms.fill, kind, period, sees=asker.sees, unit=_lines(kind, unit)
    )
    language = spoken(request)
    return render(
        request,
        "console/auditor_reports.html",
        form=form,
        not_here=NOT_HERE,
        kinds=[(one.value, word(words.FORMS[one.value], language)) for one in FormKind],
        units=[(code, word(said, language)) for code, said in words.UNITS],
        unit=unit.value,
        day=request.query.get("day", ""),
        query=request.query_string,
    )


async def report_file(request: web.Request) -> web.Response:
    """The form as a file, the PDF with the hub's seal in it; `zip` has that and the sealed statement beside it."""
    asker, hub = asker_of(request), hub_of(request)
    kind, suffix = _kind(request.match_info["kind"]), request.match_info["suffix"]
    if suffix not in {*PRINTERS, "zip"}:
        raise SearchUnusable(field="suffix", value=suffix[:10], wanted=", ".join((*PRINTERS, "zip")))
    period, unit = _period(request), _lines(kind, unit_of(request))

    def work() -> bytes:
        form = hub.inquiry.forms.fill(kind, period, sees=asker.sees, unit=unit)
        if suffix in {"csv", "xlsx"}:
            return PRINTERS[suffix][1](_table(form))
        printed = hub.inquiry.forms.printed(as_pdf(_table(form)))
        if suffix == "pdf":
            return printed
        sealed = hub.inquiry.forms.seal(form, printed)
        return _together({f"{kind}.pdf": sealed.content, f"{kind}.xml": sealed.statement})

    body = await request.app[WORKERS].run(work)
    name = f"{kind}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.{suffix}"
    headers = {
        hdrs.CONTENT_TYPE: PRINTERS[suffix][0] if suffix in PRINTERS else "application/zip",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
    }
    return web.Response(body=body, headers=headers)


async def list_file(request: web.Request) -> web.StreamResponse:
    """All deliveries behind a number as CSV, a page of them at a time: nothing holds the whole list."""
    pages = await request.app[WORKERS].run(_first_page, request)
    return await stream_csv(request, _heads(spoken(request)), pages, "danh-sach")


async def list_sheet(request: web.Request) -> web.StreamResponse:
    """The same as XLSX."""
    pages = await request.app[WORKERS].run(_first_page, request)
    return await stream_sheet(request, _heads(spoken(request)), pages, "danh-sach")


async def stream_csv(
    request: web.Request, heads: Sequence[str], pages: Iterator[Sequence[Sequence[Cell]]], name: str
) -> web.StreamResponse:
    return await lists.stream_csv(request, request.app[WORKERS], heads, pages, name=name)


async def stream_sheet(
    request: web.Request, heads: Sequence[str], pages: Iterator[Sequence[Sequence[Cell]]], name: str
) -> web.StreamResponse:
    scratch = hub_of(request).world.staging
    return await lists.stream_sheet(request, request.app[WORKERS], heads, pages, name=name, scratch=scratch)


def _first_page(request: web.Request) -> Iterator[list[tuple[Cell, ...]]]:
    """The pages of the list; what is wrong with the question is said before anything is sent."""
    asker, hub, wanted = asker_of(request), hub_of(request), wanted_of(request)
    counted, behind = request.query.get("counted", ""), hub.inquiry.indicators.behind
    page, language = behind(wanted, counted, sees=asker.sees, limit=PAGE), spoken(request)

    def pages() -> Iterator[list[tuple[Cell, ...]]]:
        found = page
        yield list(cells_of(found.lines, language))
        while found.next is not None:
            found = behind(wanted, counted, sees=asker.sees, after=found.next, limit=PAGE)
            yield list(cells_of(found.lines, language))

    return pages()


def _heads(language: Language) -> tuple[str, ...]:
    return tuple(word(head, language) for head in LIST_HEADS)


def cells_of(lines: Sequence[SearchLine], language: Language) -> Iterator[tuple[Cell, ...]]:
    """Codes in the words of the reader, times as pages show them; numbers and names as they are."""

    def said(code: str | None) -> str:
        return "" if code is None else word(words.ALL_STATES[code][0], language)

    for one in lines:
        parties = one.sender.code, one.sender.then, one.recipient.code, one.recipient.then
        at = one.received_at.astimezone(VIETNAM).isoformat(timespec="seconds")
        why = None if one.reason is None else words.reason(one.reason, language)
        yield (one.title, *parties, at, said(one.state), said(one.business), why, one.consignment_id)


def _kind(text: str) -> FormKind:
    if text not in {*FormKind}:
        raise SearchUnusable(field="kind", value=text[:40], wanted=", ".join(FormKind))
    return FormKind(text)


def _period(request: web.Request) -> Period:
    day = day_of_query(request.query.get("day")) or day_of(hub_of(request).world.clock.now())
    return period_of(day, unit_of(request))


def _lines(kind: FormKind, unit: Unit) -> Unit | None:
    return LINES.get(unit, unit) if kind is FormKind.MONTHLY else unit if kind is FormKind.QUARTERLY else None


def _table(form: Form) -> Table:
    heads = tuple(
        Head(vi=one.vi, en=one.en, means_vi=one.means_vi, means_en=one.means_en, is_share=one.is_share)
        for one in form.columns
    )
    period = f"{form.period.first:%d/%m/%Y} – {form.period.last:%d/%m/%Y}"
    issuer = f"Trục liên thông văn bản {form.hub}"
    return Table(title=form.vi, title_en=form.en, issuer=issuer, period=period, heads=heads, rows=form.rows)


def _together(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


REPORT_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", REPORTS, reports),
    ("GET", FILE, report_file),
    ("GET", LIST, list_file),
    ("GET", SHEET, list_sheet),
)
