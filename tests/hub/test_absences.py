"""How long nodes were away (I13): noted as it happens, not while the hub itself is down, summed over a period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemRng
from config.wiring_hub import open_hub
from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.indicators import Away, Wanted
from exchange_axis.hub.searching import Sees
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand, reopen
from tests.hub.timed import moment

pytestmark = pytest.mark.on_postgresql(
    "test_only_nodes_of_the_agencies_that_are_asked_for_or_may_be_seen",
    "test_a_second_process_neither_ends_nor_doubles_what_the_first_saw",
)

WEEK = Wanted(period=Period(first=date(2026, 3, 2), last=date(2026, 3, 8)))


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    clock = HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))
    found = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield found
    found.close()


def visit(stand: Stand, peer: Peer) -> None:
    with stand.hub.presence.here(peer.row.id):
        pass
    look(stand)


def look(stand: Stand, **later: float) -> None:
    stand.clock.advance(**(later or {"seconds": 6}))
    stand.hub.housekeeping()


def stay(stand: Stand, minutes: int) -> None:
    """The hub looks once a minute, and nobody else does anything."""
    for _ in range(minutes):
        look(stand, minutes=1)


def away(stand: Stand, wanted: Wanted = WEEK, **sees: object) -> Away:
    return stand.hub.inquiry.indicators.away(wanted, Unit.DAY, sees=Sees(**sees))  # type: ignore[arg-type]


def offline(stand: Stand, wanted: Wanted = WEEK, **sees: object) -> float | None:
    board = stand.hub.inquiry.indicators.board(wanted, sees=Sees(**sees))  # type: ignore[arg-type]
    return next(one.value for one in board.numbers if one.code == "I13d")


def test_from_last_heard_to_heard_again_and_only_what_is_long_enough(stand: Stand) -> None:
    node, other = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90"])
    visit(stand, node)
    last = stand.clock.now() - timedelta(seconds=6)
    for _ in range(10):
        visit(stand, other)
        stay(stand, 1)
    visit(stand, node)
    back = stand.clock.now() - timedelta(seconds=6)
    visit(stand, other)
    (found,) = away(stand).nodes
    ((since, until),) = [(one.since, one.until) for one in found.gaps]
    assert (found.node, since, until, found.gaps[0].lasts) == ("node-a1", last, back, False)
    assert found.seconds == (back - last).total_seconds() == offline(stand)
    stay(stand, 1)  # a minute is nothing
    visit(stand, node)
    assert away(stand).seconds == found.seconds


def test_what_lasts_counts_up_to_now_and_is_cut_to_the_days_asked_for(stand: Stand) -> None:
    node = enrol(stand, "node-a1", ["H90.01"])
    stand.clock.at = moment("2026-03-02 23:00").astimezone(UTC)
    visit(stand, node)
    stay(stand, 120)
    (found,) = away(stand).nodes
    assert found.gaps[-1].lasts and found.gaps[-1].until == away(stand).at
    days = {period.first: seconds for period, seconds in away(stand).trend}
    assert days[date(2026, 3, 2)] == pytest.approx(3600, abs=1)
    assert days[date(2026, 3, 3)] == pytest.approx(3606, abs=1) and days[date(2026, 3, 4)] == 0
    second = Wanted(period=Period(first=date(2026, 3, 3), last=date(2026, 3, 3)))
    assert offline(stand, second) == days[date(2026, 3, 3)]


def test_only_nodes_of_the_agencies_that_are_asked_for_or_may_be_seen(stand: Stand) -> None:
    enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    stay(stand, 9)
    assert {one.node for one in away(stand).nodes} == {"node-a", "node-a1"}
    one = Wanted(period=WEEK.period, agency="H90.01")
    assert [found.node for found in away(stand, one).nodes] == ["node-a1"]
    assert [found.node for found in away(stand, territories=("H90.01",)).nodes] == ["node-a1"]
    assert away(stand, since=date(2026, 3, 3)).nodes == () and offline(stand, territories=("G90",)) == 0
    assert offline(stand, Wanted(period=WEEK.period, lane="khan")) is None, "a node is away for every lane"


def test_the_hubs_own_rest_is_nobodys_absence(stand: Stand) -> None:
    node = enrol(stand, "node-a1", ["H90.01"])
    visit(stand, node)
    stay(stand, 10)
    before = away(stand).seconds
    assert before > 0
    stand.clock.advance(hours=5)
    again = reopen(stand)
    try:
        look(again)
        assert away(again).seconds == pytest.approx(before, abs=61)
        stay(again, 10)
        assert before + 600 <= away(again).seconds <= before + 680, "still away, from the restart on"
        visit(again, node)
        total = away(again).seconds
        stay(again, 1)
        assert away(again).seconds == total
        assert len(away(again).nodes[0].gaps) == 2
    finally:
        again.close()


def test_a_second_process_neither_ends_nor_doubles_what_the_first_saw(stand: Stand) -> None:
    node = enrol(stand, "node-a1", ["H90.01"])
    visit(stand, node)
    stay(stand, 10)
    second = open_hub(stand.places, clock=stand.clock, rng=SystemRng())
    other = Stand(hub=second, places=stand.places, clock=stand.clock)
    try:
        look(other)
        assert len(away(stand).nodes[0].gaps) == 1 and away(stand).nodes[0].gaps[0].lasts
        stay(other, 4)
        stay(stand, 1)
        assert len(away(stand).nodes[0].gaps) == 1 and away(stand).nodes[0].gaps[0].lasts
    finally:
        other.hub.close()
