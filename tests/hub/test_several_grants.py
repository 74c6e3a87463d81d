"""An auditor with several grants sees what any of them shows: each its territory in its period, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from exchange_axis.domain.periods import Period, Unit
from exchange_axis.errors import NotFound
from exchange_axis.hub.access import ReasonMissing
from exchange_axis.hub.deadlines import Question
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import Sees
from exchange_axis.store.hub.trail_sums import By
from exchange_axis.web.console.asker import sees_of
from tests.hub.stand import HandClock, make_letter, open_stand
from tests.hub.test_indicators import numbers
from tests.hub.test_searching import Office

MONDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 4)
WANTED = Wanted(period=Period(first=date(2026, 3, 1), last=date(2026, 3, 31)))
OF_A2, OF_A1 = Sees(territories=("H90.02",), until=MONDAY), Sees(territories=("H90.01",), since=WEDNESDAY)
BOTH = replace(OF_A2, more=(OF_A1,))


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """Two letters on Monday and two on Wednesday: one of each day is in a grant, and no grant has the other."""
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    office = Office(stand, tmp_path)
    office.send("1", "V/v đê", "H90", "H90.02")
    office.send("2", "V/v đê", "H90")
    office.clock.advance(days=2)
    office.send("3", "V/v đê", "H90")
    own = make_letter(tmp_path, office.receiver, "H90", ("H90.02",), clock=stand.clock, number="4", subject="V/v đê")
    stand.hub.intake.submit(office.receiver.row, own)
    stand.hub.log.sequence()
    yield office
    stand.close()


def test_grants_that_differ_in_territory_and_period_add_up(office: Office) -> None:
    inquiry, hub = office.stand.hub.inquiry, office.stand.hub
    for query in ({}, {"words": "đê"}, {"agency": "H90.01"}):
        assert office.titles(sees=BOTH, **query) == ["3/BC-UBND", "1/BC-UBND"], query
    every = {line.title: line.consignment_id for line in office.lines()}
    assert len(every) == 4
    (seen,) = inquiry.viewing.letter(every["1/BC-UBND"], sees=BOTH)
    assert [one.recipient for one in seen.history.deliveries] == ["H90.02"]  # as the first grant alone shows it
    packed = inquiry.viewing.dossier(every["3/BC-UBND"], sees=BOTH, actor="Thanh tra", reason="Kiểm tra định kỳ")
    packed.path.unlink()
    for title in ("2/BC-UBND", "4/BC-UBND"):
        with pytest.raises(NotFound):
            inquiry.viewing.letter(every[title], sees=BOTH)
        with pytest.raises((NotFound, ReasonMissing)):
            inquiry.viewing.dossier(every[title], sees=BOTH, actor="Thanh tra", reason="Kiểm tra định kỳ")
    office.clock.advance(days=90)
    seen_late = hub.deadlines.overdue_within(Question(), inquiry.searching.scope(BOTH)).lines
    assert {one.deadline.consignment_id for one in seen_late} == {every["1/BC-UBND"], every["3/BC-UBND"]}
    of_another = hub.deadlines.overdue_within(Question(agency="H90"), inquiry.searching.scope(OF_A2))
    assert of_another.lines == ()  # whoever is asked for, only what is seen


def test_numbers_and_lists_of_several_grants_are_their_sum(office: Office) -> None:
    indicators = office.stand.hub.inquiry.indicators
    for side in ("sender", "reader"):
        wide = replace(WANTED, side=side)
        narrow = replace(wide, lane="thuong"), replace(wide, doc_type="bao cao"), replace(wide, tier="commune")
        for wanted in (wide, *narrow):
            found = numbers(indicators.board(wanted, sees=BOTH))
            apart = [numbers(indicators.board(wanted, sees=one))["I2"].value or 0 for one in (OF_A2, OF_A1)]
            assert found["I2"].value == sum(apart), wanted
            listed = indicators.behind(wanted, "deliveries", sees=BOTH).lines
            assert len(listed) == found["I2"].value
            for rows in (indicators.trend(wanted, Unit.DAY, sees=BOTH), indicators.table(wanted, By.AGENCY, sees=BOTH)):
                assert sum(row.sums["deliveries"] for row in rows) == found["I2"].value
    assert len(indicators.behind(replace(WANTED, side="sender"), "deliveries", sees=BOTH).lines) == 1
    assert len(indicators.behind(replace(WANTED, side="reader"), "deliveries", sees=BOTH).lines) == 1


def test_a_person_with_such_grants_is_given_both() -> None:
    class Grant:
        def __init__(self, *codes: str, since: date | None = None, until: date | None = None) -> None:
            self.codes, self.letters_since, self.letters_until = codes, since, until

    with pytest.raises(ValueError, match="grant"):
        sees_of([])
    assert sees_of([Grant("H90"), Grant()]) == Sees()
    assert sees_of([Grant("H91"), Grant("H90")]) == Sees(territories=("H90", "H91"))
    assert sees_of([Grant("H90.02", until=MONDAY), Grant("H90.01", since=WEDNESDAY)]) == BOTH
    assert sees_of([Grant("H90", until=MONDAY), Grant(until=MONDAY)]) == Sees(until=MONDAY)
