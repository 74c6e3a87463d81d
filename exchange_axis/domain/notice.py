"""Notices: what a hub tells about a delivery that is not evidence, and how long a recipient's system may be silent.

A notice proves nothing and ends nothing; the next evidence about the delivery outweighs it. A code that a reader does
not know is kept and shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.reminders import Missing, ReminderTo


class NoticeCode(StrEnum):
    SILENT = "recipient.silent"
    """The recipient's node has not been seen since then, and the letter waits for it."""
    BACK = "recipient.back"
    """It has been seen again since then."""
    ERASED = "content.erased"
    """A hub erased its copy of the letter then, by decision of its people. Whoever else holds one decides alone."""


REMINDER = "reminder."
"""Beginning of the codes of reminders; the rest says what is missing, and in whose mail."""
SUBORDINATE = f"{REMINDER}subordinate."


def reminder_code(missing: Missing, to: ReminderTo) -> str:
    """`reminder.no-01` to the receiver, `reminder.subordinate.no-01` to the agency above it."""
    return f"{REMINDER if to is ReminderTo.RECEIVER else SUBORDINATE}{missing.value}"


def asked_code(missing: Missing) -> str:
    """`reminder.asked.no-02-or-03`: to the receiver, because the sender has asked for it by hand."""
    return f"{REMINDER}asked.{missing.value}"


def is_asked(code: str) -> bool:
    """Whether a sender asked for it by hand: such a notice goes down, to the hub that holds the delivery."""
    return code.startswith(f"{REMINDER}asked.")


REMINDED = "reminded."
"""Beginning of the codes that tell a sender that a reminder has gone out."""
REMINDED_DUE = f"{REMINDED}deadline."
REMINDED_ABOVE = f"{REMINDED}above."


def reminded_code(missing: Missing, to: ReminderTo | None = None) -> str:
    """`reminded.no-02-or-03`: as the sender asked by hand.

    Args:
        to: whom the hub reminded by itself: `reminded.deadline.no-02-or-03` the receiver, `reminded.above.…` the
            agency above it.
    """
    beginning = {None: REMINDED, ReminderTo.RECEIVER: REMINDED_DUE, ReminderTo.SUPERIOR: REMINDED_ABOVE}[to]
    return f"{beginning}{missing.value}"


CAME = "came."
"""Beginning of the codes that tell that a status came after a reminder; the rest is as of the reminder."""
SUBORDINATE_CAME = f"{CAME}subordinate."


def came_code(missing: Missing, to: ReminderTo) -> str:
    """`came.no-01` to the letter's sender, `came.subordinate.no-01` to the agency above that was reminded."""
    return f"{CAME if to is ReminderTo.RECEIVER else SUBORDINATE_CAME}{missing.value}"


def came_of(code: str) -> str | None:
    """What had been missing and came; None for other notices."""
    return code.rpartition(".")[2] if code.startswith(CAME) else None


def missing_of(code: str) -> str | None:
    """What a reminder says is missing; None for other notices."""
    return code.rpartition(".")[2] if code.startswith(REMINDER) else None


def is_about_system(code: str) -> bool:
    """False for what is about a status that is or was missing, or about a reminder of it."""
    return not code.startswith((REMINDER, REMINDED, CAME))


SILENCE: Mapping[Lane, timedelta] = {
    Lane.HOA_TOC: timedelta(minutes=1),
    Lane.THUONG_KHAN: timedelta(minutes=5),
    Lane.KHAN: timedelta(minutes=15),
    Lane.THUONG: timedelta(minutes=30),
}
"""How long a node may be silent before the senders of letters in this lane are told (policy, R63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    code: str
    """Dotted, lower-case; see NoticeCode for those of this version."""
    since: datetime
    """What the code speaks of has been so since then."""
    sender: str
    """With the id: the letter that it is about."""
    consignment_id: str
    recipient: str
    """As addressed."""
    title: str | None = None
    """Number/symbol of the letter, for somebody who does not have it: of a reminder only."""
