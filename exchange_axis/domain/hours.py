"""Hours for bulk: when large ordinary mail may use the line. Urgent mail knows no hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from exchange_axis.domain.calendar import VIETNAM


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkHours:
    """From `opens` to `closes` in Vietnam's time, over midnight where `closes` is the earlier one."""

    above: int
    """Bytes; what is not larger is no bulk."""
    opens: time
    closes: time

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(VIETNAM).time()
        if self.opens <= self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes
