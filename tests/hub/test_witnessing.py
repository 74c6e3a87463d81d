"""Hubs witness each other; a log that was rolled back or forked is noticed, stops, and is mended by decision."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.domain.trust_list_text import from_toml
from exchange_axis.hub.authority import witnesses_asked
from exchange_axis.hub.log_guard import LogForked, LogHalted
from exchange_axis.hub.log_repair import NoCopyAtHome, NothingToRepair, ReasonMissing
from exchange_axis.hub.trusting import TrustLists
from exchange_axis.hub.world import World
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.copying import Copying, write_copying
from exchange_axis.ledger.cosignature import read_cosignatures, read_witness_key
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.policy import some_of, witnessed
from exchange_axis.ledger.proof import read_proof, verify_evidence_proof
from exchange_axis.ledger.witness import Adding, SplitView
from exchange_axis.ports import HubRefused
from exchange_axis.store.checkpoint_file import NAME
from exchange_axis.store.hub import logrows, records
from tests.hub.stand import make_letter, reopen
from tests.hub.witnessed import Pair, back_up, newest, restore_database, signer_of

LEAVES = 3
"""Of one letter: acceptance, consignment, transfer record."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def key_of(pair: Pair, hub: str) -> str:
    keys = {"hub-a": pair.a, "hub-top": pair.top}[hub].hub.registry.vkeys.members()
    return keys["witness"]


def test_as_many_witnesses_are_waited_for_as_the_settings_or_the_list_say(pair: Pair, tmp_path: Path) -> None:
    """The hub at the top has one witness, the hub below; a second one joins and the settings ask for both."""
    world = pair.top.hub.world
    with_two = replace(world, settings=replace(world.settings, witnesses_needed=2))

    def asked(one: World, there_are: int) -> int:
        return world.transactions.read(lambda connection: witnesses_asked(one, connection, there_are))

    assert [asked(world, n) for n in (0, 1, 3)] == [0, 1, 1]
    assert [asked(with_two, n) for n in (0, 1, 3)] == [0, 1, 2]
    lists = TrustLists(with_two, pair.top.hub.trust_lists.vkey, witness=key_of(pair, "hub-top"))
    policy = from_toml(lists.draft(), version=1, issued_at=pair.clock.at, issuer="hub-top").witnesses
    assert (policy.needed, set(policy.vkeys)) == (2, {key_of(pair, "hub-top"), key_of(pair, "hub-a")})
    lists.propose(lists.draft(), actor="lan")
    lists.approve(actor="minh")
    assert asked(world, 3) == 2, "what the list says counts before one's own settings"
    again = TrustLists(world, lists.vkey).draft()
    kept = from_toml(again, version=2, issued_at=pair.clock.at, issuer="hub-top").witnesses
    assert kept == policy, "where the settings say nothing the list stays"


def test_a_hub_of_before_witnesses_gets_its_key_when_it_is_opened(pair: Pair) -> None:
    pair.a.places.key("witness").unlink()
    pair.a = reopen(pair.a)
    key = key_of(pair, "hub-a")
    said = pair.a.hub.world.transactions.read(lambda connection: records.newest_details(connection, "hub.witness-key"))
    assert said == key
    assert pair.a.places.key("witness").stat().st_mode & 0o777 == 0o600
    pair.a = reopen(pair.a)
    assert key_of(pair, "hub-a") == key, "made once"


def test_a_proof_carries_the_cosignature_of_the_hub_above(pair: Pair) -> None:
    (said,) = pair.say()
    assert pair.a.hub.log.proof(said) is None, "it waits for its witness"
    assert pair.round() > 0
    proof = pair.a.hub.log.proof(said)
    assert proof is not None
    log = read_vkey(pair.a.hub.registry.log_vkey)
    verify_evidence_proof(proof, bytes.fromhex(said), log)
    top = read_witness_key(key_of(pair, "hub-top"))
    note = read_proof(proof).checkpoint
    assert [one.at for one in read_cosignatures(note, [top])] == [pair.clock.at]
    found = witnessed(note, some_of(1, [top]))
    assert (found.enough, found.since) == (True, pair.clock.at)
    assert pair.round() == 0, "nothing new, nothing done"


