"""Feed and look on both databases, below the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.hub import feeds as module
from tests.hub.stand import Stand, make_letter, open_stand
from tests.web.stand import NowClock, enrol


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=NowClock(), database=database_url)
    yield stand
    stand.close()


def test_a_look_tells_for_whom_something_lies_ready(either: Stand, tmp_path: Path) -> None:
    hub = either.hub
    sender, receiver = enrol(either, "node-a1", ["H90.01"], tmp_path), enrol(either, "node-a", ["H90"], tmp_path)
    assert (hub.feeds.news().mail, dict(hub.feeds.news().heads)) == (frozenset(), {"node-a": 0, "node-a1": 0})
    hub.intake.submit(sender.row, make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=either.clock))
    assert (hub.feeds.news().mail, dict(hub.feeds.news().heads)) == (frozenset({"node-a"}), {"node-a": 0, "node-a1": 1})

    (shipment,) = hub.dispatch.lease("node-a", 5)
    assert hub.feeds.news().mail == frozenset()
    either.clock.advance(minutes=2)  # the lease is over
    assert hub.feeds.news().mail == frozenset({"node-a"})
    (again,) = hub.dispatch.lease("node-a", 5)
    assert hub.dispatch.release("node-a", again.id, fence=again.fence, error="full")
    assert hub.feeds.news().mail == frozenset()  # due again later
    either.clock.advance(hours=1)
    assert hub.feeds.news().mail == frozenset({"node-a"})
    assert hub.feeds.read(receiver.row, after=0, limit=5) == ()
    assert shipment.id == again.id


def test_a_feed_is_read_in_order_and_confirmed_by_asking(
    either: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = either.hub
    sender = enrol(either, "node-a1", ["H90.01"], tmp_path)
    enrol(either, "node-a", ["H90", "H90.02"], tmp_path)
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90", "H90.02"], clock=either.clock)
    hub.intake.submit(sender.row, letter)
    first, second = hub.feeds.read(sender.row, after=0, limit=5)
    assert [(item.number, item.kind, item.recipient) for item in (first, second)] == [
        (1, "evidence", "H90"),
        (2, "evidence", "H90.02"),
    ]
    assert hub.feeds.read(sender.row, after=0, limit=1) == (first,)
    assert hub.feeds.read(sender.row, after=1, limit=5) == (second,)
    assert hub.feeds.read(sender.row, after=2, limit=5) == ()
    assert hub.feeds.read(sender.row, after=99, limit=5) == ()
    monkeypatch.setattr(module, "BUDGET", len(first.documents[0].content))
    assert hub.feeds.read(sender.row, after=0, limit=5) == (first,)
    monkeypatch.setattr(module, "BUDGET", 0)
    assert hub.feeds.read(sender.row, after=1, limit=5) == (second,)
