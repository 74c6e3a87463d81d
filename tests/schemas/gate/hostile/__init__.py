"""Hostile XML by family, each document with the code it must be refused with and a good twin.

The families are those of the public corpora (DTD and entity collections, XXE lists, parser limit tests), generated here
because those files are not ours to copy; `index()` counts the documents of each.
"""

from __future__ import annotations

from collections import Counter

from tests.schemas.gate.hostile import declarations, encodings, limits, markup
from tests.schemas.gate.hostile.letter import Hostile

__all__ = ["Hostile", "corpus", "index"]


def corpus() -> tuple[Hostile, ...]:
    found = (*declarations.documents(), *encodings.documents(), *markup.documents(), *limits.documents())
    names = Counter(str(one) for one in found)
    assert max(names.values()) == 1, "two documents of one name"
    return found


def index() -> dict[str, int]:
    return dict(Counter(one.family for one in corpus()))
