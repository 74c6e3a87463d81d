"""Who must have signed which file of a letter: a rule set per document type, as data in `signatures.toml`."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from schemas.codelists.document_types import find_type


class Role(StrEnum):
    MAIN = "main"
    ANNEX = "annex"


class Needed(StrEnum):
    PERSON = "person"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    types: frozenset[str]
    needed: dict[Role, frozenset[Needed]]


def needed_signers(type_name: str, notation: str, role: Role) -> frozenset[Needed]:
    """Who must have signed; the type is told by its name, else by the first part of the symbol (`SY-UBND`)."""
    found = find_type(type_name) or find_type(notation.partition("-")[0])
    abbreviation = "" if found is None else found.entry.abbreviation
    return next(rule.needed[role] for rule in _rules() if rule.types & {abbreviation, "*"})


@functools.cache
def _rules() -> tuple[_Rule, ...]:
    table = tomllib.loads((resources.files("schemas.rules") / "signatures.toml").read_text(encoding="utf-8"))
    return tuple(
        _Rule(
            types=frozenset(row["types"]),
            needed={role: frozenset(Needed(one) for one in row[role.value]) for role in Role},
        )
        for row in table["rule"]
    )
