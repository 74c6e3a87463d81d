"""Eight kinds of tampering × 25 seeded places against three living hubs: each is noticed by the detector that is named.

The administrator of hub-a (or hub-top) has root: the database, every file and the log key. What he does not have is the
other hubs, and the receipts that are already out. The kinds are those of the attack model in `docs/concepts.md`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from exchange_axis.errors import NotFound
from exchange_axis.hub.fsck import Checked, FaultKind, run_fsck
from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.service import Hub
from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, read_unverified_checkpoint, sign_checkpoint
from exchange_axis.ledger.cosignature import WitnessKey
from exchange_axis.ledger.errors import LedgerError, NotConsistent
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import KeySigner
from exchange_axis.ledger.policy import WitnessPolicy, logged_after, some_of, witnessed
from exchange_axis.ledger.proof import LogProof, read_proof, verify_evidence_proof, write_proof
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.ledger.witness import Adding, SplitView
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows
from tests.hub.log_line import DirectLog
from tests.hub.stand import Stand, enrol, federate, open_stand
from tests.hub.witnessed import Pair, back_up, newest, restore_database, signer_of
from tests.ledger.naive import MemoryNodes

PLACES = 25
"""Of each kind."""
LETTERS = 12
SLACK = timedelta(seconds=60)
"""A checkpoint comes at most so long after what it covers (design: the log)."""


class Undo(Exception):
    """Ends a transaction of which nothing is to stay."""


class Three(Pair):
    """hub-top over hub-a and hub-b: each has two hubs beside it, or one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.b = federate(self.top, open_stand(folder, "hub-b", clock=self.clock), ["H91"])
        row = next(row for row in self.top.hub.registry.every() if row.id == "hub-b")
        self.b_line = Witnessing(self.b.hub, DirectLog(self.top.hub, row))
        self.b.hub.log.sequence()
        self.top.hub.log.sequence()

    def everybody_looks(self) -> None:
        self.round()
        asyncio.run(self.b_line.round())

    def close(self) -> None:
        super().close()
        self.b.close()


@dataclass
class Receipt:
    sha256: str
    proof: bytes


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    three = Three(tmp_path_factory.mktemp("three"))
    yield three
    three.close()


@pytest.fixture(scope="module")
def receipts(three: Three) -> list[Receipt]:
    """What is out: each with a proof that its witness has cosigned, two minutes after the one before."""
    found = []
    for _ in range(LETTERS):
        (sha256,) = three.say()
        three.everybody_looks()
        proof = three.a.hub.log.proof(sha256)
        assert proof is not None
        found.append(Receipt(sha256, proof))
        three.clock.advance(minutes=2)
    return found


def policy_for(hub: Hub, beside: Sequence[Hub]) -> WitnessPolicy:
    keys = [one.registry.vkeys.witness for one in beside]
    assert hub.registry.vkeys.witness not in keys
    found = [key for key in keys if isinstance(key, WitnessKey)]
    return some_of(len(found), found)


def tampered(stand: Stand, change: dict[str, dict[str, object]]) -> Checked:
    """What `axis log fsck` says after the change; then it is undone."""
    found: list[Checked] = []

    def work(connection: Connection) -> None:
        for statement, values in change.items():
            connection.execute(text(statement), values)
        found.append(run_fsck(connection, stand.hub.registry.vkeys.log))
        raise Undo

    with pytest.raises(Undo):
        stand.hub.world.transactions.run(work)
    return found[0]


def rng(kind: str, place: int) -> random.Random:
    return random.Random(f"{kind} {place}")


def leaves_of(hub: Hub) -> list[bytes]:
    size = newest(hub).size
    return [leaf.data for leaf in hub.world.transactions.read(lambda c: logrows.leaves(c, 0, size))]


