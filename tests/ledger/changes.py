"""How a good proof is spoilt for a vector; None where there is nothing to spoil."""

from __future__ import annotations

from collections.abc import Callable

Case = dict[str, object]
ZERO = b"\x00" * 32

Change = Callable[[list[bytes]], list[bytes] | None]
CHANGES: dict[str, Change] = {
    "truncated": lambda made: made[:-1] if made else None,
    "first-removed": lambda made: made[1:] if len(made) > 1 else None,
    "garbage-appended": lambda made: [*made, b"garbage"],
    "garbage-prepended": lambda made: [b"garbage", *made],
    "zero-hash-appended": lambda made: [*made, ZERO],
    "zero-hash-prepended": lambda made: [ZERO, *made],
    "first-bit-4-flipped": lambda made: [bytes([made[0][0] ^ 16]) + made[0][1:], *made[1:]] if made else None,
    "last-bit-0-flipped": lambda made: [*made[:-1], made[-1][:-1] + bytes([made[-1][-1] ^ 1])] if made else None,
}
