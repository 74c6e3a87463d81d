"""T12: after many erasures in a long log every proof still verifies, and no byte of what was erased is on the disk.

On PostgreSQL the disk is the hub's folder and the whole data folder of the server, write-ahead log and all; there the
operator's `axis hub scrub` is part of erasing. Run with `-s` to see the figures. The search is shown to be one that
finds: before the erasure it finds what lies unencrypted, and the content opens.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import make_url

from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.store.engine import open_engine
from exchange_axis.store.errors import BlobErased, StoreUnavailable
from exchange_axis.store.hub import records
from exchange_axis.store.scrub import Left
from exchange_axis.store.transactions import open_transactions
from tests.hub.stand import HandClock, reopen
from tests.hub.test_erasing import GROUND, Scene, scene_on

LETTERS, KEPT, ENTRIES = 30, 3, 10_000
"""Letters erased, letters kept beside them, entries of the log before."""
FEW, SOME = 4, 500
"""The same on PostgreSQL, where nothing else is measured by it."""


@dataclass
class Disk:
    """Where the bytes of a scene lie."""

    scene: Scene
    server: Path | None = None
    """Data folder of PostgreSQL."""
    url: str = ""

    def settle(self) -> None:
        """In the server's log alone, where the head of a page may cut it in two, nothing is sure to be found."""
        if self.server is not None:
            _sql(self.url, "CHECKPOINT")

    def personal(self) -> set[str]:
        """All personal strings anywhere on it; of the server's, which is others' too, see `PERSONAL`."""
        roots = [self.scene.stand.places.root, *([self.server] if self.server else [])]
        files = (path for root in roots for path in root.rglob("*") if path.is_file())
        return {found.decode() for path in files for found in PERSONAL.findall(_bytes(path))}

    def scrub(self) -> None:
        """What the operator does after an erasure on PostgreSQL."""
        if self.server is not None:
            assert self.personal(), "the server keeps what was erased; else scrubbing would be for nothing"
            assert self.scene.erasing.scrub(actor="vận hành").left == ()


@pytest.fixture
def disk(tmp_path: Path, database_url: str) -> Iterator[Disk]:
    server = None
    if database_url.startswith("postgresql"):
        server = _searchable(database_url)
    scene = scene_on(tmp_path, HandClock(), database_url if server else "")
    if server is not None:  # values that are compressed, or cut into pieces, would hide from the search
        _sql(database_url, "ALTER TABLE document ALTER COLUMN bytes SET STORAGE EXTERNAL")
        _sql(database_url, "ALTER TABLE document SET (toast_tuple_target = 8160)")
    yield Disk(scene=scene, server=server, url=database_url)
    scene.stand.close()


def _searchable(url: str) -> Path:
    """The server's data folder, once it is set up as docs/operator.md asks."""
    _sql(url, "ALTER SYSTEM SET wal_recycle = off")
    _sql(url, "SELECT pg_reload_conf()")
    folder = Path(_sql(url, "SHOW data_directory"))
    if not folder.is_dir():
        pytest.skip("the server's data folder is on another machine")
    return folder


def _sql(url: str, words: str) -> str:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(words.encode())
        row = found.fetchone() if found.description else None
        return "" if row is None else str(row[0])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # the server removes files as it goes
        return b""


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
"""No other test on the same server has letters of such numbers."""


def test_erased_bytes_are_nowhere_and_every_proof_stands(disk: Disk) -> None:
    scene = disk.scene
    hub, letters, entries = scene.stand.hub, FEW if disk.server else LETTERS, SOME if disk.server else ENTRIES
    fill_log(scene, entries)
    numbers = range(10_000, 10_000 + letters + KEPT)
    names = {}
    for number in numbers:
        _, clerk, subject = needles(number)
        names[number] = scene.ended(str(number), reason=clerk, subject=subject)
        hub.log.sequence()
    erased, kept = list(numbers)[:letters], list(numbers)[letters:]
    evidence = [
        one for number in numbers for letter in hub.auditing.history(names[number][0]) for one in letter.evidence
    ]
    old = {one.sha256: hub.log.proof(one.sha256) for one in evidence}
    key, first = hub.log.verifier, hub.log.checkpoint()
    assert first is not None and None not in old.values()

    stored = {needle for number in numbers for needle in needles(number)[:2]}
    disk.settle()
    assert disk.personal() == stored, "the search finds what lies unencrypted; content is encrypted from the start"
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
    disk.scrub()
    assert disk.personal() == {needle for number in kept for needle in needles(number)[:2]}

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
        f"\nT12: {letters} erasures in {seconds:.1f} s, log of {after.size} entries, {2 * len(old)} proofs verified, "
        f"{3 * len(numbers)} byte strings searched"
    )


def test_a_letter_is_nowhere_as_soon_as_it_is_erased(disk: Disk) -> None:
    """Also not in the write-ahead log, while the hub runs."""
    name, _ = disk.scene.ended("11000", reason=needles(11_000)[1])
    mine = set(needles(11_000)[:2])
    assert disk.personal() & mine == mine
    disk.scene.erase(name)
    disk.scrub()
    assert disk.personal() & mine == set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_reads_while_the_database_is_scrubbed_is_waited_for_and_named(disk: Disk, database_url: str) -> None:
    """An old transaction may still read what was overwritten: PostgreSQL would carry it over into the new files."""
    name, _ = disk.scene.ended("12000")
    with psycopg.connect(database_url.replace("+psycopg", "")) as reader:
        reader.execute("SELECT count(*) FROM consignment")
        disk.scene.erase(name)
        with pytest.raises(StoreUnavailable, match="older transactions"):
            disk.scene.erasing.scrub(actor="vận hành")
    assert disk.scene.erasing.scrub(actor="vận hành").left == ()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_plain_role_may_not_do_is_named(disk: Disk, database_url: str) -> None:
    """The owner of the database, not a superuser; and a server that keeps its old write-ahead log."""
    name, _ = disk.scene.ended("57")
    disk.scene.erase(name)
    role, database = f"plain_{secrets.token_hex(4)}", make_url(database_url).database
    for words in (
        f"CREATE ROLE {role} LOGIN PASSWORD 'mau'",
        f"ALTER DATABASE {database} OWNER TO {role}",
        f"GRANT axis TO {role}",
        f"ALTER ROLE {role} SET wal_recycle = on",
    ):
        _sql(database_url, words)
    url = make_url(database_url).set(username=role, password="mau")
    transactions = open_transactions(open_engine(url.render_as_string(hide_password=False)))
    try:
        assert transactions.scrub(["document"]).left == (Left.CHECKPOINT, Left.WAL_RECYCLE)
    finally:
        transactions.close()
        _sql(database_url, f"ALTER DATABASE {database} OWNER TO axis")
        _sql(database_url, f"DROP ROLE {role}")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = scene_on(tmp_path, HandClock())
    yield scene
    scene.stand.close()


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