def forged_log(entries: Sequence[bytes], signer: KeySigner) -> tuple[MemoryNodes, bytes]:
    """A whole tree over other entries, with a checkpoint that the real key has signed."""
    nodes = MemoryNodes()
    root = tree.append(nodes, 0, [tree.leaf_hash(entry) for entry in entries])
    return nodes, sign_checkpoint(Checkpoint(origin=signer.name, size=len(entries), root=root), signer)


# 1 edit, delete or reorder a row → `axis log fsck`, and any older receipt


def test_1_rows_that_were_edited_deleted_or_reordered(three: Three, receipts: list[Receipt]) -> None:
    noticed: Counter[str] = Counter()
    size = newest(three.a.hub).size
    for place in range(PLACES):
        chance = rng("edit", place)
        first, second = sorted(chance.sample(range(size), 2))
        act = chance.choice(["edit", "delete", "reorder", "salt", "document"])
        changes: dict[str, dict[str, dict[str, object]]] = {
            "edit": {"UPDATE leaf SET data = :data WHERE position = :p": {"data": chance.randbytes(32), "p": first}},
            "delete": {"DELETE FROM leaf WHERE position = :p": {"p": first}},
            "reorder": {
                "UPDATE leaf SET position = -1 WHERE position = :p": {"p": first},
                "UPDATE leaf SET position = :p WHERE position = :q": {"p": first, "q": second},
                "UPDATE leaf SET position = :q WHERE position = -1": {"q": second},
            },
            "salt": {"UPDATE leaf SET salt = :salt WHERE position = :p": {"salt": chance.randbytes(32), "p": first}},
            "document": {
                "UPDATE evidence SET bytes = CAST('<x/>' AS BLOB) WHERE seq = "
                "(SELECT seq FROM evidence ORDER BY seq LIMIT 1 OFFSET :n)": {"n": first % LETTERS}
            },
        }
        found = tampered(three.a, changes[act])
        assert found.faults, (place, act)
        noticed[act] += 1
    assert noticed.total() == PLACES
    assert len(noticed) == 5, noticed


# 2 rewrite everything and sign anew → the witness refuses, and receipts that are out contradict it


def test_2_a_rewritten_history_with_a_new_checkpoint(three: Three, receipts: list[Receipt]) -> None:
    three.everybody_looks()  # what no witness has seen, no witness can miss
    signer, entries = signer_of(three.a), leaves_of(three.a.hub)
    top, covered = three.top.hub, read_unverified_checkpoint(read_proof(receipts[-1].proof).checkpoint).size
    for place in range(PLACES):
        chance = rng("rewrite", place)
        index = chance.randrange(covered)
        changed = [*entries]
        changed[index] = chance.randbytes(32)
        changed += [chance.randbytes(32) for _ in range(chance.randrange(3))]
        nodes, note = forged_log(changed, signer)
        old = top.witness.size_seen(signer.name)
        path = tree.consistency_proof(nodes, old, len(changed)) if old < len(changed) else []
        with pytest.raises(SplitView):
            top.witness.add(Adding(old=old, path=tuple(path), checkpoint=note))
        forged = open_checkpoint(note, signer.verifier)
        contradicting = 0
        for receipt in receipts:
            known = open_checkpoint(read_proof(receipt.proof).checkpoint, signer.verifier)
            with suppress(LedgerError):
                proof = tree.consistency_proof(nodes, known.size, forged.size)
                verify_consistency(known.size, forged.size, proof, root1=known.root, root2=forged.root)
                continue
            contradicting += 1
        assert contradicting, place
    codes = Counter(row.code for row in top.witness.troubles())
    assert codes["witness.split-view"] >= PLACES, "each attempt is kept as evidence"


# 3 a split view → the policy of whoever reads the receipt


def split_receipt(three: Three, signer: KeySigner, chance: random.Random) -> tuple[bytes, bytes]:
    """A receipt that is only in the log that one reader is shown: its digest, and a proof that holds."""
    entries, digest, salt = leaves_of(three.a.hub), chance.randbytes(32), chance.randbytes(32)
    index = chance.randrange(len(entries))
    shown = [*entries[:index], leaf_data(salt, digest), *entries[index + 1 :]]
    nodes, note = forged_log(shown, signer)
    path = tuple(tree.inclusion_proof(nodes, index, len(shown)))
    return digest, write_proof(LogProof(index=index, path=path, checkpoint=note, extra=salt))


