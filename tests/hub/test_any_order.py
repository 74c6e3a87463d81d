"""Letter, update, recall, take-back, handover, acceptance and consent in any order: one end, whatever the way there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ports import OfferedShipment
from tests.hub.life import Desk, Post, codes, new_id, told
from tests.hub.stand import HandClock, enrol, open_stand

TOO_EARLY = {"status.unknown-delivery"}
"""What whoever says it hears before its cause is here; it is said again later."""


@dataclass
class Story:
    """One letter; each step is done or not possible yet."""

    post: Post
    desk: Desk
    letter: str = field(default_factory=new_id)
    update: str = field(default_factory=new_id)
    offered: OfferedShipment | None = None
    handed_over: bool = False
    accepted: bool = False

    def step(self, name: str) -> bool:
        steps: dict[str, Callable[[], object]] = {
            "letter": lambda: self.post.send(["H90"], letter=self.letter, number=self.letter[:8]),
            "update": lambda: self.post.send(
                ["H90"], letter=self.update, kind=BusinessKind.UPDATE, follows=self.letter, number=self.letter[:8]
            ),
            "recall": lambda: self.post.recall(self.letter, ["H90"]),
            "take-back": lambda: self.post.take_back(self.letter, "H90"),
            "01": self.hand_over,
            "03": self.accept,
            "15": lambda: self.report("15"),
        }
        try:
            return steps[name]() is not False
        except SubmissionRefused as refused:
            assert codes(refused) <= TOO_EARLY
            return False
        finally:
            self.look()

    def look(self) -> None:
        """The node fetches whatever lies there at any moment."""
        while offered := self.desk.lease():
            for shipment in offered:
                if shipment.consignment_id == self.letter:
                    self.offered = shipment

    def hand_over(self) -> bool:
        if self.offered is None:
            return False
        self.handed_over = self.report("01")
        return self.handed_over

    def accept(self) -> bool:
        """Also before 01: what the clerk said is kept, and hands nothing over."""
        self.accepted = self.report("03")
        return self.accepted

    def report(self, code: str) -> bool:
        if self.offered is None:
            return False
        self.desk.report(self.offered, code, "H90")
        return True

    def run(self, order: list[str]) -> None:
        waiting = list(order)
        for _ in order:
            waiting = [name for name in waiting if not self.step(name)]


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Post, Desk]]:
    folder, clock = tmp_path_factory.mktemp("order"), HandClock()
    stand = open_stand(folder, "hub-a", clock=clock)
    post = Post(stand, enrol(stand, "node-a1", ["H90.01"]), "H90.01", folder, clock)
    yield post, Desk(stand, enrol(stand, "node-a", ["H90", "H90.02"]), folder, clock)
    stand.close()


EVENTS = ("update", "recall", "take-back", "01", "03")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.sets(st.sampled_from(EVENTS)).flatmap(lambda some: st.permutations(["letter", *sorted(some)])))
def test_every_order_ends_alike(parties: tuple[Post, Desk], order: list[str]) -> None:
    post, desk = parties
    story = Story(post, desk)
    story.run(order)
    asked = next((name for name in ("recall", "take-back", "update") if name in order), "none")
    pulled = asked in {"recall", "take-back"}
    state = "handed-over" if story.handed_over else "withdrawn" if pulled else "consigned"
    assert story.handed_over or "01" not in order or pulled
    assert post.states(story.letter) == {"H90": (state, "none" if asked == "none" else f"{asked}-asked")}
    withdrawals = [one for one in told(post.stand, "node-a1", story.letter) if one.event == "withdrawn"]
    assert len(withdrawals) <= 1
    assert withdrawals or state != "withdrawn"
    if "update" in order:
        assert post.states(story.update)["H90"][0] == ("withdrawn" if "recall" in order else "consigned")
    assert story.accepted or "03" not in order or pulled
    reached = "03" if story.accepted else "01" if story.handed_over else None
    assert post.history(story.letter).deliveries[0].business == reached
    if story.handed_over:
        story.report("15")
        end = {"recall": "withdrawn", "take-back": "withdrawn", "update": "updated", "none": "none"}[asked]
        assert post.states(story.letter) == {"H90": ("handed-over", end)}
