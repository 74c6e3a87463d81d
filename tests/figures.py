"""Figures that a run of the tests measured, kept for docs/assurance.md where the run is told where to."""

from __future__ import annotations

import json
import os
from pathlib import Path

FOLDER = "AXIS_FIGURES"
"""Environment variable: the folder that figures are written to; without it nothing is kept."""


def keep(name: str, **figures: float | str) -> None:
    """Print the figures, and write them where they are wanted. A part of a run has a name of its own."""
    print(f"{name}: {json.dumps(figures, ensure_ascii=False)}")
    if folder := os.environ.get(FOLDER):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.json").write_text(json.dumps(figures, ensure_ascii=False) + "\n", encoding="utf-8")


def assurance() -> bool:
    """Whether hours may be spent: `make assurance`."""
    return os.environ.get("AXIS_ASSURANCE") == "1"
