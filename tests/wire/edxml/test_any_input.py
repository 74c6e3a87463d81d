"""Whatever comes in, only our own refusals come out, and what is judged never breaks the judges."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange_axis.wire.edxml import content_digest, document_key, match, read_letter, read_status, write_letter
from exchange_axis.wire.edxml.names import DOCUMENT, NAMESPACE, STATUS, Shape
from schemas.gate.refusal import Refusal
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from tests.wire.edxml.values import LETTER

AT = datetime(2025, 6, 30, tzinfo=UTC)
PLAIN = write_letter(LETTER)
QUICK = settings(max_examples=150, deadline=None)
odd_texts = st.one_of(
    st.sampled_from(["", "0", "-1", "2025/02/30", "31/12/9999 23:59:59", "null", "LD99", "MẬT", "\u0301", "9" * 40]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60),
)


def judge(data: bytes) -> None:
    """All that the pipeline does with a letter or status."""
    with contextlib.suppress(Refusal):
        done = read_letter(data)
        validate(done.normal, "edxml-document")
        check_letter(done.normal, at=AT, attachments=1)
        document_key(done.letter)
        content_digest(done.normal, [])
        match(done.letter.references, done.inline)
        for item in done.inline:
            item.decode()
        write_letter(done.letter)
    with contextlib.suppress(Refusal):
        report = read_status(data)
        validate(report.normal, "edxml-status")
        check_status(report.normal, at=AT)


@QUICK
@given(st.integers(0, len(PLAIN) - 1), st.integers(0, 40), st.binary(max_size=12))
def test_bytes_changed_anywhere(start: int, cut: int, insert: bytes) -> None:
    judge(PLAIN[:start] + insert + PLAIN[start + cut :])


@QUICK
@given(st.data())
def test_any_elements_of_the_format_anywhere(data: st.DataObject) -> None:
    names = sorted(
        {shape.name for tree in (DOCUMENT, STATUS) for shape in _all(tree)} | {"Status", "Signature", "Khac"}
    )
    root = etree.fromstring(PLAIN)
    for _ in range(data.draw(st.integers(1, 6))):
        places = list(root.iter(etree.Element))
        place = places[data.draw(st.integers(0, len(places) - 1))]
        extra = etree.Element(f"{{{NAMESPACE}}}{data.draw(st.sampled_from(names))}")
        extra.text = data.draw(odd_texts)
        place.insert(data.draw(st.integers(0, len(place))), extra)

    judge(etree.tostring(root, encoding="UTF-8"))


@QUICK
@given(st.data())
def test_any_text_in_any_field(data: st.DataObject) -> None:
    root = etree.fromstring(PLAIN)
    leaves = [element for element in root.iter(etree.Element) if not len(element)]
    for leaf in leaves:
        if data.draw(st.booleans()):
            leaf.text = data.draw(odd_texts)

    judge(etree.tostring(root, encoding="UTF-8"))


def _all(shape: Shape) -> list[Shape]:
    return [shape, *(deeper for child in shape.children for deeper in _all(child))]
