"""Indicators on both databases: each number is its list, and the sums of days are what the rows say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.indicator_words import DEFINITIONS
from exchange_axis.hub.indicators import Board, Number, Wanted, percentile
from exchange_axis.hub.searching import Sees
from exchange_axis.store import Connection
from exchange_axis.store.hub import trail_search, trail_sums, trails
from exchange_axis.store.hub.trail_counters import WEIGHED
from exchange_axis.store.hub.trail_search import Part, Scope, Side
from exchange_axis.store.hub.trail_sums import By, Span
from exchange_axis.store.hub.trail_tables import COUNTED
from exchange_axis.store.hub.trail_times import PARTS
from tests.hub.stand import HandClock, open_stand
from tests.hub.test_searching import EVERYTHING, PDF, Office

MARCH = Period(first=date(2026, 3, 1), last=date(2026, 3, 31))
WANTED = Wanted(period=MARCH)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield Office(stand, tmp_path)
    stand.close()


def traffic(office: Office) -> None:
    """Some letters with different fates over three days, made by a seed."""
    rng, looks = random.Random(57), random.Random(58)
    for number in range(1, 9):
        to = rng.choice([("H90",), ("H90", "H90.02"), ("H90.02",), ("H90.03",)])
        lane = rng.choice([Lane.THUONG, Lane.THUONG, Lane.KHAN, Lane.HOA_TOC])
        kind = rng.choice(["Công văn", "Báo cáo"])
        files = {"a.pdf": PDF} if number % 2 else None
        shipment = office.send(str(number), "V/v đếm", *to, lane=lane, type_name=kind, files=files)
        for code in dict.fromkeys("H90.02" if one == "H90.03" else one for one in to):
            office.clock.advance(minutes=rng.choice([1, 5, 40]))
            for status in rng.choice([(), ("01",), ("01", "02"), ("01", "03"), ("01", "03", "06")]):
                office.say(status, shipment, code, "LD04: thiếu phụ lục" if status == "02" else "")
                office.clock.advance(minutes=rng.choice([3, 50]))
                if looks.random() < 0.5:  # so that rows are counted, and counted again when more is known
                    office.stand.hub.log.sequence()
                    office.stand.hub.inquiry.trailing.follow()
        office.clock.advance(hours=rng.choice([1, 9]))
    office.stand.hub.log.sequence()


def board(office: Office, wanted: Wanted = WANTED, sees: Sees = EVERYTHING) -> Board:
    return office.stand.hub.inquiry.indicators.board(wanted, sees=sees)


def numbers(found: Board) -> dict[str, Number]:
    return {one.code: one for one in found.numbers}


def test_a_small_day_counted_by_hand(office: Office) -> None:
    first = office.send("1", "V/v một", "H90", "H90.02", files={"a.pdf": PDF})
    office.send("2", "V/v hai", "H90.03")
    office.clock.advance(minutes=2)
    office.say("01", first)
    office.clock.advance(minutes=1)
    office.say("02", first, "H90", "LD01: gửi nhầm")
    office.stand.hub.log.sequence()
    found = board(office)
    value = {code: one.value for code, one in numbers(found).items()}
    assert (value["I1"], value["I2"], value["I3"]) == (2, 3, 1.5)
    assert (value["I7"], value["I9a"], value["I11"], value["I16"]) == (1.0, 0.0, 1, 1)
    assert found.reasons == {"LD01": 1}
    assert value["I10a"] == pytest.approx(120, rel=0.03)
    assert value["I10c"] == pytest.approx(60, rel=0.03)
    assert value["I13a"] == 0
    office.clock.advance(hours=1)
    assert numbers(board(office))["I13a"].value == 2  # two wait
    office.clock.advance(days=2)
    assert numbers(board(office))["I13b"].value == 2
    (waiting, other) = office.stand.hub.inquiry.indicators.behind(WANTED, "waiting:1440", sees=EVERYTHING).lines
    assert {waiting.final_recipient, other.final_recipient} == {"H90.02"}


def test_each_number_is_as_many_deliveries_as_its_list_has(office: Office) -> None:
    traffic(office)
    indicators = office.stand.hub.inquiry.indicators
    for wanted in (WANTED, replace(WANTED, side="reader", agency="H90.02"), replace(WANTED, doc_type="bao cao")):
        for one in indicators.board(wanted, sees=EVERYTHING).numbers:
            if not one.counted:
                continue
            seen, after = [], None
            while True:
                page = indicators.behind(wanted, one.counted, sees=EVERYTHING, after=after, limit=2)
                seen += [line.delivery for line in page.lines]
                after = page.next
                if after is None:
                    break
            assert (len(seen), len(set(seen))) == (one.over, one.over), (wanted, one.code)


def test_the_sums_of_days_are_what_the_rows_say_and_survive_being_counted_anew(office: Office) -> None:
    traffic(office)
    office.stand.hub.inquiry.trailing.follow()
    spans = [
        Span(first_day=0, last_day=99_999, side=side, **narrow)
        for side in (Side.SENDER, Side.READER)
        for narrow in (
            {},
            {"lane": "thuong"},
            {"doc_type": "bao cao", "tier": "commune"},
            {"codes": frozenset({"H90.02", "H90.01"})},
            {"codes": frozenset({"H90.02", "H90.01"}), "lane": "thuong"},
            {"scope": Scope(parts=(Part(codes=frozenset({"H90.02"})), Part(last_day=20_515)), side=side)},
        )
    ]

    def everything(*, from_rows: bool) -> list[object]:
        def work(connection: Connection) -> list[object]:
            sums = [trail_sums.sums(connection, span, by, from_rows=from_rows) for span in spans for by in By]
            asked = [(span, what) for span in spans for what in PARTS]
            return [*sums, *(trail_sums.times(connection, span, what, from_rows=from_rows) for span, what in asked)]

        return office.stand.hub.world.transactions.read(work)

    kept = everything(from_rows=False)
    assert kept == everything(from_rows=True)
    assert sum(map(bool, kept[-2 * len(spans) :])) > len(spans)  # of most spans some deliveries took their time
    office.stand.hub.world.transactions.run(trails.recount)
    assert everything(from_rows=False) == kept
    office.stand.hub.inquiry.trailing.rebuild()
    assert everything(from_rows=False) == kept


def test_every_sum_has_its_condition_and_every_definition_its_sum(office: Office) -> None:
    traffic(office)
    office.stand.hub.inquiry.trailing.follow()
    span = Span(first_day=0, last_day=99_999)

    def work(connection: object) -> dict[str, tuple[int, int]]:
        sums = trail_sums.sums(connection, span, By.NOTHING)[""]  # type: ignore[arg-type]
        return {
            name: (sums[name], trail_search.count(connection, span.asked(counted=name)))  # type: ignore[arg-type]
            for name in COUNTED
            if name not in WEIGHED
        }

    found = office.stand.hub.world.transactions.read(work)
    assert all(number == listed for number, listed in found.values()), found
    assert {one.over for one in DEFINITIONS} | {one.under for one in DEFINITIONS} <= {*COUNTED, ""}
    assert len({one.code for one in DEFINITIONS}) == len(DEFINITIONS)
    assert {f"I{number}" for number in range(1, 19)} == {one.code.rstrip("abcde") for one in DEFINITIONS}


def test_a_territory_has_the_numbers_of_its_own_agencies(office: Office) -> None:
    traffic(office)
    everyone, a1 = board(office), board(office, sees=Sees(territories=("H90.01",)))
    assert [one.over for one in everyone.numbers] == [one.over for one in a1.numbers]  # it sent all of them
    a2 = Sees(territories=("H90.02",))
    assert numbers(board(office, sees=a2))["I2"].value == 0
    received = numbers(board(office, replace(WANTED, side="reader"), a2))["I2"].value
    assert received == numbers(board(office, replace(WANTED, side="reader", agency="H90.02")))["I2"].value
    assert received and received < (numbers(everyone)["I2"].value or 0)
    outside = replace(WANTED, side="reader", agency="H90")
    assert numbers(board(office, outside, a2))["I2"].value == 0
    assert office.stand.hub.inquiry.indicators.behind(outside, "deliveries", sees=a2).lines == ()


def test_trend_and_tables_add_up(office: Office) -> None:
    traffic(office)
    indicators, whole = office.stand.hub.inquiry.indicators, numbers(board(office))["I2"].value
    for unit in Unit:
        assert sum(row.sums["deliveries"] for row in indicators.trend(WANTED, unit, sees=EVERYTHING)) == whole
    for by in (By.TIER, By.LANE, By.DOC_TYPE, By.AGENCY):
        assert sum(row.sums["deliveries"] for row in indicators.table(WANTED, by, sees=EVERYTHING)) == whole


def test_percentiles_are_of_all_that_was_measured() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({0: 1}, 0.95) == 1.0
    assert percentile({0: 50, 100: 50}, 0.5) == 1.0
    assert percentile({0: 50, 100: 50}, 0.95) == pytest.approx(1.05**100)
