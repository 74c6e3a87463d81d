"""Code lists: complete, in both languages, with source and dates; and finding a type by its name."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from schemas.codelists import Entry, load, names
from schemas.codelists.document_types import find_type, fold, suggest_type

SIZES = {
    "business-kinds": 4,
    "document-copies": 3,
    "document-types-administrative": 32,
    "document-types-decree30": 29,
    "document-types-normative": 13,
    "document-types-party": 9,
    "priorities": 5,
    "refusal-reasons": 10,
    "statuses": 9,
    "steering-types": 4,
}


def test_these_lists_and_no_others() -> None:
    assert {name: len(load(name).entries) for name in names()} == SIZES


@pytest.mark.parametrize("name", SIZES)
def test_every_entry_has_labels_source_and_a_first_day(name: str) -> None:
    known = load(name)

    assert known.version and known.title_vi and known.title_en and known.source
    assert len({entry.code for entry in known.entries}) == len(known.entries)
    for entry in known.entries:
        assert entry.vi and entry.en and entry.source and entry.valid_from
        assert unicodedata.is_normalized("NFC", entry.vi)
        assert not entry.valid_to or entry.valid_from <= entry.valid_to


def test_looking_up_by_code_and_by_the_words_of_other_systems() -> None:
    statuses = load("statuses")

    accepted = statuses.get("03")
    assert accepted is not None and accepted is statuses.get("acceptance")
    assert accepted.label("vi") == "Đã tiếp nhận" and accepted.label("en").startswith("accepted")
    assert statuses.get("07") is None


def test_a_closed_code_is_still_found_but_not_valid() -> None:
    entry = Entry(code="x", vi="x", en="x", valid_from=date(2020, 1, 1), valid_to=date(2025, 6, 30))

    assert entry.is_valid_on(date(2025, 6, 30))
    assert not entry.is_valid_on(date(2025, 7, 1))
    assert not entry.is_valid_on(date(2019, 12, 31))
    assert load("document-types-decree30").on(date(2019, 1, 1)) == ()
    assert len(load("document-types-decree30").on(date(2025, 1, 1))) == 29


def test_what_no_official_text_showed_is_marked() -> None:
    rows = load("document-types-administrative").entries

    assert {entry.code for entry in rows if entry.unverified} == {*map(str, range(10, 18)), *map(str, range(27, 33))}


@pytest.mark.parametrize("name", ["no-such", "../rules", "__init__"])
def test_an_unknown_list_is_refused(name: str) -> None:
    with pytest.raises(LookupError):
        load(name)


@pytest.mark.parametrize("entry", load("document-types-decree30").entries, ids=lambda entry: entry.code)
def test_each_type_of_the_decree_is_found_by_name_and_abbreviation(entry: Entry) -> None:
    by_name = find_type(entry.vi)

    assert by_name is not None and fold(by_name.entry.vi) == fold(entry.vi)
    if entry.abbreviation:
        by_abbreviation = find_type(entry.abbreviation)
        assert by_abbreviation is not None and fold(by_abbreviation.name) == fold(entry.vi)


@pytest.mark.parametrize(
    "text", ["BÁO CÁO", "bao cao", " Báo  cáo ", "Báo cáo (tháng)", unicodedata.normalize("NFD", "Báo cáo")]
)
def test_names_are_compared_without_case_diacritics_and_brackets(text: str) -> None:
    found = find_type(text)

    assert found is not None and found.entry.code == "14"


def test_normative_types_are_preferred_only_when_asked_for() -> None:
    plain, normative = find_type("Quyết định"), find_type("Quyết định", normative=True)

    assert plain is not None and (plain.table, plain.row) == ("2", "2")
    assert normative is not None and (normative.table, normative.row) == ("1", "8")


@pytest.mark.parametrize(
    ("written", "nearest"),
    [("Báo cao nhanh", None), ("Bao caoo", "Báo cáo"), ("Tờ trìn", "Tờ trình"), ("Công vắn", "Công văn"), ("", None)],
)
def test_the_nearest_type_is_suggested(written: str, nearest: str | None) -> None:
    assert find_type("Tờ trìn") is None
    assert suggest_type(written) == nearest
