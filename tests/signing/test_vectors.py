"""Every value of a signature is judged as labelled; where our policy asks for more, the label says why."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from scripts.assurance import FIGURES
from signing import primitives
from signing.errors import SignatureInvalid
from signing.policy import STANDARD
from tests.figures import keep
from tests.signing.vectors import Vector, all_vectors, ecdsa, published

VECTORS_MIN = 4_406
"""What is promised: as many as the public files of allowed algorithms have."""


def _accepted(vector: Vector) -> bool:
    try:
        primitives.verify(vector.key, vector.algorithm, vector.message, vector.value)
    except SignatureInvalid:
        return False
    return True


def test_every_vector_is_judged_as_labelled() -> None:
    wrong, seen, families = [], Counter[str](), Counter[str]()
    for vector in all_vectors():
        families[vector.family] += 1
        seen["good" if vector.good else "bad"] += 1
        seen["deviating"] += bool(vector.deviation)
        if _accepted(vector) is not vector.good:
            wrong.append(f"{vector.family} {vector.name} {vector.deviation}")
    keep("signature-values", **seen)
    assert wrong == []
    assert dict(families) == json.loads(FIGURES.read_text(encoding="utf-8"))["signature-families"]
    assert seen["good"] + seen["bad"] >= VECTORS_MIN
    assert seen["good"] > 100, "a verifier that refuses everything would pass otherwise"


def test_deviations_are_of_one_kind() -> None:
    """Published values with a salt of 10 or 0 octets; nothing else is judged otherwise than its source says."""
    reasons = Counter(vector.deviation for vector in published.vectors() if vector.deviation)
    assert set(reasons) == {published.SALT}


def test_every_published_file_is_read() -> None:
    families = Counter(vector.family for vector in published.vectors())
    assert set(families) == {
        "cavp-ecdsa-sigver",
        "cavp-ecdsa-siggen",
        "cavp-rsa-sigver",
        "cavp-rsa-siggen",
        "cavp-pss-sigver",
        "cavp-pss-siggen",
        "rfc6979",
    }
    assert min(families.values()) >= 12, families


def test_the_keys_of_the_vectors_are_allowed() -> None:
    """So that it is the value that is judged, not the key."""
    for vector in published.vectors():
        primitives.require_public_key(vector.key, STANDARD)
        primitives.require_match(vector.key, vector.algorithm)


def test_without_the_length_check_a_longer_value_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check earns its place: r and s with a zero before each are the same numbers."""
    (vector,) = (
        one
        for one in ecdsa.vectors()
        if one.family == "ecdsa-length-and-form"
        and one.key.key_size == 256
        and one.name.endswith("sha256-zeros-before-both")
    )
    assert not _accepted(vector)
    monkeypatch.setattr(primitives, "_order_bytes", lambda curve: 33)
    assert _accepted(vector)
