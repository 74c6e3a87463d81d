"""What a hub says of the files of a letter, cut to what a node of its own goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesWord:
    judged_at: datetime
    complete: bool
    """False while the hub is still looking."""
    standing: str | None
    verdicts: Mapping[str, str]
    """By SHA-256 of the file; those without a verdict are not there."""
