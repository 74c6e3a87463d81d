"""Code lists as versioned data: labels in Vietnamese and English, source, dates of validity.

One TOML file a list. Lists are data, never enumerations in a schema, because they change by decision and date; what is
marked unverified was not seen in an official text.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    code: str
    vi: str
    en: str
    abbreviation: str = ""
    """As symbols use it: BC, TTr."""
    aliases: tuple[str, ...] = ()
    """Other words for the same thing in dialects."""
    valid_from: date | None = None
    valid_to: date | None = None
    """First and last day of validity; None is open."""
    source: str = ""
    unverified: bool = False
    note: str = ""

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def label(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    name: str
    version: str
    title_vi: str
    title_en: str
    source: str
    note: str
    entries: tuple[Entry, ...]

    def get(self, code: str) -> Entry | None:
        """The entry of a code, else of an alias; closed ones too, since history does not change."""
        return next((entry for entry in self.entries if entry.code == code), None) or next(
            (entry for entry in self.entries if code in entry.aliases), None
        )

    def on(self, day: date) -> tuple[Entry, ...]:
        """The entries valid on a day."""
        return tuple(entry for entry in self.entries if entry.is_valid_on(day))


@functools.cache
def load(name: str) -> CodeList:
    """A list by the stem of its file.

    Raises:
        LookupError: there is no such list.
    """
    if name not in names():
        raise LookupError(f"no code list {name!r}")
    data = tomllib.loads((files(__name__) / f"{name}.toml").read_text("utf-8"))
    return CodeList(
        name=name,
        version=data["version"],
        title_vi=data["title_vi"],
        title_en=data["title_en"],
        source=data["source"],
        note=data["note"],
        entries=tuple(_entry(raw, data) for raw in data["entries"]),
    )


@functools.cache
def names() -> tuple[str, ...]:
    """Every list there is."""
    found = (item.name for item in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def _entry(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> Entry:
    """An entry inherits source and dates of its list; a misspelt key fails here, at the first use."""
    inherited = {key: defaults[key] for key in ("source", "valid_from", "valid_to") if key in defaults}
    merged = {**inherited, **raw}
    unknown = merged.keys() - {field.name for field in fields(Entry)}
    if unknown:
        raise ValueError(f"unknown keys in a code list: {sorted(unknown)}")
    return Entry(**{**merged, "aliases": tuple(merged.get("aliases", ()))})
