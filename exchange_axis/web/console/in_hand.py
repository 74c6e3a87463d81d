"""A PDF in hand, dropped on the search: is this the file, and is there another letter of its number? It is not kept.

Without a number typed, the hub reads number, symbol and date from the first page and proposes them; with one, a browser
with script sends the digest alone (`hash.js`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from aiohttp import BodyPartReader, web
from yarl import URL

from exchange_axis.hub import in_hand
from exchange_axis.hub.in_hand import InHand
from exchange_axis.hub.searching import Query
from exchange_axis.store.hub.trail_search import Side
from exchange_axis.web.console.asker import WORKERS, hub_of
from exchange_axis.web.console.period import day_of_query
from exchange_axis.web.shared.errors import BodyTooLarge
from exchange_axis.web.shared.forms import KEY_FIELD, require_key
from exchange_axis.web.shared.language import later
from exchange_axis.web.shared.pages import CSRF, see
from signing.examined import Problem

SEARCH, FILE = "/auditor", "/auditor/file"
FILE_MOST: Final = 200_000_000
"""Bytes of a PDF in hand that are taken."""
PIECE: Final = 1 << 16
NUMBER_MOST: Final = 200
PROBLEMS: Final[Mapping[str, str]] = {
    in_hand.NOT_PDF: later("Đây không phải tệp PDF."),
    in_hand.NOT_READ: later("Trục này không đọc tệp; hãy tự gõ số ghi trên tệp."),
    in_hand.NOTHING: later("Trang đầu không có chữ “Số: …” đọc được (có thể là bản quét); hãy tự gõ số ghi trên tệp."),
    Problem.TIMEOUT: later("Đọc tệp quá lâu nên trục dừng; tệp có thể được làm ra để gây hại. Hãy tự gõ số."),
    Problem.CRASH: later("Tiến trình đọc tệp bị hỏng và đã bị hủy; tệp có thể được làm ra để gây hại. Hãy tự gõ số."),
    Problem.UNREADABLE: later("Tệp hỏng hoặc không đúng dạng PDF nên trục không đọc; hãy tự gõ số ghi trên tệp."),
    Problem.TOO_LARGE: later("Tệp có phần quá lớn nên trục không đọc; hãy tự gõ số ghi trên tệp."),
    Problem.LOCKED: later("Tệp khóa bằng mật khẩu nên trục không đọc; hãy tự gõ số ghi trên tệp."),
    Problem.NESTED: later("Tệp nén trong tệp nén thì trục không mở."),
    Problem.NOT_REACHED: later("Chưa kịp đọc tệp; hãy thử lại, hoặc tự gõ số ghi trên tệp."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the search page knows of the file in hand beside its digest."""

    title: str
    """Number/symbol as typed, or as read."""
    issued: date | None
    agency: str
    problem: str
    was_read: bool


async def take_file(request: web.Request) -> web.Response:
    """
    Raises:
        BodyTooLarge.
    """
    reader, digest, seen, typed = await request.multipart(), hashlib.sha256(), 0, ""
    world, run = hub_of(request).world, request.app[WORKERS].run
    path = world.staging / f"in-hand-{world.rng.uuid()}.part"
    try:
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == KEY_FIELD and request.get(CSRF, ""):
                require_key(request, (await part.text())[:NUMBER_MOST])
            if part.name == "number-in-hand":
                typed = (await part.text())[:NUMBER_MOST].strip()
            if part.name != "pdf":
                continue
            while chunk := await part.read_chunk(PIECE):
                seen += len(chunk)
                if seen > FILE_MOST:
                    raise BodyTooLarge(limit=FILE_MOST)
                digest.update(chunk)
                await run(_append, path, bytes(chunk))
        if not seen:
            return see(SEARCH)
        sha256 = digest.hexdigest()
        read = InHand() if typed else await run(hub_of(request).inquiry.in_hand.read, path, sha256)
    finally:
        await run(_drop, path)
    return see(str(URL(SEARCH).with_query(_asked(sha256, typed, read))))


def held_of(query: Mapping[str, str]) -> Held:
    problem = query.get("problem", "")
    return Held(
        title=query.get("held", "") or query.get("text", ""),
        issued=day_of_query(query.get("issued")),
        agency=query.get("by", ""),
        problem=problem if problem in PROBLEMS else "",
        was_read="held" in query,
    )


def other_than(given: Mapping[str, str], held: Held) -> Query | None:
    """Letters of the number on the file, whatever their content; None: no number is known.

    A number is an agency's own and begins anew each year, so a seal and a date on the file narrow it.
    """
    if not (given["text"] or given["number"]):
        return None
    year = None if held.issued is None else held.issued.year
    return Query(
        text=given["text"],
        number=given["number"],
        symbol=given["symbol"],
        agency=held.agency,
        side=Side.SENDER.value if held.agency else Side.ANY.value,
        since=None if year is None else date(year, 1, 1),
        until=None if year is None or year >= date.max.year else date(year + 1, 12, 31),
    )


def _asked(sha256: str, typed: str, read: InHand) -> dict[str, str]:
    found = {"file": sha256, "text": typed, "number": read.number, "symbol": read.symbol, "held": read.title}
    found |= {"issued": "" if read.issued is None else read.issued.isoformat(), "by": read.agency}
    found |= {"problem": read.problem}
    return {name: value for name, value in found.items() if value}


def _append(path: Path, chunk: bytes) -> None:
    with path.open("ab") as file:
        file.write(chunk)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)
