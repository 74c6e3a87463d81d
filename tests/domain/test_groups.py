"""Groups of recipients: who is meant on which day, and what makes a group unsound."""

from __future__ import annotations

from datetime import date

import pytest

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_changes import apply_changes, write_changes
from exchange_axis.domain.directory_check import DirectoryRejected
from exchange_axis.domain.directory_text import from_csv, from_toml, to_toml
from exchange_axis.domain.groups import Group

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
AGENCIES = (
    Agency(code="H45", name="Tỉnh", tier=Tier.PROVINCE),
    Agency(code="H45.32", name="Huyện", tier=Tier.DISTRICT, parent="H45", valid_to=BEFORE, successor="H45.50"),
    Agency(code="H45.32.03", name="Xã cũ", tier=Tier.COMMUNE, parent="H45.32", valid_to=BEFORE, successor="H45.50"),
    Agency(code="H45.50", name="Xã mới", tier=Tier.COMMUNE, parent="H45", valid_from=AFTER),
    Agency(code="H45.51", name="Phường", tier=Tier.COMMUNE, parent="H45"),
    Agency(code="H45.01", name="Sở", tier=Tier.DEPARTMENT, parent="H45"),
    Agency(code="G77", name="Đã giải thể", tier=Tier.CENTRE, valid_to=BEFORE),
    Agency(code="H49", name="Tỉnh khác", tier=Tier.PROVINCE),
    Agency(code="H49.01", name="Xã tỉnh khác", tier=Tier.COMMUNE, parent="H49"),
)
COMMUNES = Group(code="xa", name="Các xã", tier=Tier.COMMUNE, under="H45")
LISTED = Group(code="ban-chi-dao", name="Ban chỉ đạo", members=("H45.01", "H45.32", "G77"))
BOTH = Group(code="ca-hai", name="Xã và sở", members=("H45.01", "H45.51"), tier=Tier.COMMUNE, under="H45")


def directory(*groups: Group) -> Directory:
    return Directory.of(AGENCIES, groups=groups)


@pytest.mark.parametrize(
    ("group", "on", "members"),
    [
        (COMMUNES, BEFORE, ("H45.32.03", "H45.51")),
        (COMMUNES, AFTER, ("H45.50", "H45.51")),
        (LISTED, BEFORE, ("H45.01", "H45.32", "G77")),
        (LISTED, AFTER, ("H45.01", "H45.50")),
        (BOTH, AFTER, ("H45.01", "H45.51", "H45.50")),
    ],
)
def test_a_group_is_who_it_is_on_the_day(group: Group, on: date, members: tuple[str, ...]) -> None:
    assert directory(group).members(group, on) == members


@pytest.mark.parametrize(
    ("group", "code"),
    [
        (Group(code="xa", name="Xã"), "directory.group-of-nobody"),
        (Group(code="xa", name="Xã", tier=Tier.COMMUNE), "directory.group-of-nobody"),
        (Group(code="xa", name="Xã", members=("H45",), under="H45"), "directory.group-of-nobody"),
        (Group(code="Xã", name="Xã", members=("H45",)), "directory.malformed-id"),
        (Group(code="xa", name="Xã", members=("H77",)), "directory.unknown-reference"),
        (Group(code="xa", name="Xã", tier=Tier.COMMUNE, under="H77"), "directory.unknown-reference"),
    ],
)
def test_an_unsound_group_refuses_the_directory(group: Group, code: str) -> None:
    with pytest.raises(DirectoryRejected) as caught:
        directory(group)
    assert [finding.code for finding in caught.value.findings] == [code]


def test_two_groups_of_one_code_are_refused() -> None:
    with pytest.raises(DirectoryRejected) as caught:
        directory(LISTED, LISTED)
    assert [finding.code for finding in caught.value.findings] == ["directory.repeated"]


def test_groups_are_part_of_the_text_and_of_the_version() -> None:
    bare, full = directory(), directory(COMMUNES, LISTED, BOTH)
    assert from_toml(to_toml(full)) == full
    assert "group" not in to_toml(bare)
    assert len({bare.version, full.version, directory(COMMUNES).version}) == 3


@pytest.mark.parametrize("groups", [(), (COMMUNES,), (LISTED, BOTH)])
def test_changes_carry_groups(groups: tuple[Group, ...]) -> None:
    old, new = directory(COMMUNES, LISTED), directory(*groups)
    assert apply_changes(old, write_changes(old, new)) == new


def test_a_list_of_agencies_keeps_the_groups() -> None:
    text = "code,name,tier\nH45,Tỉnh,province\nH45.01,Sở,department\n"
    kept = Group(code="so", name="Sở", members=("H45.01",))
    assert dict(from_csv(text, groups=(kept,)).groups) == {"so": kept}


def test_a_mistyped_field_of_a_group_is_a_fault() -> None:
    with pytest.raises(DirectoryRejected) as caught:
        from_toml('[[group]]\ncode = "xa"\nname = "Xã"\ntier = "commune"\nbeneath = "H45"\n')
    assert "directory.unknown-field" in [finding.code for finding in caught.value.findings]
