"""Reads a draft's PDF for its clerk: `pipeline.page_reading` says what is found on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.page_reading import found_in


class DraftReading:
    """Asks the examiner; what it answers about a file is kept with the file."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def __call__(self, path: Path, sha256: str) -> Mapping[str, Any]:
        tools = self._world.files
        if tools is None:
            return {"pages": None, "problem": "not-read", "suggestions": []}
        size = path.stat().st_size
        examined = tools.examiner.examine(path, offset=0, size=size, sha256=sha256, seconds=tools.seconds)
        return found_in(examined, at=self._world.now())
