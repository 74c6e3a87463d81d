"""The front of a container on its way in is judged before its attachments are let in: a secrecy mark ends the upload.

Only the marks are looked for here, in bytes that no signature has proved yet: the answer can only be no. All else,
and the marks again, is judged when the whole container is there (`intake`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.front import read_front
from exchange_axis.wire.members import LETTER
from schemas.findings import Finding
from schemas.gate.refusal import Refusal
from schemas.rules.common import secrecy_marks

FRONT: Final = 4 * 1024 * 1024
"""Bytes at the start of a container in which its letter must have ended to be judged early."""


def front_marks(path: Path) -> tuple[Finding, ...] | None:
    """Secrecy marks of the letter at the front of a container that is arriving; None while its letter is not there."""
    letter = read_front(path, limit=FRONT).get(LETTER)
    if letter is None:
        return None
    try:
        return tuple(secrecy_marks(read_letter(letter).normal))
    except Refusal:
        return ()  # the whole container will be refused for it
