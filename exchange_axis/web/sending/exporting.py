"""The list of sent letters and the board of one, to take along: CSV and XLSX as the rows come, PDF in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.node.register_print import Listing, print_rows
from exchange_axis.node.shown import SentLine
from exchange_axis.node.tracking import Board, BoardRow
from exchange_axis.web.desk.frame import Desk, place_of
from exchange_axis.web.desk.words import reason_words
from exchange_axis.web.sending import words
from exchange_axis.web.sending.wanted import said, wanted_of
from exchange_axis.web.shared.language import later, spoken, word
from exchange_axis.web.shared.lists import stream_csv, stream_parts, stream_sheet
from exchange_axis.web.shared.words import URGENCY
from schemas.gate.refusal import Language

Columns = tuple[tuple[str, int], ...]
"""Text and width."""
OF_LIST: Final[Columns] = (
    (later("Gửi lúc"), 12),
    (later("Độ khẩn"), 8),
    (later("Số, ký hiệu"), 13),
    (later("Trích yếu"), 40),
    (later("Loại việc"), 11),
    (later("Số nơi nhận"), 7),
    (later("Trạng thái"), 22),
    (later("Mã gói tin"), 20),
)
OF_BOARD: Final[Columns] = (
    (later("Mã cơ quan"), 12),
    (later("Nơi nhận"), 24),
    (later("Trạng thái"), 12),
    (later("Đến lúc"), 12),
    (later("Trả lời lúc"), 12),
    (later("Trạng thái mới nhất lúc"), 12),
    (later("Lý do"), 26),
    (later("Đề nghị sau khi gửi"), 14),
    (later("Chuyển tới"), 10),
    (later("Số lần nhắc"), 6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    title: str
    agency: str
    agency_name: str
    span: str
    columns: Columns
    pages: Iterator[list[Sequence[str]]]
    name: str
    """Of the file."""


async def sent_csv(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _csv(desk, request, _of_list(desk, request))


async def sent_sheet(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _sheet(desk, request, _of_list(desk, request))


async def sent_pdf(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _pdf(desk, request, _of_list(desk, request))


async def board_csv(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _csv(desk, request, await _of_board(desk, request))


async def board_sheet(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _sheet(desk, request, await _of_board(desk, request))


async def board_pdf(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _pdf(desk, request, await _of_board(desk, request))


def _of_list(desk: Desk, request: web.Request) -> Export:
    wanted, language, served = wanted_of(request), spoken(request), desk.node.world.settings.agencies
    batches = desk.node.sent_list.batches(wanted)
    return Export(
        title=word(later("Danh sách văn bản đi"), language),
        agency=desk.node.world.settings.node_id if len(served) > 1 else next(iter(served), ""),
        agency_name=place_of(desk),
        span=said(wanted, language),
        columns=OF_LIST,
        pages=([_sent_row(desk, line, language) for line in batch] for batch in batches),
        name="van-ban-di",
    )


async def _of_board(desk: Desk, request: web.Request) -> Export:
    board = await desk.run(desk.node.tracking.of, request.match_info["id"])
    language = spoken(request)
    rows: list[Sequence[str]] = [_board_row(row, language) for row in board.rows]
    return Export(
        title=word(later("Bảng theo dõi văn bản"), language),
        agency=board.letter.sender,
        agency_name=desk.node.world.settings.agencies.get(board.letter.sender, board.letter.sender),
        span=_about(board, language),
        columns=OF_BOARD,
        pages=iter([rows]),
        name=f"theo-doi-{board.letter.consignment_id[:8]}",
    )


async def _csv(desk: Desk, request: web.Request, export: Export) -> web.StreamResponse:
    return await stream_csv(request, desk.workers, _heads(request, export), export.pages, name=export.name)


async def _sheet(desk: Desk, request: web.Request, export: Export) -> web.StreamResponse:
    scratch = desk.node.world.settings.staging
    heads = _heads(request, export)
    return await stream_sheet(request, desk.workers, heads, export.pages, name=export.name, scratch=scratch)


async def _pdf(desk: Desk, request: web.Request, export: Export) -> web.StreamResponse:
    heads = zip(_heads(request, export), (width for _, width in export.columns), strict=True)
    listing = Listing(
        title=export.title.upper(),
        agency=export.agency,
        agency_name=export.agency_name,
        span=export.span,
        columns=tuple(heads),
        empty=word(later("Không có văn bản nào khớp"), spoken(request)),
    )
    rows = (row for page in export.pages for row in page)
    parts = (one.pdf for one in print_rows(listing, rows))
    return await stream_parts(request, desk.workers, parts, name=export.name)


def _heads(request: web.Request, export: Export) -> list[str]:
    return [word(text, spoken(request)) for text, _ in export.columns]


def _sent_row(desk: Desk, line: SentLine, language: Language) -> tuple[str, ...]:
    stages = desk.node.tracking.summary(line).items()
    return (
        _at(line.queued_at),
        word(URGENCY.get(line.lane, line.lane), language),
        line.title,
        line.subject,
        word(words.KINDS[line.kind], language) if line.kind in words.KINDS else "",
        str(len(line.recipients)),
        "; ".join(f"{word(words.STAGES[stage][0], language)}: {count}" for stage, count in stages),
        line.consignment_id,
    )


def _board_row(row: BoardRow, language: Language) -> tuple[str, ...]:
    return (
        row.agency,
        row.name,
        word(words.STAGES[row.stage][0], language),
        _at(row.arrived_at),
        _at(row.answered_at),
        _at(row.last_at),
        reason_words(language, row.reason) if row.reason else "",
        word(words.ASKED[row.asked], language) if row.asked in words.ASKED else "",
        row.redirected_to or "",
        str(len(row.reminders) or ""),
    )


def _about(board: Board, language: Language) -> str:
    letter = board.letter
    sent_at = word(later("gửi lúc"), language)
    return f"{letter.title} · {letter.subject} · {sent_at} {_at(letter.queued_at)} · {letter.consignment_id}"


def _at(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"
