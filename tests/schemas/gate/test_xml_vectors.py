"""Every vector gets its verdict, for the expected reason, at the expected line."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter

import pytest

from schemas.gate import xml_refusals
from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, admit, read
from tests.schemas.gate.xml_vectors import VECTORS, Vector

CASES = [
    pytest.param(vector, profile, id=f"{vector.id}-{profile.value}")
    for vector in VECTORS
    for profile in vector.profiles
    # What the stricter profile says of a comment or of CDATA has vectors of its own.
    if not (profile is XmlProfile.SIGNED and vector.id in {"doctype-in-comment", "doctype-in-cdata"})
]


def test_vectors_are_told_apart() -> None:
    assert [name for name, count in Counter(vector.id for vector in VECTORS).items() if count > 1] == []


@pytest.mark.parametrize(("vector", "profile"), CASES)
def test_vector(vector: Vector, profile: XmlProfile) -> None:
    data = vector.make()
    if vector.code is None:
        assert admit(data, profile) == data
        assert read(data, profile).getroottree().docinfo.doctype == ""
        return
    started = time.thread_time()
    with pytest.raises(Refusal) as caught:
        read(data, profile)
    seconds = time.thread_time() - started
    assert caught.value.code == vector.code
    if vector.line is not None:
        assert caught.value.line == vector.line
    assert seconds < 1.0, "refusing must be cheap"
    assert "{" not in caught.value.message("vi") + caught.value.message("en"), "a template lacks a fact"


def test_every_refusal_of_xml_has_a_vector() -> None:
    refusals = {item for item in vars(xml_refusals).values() if isinstance(item, type) and item is not Refusal}
    codes = {refusal.code for refusal in refusals if issubclass(refusal, Refusal)}
    # Its limit takes 200,000 elements to reach: tested with a tightened one in test_xml.py.
    assert codes - {vector.code for vector in VECTORS} == {"gate.too-many-elements"}


def test_every_refusal_tells_people_in_both_languages_what_to_do() -> None:
    for refusal in Refusal.__subclasses__():
        if not refusal.code.startswith("gate."):
            continue
        texts = (refusal.vi, refusal.en, refusal.remedy_vi, refusal.remedy_en)
        assert all(texts), refusal
        assert all(unicodedata.is_normalized("NFC", text) for text in texts), refusal
