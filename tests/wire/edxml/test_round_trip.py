"""Reading what we wrote gives what we had; and what the format does not know survives, in its place."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange_axis.domain.letter import Letter, StatusReport
from exchange_axis.wire.edxml import content_digest, read_letter, read_status, write_letter, write_status
from exchange_axis.wire.edxml.names import NAMESPACE
from schemas.validate import validate
from tests.wire.edxml.values import LETTER, STATUS, codes, letters, statuses

QUICK = settings(max_examples=60, deadline=None)
CONTAINERS = (
    "edXML",
    "edXMLEnvelope",
    "edXMLHeader",
    "MessageHeader",
    "From",
    "OtherInfo",
    "TraceHeaderList",
    "edXMLBody",
)


@QUICK
@given(letters)
def test_a_letter_is_read_as_it_was_written(letter: Letter) -> None:
    done = read_letter(write_letter(letter))

    assert done.letter == letter
    assert validate(done.normal, "edxml-document") == ()
    assert done.findings == ()


@QUICK
@given(statuses, st.sampled_from(["MessageHeader", "Status"]))
def test_a_status_is_read_as_it_was_written(
    report: StatusReport, container: Literal["MessageHeader", "Status"]
) -> None:
    done = read_status(write_status(report, container=container))

    assert done.status == report
    assert validate(done.normal, "edxml-status") == ()


@QUICK
@given(letters, st.randoms(use_true_random=False))
def test_order_of_elements_means_nothing_but_among_equals(letter: Letter, chance: random.Random) -> None:
    root = etree.fromstring(write_letter(letter))
    for element in list(root.iter(etree.Element)):
        element[:] = _shuffled(list(element), chance)

    done = read_letter(etree.tostring(root, encoding="UTF-8"))

    assert done.letter == letter
    assert content_digest(done.normal, []) == content_digest(read_letter(write_letter(letter)).normal, [])


@QUICK
@given(letters, st.data())
def test_unknown_elements_survive_reading_and_writing(letter: Letter, data: st.DataObject) -> None:
    root = etree.fromstring(write_letter(letter))
    for number in range(data.draw(st.integers(1, 4))):
        _insert_unknown(root, data, number)
    received = read_letter(etree.tostring(root, encoding="UTF-8"))

    again = read_letter(write_letter(received.letter))

    assert len(received.letter.kept) >= 1
    assert again.letter == received.letter
    assert [kept.xml for kept in again.letter.kept] == [kept.xml for kept in received.letter.kept]


def test_an_unknown_element_comes_back_behind_the_same_neighbour() -> None:
    root = etree.fromstring(write_letter(LETTER))
    subject = _find(root, "Subject")
    for text in ("một", "hai"):
        extra = etree.Element("{urn:example}Extra", nsmap={"x": "urn:example"})
        extra.text = text
        subject.addnext(extra)

    written = etree.fromstring(write_letter(read_letter(etree.tostring(root)).letter))

    neighbours = [_find(written, "Subject").getnext(), _find(written, "Subject").getnext()]
    assert neighbours[0] is not None
    assert (neighbours[0].tag, neighbours[0].text) == ("{urn:example}Extra", "hai")
    following = neighbours[0].getnext()
    assert following is not None and following.text == "một"


def test_an_unknown_element_in_an_otherwise_empty_container_keeps_its_container() -> None:
    root = etree.fromstring(write_letter(replace(LETTER, steering_type="0", to_places=("Lưu: VT",))))
    other = etree.SubElement(_find(root, "MessageHeader"), f"{{{NAMESPACE}}}OtherInfo")
    etree.SubElement(other, f"{{{NAMESPACE}}}ReplyFors").text = "57"

    written = write_letter(read_letter(etree.tostring(root)).letter)

    assert _find(etree.fromstring(written), "OtherInfo/ReplyFors").text == "57"
    header = [etree.QName(child).localname for child in _find(etree.fromstring(written), "MessageHeader")]
    assert header.index("OtherInfo") == header.index("Subject") + 1


@pytest.mark.parametrize("container", ["MessageHeader", "Status"])
def test_unknown_elements_of_a_status_survive_in_either_container(
    container: Literal["MessageHeader", "Status"],
) -> None:
    root = etree.fromstring(write_status(STATUS))
    etree.SubElement(_find(root, "MessageHeader"), "{urn:example}Extra").text = "ghi chú"
    received = read_status(etree.tostring(root)).status

    again = read_status(write_status(received, container=container)).status

    assert again == received
    assert len(again.kept) == 1


@given(codes)
def test_a_code_is_never_changed_by_reading(code: str) -> None:
    letter = read_letter(write_letter(_with_recipient(code))).letter

    assert letter.to[0].id == code


def _with_recipient(code: str) -> Letter:
    return replace(LETTER, to=(replace(LETTER.to[0], id=code),))


def _find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(".//" + "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found


def _shuffled(children: list[etree._Element], chance: random.Random) -> list[etree._Element]:
    """Names in any order; several of one name keep theirs, for it says which is first."""
    names = sorted({str(child.tag) for child in children})
    chance.shuffle(names)
    return [child for name in names for child in children if child.tag == name]


def _insert_unknown(root: etree._Element, data: st.DataObject, number: int) -> None:
    places = [element for element in root.iter(etree.Element) if etree.QName(element).localname in CONTAINERS]
    place = data.draw(st.sampled_from(places))
    namespace = data.draw(st.sampled_from([NAMESPACE, "urn:example:a", "urn:example:b"]))
    element = etree.Element(f"{{{namespace}}}Unknown{number}")
    element.text = data.draw(st.sampled_from(["", "x", "Tiếng Việt & <thẻ>"]))
    element.set("mark", str(number))
    child = etree.SubElement(element, "{urn:example:c}Inner")
    child.tail = " sau "
    place.insert(data.draw(st.integers(0, len(place))), element)
