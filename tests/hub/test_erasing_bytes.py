"""T12: after many erasures in a long log every proof still verifies, and no byte of what was erased is on the disk.

Run with `-s` to see the figures. The search is shown to be one that finds: before the erasure it finds what lies
unencrypted, and the content opens.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.store.errors import BlobErased
from exchange_axis.store.hub import records
from tests.hub.stand import HandClock, reopen
from tests.hub.test_erasing import GROUND, Scene, scene_on

LETTERS, KEPT, ENTRIES = 30, 3, 10_000
"""Letters erased, letters kept beside them, entries of the log before."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = scene_on(tmp_path, HandClock())
    yield scene
    scene.stand.close()


def fill_log(scene: Scene, entries: int) -> None:
    """As many decisions as make a log of that size."""
    hub, at = scene.stand.hub, scene.clock.now()

    def work(connection: object) -> None:
        for number in range(entries):
            records.decide(connection, at=at, actor="test", action="filling", subject=str(number), details="")  # type: ignore[arg-type]

    hub.world.transactions.run(work)
    while hub.log.sequence():
        pass


def needles(number: int) -> tuple[str, ...]:
    """What is only in that letter: number/symbol, words of its clerk, its subject."""
    return f"{number}/BC-UBND", f"Ông Trần Văn Mật {number}", f"V/v đơn của bà Lê Thị Kín {number}"


PERSONAL = re.compile("|".join(needles(0)).replace("0", "1[0-9]{4}").encode())


def personal(scene: Scene) -> set[str]:
    """All such strings anywhere in the hub's folder, as it lies on disk."""
    files = (path for path in scene.stand.places.root.rglob("*") if path.is_file())
    return {found.decode() for path in files for found in PERSONAL.findall(path.read_bytes())}


def test_erased_bytes_are_nowhere_and_every_proof_stands(scene: Scene) -> None:
    hub = scene.stand.hub
    fill_log(scene, ENTRIES)
    numbers = range(10_000, 10_000 + LETTERS + KEPT)
    names = {}
    for number in numbers:
        _, clerk, subject = needles(number)
        names[number] = scene.ended(str(number), reason=clerk, subject=subject)
        hub.log.sequence()
    erased, kept = list(numbers)[:LETTERS], list(numbers)[LETTERS:]
    evidence = [
        one for number in numbers for letter in hub.auditing.history(names[number][0]) for one in letter.evidence
    ]
    old = {one.sha256: hub.log.proof(one.sha256) for one in evidence}
    key, first = hub.log.verifier, hub.log.checkpoint()
    assert first is not None and None not in old.values()

    stored = {needle for number in numbers for needle in needles(number)[:2]}
    assert personal(scene) == stored, "the search finds what lies unencrypted; content is encrypted from the start"
    for number in numbers:
        with hub.world.blobs.open(names[number][1].sha256) as blob:
            assert needles(number)[2].encode() in blob.read_range(0, blob.size), "and the content opens"
    copies = scene.folder / "copy-of-blobs"
    shutil.copytree(scene.stand.places.blobs, copies)

    started = time.perf_counter()
    for number in erased:
        assert scene.erase(names[number][0]).state == "done"
        hub.log.sequence()
    seconds = time.perf_counter() - started
    assert personal(scene) == {needle for number in kept for needle in needles(number)[:2]}

    shutil.copytree(copies, scene.stand.places.blobs, dirs_exist_ok=True)  # a backup of the blobs comes back
    for number in erased:
        with pytest.raises(BlobErased), hub.world.blobs.open(names[number][1].sha256):
            pass
    for number in kept:
        assert hub.world.blobs.has(names[number][1].sha256)

    newest = hub.log.checkpoint()
    assert newest is not None
    before, after = open_checkpoint(first, key), open_checkpoint(newest, key)
    proof = hub.tiling.consistency(before.size, after.size)
    tree.verify_consistency(before.size, after.size, proof, root1=before.root, root2=after.root)
    for sha256, given in old.items():
        verify_evidence_proof(given or b"", bytes.fromhex(sha256), key)
        again = hub.log.proof(sha256)
        assert verify_evidence_proof(again or b"", bytes.fromhex(sha256), key).size == after.size
    hub.log.verify()
    assert hub.log_check.run().faults == ()
    print(
        f"\nT12: {LETTERS} erasures in {seconds:.1f} s, log of {after.size} entries, {2 * len(old)} proofs verified, "
        f"{3 * len(numbers)} byte strings searched"
    )


def test_a_letter_is_nowhere_as_soon_as_it_is_erased(scene: Scene) -> None:
    """Also not in the write-ahead log, while the hub runs."""
    name, _ = scene.ended("10000", reason=needles(10_000)[1])
    assert personal(scene) == set(needles(10_000)[:2])
    scene.erase(name)
    assert personal(scene) == set()


def test_after_a_restart_nothing_comes_back(scene: Scene) -> None:
    name, made = scene.ended("10000", reason=needles(10_000)[1])
    scene.erase(name)
    scene.stand = reopen(scene.stand)
    scene.stand.hub.housekeeping()
    assert scene.found(*needles(10_000)) == set()
    assert not scene.stand.hub.world.blobs.has(made.sha256)


def test_a_key_that_is_kept_would_be_found(scene: Scene) -> None:
    """The key of an erased blob is overwritten where it lay, not only marked as gone."""
    name, made = scene.ended("57")
    with (scene.stand.places.blobs / made.sha256[:2] / made.sha256).open("rb") as file:
        key_id = file.read(24)[8:]
    scene.stand.hub.world.blobs.open(made.sha256).__enter__()
    database = scene.stand.places.blob_keys / "keys.db"

    def wrapped() -> bytes | None:
        connection = sqlite.connect(f"file:{database}?mode=ro", uri=True)
        try:
            row = connection.execute("SELECT wrapped FROM blob_key WHERE id = ?", (key_id,)).fetchone()
        finally:
            connection.close()
        return None if row is None or row[0] is None else bytes(row[0])

    sealed = wrapped()
    assert sealed is not None and scene.found(sealed) == {sealed}
    scene.erase(name)
    assert wrapped() is None and scene.found(sealed) == set()
    assert GROUND.encode() in b"".join(path.read_bytes() for path in scene.stand.places.root.glob("*.db*"))