def test_3_a_split_view_lacks_its_witnesses(three: Three, receipts: list[Receipt]) -> None:
    signer, policy = signer_of(three.a), policy_for(three.a.hub, [three.top.hub])
    for receipt in receipts:
        assert witnessed(read_proof(receipt.proof).checkpoint, policy).enough, "the true ones have them"
    for place in range(PLACES):
        digest, proof = split_receipt(three, signer, rng("split", place))
        verify_evidence_proof(proof, digest, signer.verifier)
        assert not witnessed(read_proof(proof).checkpoint, policy).enough, place


def test_3_without_the_policy_the_split_view_succeeds(three: Three, receipts: list[Receipt]) -> None:
    """Teeth: it is the witnesses that notice, and nothing else."""
    signer = signer_of(three.a)
    for place in range(PLACES):
        digest, proof = split_receipt(three, signer, rng("split", place))
        verify_evidence_proof(proof, digest, signer.verifier)
        assert witnessed(read_proof(proof).checkpoint, some_of(0, [])).enough


def test_3_two_witnesses_are_asked_where_two_are_demanded(three: Three, receipts: list[Receipt]) -> None:
    three.everybody_looks()
    three.top.hub.log.sequence()
    three.everybody_looks()
    note = three.top.hub.log.checkpoint()
    assert note is not None
    policy = policy_for(three.top.hub, [three.a.hub, three.b.hub])
    assert witnessed(note, policy).enough
    one_only = b"".join(line for line in note.splitlines(keepends=True) if b"hub-b/witness" not in line)
    assert not witnessed(one_only, policy).enough


# 4 withhold a letter from the log → no proof for its sender, and `axis log fsck`


def test_4_evidence_that_is_kept_out_of_the_log(three: Three, receipts: list[Receipt]) -> None:
    for place in range(PLACES):
        receipt = rng("withhold", place).choice(receipts)
        found = tampered(
            three.a,
            {"UPDATE leaf SET sha256 = 'hidden', salt = NULL WHERE sha256 = :sha256": {"sha256": receipt.sha256}},
        )
        assert FaultKind.UNLOGGED in {fault.kind for fault in found.faults}, place
    with pytest.raises(NotFound):
        three.a.hub.log.proof("0" * 64)  # what is not logged has no proof: its holder's node alarms after 5 minutes


# 5 backdate → the times of witnesses


def test_5_a_backdated_entry_is_younger_than_it_says(three: Three, receipts: list[Receipt]) -> None:
    policy = policy_for(three.a.hub, [three.top.hub])
    key = signer_of(three.a).verifier
    seen: list[tuple[int, datetime]] = []
    for receipt in receipts:
        note = read_proof(receipt.proof).checkpoint
        since = witnessed(note, policy).since
        assert since is not None
        seen.append((open_checkpoint(note, key).size, since))
    for place in range(PLACES):
        chance = rng("backdate", place)
        number = chance.randrange(2, LETTERS)
        index = read_proof(receipts[number].proof).index
        after = logged_after(index, seen)
        honest = seen[number][1]
        assert after is not None
        assert honest >= after, "an honest time is not accused"
        claimed = seen[chance.randrange(number - 1)][1]  # as if it had been said before an earlier letter
        assert claimed < after - SLACK, place
    assert logged_after(0, seen) is None, "of the very first nobody can tell"


# 6 a stolen log key → the witness still knows what it has seen