def test_a_witness_that_does_not_answer_holds_a_proof_up_only_for_a_while(pair: Pair) -> None:
    (said,) = pair.say()
    pair.clock.advance(seconds=9)
    assert pair.a.hub.log.proof(said) is None
    pair.clock.advance(seconds=1)
    proof = pair.a.hub.log.proof(said)
    assert proof is not None
    assert read_cosignatures(read_proof(proof).checkpoint, [read_witness_key(key_of(pair, "hub-top"))]) == ()


def test_the_hub_below_is_a_witness_of_the_hub_above(pair: Pair) -> None:
    pair.top.hub.log.sequence()
    pair.round()
    note = pair.top.hub.log.checkpoint()
    assert note is not None
    child = read_witness_key(key_of(pair, "hub-a"))
    assert len(read_cosignatures(note, [child])) == 1
    assert pair.a.hub.witness.size_seen("hub-top/log/1") == newest(pair.top.hub).size


@pytest.mark.usefixtures("either_store")
def test_the_hub_above_has_a_copy_of_every_entry(pair: Pair) -> None:
    pair.say(3)
    pair.round()
    size = newest(pair.a.hub).size
    (state,) = pair.top.hub.witness.state()
    assert (state["origin"], state["copied"], state["cosigned"]) == ("hub-a/log/1", size, size)
    pair.say(2)
    pair.connect()  # a new program does not know how far the copy is
    pair.round()
    (state,) = pair.top.hub.witness.state()
    assert state["copied"] == newest(pair.a.hub).size == size + 2 * LEAVES


def test_a_witness_takes_only_what_continues(pair: Pair) -> None:
    pair.say(2)
    pair.round()
    forger, size = signer_of(pair.a), newest(pair.a.hub).size
    for forged in (size, size + 5):
        note = sign_checkpoint(Checkpoint(origin=forger.name, size=forged, root=b"\x05" * 32), forger)
        path = () if forged == size else (b"\x06" * 32,)
        with pytest.raises(SplitView):
            pair.top.hub.witness.add(Adding(old=size, path=path, checkpoint=note))
    troubles = pair.top.hub.witness.troubles()
    assert [row.code for row in troubles] == ["witness.split-view"] * 2
    known = open_checkpoint(troubles[0].first.encode(), forger.verifier)
    shown = open_checkpoint(troubles[0].second.encode(), forger.verifier)
    assert (known.size, shown.size) == (size, size), "both sides are kept as they were signed"
    assert known.root != shown.root


def test_another_hubs_log_cannot_be_copied_in(pair: Pair) -> None:
    pair.say()
    pair.top.hub.log.sequence()
    note = pair.top.hub.log.checkpoint()
    assert note is not None
    foreign = write_copying(Copying(first=0, entries=(b"\x00" * 32,), checkpoint=note))
    with pytest.raises(HubRefused) as refused:
        asyncio.run(pair.line.copy(foreign))
    assert refused.value.problem["code"] == "witness.unknown-log"


def test_a_copy_is_held_against_its_checkpoint(pair: Pair) -> None:
    pair.say()
    pair.round()
    size = newest(pair.a.hub).size
    pair.say()
    note, grown = pair.a.hub.log.checkpoint(), newest(pair.a.hub).size
    assert note is not None
    leaves = pair.a.hub.world.transactions.read(lambda connection: logrows.leaves(connection, size, grown - size))
    true = [leaf.data for leaf in leaves]
    for entries in ([b"\x00" * 32, *true[1:]], true[::-1]):
        with pytest.raises(HubRefused) as refused:
            asyncio.run(pair.line.copy(write_copying(Copying(first=size, entries=tuple(entries), checkpoint=note))))
        assert refused.value.problem["code"] == "witness.split-view"
    short = Copying(first=size, entries=tuple(true[:-1]), checkpoint=note)
    with pytest.raises(HubRefused) as refused:
        asyncio.run(pair.line.copy(write_copying(short)))
    assert refused.value.problem["code"] == "witness.malformed"
    assert asyncio.run(pair.line.copy(write_copying(replace(short, entries=tuple(true))))) == grown


