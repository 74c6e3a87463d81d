"""Retention by class (R98): what is due, what the worker disposes of, and what never goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.hub.changes import Asked, Changes
from exchange_axis.hub.erasing import Erasing
from exchange_axis.hub.retention import Retention
from exchange_axis.hub.retention_classes import (
    RetentionApproverSame,
    RetentionClasses,
    RetentionNotProposed,
    RetentionSame,
    RetentionWaits,
)
from exchange_axis.hub.world import Retention as Days
from exchange_axis.ledger.proof import verify_evidence_proof
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import HandClock
from tests.hub.test_erasing import Scene, scene_on

pytestmark = pytest.mark.on_postgresql(
    "test_payload_goes_when_its_time_is_over_and_the_rest_stays",
    "test_another_time_holds_when_two_people_said_so",
)


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    scene = scene_on(tmp_path, HandClock(), database_url)
    yield scene
    scene.stand.close()


def rule(scene: Scene, *, dispose: bool = True, payload: int = 90, metadata: int = 3_650) -> Retention:
    hub = scene.stand.hub
    days = Days(dispose=dispose, payload=payload, metadata=metadata)
    world = replace(hub.world, settings=replace(hub.world.settings, retention=days))
    return Retention(world, Erasing(world, hub.uploads))


def test_payload_goes_when_its_time_is_over_and_the_rest_stays(scene: Scene) -> None:
    name, made = scene.ended("57")
    hub, kept = scene.stand.hub, rule(scene)
    scene.clock.advance(days=89)
    later, _ = scene.ended("58")
    assert kept.due() == () and kept.run() == 0
    scene.clock.advance(days=2)
    assert [(one.consignment_id, one.extent, one.held) for one in kept.due()] == [(name, "payload", False)]
    assert (kept.run(), kept.run()) == (1, 0)
    assert not hub.world.blobs.has(made.sha256)
    (letter,) = hub.auditing.history("57/BC-UBND")
    assert letter.consignment_id == name, "its number is of another class"
    assert [(one.extent, one.proposed_by) for one in letter.disposals] == [("payload", "axis retention")]
    (other,) = hub.auditing.history(later)
    assert other.disposals == ()
    hub.log.sequence()
    for evidence in letter.evidence:
        proof = hub.log.proof(evidence.sha256)
        verify_evidence_proof(proof or b"", bytes.fromhex(evidence.sha256), hub.log.verifier)
    assert hub.log_check.run().faults == ()


def test_metadata_goes_by_its_own_number_and_evidence_never(scene: Scene) -> None:
    name, _ = scene.ended("57")
    hub = scene.stand.hub
    (before,) = hub.auditing.history(name)
    scene.clock.advance(days=400)
    assert rule(scene, metadata=365).run() == 2
    (after,) = hub.auditing.history(name)
    assert (after.title, sorted(one.extent for one in after.disposals)) == (None, ["metadata", "payload"])
    assert after.evidence == before.evidence
    scene.clock.advance(days=40_000)
    assert rule(scene, metadata=365).run() == 0


def test_what_is_held_or_under_way_is_not_disposed_of(scene: Scene) -> None:
    name, held = scene.ended("57")
    under_way = scene.sent("58", consignment_id=None)
    hub = scene.stand.hub
    hold = hub.keeping.holds.add(letter=None, agency="H90", reason="Thanh tra", actor="Hà")
    scene.clock.advance(days=400)
    assert [one.held for one in rule(scene).due()] == [True]
    assert rule(scene).run() == 0
    assert hub.world.blobs.has(held.sha256) and hub.world.blobs.has(under_way.sha256)
    hub.keeping.holds.release(hold.id, reason="Xong", actor="Hà")
    assert rule(scene).run() == 1
    assert not hub.world.blobs.has(held.sha256) and hub.world.blobs.has(under_way.sha256)
    assert [one.consignment_id for one in hub.keeping.erasing.record()] == [name]


def test_the_worker_is_off_unless_it_is_switched_on(scene: Scene) -> None:
    _, made = scene.ended("57")
    scene.clock.advance(days=5_000)
    scene.stand.hub.housekeeping()
    assert scene.stand.hub.world.blobs.has(made.sha256), "as it comes"
    assert rule(scene, dispose=False).round() == 0
    on = rule(scene)
    assert on.round() == 2
    assert on.round() == 0, "until an hour has passed"
    assert not scene.stand.hub.world.blobs.has(made.sha256)


def test_the_disposal_record_is_sealed_and_names_no_number(scene: Scene) -> None:
    name, made = scene.ended("57")
    other, _ = scene.ended("58")
    scene.erase(name)
    scene.erasing.propose(other, ground="Chưa duyệt", actor="Lan")
    signed = scene.erasing.signed_record()
    verified = verify_enveloped_unanchored(signed.content)
    text = verified.content.decode()
    assert signed.count == 1 and name in text and made.sha256 in text and "Minh" in text
    assert "57/BC-UBND" not in text and "Chưa duyệt" not in text


def classes(scene: Scene, *, payload: int) -> RetentionClasses:
    """Of a hub where two people are asked for, started with these numbers in its file."""
    world = scene.stand.hub.world
    return RetentionClasses(
        replace(world, settings=replace(world.settings, trust_approvers=2, retention=Days(payload=payload)))
    )


WHY = "Quyết định 7/QĐ-STTTT về thời hạn lưu"


def test_another_time_holds_when_two_people_said_so(scene: Scene) -> None:
    first, changed = classes(scene, payload=90), classes(scene, payload=30)
    assert first.begin()
    assert not changed.begin(), "only the first start is one person's"
    assert changed.in_force().payload == 90, "a file alone changes nothing"
    with pytest.raises(RetentionSame):
        first.propose(reason=WHY, actor="lan")
    with pytest.raises(ChangeReasonMissing):
        changed.propose(reason="ngắn", actor="lan")
    made = changed.propose(reason=WHY, actor="lan")
    with pytest.raises(RetentionWaits):
        changed.propose(reason=WHY, actor="minh")
    with pytest.raises(RetentionApproverSame):
        changed.approve(actor="LAN ")
    with pytest.raises(RetentionNotProposed):
        changed.approve(actor="minh", seen=made.seq + 1)
    assert changed.in_force().payload == 90
    changed.approve(actor="minh", seen=made.seq)
    assert (changed.in_force().payload, first.in_force().payload) == (30, 30), "whatever the file says by then"
    found = Changes(scene.stand.hub.world).find(Asked(kind="keeping"))
    assert [(one.action, one.actor, one.before, one.after, one.reason) for one in found] == [
        ("retention.approve", "minh", "payload=90", "payload=30", WHY),
        ("retention.propose", "lan", "payload=90", "payload=30", WHY),
    ]
    with pytest.raises(RetentionNotProposed):
        changed.reject(actor="lan")


def test_what_is_proposed_can_be_dropped_and_one_person_may_be_enough(scene: Scene) -> None:
    changed = classes(scene, payload=30)
    classes(scene, payload=90).begin()
    changed.propose(reason=WHY, actor="lan")
    assert changed.waiting() is not None
    changed.reject(actor="lan")
    assert (changed.waiting(), changed.in_force().payload) == (None, 90)
    world = scene.stand.hub.world
    alone = replace(world, settings=replace(world.settings, trust_approvers=1, retention=Days(payload=30)))
    assert RetentionClasses(alone).in_force().payload == 30


def test_nothing_goes_by_a_time_that_nobody_approved(scene: Scene) -> None:
    _, made = scene.ended("57")
    hub = scene.stand.hub
    classes(scene, payload=90).begin()
    days = Days(dispose=True, payload=1)
    world = replace(hub.world, settings=replace(hub.world.settings, trust_approvers=2, retention=days))
    kept = Retention(world, Erasing(world, hub.uploads))
    scene.clock.advance(days=50)
    assert (kept.round(), kept.run()) == (0, 0)
    kept.classes.propose(reason=WHY, actor="lan")
    assert kept.run() == 0
    kept.classes.approve(actor="minh")
    assert kept.run() == 1
    assert not hub.world.blobs.has(made.sha256)
