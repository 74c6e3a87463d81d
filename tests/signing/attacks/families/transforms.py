"""Transforms and canonicalizations that are not what they seem, named by the signer himself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from signing.names import ds
from signing.policy import ENVELOPED, Canonicalization
from tests.signing.attacks.families.base import Case, honest, signed
from tests.signing.sealing import Sealed

_EXC = Canonicalization.EXCLUSIVE.value
_FAMILIES = {
    "transform-unknown": ("urn:example:keep-nothing", None),
    "transform-xpath": ("http://www.w3.org/TR/1999/REC-xpath-19991116", ("XPath", "false()")),
    "transform-xslt": ("http://www.w3.org/TR/1999/REC-xslt-19991116", ("stylesheet", "")),
    "transform-base64": ("http://www.w3.org/2000/09/xmldsig#base64", None),
}
_REFERENCES = {"document": ".//ds:Reference[1]", "properties": ".//ds:Reference[2]"}
_WHERE = ("first", "second", "last", "alone", "doubled", "instead-of-canonicalization")
_METHODS = ".//ds:CanonicalizationMethod"
_COMMENTED = {
    "exclusive": _EXC + "WithComments",
    "inclusive": Canonicalization.INCLUSIVE.value + "#WithComments",
    "inclusive-11": Canonicalization.INCLUSIVE_11.value + "#WithComments",
    "exclusive-unregistered": "http://www.w3.org/TR/xml-exc-c14n#WithComments",
}


def cases(style: str) -> Iterator[Case]:
    for family, (uri, parameter) in _FAMILIES.items():
        for reference, path in _REFERENCES.items():
            for where in _WHERE:
                yield Case(
                    family=family,
                    place=f"{reference}-{where}",
                    style=style,
                    code="algorithm.transform" if parameter is None else "signature.shape",
                    make=_placed(style, path, where, uri, parameter),
                    twin=lambda: honest(style).seal().octets(),
                )
    yield from _with_comments(style)


def _placed(style: str, path: str, where: str, uri: str, parameter: tuple[str, str] | None) -> Callable[[], bytes]:
    def make() -> bytes:
        sealed = honest(style)
        holder = sealed.one(f"{path}/ds:Transforms")
        before = [child.get("Algorithm", "") for child in holder]
        for child in list(holder):
            holder.remove(child)
        for name in _order(before, where, uri):
            transform = etree.SubElement(holder, ds("Transform"), Algorithm=name)
            if name == uri and parameter is not None:
                etree.SubElement(transform, ds(parameter[0])).text = parameter[1]
        return sealed.seal().octets()

    return make


def _order(before: list[str], where: str, uri: str) -> list[str]:
    match where:
        case "first":
            return [uri, *before]
        case "second":
            return [before[0], uri, *before[1:]]
        case "last":
            return [*before, _EXC, uri]
        case "alone":
            return [uri]
        case "doubled":
            return [uri, *before, uri]
        case _:
            return [ENVELOPED, uri]


def _with_comments(style: str) -> Iterator[Case]:
    for target in ("signed-info", *_REFERENCES):
        for name, uri in _COMMENTED.items():

            def make(target: str = target, uri: str = uri) -> bytes:
                sealed = honest(style)
                _method(sealed, target).set("Algorithm", uri)
                return sealed.seal().octets()

            yield Case(
                family="canonicalization-with-comments",
                place=f"{target}-{name}",
                style=style,
                code="algorithm.canonicalization" if target == "signed-info" else "algorithm.transform",
                make=make,
                twin=lambda: signed(style),
            )


def _method(sealed: Sealed, target: str) -> etree._Element:
    if target == "signed-info":
        return sealed.one(_METHODS)
    return sealed.root.findall(f"{_REFERENCES[target]}/ds:Transforms/ds:Transform", {"ds": ds("")[1:-1]})[-1]
