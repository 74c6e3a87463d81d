"""What was signed is moved to where nobody reads it, and something else stands where it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from lxml import etree

from signing.names import ds
from tests.signing.attacks.families.base import (
    BEHIND,
    INSIDE,
    Case,
    each_place,
    forge,
    original,
    put,
    renamed,
    take_signature,
)
from tests.signing.sealing import Sealed


def cases(style: str) -> Iterator[Case]:
    yield from each_place("xsw1-original-under-forged-root", style, _content, lambda s, p: _wrap(s, p, original(style)))
    yield from each_place("xsw2-reference-by-id", style, _by_id_code, _by_id)
    yield from each_place("xsw3-forged-header-beside", style, _content, _second_header)
    yield from each_place("xsw4-original-header-in-forged", style, _content, _header_in_header)
    yield from each_place("xsw5-signature-moved", style, _moved, lambda s, p: _move(s, p, forged=False))
    yield from each_place("xsw6-signature-moved-and-forged", style, _moved, lambda s, p: _move(s, p, forged=True))
    yield from each_place("xsw7-signed-document-inside", style, _nested_code, _nested)
    yield from each_place("xsw8-signed-document-inside-twice-signed", style, _always_count, _nested_twice)
    yield from each_place("signature-in-object", style, _always_count, _signature_in_object)
    yield from each_place(
        "original-in-object", style, _always_count, lambda s, p: _wrap(s, p, _in(ds("Object"), style))
    )
    yield from each_place(
        "original-in-extension", style, _content, lambda s, p: _wrap(s, p, _in("{urn:x}Extension", style))
    )
    yield from each_place("properties-of-another", style, _always_count, _other_properties)
    yield from each_place("second-signature", style, _always_count, _second_signature)
    yield from each_place("signed-info-doubled", style, _always_count, _doubled)


def _always_count(_: str) -> str:
    return "signature.count"


def _content(place: str) -> str:
    """Content changed outside the signature is found by its digest, a part too many inside it by the form."""
    if place == BEHIND:
        return "signature.location"
    return "signature.shape" if place in INSIDE else "signature.digest"


def _wrap(sealed: Sealed, place: str, thing: etree._Element) -> bytes:
    forge(sealed.root)
    put(sealed.root, place, thing)
    return sealed.octets()


def _in(tag: str, style: str) -> etree._Element:
    holder = etree.Element(tag)
    holder.append(original(style))
    return holder


def _by_id_code(place: str) -> str:
    return {"signature.digest": "signature.references"}.get(_content(place), _content(place))


def _by_id(sealed: Sealed, place: str) -> bytes:
    """The form that SAML uses and we do not: the signer names his content by identifier, and it can be anywhere."""
    signature = take_signature(sealed.root)
    alone = copy.deepcopy(sealed.root)
    alone.set("Id", "original")
    for part in sealed.root.iter("{*}Part"):
        del part.attrib["Id"]
    sealed.root.append(signature)
    forge(sealed.root)
    put(sealed.root, place, alone)
    sealed.one(".//ds:Reference").set("URI", "#original")
    return sealed.seal().octets()


def _second_header(sealed: Sealed, place: str) -> bytes:
    header = sealed.root.find("./{*}Header")
    assert header is not None
    forged = copy.deepcopy(header)
    forge(forged)
    put(sealed.root, place, forged)
    return sealed.octets()


def _header_in_header(sealed: Sealed, place: str) -> bytes:
    header = sealed.root.find("./{*}Header")
    assert header is not None
    before = copy.deepcopy(header)
    forge(header)
    put(sealed.root, place, before)
    return sealed.octets()


def _moved(place: str) -> str:
    if place in INSIDE:
        return "signature.count"
    return _MOVED.get(place, "signature.location")


_MOVED = {"root-after-signature": "signature.digest", "root-before-signature": "signature.location"}


def _move(sealed: Sealed, place: str, *, forged: bool) -> bytes:
    """The signature at the place; inside a signature that is only a shell where there is no other way."""
    if forged or place == BEHIND:
        forge(sealed.root)
    signature = take_signature(sealed.root)
    if place in INSIDE:
        sealed.root.append(renamed(signature))
    put(sealed.root, place, signature)
    return sealed.octets()


def _nested_code(place: str) -> str:
    return "signature.count" if place in INSIDE else "signature.location"


def _nested(sealed: Sealed, place: str) -> bytes:
    """The whole document with its signature inside a forged one that has none, or a shell of one."""
    whole = sealed.root
    forged = copy.deepcopy(whole)
    signature = take_signature(forged)
    forge(forged)
    for part in forged.iter("{*}Part"):
        del part.attrib["Id"]
    if place in INSIDE:
        forged.append(renamed(signature))
    put(forged, place, whole)
    return etree.tostring(forged)


def _nested_twice(sealed: Sealed, place: str) -> bytes:
    whole = copy.deepcopy(sealed.root)
    forge(sealed.root)
    put(sealed.root, place, _renamed_deep(whole))
    return sealed.octets()


def _renamed_deep(whole: etree._Element) -> etree._Element:
    for part in whole.iter():
        if isinstance(part.tag, str) and "Id" in part.attrib:
            part.set("Id", part.attrib["Id"] + "-2")
    return whole


def _signature_in_object(sealed: Sealed, place: str) -> bytes:
    signature = take_signature(sealed.root)
    if place in INSIDE:
        sealed.root.append(renamed(signature))
    holder = etree.Element(ds("Object"))
    holder.append(signature)
    put(sealed.root, place, holder)
    return sealed.octets()


def _other_properties(sealed: Sealed, place: str) -> bytes:
    """The second reference names properties that stand somewhere else, and the signer signed it so."""
    other = renamed(sealed.one(".//xades:SignedProperties"))
    put(sealed.root, place, other)
    sealed.one(".//ds:Reference[2]").set("URI", f"#{other.get('Id')}")
    return sealed.seal().octets()


def _second_signature(sealed: Sealed, place: str) -> bytes:
    put(sealed.root, place, renamed(sealed.signature))
    return sealed.octets()


def _doubled(sealed: Sealed, place: str) -> bytes:
    """Two SignedInfo: one is verified, the other read."""
    second = renamed(sealed.one(".//ds:SignedInfo"))
    value = second.find(".//{*}DigestValue")
    assert value is not None
    value.text = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    put(sealed.root, place, second)
    return sealed.octets()
