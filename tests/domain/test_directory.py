"""Directories: sound or refused with every fault; codes by day, alias, successor and parent link."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.agency import Agency, Hub, NodeEntry, Tier
from exchange_axis.domain.directory import Directory, Standing, UnknownHub
from exchange_axis.domain.directory_check import DirectoryRejected
from exchange_axis.domain.directory_text import from_csv, from_toml, to_toml

DAY = date(2025, 7, 1)
HUBS = (
    Hub(id="top", name="Trục trên"),
    Hub(id="h45", name="Trục H45", parent="top", subtree=("H45",)),
    Hub(id="h49", name="Trục H49", parent="top", subtree=("H49",)),
)
NODES = (NodeEntry(id="nut-1", name="Nút 1", hub="h45"), NodeEntry(id="nut-2", name="Nút 2", hub="top"))


def agency(code: str, **values: object) -> Agency:
    return Agency(**{"code": code, "name": f"Cơ quan {code}", "tier": Tier.COMMUNE, **values})  # type: ignore[arg-type]


SOUND = (
    agency("H45", tier=Tier.PROVINCE, old_code="000.00.00.H45"),
    agency("H45.32", tier=Tier.DISTRICT, parent="H45"),
    agency("H45.32.03", parent="H45.32", node="nut-1"),
    agency("H49", tier=Tier.PROVINCE),
    agency("X.1", parent="H45"),
    agency("H45.99", tier=Tier.ENTERPRISE),
    agency("G06", tier=Tier.CENTRE, node="nut-2"),
    agency("G14", tier=Tier.CENTRE, valid_to=date(2025, 2, 28), successor="G06"),
    agency("G13", tier=Tier.CENTRE, valid_to=date(2025, 1, 31), successor="G14"),
    agency("G77", tier=Tier.CENTRE, valid_to=date(2025, 1, 31)),
    agency("H15.209", valid_from=date(2025, 7, 2)),
)


def sound() -> Directory:
    return Directory.of(SOUND, HUBS, NODES)


def codes_of(refusal: DirectoryRejected) -> list[str]:
    return [finding.code for finding in refusal.findings]


@pytest.mark.parametrize(
    ("code", "standing", "receiver"),
    [
        ("H45.32.03", Standing.OPEN, "H45.32.03"),
        ("000.00.00.H45", Standing.OPEN, "H45"),
        ("000.00.32.H45", Standing.OPEN, "H45.32"),
        ("G14", Standing.CLOSED, "G06"),
        ("G13", Standing.CLOSED, "G06"),
        ("G77", Standing.CLOSED, None),
        ("H15.209", Standing.EARLY, None),
        ("H99", Standing.UNKNOWN, None),
        ("không phải mã", Standing.UNKNOWN, None),
    ],
)
def test_a_code_means_one_thing_on_a_day(code: str, standing: Standing, receiver: str | None) -> None:
    resolution = sound().resolve(code, DAY)
    assert resolution.standing is standing
    assert (resolution.receiver.code if resolution.receiver else None) == receiver


def test_the_last_day_is_still_open() -> None:
    assert sound().resolve("G14", date(2025, 2, 28)).standing is Standing.OPEN
    assert sound().resolve("G14", date(2025, 3, 1)).standing is Standing.CLOSED
    assert sound().resolve("H15.209", date(2025, 7, 2)).standing is Standing.OPEN


def test_the_chain_of_successors_is_told_step_by_step() -> None:
    chain = sound().resolve("G13", DAY).successors
    assert [step.code for step in chain] == ["G14", "G06"]
    on_the_way = sound().resolve("G13", date(2025, 2, 10))
    assert on_the_way.receiver is not None
    assert on_the_way.receiver.code == "G14"


def test_the_directorys_own_alias_comes_before_the_algorithm() -> None:
    records = (agency("H36.DN", old_code="000.00.17.H36"), agency("H36.17"))
    found = Directory.of(records).find("000.00.17.H36")
    assert found is not None
    assert found.code == "H36.DN"


def test_prefixes_place_nobody_only_parent_links_do() -> None:
    directory = sound()
    assert directory.subtree("H45") == ("H45", "H45.32", "H45.32.03", "X.1")
    assert directory.hub_of("X.1") == "h45"
    assert directory.hub_of("H45.99") == "top"
    assert directory.hub_of("H45.32.03") == "h45"
    assert directory.is_under("H45.32.03", "top")
    assert not directory.is_under("H45.32.03", "h49")


def test_an_explicit_hub_comes_before_that_of_the_parent() -> None:
    moved = agency("H45.40", parent="H45", hub="h49")
    below = agency("H45.40.01", parent="H45.40")
    directory = Directory.of((*SOUND, moved, below), HUBS, NODES)
    assert directory.hub_of("H45.40.01") == "h49"


def test_select_takes_open_agencies_of_a_tier() -> None:
    directory = sound()
    assert directory.select(Tier.CENTRE, under=None, on=DAY) == ("G06",)
    assert directory.select(Tier.COMMUNE, under="H45", on=DAY) == ("H45.32.03", "X.1")
    assert directory.local_nodes("h45") == {"H45.32.03": "nut-1"}


def test_an_unlisted_hub_is_named() -> None:
    with pytest.raises(UnknownHub) as caught:
        sound().way_up("h99")
    assert caught.value.code == "directory.hub-not-listed"


FAULTY = [
    ("directory.repeated", (agency("H45"),), ()),
    ("directory.repeated", (agency("H70", old_code="000.00.00.H45"),), ()),
    ("directory.unknown-reference", (agency("H70.01", parent="H70"),), ()),
    ("directory.unknown-reference", (agency("H70", valid_to=DAY, successor="H71"),), ()),
    ("directory.unknown-reference", (agency("H70", hub="h70"),), ()),
    ("directory.unknown-reference", (agency("H70", node="nut-70"),), ()),
    ("directory.node-of-other-hub", (agency("H70", node="nut-1"),), ()),
    ("directory.ring", (agency("A1", parent="A2"), agency("A2", parent="A1")), ()),
    (
        "directory.ring",
        (agency("A1", valid_to=DAY, successor="A2"), agency("A2", valid_to=DAY, successor="A1")),
        (),
    ),
    ("directory.dates", (agency("A1", valid_from=DAY, valid_to=date(2025, 6, 30)),), ()),
    ("directory.successor-of-open", (agency("A1", successor="H45"),), ()),
    ("agency.malformed-code", (agency("h45"),), ()),
    ("directory.malformed-id", (), (Hub(id="Trục", name="x", parent="top"),)),
    ("directory.hub-tree", (), (Hub(id="top2", name="x"),)),
    ("directory.unknown-reference", (), (Hub(id="h1", name="x", parent="nowhere"),)),
    ("directory.unknown-reference", (), (Hub(id="h1", name="x", parent="top", subtree=("H70",)),)),
    ("directory.contradictory-hub", (), (Hub(id="h1", name="x", parent="top", subtree=("H49",)),)),
]


@pytest.mark.parametrize(("code", "agencies", "hubs"), FAULTY)
def test_an_unsound_list_is_refused_for_its_reason(
    code: str, agencies: tuple[Agency, ...], hubs: tuple[Hub, ...]
) -> None:
    with pytest.raises(DirectoryRejected) as caught:
        Directory.of((*SOUND, *agencies), (*HUBS, *hubs), NODES)
    assert set(codes_of(caught.value)) == {code}


@pytest.mark.parametrize("field", ["parent", "successor"])
def test_a_ring_is_told_once_however_many_lead_into_it(field: str) -> None:
    records = [
        agency(code, valid_to=DAY, **{field: follow})
        for code, follow in (("A1", "A2"), ("A2", "A3"), ("A3", "A2"), ("A4", "A1"))
    ]
    with pytest.raises(DirectoryRejected) as caught:
        Directory.of(records)
    assert codes_of(caught.value) == ["directory.ring"]


def test_a_ring_of_hubs_is_refused() -> None:
    ring = (Hub(id="h1", name="x", parent="h2"), Hub(id="h2", name="x", parent="h1"))
    with pytest.raises(DirectoryRejected) as caught:
        Directory.of(SOUND, (*HUBS, *ring), NODES)
    assert codes_of(caught.value) == ["directory.ring", "directory.ring"]


def test_toml_reads_back_into_an_equal_directory() -> None:
    directory = sound()
    again = from_toml(to_toml(directory))
    assert again.version == directory.version
    assert again.agencies == directory.agencies
    assert again.hubs == directory.hubs
    assert again.nodes == directory.nodes


def test_the_version_follows_content_not_order() -> None:
    backwards = Directory.of(tuple(reversed(SOUND)), tuple(reversed(HUBS)), NODES)
    assert backwards.version == sound().version
    renamed = (agency("H45", name="Tên khác", tier=Tier.PROVINCE, old_code="000.00.00.H45"), *SOUND[1:])
    assert Directory.of(renamed, HUBS, NODES).version != sound().version


@given(name=st.text(min_size=1).filter(lambda text: text == text.strip() and text.isprintable()))
def test_any_name_survives_toml(name: str) -> None:
    directory = Directory.of((agency("H45", name=name),))
    assert from_toml(to_toml(directory)).agencies["H45"].name == name


def test_csv_reads_agencies_of_a_directory() -> None:
    text = (
        "\ufeffcode;name;tier;parent;node;valid_from;valid_to;successor;certificates;head_name;head_title\r\n"
        f"H45;UBND tỉnh Phú Yên;province;;;2020-09-15;;;{'AB' * 32};Người Mẫu;Chủ tịch\r\n"
        "000.00.32.H45;UBND huyện Tuy An;district;H45;nut-1;;;;;;\r\n"
        "\r\n"
        "H49;UBND tỉnh Quảng Ninh;province;;;;2025-06-30;H45;;;\r\n"
    )
    directory = from_csv(text, HUBS, NODES)
    assert set(directory.agencies) == {"H45", "H45.32", "H49"}
    assert directory.agencies["H45"].certificates == ("ab" * 32,)
    assert directory.agencies["H45"].valid_from == date(2020, 9, 15)
    assert (directory.agencies["H45"].head_name, directory.agencies["H45"].head_title) == ("Người Mẫu", "Chủ tịch")
    assert from_toml(to_toml(directory)).agencies == directory.agencies
    assert directory.hub_of("H45.32") == "h45"
    assert directory.resolve("H49", DAY).successors == (directory.agencies["H45"],)


def test_a_fault_between_rows_names_its_line_too() -> None:
    with pytest.raises(DirectoryRejected) as caught:
        from_csv("code,name,tier,parent\nH45,UBND tỉnh,province,\nH46.01,Sở,department,H46\n")
    assert [(finding.line, finding.code) for finding in caught.value.findings] == [(3, "directory.unknown-reference")]


def test_csv_lists_the_faults_of_all_rows_with_their_lines() -> None:
    text = (
        "code,name,tier,parent,valid_to,serial,colour\n"
        "H45,UBND tỉnh,province,,,,\n"
        "h 45,,province,,,,\n"
        "H45.01,Sở,office,H46,2025-02-30,zero,\n"
        "H45,UBND tỉnh,province,,20250630,,\n"
        "H45.02,Sở,department,H45,,,,,\n"
    )
    with pytest.raises(DirectoryRejected) as caught:
        from_csv(text)
    found = {(finding.line, finding.code) for finding in caught.value.findings}
    assert found == {
        (1, "directory.unknown-field"),
        (3, "agency.malformed-code"),
        (3, "directory.missing-field"),
        (4, "directory.bad-value"),
        (4, "directory.unknown-reference"),
        (5, "directory.bad-value"),
        (5, "directory.repeated"),
        (6, "directory.bad-value"),
    }
    assert sum(finding.line == 4 and finding.code == "directory.bad-value" for finding in caught.value.findings) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[agency", "directory.unreadable"),
        ("agency = 3", "directory.unreadable"),
        ("[[office]]\nid = 'x'", "directory.unknown-field"),
        ("[[agency]]\ncode = 'H45'\nname = 'x'\ntier = 'province'\nsucessor = 'H15'", "directory.unknown-field"),
        ("[[agency]]\ncode = 'H45'\ntier = 'province'", "directory.missing-field"),
        ("[[agency]]\ncode = 45\nname = 'x'\ntier = 'province'", "directory.bad-value"),
        ("[[agency]]\ncode = 'H45'\nname = 'x'\ntier = 'province'\nvalid_to = '1/7'", "directory.bad-value"),
        ("[[agency]]\ncode = 'H45'\nname = 'x'\ntier = 'province'\ncertificates = ['zz']", "directory.bad-value"),
    ],
)
def test_faulty_toml_is_refused_for_its_reason(text: str, code: str) -> None:
    with pytest.raises(DirectoryRejected) as caught:
        from_toml(text)
    assert codes_of(caught.value) == [code]
    assert caught.value.findings[0].vi


def test_a_csv_with_a_broken_quote_is_refused() -> None:
    with pytest.raises(DirectoryRejected) as caught:
        from_csv('code,name,tier\nH45,"UBND" tỉnh,province\n')
    assert codes_of(caught.value) == ["directory.unreadable"]
