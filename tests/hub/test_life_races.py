"""A letter, its recall, its take-back and its handover at one moment, on both databases: one end, said once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.letter import BusinessKind
from tests.hub.life import Desk, Post, new_id, shipment_states, told
from tests.hub.stand import HandClock, Stand, enrol, make_letter, make_status, open_stand, take_back
from tests.hub.test_races import at_once

MANY = ("H90", "H90.02")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def stand(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def post(stand: Stand, tmp_path: Path, clock: HandClock) -> Post:
    return Post(stand, enrol(stand, "node-a1", ["H90.01"]), "H90.01", tmp_path, clock)


@pytest.fixture
def desk(stand: Stand, tmp_path: Path, clock: HandClock) -> Desk:
    return Desk(stand, enrol(stand, "node-a", list(MANY)), tmp_path, clock)


def test_a_letter_its_updates_and_its_recall_at_once(post: Post, desk: Desk) -> None:
    letter, update, second = new_id(), new_id(), new_id()
    made = [
        make_letter(post.folder, post.peer, "H90.01", MANY, clock=post.clock, consignment_id=name, **more)  # type: ignore[arg-type]
        for name, more in (
            (letter, {}),
            (update, {"kind": BusinessKind.UPDATE, "follows": letter}),
            (second, {"kind": BusinessKind.UPDATE, "follows": update, "subject": "V/v hai"}),
            (new_id(), {"kind": BusinessKind.REVOKE, "follows": letter, "number": "58"}),
        )
    ]
    answers = at_once([lambda one=one: post.stand.hub.intake.submit(post.peer.row, one) for one in made])  # type: ignore[misc]
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    for name in (letter, update, second):
        assert set(post.states(name).values()) == {("withdrawn", "recall-asked")}
        assert [one.event for one in told(post.stand, "node-a1", name)].count("withdrawn") == 2
    assert len(desk.lease()) == 1


def test_recall_take_back_and_handover_at_once(post: Post, desk: Desk) -> None:
    letter = post.send(MANY)
    (shipment,) = desk.lease()
    recall = make_letter(
        post.folder,
        post.peer,
        "H90.01",
        MANY,
        clock=post.clock,
        kind=BusinessKind.REVOKE,
        follows=letter,
        number="58",
    )
    said = [(post.peer.row, recall)]
    for code in MANY:
        back = take_back(post.folder, post.peer, letter, sender="H90.01", recipient=code, clock=post.clock)
        said += [(post.peer.row, back)]
        arrived = make_status(desk.folder, desk.peer, "01", shipment, recipient=code, clock=desk.clock)
        said += [(desk.peer.row, arrived)]
    answers = at_once(
        [lambda row=row, one=one: post.stand.hub.intake.submit(row, one) for row, one in said]  # type: ignore[misc]
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert post.states(letter) == dict.fromkeys(MANY, ("handed-over", "recall-asked"))
    assert set(shipment_states(post.stand, letter)) == {"done"}
    for code in MANY:
        events = [one.event for one in told(post.stand, "node-a1", letter) if one.recipient == code]
        assert events.count("withdrawn") <= 1
        assert events.count("ContentHandover") == 1