# Rollback


def rolled_back(pair: Pair, tmp_path: Path, *, whole: bool) -> int:
    """hub-a restored from yesterday's backup; the size that its log had."""
    pair.say(2)
    pair.round()
    pair.a.hub.close()
    back_up(pair.a, tmp_path / "backup")
    pair.restart(pair.a)
    pair.say(3)
    pair.round()
    size = newest(pair.a.hub).size
    pair.a.hub.close()
    restore_database(pair.a, tmp_path / "backup")
    if whole:
        (pair.a.places.root / NAME).write_bytes((tmp_path / "backup" / NAME).read_bytes())
    pair.restart(pair.a)
    return size


def test_a_restored_database_is_noticed_at_start_and_stops_the_hub(pair: Pair, tmp_path: Path) -> None:
    size = rolled_back(pair, tmp_path, whole=False)
    trouble = pair.a.hub.log_guard.trouble
    assert trouble is not None
    assert trouble.code == "log.rolled-back"
    assert str(size) in trouble.en
    assert pair.a.hub.log.sequence() == 0
    letter = make_letter(tmp_path, pair.node, "H90.01", ["H90"], clock=pair.clock, number="900")
    with pytest.raises(LogHalted):
        pair.a.hub.intake.submit(pair.node.row, letter)
    pair.restart(pair.a)
    assert not pair.a.hub.log_guard.is_sound, "a restart does not mend it"


def test_a_restored_folder_is_noticed_by_the_hub_above(pair: Pair, tmp_path: Path) -> None:
    rolled_back(pair, tmp_path, whole=True)
    assert pair.a.hub.log_guard.is_sound, "nothing on this disk tells"
    pair.round()
    assert not pair.a.hub.log_guard.is_sound


def test_a_peer_that_shows_what_it_has_seen_stops_a_hub_that_was_rolled_back(pair: Pair, tmp_path: Path) -> None:
    pair.say(1)
    pair.a.hub.close()
    back_up(pair.a, tmp_path / "backup")
    pair.restart(pair.a)
    pair.say(1)
    shown = pair.a.hub.log.checkpoint()
    assert shown is not None
    assert pair.a.hub.log_guard.heard(shown)
    pair.a.hub.close()
    restore_database(pair.a, tmp_path / "backup")
    (pair.a.places.root / NAME).unlink()
    pair.restart(pair.a)
    assert pair.a.hub.log_guard.is_sound
    assert not pair.a.hub.log_guard.heard(shown)
    assert not pair.a.hub.log_guard.is_sound


def test_what_is_not_ours_stops_nothing(pair: Pair) -> None:
    pair.say()
    forged = sign_checkpoint(
        Checkpoint(origin="hub-a/log/1", size=10_000, root=b"\x01" * 32), signer_of(pair.top).renamed("hub-a/log/1")
    )
    for note in (forged, b"", b"nonsense", forged[:-9]):
        assert pair.a.hub.log_guard.heard(note)
    assert pair.a.hub.log_guard.is_sound


def test_lost_entries_are_taken_back_and_every_proof_stays_true(pair: Pair, tmp_path: Path) -> None:
    size = rolled_back(pair, tmp_path, whole=False)
    with pytest.raises(NoCopyAtHome):
        pair.a.hub.log_repair.finish(actor="test")
    before = newest(pair.a.hub).size
    assert before < size
    pair.round()
    assert newest(pair.a.hub).size == size
    done = pair.a.hub.log_repair.finish(actor="test")
    assert (done.origin, done.size) == ("hub-a/log/1", size)
    assert done.lost > 0
    pair.restart(pair.a)
    assert pair.a.hub.log_guard.is_sound
    (said,) = pair.say()
    pair.round()
    proof = pair.a.hub.log.proof(said)
    assert proof is not None
    assert newest(pair.a.hub).size == size + LEAVES + 1, "the decision is logged too"
    with pytest.raises(NothingToRepair):
        pair.a.hub.log_repair.finish(actor="test")


