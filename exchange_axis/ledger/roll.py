"""A log changes its key: the statement by which whoever knows the old key knows the new one.

The text is four lines: the format, the origin under the old key, the size that the old key signed last, the new vkey.
It is a signed note under both keys: the old one says who follows, the new one that it is there. The new key's name is a
later epoch of the same log, so that no checkpoint of one key can be taken for one of the other.

Rules of this file:
1. A roll counts only for a log whose old key is known; a row of rolls is followed one after the other.
2. Nothing that the old key signed loses its worth: its epoch stays, and so do the proofs under it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exchange_axis.ledger.epochs import epoch_of, key_of_epoch, log_of
from exchange_axis.ledger.errors import LedgerError, MalformedNote, UntrustedNote
from exchange_axis.ledger.note import KeySigner, NoteVerifier, note_text, open_note, read_vkey, sign_note

FORMAT = "axis-log-roll-1"
MOST = 100
"""Rolls of one log that are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    origin: str
    """Under the old key."""
    size: int
    """Of the last checkpoint that the old key signed."""
    key: NoteVerifier


def write_roll(old: KeySigner, new: KeySigner, *, size: int) -> bytes:
    text = f"{FORMAT}\n{old.verifier.name}\n{size}\n{new.verifier.vkey}\n"
    return sign_note(text, old, new)


def read_roll(note: bytes) -> Roll:
    """What a note claims; nothing is verified.

    Raises:
        MalformedNote, MalformedKey.
    """
    lines = note_text(note).split("\n")
    if len(lines) != 5 or lines[0] != FORMAT or lines[4] or not lines[2].isdecimal():
        raise MalformedNote(reason="not a roll of a log key")
    key = read_vkey(lines[3])
    if log_of(lines[1]) != log_of(key.name) or epoch_of(key.name) <= epoch_of(lines[1]):
        raise MalformedNote(reason="the new key is of no later epoch of the same log")
    return Roll(origin=lines[1], size=int(lines[2]), key=key)


def open_roll(note: bytes, known: NoteVerifier) -> Roll:
    """A roll from a known key.

    Raises:
        MalformedNote, MalformedKey, UntrustedNote.
    """
    roll = read_roll(note)
    old = key_of_epoch(known, roll.origin)
    if old is None:
        raise UntrustedNote(reason="it is not a roll of the known key")
    for key in (old, roll.key):
        open_note(note, [key])
    return roll


def follow(known: NoteVerifier, rolls: Iterable[bytes]) -> tuple[NoteVerifier, ...]:
    """The known key and those that follow it by these rolls, in whatever order they came; the newest last."""
    keys, waiting = [known], list(rolls)[:MOST]
    while waiting:
        found = next(((note, roll) for note in waiting if (roll := _opened(note, keys[-1])) is not None), None)
        if found is None:
            break
        waiting.remove(found[0])
        keys.append(found[1].key)
    return tuple(keys)


def key_for(keys: Iterable[NoteVerifier], origin: str) -> NoteVerifier | None:
    """Of a row of keys the one for that origin: its own, else that of the newest epoch before it."""
    later = [key for key in keys if log_of(key.name) == log_of(origin) and epoch_of(key.name) <= epoch_of(origin)]
    return key_of_epoch(max(later, key=lambda key: epoch_of(key.name)), origin) if later else None


def _opened(note: bytes, known: NoteVerifier) -> Roll | None:
    try:
        return open_roll(note, known)
    except LedgerError:
        return None
