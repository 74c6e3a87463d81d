"""The gate for XML: limits can be tightened, texts say no content, the tree checks stand on their own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from schemas.gate.limits import FOREIGN_LIMITS, MIB, SIGNED_LIMITS, XmlLimits
from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, admit, read
from schemas.gate.xml_tree import check_tree

SIGNED, FOREIGN = XmlProfile.SIGNED, XmlProfile.FOREIGN


def _code(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


@pytest.mark.parametrize(
    ("limits", "good", "bad", "code"),
    [
        (replace(FOREIGN_LIMITS, elements=3), b"<a><b/><c/></a>", b"<a><b/><c/><d/></a>", "gate.too-many-elements"),
        (replace(FOREIGN_LIMITS, depth=2), b"<a><b/></a>", b"<a><b><c/></b></a>", "gate.too-deep"),
        (replace(FOREIGN_LIMITS, document_bytes=4), b"<a/>", b"<a/>\n", "gate.too-large"),
        (replace(FOREIGN_LIMITS, text_bytes=2), b"<a>xx</a>", b"<a>xxx</a>", "gate.text-too-long"),
        (replace(FOREIGN_LIMITS, attributes=1), b"<a b=''/>", b"<a b='' c=''/>", "gate.too-many-attributes"),
        (
            replace(FOREIGN_LIMITS, attributes_in_all=1),
            b"<a b=''/>",
            b"<a b=''><c d=''/></a>",
            "gate.too-many-attributes",
        ),
        (replace(FOREIGN_LIMITS, comments=1), b"<a><!----></a>", b"<a><!----><!----></a>", "gate.too-many-comments"),
    ],
)
def test_limits_are_those_of_the_caller(limits: XmlLimits, good: bytes, bad: bytes, code: str) -> None:
    read(good, FOREIGN, limits)
    read(bad, FOREIGN)
    assert _code(lambda: read(bad, FOREIGN, limits)) == code


@pytest.mark.parametrize(
    ("document", "profile", "limits", "code"),
    [
        (b"<a><b/><c/></a>", SIGNED, replace(SIGNED_LIMITS, elements=2), "gate.too-many-elements"),
        (b"<a><b><c/></b></a>", SIGNED, replace(SIGNED_LIMITS, depth=2), "gate.too-deep"),
        (b"<a b='' c=''/>", SIGNED, replace(SIGNED_LIMITS, attributes=1), "gate.too-many-attributes"),
        (b"<a><!----><![CDATA[]]></a>", FOREIGN, replace(FOREIGN_LIMITS, comments=1), "gate.too-many-comments"),
        (b"<a><!--x--></a>", SIGNED, SIGNED_LIMITS, "gate.comment"),
        (b"<a/><b/>", SIGNED, SIGNED_LIMITS, "gate.malformed"),
        (b"<a/></a>", SIGNED, SIGNED_LIMITS, "gate.malformed"),
    ],
)
def test_the_bytes_alone_are_enough_to_refuse(
    document: bytes, profile: XmlProfile, limits: XmlLimits, code: str
) -> None:
    """What would cost memory is found before a parser builds it."""
    assert _code(lambda: admit(document, profile, limits)) == code


@pytest.mark.parametrize("before", range(MIB - 9, MIB + 2))
def test_a_character_may_lie_across_two_pieces(before: int) -> None:
    """The bytes are decoded in pieces of 1 MiB; a fault is named by its offset in the whole."""
    spaces = b" " * before
    document = b"<a>" + spaces + "\U0001f4e8".encode() + b"</a>"
    assert admit(document, FOREIGN) == document
    with pytest.raises(Refusal) as caught:
        admit(b"<a>" + spaces + b"\xf0\x9f\x93</a>", FOREIGN)
    assert caught.value.code == "gate.not-utf8"
    assert caught.value.facts == {"offset": str(before + 3)}


@pytest.mark.parametrize(
    ("document", "profile", "limits", "code"),
    [
        (b"<!DOCTYPE a><a/>", FOREIGN, FOREIGN_LIMITS, "gate.doctype"),
        (b"<?x?><a/>", FOREIGN, FOREIGN_LIMITS, "gate.processing-instruction"),
        (b"<a/><?x?>", FOREIGN, FOREIGN_LIMITS, "gate.processing-instruction"),
        (b"<a><?x?></a>", FOREIGN, FOREIGN_LIMITS, "gate.processing-instruction"),
        (b"<!--x--><a/>", SIGNED, SIGNED_LIMITS, "gate.comment"),
        (b"<a><!--x--></a>", SIGNED, SIGNED_LIMITS, "gate.comment"),
        (b"<a><b><c/></b></a>", SIGNED, replace(SIGNED_LIMITS, depth=2), "gate.too-deep"),
        (b"<a><b/><b/></a>", SIGNED, replace(SIGNED_LIMITS, elements=2), "gate.too-many-elements"),
        (b"<a b='' c=''/>", SIGNED, replace(SIGNED_LIMITS, attributes=1), "gate.too-many-attributes"),
        (b"<a><!----><!----></a>", FOREIGN, replace(FOREIGN_LIMITS, comments=1), "gate.too-many-comments"),
    ],
)
def test_the_tree_is_judged_even_if_the_bytes_were_not(
    document: bytes, profile: XmlProfile, limits: XmlLimits, code: str
) -> None:
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    assert _code(lambda: check_tree(root, profile, limits)) == code


def test_refusals_name_the_place_and_quote_nothing() -> None:
    secret = "Nguyễn Văn Kín"
    document = f"<a>\n<b Id='{secret}'/>\n<c Id='{secret}'>{secret}</c></a>".encode()
    with pytest.raises(Refusal) as caught:
        read(document, FOREIGN)
    assert (caught.value.where, caught.value.line) == ("/a/c", 3)
    assert secret not in str(caught.value) + caught.value.message("vi") + str(caught.value.facts)


def test_a_fault_of_syntax_is_named_without_its_content() -> None:
    with pytest.raises(Refusal) as caught:
        read("<a>\n<Mật>&Kín;</Mật></a>".encode(), FOREIGN)
    assert (caught.value.code, caught.value.line) == ("gate.malformed", 2)
    assert caught.value.facts == {"reason": "ERR_UNDECLARED_ENTITY"}


def test_text_and_comments_come_through_unchanged() -> None:
    root = read("<a> <!-- x --> <b>Thường &amp; <![CDATA[<khẩn>]]></b></a>".encode(), FOREIGN)
    assert [node.tag for node in root if isinstance(node.tag, str)] == ["b"]
    assert root[1].text == "Thường & <khẩn>"


def test_no_file_and_no_socket_is_opened(tmp_path: Path) -> None:
    """A listener on loopback and a file of ours stand for the world: neither is ever touched."""
    target = tmp_path / "secret.txt"
    target.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for system in (url, target.as_uri()):
            for document in (
                f'<!DOCTYPE a SYSTEM "{system}"><a/>',
                f'<!DOCTYPE a [<!ENTITY x SYSTEM "{system}">]><a>&x;</a>',
                f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{system}" parse="text"/></a>',
                f'<a xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="urn:x {system}"/>',
            ):
                with pytest.raises(Refusal) as caught:
                    read(document.encode(), FOREIGN)
                assert "secret" not in str(caught.value)
        with pytest.raises(BlockingIOError):
            server.accept()
