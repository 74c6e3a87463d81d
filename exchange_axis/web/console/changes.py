"""All changes of the hub on one page: who, when, what, before and after, why; filtered, and as a file.

It is of the whole hub: an auditor whose scope is a part of it has no such page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from aiohttp import web
from yarl import URL

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.people import Person, Role
from exchange_axis.errors import NotFound
from exchange_axis.hub.changes import KINDS, PAGE, Asked, Change, Changes
from exchange_axis.hub.configuration import ACTION, settings_changes
from exchange_axis.pipeline.form_print import Cell
from exchange_axis.web.console.act_words import act
from exchange_axis.web.console.asker import sees_of
from exchange_axis.web.console.operator import Console
from exchange_axis.web.console.reports import stream_csv, stream_sheet
from exchange_axis.web.shared.language import later, spoken, word
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.sessions import person_of

CHANGES: Final = "/changes"
LOOK: Final = "changes"
"""As the access log names it."""
FILTERS: Final = ("kind", "who", "words", "since", "until")
NUMBER_LENGTH: Final = 18
KIND_WORDS: Final[Mapping[str, str]] = {
    "settings": later("Cấu hình"),
    "directory": later("Danh mục cơ quan"),
    "trust": later("Tin cậy và chứng thư"),
    "peers": later("Nút và trục"),
    "keys": later("Khóa và nhật ký của trục"),
    "people": later("Người dùng và vai trò"),
    "keeping": later("Tiêu hủy, giữ, thời hạn lưu"),
    "mail": later("Gửi lại, trả lại"),
}
HEADS: Final = (
    *(later("Số"), later("Lúc"), later("Ai"), later("Loại"), later("Việc"), later("Về")),
    *(later("Trước"), later("Sau"), later("Lý do"), later("Chi tiết")),
)


async def show(console: Console, request: web.Request) -> web.StreamResponse:
    """Raises NotFound."""
    await _look(console, request)
    asked, hub = _asked(request), console.hub
    found = await console.workers.run(Changes(hub.world).find, asked)
    reasons = await console.workers.run(settings_changes, hub.world)
    unsaid = [one.number for one in reasons if one.reason is None]
    kinds = [(kind, word(said, spoken(request))) for kind, said in KIND_WORDS.items()]
    return render(
        request,
        "console/changes.html",
        act=act,
        changes=[(one, KIND_WORDS[kind_of(one.action)]) for one in found],
        given={name: request.query.get(name, "") for name in FILTERS},
        kinds=kinds,
        reasons={str(one.number): (one.reason, one.reason_by) for one in reasons if one.reason is not None},
        unsaid=unsaid,
        settings_action=ACTION,
        query=request.query_string,
        later=str(URL(request.path_qs).update_query(before=found[-1].number)) if len(found) >= PAGE else None,
    )


async def as_file(console: Console, request: web.Request) -> web.StreamResponse:
    """Raises NotFound."""
    await _look(console, request)
    suffix, language = request.match_info["suffix"], spoken(request)
    streams = {"csv": stream_csv, "xlsx": stream_sheet}
    if suffix not in streams:
        raise NotFound(what=request.path)

    def rows() -> Iterator[Sequence[tuple[Cell, ...]]]:
        empty = True
        for page in Changes(console.hub.world).pages(_asked(request)):
            empty = False
            yield [_row(one, word(KIND_WORDS[kind_of(one.action)], language)) for one in page]
        if empty:
            yield []

    heads = tuple(word(head, language) for head in HEADS)
    return await streams[suffix](request, heads, rows(), "thay-doi")


def kind_of(action: str) -> str:
    return next(kind for kind, heads in KINDS.items() if action.startswith(heads))


def _row(one: Change, kind: str) -> tuple[Cell, ...]:
    at = one.at.astimezone(VIETNAM).isoformat(timespec="seconds")
    return (one.number, at, one.actor, kind, one.action, one.subject, one.before, one.after, one.reason, one.details)


def _asked(request: web.Request) -> Asked:
    until, before = _day(request.query.get("until")), request.query.get("before", "")
    return Asked(
        kind=request.query.get("kind", ""),
        actor=request.query.get("who", "").strip()[:200],
        words=request.query.get("words", "").strip()[:200],
        since=_morning(_day(request.query.get("since"))),
        until=_morning(until + timedelta(days=1) if until is not None and until < date.max else None),
        before=int(before) if before.isdecimal() and len(before) <= NUMBER_LENGTH else None,
    )


def _morning(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), VIETNAM)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


async def _look(console: Console, request: web.Request) -> None:
    """Noted as every look of an auditor, before anything is shown. Raises NotFound."""
    person = person_of(request)
    _require_whole(console, person)
    said = request.path.removeprefix("/") + (f" {request.query_string}" if request.query_string else "")
    await console.workers.run(console.hub.inquiry.access.look, person.actor, LOOK, said)


def _require_whole(console: Console, person: Person) -> None:
    if not {Role.OPERATOR, Role.SECURITY_OFFICER}.isdisjoint(person.roles):
        return
    if sees_of(person.grants_of(Role.AUDITOR, console.hub.world.clock.now())).is_narrowed:
        raise NotFound(what=CHANGES)


Handler = Callable[[Console, web.Request], Awaitable[web.StreamResponse]]
CHANGES_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", CHANGES, show),
    ("GET", f"{CHANGES}.{{suffix}}", as_file),
)
