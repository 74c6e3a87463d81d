"""Every notice and every step of erasing has its words on the desk's timeline, in both languages (R76)."""

from __future__ import annotations

import pytest

from exchange_axis.domain.disposal import State
from exchange_axis.domain.notice import NoticeCode, asked_code, came_code, reminded_code, reminder_code
from exchange_axis.domain.reminders import Missing, ReminderTo
from exchange_axis.web.desk.letters import happening_words

CODES = [
    *NoticeCode,
    *(f"erasure.{state.value}" for state in State),
    *(make(missing) for make in (asked_code, reminded_code) for missing in Missing),
    *(make(missing, to) for make in (reminder_code, came_code) for missing in Missing for to in ReminderTo),
]


@pytest.mark.parametrize("code", CODES)
def test_no_code_is_shown_raw(code: str) -> None:
    vi, en = (happening_words(language, "notice", code) for language in ("vi", "en"))
    assert code not in vi and code not in en
    assert vi != en


def test_what_nobody_knows_is_shown_as_it_is() -> None:
    assert happening_words("vi", "notice", "later.thing") == "later.thing"
