"""The rule pack: the versioned set of rules, code lists and XSDs that a document was judged by, named by its digest."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

_PARTS = (
    ("xsd", ".xsd"),
    ("codelists", ".toml"),
    ("codelists", ".py"),
    ("rules", ".py"),
    ("rules", ".toml"),
    ("gate", ".toml"),
)
"""Folder and the ending of the files that decide."""


@functools.cache
def rule_pack_version() -> str:
    """SHA-256 (lower-case hex) over name and digest of every file of the pack."""
    digest = hashlib.sha256(b"axis-rule-pack-v1\0")
    for name, data in sorted(_members()):
        digest.update(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()


def _members() -> Iterator[tuple[str, bytes]]:
    for folder, ending in _PARTS:
        for item in _walk(files("schemas") / folder):
            if item.name.endswith(ending):
                yield f"{folder}/{item.name}", item.read_bytes()


def _walk(folder: Traversable) -> Iterator[Traversable]:
    return (item for item in folder.iterdir() if item.is_file())
