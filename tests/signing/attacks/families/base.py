"""The document that is attacked, the twelve places in it, and what a case of a family is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from lxml import etree

from signing.canonical import parse
from signing.keys import LocalSigner
from signing.names import ds
from signing.xades import sign_enveloped
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import Sealed

STYLES = ("prefix", "default")
LETTER = "urn:example:letter"
PKI = TestPki(name="gói lồng")
OUR_CODE, FORGED_CODE = "000.00.00.H45", "000.00.00.H49"

_CONTENT = """<{p}Letter xmlns{d}="urn:example:letter" xmlns:k="urn:example:k" k:kind="a">
 <{p}Header><{p}From>000.00.00.H01</{p}From><{p}To>000.00.00.H45</{p}To><{p}Extension/></{p}Header>
 <{p}Body><{p}Part Id="b1"><{p}Text>Kính gửi</{p}Text></{p}Part></{p}Body></{p}Letter>"""

PLACES = (
    "root-first",
    "root-before-signature",
    "root-after-signature",
    "header-first",
    "header-last",
    "extension",
    "body",
    "part",
    "signed-info",
    "key-info",
    "object",
    "signed-properties",
)
INSIDE = frozenset(PLACES[8:])
"""Places inside the signature."""
BEHIND = "root-after-signature"

_PATHS = {
    "header-first": "./{*}Header",
    "header-last": "./{*}Header",
    "extension": ".//{*}Extension",
    "body": "./{*}Body",
    "part": ".//{*}Part",
    "signed-info": ".//{*}SignedInfo",
    "key-info": ".//{*}KeyInfo",
    "object": ".//{*}Object",
    "signed-properties": ".//{*}SignedProperties",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    family: str
    place: str
    style: str
    code: str
    """Why it must be refused."""
    make: Callable[[], bytes]
    twin: Callable[[], bytes]
    """A document that differs in the attack only, and must be accepted."""
    of_members: bool = False
    """Whether it is a container's list of members, which has a verifier of its own."""

    def __str__(self) -> str:
        return f"{self.family}-{self.place}-{self.style}"


@cache
def signer() -> LocalSigner:
    return PKI.signer()


@cache
def signed(style: str) -> bytes:
    """The honest document, as octets."""
    names = {"p": "m:", "d": ":m"} if style == "prefix" else {"p": "", "d": ""}
    xml = sign_enveloped(_CONTENT.format(**names).encode(), signer(), at=AT)
    if style == "prefix":
        return xml
    text = xml.replace(b"<ds:", b"<").replace(b"</ds:", b"</").replace(b"xmlns:ds=", b"xmlns=")
    return Sealed(parse(text), signer()).seal().octets()


def honest(style: str) -> Sealed:
    return Sealed(parse(signed(style)), signer())


def original(style: str) -> etree._Element:
    """The signed content without its signature, and without the identifier that would give it away."""
    root = honest(style).root
    root.remove(root[-1])
    for element in root.iter("{*}Part"):
        del element.attrib["Id"]
    return root


def forge(root: etree._Element) -> None:
    """The content says something else than what was signed."""
    to = root.find(".//{*}To")
    assert to is not None
    to.text = FORGED_CODE


def put(root: etree._Element, place: str, thing: etree._Element) -> None:
    """Insert `thing` at a place."""
    match place:
        case "root-first":
            root.insert(0, thing)
        case "root-before-signature":
            root.insert(max(len(root) - 1, 0), thing)
        case "root-after-signature":
            root.append(thing)
        case "header-first":
            found(root, place).insert(0, thing)
        case _:
            found(root, place).append(thing)


def found(root: etree._Element, place: str) -> etree._Element:
    holder = root if place.startswith("root-") else root.find(_PATHS[place])
    assert holder is not None, place
    return holder


def harmless(style: str, place: str) -> bytes:
    """The twin of what adds something: the signer added it himself, or nobody did where nothing may be added."""
    if place in INSIDE or place == BEHIND:
        return signed(style)
    sealed = honest(style)
    put(sealed.root, place, etree.Element(f"{{{LETTER}}}Note"))
    return sealed.seal().octets()


def element(local: str, *, namespace: str = LETTER, **attributes: str) -> etree._Element:
    made = etree.Element(f"{{{namespace}}}{local}")
    for name, value in attributes.items():
        made.set(name, value)
    return made


def each_place(
    family: str, style: str, code: Callable[[str], str], change: Callable[[Sealed, str], bytes]
) -> Iterator[Case]:
    """A case for each of the twelve places."""
    for place in PLACES:
        yield Case(
            family=family,
            place=place,
            style=style,
            code=code(place),
            make=lambda place=place: change(honest(style), place),  # type: ignore[misc]
            twin=lambda place=place: harmless(style, place),  # type: ignore[misc]
        )


def take_signature(root: etree._Element) -> etree._Element:
    signature = root.find(ds("Signature"))
    assert signature is not None
    root.remove(signature)
    signature.tail = None
    return signature


def renamed(part: etree._Element) -> etree._Element:
    """A copy with identifiers of its own, so that it is not refused for those."""
    twin = copy.deepcopy(part)
    twin.tail = None
    for each in twin.iter():
        if isinstance(each.tag, str) and "Id" in each.attrib:
            each.set("Id", each.attrib["Id"] + "-2")
    return twin