def test_6_a_fork_signed_with_a_stolen_key(three: Three, receipts: list[Receipt]) -> None:
    three.everybody_looks()  # what no witness has seen, no witness can miss
    signer, entries = signer_of(three.a), leaves_of(three.a.hub)
    for place in range(PLACES):
        chance = rng("steal", place)
        since = chance.randrange(1, len(entries))
        branch = entries[:since] + [chance.randbytes(32) for _ in range(chance.randrange(1, 2 * len(entries)))]
        nodes, note = forged_log(branch, signer)
        old = three.top.hub.witness.size_seen(signer.name)
        path: Sequence[bytes] = ()
        if old < len(branch):
            path = tree.consistency_proof(nodes, old, len(branch))
        with pytest.raises(LedgerError) as refused:
            three.top.hub.witness.add(Adding(old=min(old, len(branch)), path=tuple(path), checkpoint=note))
        assert refused.value.code in {"witness.split-view", "witness.other-size"}, place
        assert three.a.hub.world.transactions.read(
            lambda c, note=note: _contradicts(c, open_checkpoint(note, signer.verifier))  # type: ignore[misc]
        ), "shown to the hub that was robbed, it stops"


def _contradicts(connection: Connection, shown: Checkpoint) -> bool:
    size = logrows.size(connection)
    return shown.size > size or tree.root(StoredNodes(connection), shown.size) != shown.root


# 7 a snapshot of the machine is put back → the memory outside the database, and the hub above


def test_7_a_snapshot_that_was_put_back(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    try:
        snapshots = []
        for number in range(PLACES):
            pair.say()
            pair.round()
            pair.a.hub.close()
            back_up(pair.a, tmp_path / f"snapshot-{number}")
            snapshots.append(tmp_path / f"snapshot-{number}")
            pair.restart(pair.a)
        pair.say()
        pair.round()
        for place, snapshot in enumerate(snapshots):
            forgets = rng("snapshot", place).random() < 0.5
            pair.a.hub.close()
            restore_database(pair.a, snapshot)
            if forgets:
                (pair.a.places.root / "log-state").unlink(missing_ok=True)
            pair.restart(pair.a)
            if forgets:
                assert pair.a.hub.log_guard.is_sound
                pair.round()
            trouble = pair.a.hub.log_guard.trouble
            assert trouble is not None, (place, forgets)
            assert trouble.code == "log.rolled-back"
            assert pair.a.hub.log.sequence() == 0
            (pair.a.places.root / "log-state").write_text(trouble.first, encoding="utf-8")
    finally:
        pair.close()


# 8 act silently → decisions are entries of the log


SILENT = {
    "actor": "UPDATE decision SET actor = :value WHERE seq = :n",
    "action": "UPDATE decision SET action = :value WHERE seq = :n",
    "subject": "UPDATE decision SET subject = :value WHERE seq = :n",
    "details": "UPDATE decision SET details = :value WHERE seq = :n",
    "at": "UPDATE decision SET at = :value WHERE seq = :n",
    "gone": "DELETE FROM decision WHERE seq = :n",
}


def test_8_decisions_that_were_altered_or_removed(three: Three, receipts: list[Receipt]) -> None:
    enrol(three.a, "node-x", ["H90.02"])
    three.a.hub.log.sequence()
    noticed: Counter[str] = Counter()
    for place in range(PLACES):
        chance = rng("decide", place)
        number = chance.randrange(1, 6)
        column = chance.choice([*SILENT])
        values: dict[str, object] = {"n": number, **({} if column == "gone" else {"value": 1})}
        change = {SILENT[column]: values}
        kinds = {fault.kind for fault in tampered(three.a, change).faults}
        assert kinds & {FaultKind.DOCUMENT, FaultKind.MISSING}, (place, column)
        noticed[column] += 1
    assert noticed.total() == PLACES


def test_after_all_acts_the_living_log_is_sound(three: Three, receipts: list[Receipt]) -> None:
    """What was only tried has changed nothing, but is remembered where it was tried."""
    found = three.a.hub.log_check.run()
    assert found.faults == ()
    with suppress(NotConsistent):
        three.everybody_looks()
    assert three.a.hub.log_guard.is_sound
