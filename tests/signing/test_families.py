"""Wrapping by families: each of the documents is refused for its own reason, and its twin is accepted.

One test a family and style, which reports every document that was judged otherwise; `index()` counts them.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from schemas.gate.refusal import Refusal
from signing.container import verify_members
from signing.xades import verify_enveloped
from tests.signing.attacks.families import PLACES, STYLES, Case, all_cases, index
from tests.signing.attacks.families.base import LETTER, OUR_CODE, PKI
from tests.signing.pki import AT

FAMILIES_MIN, DOCUMENTS_MIN = 20, 480
"""What is promised: 20 families, each at 12 places in 2 styles."""

_CASES: dict[tuple[str, str], list[Case]] = defaultdict(list)
for _case in all_cases():
    _CASES[_case.family, _case.style].append(_case)


def _verdict(case: Case, data: bytes) -> str:
    verify = verify_members if case.of_members else verify_enveloped
    try:
        verify(data, PKI.anchors, at=AT)
    except Refusal as refusal:
        return refusal.code
    return "accepted"


@pytest.mark.prove
@pytest.mark.parametrize(("family", "style"), _CASES, ids=map("-".join, _CASES))
def test_every_document_of_a_family_is_refused_for_its_reason(family: str, style: str) -> None:
    cases = _CASES[family, style]
    assert {case.place: _verdict(case, case.make()) for case in cases} == {case.place: case.code for case in cases}


@pytest.mark.prove
@pytest.mark.parametrize(("family", "style"), _CASES, ids=map("-".join, _CASES))
def test_every_twin_is_accepted(family: str, style: str) -> None:
    assert {case.place: _verdict(case, case.twin()) for case in _CASES[family, style]} == dict.fromkeys(
        [case.place for case in _CASES[family, style]], "accepted"
    )


def test_every_attack_differs_from_its_twin_and_from_all_others() -> None:
    """Keys and times are fixed for a run, so that two equal documents are one document counted twice."""
    made = Counter(case.make() for case in all_cases() if case.code.startswith("gate."))
    assert max(made.values()) == 1
    assert all(case.make() != case.twin() for case in all_cases())


def test_there_are_as_many_as_promised() -> None:
    counts = index()
    assert len(counts) >= FAMILIES_MIN
    assert sum(counts.values()) >= DOCUMENTS_MIN
    assert all(count >= len(PLACES) * len(STYLES) for count in counts.values()), counts


@pytest.mark.parametrize("style", STYLES)
def test_what_is_accepted_is_what_was_signed(style: str) -> None:
    (case,) = (one for one in _CASES["id-of-another-case", style] if one.place == "body")
    verified = verify_enveloped(case.twin(), PKI.anchors, at=AT)
    assert verified.root.findtext(f".//{{{LETTER}}}To") == OUR_CODE
