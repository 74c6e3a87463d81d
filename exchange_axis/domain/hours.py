"""Hours of the day in Vietnam: when large ordinary mail may use the line, when nobody wants to be woken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from exchange_axis.domain.calendar import VIETNAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From `opens` to `closes` in Vietnam's time, over midnight where `closes` is the earlier one."""

    opens: time
    closes: time

    def is_open(self, at: datetime) -> bool:
        return self.has(at.astimezone(VIETNAM).time())

    def has(self, local: time) -> bool:
        if self.opens <= self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkHours(Hours):
    """When large ordinary mail may use the line. Urgent mail knows no hours."""

    above: int
    """Bytes; what is not larger is no bulk."""
