"""Words as people look for them: small letters, no diacritics, đ as d.

What is kept for searching is made here, and so is what is searched for: the two can never differ.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")
_STROKE = str.maketrans("đĐ", "dd")


def fold(text: str) -> str:
    """Small letters without diacritics; spaces at the ends go, inside one is left."""
    plain = unicodedata.normalize("NFD", text.translate(_STROKE))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split())


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, each once, sorted: what was said cannot be put together again from them."""
    return tuple(sorted(set(_WORD.findall(fold(text)))))
