"""`axis log fsck` names what is wrong and where; each planted fault is undone again, on one and the same hub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from exchange_axis.hub.fsck import Checked, FaultKind, run_fsck
from exchange_axis.store import Connection
from tests.hub.witnessed import Pair, newest


class Undo(Exception):
    """Ends a transaction of which nothing is to stay."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("fsck"))
    pair.say(4)
    pair.round()
    yield pair
    pair.close()


def checked_after(pair: Pair, *statements: str, **values: object) -> Checked:
    """What the check says of a database that somebody has changed; nothing of the change stays."""
    found: list[Checked] = []

    def work(connection: Connection) -> None:
        for statement in statements:
            assert connection.execute(text(statement), values).rowcount != 0, statement
        found.append(run_fsck(connection, pair.a.hub.registry.vkeys.log))
        raise Undo

    with pytest.raises(Undo):
        pair.a.hub.world.transactions.run(work)
    return found[0]


def test_a_sound_log_has_no_fault(pair: Pair) -> None:
    found = pair.a.hub.log_check.run()
    assert found.faults == ()
    assert found.size == newest(pair.a.hub).size > 10
    assert found.documents == found.size, "every leaf has its document, and it was read"
    assert found.checkpoints == 4
    assert pair.top.hub.log_check.run().faults == (), "the copy that it keeps is sound too"


CASES: list[tuple[str, FaultKind, str]] = [
    ("UPDATE leaf SET data = zeroblob(32) WHERE position = 5", FaultKind.SALT, "leaf 5"),
    ("UPDATE leaf SET salt = zeroblob(32) WHERE position = 5", FaultKind.SALT, "leaf 5"),
    ("DELETE FROM leaf WHERE position = 5", FaultKind.GAP, "leaf 5"),
    ("UPDATE tree_node SET hash = zeroblob(32) WHERE level = 2 AND position = 1", FaultKind.NODE, "node 2/1"),
    ("DELETE FROM tree_node WHERE level = 0 AND position = 3", FaultKind.NODE, "node 0/3"),
    ("INSERT INTO tree_node VALUES (40, 0, zeroblob(32))", FaultKind.NODES, "tree"),
    ("UPDATE checkpoint SET note = replace(note, char(10, 10), char(10) || 'x' || char(10, 10)) WHERE size = :last",
     FaultKind.CHECKPOINT, ":last"),
    ("UPDATE checkpoint SET note = (SELECT note FROM checkpoint ORDER BY size LIMIT 1) WHERE size = :last",
     FaultKind.ROOT, ":last"),
    ("UPDATE checkpoint SET signed_at = signed_at - 99000000 WHERE size = :last", FaultKind.ORDER, ":last"),
    ("DELETE FROM checkpoint WHERE size = :last", FaultKind.UNSIGNED, "leaf"),
    ("UPDATE evidence SET bytes = bytes || x'20' WHERE seq = 1", FaultKind.DOCUMENT, "leaf"),
    ("DELETE FROM evidence WHERE seq = 1", FaultKind.MISSING, "leaf"),
    ("DELETE FROM document", FaultKind.MISSING, "leaf"),
    ("UPDATE binding SET document = document || x'20' WHERE seq = 1", FaultKind.DOCUMENT, "leaf"),
    ("UPDATE decision SET actor = 'somebody' WHERE seq = 1", FaultKind.DOCUMENT, "leaf"),
    ("DELETE FROM decision WHERE seq = 1", FaultKind.MISSING, "leaf"),
    ("UPDATE evidence SET own = 1, sha256 = 'x' WHERE seq = 1", FaultKind.UNLOGGED, "evidence"),
    ("UPDATE cosignature SET line = (SELECT replace(line, '=', 'A=') FROM cosignature LIMIT 1)",
     FaultKind.COSIGNATURE, "checkpoint"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "kind", "place"), CASES)
def test_each_fault_is_named_with_its_place(pair: Pair, statement: str, kind: FaultKind, place: str) -> None:
    last = newest(pair.a.hub).size
    values = {"last": last} if ":last" in statement else {}
    found = checked_after(pair, statement, **values)
    places = [fault.place for fault in found.faults if fault.kind is kind]
    wanted = f"checkpoint {last}" if place == ":last" else place
    assert any(one == wanted or one.startswith(f"{wanted} ") for one in places), found.faults
    assert found.fault_count == len(found.faults)


def test_two_leaves_that_changed_places_are_found(pair: Pair) -> None:
    swap = (
        "UPDATE leaf SET position = -1 WHERE position = 4",
        "UPDATE leaf SET position = 4 WHERE position = 7",
        "UPDATE leaf SET position = 7 WHERE position = -1",
    )
    kinds = {fault.kind for fault in checked_after(pair, *swap).faults}
    assert {FaultKind.NODE, FaultKind.ROOT} <= kinds


def test_an_erased_salt_is_no_fault(pair: Pair) -> None:
    found = checked_after(pair, "UPDATE leaf SET salt = NULL WHERE position = 5")
    assert (found.faults, found.erased) == ((), 1)


def test_the_copy_of_another_log_is_checked_too(pair: Pair) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("UPDATE log_copy SET data = zeroblob(32) WHERE position = 5"))
        found.append(run_fsck(connection, pair.top.hub.registry.vkeys.log))
        raise Undo

    found: list[Checked] = []
    with pytest.raises(Undo):
        pair.top.hub.world.transactions.run(work)
    assert [fault.kind for fault in found[0].faults] == [FaultKind.COPY]


def test_everything_is_undone(pair: Pair) -> None:
    assert pair.a.hub.log_check.run().faults == ()
