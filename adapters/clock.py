"""The host's clock and randomness behind `exchange_axis.ports`; the only place where they are asked."""

from __future__ import annotations

import os
import random
import time
import uuid
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SystemRng:
    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def token(self, size: int) -> bytes:
        return os.urandom(size)

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def uniform(self) -> float:
        return self._random.random()
