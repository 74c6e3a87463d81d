"""Blobs as encrypted files: `DIR/ab/abcd…` holds the content whose SHA-256 is `abcd…`.

A file is: 8 bytes magic, 16 bytes key id, then segments of 1 MiB plaintext, each AES-256-GCM with a 16-byte tag. The
nonce is the segment's number (a key encrypts one file, once); the associated data are key id and "this is the last
one", so that segments cannot be exchanged, dropped or cut off unnoticed. Empty content is one empty last segment.

Order of writing: ciphertext to a temporary name, flushed → key durable → rename → folder flushed → answer. A crash
leaves at most a temporary file (`sweep` removes it) or a key without a file.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange_axis.failpoints import declare, failpoint
from exchange_axis.store.blob_keys import ID_SIZE, BlobKey, BlobKeys
from exchange_axis.store.blobs import BlobReader, StoredBlob
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.errors import BlobDamaged, BlobErased, BlobMissing, StoreUnavailable

SEGMENT = 1 << 20
"""Bytes of plaintext in a segment: what a Range request decrypts at most for nothing at each end."""
_TAG = 16
_MAGIC = b"axisblb1"
_HEAD = len(_MAGIC) + ID_SIZE
_SHA256 = re.compile(r"[0-9a-f]{64}")

BEFORE_KEY = declare("blob.before-key", "ciphertext is durable under a temporary name, its key is not")
BEFORE_RENAME = declare("blob.before-rename", "ciphertext and key are durable, the blob has no name yet")
BEFORE_ANSWER = declare("blob.before-answer", "the blob is durable, nobody has been told")
ERASE_BEFORE_UNLINK = declare("blob.erase-before-unlink", "the key is destroyed, the ciphertext still there")


class FileBlobs:
    """`BlobStore` on a folder of its own; see there for what it guarantees."""

    def __init__(self, folder: Path, keys: BlobKeys) -> None:
        self._folder = make_private_folder(folder)
        self._incoming = make_private_folder(folder / "incoming")
        self._keys = keys

    def put(self, path: Path) -> StoredBlob:
        with path.open("rb") as source:
            return self._put(source)

    def put_bytes(self, data: bytes) -> StoredBlob:
        return self._put(io.BytesIO(data))

    @contextmanager
    def open(self, sha256: str) -> Iterator[BlobReader]:
        path = self._path(sha256)
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise self._absent(sha256) from error
        with file:
            yield _Reader(file, self._key_of(file, sha256), sha256)

    def size(self, sha256: str) -> int:
        with self.open(sha256) as blob:
            return blob.size

    def has(self, sha256: str) -> bool:
        try:
            self.size(sha256)
        except (BlobMissing, BlobErased, BlobDamaged):
            return False
        return True

    def erase(self, sha256: str) -> bool:
        path = self._path(sha256)
        destroyed = self._keys.destroy(sha256)
        failpoint(ERASE_BEFORE_UNLINK)
        with suppress(FileNotFoundError):
            path.unlink()
            _flush_folder(path.parent)
        return destroyed

    def close(self) -> None:
        self._keys.close()

    def sweep(self) -> int:
        """Remove what crashes left under temporary names; only for the owner of the data folder, at start."""
        leftovers = list(self._incoming.iterdir())
        for path in leftovers:
            path.unlink()
        return len(leftovers)

    def _put(self, source: BinaryIO) -> StoredBlob:
        try:
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    return self._store(source, target, Path(name))
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(reason=error.strerror or type(error).__name__) from error

    def _store(self, source: BinaryIO, target: BinaryIO, part: Path) -> StoredBlob:
        key = self._keys.new()
        stored = _encrypt(source, target, key)
        if self._is_sound(stored):
            return stored
        target.flush()
        os.fsync(target.fileno())
        failpoint(BEFORE_KEY)
        self._keys.keep(key, stored.sha256)
        failpoint(BEFORE_RENAME)
        path = self._path(stored.sha256)
        if not path.parent.exists():
            make_private_folder(path.parent)
            _flush_folder(self._folder)
        part.replace(path)
        _flush_folder(path.parent)
        failpoint(BEFORE_ANSWER)
        return stored

    def _is_sound(self, stored: StoredBlob) -> bool:
        """Whether the same content is here, openable and of that size; else a new copy takes its place."""
        return self.has(stored.sha256) and self.size(stored.sha256) == stored.size

    def _key_of(self, file: BinaryIO, sha256: str) -> BlobKey:
        head = file.read(_HEAD)
        if len(head) != _HEAD or not head.startswith(_MAGIC):
            raise BlobDamaged(sha256=sha256, reason="not a blob file")
        key = self._keys.find(head[len(_MAGIC) :], sha256)
        if key is None:
            raise self._absent(sha256, "its key is not known")
        return key

    def _absent(self, sha256: str, reason: str = "") -> BlobErased | BlobMissing | BlobDamaged:
        if self._keys.is_erased(sha256):
            return BlobErased(sha256=sha256)
        return BlobDamaged(sha256=sha256, reason=reason) if reason else BlobMissing(sha256=sha256)

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise BlobMissing(sha256=sha256[:64])
        return self._folder / sha256[:2] / sha256


class _Reader:
    """`BlobReader` on an open file."""

    def __init__(self, file: BinaryIO, key: BlobKey, sha256: str) -> None:
        self._file = file
        self._key = key
        self._cipher = AESGCM(key.key)
        self._sha256 = sha256
        sealed = os.fstat(file.fileno()).st_size - _HEAD
        self._last = (sealed - 1) // (SEGMENT + _TAG)
        self._size = sealed - (self._last + 1) * _TAG
        if sealed < _TAG or self._size < self._last * SEGMENT:
            raise self._damaged("cut off")
        # A file cut at a segment's end still has a plausible size: only the last segment can tell.
        self._kept = (self._last, self._open_segment(self._last))

    @property
    def size(self) -> int:
        return self._size

    def read_range(self, offset: int, length: int) -> bytes:
        return b"".join(self.chunks(offset, length))

    def chunks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        if offset < 0 or (length is not None and length < 0):
            msg = "offset and length count from 0 up"
            raise ValueError(msg)
        end = self._size if length is None else min(self._size, offset + length)
        while offset < end:
            number, inside = divmod(offset, SEGMENT)
            piece = self._segment(number)[inside : inside + end - offset]
            offset += len(piece)
            yield piece

    def _segment(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._kept = (number, self._open_segment(number))
        return self._kept[1]

    def _open_segment(self, number: int) -> bytes:
        self._file.seek(_HEAD + number * (SEGMENT + _TAG))
        sealed = self._file.read(SEGMENT + _TAG)
        try:
            return self._cipher.decrypt(_nonce(number), sealed, _bound(self._key, last=number == self._last))
        except (InvalidTag, ValueError, OSError) as error:
            raise self._damaged(f"segment {number} does not open") from error

    def _damaged(self, reason: str) -> BlobDamaged:
        return BlobDamaged(sha256=self._sha256, reason=reason)


def _encrypt(source: BinaryIO, target: BinaryIO, key: BlobKey) -> StoredBlob:
    cipher, digest, size, number = AESGCM(key.key), hashlib.sha256(), 0, 0
    target.write(_MAGIC + key.id)
    piece = source.read(SEGMENT)
    while True:
        following = source.read(SEGMENT) if len(piece) == SEGMENT else b""
        digest.update(piece)
        size += len(piece)
        target.write(cipher.encrypt(_nonce(number), piece, _bound(key, last=not following)))
        if not following:
            return StoredBlob(sha256=digest.hexdigest(), size=size)
        piece, number = following, number + 1


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(key: BlobKey, *, last: bool) -> bytes:
    return _MAGIC + key.id + (b"\x01" if last else b"\x00")


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
