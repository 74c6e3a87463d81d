"""A log's key changes: only the old key says which one follows."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.ledger.errors import LedgerError, MalformedNote, UntrustedNote
from exchange_axis.ledger.note import KeySigner, sign_note
from exchange_axis.ledger.roll import follow, key_for, open_roll, read_roll, write_roll


def key(epoch: int, *, owner: int = 0) -> KeySigner:
    return KeySigner(f"hub-a/log/{epoch}", Ed25519PrivateKey.from_private_bytes(bytes([epoch, owner]) * 16))


FIRST, SECOND, THIRD, THIEF = key(1), key(2), key(4), key(2, owner=9)
ROLLS = (write_roll(FIRST, SECOND, size=7), write_roll(SECOND, THIRD, size=9))


def test_a_roll_is_believed_by_the_old_key() -> None:
    found = open_roll(ROLLS[0], FIRST.verifier)
    assert [found.origin, found.size, found.key] == ["hub-a/log/1", 7, SECOND.verifier]


def test_a_row_of_rolls_is_followed_in_any_order() -> None:
    assert follow(FIRST.verifier, reversed(ROLLS)) == (FIRST.verifier, SECOND.verifier, THIRD.verifier)
    assert follow(SECOND.verifier, ROLLS) == (SECOND.verifier, THIRD.verifier)
    assert follow(FIRST.verifier, ROLLS[1:]) == (FIRST.verifier,), "one is missing"


def test_after_a_repair_the_same_key_under_another_name_rolls_on() -> None:
    renamed = FIRST.renamed("hub-a/log/2")
    later = key(3)
    assert follow(FIRST.verifier, [write_roll(renamed, later, size=8)]) == (FIRST.verifier, later.verifier)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(write_roll(THIEF, key(3, owner=9), size=7), id="another old key"),
        pytest.param(
            sign_note(f"axis-log-roll-1\nhub-a/log/1\n7\n{SECOND.verifier.vkey}\n", THIEF, SECOND), id="not the old one"
        ),
        pytest.param(
            sign_note(f"axis-log-roll-1\nhub-a/log/1\n7\n{SECOND.verifier.vkey}\n", FIRST), id="new one is silent"
        ),
        pytest.param(sign_note(f"axis-log-roll-1\nhub-a/log/1\n7\n{THIEF.verifier.vkey}\n", SECOND), id="itself"),
    ],
)
def test_nobody_else_can_roll(note: bytes) -> None:
    with pytest.raises(UntrustedNote):
        open_roll(note, FIRST.verifier)
    assert follow(FIRST.verifier, [note]) == (FIRST.verifier,)


@pytest.mark.parametrize(
    "text",
    [
        f"axis-log-roll-1\nhub-a/log/1\n7\n{key(1).verifier.vkey}\n",
        f"axis-log-roll-1\nhub-b/log/1\n7\n{SECOND.verifier.vkey}\n",
        f"axis-log-roll-2\nhub-a/log/1\n7\n{SECOND.verifier.vkey}\n",
        f"axis-log-roll-1\nhub-a/log/1\n-7\n{SECOND.verifier.vkey}\n",
        "axis-log-roll-1\nhub-a/log/1\n7\nkey\n",
        "hub-a/log/1\n7\nroot\n",
    ],
)
def test_what_is_no_roll_is_refused(text: str) -> None:
    with pytest.raises((MalformedNote, LedgerError)):
        read_roll(sign_note(text, FIRST))


def test_each_epoch_has_its_key() -> None:
    keys = follow(FIRST.verifier, ROLLS)
    found = {origin: key_for(keys, f"hub-a/log/{origin}") for origin in (1, 2, 3, 4, 5)}
    public = {number: None if one is None else one.public_key for number, one in found.items()}
    assert public == {
        1: FIRST.verifier.public_key,
        2: SECOND.verifier.public_key,
        3: SECOND.verifier.public_key,
        4: THIRD.verifier.public_key,
        5: THIRD.verifier.public_key,
    }
    assert key_for(keys, "hub-b/log/1") is None
