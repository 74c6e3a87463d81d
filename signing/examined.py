"""What examining one file in a process of its own brought to light: its kind, what it carries, and its signatures.

The same two rules as in `signing.pdf`: facts only, and what comes back is read as if a stranger had written it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from schemas.gate.files import FileFlag
from signing.pdf import PdfFacts, pdf_facts_from_json, pdf_facts_to_json

MEMBERS_MAX: Final = 1_000
"""Members of an archive that are told of."""
NAME_MAX: Final = 400


class Problem(StrEnum):
    """Why a file, or what it carries, could not be checked. None of them says anything bad about it."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    """The examining process ended by itself: out of memory, out of time, or worse."""
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    LOCKED = "locked"
    """It opens with a password only."""
    NESTED = "nested"
    """An archive in an archive is not opened."""
    NOT_REACHED = "not-reached"
    """There was no time left for it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    kind: str = "unknown"
    """A name of `schemas/gate/file-types.toml`."""
    name: str = ""
    """Inside an archive; empty for the file itself."""
    size: int = 0
    flags: frozenset[FileFlag] = frozenset()
    pdf: PdfFacts | None = None
    problem: Problem | None = None
    detail: str = ""
    """Code of the refusal or name of the error behind a problem."""
    members: tuple[Examined, ...] = ()


def examined_to_json(one: Examined) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "size": one.size,
        "flags": sorted(flag.value for flag in one.flags),
        "pdf": None if one.pdf is None else pdf_facts_to_json(one.pdf),
        "problem": None if one.problem is None else one.problem.value,
        "detail": one.detail,
        "members": [examined_to_json(member) for member in one.members],
    }


def examined_from_json(data: Mapping[str, Any], *, depth: int = 1) -> Examined:
    """
    Raises:
        ValueError, KeyError, TypeError, AttributeError: not what `examined_to_json` writes.
    """
    members = data["members"]
    if len(members) > MEMBERS_MAX or (members and depth == 0):
        raise ValueError("too many members")
    return Examined(
        kind=str(data["kind"])[:40],
        name=str(data["name"])[:NAME_MAX],
        size=int(data["size"]),
        flags=frozenset(FileFlag(flag) for flag in data["flags"]),
        pdf=None if data["pdf"] is None else pdf_facts_from_json(data["pdf"]),
        problem=None if data["problem"] is None else Problem(data["problem"]),
        detail=str(data["detail"])[:100],
        members=tuple(examined_from_json(member, depth=depth - 1) for member in members),
    )
