"""Blob stores: what comes out is what went in, or a refusal that says why."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.blobs_files import SEGMENT, FileBlobs
from adapters.clock import SystemRng
from exchange_axis.store.blob_keys import BlobKeys, open_blob_keys
from exchange_axis.store.blobs import BlobStore, StoredBlob
from exchange_axis.store.errors import (
    BlobDamaged,
    BlobErased,
    BlobMissing,
    MasterKeyUnusable,
    StoreUnavailable,
)

AT = datetime(2026, 11, 22, tzinfo=UTC)
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 12_345]


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[BlobKeys]:
    opened = open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
    yield opened
    opened.close()


@pytest.fixture
def blobs(tmp_path: Path, keys: BlobKeys) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs", keys)


def content(size: int, seed: int = 0) -> bytes:
    return Random(seed).randbytes(size)


def read(blobs: BlobStore, sha256: str) -> bytes:
    with blobs.open(sha256) as blob:
        return b"".join(blob.chunks())


def file_of(tmp_path: Path, stored: StoredBlob) -> Path:
    return tmp_path / "blobs" / stored.sha256[:2] / stored.sha256


@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_comes_out(blobs: FileBlobs, tmp_path: Path, size: int) -> None:
    data = content(size)
    source = tmp_path / "source"
    source.write_bytes(data)
    stored = blobs.put(source)
    assert stored == StoredBlob(sha256=hashlib.sha256(data).hexdigest(), size=size)
    assert read(blobs, stored.sha256) == data
    assert blobs.size(stored.sha256) == size
    assert blobs.has(stored.sha256)
    assert source.read_bytes() == data


def test_ranges_are_those_of_the_content(blobs: FileBlobs) -> None:
    data = content(2 * SEGMENT + 12_345)
    stored = blobs.put_bytes(data)
    with blobs.open(stored.sha256) as blob:
        for offset in (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, len(data) - 1, len(data), len(data) + 9):
            for length in (0, 1, 2, SEGMENT, SEGMENT + 2, len(data)):
                assert blob.read_range(offset, length) == data[offset : offset + length]
        assert b"".join(blob.chunks(7)) == data[7:]
        assert all(len(piece) <= SEGMENT for piece in blob.chunks(7))
        with pytest.raises(ValueError, match="from 0 up"):
            blob.read_range(-1, 5)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_range_of_any_content(blobs: FileBlobs, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, SEGMENT + 1_000))
    whole = content(size, seed=data.draw(st.integers(0, 3)))
    stored = blobs.put_bytes(whole)
    offset, length = data.draw(st.integers(0, size + 10)), data.draw(st.integers(0, size + 10))
    with blobs.open(stored.sha256) as blob:
        assert blob.read_range(offset, length) == whole[offset : offset + length]


def test_the_same_content_is_kept_once(blobs: FileBlobs, tmp_path: Path) -> None:
    first = blobs.put_bytes(b"letter")
    before = file_of(tmp_path, first).read_bytes()
    assert blobs.put_bytes(b"letter") == first
    assert file_of(tmp_path, first).read_bytes() == before
    assert [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [first.sha256]


def test_threads_may_put_the_same_content_at_once(blobs: FileBlobs) -> None:
    data = content(100_000)
    with ThreadPoolExecutor(8) as pool:
        stored = set(pool.map(lambda _: blobs.put_bytes(data), range(40)))
    assert len(stored) == 1
    assert read(blobs, stored.pop().sha256) == data


def test_nothing_of_the_content_is_readable_on_disk(blobs: FileBlobs, tmp_path: Path) -> None:
    stored = blobs.put_bytes(b"a plaintext needle" * 100)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file_of(tmp_path, stored) in files
    for path in files:
        assert b"needle" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0


def test_what_was_never_put_is_missing(blobs: FileBlobs) -> None:
    absent = hashlib.sha256(b"absent").hexdigest()
    assert not blobs.has(absent)
    for address in (absent, "", "../../etc/passwd", absent.upper(), absent[:-1]):
        with pytest.raises(BlobMissing) as caught, blobs.open(address):
            pytest.fail("opened")
        assert caught.value.code == "blob.missing"


def damaged(blobs: FileBlobs, sha256: str) -> None:
    with pytest.raises(BlobDamaged) as caught:
        read(blobs, sha256)
    assert caught.value.code == "blob.damaged"


def test_a_flipped_bit_anywhere_is_found(blobs: FileBlobs, tmp_path: Path) -> None:
    data = content(SEGMENT + 500)
    stored = blobs.put_bytes(data)
    path = file_of(tmp_path, stored)
    good = path.read_bytes()
    places = [0, 7, 8, 23, 24, 5_000, 24 + SEGMENT, 24 + SEGMENT + 16, len(good) - 17, len(good) - 1]
    for place in places:
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        damaged(blobs, stored.sha256)
    path.write_bytes(good)
    assert read(blobs, stored.sha256) == data


@pytest.mark.parametrize("size", [0, 100, SEGMENT, 2 * SEGMENT, 2 * SEGMENT + 5])
def test_a_file_cut_or_grown_is_found(blobs: FileBlobs, tmp_path: Path, size: int) -> None:
    stored = blobs.put_bytes(content(size))
    path = file_of(tmp_path, stored)
    good = path.read_bytes()
    sealed = SEGMENT + 16
    for length in {0, 8, 24, 30, 39, len(good) - 1, len(good) - 16, 24 + sealed, 24 + sealed + 7} - {len(good)}:
        if 0 <= length < len(good):
            path.write_bytes(good[:length])
            damaged(blobs, stored.sha256)
            assert not blobs.has(stored.sha256)
            with pytest.raises(BlobDamaged):
                blobs.size(stored.sha256)
    for more in (b"\x00", b"\x00" * 16, good[24:]):
        path.write_bytes(good + more)
        damaged(blobs, stored.sha256)


def test_exchanged_files_and_segments_are_found(blobs: FileBlobs, tmp_path: Path) -> None:
    one, two = blobs.put_bytes(content(3 * SEGMENT, 1)), blobs.put_bytes(content(3 * SEGMENT, 2))
    first, second = file_of(tmp_path, one), file_of(tmp_path, two)
    good, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    damaged(blobs, one.sha256)
    sealed = SEGMENT + 16
    head, parts = good[:24], [good[24 + n * sealed : 24 + (n + 1) * sealed] for n in range(3)]
    for order in ([1, 0, 2], [0, 2], [0, 1, 1, 2], [0, 1], [2]):
        first.write_bytes(head + b"".join(parts[number] for number in order))
        damaged(blobs, one.sha256)
    first.write_bytes(head + other[24:])
    damaged(blobs, one.sha256)
    first.write_bytes(good)
    assert read(blobs, one.sha256) == content(3 * SEGMENT, 1)


def test_putting_again_heals_a_file_that_is_damaged_or_lost(blobs: FileBlobs, tmp_path: Path) -> None:
    stored = blobs.put_bytes(b"letter")
    path = file_of(tmp_path, stored)
    path.write_bytes(b"rotten")
    damaged(blobs, stored.sha256)
    blobs.put_bytes(b"letter")
    assert read(blobs, stored.sha256) == b"letter"
    path.unlink()
    assert not blobs.has(stored.sha256)
    blobs.put_bytes(b"letter")
    assert read(blobs, stored.sha256) == b"letter"


def test_erasing_destroys_the_key_and_says_so(blobs: FileBlobs, tmp_path: Path) -> None:
    gone, kept = blobs.put_bytes(b"gone"), blobs.put_bytes(b"kept")
    copy = file_of(tmp_path, gone).read_bytes()
    database = b"".join(path.read_bytes() for path in sorted((tmp_path / "keys").iterdir()))
    assert blobs.erase(gone.sha256)
    assert not blobs.erase(gone.sha256)
    assert not blobs.has(gone.sha256)
    with pytest.raises(BlobErased), blobs.open(gone.sha256):
        pytest.fail("opened")
    file_of(tmp_path, gone).write_bytes(copy)
    with pytest.raises(BlobErased), blobs.open(gone.sha256):
        pytest.fail("a copy from a backup was opened")
    assert read(blobs, kept.sha256) == b"kept"
    after = b"".join(path.read_bytes() for path in sorted((tmp_path / "keys").iterdir()))
    wrapped = _wrapped_keys(database, copy[8:24])
    assert wrapped
    assert all(key not in after for key in wrapped), "the wrapped key is still in a file"


def _wrapped_keys(database: bytes, key_id: bytes) -> list[bytes]:
    """The 60 bytes after `id, sha256` of a row: nonce, wrapped key, tag."""
    found, start = [], database.find(key_id)
    while start >= 0:
        found.append(database[start + 16 + 64 : start + 16 + 64 + 60])
        start = database.find(key_id, start + 1)
    return [key for key in found if len(set(key)) > 20]


def test_erased_content_may_come_again(blobs: FileBlobs) -> None:
    stored = blobs.put_bytes(b"letter")
    blobs.erase(stored.sha256)
    assert blobs.put_bytes(b"letter") == stored
    assert read(blobs, stored.sha256) == b"letter"


def test_everything_opens_again_after_a_restart(tmp_path: Path) -> None:
    for run in range(3):
        keys = open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
        blobs = FileBlobs(tmp_path / "blobs", keys)
        blobs.put_bytes(bytes([run]))
        for earlier in range(run + 1):
            assert read(blobs, hashlib.sha256(bytes([earlier])).hexdigest()) == bytes([earlier])
        keys.close()


def test_the_keys_need_their_master_key(tmp_path: Path) -> None:
    keys = open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
    stored = FileBlobs(tmp_path / "blobs", keys).put_bytes(b"letter")
    keys.close()
    master = tmp_path / "keys" / "master.key"
    right = master.read_bytes()
    assert master.stat().st_mode & 0o777 == 0o600
    master.write_bytes(bytes(32))
    keys = open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
    with pytest.raises(MasterKeyUnusable):
        read(FileBlobs(tmp_path / "blobs", keys), stored.sha256)
    keys.close()
    for spoil in (lambda: master.write_bytes(right[:-1]), lambda: master.chmod(0o640), master.unlink):
        master.write_bytes(right)
        spoil()
        with pytest.raises(MasterKeyUnusable) as caught:
            open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
        assert caught.value.code == "store.master-key"


def test_a_full_disk_refuses_and_leaves_nothing_behind(blobs: FileBlobs, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(content(3 * SEGMENT))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SEGMENT, limits[1]))
    try:
        with pytest.raises(StoreUnavailable):
            blobs.put(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((tmp_path / "blobs" / "incoming").iterdir())
    assert read(blobs, blobs.put(source).sha256) == content(3 * SEGMENT)


WORK = """
import sys, pathlib, datetime
from adapters.blobs_files import FileBlobs
from adapters.clock import SystemRng
from exchange_axis.store.blob_keys import open_blob_keys
folder = pathlib.Path(sys.argv[1])
keys = open_blob_keys(folder / "keys", rng=SystemRng(), at=datetime.datetime.now(datetime.UTC))
blobs = FileBlobs(folder / "blobs", keys)
for number in range(4):
    print(blobs.put_bytes(b"letter %d" % number).sha256, flush=True)
