"""Comments, instructions, CDATA, namespaces, identifiers, names, and documents that break off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from schemas.gate.limits import XmlProfile
from tests.schemas.gate.hostile.letter import DECLARATION, Hostile, document, letter

_HOLES = ("before", "to", "body", "behind")
_INSTRUCTIONS = {
    "short": "<?x?>",
    "stylesheet": '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:9/x.xsl"?>',
    "catalog": '<?oasis-xml-catalog catalog="http://127.0.0.1:9/c"?>',
    "model": '<?xml-model href="file:///etc/passwd"?>',
    "php": "<?php system('id'); ?>",
    "upper-case": "<?XML-x y?>",
}
_COMMENTS = {"empty": "<!---->", "text": "<!-- x -->", "tags": "<!-- <To>H49</To> -->", "lines": "<!--\n\n-->"}
_RELATIVE = ("y", "../y", "./y", "y/z", "?y", "#y", "//host/y", "a b:c", "1:y")
_NO_URI = ("a b:c", "1:y")
"""Not even relative: the parser itself finds no URI in them."""
_IDS = ("Id", "ID", "id", "iD", "AssertionID", "assertionid")
_BROKEN = (
    "<p:P/>",
    "<P p:a=''/>",
    "<P xmlns:p=''/>",
    "<a:b:c xmlns:a='urn:x'/>",
    "<P xmlns:xml='urn:x'/>",
    "<P xmlns:xmlns='urn:x'/>",
    "<P xmlns='http://www.w3.org/2000/xmlns/'/>",
)
_UNSEEN = {
    "mark": "\ufeff", "joiner": "\u200d", "non-joiner": "\u200c", "combining": "\u0301",
}  # fmt: skip


def documents() -> Iterator[Hostile]:
    yield from _inserted()
    yield from _namespaces()
    for first, second in product(_IDS, _IDS):
        octets = letter(header=f' {first}="b1"'.encode(), body=f'<Part {second}="b1"/>'.encode())
        good = letter(header=f' {first}="b1"'.encode(), body=f'<Part {second}="b2"/>'.encode())
        yield document("identifier-twice", f"{first}-{second}", "gate.duplicate-id", octets, twin=good)
    for (name, unseen), shape in product(_UNSEEN.items(), ("<P{0}/>", "<P a{0}='1'/>", "<P><Q{0}r/></P>")):
        octets = letter(body=shape.format(unseen).encode())
        good = letter(body=shape.format("ủ").encode())
        yield document(
            "name-unseen", f"{name}-{shape.count('<')}-{'=' in shape}", "gate.name-characters", octets, twin=good
        )
    whole = letter()
    for number in range(60):
        cut = 45 + number * (len(whole) - 46) // 59
        octets = whole[:cut]
        if octets.decode("utf-8", "ignore").encode() == octets:
            yield document("broken-off", str(cut), "gate.malformed", octets)


def _inserted() -> Iterator[Hostile]:
    for (name, text), hole in product(_INSTRUCTIONS.items(), _HOLES):
        octets = _filled(hole, text)
        yield document("instruction", f"{name}-{hole}", "gate.processing-instruction", octets)
    for (name, text), hole in product(_COMMENTS.items(), _HOLES):
        octets = _filled(hole, text)
        yield document("comment-in-signed", f"{name}-{hole}", "gate.comment", octets)
        foreign = "gate.comment-in-text"
        if hole == "to":
            for way in ("{0}H45", "H45{0}", "H{0}45"):
                mixed = letter(to=way.format(text).encode())
                good = letter(body=text.encode())
                at = way.index("{")
                yield document("comment-in-text", f"{name}-{at}", foreign, mixed, twin=good, profile=XmlProfile.FOREIGN)
    for content, hole in product(("", "x", "<b/>", "&amp;"), ("to", "body")):
        octets = _filled(hole, f"<![CDATA[{content}]]>")
        yield document("cdata-in-signed", f"{len(content)}-{hole}", "gate.cdata", octets)


def _filled(hole: str, text: str) -> bytes:
    octets = text.encode()
    if hole == "before":
        return letter(before=DECLARATION + octets)
    return letter(**{hole: octets})


def _namespaces() -> Iterator[Hostile]:
    for uri, form in product(_RELATIVE, ("<P xmlns='{0}'/>", "<p:P xmlns:p='{0}'/>")):
        code = "gate.malformed" if uri in _NO_URI else "gate.namespace"
        good = letter(body=form.format("urn:y").encode())
        kind = "prefixed" if "p:" in form else "default"
        yield document("namespace-relative", f"{uri}-{kind}", code, letter(body=form.format(uri).encode()), twin=good)
    for outer, inner in product(("urn:x", "urn:example:letter", "http://a/"), ("urn:y", "urn:X", "http://a")):
        form = "<P xmlns:p='{0}'><Q xmlns:p='{1}' p:a=''/></P>"
        octets, good = (letter(body=form.format(outer, uri).encode()) for uri in (inner, outer))
        yield document("prefix-rebound", f"{outer}-{inner}", "gate.prefix-rebound", octets, twin=good)
    for number, broken in enumerate(_BROKEN):
        yield document("namespace-broken", str(number), "gate.malformed", letter(body=broken.encode()))
