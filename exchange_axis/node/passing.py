"""Passing a received letter on inside the agency (chuyển xử lý): to which unit or person, and what the leader says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from exchange_axis.node.register_errors import ReceiverMissing
from exchange_axis.store.node.registers import PassedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedTo:
    """Who gets the letter."""

    unit: str = ""
    person: str = ""
    note: str = ""
    due: date | None = None
    """What the leader has set, where he has."""

    def described(self) -> str:
        """As the sender reads it.

        Raises:
            ReceiverMissing: neither unit nor person.
        """
        named = " – ".join(filter(None, (self.unit.strip(), self.person.strip())))
        if not named:
            raise ReceiverMissing()
        return ". ".join(filter(None, (f"Chuyển {named}", self.note.strip())))

    def noted(self, clerk: str, at: datetime) -> PassedRow:
        return PassedRow(
            unit=self.unit.strip(),
            person=self.person.strip(),
            note=self.note.strip(),
            due=self.due,
            passed_by=clerk,
            passed_at=at,
        )
