"""Planted bugs: each is one that such systems have, and the simulation must find it, for the expected reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lanes import LaneScheduler
from exchange_axis.domain.lifecycle import Business, Progress
from exchange_axis.hub import accepting
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.feeds import Feeds
from exchange_axis.hub.returns import Returns
from exchange_axis.node.inbox import Receiver
from exchange_axis.node.outbox import Sender
from tests.prove.simulation.run import simulate

pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

STEPS = 140
SEEDS = range(201, 206)
"""Of these one must find it."""

Plant = Callable[[pytest.MonkeyPatch], None]


def same_document_again(patch: pytest.MonkeyPatch) -> None:
    """Whether the recipient has this document already is not asked."""
    patch.setattr(accepting, "earlier_deliveries", lambda connection, checked: {})


def recalled_content_leaves(patch: pytest.MonkeyPatch) -> None:
    """The download does not ask whether the letter was recalled since it was lent."""
    patch.setattr(Dispatch, "content", Dispatch.find)


def one_queue(patch: pytest.MonkeyPatch) -> None:
    """All mail waits in one queue."""
    patch.setattr(LaneScheduler, "_lane", lambda self, heads: max((lane for lane, _ in heads), key=_rank))


def late_status_wins(patch: pytest.MonkeyPatch) -> None:
    """The last status that arrives is the state."""

    def furthest(self: Business, code: str) -> Business:
        return replace(self, progress=Progress(code)) if code in set(Progress) else self

    patch.setattr(Business, "_furthest", furthest)


def return_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A hub answers a return before it is durable, and then loses every fifth."""
    receive, count = Returns.receive, [0]

    def forgetful(self: Returns, *given: Any) -> None:
        count[0] += 1
        if count[0] % 5:
            receive(self, *given)

    patch.setattr(Returns, "receive", forgetful)


def feed_skips(patch: pytest.MonkeyPatch) -> None:
    """A batch of the feed begins one entry too late when it is long."""
    read = Feeds.read

    def skipping(self: Feeds, *given: Any, **named: Any) -> Sequence[Any]:
        items = read(self, *given, **named)
        return items[1:] if len(items) > 2 else items

    patch.setattr(Feeds, "read", skipping)


def handover_before_storing(patch: pytest.MonkeyPatch) -> None:
    """The node says 01 and has stored only the letter's first recipient."""
    record = Receiver._record

    def hasty(self: Receiver, unit: Any, shipment: Any, arrival: Any, letters: Any) -> int:
        for _, status in letters[1:]:
            unit.outbox.add(status)
        return record(self, unit, shipment, arrival, letters[:1])

    patch.setattr(Receiver, "_record", hasty)


def resent_under_another_id(patch: pytest.MonkeyPatch) -> None:
    """A letter whose sending is repeated gets a new id."""
    patch.setattr(Sender, "_known", lambda self, unit, key, fingerprint: unit.outbox.free_key(key))


PLANTED: dict[Plant, str] = {
    same_document_again: "is shown one document",
    recalled_content_leaves: "recalls it",
    one_queue: "was lent",
    late_status_wins: "progress",
    return_forgotten: "(sender)",
    feed_skips: "feed.gap",
    handover_before_storing: "handed over, and not there",
    resent_under_another_id: "UNIQUE constraint failed",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    found: list[str] = []
    for seed in SEEDS:
        found = list(simulate(seed, steps=STEPS).wrong)
        if found:
            break
    assert any(PLANTED[plant] in wrong for wrong in found), found


def _rank(lane: Lane) -> int:
    return lane.rank
