"""What another directory would change, as people read it before they approve: record by record, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final, TypeVar

from exchange_axis.domain.agency import Agency, Hub, NodeEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.groups import Group

R = TypeVar("R", Agency, Hub, NodeEntry, Group)
QUIET: Final = frozenset({"serial"})
"""Fields that change with every other one and say nothing by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    table: str
    """agency, hub, node or group."""
    code: str
    name: str
    kind: str
    """added, changed or removed."""
    fields: tuple[FieldChange, ...] = ()

    @property
    def closes(self) -> bool:
        """The agency gets a last day, which it did not have."""
        return any(one.field == "valid_to" and not one.before for one in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    changes: tuple[RecordChange, ...]
    """Removed ones first: nothing should ever be removed."""

    def count(self, kind: str) -> int:
        return sum(1 for one in self.changes if one.kind == kind)

    @property
    def closing(self) -> int:
        return sum(1 for one in self.changes if one.closes)


def difference(old: Directory, new: Directory) -> Difference:
    found = [
        *_of("agency", old.agencies, new.agencies),
        *_of("hub", old.hubs, new.hubs),
        *_of("node", old.nodes, new.nodes),
        *_of("group", old.groups, new.groups),
    ]
    ranks = {"removed": 0, "changed": 1, "added": 2}
    return Difference(changes=tuple(sorted(found, key=lambda one: (ranks[one.kind], not one.closes, one.code))))


def _of(table: str, old: Mapping[str, R], new: Mapping[str, R]) -> list[RecordChange]:
    found = []
    for code in old.keys() | new.keys():
        before, after = old.get(code), new.get(code)
        if before is not None and after is not None:
            changed = _fields(before, after)
            if changed:
                found.append(RecordChange(table=table, code=code, name=after.name, kind="changed", fields=changed))
        elif after is not None:
            found.append(RecordChange(table=table, code=code, name=after.name, kind="added"))
        elif before is not None:
            found.append(RecordChange(table=table, code=code, name=before.name, kind="removed"))
    return found


def _fields(before: R, after: R) -> tuple[FieldChange, ...]:
    pairs = ((one.name, _text(getattr(before, one.name)), _text(getattr(after, one.name))) for one in fields(before))
    return tuple(
        FieldChange(field=name, before=old, after=new) for name, old, new in pairs if old != new and name not in QUIET
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(sorted(map(str, value))) if isinstance(value, tuple) else str(value)
