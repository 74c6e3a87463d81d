"""Two clerks never work on one letter: claims, their end, and taking over with a record."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from exchange_axis.node.errors import TextMissing
from exchange_axis.node.register_errors import LetterClaimed, NotYourClaim
from tests.node.stand import Stand
from tests.node.test_decisions import CLERK, deliver, said

DEPUTY = "Phạm Thị Lan"


def test_a_claimed_letter_is_decided_by_its_clerk_alone(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            claim = node.claims.take(letter, clerk=CLERK)
            assert node.claims.of(letter) == claim
            with pytest.raises(LetterClaimed):
                node.claims.take(letter, clerk=DEPUTY)
            with pytest.raises(LetterClaimed):
                node.clerk.accept(letter, actor=DEPUTY)
            with pytest.raises(LetterClaimed):
                node.clerk.refuse(letter, reason="LD01", text="Gửi nhầm nơi", actor=DEPUTY)
            assert [code for code, *_ in said(stand, node, letter)] == ["01"]
            assert node.clerk.accept(letter, actor=CLERK).arrival_number == 1
            assert node.claims.of(letter) is None

    asyncio.run(story())


def test_a_claim_lapses_or_is_taken_over_with_a_record(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            node.claims.take(letter, clerk=CLERK)
            with pytest.raises(TextMissing):
                node.claims.take_over(letter, clerk=DEPUTY, reason=" ")
            node.claims.take_over(letter, clerk=DEPUTY, reason="Nghỉ phép")
            with pytest.raises(NotYourClaim):
                node.claims.give_back(letter, clerk=CLERK)
            stand.clock.advance(minutes=16)
            assert node.claims.of(letter) is None
            node.claims.take(letter, clerk=CLERK)
            history = [(one.event, one.clerk, one.before, one.reason) for one in node.claims.history(letter)]
            assert history == [
                ("claimed", CLERK, None, None),
                ("taken-over", DEPUTY, CLERK, "Nghỉ phép"),
                ("claimed", CLERK, None, None),
            ]

    asyncio.run(story())


def test_of_many_clerks_at_once_one_gets_the_letter(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)

            def take(clerk: str) -> bool:
                try:
                    node.claims.take(letter, clerk=clerk)
                except LetterClaimed:
                    return False
                return True

            with ThreadPoolExecutor(8) as threads:
                assert sum(threads.map(take, [f"Văn thư {each}" for each in range(8)])) == 1

    asyncio.run(story())
