"""Who changed what, before and after, and why: of one hub, on one page of rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.trusting import configuration
from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.errors import NotFound
from exchange_axis.hub.changes import KINDS, Asked, Changes
from exchange_axis.hub.configuration import note_configuration, note_reason, settings_changes
from exchange_axis.web.console.changes import KIND_WORDS, kind_of
from tests.hub.stand import HandClock, Stand, enrol, open_stand

WHY = "Quyết định 7/QĐ-STTTT về thời hạn lưu"


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield stand
    stand.close()


def change_setting(stand: Stand, line: str) -> None:
    with stand.places.settings("hub").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert note_configuration(stand.hub.world, configuration(stand.places))


def test_a_changed_setting_stands_there_with_both_values_and_its_reason(stand: Stand) -> None:
    world = stand.hub.world
    assert note_configuration(world, configuration(stand.places))
    assert settings_changes(world) == (), "the first look is no change"
    change_setting(stand, "retention_payload_days = 90")
    text = stand.places.settings("hub").read_text("utf-8")
    stand.places.settings("hub").write_text(text.replace("_days = 90", "_days = 30"), encoding="utf-8")
    assert note_configuration(world, configuration(stand.places))
    assert not note_configuration(world, configuration(stand.places))
    second, first = settings_changes(world)
    (one,) = second.settings
    assert (one.name, one.before, one.after) == ("hub.retention_payload_days", "90", "30")
    assert (first.settings[0].before, first.settings[0].after) == (None, "90")
    assert (second.files, second.owners) == (("hub.toml",), (stand.places.settings("hub").owner(),))
    assert (second.reason, first.reason) == (None, None)
    with pytest.raises(ChangeReasonMissing):
        note_reason(world, second.number, reason="cần", actor="lan")
    with pytest.raises(NotFound):
        note_reason(world, second.number + 1, reason=WHY, actor="lan")
    note_reason(world, second.number, reason=WHY, actor="lan")
    note_reason(world, second.number, reason=f"{WHY}, sửa", actor="minh")
    newest = settings_changes(world)[0]
    assert (newest.reason, newest.reason_by) == (f"{WHY}, sửa", "minh")
    found = Changes(world).find(Asked(kind="settings"))
    assert [each.action for each in found][:3] == [
        "hub.configuration-reason",
        "hub.configuration-reason",
        "hub.configuration",
    ]
    assert (found[2].before, found[2].after) == (
        "hub.retention_payload_days = 90",
        "hub.retention_payload_days = 30",
    )
    assert (found[0].actor, found[0].reason) == ("minh", f"{WHY}, sửa")


def test_changes_are_found_by_kind_person_words_and_day(stand: Stand) -> None:
    world, clock = stand.hub.world, stand.clock
    enrol(stand, "node-a", ["H90"])
    early = world.issuer.now()
    clock.advance(minutes=2 * 24 * 60)
    stand.hub.registry.revoke("node-a", actor="lan", reason="khóa bị lộ 100%")
    changes = Changes(world)
    (one,) = changes.find(Asked(kind="peers", actor="lan"))
    assert (one.action, one.subject, one.details) == ("peer.revoke", "node-a", "khóa bị lộ 100%")
    assert changes.find(Asked(words="lộ 100%")) == (one,)
    assert changes.find(Asked(words="lộ 10_%")) == (), "signs of a pattern are letters"
    assert one not in changes.find(Asked(until=early + timedelta(days=1)))
    assert changes.find(Asked(since=early + timedelta(days=1))) == (one,)
    every = changes.find(Asked())
    assert [each for page in changes.pages(Asked(limit=2)) for each in page] == list(every)
    assert len(every) > 2


def test_a_look_at_a_letter_is_no_change(stand: Stand) -> None:
    world = stand.hub.world
    stand.hub.inquiry.access.read("thanh tra", "dossier", "x", reason="Kiểm tra theo QĐ 12")
    assert all(not one.action.startswith("access.") for one in Changes(world).find(Asked()))
    assert KIND_WORDS.keys() == KINDS.keys()
    assert kind_of("trust-list.refuse") == "trust"
