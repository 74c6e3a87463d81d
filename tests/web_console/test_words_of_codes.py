"""No page of an auditor shows a raw code: every member of every list has its word, in both languages (R76)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from exchange_axis.domain.agency import Tier
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import DeadlineClock, State
from exchange_axis.domain.disposal import Extent
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request
from exchange_axis.domain.periods import Unit
from exchange_axis.domain.reminders import Missing
from exchange_axis.domain.tally import DifferenceKind
from exchange_axis.hub.forms import FormKind
from exchange_axis.pipeline.verify_result import Answer, Reason, Verdict, Why
from exchange_axis.pipeline.verify_words import ANSWERS, REASONS, VERDICTS, WHYS
from exchange_axis.web.console import letter_words, tallies, words
from exchange_axis.web.shared.language import word
from exchange_axis.web.shared.words import URGENCY
from schemas import codelists
from signing.pdf_verdict import Verdict as FileVerdict
from signing.revocation import NotChecked, RevocationState

SAID: tuple[tuple[str, Iterable[str], Mapping[str, object]], ...] = (
    ("states", DeliveryState, words.ALL_STATES),
    ("progress", set(Progress) - {Progress.DELIVERED}, words.ALL_STATES),
    ("requests", set(Request) - {Request.NONE}, words.ALL_STATES),
    ("events", [one.short for one in Event], words.EVENTS),
    ("events of tallies", [one.short for one in Event], tallies.EVENTS),
    ("differences", DifferenceKind, tallies.KINDS),
    ("missing", Missing, words.MISSING),
    ("clocks", DeadlineClock, words.CLOCK_NAMES),
    ("states of clocks", State, words.CLOCKS),
    ("seals", RevocationState, letter_words.SEALS),
    ("not checked", NotChecked, letter_words.UNCHECKED),
    ("erased", Extent, letter_words.EXTENTS),
    ("tiers", Tier, words.TIERS),
    ("units", Unit, dict(words.UNITS)),
    ("forms", FormKind, words.FORMS),
    ("lanes", Lane, URGENCY),
)
PAIRS: tuple[tuple[Iterable[str], Mapping[Any, tuple[str, str]]], ...] = (
    (Verdict, VERDICTS),
    (Reason, REASONS),
    (Answer, ANSWERS),
    (Why, WHYS),
)


@pytest.mark.parametrize(("codes", "table"), [(codes, table) for _, codes, table in SAID], ids=[one[0] for one in SAID])
def test_every_code_has_its_word(codes: Iterable[str], table: Mapping[str, object]) -> None:
    for code in codes:
        said = table[code]
        text = said[0] if isinstance(said, tuple) else said
        assert isinstance(text, str)
        assert text != code and word(text, "en") != text, code


@pytest.mark.parametrize(("codes", "table"), PAIRS)
def test_every_code_of_a_verification_has_both(codes: Iterable[str], table: Mapping[str, tuple[str, str]]) -> None:
    for code in codes:
        assert all(table[code]) and table[code][0] != table[code][1], code


def test_reasons_for_refusing_are_said() -> None:
    for entry in codelists.load("refusal-reasons").entries:
        assert words.reason(entry.code, "vi") == f"{entry.code} — {entry.vi}"
        assert words.reason(entry.code, "en") == f"{entry.code} — {entry.en}"
    assert words.reason("XX77", "en") == "XX77 — a reason of no list"


def test_verdicts_of_files_have_a_tone() -> None:
    assert {letter_words.FILE_TONES.get(one.value, "bad") for one in FileVerdict} == {"good", "warn", "bad"}
