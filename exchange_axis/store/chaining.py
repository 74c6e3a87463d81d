"""Rows that hold each other: each has the digest of itself and of the one before, so that none is altered unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

START: Final = "0" * 64
"""Stands before the first row."""


def chained(last: str, values: Mapping[str, Any]) -> str:
    """Digest of a row after the one whose digest is `last`."""
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
    text = json.dumps([last, plain], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
