"""What a node keeps on record about itself: settings with their reasons, what was taken out; nothing alters unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.domain.settings_record import Configuration
from exchange_axis.domain.taking import Taken
from exchange_axis.errors import NotFound
from exchange_axis.node import access
from exchange_axis.node.configuration import note_configuration, note_reason, settings_changes
from exchange_axis.node.house_record import HeadUnreadable, head_text, lines, read_head, verify
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.links import Kept
from exchange_axis.store.node.unit import DATABASE
from tests.node.stand import open_stand

WHY = "Công văn 12: đường truyền chậm"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[NodeWorld, Path]]:
    stand = open_stand(tmp_path)
    with stand.sender.open() as node:
        yield node.world, node.world.settings.staging.parent / DATABASE


def settings(bandwidth: str) -> Configuration:
    return Configuration(
        files={"node.toml": f"digest of {bandwidth}"},
        settings={"node.bandwidth": bandwidth},
        owners={"node.toml": "an"},
    )


def filled(world: NodeWorld) -> None:
    note_configuration(world, settings("0"))
    note_configuration(world, settings("8192"))
    access.note(world, "lan", Taken.BOOK_PDF, "H90 2026 incoming")
    (change,) = settings_changes(world, limit=9)
    note_reason(world, change["number"], reason=WHY, actor="an")


def test_a_changed_setting_is_on_record_with_both_values_whose_file_and_why(house: tuple[NodeWorld, Path]) -> None:
    world, _ = house
    assert note_configuration(world, settings("0"))
    assert settings_changes(world, limit=9) == [], "the first look is no change"
    assert note_configuration(world, settings("8192"))
    assert not note_configuration(world, settings("8192"))
    (one,) = settings_changes(world, limit=9)
    assert one["settings"] == [{"name": "node.bandwidth", "before": "0", "after": "8192"}]
    assert (one["files"], one["owners"], one["reason"]) == (["node.toml"], ["an"], None)
    with pytest.raises(ChangeReasonMissing):
        note_reason(world, one["number"], reason="cần", actor="an")
    with pytest.raises(NotFound):
        note_reason(world, one["number"] + 1, reason=WHY, actor="an")
    note_reason(world, one["number"], reason=WHY, actor="an")
    note_reason(world, one["number"], reason=f"{WHY}, sửa", actor="binh")
    (said,) = settings_changes(world, limit=9)
    assert (said["reason"], said["reason_by"]) == (f"{WHY}, sửa", "binh")
    assert verify(world).is_whole


def test_the_record_is_one_list_and_each_line_holds_the_one_before(house: tuple[NodeWorld, Path]) -> None:
    world, _ = house
    assert (verify(world).head.links, verify(world).is_whole) == (0, True)
    filled(world)
    assert [one.kind for one in lines(world)] == [Kept.REASON, Kept.TAKEN, Kept.SETTING, Kept.SETTING]
    assert [one.subject for one in lines(world, kind="taken")] == ["H90 2026 incoming"]
    assert [one.kind for one in lines(world, who="an")] == [Kept.REASON]
    assert [one.seq for one in lines(world, before=3)] == [2, 1]
    first = verify(world).head
    access.note(world, "hoa", Taken.FILE, "x")
    state = verify(world, known=read_head(head_text(first)))
    assert (state.head.links, state.matches, state.is_whole) == (5, True, True)
    with pytest.raises(HeadUnreadable):
        read_head("5")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE access SET actor = 'nguoi-khac'", (Kept.TAKEN, 1)),
        ("DELETE FROM access", (Kept.TAKEN, 1)),
        ("INSERT INTO access (at, actor, action, subject) VALUES (1, 'lan', 'file', 'x')", (Kept.TAKEN, 2)),
        ("UPDATE setting_change SET details = replace(details, '8192', '4096')", (Kept.SETTING, 2)),
        ("UPDATE setting_change SET reason = 'Công văn 13: lý do khác' WHERE seq = 2", (Kept.REASON, 2)),
        ("UPDATE record_link SET content = digest WHERE seq = 1", (Kept.SETTING, 1)),
        ("DELETE FROM record_link WHERE seq = 2", (Kept.TAKEN, 1)),
    ],
)
def test_whatever_is_altered_beside_the_software_shows(
    house: tuple[NodeWorld, Path], statement: str, found: tuple[Kept, int]
) -> None:
    world, file = house
    filled(world)
    assert verify(world).is_whole
    with closing(sqlite3.connect(file)) as connection:
        if not statement.startswith("INSERT") and "setting_change" not in statement:
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)
        for table in ("access", "record_link"):
            for verb in ("update", "delete"):
                connection.execute(f"DROP TRIGGER {table}_{verb}")
        connection.execute(statement)
        connection.commit()
    assert verify(world).broken == found


def test_an_end_that_was_cut_off_shows_against_a_head_that_was_kept(house: tuple[NodeWorld, Path]) -> None:
    world, file = house
    filled(world)
    access.note(world, "hoa", Taken.FILE, "x")
    kept = verify(world).head
    with closing(sqlite3.connect(file)) as connection:
        for table in ("access", "record_link"):
            connection.execute(f"DROP TRIGGER {table}_delete")
        connection.execute("DELETE FROM access WHERE seq = 2")
        connection.execute("DELETE FROM record_link WHERE seq = 5")
        connection.commit()
    assert verify(world).broken is None
    assert not verify(world, known=kept).is_whole
    access.note(world, "hoa", Taken.FILE, "y")
    assert not verify(world, known=kept).is_whole, "another line in its place is another line"
