"""A node that dies at any durable step, and comes back with nothing lost, nothing twice, and no second saying.

Death is an exception thrown from the failpoint, after which the program is opened anew on the same disk; what the
process had in memory is gone. That a real SIGKILL does no more is shown by the proofs that kill processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from exchange_axis import failpoints
from exchange_axis.failpoints import FAILPOINTS
from exchange_axis.node.audit import delivered, receipts, sent
from exchange_axis.node.errors import NothingToTakeBack
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import sweep_staging
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand

ELSEWHERE = frozenset({"node.batch.done", "node.draft.queued", "node.erasing.decided"})
"""Steps that this story does not take; their deaths are in test_batches.py, test_drafts.py and test_erasing.py."""
STEPS = sorted(name for name in FAILPOINTS if name.startswith("node.") and name not in ELSEWHERE)
MOST_LIVES = 60


class Killed(Exception):
    """Stands for SIGKILL."""


class Death:
    """Takes the place of the armed failpoints: strikes at one name, or after so many failpoints of any name."""

    def __init__(self, *, name: str = "", after: int = 0) -> None:
        self.struck = 0
        self._name = name
        self._left = after

    def strikes(self, name: str) -> bool:
        self._left -= 1
        if not self.struck and (name == self._name or self._left == 0):
            self.struck += 1
            raise Killed(name)
        return False


async def live(stand: Stand, told: list[LocalReceipt]) -> None:
    """The whole story from wherever it stopped; every step is what a person or the agent would do again."""
    with stand.sender.open() as home, stand.receiver.open() as away:
        sweep_staging(home.world)
        sweep_staging(away.world)
        here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
        told.append(home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa"))
        await here.push_once()
        await there.pull_once()
        await there.push_once()
        away.clerk.accept("57/BC-UBND", agency=RECIPIENT, actor="Trần Văn Bình")
        away.clerk.refuse("57/BC-UBND", agency=OTHER, reason="LD01", actor="Trần Văn Bình")
        await there.push_once()
        await here.feed_once()
        with contextlib.suppress(NothingToTakeBack):  # in an earlier life
            home.take_backs.ask("57/BC-UBND", recipient=OTHER, reason="Gửi nhầm nơi", actor="Lê Thị Hoa")
        await here.push_once()
        await there.feed_once()
        await there.duties_once()
        await there.push_once()
        await here.feed_once()


def check_outcome(stand: Stand, told: list[LocalReceipt]) -> None:
    assert len(set(map(str, told))) == 1, "one letter has one local receipt"
    with stand.sender.open() as home, stand.receiver.open() as away:
        (letter,) = sent(home.world.store, home.world.blobs)
        assert (letter.state, letter.present, letter.container_sha256) == ("accepted", True, told[0].container_sha256)
        assert list(stand.hub.letters) == [letter.consignment_id]
        copies = delivered(away.world.store, away.world.blobs)
        assert sorted((copy.recipient, copy.container_sha256, copy.present) for copy in copies) == [
            (RECIPIENT, letter.container_sha256, True),
            (OTHER, letter.container_sha256, True),
        ]
        said = {line.agency: line.arrival_number for line in away.views.received()}
        assert said == {RECIPIENT: 1, OTHER: None}
        assert sorted((agency, code) for agency, _, code in stand.hub.statuses) == [
            (RECIPIENT, "01"),
            (RECIPIENT, "03"),
            (OTHER, "01"),
            (OTHER, "02"),
            (OTHER, "15"),
            (SENDER, "13"),
        ], "each status was made once: a second id would be a second saying"
        assert len(receipts(home.world.store)) == 9
        assert len({kept.sha256 for kept in receipts(home.world.store)}) == 9
        states = {(one.agency, one.delivery, one.status, one.request) for one in home.views.sent()[0].recipients}
        assert states == {(RECIPIENT, "handed-over", "03", "none"), (OTHER, "handed-over", "02", "withdrawn")}
        assert not home.views.status().alarms and not away.views.status().alarms


def test_every_step_of_the_node_has_a_failpoint() -> None:
    assert len(STEPS) >= 15


@pytest.mark.parametrize("name", STEPS)
def test_death_at_a_step(stand: Stand, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[LocalReceipt] = []
    death = Death(name=name)
    monkeypatch.setattr(failpoints, "_armed", death)
    with pytest.raises(Killed):
        asyncio.run(live(stand, told))
    asyncio.run(live(stand, told))
    assert death.struck == 1
    monkeypatch.undo()
    check_outcome(stand, told)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(2, 6))])
def test_many_deaths(stand: Stand, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at the steps of store and blobs, time and again, until the story is through."""
    chance, told, deaths = random.Random(seed), list[LocalReceipt](), 0
    for _ in range(MOST_LIVES):
        death = Death(after=chance.randint(4, 24))
        monkeypatch.setattr(failpoints, "_armed", death)
        try:
            asyncio.run(live(stand, told))
        except Killed:
            deaths += 1
        else:
            break
    assert deaths >= 4
    monkeypatch.undo()
    asyncio.run(live(stand, told))
    check_outcome(stand, told)
