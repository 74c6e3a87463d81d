"""Rules for letters and statuses over the normal form: what no schema can say."""

from __future__ import annotations

from schemas.rules.letter import check_letter
from schemas.rules.status import check_status

__all__ = ["check_letter", "check_status"]
