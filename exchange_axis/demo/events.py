"""The running commentary: one line an event, at the moment at which it is seen. Time in Vietnam, place, arrow, what."""

from __future__ import annotations

import threading
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.evidence import Event
from exchange_axis.ports import Clock

PLACE_WIDTH = 16
"""Characters of the longest node or hub of the cast."""


class Voice(Protocol):
    """How a command speaks: to people in their language, to programs in JSON Lines."""

    def say(self, vi: str, en: str) -> None: ...

    def data(self, value: object) -> None: ...


class Arrow(StrEnum):
    """What kind of step it is."""

    FORTH = "→"
    """On the way to the recipient."""
    HOME = "←"
    """On the way back to the sender."""
    HERE = "•"
    """At one place."""
    REFUSED = "✗"
    """Refused, on purpose."""


EVENTS: dict[Event, tuple[Arrow, str, str]] = {
    Event.SUBMISSION_ACCEPTANCE: (Arrow.HERE, "trục nhận gửi, ký biên nhận", "accepted, receipt signed"),
    Event.RELAY_ACCEPTANCE: (Arrow.FORTH, "trục nhận chuyển tiếp", "taken over by the next hub"),
    Event.RELAY_REJECTION: (Arrow.REFUSED, "trục từ chối chuyển tiếp", "refused by the next hub"),
    Event.RELAY_FAILURE: (Arrow.REFUSED, "không chuyển tiếp được", "could not be relayed"),
    Event.CONTENT_CONSIGNMENT: (Arrow.FORTH, "sẵn sàng cho nút nhận", "ready for the recipient's node"),
    Event.CONTENT_HANDOVER: (Arrow.HOME, "đã đến hệ thống nhận (01)", "handed over (01)"),
    Event.CONTENT_HANDOVER_FAILURE: (Arrow.REFUSED, "không giao được", "could not be handed over"),
    Event.REDIRECT: (Arrow.FORTH, "chuyển tới đơn vị kế thừa", "redirected to the successor"),
    Event.DUPLICATE: (Arrow.HERE, "trùng văn bản đã có", "a duplicate"),
    Event.REFUSED: (Arrow.HOME, "bên nhận từ chối (02)", "refused by the recipient (02)"),
    Event.ACCEPTED: (Arrow.HOME, "bên nhận đã tiếp nhận (03)", "accepted by the recipient (03)"),
    Event.WITHDRAWN: (Arrow.HOME, "rút lại trước khi giao", "withdrawn before handover"),
    Event.TAKE_BACK: (Arrow.FORTH, "bên gửi đề nghị lấy lại (13)", "asked back by its sender (13)"),
    Event.CONSENTED: (Arrow.HOME, "bên nhận đã hủy văn bản (15)", "cancelled by the recipient (15)"),
    Event.DECLINED: (Arrow.HOME, "bên nhận không đồng ý trả lại (16)", "the recipient keeps it (16)"),
}
"""How evidence is told."""


class Commentary:
    """Tells what happens, to people and, where they ask for it, to programs. Safe from several threads."""

    def __init__(self, voice: Voice, clock: Clock) -> None:
        self._voice = voice
        self._clock = clock
        self._lock = threading.Lock()

    def tell(self, place: str, arrow: Arrow, vi: str, en: str, *, at: datetime | None = None) -> None:
        """One event.

        Args:
            place: a hub or node.
            at: when it happened, aware; default now.
        """
        moment = (at or self._clock.now()).astimezone(VIETNAM)
        head = f"{moment:%H:%M:%S}+07:00  {place:<{PLACE_WIDTH}} {arrow.value} "
        with self._lock:
            self._voice.say(head + vi, head + en)
            self._voice.data(
                {
                    "at": moment.isoformat(timespec="milliseconds"),
                    "place": place,
                    "arrow": arrow.value,
                    "vi": vi,
                    "en": en,
                }
            )

    def chapter(self, vi: str, en: str) -> None:
        """A heading."""
        moment = self._clock.now().astimezone(VIETNAM)
        with self._lock:
            self._voice.say(f"\n— {vi} ({moment:%d/%m/%Y})", f"\n— {en} ({moment:%Y-%m-%d})")

    def note(self, vi: str, en: str) -> None:
        """A line without time and place."""
        with self._lock:
            self._voice.say(vi, en)
