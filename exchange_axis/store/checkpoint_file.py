"""The newest checkpoint that this host has signed, kept outside the database: who restores an older one is told.

It is written after the checkpoint is durable, so it never runs ahead of an honest database; it may lag behind one, by
what a power loss took.
"""

from __future__ import annotations

from pathlib import Path

NAME = "log-state"


class CheckpointFile:
    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def read(self) -> bytes | None:
        """The signed note, or what is left of it; None without a file."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, note: bytes) -> None:
        part = self._path.with_suffix(".part")
        part.write_bytes(note)
        part.replace(self._path)
