"""The one source of chance, split by name: what one part draws does not move what another part gets."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field

from exchange_axis import failpoints


class SeededRng:
    """`ports.Rng` from a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4))

    def uniform(self) -> float:
        return self._random.random()


class Killed(Exception):
    """Stands for SIGKILL, thrown where a failpoint is; that a real one does no more is shown by `test_kills`."""


@dataclass
class Deaths:
    """Takes the place of the armed failpoints. Whoever dies stays dead until he is opened anew."""

    left: int | None = None
    """Failpoints until death; None: nobody dies."""
    dead: bool = False
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, name: str) -> bool:
        if not self.dead:
            if self.left is None:
                return False
            self.left -= 1
            if self.left > 0:
                return False
            self.struck[name] += 1
            self.dead = True
        raise Killed(name)

    def arm(self, left: int | None) -> None:
        self.left, self.dead = left, False

    def names(self) -> tuple[str, ...]:
        return ()

    def install(self) -> None:
        failpoints._armed = self  # type: ignore[assignment]

    @staticmethod
    def remove() -> None:
        failpoints._armed = failpoints._Armed()