blobs.erase(blobs.put_bytes(b"letter 0").sha256)
print("erased", flush=True)
keys.close()
"""


@pytest.mark.parametrize(
    "arm",
    [
        *(
            f"{name}=kill@{hit}"
            for name in ("blob.before-key", "blob.before-rename", "blob.before-answer")
            for hit in (1, 3)
        ),
        *(f"store.{name}=kill@{hit}" for name in ("before-commit", "after-commit") for hit in (1, 3, 5)),
        "store.migration.before-commit=kill",
        "blob.erase-before-unlink=kill",
    ],
)
def test_killed_at_any_step_nothing_answered_is_lost_and_the_next_run_works(tmp_path: Path, arm: str) -> None:
    killed = _run(tmp_path, arm)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    answered = killed.stdout.split()
    keys = open_blob_keys(tmp_path / "keys", rng=SystemRng(), at=AT)
    blobs = FileBlobs(tmp_path / "blobs", keys)
    assert blobs.sweep() <= 1
    for number, sha256 in enumerate(answered):
        try:
            assert read(blobs, sha256) == b"letter %d" % number
        except BlobErased:
            assert number == 0
            assert len(answered) == 4, "only the first is erased, and only in the end"
    keys.close()
    again = _run(tmp_path, "")
    assert again.returncode == 0, again.stderr
    assert again.stdout.split()[-1] == "erased"


def _run(folder: Path, arm: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AXIS_FAILPOINTS": arm}
    return subprocess.run([sys.executable, "-c", WORK, str(folder)], env=environment, capture_output=True, text=True)


MEMORY = """
import sys, pathlib, datetime, resource
from adapters.blobs_files import FileBlobs
from adapters.clock import SystemRng
from exchange_axis.store.blob_keys import open_blob_keys
folder, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
keys = open_blob_keys(folder / "keys", rng=SystemRng(), at=datetime.datetime.now(datetime.UTC))
blobs = FileBlobs(folder / "blobs", keys)
blobs.put_bytes(bytes(3 << 20))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
stored = blobs.put(source)
with blobs.open(stored.sha256) as blob:
    assert sum(map(len, blob.chunks())) == stored.size
print(stored.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
keys.close()
"""


def test_memory_does_not_grow_with_size(tmp_path: Path) -> None:
    source = tmp_path / "source"
    with source.open("wb") as file:
        file.truncate(200 << 20)
    done = subprocess.run([sys.executable, "-c", MEMORY, tmp_path, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    size, kilobytes = map(int, done.stdout.split())
    assert size == 200 << 20
    assert kilobytes < 16 << 10
