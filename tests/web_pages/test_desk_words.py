"""No page of the desk shows a key where people expect words: every member of every enumeration has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange_axis.domain.disposal import State as Disposal
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import Request
from exchange_axis.domain.notice import NoticeCode, asked_code, came_code, reminded_code, reminder_code
from exchange_axis.domain.reminders import AskedState, Missing, ReminderTo
from exchange_axis.domain.stages import Stage
from exchange_axis.hub.amending import RECALLED, TAKEN_BACK
from exchange_axis.hub.desk import EXPIRED
from exchange_axis.node.beginnings import Mending
from exchange_axis.node.checklist import Level, Row
from exchange_axis.web.desk.words import happening_words, missing_words, reason_words
from exchange_axis.web.sending import words
from schemas import codelists
from schemas.gate.refusal import Language

LANGUAGES: tuple[Language, Language] = ("vi", "en")


def happenings() -> Iterator[tuple[str, str]]:
    yield from (("evidence", event.short) for event in Event)
    yield from (("notice", code.value) for code in NoticeCode)
    for missing in Missing:
        yield from (("notice", made(missing)) for made in (asked_code, reminded_code))
        made_for = (reminder_code, came_code, reminded_code)
        yield from (("notice", made(missing, to)) for made in made_for for to in ReminderTo)
    yield from (("disposal", f"erasure.{state.value}") for state in Disposal)
    for kind in ("status", "said"):
        yield from ((kind, entry.code) for entry in codelists.load("statuses").entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_happens_has_words(language: Language) -> None:
    said = {key: happening_words(language, *key) for key in happenings()}
    raw = {key: text for key, text in said.items() if key[1] in text.split() and not key[1].isdecimal()}
    raw |= {key: text for key, text in said.items() if "mã " in text or "code " in text or " " not in text}
    assert raw == {}
    notices = [text for (kind, _), text in said.items() if kind == "notice"]
    assert len(set(notices)) == len(notices), "two different notices read alike"


def test_the_vietnamese_and_the_english_differ() -> None:
    for kind, what in happenings():
        assert happening_words("vi", kind, what) != happening_words("en", kind, what), (kind, what)
    for missing in Missing:
        assert missing_words("vi", missing.value) != missing_words("en", missing.value)


def test_reasons_of_evidence_are_words_and_what_people_write_stays() -> None:
    for code in (EXPIRED, RECALLED, TAKEN_BACK):
        assert code not in reason_words("vi", code) and code not in reason_words("en", code)
    assert reason_words("vi", "LD01, delivery.expired").startswith("LD01 ")
    assert reason_words("vi", "Không đúng thẩm quyền, đề nghị gửi lại") == "Không đúng thẩm quyền, đề nghị gửi lại"
    assert reason_words("vi", "gate.doctype") == "mã lý do gate.doctype", "said to be a code"
    assert happening_words("en", "notice", "later.invention") == "something else, code later.invention"


def test_the_boards_states_levels_and_acts_have_words() -> None:
    assert set(words.STAGES) == set(Stage)
    assert set(words.LEVELS) == set(Level) and set(words.ROWS) == set(Row)
    assert set(words.ASKED) == {one.value for one in Request} - {Request.NONE.value}
    assert {one.value for one in AskedState} <= set(words.REMINDED)
    assert {one.value for one in Mending} - {Mending.RESEND.value} <= set(words.KINDS)
