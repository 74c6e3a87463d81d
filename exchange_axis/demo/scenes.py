"""The scenes in which something goes another way: a line that is down, a letter sent wrongly, one that is recalled.

Each waits for what it needs and says what it wanted to show; whatever goes otherwise ends the demo.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from exchange_axis.demo.cast import codes_of, node_of
from exchange_axis.demo.desk import Desk, Row
from exchange_axis.demo.errors import TooSlow, UnexpectedAnswer
from exchange_axis.demo.events import Arrow
from exchange_axis.demo.letters import Answer, DemoLetter, letter
from exchange_axis.demo.stage import SECONDS, Stage
from exchange_axis.demo.watch import PAUSE, Watch, is_withdrawn
from exchange_axis.domain.calendar import VIETNAM

REFUSED_FIRST, SENT_AFTERWARDS = 14, 15
"""A letter that was addressed wrongly is sent again once it has come back refused."""
RECALLED, RECALL, REPLACEMENT = 16, 17, 18
TAKEN_BACK = 103
FROZEN = "letter.frozen"
"""What a node says to whoever wants the content of a letter that was recalled or taken back."""
OFFLINE = 26
URGENT = 6
"""It goes to the agencies behind the line too."""
CUT_SECONDS = 2.0
"""How long the line is down at least."""


def fix_and_resend(stage: Stage, watch: Watch) -> None:
    """Refused by its reader, mended, and sent again as a letter that names the refused one."""
    stage.until(watch, REFUSED_FIRST, lambda row: all(one["status"] == "02" for one in row["recipients"]))
    stage.send(letter(SENT_AFTERWARDS))


def recall_and_replace(stage: Stage, watch: Watch) -> None:
    """Everybody has the letter, some have accepted it: all of them cancel it, and the proof says who had opened it.

    Meanwhile the line of two of them is down; what is said on either side of it waits, and goes by itself later.
    """
    one = letter(RECALLED)
    stage.until(watch, RECALLED, lambda row: all(_has_come(one, recipient) for recipient in row["recipients"]))
    with _line_down(stage, letter(OFFLINE), watch):
        stage.send(letter(RECALL))
    stage.until(watch, RECALLED, lambda row: all(map(is_withdrawn, row["recipients"])))
    _show_proof(stage, one)
    _show_frozen(stage, one)
    stage.send(letter(REPLACEMENT))


def take_back(stage: Stage, watch: Watch) -> None:
    """Sent to the wrong recipient and asked back before anybody there has looked at it."""
    one = letter(TAKEN_BACK)
    stage.until(watch, TAKEN_BACK, lambda row: all(_has_come(one, recipient) for recipient in row["recipients"]))
    place = stage.federation.node_for(one.sender)
    (recipient,) = one.recipients
    stage.node("take-back", stage.consignments[TAKEN_BACK], place, "--recipient", recipient, "--reason", one.take_back)
    stage.commentary.tell(
        place.id,
        Arrow.FORTH,
        f"{one.symbol} {one.sender} ⇢ {recipient}: lấy lại (13). {one.take_back}",
        f"{one.symbol} {one.sender} ⇢ {recipient}: asked back (13)",
    )
    stage.until(watch, TAKEN_BACK, lambda row: all(map(is_withdrawn, row["recipients"])))


@contextlib.contextmanager
def _line_down(stage: Stage, one: DemoLetter, watch: Watch) -> Iterator[None]:
    """The line of a letter's sender is cut for some seconds, and the letter is queued on its node's own disk."""
    place = stage.federation.node_for(one.sender)
    served = codes_of(place.id)
    # What is being fetched when a line breaks is offered again only when its lease has run out.
    stage.until(
        watch,
        URGENT,
        lambda row: all(each["delivery"] == "handed-over" for each in row["recipients"] if each["agency"] in served),
    )
    tell, line = stage.commentary.tell, stage.federation.lines[place.id]
    line.cut()
    tell(place.id, Arrow.HERE, f"mất đường truyền tới {place.hub.id}", f"the line to {place.hub.id} is down")
    sent = stage.send(one)
    yield
    threading.Event().wait(CUT_SECONDS)
    failures, queued = _failures(stage, one), _clock(sent["queued_at"])
    tell(
        place.id,
        Arrow.HERE,
        f"{one.symbol} vẫn xếp hàng, nút gọi hỏng {failures} lần; phiếu của nút: nhận lúc {queued}",
        f"{one.symbol} is still queued, {failures} calls in vain; the node's own note is of {queued}",
    )
    line.mend()
    tell(place.id, Arrow.HERE, f"có đường truyền trở lại tới {place.hub.id}", f"the line to {place.hub.id} is back")


def _has_come(one: DemoLetter, recipient: Row) -> bool:
    accepts = one.answer_of(recipient["agency"]) is Answer.ACCEPT
    return recipient["delivery"] == "handed-over" and (recipient["status"] == "03" or not accepts)


def _failures(stage: Stage, one: DemoLetter) -> int:
    """How often in a row the node has found nobody at the other end; once at least.

    Raises:
        UnexpectedAnswer: the letter got away although its line is down.
    """
    place = stage.federation.node_for(one.sender)
    deadline = stage.clock.monotonic() + SECONDS
    desk = Desk(place.id, stage.federation.desk(place.id))
    try:
        while stage.clock.monotonic() < deadline:
            row = desk.show(stage.consignments[one.number])["sent"]
            if row["state"] != "queued":
                raise UnexpectedAnswer(who=place.id, what=f"{one.symbol}: {row['state']}")
            failures = int((desk.status()["line"] or {"failures": 0})["failures"])
            if failures:
                return failures
            threading.Event().wait(PAUSE)
    finally:
        desk.close()
    raise TooSlow(seconds=SECONDS, what_vi=f"{place.id} chưa thấy mất đường truyền", what_en=f"{place.id} sees no cut")


def _show_proof(stage: Stage, one: DemoLetter) -> None:
    """What `axis node show` proves of a recall: who had it, who had opened it, when each cancelled it."""
    place = stage.federation.node_for(one.sender)
    rows = stage.node("show", stage.consignments[one.number], place)["cancelling"]
    cancelled = {row["agency"] for row in rows if row["cancelled_at"] and not row["silent"]}
    opened = {row["agency"]: row for row in rows if row["opened_at"]}
    readers = {code for code in one.recipients if one.answer_of(code) is Answer.ACCEPT}
    if cancelled != set(one.recipients) or opened.keys() != readers:
        raise UnexpectedAnswer(who=place.id, what=f"{one.symbol}: {sorted(cancelled)}, {sorted(opened)}")
    count = len(rows)
    stage.commentary.tell(
        place.id,
        Arrow.HERE,
        f"bằng chứng thu hồi {one.symbol}: {count}/{count} nơi đã báo hủy; {len(opened)} nơi đã mở trước đó",
        f"proof of the recall of {one.symbol}: {count} of {count} have cancelled it; {len(opened)} had opened it",
    )
    for row in (opened[min(opened)], next(row for row in rows if row["agency"] not in opened)):
        vi, en = _proved(row)
        stage.commentary.tell(place.id, Arrow.HERE, f"{one.symbol} {vi}", f"{one.symbol} {en}")


def _proved(row: Mapping[str, Any]) -> tuple[str, str]:
    came, gone = _clock(row["handed_over_at"]), _clock(row["cancelled_at"])
    read = f"mở lần đầu {_clock(row['opened_at'])}" if row["opened_at"] else "chưa ai mở"
    read_en = f"first opened {_clock(row['opened_at'])}" if row["opened_at"] else "nobody opened it"
    agency = row["agency"]
    return f"tại {agency}: đến {came}, {read}, hủy {gone}", f"at {agency}: arrived {came}, {read_en}, cancelled {gone}"


def _show_frozen(stage: Stage, one: DemoLetter) -> None:
    """The bytes stay on the disk, and nobody gets them any more."""
    unread = (code for code in one.recipients if one.answer_of(code) is Answer.NOTHING)
    code = next(code for code in unread if node_of(code) != node_of(one.sender))
    place = stage.federation.node_for(code)
    target = stage.folder / "frozen"
    refused = stage.node(
        "show", stage.consignments[one.number], place, "--agency", code, "--save", str(target), codes=(1,)
    )
    found = (refused.get("withheld") or {}).get("code")
    if found != FROZEN or any(file.endswith(f"{stage.consignments[one.number]}.asice") for file in refused["files"]):
        raise UnexpectedAnswer(who=place.id, what=f"{one.symbol}: {found}")
    stage.commentary.tell(
        place.id,
        Arrow.HERE,
        f"{one.symbol} tại {code}: nội dung đã khóa, không xem được nữa [{found}]",
        f"{one.symbol} at {code}: its content is locked and not handed out any more [{found}]",
    )


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(VIETNAM):%H:%M:%S}"
