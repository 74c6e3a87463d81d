"""What lets somebody's own program ask in his name: a token with an end, a purpose, and no right that he has not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange_axis.domain.bucket import Rate

DAYS_MOST: Final = 90
"""Days that a token lives; a review of accounts at level 4 comes as often."""
LIVE_MOST: Final = 10
"""Of one person, at a time."""
NAME_MOST: Final = 60
"""Characters."""
RATE: Final = Rate(a_second=2.0, burst=60.0)
"""Questions of one token."""
_TOKEN: Final = re.compile(r"axis-([1-9][0-9]{0,14})-([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramToken:
    """As the store knows it; the secret is not in here."""

    number: int
    user: int
    name: str
    reason: str
    """Why the program reads; kept with each of its reads."""
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def is_live(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.ends_at


def token_text(number: int, secret: bytes) -> str:
    return f"axis-{number}-{secret.hex()}"


def token_parts(text: str) -> tuple[int, str] | None:
    """Its number and its secret as hex; None: it is no token."""
    found = _TOKEN.fullmatch(text)
    return None if found is None else (int(found[1]), found[2])
