"""Finding an agency as people type it; the order is the promise."""

from __future__ import annotations

from datetime import date

import pytest

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.agency_search import AgencyIndex, fold
from exchange_axis.domain.directory import Directory

ON = date(2026, 11, 22)


def _agency(code: str, name: str, **facts: object) -> Agency:
    return Agency(code=code, name=name, tier=Tier.COMMUNE, **facts)  # type: ignore[arg-type]


DIRECTORY = Directory.of(
    [
        _agency("H15", "UBND tỉnh Đắk Lắk", old_code="000.00.00.H15"),
        _agency("H15.20", "UBND xã Tuy An Đông"),
        _agency("H15.21", "UBND xã Tuy An Bắc"),
        _agency("H15.22", "UBND xã Đông Hòa"),
        _agency("H45.07", "UBND huyện Tuy An", valid_to=date(2025, 6, 30), successor="H15.20"),
        _agency("H15.204", "UBND xã An Ninh Đông", valid_to=date(2025, 6, 30), successor="H15.20"),
        _agency("H15.30", "Sở Nội vụ tỉnh Đắk Lắk"),
    ]
)
INDEX = AgencyIndex.of(DIRECTORY)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("tuy an", ["H15.21", "H15.20", "H45.07"]),
        ("TUY  AN đông", ["H15.20"]),
        ("dong tuy an", ["H15.20"]),
        ("đông hoà", ["H15.22"]),
        ("huyen tuy an", ["H45.07"]),
        ("h15.20", ["H15.20", "H15.204"]),
        ("000.00.00.h15", ["H15"]),
        ("tad", ["H15.20"]),
        ("so noi vu", ["H15.30"]),
        ("snv", ["H15.30"]),
        ("an ninh", ["H15.204"]),
        ("khong co", []),
        ("", []),
    ],
)
def test_it_is_found_as_typed_and_open_ones_come_first(query: str, codes: list[str]) -> None:
    assert [agency.code for agency in INDEX.search(query, on=ON, limit=10)] == codes


def test_a_code_comes_before_a_name_and_the_list_is_cut() -> None:
    assert [agency.code for agency in INDEX.search("h15", on=ON, limit=2)] == ["H15", "H15.22"]


def test_folding_takes_both_ways_of_writing_a_letter() -> None:
    assert fold("Ðắk Lắk") != "", "a foreign letter is kept, not lost"
    assert fold("Hoà-Thành") == fold("hoa thanh") == "hoa thanh"
