"""The port behind which containers lie: encrypted, addressed by the SHA-256 of their plaintext."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    sha256: str
    """Address: SHA-256 of the plaintext, lower-case hex."""
    size: int
    """Bytes of plaintext."""


class BlobReader(Protocol):
    """One open blob. Not for several threads at once. Every byte handed out has been authenticated."""

    @property
    def size(self) -> int: ...

    def read_range(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, fewer than `length` only at the end.

        Raises:
            BlobDamaged: the stored bytes are not those that were put.
        """
        ...

    def chunks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same as pieces of at most 1 MiB, for streaming; `length` None means to the end."""
        ...


class BlobStore(Protocol):
    """Keeps blobs; safe to call from any thread and for several processes on one host.

    What `put` returned survives power loss, key included, before the caller's own commit. Putting the same content
    again is harmless and stores it once. Memory does not grow with size.
    """

    def put(self, path: Path) -> StoredBlob: ...

    def put_bytes(self, data: bytes) -> StoredBlob: ...

    def open(self, sha256: str) -> AbstractContextManager[BlobReader]:
        """
        Raises:
            BlobMissing: never put here, or lost.
            BlobErased: its key was destroyed.
            BlobDamaged: the file is cut, exchanged or not ours.
        """
        ...

    def size(self, sha256: str) -> int:
        """Bytes of plaintext; raises like `open`."""
        ...

    def has(self, sha256: str) -> bool:
        """Whether `open` would succeed."""
        ...

    def erase(self, sha256: str) -> bool:
        """Destroy the key, then the ciphertext; True if there was something. Durable when it returns."""
        ...

    def close(self) -> None:
        """Let go of the keys; nothing is asked of the store afterwards. Safe to call twice."""
        ...
