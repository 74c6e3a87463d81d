"""Origins and epochs: `hub-c/log/2` is the second epoch of the log `hub-c/log`.

A new epoch is opened when the old one cannot go on (a lost or forked history). It has a name of its own, so that no
checkpoint of one can be taken for one of the other, and the same key, so that whoever knows the log knows its heir.
"""

from __future__ import annotations

import re

from exchange_axis.ledger.note import NoteVerifier

_EPOCH = re.compile(r"(.+)/([1-9][0-9]{0,8})")


def epoch_of(origin: str) -> int:
    """Number of the epoch; an origin without one is its log's first."""
    match = _EPOCH.fullmatch(origin)
    return int(match[2]) if match else 1


def log_of(origin: str) -> str:
    """The log's name without its epoch."""
    match = _EPOCH.fullmatch(origin)
    return match[1] if match else origin


def next_origin(origin: str) -> str:
    return f"{log_of(origin)}/{epoch_of(origin) + 1}"


def key_of_epoch(known: NoteVerifier, origin: str) -> NoteVerifier | None:
    """The key of that epoch of a known log: the known one itself, or an heir; None for anything else."""
    return known if origin == known.name else heir_of(known, origin)


def heir_of(known: NoteVerifier, origin: str) -> NoteVerifier | None:
    """The key of a later epoch of the log that `known` belongs to; None if that origin is no such epoch."""
    if log_of(origin) != log_of(known.name) or epoch_of(origin) <= epoch_of(known.name):
        return None
    return NoteVerifier(name=origin, public_key=known.public_key)
