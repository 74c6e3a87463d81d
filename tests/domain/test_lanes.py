"""Lanes: hỏa tốc first, the rest 8 : 4 : 1, senders in fair turn, and nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lanes import LaneScheduler, Waiting

ORDINARY = (Lane.THUONG_KHAN, Lane.KHAN, Lane.THUONG)
lanes = st.sampled_from(list(Lane))
ordinary = st.sampled_from(ORDINARY)
senders = st.sampled_from("abcd")


def item(key: int, lane: Lane, sender: str = "a", *, cost: int = 1) -> Waiting[int]:
    return Waiting(key=key, lane=lane, sender=sender, order=key, cost=cost)


def drain(queue: list[Waiting[int]], turns: int | None = None) -> list[Waiting[int]]:
    scheduler = LaneScheduler()
    served: list[Waiting[int]] = []
    queue = list(queue)
    while queue and (turns is None or len(served) < turns):
        key = scheduler.pick(queue)
        chosen = next(waiting for waiting in queue if waiting.key == key)
        queue.remove(chosen)
        served.append(chosen)
    return served


def test_nothing_waits() -> None:
    assert LaneScheduler().pick([]) is None


def test_full_lanes_share_by_weight() -> None:
    queue = [item(number, lane) for number, lane in enumerate(ORDINARY * 40)]
    shares = Counter(waiting.lane for waiting in drain(queue, 39))
    assert shares == {Lane.THUONG_KHAN: 24, Lane.KHAN: 12, Lane.THUONG: 3}


def test_cost_counts() -> None:
    heavy = [item(number, Lane.THUONG, "a", cost=10) for number in range(20)]
    light = [item(number, Lane.THUONG, "b") for number in range(20, 60)]
    shares = Counter(waiting.sender for waiting in drain(heavy + light, 22))
    assert shares == {"a": 2, "b": 20}


def test_a_lane_that_was_idle_has_saved_nothing_up() -> None:
    scheduler = LaneScheduler()
    numbers = count()
    for _ in range(1_000):
        scheduler.pick([item(next(numbers), Lane.THUONG)])
    queue = [item(next(numbers), lane) for lane in (Lane.KHAN, Lane.THUONG) for _ in range(50)]
    served = Counter[Lane]()
    for _ in range(11):
        key = scheduler.pick(queue)
        chosen = next(waiting for waiting in queue if waiting.key == key)
        queue.remove(chosen)
        served[chosen.lane] += 1
    assert served == {Lane.KHAN: 9, Lane.THUONG: 2}


@given(st.lists(st.tuples(lanes, senders, st.integers(1, 20)), max_size=40))
def test_everything_is_served_once_and_hoa_toc_before_all(queue: list[tuple[Lane, str, int]]) -> None:
    waiting = [item(number, lane, sender, cost=cost) for number, (lane, sender, cost) in enumerate(queue)]
    served = drain(waiting)
    assert sorted(one.key for one in served) == [one.key for one in waiting]
    urgent = [one.lane is Lane.HOA_TOC for one in served]
    assert urgent == sorted(urgent, reverse=True)
    assert drain(waiting) == served


@given(st.lists(st.tuples(lanes, senders), max_size=40))
def test_each_senders_letters_keep_their_order(queue: list[tuple[Lane, str]]) -> None:
    served = drain([item(number, lane, sender) for number, (lane, sender) in enumerate(queue)])
    for lane in Lane:
        for sender in "abcd":
            keys = [one.key for one in served if (one.lane, one.sender) == (lane, sender)]
            assert keys == sorted(keys)


@settings(max_examples=60)
@given(
    past=st.lists(st.tuples(ordinary, senders), max_size=60),
    flood=st.lists(st.tuples(ordinary, senders), min_size=1, max_size=30),
    lane=ordinary,
)
def test_none_starves(past: list[tuple[Lane, str]], flood: list[tuple[Lane, str]], lane: Lane) -> None:
    """However the rest floods in, a waiting letter goes within what its lane's share and five senders allow."""
    scheduler, numbers = LaneScheduler(), count()
    for of, sender in past:
        scheduler.pick([item(next(numbers), of, sender)])
    victim = item(next(numbers), lane, "patient")
    bound = 13 * (5 + 1) + 13
    for turn in range(bound):
        others = [item(next(numbers), of, sender) for of, sender in flood]
        if scheduler.pick([*others, victim]) == victim.key:
            return
        assert turn < bound - 1, "starved"
