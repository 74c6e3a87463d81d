"""The shapes of replay: what was said once, and how it is sent again. Each is tried TIMES times."""

from __future__ import annotations

TIMES = 25
WHAT = (
    "upload announced",
    "upload filled",
    "upload committed",
    "letter submitted whole",
    "tus upload made",
    "tus upload filled",
    "letter checked only",
    "status 01 of the first letter",
    "status 03 of the first letter",
    "status 06 of the first letter",
    "status 01 of the second letter",
    "status 03 of the second letter",
    "status 01 of the third letter",
    "status 02 of the third letter",
    "take-back 13",
    "answer 16",
    "update",
    "replacement",
    "recall",
    "lease given back",
)
HOW = ("at once", "two hours later", "after a restart")


def index() -> dict[str, int]:
    return {f"{what}, {how}": TIMES for what in WHAT for how in HOW}
