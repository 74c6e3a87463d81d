"""Of which agencies the rows of a unit of work are read: of all that are served here, or of some.

Whoever may see some agencies only works through a unit that finds nothing else (`NodeStore.within`): what is not theirs
is as if it were not there. What the node itself needs to stay sound (keys of idempotency, contents still in use, the
clocks) is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, true

from exchange_axis.store.node.rows import InboxRow, OutboxRow

R = TypeVar("R", InboxRow, OutboxRow)


@dataclass(frozen=True, slots=True)
class Within:
    codes: frozenset[str] | None = None
    """Canonical; None: whatever is here."""

    def has(self, code: str | None) -> bool:
        return self.codes is None or code in self.codes

    def has_any(self, codes: Iterable[str]) -> bool:
        return self.codes is None or not self.codes.isdisjoint(codes)

    def of(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """For statements that count or that are cut into pages."""
        return true() if self.codes is None else column.in_(sorted(self.codes))

    def only(self, rows: Iterable[R]) -> tuple[R, ...]:
        """Received letters of these recipients, sent ones of these senders."""
        return tuple(row for row in rows if self.has(_whose(row)))


def _whose(row: InboxRow | OutboxRow) -> str:
    return row.recipient if isinstance(row, InboxRow) else row.sender


EVERYTHING_HERE: Final = Within()
