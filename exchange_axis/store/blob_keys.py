"""The keys of the blobs: a small database of its own, so that backups of it can be short-lived and erasing is real.

1. A key encrypts one file once, so that the counter nonces of its segments never repeat.
2. A key is durable before the file that needs it has its name.
3. In the database keys are wrapped with the master key of a file (AES-256-GCM, bound to id and address), so that the
   database alone opens nothing.
4. Erasing overwrites the row (`secure_delete`) and empties the write-ahead log; the row stays as a tombstone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, Index, LargeBinary, MetaData, String, Table, bindparam, select, update

from exchange_axis.ports import Rng
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.engine import open_engine
from exchange_axis.store.errors import MasterKeyUnusable
from exchange_axis.store.guards import create_tables
from exchange_axis.store.migrations import Schema, migrate
from exchange_axis.store.transactions import Transactions, open_transactions

KEY_SIZE = 32
ID_SIZE = 16
_NONCE_SIZE = 12

_metadata = MetaData()
_keys = Table(
    "blob_key",
    _metadata,
    Column("id", LargeBinary(ID_SIZE), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("wrapped", LargeBinary, nullable=True),  # nonce, wrapped key and tag; NULL once erased
    Index("blob_key_sha256", "sha256"),
)

_KEEP = _keys.insert()
_FIND = select(_keys.c.wrapped).where(_keys.c.id == bindparam("id"), _keys.c.sha256 == bindparam("sha256"))
_ERASED = select(_keys.c.wrapped.is_(None)).where(_keys.c.sha256 == bindparam("sha256"))


def _create(connection: Connection) -> None:
    create_tables(connection, _metadata)


SCHEMA = Schema(name="blob-keys", command="axis doctor", migrations=(_create,))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobKey:
    id: bytes
    """16 bytes, in the clear at the head of the file it opens."""
    key: bytes

    def __repr__(self) -> str:
        return f"BlobKey({self.id.hex()})"


class BlobKeys:
    """Keys by address; safe to call from any thread."""

    def __init__(self, transactions: Transactions, *, master: bytes, rng: Rng) -> None:
        self._transactions = transactions
        self._master = AESGCM(master)
        self._rng = rng

    def new(self) -> BlobKey:
        """A fresh key, not yet kept."""
        return BlobKey(id=self._rng.token(ID_SIZE), key=self._rng.token(KEY_SIZE))

    def keep(self, key: BlobKey, sha256: str) -> None:
        """Make it durable as a key of that address."""
        nonce = self._rng.token(_NONCE_SIZE)
        wrapped = nonce + self._master.encrypt(nonce, key.key, _bound(key.id, sha256))
        row = {"id": key.id, "sha256": sha256, "wrapped": wrapped}
        self._transactions.run(lambda connection: connection.execute(_KEEP, row))

    def find(self, key_id: bytes, sha256: str) -> BlobKey | None:
        """The key of that id if it belongs to that address; None if there is none or it was destroyed.

        Raises:
            MasterKeyUnusable: the wrapped key does not open: another master key, or a damaged row.
        """
        values = {"id": key_id, "sha256": sha256}
        wrapped = self._transactions.read(lambda connection: connection.scalar(_FIND, values))
        if wrapped is None:
            return None
        nonce, sealed = wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:]
        try:
            return BlobKey(id=key_id, key=self._master.decrypt(nonce, sealed, _bound(key_id, sha256)))
        except InvalidTag as error:
            raise MasterKeyUnusable(reason="it does not open the stored keys", path="master.key") from error

    def is_erased(self, sha256: str) -> bool:
        """True if this address had keys and all of them were destroyed."""
        gone = self._transactions.read(lambda connection: list(connection.scalars(_ERASED, {"sha256": sha256})))
        return bool(gone) and all(gone)

    def destroy(self, sha256: str) -> bool:
        """Destroy every key of an address; True if there was one. The tombstones stay."""
        erase = update(_keys).where(_keys.c.sha256 == sha256, _keys.c.wrapped.is_not(None)).values(wrapped=None)
        destroyed = self._transactions.run(lambda connection: connection.execute(erase).rowcount > 0)
        self._transactions.forget()
        return destroyed

    def close(self) -> None:
        self._transactions.close()


def open_blob_keys(folder: Path, *, rng: Rng, at: datetime) -> BlobKeys:
    """Open `keys.db` and `master.key` in a folder of their own, making both if neither is there.

    Raises:
        MasterKeyUnusable: missing beside an existing database, of a wrong size, or readable by others.
    """
    make_private_folder(folder)
    database = folder / "keys.db"
    master = _master_key(folder / "master.key", rng, may_create=not database.exists())
    engine = open_engine(f"sqlite:///{database}", connections=8)
    # Brought up to date without being asked: it belongs to the blobs, and no operator knows that it exists.
    migrate(engine, SCHEMA, at=at)
    return BlobKeys(open_transactions(engine), master=master, rng=rng)


def _bound(key_id: bytes, sha256: str) -> bytes:
    return b"axis-blob-key-1\0" + key_id + bytes.fromhex(sha256)


def _master_key(path: Path, rng: Rng, *, may_create: bool) -> bytes:
    if not path.exists():
        if not may_create:
            raise MasterKeyUnusable(reason="the file is missing", path=path)
        _write_private(path, rng.token(KEY_SIZE))
    if path.stat().st_mode & 0o077:
        raise MasterKeyUnusable(reason="others may read the file", path=path)
    key = path.read_bytes()
    if len(key) != KEY_SIZE:
        raise MasterKeyUnusable(reason=f"the file is not {KEY_SIZE} bytes long", path=path)
    return key


def _write_private(path: Path, data: bytes) -> None:
    """Durable before the first key that depends on it."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
