"""Room and load: what is foretold follows from what came, and the last whole check of the log is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.hub.capacity import ROW_BYTES, SHOWN_DAYS
from exchange_axis.hub.fsck import FaultKind
from exchange_axis.store.hub import tables as t
from tests.hub.stand import HandClock, Stand, enrol, make_letter, open_stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def test_growth_is_what_came_and_the_days_left_follow(stand: Stand, tmp_path: Path) -> None:
    assert (stand.hub.capacity.view().growth, stand.hub.capacity.view().days_left) == (0, None)
    peer = enrol(stand, "node-a", ["H90", "H90.02"])
    sizes = []
    for number in ("1", "2"):
        letter = make_letter(tmp_path, peer, "H90", ["H90.02"], clock=stand.clock, number=number)
        sizes.append(letter.size)
        stand.hub.intake.submit(peer.row, letter)
        stand.hub.housekeeping()
        stand.clock.advance(days=1)
    found = stand.hub.capacity.view()
    assert found.growth == (sum(sizes) + 2 * ROW_BYTES) // 3  # today nothing came yet
    assert [one.load.deliveries for one in found.days[:4]] == [0, 1, 1, 0]
    assert len(found.days) == SHOWN_DAYS
    assert found.days_left == max(0, found.disk_free - 5 * 1024**3) // found.growth
    assert (found.waiting, found.database > 100_000) == (2, True)
    assert found.tone in {"good", "warn", "bad"}
    assert 0 < found.disk_part < 1


def test_the_last_whole_check_is_remembered(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90"])
    stand.hub.log.sequence()
    assert stand.hub.log_check.last() is None
    stand.hub.log_check.run()
    sound = stand.hub.log_check.last()
    assert sound is not None
    assert (sound.fault_count, sound.at, sound.size > 0) == (0, stand.clock.now(), True)
    stand.hub.world.transactions.run(
        lambda connection: connection.execute(t.leaf.update().where(t.leaf.c.position == 1).values(salt=b"x" * 32))
    )
    stand.clock.advance(hours=1)
    assert stand.hub.log_check.run().fault_count > 0
    found = stand.hub.log_check.last()
    assert found is not None
    assert found.fault_count > 0
    assert (found.faults[0][0], found.at) == (FaultKind.SALT.value, stand.clock.now())
