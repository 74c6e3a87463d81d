"""The cast: a sound directory in which everybody who is addressed is served, at all four tiers."""

from __future__ import annotations

from datetime import date

from exchange_axis.demo.cast import (
    HUBS,
    NODES,
    ON,
    PEOPLE,
    SAMPLE,
    TOP_HUB,
    clerk_of,
    codes_of,
    directory,
    directory_text,
    node_of,
    nodes_at,
)
from exchange_axis.domain.agency import Tier
from exchange_axis.domain.directory import Standing
from exchange_axis.domain.ids import old_alias

TODAY = date(2026, 11, 22)
CLOSED = {"G14": "G06", "H45.05": "H45.09", "H57.39": "H57.38", "H09": "H29"}


def test_hubs_and_nodes_start_in_an_order_that_names_each_once() -> None:
    assert sorted(HUBS) == sorted(directory().hubs)
    assert sorted(NODES) == sorted(directory().nodes)
    assert len(NODES) <= 10
    assert directory().top_hub == TOP_HUB == HUBS[0]
    assert [node for hub in HUBS for node in nodes_at(hub)] == list(NODES)
    assert {directory().hubs[hub].parent for hub in HUBS[1:]} == {TOP_HUB}


def test_every_open_agency_is_served_by_one_node_of_its_hub() -> None:
    for code, agency in directory().agencies.items():
        assert (agency.node is None) == (code in CLOSED), code
    served = [code for node in NODES for code in codes_of(node)]
    assert len(served) == len(set(served)) == len(directory().agencies) - len(CLOSED)
    for hub in HUBS:
        assert all(directory().hub_of(code) == hub for node in nodes_at(hub) for code in codes_of(node))


def test_the_nodes_stand_at_all_four_tiers() -> None:
    tiers = {directory().agencies[code].tier for node in NODES for code in codes_of(node)}
    assert tiers >= {Tier.CENTRE, Tier.PROVINCE, Tier.DEPARTMENT, Tier.DISTRICT, Tier.COMMUNE}
    assert codes_of("nut-an-ninh-dong") == ("H45.32.03", "H45.32.04")
    assert node_of("G12") == "nut-btc"


def test_closed_agencies_have_an_open_successor_and_nothing_changes_after_the_day_of_the_story() -> None:
    for code, successor in CLOSED.items():
        resolution = directory().resolve(code, TODAY)
        assert resolution.standing is Standing.CLOSED
        assert resolution.receiver is not None
        assert resolution.receiver.code == successor
    for agency in directory().agencies.values():
        assert agency.valid_to is None or agency.valid_to < ON
        assert agency.is_open(ON) == agency.is_open(TODAY)


def test_old_codes_are_given_where_the_groups_fit() -> None:
    for code, agency in directory().agencies.items():
        assert agency.old_code == old_alias(code)
    assert directory().find("000.03.32.H45") is directory().agencies["H45.32.03"]


def test_the_data_says_that_it_is_a_sample() -> None:
    assert directory_text().startswith(f"# {SAMPLE}.")


def test_people_work_at_agencies_of_the_cast() -> None:
    assert {person.agency for person in PEOPLE} <= set(directory().agencies)
    assert clerk_of("H45.31") == "Trần Quốc Bảo"
    assert clerk_of("H49") == "Văn thư mẫu H49"
