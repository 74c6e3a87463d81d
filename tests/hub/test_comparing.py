"""Agencies, nodes and vendors beside each other: the weakest first, only with enough behind a share (R89, R90)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import from_toml, to_toml
from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.comparing import Asked, Comparison, Group
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import SearchUnusable, Sees
from tests.hub.stand import AGENCIES, HUBS, NODES, HandClock, open_stand
from tests.hub.test_searching import Office

WANTED = Wanted(period=Period(first=date(2026, 3, 2), last=date(2026, 3, 8)), side="reader")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """H90 completes two of three, H90.02 none of two; H90.01 got one and is served by another node."""
    folder = tmp_path_factory.mktemp("hub")
    stand = open_stand(folder, "hub-a", clock=HandClock())
    office = Office(stand, folder)
    for number, recipients in (("1", ("H90", "H90.02")), ("2", ("H90", "H90.02")), ("3", ("H90",))):
        shipment = office.send(number, "V/v so sánh", *recipients)
        office.clock.advance(minutes=10)
        for recipient in recipients:
            office.say("01", shipment, recipient)
            office.say("03", shipment, recipient)
        if number != "3":
            office.say("06", shipment, "H90")
    office.answer("9", "V/v trả lời", "H90.01")
    vendors = {"node-a": "iOffice", "node-a1": "eDoc"}
    nodes = [replace(one, vendor=vendors.get(one.id)) for one in NODES]
    serving = {"H90": "node-a", "H90.02": "node-a", "H90.01": "node-a1"}
    agencies = [replace(one, node=serving.get(one.code, one.node)) for one in AGENCIES]
    directory = Directory.of(agencies, HUBS, nodes)
    assert from_toml(to_toml(directory)).nodes["node-a"].vendor == "iOffice"
    stand.hub.directory.adopt(directory, to_toml(directory), actor="test")
    stand.hub.log.sequence()
    yield office
    stand.close()


def found(office: Office, **asked: object) -> Comparison:
    return office.stand.hub.inquiry.comparing.find(WANTED, Asked(unit=Unit.DAY, **asked), sees=Sees())  # type: ignore[arg-type]


def test_the_weakest_comes_first_and_few_counts_are_left_out(office: Office) -> None:
    assert [row.key for row in found(office).rows] == ["H90", "H90.02", "H90.01"]
    weakest = found(office, sort="completed")
    assert [(row.key, row.shares["completed"]) for row in weakest.rows] == [
        ("H90.02", 0.0),
        ("H90", 2 / 3),
        ("H90.01", None),
    ]
    assert [row.key for row in found(office, sort="completed", least=3).rows] == ["H90"]
    assert [row.key for row in found(office, sort="refused", least=1).rows] == ["H90", "H90.02"]
    rest = found(office, sort="completed", start=1, limit=1)
    assert ([row.key for row in rest.rows], rest.count) == (["H90"], 3)
    with pytest.raises(SearchUnusable):
        found(office, sort="name")


def test_medians_and_the_small_trend_are_of_each_agency(office: Office) -> None:
    first, *_ = found(office, sort="completed").rows
    assert first.hub_median is not None and 540 <= first.hub_median <= 660
    assert first.reader_median is not None
    assert first.trend == (0.0, *(None,) * 6)
    assert found(office, by=Group.LANE).rows[0].hub_median is None


def test_nodes_and_vendors_are_the_sums_of_their_agencies(office: Office) -> None:
    by_node, by_vendor = found(office, by=Group.NODE, sort="completed"), found(office, by=Group.VENDOR)
    assert [(row.key, row.sums["deliveries"]) for row in by_node.rows] == [("node-a", 5), ("node-a1", 1)]
    assert by_node.rows[0].shares["completed"] == 2 / 5
    assert by_node.rows[0].shares["accepted"] == 1.0
    assert [(row.key, row.sums["deliveries"]) for row in by_vendor.rows] == [("iOffice", 5), ("eDoc", 1)]
