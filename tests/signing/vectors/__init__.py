"""Signature values with the verdict they must get: published ones of allowed algorithms, and generated edge cases.

Published: the CAVP and RFC 6979 files in the cryptography-vectors wheel. Generated: the families that Project
Wycheproof is known for (its own files are not in that wheel): numbers at and beyond the group order, lengths, DER for
raw values, forged padding, salts of other lengths, other hashes, and every single bit of a value flipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.signing.vectors import ecdsa, published, rsa
from tests.signing.vectors.vector import Vector

__all__ = ["Vector", "all_vectors", "index"]


def all_vectors() -> Iterator[Vector]:
    yield from published.vectors()
    yield from ecdsa.vectors()
    yield from rsa.vectors()


def index() -> dict[str, int]:
    return dict(Counter(vector.family for vector in all_vectors()))
