"""Document key and content digest: the same document however it travelled, another one when anything was changed."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date

import pytest
from lxml import etree

from exchange_axis.domain.letter import (
    Business,
    BusinessKind,
    Letter,
    Organ,
    OtherInfo,
    Reference,
    Replacement,
    TraceHeader,
)
from exchange_axis.wire.edxml import content_digest, document_key, read_letter, write_letter
from tests.wire.edxml.values import LETTER

PDF = "ab" * 32


def digest(letter: Letter, *attachments: str) -> str:
    return content_digest(read_letter(write_letter(letter)).normal, attachments or (PDF,))


@pytest.mark.parametrize(
    "same",
    [
        replace(LETTER, from_=Organ(id="000.03.32.H45", name="khác")),
        replace(LETTER, code_number="057"),
        replace(LETTER, code_notation="bc-ubnd"),
        replace(LETTER, code_notation=" BC - UBND"),
        replace(LETTER, document_id="0d8ff6dc-2d4d-4f0b-9c39-16d1f2f8b1a5", subject="khác"),
    ],
)
def test_one_document_has_one_key(same: Letter) -> None:
    # The old code 000.03.32.H45 is H45.32.03 with its groups turned round.
    assert document_key(same) == document_key(LETTER) == "H45.32.03|57|BC-UBND|2025-06-04|0"


@pytest.mark.parametrize(
    "other",
    [
        replace(LETTER, from_=Organ(id="H45.32.04")),
        replace(LETTER, code_number="58"),
        replace(LETTER, code_notation="TB-UBND"),
        replace(LETTER, promulgation_date=date(2025, 6, 5)),
        replace(LETTER, business=Business(kind=BusinessKind.UPDATE)),
    ],
)
def test_another_document_has_another_key(other: Letter) -> None:
    assert document_key(other) != document_key(LETTER)


def test_a_key_cannot_be_forged_by_its_separator() -> None:
    first = replace(LETTER, code_number="1|2", code_notation="3")
    second = replace(LETTER, code_number="1", code_notation="2|3")

    assert document_key(first) != document_key(second)


def test_a_foreign_code_and_a_missing_date_still_make_a_key() -> None:
    letter = replace(LETTER, from_=Organ(id="CS:GOV:01"), promulgation_date=None)

    assert document_key(letter) == "CS:GOV:01|57|BC-UBND||0"


@pytest.mark.parametrize(
    "travelled",
    [
        replace(LETTER, trace=(*LETTER.trace, TraceHeader(organ_id="H45"))),
        replace(LETTER, trace=()),
        replace(LETTER, other=OtherInfo(direction="false")),
        replace(
            LETTER, references=(Reference(content_id="zz", name="57 Báo cáo.pdf", content_type="application/zip"),)
        ),
    ],
)
def test_what_a_journey_changes_does_not_change_the_digest(travelled: Letter) -> None:
    assert digest(travelled) == digest(LETTER)


@pytest.mark.parametrize(
    "other",
    [
        replace(LETTER, subject="Báo cáo khác"),
        replace(LETTER, due_date=date(2025, 7, 1)),
        replace(LETTER, references=(Reference(content_id="a1", name="khác.pdf"),)),
        replace(LETTER, business=Business(replacements=(Replacement(document_id="x", organ_ids=()),))),
    ],
)
def test_what_a_sender_changes_does(other: Letter) -> None:
    assert digest(other) != digest(LETTER)


def test_attachments_and_their_order_are_in_the_digest() -> None:
    one, two = "ab" * 32, "cd" * 32

    assert len({digest(LETTER, one), digest(LETTER, two), digest(LETTER, one, two), digest(LETTER, two, one)}) == 4


def test_the_digest_is_fixed_and_leaves_the_normal_form_alone() -> None:
    normal = read_letter(write_letter(LETTER)).normal
    before = etree.tostring(copy.deepcopy(normal))

    # Stored with deliveries: a change here would make every stored digest incomparable.
    assert content_digest(normal, [PDF]) == "f515cad3f09fd883495a3200fd3168650d1a5abeaff8d13eadd6a0fc7e518f3f"
    assert etree.tostring(normal) == before
