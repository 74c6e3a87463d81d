"""What scanners of all kinds have in common."""

from __future__ import annotations

from typing import Final

_TEXT_MAX: Final = 120


def printable(text: str) -> str:
    """Somebody else's words, for a report: printable and short."""
    return "".join(one for one in text if one.isprintable())[:_TEXT_MAX]
