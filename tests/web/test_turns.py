"""Turns by lane, and the one look that serves every poll."""

from __future__ import annotations

import asyncio

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.feeds import News
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.web.hub_api import turns as module
from exchange_axis.web.hub_api.turns import Turns
from exchange_axis.web.hub_api.watch import Watch

QUIET = News(mail=frozenset(), heads={})


def test_who_waits_is_called_by_lane_and_in_fair_turn() -> None:
    called: list[tuple[str, str]] = []

    async def take(turns: Turns, lane: Lane, sender: str) -> None:
        async with turns.turn(lane, sender):
            called.append((lane.value, sender))
            await asyncio.sleep(0)

    async def story() -> None:
        turns = Turns(1)
        async with turns.turn(Lane.THUONG, "first"):
            waiting = [
                asyncio.create_task(take(turns, lane, sender))
                for lane, sender in (
                    (Lane.THUONG, "a"),
                    (Lane.THUONG, "a"),
                    (Lane.THUONG, "b"),
                    (Lane.KHAN, "a"),
                    (Lane.HOA_TOC, "c"),
                )
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)

    asyncio.run(story())
    assert called[0] == ("hoa-toc", "c")
    assert called.index(("khan", "a")) < called.index(("thuong", "b"))
    assert [sender for lane, sender in called if lane == "thuong"] == ["a", "b", "a"]


def test_a_turn_given_up_goes_to_the_next_and_no_slot_is_lost() -> None:
    async def story() -> None:
        turns = Turns(2)
        for _ in range(3):
            async with turns.turn(Lane.KHAN, "x"), turns.turn(Lane.KHAN, "x"):
                waiting = [asyncio.create_task(hold(turns)) for _ in range(4)]
                await asyncio.sleep(0)
                waiting[0].cancel()
                waiting[1].cancel()
            waiting[2].cancel()  # called and cancelled in the same moment
            await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(1), turns.turn(Lane.KHAN, "x"), turns.turn(Lane.KHAN, "x"):
            pass

    async def hold(turns: Turns) -> None:
        async with turns.turn(Lane.KHAN, "x"):
            await asyncio.sleep(0)

    asyncio.run(story())


def test_bulk_steps_aside_while_something_urgent_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        turns = Turns(1)
        await asyncio.wait_for(turns.step_aside(Lane.THUONG), 5)
        async with turns.turn(Lane.THUONG, "a"):
            urgent = asyncio.create_task(take_and_release(turns))
            await asyncio.sleep(0)
            await asyncio.wait_for(turns.step_aside(Lane.HOA_TOC), 5)
            bulk = asyncio.create_task(turns.step_aside(Lane.THUONG))
            await asyncio.sleep(0.02)
            assert not bulk.done()
        await asyncio.wait_for(bulk, 5)
        await urgent
        monkeypatch.setattr(module, "PATIENCE", 0.02)
        async with turns.turn(Lane.THUONG, "a"):
            urgent = asyncio.create_task(take_and_release(turns))
            await asyncio.sleep(0)
            await asyncio.wait_for(turns.step_aside(Lane.THUONG), 5)  # slowed, never stopped
        await urgent

    async def take_and_release(turns: Turns) -> None:
        async with turns.turn(Lane.HOA_TOC, "b"):
            pass

    asyncio.run(story())


class Looks:
    """What each look finds, the last one for ever; and how many there were."""

    def __init__(self, *found: News | Exception) -> None:
        self.found = list(found)
        self.count = 0

    async def __call__(self) -> News:
        self.count += 1
        news = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(news, Exception):
            raise news
        return news


async def watching(watch: Watch, *polls: asyncio.Task[bool]) -> list[bool]:
    task = asyncio.create_task(watch.run())
    try:
        return await asyncio.wait_for(asyncio.gather(*polls), 2)
    finally:
        watch.close()
        await task


def test_one_look_wakes_those_it_concerns() -> None:
    async def story() -> None:
        looks = Looks(QUIET, News(mail=frozenset({"a"}), heads={"b": 5, "c": 5}))
        watch = Watch(looks, every=0.05)
        polls = [
            asyncio.create_task(poll)
            for poll in (watch.mail("a", 1), watch.mail("b", 0.3), watch.feed("b", 4, 1), watch.feed("c", 5, 0.3))
        ]
        assert await watching(watch, *polls) == [True, False, True, False]

    asyncio.run(story())


def test_without_polls_nobody_looks_and_many_polls_share_a_look() -> None:
    async def story() -> None:
        looks = Looks(QUIET)
        watch = Watch(looks, every=0.01)
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(0.1)
        assert looks.count == 0
        await asyncio.gather(*(watch.mail(f"peer-{number}", 0.2) for number in range(500)))
        assert looks.count < 20
        watch.close()
        await task

    asyncio.run(story())


def test_a_look_that_fails_is_made_again() -> None:
    async def story() -> None:
        looks = Looks(StoreUnavailable(reason="busy"), RuntimeError("odd"), News(mail=frozenset({"a"}), heads={}))
        watch = Watch(looks, every=0.02)
        assert await watching(watch, asyncio.create_task(watch.mail("a", 1))) == [True]

    asyncio.run(story())


def test_closing_sends_polls_home_and_takes_no_new_ones() -> None:
    async def story() -> None:
        watch = Watch(Looks(QUIET), every=10)
        task = asyncio.create_task(watch.run())
        poll = asyncio.create_task(watch.mail("a", 60))
        while not watch.waiting:  # noqa: ASYNC110 # until the next step of the loop
            await asyncio.sleep(0)
        watch.close()
        assert await asyncio.wait_for(poll, 1) is False
        assert await watch.feed("a", 0, 60) is False
        await asyncio.wait_for(task, 1)

    asyncio.run(story())
