"""The generated pages say what the code says, and every refusal can be understood by whoever meets it."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from scripts import pages

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("name", pages.PAGES)
def test_the_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages.PAGES[name](), "run `make docs` and commit the page"


def test_codes_are_unique_and_well_formed() -> None:
    codes = [each.code for each in pages.refusals()]
    assert len(codes) > 50
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+", code)] == []


def test_every_refusal_speaks_both_languages() -> None:
    refusals = pages.refusals()
    assert [each.code for each in refusals if not ({"vi", "en"} <= vars(each).keys() and each.vi and each.en)] == []
    assert [each.code for each in refusals if bool(each.remedy_vi) != bool(each.remedy_en)] == []
    assert [each.code for each in refusals if not unicodedata.is_normalized("NFC", each.vi + each.remedy_vi)] == []
    assert [each.code for each in refusals if each.vi.isascii() and each.vi == each.en] == []


def test_both_languages_name_the_same_facts() -> None:
    assert [each.code for each in pages.refusals() if _facts(each.vi) != _facts(each.en)] == []


def test_a_fact_of_one_language_only_is_seen() -> None:
    assert _facts("Thiếu {name}{detail_vi}") == _facts("{name} is missing{detail_en}")
    assert _facts("Thiếu {name}") != _facts("Something is missing")


def _facts(template: str) -> set[str]:
    """Names of the facts; one that itself has two languages (`detail_vi`, `detail_en`) counts as one."""
    names = (name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name is not None)
    return {re.sub("_(vi|en)$", "", name) for name in names}
