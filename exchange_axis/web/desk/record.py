"""The node's own record for its administrator: changed settings and why, what was taken out, whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import hdrs, web
from yarl import URL

from exchange_axis.domain.calendar import VIETNAM, day_of
from exchange_axis.domain.settings_record import differs
from exchange_axis.domain.taking import TAKEN_WORDS, Taken
from exchange_axis.node import house_record
from exchange_axis.node.service import Node
from exchange_axis.pipeline.form_print import Cell, Head, Table, as_csv
from exchange_axis.store.node.links import Kept, LinkedRow
from exchange_axis.web.shared.language import later, spoken, word
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule
from exchange_axis.web.shared.workers import Workers
from schemas.gate.refusal import Language

CHANGES: Final = "/changes"
NUMBER_LENGTH: Final = 15
KINDS: Final = {
    Kept.SETTING: later("Đổi cấu hình"),
    Kept.REASON: later("Ghi lý do"),
    Kept.TAKEN: later("Lấy ra nội dung"),
}
HEADS: Final = (
    *(("Số", "No."), ("Lúc (+07:00)", "At (+07:00)"), ("Ai", "Who"), ("Việc", "What")),
    *(("Về", "About"), ("Trước", "Before"), ("Sau", "After"), ("Lý do", "Reason")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line, as page and file show it."""

    seq: int
    row: LinkedRow
    who: str
    what: str
    about: str
    before: str = ""
    after: str = ""
    reason: str = ""


async def show(node: Node, workers: Workers, request: web.Request) -> web.StreamResponse:
    given, language = _given(request), spoken(request)
    text = request.query.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH else None
    found = await workers.run(
        partial(house_record.lines, node.world, kind=given["kind"], who=given["who"], before=before)
    )
    state = await workers.run(house_record.verify, node.world)
    more = len(found) >= house_record.PAGE
    return render(
        request,
        "desk/record.html",
        lines=[_shown(one, language) for one in found],
        given=given,
        kinds=[(kind.value, word(said, language)) for kind, said in KINDS.items()],
        state=state,
        head=house_record.head_text(state.head),
        broken=None if state.broken is None else (word(KINDS[state.broken[0]], language), state.broken[1]),
        later=str(URL(request.path_qs).update_query(before=found[-1].seq)) if more else None,
    )


async def as_file(node: Node, workers: Workers, request: web.Request) -> web.StreamResponse:
    language, at, given = spoken(request), node.world.now(), _given(request)

    def make() -> bytes:
        pages = house_record.pages(node.world, **given)
        table = Table(
            title="Sổ thay đổi của nút",
            title_en="Changes of the node",
            issuer=node.world.settings.node_id,
            period=at.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M"),
            heads=tuple(Head(vi=vi, en=en, means_vi=vi, means_en=en) for vi, en in HEADS),
            rows=[_cells(_shown(one, language)) for page in pages for one in page],
        )
        return as_csv(table)

    headers = {
        hdrs.CONTENT_TYPE: "text/csv; charset=utf-8",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="thay-doi-{day_of(at):%Y%m%d}.csv"',
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.Response(body=await workers.run(make), headers=headers)


def _given(request: web.Request) -> dict[str, str]:
    return {name: request.query.get(name, "").strip()[:200] for name in ("kind", "who")}


def _shown(one: LinkedRow, language: Language) -> Shown:
    what = word(KINDS[one.kind], language)
    match one.kind:
        case Kept.TAKEN:
            said = TAKEN_WORDS[Taken(one.action or "")][language == "en"]
            return Shown(seq=one.seq, row=one, who=one.actor or "", what=said, about=one.subject or "")
        case Kept.REASON:
            return Shown(
                seq=one.seq, row=one, who=one.reason_by or "", what=what, about=f"№ {one.row}", reason=one.reason or ""
            )
        case Kept.SETTING:
            known, changed = json.loads(one.details or "{}"), differs(one.details or "{}")
            before, after = (
                "\n".join(f"{each.name} = {getattr(each, side) or '–'}" for each in changed)
                for side in ("before", "after")
            )
            return Shown(
                seq=one.seq,
                row=one,
                who=", ".join(known.get("owners", ())),
                what=what,
                about=f"№ {one.row} " + ", ".join(known.get("changed", ())),
                before=before,
                after=after,
                reason=one.reason or "",
            )


def _cells(one: Shown) -> tuple[Cell, ...]:
    at = one.row.at.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
    return (one.seq, at, one.who, one.what, one.about, one.before, one.after, one.reason)


RecordHandler = Callable[[Node, Workers, web.Request], Awaitable[web.StreamResponse]]
RECORD_TABLE: Final[tuple[tuple[str, str, RecordHandler], ...]] = (
    ("GET", CHANGES, show),
    ("GET", f"{CHANGES}.csv", as_file),
)
_KEEPER: Final = rule(Sight.NOTHING, Caller.UNIT_ADMIN)
RECORD_RULES: Final[Rules] = {(method, path): _KEEPER for method, path, _ in RECORD_TABLE}


def add_record(app: web.Application, node: Node, workers: Workers) -> None:
    for method, path, handler in RECORD_TABLE:
        app.router.add_route(method, path, partial(handler, node, workers))
