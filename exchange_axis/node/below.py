"""Việc cấp dưới còn nợ: what the hub told the agencies here about agencies below them (journey §12.2, step 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.notice import SUBORDINATE, SUBORDINATE_CAME
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import NoticeRow
from exchange_axis.store.node.unit import NodeUnit

MOST: Final = 500
"""Newest notices that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedBelow:
    """A status that an agency below owes to a sender."""

    agency: str
    name: str
    title: str
    """Number and symbol of the letter, where the notice names it."""
    sender: str
    sender_name: str
    consignment_id: str
    missing: str
    """`domain.reminders.Missing`."""
    due: datetime
    told_at: datetime


class Below:
    def __init__(self, world: NodeWorld, directory: DirectoryCopy) -> None:
        self._world = world
        self._directory = directory

    def owed(self) -> tuple[OwedBelow, ...]:
        """What is still owed, the longest overdue first."""
        rows = self._world.store.read(_open)
        found = (self._line(row) for row in rows if self._is_below_ours(row.recipient))
        return tuple(sorted(found, key=lambda one: (one.due, one.agency)))

    def _is_below_ours(self, agency: str) -> bool:
        """Of the whole house everything is, for it was told; the directory says what is below some of its agencies."""
        codes, directory = self._world.within_codes, self._directory.current()
        return codes is None or (directory is not None and not codes.isdisjoint(above(directory, agency)))

    def _line(self, row: NoticeRow) -> OwedBelow:
        return OwedBelow(
            agency=row.recipient,
            name=self._directory.name_of(row.recipient),
            title=row.title or "",
            sender=row.sender,
            sender_name=self._directory.name_of(row.sender),
            consignment_id=row.consignment_id,
            missing=row.code.removeprefix(SUBORDINATE),
            due=row.since,
            told_at=row.stored_at,
        )


def above(directory: Directory, code: str) -> set[str]:
    """Every agency that the code is below."""
    found: set[str] = set()
    agency = directory.find(code)
    while agency is not None and agency.parent is not None and agency.parent not in found:
        found.add(agency.parent)
        agency = directory.find(agency.parent)
    return found


def _open(unit: NodeUnit) -> tuple[NoticeRow, ...]:
    """The newest word about each, where the status has not come since."""
    told = [row for row in unit.records.reminders(MOST) if row.code.startswith(SUBORDINATE)]
    heard = unit.records.came(about={row.consignment_id for row in told}) if told else ()
    came = {_key(row) for row in heard if row.code.startswith(SUBORDINATE_CAME)}
    newest = {_key(row): row for row in reversed(told)}
    return tuple(row for key, row in newest.items() if key not in came)


def _key(row: NoticeRow) -> tuple[str, str, str, str]:
    return row.sender, row.consignment_id, row.recipient, row.code.rpartition(".")[2]
