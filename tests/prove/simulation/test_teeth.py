"""Planted bugs: each is one that such systems have, and the simulation must find it, for the expected reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lanes import LaneScheduler
from exchange_axis.hub import accepting
from exchange_axis.hub.dispatch import Dispatch
from exchange_axis.hub.feeds import Feeds
from exchange_axis.hub.intake import Intake
from exchange_axis.hub.returns import Returns
from exchange_axis.node.inbox import Receiver
from exchange_axis.pipeline.check import Checked
from exchange_axis.ports import Answer
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


def receipt_signed_anew(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks again gets a new signature instead of the stored receipt."""

    def resigned(self: Intake, checked: Checked) -> Answer:
        evidence = self._world.issuer.evidence(Event.SUBMISSION_ACCEPTANCE, accepting.subject_of(checked))
        return Answer(documents=(evidence.document,))

    patch.setattr(Intake, "_accepted", resigned)


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


PLANTED: dict[Plant, tuple[str, int]] = {
    same_document_again: ("is shown one document", 202),
    recalled_content_leaves: ("recalls it", 205),
    one_queue: ("was lent", 202),
    receipt_signed_anew: ("another receipt", 201),
    return_forgotten: ("(sender)", 201),
    feed_skips: ("feed.gap", 201),
    handover_before_storing: ("handed over, and not there", 202),
}
"""What the simulation must say, and the seed that found it when the bug was last planted: it is tried first."""


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    said, first = PLANTED[plant]
    found: list[str] = []
    for seed in dict.fromkeys((first, *SEEDS)):
        found = list(simulate(seed, steps=STEPS).wrong)
        if found:
            break
    assert any(said in wrong for wrong in found), found


def _rank(lane: Lane) -> int:
    return lane.rank
