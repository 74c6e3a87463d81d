"""Finding letters by what people have in hand: the beginning of an id, a number/symbol, a DocumentId."""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX_MINIMUM = 4
"""Characters of an id from which a beginning is taken as one."""
_ID_START = re.compile(r"[0-9a-f-]{4,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    consignment_id: str
    title: str
    sender: str
    recipient: str | None
    """The agency here that received it; None for a letter sent from here."""


def prefix_of(text: str) -> str | None:
    """The text as the beginning of an id, or None when it cannot be one."""
    lowered = text.lower()
    return lowered if _ID_START.fullmatch(lowered) else None