def test_a_copy_in_a_file_mends_it_where_there_is_no_line(pair: Pair, tmp_path: Path) -> None:
    """`axis log export` at the hub above, `axis log repair --copy` here."""
    size = rolled_back(pair, tmp_path, whole=False)
    first = newest(pair.a.hub).size
    asked = {"origin": "hub-a/log/1", "first": first, "actor": "test"}
    file = json.loads(json.dumps(HUB_OPERATIONS["log.copy"](pair.top.hub, asked)))
    repair = {"pieces": file["pieces"], "new_epoch": False, "reason": "", "actor": "test"}
    done = HUB_OPERATIONS["log.repair"](pair.a.hub, repair)
    assert (done.origin, done.size) == ("hub-a/log/1", size)
    pair.restart(pair.a)
    assert pair.a.hub.log_guard.is_sound
    assert pair.a.hub.log_check.run().faults == ()


# Forks and epochs


def forked(pair: Pair, tmp_path: Path) -> None:
    """Restored, and gone on without asking anybody: two histories bear the signature."""
    rolled_back(pair, tmp_path, whole=True)
    assert pair.a.hub.log_guard.is_sound
    pair.say(4)
    assert pair.a.hub.log_guard.is_sound
    pair.round()


def test_a_fork_is_noticed_at_first_contact(pair: Pair, tmp_path: Path) -> None:
    forked(pair, tmp_path)
    trouble = pair.a.hub.log_guard.trouble
    assert trouble is not None
    assert trouble.code == "log.forked"
    with pytest.raises(LogForked):
        pair.a.hub.log_repair.finish(actor="test")


def test_a_new_epoch_goes_on_under_a_new_origin(pair: Pair, tmp_path: Path) -> None:
    forked(pair, tmp_path)
    old = newest(pair.a.hub)
    with pytest.raises(ReasonMissing):
        pair.a.hub.log_repair.open_epoch(actor="test", reason=" ")
    done = pair.a.hub.log_repair.open_epoch(actor="test", reason="khôi phục từ bản sao cũ")
    assert (done.origin, done.size) == ("hub-a/log/2", old.size)
    pair.restart(pair.a)
    hub = pair.a.hub
    assert hub.world.settings.origin == "hub-a/log/2"
    assert hub.log_guard.is_sound
    assert hub.log.sequence() == 2, "the statement that opens the epoch is logged, and the decision"
    (said,) = pair.say()
    pair.round()
    proof = hub.log.proof(said)
    assert proof is not None
    log = read_vkey(hub.registry.log_vkey)
    assert log.name == "hub-a/log/2"
    verify_evidence_proof(proof, bytes.fromhex(said), log)
    assert len(read_cosignatures(read_proof(proof).checkpoint, [read_witness_key(key_of(pair, "hub-top"))])) == 1
    copies = {state["origin"]: state["copied"] for state in pair.top.hub.witness.state()}
    assert copies["hub-a/log/2"] == newest(hub).size
    assert copies["hub-a/log/1"], "what was known of the closed epoch stays known"


def test_nothing_is_signed_before_the_hub_above_was_asked(pair: Pair) -> None:
    pair.a.hub.log.sequence()
    pair.a.hub.log.hold(20)
    before = pair.a.hub.log.state().size
    pair.say()
    assert pair.a.hub.log.state().size == before
    pair.round()
    assert pair.a.hub.log.sequence() == LEAVES
    pair.a.hub.log.hold(20)
    pair.say()
    pair.clock.advance(seconds=20)
    assert pair.a.hub.log.sequence() == LEAVES, "a hub above that does not answer holds up nothing for ever"
