"""Hostile XML by families: each document is refused for its own reason, its twin is admitted."""

from __future__ import annotations

from collections import defaultdict

import pytest

from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read
from tests.schemas.gate.hostile import Hostile, corpus, index

DOCUMENTS_MIN = 716
"""What is promised: as many as 316 public files and 400 generated ones."""

_FAMILIES: dict[str, list[Hostile]] = defaultdict(list)
for _one in corpus():
    _FAMILIES[_one.family].append(_one)


def _verdict(data: bytes, profile: XmlProfile) -> str:
    try:
        read(data, profile)
    except Refusal as refusal:
        return refusal.code
    return "admitted"


@pytest.mark.parametrize("family", _FAMILIES)
def test_every_document_is_refused_for_its_reason(family: str) -> None:
    documents = _FAMILIES[family]
    found = {one.name: _verdict(one.make(), one.profile) for one in documents}
    assert found == {one.name: one.code for one in documents}


@pytest.mark.parametrize("family", _FAMILIES)
def test_every_twin_is_admitted(family: str) -> None:
    twins = {one.name: (one.twin(), one.profile) for one in _FAMILIES[family]}
    refused = {name: _verdict(*twin) for name, twin in twins.items()}
    assert refused == dict.fromkeys(twins, "admitted")


def test_there_are_as_many_as_promised_and_all_differ() -> None:
    assert sum(index().values()) >= DOCUMENTS_MIN
    made = [(one.make(), one.profile) for one in corpus()]
    assert len(set(made)) == len(made)
    assert all(one.make() != one.twin() for one in corpus())
