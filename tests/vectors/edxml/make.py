"""Writes the edXML vectors: packets in the dialects and with the faults that real traffic shows, and their index.

Run `python -m tests.vectors.edxml.make` after a change; a test compares what it makes with what is committed. It builds
packets by itself and imports nothing of the product. All agencies, people and subjects are invented.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.vectors.edxml.dialects import letters
from tests.vectors.edxml.faults import faults, refused
from tests.vectors.edxml.packets import AT
from tests.vectors.edxml.statuses import statuses


def write(folder: Path) -> None:
    """All vectors and `index.json` into a folder."""
    vectors = [*letters(), *refused(), *faults(), *statuses()]
    assert len({vector.id for vector in vectors}) == len(vectors)
    for vector in vectors:
        (folder / vector.file).write_bytes(vector.data)
    index = {"at": AT, "vectors": [vector.entry() for vector in vectors]}
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
