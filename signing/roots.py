"""What a trusted root is trusted for: class, uses and dates, as data beside the certificates (`roots.toml`).

    [roots.ca-cong-vu]               # the file ca-cong-vu.pem in the same folder
    class = "official"
    uses = ["agency-seal", "pdf"]    # nothing else
    from = 2026-01-01
    to = 2031-01-01                  # not on that day any more

Rules of this file:
1. A root that the file does not name is trusted for every use, without dates: a folder of bare certificates means what
   it always meant.
2. A root that it names is trusted for the listed uses only; an empty list means none. A fault refuses the whole file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from signing.certificate_errors import RootsFile

FILE: Final = "roots.toml"


class RootClass(StrEnum):
    OFFICIAL = "official"
    """Chuyên dùng công vụ: official duty."""
    PUBLIC = "public"
    """A public certification authority."""
    PARTY = "party"
    TEST = "test"
    UNCLASSIFIED = "unclassified"


class RootUse(StrEnum):
    AGENCY_SEAL = "agency-seal"
    ENTERPRISE_SEAL = "enterprise-seal"
    """Seals of enterprises that take part."""
    NODE_SEAL = "node-seal"
    HUB_SEAL = "hub-seal"
    PDF = "pdf"
    """Signatures of people and agencies inside PDF files."""
    TIME_STAMP = "time-stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRule:
    kind: RootClass = RootClass.UNCLASSIFIED
    uses: frozenset[RootUse] = frozenset(RootUse)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    """Aware UTC, exclusive."""

    def allows(self, use: RootUse, at: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= at
        return use in self.uses and begun and (self.valid_to is None or at < self.valid_to)

    def as_toml(self) -> dict[str, object]:
        """Members of its table, for a writer of TOML."""
        found: dict[str, object] = {"class": self.kind.value, "uses": sorted(use.value for use in self.uses)}
        if self.valid_from is not None:
            found["from"] = self.valid_from.date()
        if self.valid_to is not None:
            found["to"] = self.valid_to.date()
        return found


ANYTHING: Final = RootRule()


def read_rules(folder: Path) -> Mapping[str, RootRule]:
    """Rules by file stem; empty where there is no file.

    Raises:
        RootsFile: every fault at once.
    """
    path = folder / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RootsFile(path=path, what=str(error)) from error
    roots = table.get("roots", {})
    faults = [f"unknown key {name}" for name in table if name != "roots"]
    if not isinstance(roots, dict):
        raise RootsFile(path=path, what="roots must be a table")
    rules: dict[str, RootRule] = {}
    for name, values in roots.items():
        try:
            rules[name] = rule_of(values)
        except ValueError as error:
            faults.append(f"{name}: {error}")
        if not any((folder / file).exists() for file in (f"{name}.pem", draft_of(f"{name}.pem"))):
            faults.append(f"{name}: there is no {name}.pem")
    if faults:
        raise RootsFile(path=path, what="; ".join(faults))
    return rules


def draft_of(name: str) -> str:
    """Of a file that is about to come or to go: a rule may name it, nothing is trusted for it."""
    return f".{name}.new"


def rule_of(values: object) -> RootRule:
    """One table of the file. Raises ValueError with what is wrong."""
    if not isinstance(values, dict):
        raise ValueError("must be a table")
    unknown = set(values) - {"class", "uses", "from", "to"}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    missing = {"class", "uses"} - set(values)
    if missing:
        raise ValueError(f"missing keys {sorted(missing)}")
    if not isinstance(values["uses"], list):
        raise ValueError("uses must be a list")
    rule = RootRule(
        kind=RootClass(values["class"]),
        uses=frozenset(RootUse(use) for use in values["uses"]),
        valid_from=_day(values.get("from")),
        valid_to=_day(values.get("to")),
    )
    if rule.valid_from is not None and rule.valid_to is not None and rule.valid_from >= rule.valid_to:
        raise ValueError("from must lie before to")
    return rule


def _day(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    raise ValueError("a date such as 2026-01-01 is needed")
