"""Directory changes lead from exactly one version to exactly one other, or refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.demo.cast import directory
from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_changes import ChangesUnfit, apply_changes, write_changes

CAST = directory()


def changed(names: dict[str, str], added: set[str], dropped: set[str]) -> Directory:
    agencies = [
        replace(agency, name=names.get(agency.code, agency.name))
        for agency in CAST.agencies.values()
        if agency.code not in dropped
    ]
    agencies += [Agency(code=f"X{number}", name=f"Cơ quan {number}", tier=Tier.CENTRE) for number in sorted(added)]
    return Directory.of(agencies, CAST.hubs.values(), CAST.nodes.values())


NAMED = {agency.successor for agency in CAST.agencies.values()} | {
    code for hub in CAST.hubs.values() for code in hub.subtree
}
LEAVES = sorted(code for code in CAST.agencies if len(CAST.subtree(code)) == 1 and code not in NAMED)
"""Agencies that no other record speaks of."""


@given(
    names=st.dictionaries(st.sampled_from(sorted(CAST.agencies)), st.sampled_from(["Tên mới", 'Tên "có nháy"', "Đ"])),
    added=st.sets(st.sampled_from(["1", "2", "33"])),
    dropped=st.sets(st.sampled_from(LEAVES), max_size=3),
)
def test_applying_changes_gives_the_new_version(names: dict[str, str], added: set[str], dropped: set[str]) -> None:
    new = changed(names, added, dropped)
    assert apply_changes(CAST, write_changes(CAST, new)) == new


def test_changes_are_small() -> None:
    text = write_changes(CAST, changed({"H45": "UBND tỉnh Phú Yên (mới)"}, set(), set()))
    assert text.count("[[agency]]") == 1
    assert "[[hub]]" not in text


def test_another_start_is_refused() -> None:
    new = changed({"H45": "Tên mới"}, set(), set())
    text = write_changes(CAST, new)
    with pytest.raises(ChangesUnfit):
        apply_changes(new, text)
    assert apply_changes(CAST, text) == new


@pytest.mark.parametrize("harm", [("Tên mới", "Tên khác"), ('version = "', 'version = "0'), ("since", "sinc")])
def test_altered_changes_are_refused(harm: tuple[str, str]) -> None:
    text = write_changes(CAST, changed({"H45": "Tên mới"}, set(), set()))
    with pytest.raises(ChangesUnfit):
        apply_changes(CAST, text.replace(*harm))
