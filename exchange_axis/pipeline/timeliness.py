"""Was a letter sent in time? The clock of issue (K1), judged alike by the sending node and by the hub that takes it in.

Late is a warning: what is late has to be sent all the same.

Source: QĐ 28/2018/QĐ-TTg art. 6.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.calendar import VIETNAM, WorkingCalendar
from exchange_axis.domain.consignment import Consignment, Origin
from exchange_axis.domain.deadlines import ClockState, DeadlineClock, Moments, State, deadlines_for
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.domain.letter import BusinessKind, Letter
from exchange_axis.errors import AxisError
from schemas.findings import Finding, Severity, Stage


class IssueLate(AxisError):
    code: ClassVar[str] = "deadline.issue-late"
    vi: ClassVar[str] = "Phát hành muộn (K1): ký lúc {signed}, hạn gửi {due}"
    en: ClassVar[str] = "Issued late (K1): signed at {signed}, to be sent by {due}"
    remedy_vi: ClassVar[str] = "Gửi ngay sau khi ký; nếu giờ ký chưa đúng, ghi lại signed_at rồi gửi"
    remedy_en: ClassVar[str] = "Send as soon as it is signed; if the signing time is not right, state signed_at anew"


def signed_at(consignment: Consignment, signing_time: datetime) -> datetime | None:
    """When the agency signed: as the consignment says, else when it was sealed; None where no agency sealed it."""
    if consignment.origin is not Origin.SIGNED:
        return None
    return consignment.signed_at or signing_time


def issue_state(
    signed: datetime | None, consignment: Consignment, *, at: datetime, calendar: WorkingCalendar
) -> ClockState:
    """K1 of a letter that a hub takes in at `at`."""
    known = Moments(signed_at=signed, accepted_at=at)
    states = deadlines_for(known, consignment.lane, at=at, calendar=calendar)
    return next(state for state in states if state.clock is DeadlineClock.ISSUE)


def issue_findings(
    consignment: Consignment, signing_time: datetime, *, at: datetime, calendar: WorkingCalendar
) -> tuple[Finding, ...]:
    """A warning when a letter that is taken in at `at` is late."""
    signed = signed_at(consignment, signing_time)
    state = issue_state(signed, consignment, at=at, calendar=calendar)
    if state.state is not State.LATE or state.deadline is None:
        return ()
    late = IssueLate(where="consignment.xml", signed=_shown(state.deadline.starts), due=_shown(state.deadline.due))
    return (Finding.of(late, Stage.RULES, Severity.WARNING),)


def answered_by(letter: Letter) -> tuple[tuple[str, str], ...]:
    """(Agency code, number/symbol) of the letters that this one answers; a recall names one too, and answers none."""
    if letter.kind is BusinessKind.REVOKE:
        return ()
    named = ((_agency(one.organ_id), one.code) for one in letter.response_for)
    return tuple(dict.fromkeys((agency, code) for agency, code in named if agency and code))


def _agency(text: str) -> str:
    try:
        return canonical_code(text)
    except MalformedCode:
        return ""


def _shown(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
