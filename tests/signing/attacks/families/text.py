"""Gaps between octets and text: comments, identifiers, names, and digests written in another way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from tests.signing.attacks.families.base import (
    BEHIND,
    INSIDE,
    PLACES,
    Case,
    each_place,
    element,
    honest,
    put,
    signed,
)
from tests.signing.sealing import Sealed

_SPELLINGS = ("ID", "id", "iD", "Id", "AssertionID", "assertionId")
_VALUES = {
    "digest-1": b"<*DigestValue>",
    "digest-2": b"<*DigestValue>",
    "value": b"<*SignatureValue>",
    "content": b"To>",
}


def cases(style: str) -> Iterator[Case]:
    yield from each_place("id-of-another-case", style, lambda _: "gate.duplicate-id", _same_id)
    yield from each_place("id-by-entity", style, lambda _: "gate.doctype", _entity_id)
    yield from each_place("prefix-bound-again", style, lambda _: "gate.prefix-rebound", _rebound)
    yield from each_place("namespace-undeclared", style, _undeclared_code, _undeclared)
    yield from _inserted("comment-in-value", style, b"<!-- -->", "gate.comment")
    yield from _inserted("instruction-in-value", style, b"<?x y?>", "gate.processing-instruction")
    for name, (code, edit) in _DIGESTS.items():
        yield _digest(style, name, code, edit)


def _same_id(sealed: Sealed, place: str) -> bytes:
    """An identifier that one program takes for another's, signed by a signer who knows no better."""
    spelling = _SPELLINGS[PLACES.index(place) % len(_SPELLINGS)]
    put(sealed.root, place, element("Note", **{spelling: "b1"}))
    return sealed.seal().octets()


def _entity_id(sealed: Sealed, place: str) -> bytes:
    """The identifier comes from an entity: a tree that was not expanded shows it and serialises something else."""
    put(sealed.root, place, element("Note", Id="entity-here"))
    octets = sealed.seal().octets().replace(b"entity-here", b"&i;")
    return octets.replace(b"?>", b"?><!DOCTYPE Letter [<!ENTITY i 'b1'>]>", 1)


def _rebound(sealed: Sealed, place: str) -> bytes:
    put(sealed.root, place, etree.Element("{urn:evil}Note", nsmap={"k": "urn:evil"}))
    return sealed.seal().octets()


def _undeclared_code(place: str) -> str:
    if place == BEHIND:
        return "signature.location"
    return "signature.shape" if place in INSIDE else "signature.digest"


def _undeclared(sealed: Sealed, place: str) -> bytes:
    """An element of no namespace that a program which compares local names takes for one of ours."""
    put(sealed.root, place, etree.Element("To"))
    return sealed.octets()


def _inserted(family: str, style: str, what: bytes, code: str) -> Iterator[Case]:
    for name, pattern in _VALUES.items():
        for where in ("first", "middle", "last"):

            def make(name: str = name, pattern: bytes = pattern, where: str = where) -> bytes:
                octets = signed(style)
                tag = pattern.replace(b"*", b"ds:" if style == "prefix" else b"")
                at = octets.index(tag) + len(tag)
                if name == "digest-2":
                    at = octets.index(tag, at) + len(tag)
                end = octets.index(b"<", at)
                at = {"first": at, "middle": (at + end) // 2, "last": end}[where]
                return octets[:at] + what + octets[at:]

            yield Case(family=family, place=f"{name}-{where}", style=style, code=code, make=make, twin=_plain(style))


def _plain(style: str) -> Callable[[], bytes]:
    return lambda: signed(style)


_BASE64, _INVALID = "signature.base64", "signature.invalid"
_DIGESTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "space-first": (_INVALID, lambda t: " " + t),
    "space-last": (_INVALID, lambda t: t + " "),
    "line-feed-within": (_INVALID, lambda t: t[:20] + "\n" + t[20:]),
    "tab-within": (_INVALID, lambda t: t[:20] + "\t" + t[20:]),
    "carriage-return-within": (_INVALID, lambda t: t[:20] + "\r" + t[20:]),
    "no-break-space": (_BASE64, lambda t: t + "\u00a0"),
    "zero-width-space": (_BASE64, lambda t: t[:20] + "\u200b" + t[20:]),
    "full-width-letter": (_BASE64, lambda t: chr(ord(t[0]) + 0xFEE0) + t[1:]),
    "padding-missing": (_BASE64, lambda t: t.rstrip("=")),
    "padding-doubled": (_BASE64, lambda t: t + "="),
    "of-other-alphabet": (_BASE64, lambda t: "-_" + t[2:]),
    "loose-bits": (_BASE64, lambda t: t[:-2] + chr(ord(t[-2]) + 1) + "="),
}


def _digest(style: str, name: str, code: str, edit: Callable[[str], str]) -> Case:
    def make() -> bytes:
        sealed = honest(style)
        value = sealed.one(".//ds:DigestValue")
        value.text = edit(value.text or "")
        return sealed.octets()

    return Case(
        family="digest-otherwise-written", place=name, style=style, code=code, make=make, twin=_referenced(style)
    )


def _referenced(style: str) -> Callable[[], bytes]:
    """A character reference for a letter of the digest changes no reading: the harmless sister of all of these."""

    def make() -> bytes:
        octets = signed(style)
        at = octets.index(b"DigestValue>") + len(b"DigestValue>")
        return octets[:at] + b"&#x%x;" % octets[at] + octets[at + 1 :]

    return make
