"""What kind of file some bytes are, told by the bytes, and what is done with that kind.

Rules of this file:
1. The first bytes decide, never the name; a name that promises another kind is remarked on, one that a computer
   would run is refused.
2. Kinds and policy are data (`file-types.toml`) and part of the rule pack.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Final

HEAD: Final = 64
"""Bytes that are enough to tell a kind."""


class FileFlag(StrEnum):
    """What was seen in a file besides its kind."""

    MACRO = "macro"
    ENCRYPTED = "encrypted"
    BOMB = "bomb"
    ACTIVE = "active"
    """A PDF that acts by itself or opens programs."""
    EMBEDDED = "embedded"
    """Files inside a file of another kind; they are not looked at."""
    UNREADABLE = "unreadable"


class Handling(StrEnum):
    ALLOW = "allow"
    FLAG = "flag"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    name: str
    extensions: frozenset[str]
    policy: Handling
    magic: tuple[re.Pattern[bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePolicy:
    types: Mapping[str, FileType]
    flags: Mapping[str, Handling]
    refused_names: frozenset[str]

    def of_flag(self, name: str) -> Handling:
        """What is not in the list is told and no more."""
        return self.flags.get(name, Handling.FLAG)


@cache
def file_policy() -> FilePolicy:
    table = tomllib.loads((resources.files("schemas.gate") / "file-types.toml").read_text(encoding="utf-8"))
    types = [
        FileType(
            name=row["name"],
            extensions=frozenset(row["extensions"]),
            policy=Handling(row["policy"]),
            magic=tuple(_pattern(one) for one in row.get("magic", ())),
        )
        for row in table["type"]
    ]
    return FilePolicy(
        types={one.name: one for one in types},
        flags={name: Handling(value) for name, value in table["policy"].items()},
        refused_names=frozenset(table["names"]["refused"]),
    )


def type_of(head: bytes) -> str:
    """The kind that the first bytes tell: a name of the table."""
    if not head:
        return "empty"
    for kind in file_policy().types.values():
        if any(pattern.match(head) for pattern in kind.magic):
            return kind.name
    # Readers look for a PDF's header in the first kilobyte; something before it makes it two files in one.
    return "pdf" if b"%PDF-" in head else "unknown"


def extension_of(name: str) -> str:
    """Lower case, without the dot; trailing dots and spaces, which Windows drops, are dropped."""
    return PurePosixPath(name.replace("\\", "/").rstrip(" .")).suffix.removeprefix(".").lower()


def _pattern(magic: str) -> re.Pattern[bytes]:
    pairs = [magic[place : place + 2] for place in range(0, len(magic), 2)]
    return re.compile(b"".join(b"." if pair == ".." else re.escape(bytes.fromhex(pair)) for pair in pairs), re.DOTALL)
