"""Passwords, as Argon2id (RFC 9106). Checking takes as long for a person who does not exist as for one who does.

Rules of this file:
1. Work runs outside transactions: it takes tens of milliseconds and megabytes by design, and few at a time.
2. The cost is read from each stored value; one that is cheaper than today's is renewed at the next right password.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from exchange_axis.domain.people import LONGEST_PASSWORD, password_form
from exchange_axis.ports import Rng

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SALT = 16
AT_ONCE = 2
"""Checks that run side by side; the others wait, so that a rush of guesses cannot take all memory."""
FIRST_BYTES = 15
GROUP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Second recommended setting of RFC 9106 §4."""

    rounds: int = 3
    memory: int = 64 * 1024
    """KiB."""
    lanes: int = 4


class Passwords:
    def __init__(self, rng: Rng, cost: Cost | None = None) -> None:
        self._cost = cost or Cost()
        self._rng = rng
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher  # noqa: PLC0415 - most commands ask for no password

        cost = self._cost
        return PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory, parallelism=cost.lanes, salt_len=SALT)

    @cached_property
    def _nobody(self) -> str:
        """Held against whatever is given for a person who has none; nobody knows its password."""
        return self.hash(self._rng.token(SALT).hex())

    def hash(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(password_form(password), salt=self._rng.token(SALT))

    def verify(self, stored: str | None, password: str) -> bool:
        """None is a person who does not exist or has no password: the same work, and no."""
        from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

        given = password_form(password[: 4 * LONGEST_PASSWORD])
        held = self._nobody if stored is None else stored
        try:
            with self._turns:
                self._hasher.verify(held, given)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)

    def first(self) -> str:
        """A password to be handed over once: 120 random bits, easy to read out."""
        text = base64.b32encode(self._rng.token(FIRST_BYTES)).decode("ascii").lower()
        return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
