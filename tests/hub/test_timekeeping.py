"""A hub whose clock is wrong issues no evidence, loses nothing, and recovers by itself. The clock is moved by hand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exchange_axis.hub.stamping import Stamping
from exchange_axis.hub.time_watch import TimeWatch
from exchange_axis.hub.timekeeping import ClockDrifting
from exchange_axis.ports import TimestampsUnreachable
from signing.timestamp_errors import TimestampRejected
from signing.timestamp_service import answer_request
from signing.timestamps import accept_answer, make_request
from tests.hub.stand import HandClock, Stand, enrol, make_letter, open_stand

_NO_TIME = timedelta()


@dataclass
class SteadyClock(HandClock):
    """Its steady clock is moved apart from the one that people set."""

    steady: float = 0.0

    def monotonic(self) -> float:
        return self.steady

    def advance(self, **parts: float) -> None:
        super().advance(**parts)
        self.steady += timedelta(**parts).total_seconds()

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def stand(tmp_path: Path, clock: SteadyClock) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock)
    yield stand
    stand.hub.close()


def _told(stand: Stand, theirs: datetime) -> None:
    guard = stand.hub.world.guard
    guard.observe("tsa", theirs, began=stand.clock.monotonic(), accuracy=_NO_TIME)


def test_submissions_are_refused_while_the_clock_is_wrong_and_taken_again_when_it_is_right(
    stand: Stand, clock: SteadyClock, tmp_path: Path
) -> None:
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    _told(stand, clock.now())
    clock.jump(6)
    letter = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    with pytest.raises(ClockDrifting) as refused:
        stand.hub.intake.submit(sender.row, letter)
    assert (refused.value.code, refused.value.facts["offset"]) == ("clock.drift", "+6.0")
    assert stand.hub.dispatch.lease("node-a", 1) == ()
    clock.jump(-6)
    (document,) = stand.hub.intake.submit(sender.row, letter).documents
    assert document.kind == "evidence"
    assert len(stand.hub.dispatch.lease("node-a", 1)) == 1


@pytest.mark.parametrize(("jump", "right"), [(5, True), (-5, True), (6, False), (-6, False)])
def test_five_seconds_are_allowed(stand: Stand, clock: SteadyClock, jump: float, right: bool) -> None:
    _told(stand, clock.now())
    clock.jump(jump)
    assert stand.hub.world.guard.verdict().right is right


def test_a_wrong_clock_does_not_end_deliveries(stand: Stand, clock: SteadyClock, tmp_path: Path) -> None:
    """A clock that jumps a year ahead would let every letter expire."""
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    _told(stand, clock.now())
    clock.jump(365 * 86_400)
    stand.hub.housekeeping()
    assert [state for _, state, _ in stand.hub.dispatch.queues()] == ["queued"]
    clock.jump(-365 * 86_400)
    clock.advance(days=20)
    _told(stand, clock.now())
    stand.hub.housekeeping()
    assert [state for _, state, _ in stand.hub.dispatch.queues()] != ["queued"]


class _Outside:
    """A service whose clock the test sets, with the hub's key."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.ahead = _NO_TIME
        self.away = False

    @property
    def name(self) -> str:
        return "outside"

    async def answer(self, request: bytes) -> bytes:
        if self.away:
            raise TimestampsUnreachable(url="outside", reason="away")
        service = self._stand.hub.time_stamping._service
        assert service is not None
        return answer_request(request, service, serial=1, at=self._stand.clock.now() + self.ahead)


def _watch(stand: Stand) -> tuple[TimeWatch, _Outside]:
    world, outside = stand.hub.world, _Outside(stand)
    loop = Stamping(world, stand.hub.stamps, outside, anchors=world.anchors, guard=world.guard)
    return TimeWatch(world.guard, {"time-stamps": loop.look}), outside


def _asked(watch: TimeWatch) -> int:
    return asyncio.run(watch.round())


def test_a_time_stamping_service_tells_the_time(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "axis.time")
    watch, outside = _watch(stand)
    assert _asked(watch) == 1
    assert stand.hub.world.guard.verdict().source == "outside"
    assert stand.hub.world.guard.verdict().right
    outside.ahead = timedelta(seconds=-60)
    _asked(watch)
    assert not stand.hub.world.guard.verdict().right
    outside.ahead = _NO_TIME
    _asked(watch)
    assert stand.hub.world.guard.verdict().right
    told = [one.getMessage() for one in caplog.records if one.getMessage().startswith("time.observed source=outside")]
    assert [line.split()[2] for line in told] == ["offset=+0.000", "offset=+60.000", "offset=+0.000"]


def test_a_source_that_is_away_or_cannot_be_believed_says_nothing(stand: Stand, tmp_path: Path) -> None:
    watch, outside = _watch(stand)
    outside.away, outside.ahead = True, timedelta(days=1)
    assert _asked(watch) == 0
    assert stand.hub.world.guard.verdict().right
    other = open_stand(tmp_path / "other", "hub-b", clock=HandClock())
    other.hub.close()
    foreign, stranger = _watch(stand)
    stranger._stand = other
    stranger.ahead = timedelta(days=1)
    assert _asked(foreign) == 0
    assert stand.hub.world.guard.verdict().right


def test_a_slow_answer_is_held_against_nobody(stand: Stand, clock: SteadyClock) -> None:
    """Ten seconds on the way: the service's word may be off by five."""
    began = clock.monotonic()
    theirs = clock.now()
    clock.advance(seconds=10)
    guard = stand.hub.world.guard
    guard.observe("tsa", theirs, began=began, accuracy=timedelta(seconds=1))
    assert guard.verdict().right
    clock.jump(7)
    assert not guard.verdict().right


def test_the_hubs_own_service_stamps_nothing_with_a_wrong_clock(stand: Stand, clock: SteadyClock) -> None:
    request = make_request(b"x", nonce=1)
    assert accept_answer(stand.hub.time_stamping.stamp(request.der()), request).at == clock.now()
    _told(stand, clock.now())
    clock.jump(60)
    answer = stand.hub.time_stamping.stamp(request.der())
    with pytest.raises(TimestampRejected) as refused:
        accept_answer(answer, request)
    assert refused.value.facts["failure"] == "time_not_available"
