"""More of something than is allowed: by one, and by far. The twin has exactly as much as is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas.gate.limits import SIGNED_LIMITS
from tests.schemas.gate.hostile.letter import Hostile, document, letter

_AT_MOST = SIGNED_LIMITS
_BEFORE = 2
"""Elements above what stands in the body: the root and the body itself."""


def documents() -> Iterator[Hostile]:
    yield from _more("depth", "gate.too-deep", _AT_MOST.depth - _BEFORE, _nested, (1, 2, 36, 190, 194, 1_000, 100_000))
    yield from _more("depth-of-named", "gate.too-deep", _AT_MOST.depth - _BEFORE, _named, (1, 10, 1_000))
    yield from _more(
        "attributes", "gate.too-many-attributes", _AT_MOST.attributes, _attributes, (1, 2, 64, 936, 99_936)
    )
    yield from _more("namespaces", "gate.too-many-namespaces", _AT_MOST.namespaces, _prefixes, (1, 2, 32))
    yield from _more(
        "attribute-length", "gate.attribute-too-long", _AT_MOST.attribute_characters, _value, (1, 2, 65_536, 900_000)
    )
    yield from _more(
        "attribute-length-vietnamese", "gate.attribute-too-long", _AT_MOST.attribute_characters, _accents, (1, 1_000)
    )
    yield from _more("name-length", "gate.name-too-long", _AT_MOST.name_characters, _name, (1, 2, 256, 10_000))
    yield from _more("attribute-name-length", "gate.name-too-long", _AT_MOST.name_characters, _key, (1, 2, 256, 10_000))
    yield from _more("prefix-length", "gate.name-too-long", _AT_MOST.name_characters, _prefix, (1, 2, 256, 10_000))
    yield from _more(
        "namespace-length", "gate.namespace", _AT_MOST.namespace_characters - 4, _uri, (1, 2, 1_024, 10_000)
    )
    yield from _more("text-run", "gate.text-too-long", _AT_MOST.text_bytes, _text, (1, 2, 100, 2_000_000))
    yield from _more("text-run-of-references", "gate.text-too-long", _AT_MOST.text_bytes // 8, _references, (1, 50_000))
    yield from _more(
        "document-length", "gate.too-large", 0, _long, (_AT_MOST.document_bytes, 2 * _AT_MOST.document_bytes)
    )


def _more(
    family: str, code: str, limit: int, make: Callable[[int], bytes], excess: tuple[int, ...]
) -> Iterator[Hostile]:
    for by in excess:
        for place, fill in (("inside", _inside), ("root", _alone)):
            if place == "root" and family in {"depth-of-named", "document-length"}:
                continue
            bound = limit + (_BEFORE if place == "root" and family == "depth" else 0)
            yield document(
                f"limit-{family}",
                f"{place}-{by}-more",
                code,
                lambda fill=fill, bound=bound, by=by: fill(make(bound + by)),  # type: ignore[misc]
                twin=lambda fill=fill, bound=bound: fill(make(bound)),  # type: ignore[misc]
            )


def _inside(octets: bytes) -> bytes:
    return letter(body=octets)


def _alone(octets: bytes) -> bytes:
    return octets


def _nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def _named(depth: int) -> bytes:
    return b"".join(b"<n%d>" % n for n in range(depth)) + b"".join(b"</n%d>" % n for n in reversed(range(depth)))


def _attributes(count: int) -> bytes:
    return b"<a " + b" ".join(b"n%d=''" % n for n in range(count)) + b"/>"


def _prefixes(count: int) -> bytes:
    return b"<a " + b" ".join(b"xmlns:p%d='urn:p'" % n for n in range(count)) + b"/>"


def _value(length: int) -> bytes:
    return b"<a b='" + b"x" * length + b"'/>"


def _accents(length: int) -> bytes:
    return ("<a b='" + "ủ" * length + "'/>").encode()


def _name(length: int) -> bytes:
    return b"<" + b"a" * length + b"/>"


def _key(length: int) -> bytes:
    return b"<a " + b"b" * length + b"=''/>"


def _prefix(length: int) -> bytes:
    return b"<a xmlns:" + b"b" * length + b"='urn:x'/>"


def _uri(length: int) -> bytes:
    return b"<a xmlns='urn:" + b"x" * length + b"'/>"


def _text(length: int) -> bytes:
    return b"<a>" + b"x" * length + b"</a>"


def _references(count: int) -> bytes:
    return b"<a>" + b"&#x0041;" * count + b"</a>"


def _long(length: int) -> bytes:
    return b"<b>x</b>" * (length // 8)
