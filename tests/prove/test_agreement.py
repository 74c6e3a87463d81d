"""Random documents, signed in random forms, half of them altered: what we say is what xmlsec1 and the JDK say.

As many as there are public signature files in the lists that other verifiers are measured with, and some more.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lxml import etree

from schemas.gate.refusal import Refusal
from signing.xades import sign_enveloped, verify_enveloped
from tests.figures import keep
from tests.judges import jdk_verify, xmlsec1_verify
from tests.signing.cells import ALGORITHMS, Cell, cells, empty_of, fill, signers
from tests.signing.pki import AT, TestPki

pytestmark = [pytest.mark.prove, pytest.mark.judge, pytest.mark.timeout(600)]

DOCUMENTS = 700
BY_XMLSEC1 = 300
"""A process each; the JDK judges all of them in one."""
AGREEMENT_MIN = 0.995
_NAMESPACES = ("", "urn:a", "urn:b", "http://example.org/y")
_TEXTS = ("", " ", "Kính gửi", "a&b", "<x>", "\r\n", "\t", "\u00a0", "𠀀", "'\"", "]]>", "000.00.00.H45", "e\u0301")
_PKI = TestPki(name="đồng ý")


def _tree(chance: random.Random, depth: int = 0) -> etree._Element:
    uri = chance.choice(_NAMESPACES)
    prefixes: dict[str | None, str] = {None: uri} if uri and chance.random() < 0.5 else {}
    if depth == 0:
        # Declared once, so that no prefix is invented twice for two namespaces, which the gate refuses.
        prefixes |= {"a": "urn:a", "b": "urn:b", "y": "http://example.org/y"}
    elif chance.random() < 0.3:
        prefixes[f"q{depth}"] = "urn:b"
    element = etree.Element(f"{{{uri}}}E{chance.randrange(9)}" if uri else f"E{chance.randrange(9)}", nsmap=prefixes)
    for number in range(chance.randrange(4)):
        spaced = chance.random() < 0.3
        element.set(f"{{urn:b}}a{number}" if spaced else f"a{number}", chance.choice(_TEXTS))
    if chance.random() < 0.1:
        element.set("{http://www.w3.org/XML/1998/namespace}lang", "vi")
    element.text = chance.choice(_TEXTS)
    for _ in range(chance.randrange(4) if depth < 4 else 0):
        child = _tree(chance, depth + 1)
        child.tail = chance.choice(_TEXTS)
        element.append(child)
    return element


def _altered(xml: bytes, chance: random.Random) -> bytes:
    """One more word somewhere in the content."""
    root = etree.fromstring(xml)
    places = [root, *(each for child in list(root)[:-1] for each in child.iter())]
    place = chance.choice(places)
    place.text = (place.text or "") + "x"
    return etree.tostring(root)


def _accepted(xml: bytes) -> bool:
    try:
        verify_enveloped(xml, _PKI.anchors, at=AT)
    except Refusal as refusal:
        assert refusal.code == "signature.digest", refusal.code
        return False
    return True


def test_we_agree_with_the_judges(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    root = tmp_path / "root.pem"
    root.write_bytes(_PKI.root_pem)
    pool, forms, files, ours = signers(_PKI), list(cells()), [], []
    xmlsec1_wrong, asked = [], 0
    for number in range(DOCUMENTS):
        algorithm = chance.choice(list(ALGORITHMS))
        cell: Cell = chance.choice(forms)
        signed = sign_enveloped(etree.tostring(_tree(chance)), pool[algorithm], at=AT)
        xml = fill(empty_of(signed, cell), pool[algorithm])
        good = number % 2 == 0
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(xml if good else _altered(xml, chance))
        ours.append(_accepted(files[-1].read_bytes()))
        assert ours[-1] is good
        if asked < BY_XMLSEC1 and algorithm.scheme != "pss":
            asked += 1
            if xmlsec1_verify(files[-1], root, at=AT).accepted is not good:
                xmlsec1_wrong.append(f"{number} {cell}")
    theirs = [one.accepted for one in jdk_verify(files, root, at=AT)]
    jdk_wrong = [number for number in range(DOCUMENTS) if theirs[number] is not ours[number]]
    keep(
        "agreement",
        documents=DOCUMENTS,
        jdk_disagrees=len(jdk_wrong),
        xmlsec1=asked,
        xmlsec1_disagrees=len(xmlsec1_wrong),
    )
    assert len(xmlsec1_wrong) <= (1 - AGREEMENT_MIN) * asked, xmlsec1_wrong
    assert len(jdk_wrong) <= (1 - AGREEMENT_MIN) * DOCUMENTS, jdk_wrong
