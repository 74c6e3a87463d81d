"""The key of a log changes while mail is under way: nothing hangs, hubs and nodes follow, old proofs hold."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from config.log_keys import LOG, new_log_key
from config.log_rotation import LogKeyForeign, rotate_log
from exchange_axis.hub.stamping import Stamping
from exchange_axis.ledger.epochs import next_origin
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.ledger.roll import open_roll
from exchange_axis.ledger.witness import NotTheLogs
from exchange_axis.store.hub import epochrows, peers
from exchange_axis.store.hub.stamp_tables import closed_timestamp
from signing.files import write_secret
from tests.hub.stand import Stand
from tests.hub.test_stamping import Source
from tests.hub.witnessed import Pair, newest, signer_of


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def roll(pair: Pair, stand: Stand) -> Stand:
    """What `axis hub rotate log` does, and the start after it."""
    rotate_log(stand.places, stand.hub, actor="an")
    return pair.restart(stand)


def test_the_old_key_names_the_new_one_and_the_log_goes_on(pair: Pair) -> None:
    (said,) = pair.say()
    old, before = signer_of(pair.a).verifier, newest(pair.a.hub).size
    done = rotate_log(pair.a.places, pair.a.hub, actor="an")
    assert pair.a.hub.log.sequence() == 0, "the process that knows the old key signs nothing more"
    assert [done["origin"], done["old_vkey"]] == ["hub-a/log/2", old.vkey]
    assert done["size"] > before, "the decision is in the old log"
    hub = pair.restart(pair.a).hub
    new = read_vkey(hub.registry.log_vkey)
    assert [new.name, new.public_key == old.public_key] == ["hub-a/log/2", False]
    (note,) = hub.witness.rolls.own()
    found = open_roll(note, old)
    assert [found.key, found.size] == [new, done["size"]]
    assert newest(hub).size == done["size"]
    assert hub.log.sequence() > 0, "the statement that opens the epoch is an entry"
    pair.clock.advance(minutes=1)
    proof = hub.log.proof(said)
    assert proof is not None
    verify_evidence_proof(proof, bytes.fromhex(said), new)
    assert hub.log_check.run().faults == ()


def test_a_proof_under_the_old_key_still_verifies(pair: Pair) -> None:
    (said,) = pair.say()
    pair.round()
    proof, old = pair.a.hub.log.proof(said), signer_of(pair.a).verifier
    assert proof is not None
    roll(pair, pair.a)
    verify_evidence_proof(proof, bytes.fromhex(said), old)


def test_the_hub_above_follows_and_witnesses_the_new_key(pair: Pair) -> None:
    pair.say()
    pair.round()
    roll(pair, pair.a)
    (said,) = pair.say()
    pair.round()
    state = {one["origin"]: one for one in pair.top.hub.witness.state()}
    assert state["hub-a/log/2"]["cosigned"] == newest(pair.a.hub).size
    assert state["hub-a/log/1"]["cosigned"], "the old epoch stays known"
    assert pair.a.hub.log.proof(said) is not None
    row = pair.top.hub.world.transactions.read(lambda connection: peers.get(connection, "hub-a"))
    assert row is not None
    known = json.loads(row.request)
    assert [read_vkey(known["log"]).name, [read_vkey(one).name for one in known["log_before"]]] == [
        "hub-a/log/2",
        ["hub-a/log/1"],
    ]


def test_the_hub_below_follows_its_parent_under_way(pair: Pair) -> None:
    pair.top.hub.log.sequence()
    pair.round()
    old_line = pair.witnessing
    rotate_log(pair.top.places, pair.top.hub, actor="an")
    pair.restart(pair.top)
    pair.witnessing = old_line  # the child was not started anew
    old_line._line = pair.line
    pair.top.hub.log.sequence()
    with pytest.raises(NotTheLogs):
        pair.round()
    pair.round()
    assert pair.a.hub.witness.size_seen("hub-top/log/2") == newest(pair.top.hub).size


def test_a_roll_that_the_old_key_did_not_sign_changes_nothing(pair: Pair) -> None:
    pair.say()
    pair.round()
    roll(pair, pair.top)
    stranger = pair.top.hub.witness.rolls.own()
    assert stranger, "of another log"
    before = pair.top.hub.world.transactions.read(lambda connection: peers.get(connection, "hub-a"))
    assert pair.top.hub.witness.rolls.take("hub-a", stranger) == 0
    assert pair.top.hub.world.transactions.read(lambda connection: peers.get(connection, "hub-a")) == before


def test_cut_off_between_database_and_file_it_is_finished_at_the_start(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("config.log_rotation._put_into_place", cut)
    with pytest.raises(KeyboardInterrupt):
        rotate_log(pair.a.places, pair.a.hub, actor="an")
    monkeypatch.undo()
    assert pair.a.places.next_key(LOG).exists()
    hub = pair.restart(pair.a).hub
    assert not pair.a.places.next_key(LOG).exists()
    assert hub.log.sequence() > 0
    assert newest(hub).origin == "hub-a/log/2"
    assert len(list((pair.a.places.key(LOG).parent / "old").iterdir())) == 1


def test_a_key_that_is_not_the_epochs_opens_no_hub(pair: Pair) -> None:
    roll(pair, pair.a)
    pair.a.places.key(LOG).unlink()
    write_secret(pair.a.places.key(LOG), new_log_key(None))
    with pytest.raises(LogKeyForeign):
        pair.restart(pair.a)
    old = next((pair.a.places.key(LOG).parent / "old").iterdir())
    pair.a.places.key(LOG).unlink()
    shutil.copy2(old, pair.a.places.key(LOG))
    with pytest.raises(LogKeyForeign):
        pair.restart(pair.a)


def test_it_can_be_done_again_and_the_change_is_on_record(pair: Pair) -> None:
    pair.say()
    roll(pair, pair.a)
    pair.say()
    roll(pair, pair.a)
    pair.say()
    pair.round()
    assert pair.top.hub.witness.size_seen("hub-a/log/3") == newest(pair.a.hub).size
    epochs = pair.a.hub.world.transactions.read(epochrows.every)
    assert [row.origin for row in epochs] == ["hub-a/log/2", "hub-a/log/3"]
    assert next_origin("hub-a/log/3") == "hub-a/log/4"


def test_time_stamps_of_the_closed_epoch_are_kept_beside_it(pair: Pair) -> None:
    hub = pair.a.hub
    pair.say()
    asyncio.run(Stamping(hub.world, hub.stamps, Source(hub.time_stamping), anchors=hub.world.anchors).round())
    assert pair.a.hub.stamps.state().stamped_size > 0
    roll(pair, pair.a)
    assert pair.a.hub.stamps.state().stamped_size == 0, "the new epoch wants its own"
    kept = pair.a.hub.world.transactions.read(
        lambda connection: connection.execute(select(closed_timestamp.c.origin)).scalars().all()
    )
    assert kept == ["hub-a/log/1"]
