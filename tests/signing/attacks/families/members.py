"""Parts of a container: swapped, doubled, missing, or named so that another program finds something else."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Callable, Iterator

from lxml import etree

from signing.names import asic
from tests.signing.attacks.families.base import Case, renamed, signer
from tests.signing.sealing import Sealed

_REFERENCE = ".//ds:Reference[{}]"
_INVALID, _NAME, _SET = "signature.invalid", "signature.member-name", "signature.references"


def cases(style: str) -> Iterator[Case]:
    """The style is that of the signature; a list of members has no other content."""
    for act, (code, change, resealed) in _ACTS.items():
        yield Case(
            family="parts-of-a-container",
            place=act,
            style=style,
            code=code,
            make=_made(style, change, resealed=resealed),
            twin=lambda: _styled(style).seal().octets(),
            of_members=True,
        )


def _styled(style: str) -> Sealed:
    sealed = Sealed.container(signer())
    if style == "prefix":
        return sealed
    text = sealed.octets().replace(b"<ds:", b"<").replace(b"</ds:", b"</").replace(b"xmlns:ds=", b"xmlns=")
    return Sealed(etree.fromstring(text), signer()).seal()


def _made(style: str, change: Callable[[Sealed], None], *, resealed: bool) -> Callable[[], bytes]:
    def make() -> bytes:
        sealed = _styled(style)
        change(sealed)
        return (sealed.seal() if resealed else sealed).octets()

    return make


def _swap(path: str) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        first, second = (sealed.one(f"{_REFERENCE.format(number)}{path}") for number in (1, 2))
        if path:
            first.text, second.text = second.text, first.text
        else:
            first.attrib["URI"], second.attrib["URI"] = second.attrib["URI"], first.attrib["URI"]

    return change


def _named(name: str, *, which: int = 3) -> Callable[[Sealed], None]:
    return lambda sealed: sealed.one(_REFERENCE.format(which)).set("URI", name)


def _missing(sealed: Sealed) -> None:
    sealed.one(".//ds:SignedInfo").remove(sealed.one(_REFERENCE.format(3)))


def _twice(sealed: Sealed) -> None:
    reference = sealed.one(_REFERENCE.format(3))
    second = copy.deepcopy(reference)
    second.set("Id", f"{reference.get('Id')}-2")
    reference.addnext(second)


def _two_roots(sealed: Sealed) -> None:
    sealed.root.append(renamed(sealed.signature))


def _inner_root(sealed: Sealed) -> None:
    inner = etree.SubElement(sealed.root, asic("XAdESSignatures"))
    inner.append(sealed.signature)


_ACTS: dict[str, tuple[str, Callable[[Sealed], None], bool]] = {
    "names-swapped": (_INVALID, _swap(""), False),
    "digest-of-another": (_INVALID, _swap("/ds:DigestValue"), False),
    "missing": (_SET, _missing, True),
    "twice": (_SET, _twice, True),
    "path-upwards": (_NAME, _named("../attachments/001.pdf"), True),
    "path-absolute": (_NAME, _named("/attachments/001.pdf"), True),
    "path-backwards": (_NAME, _named("attachments\\001.pdf"), True),
    "empty-name": (_NAME, _named(""), True),
    "network-name": (_NAME, _named("http://127.0.0.1/001.pdf"), True),
    "decomposed-name": (_NAME, _named(unicodedata.normalize("NFD", "attachments/công-văn.pdf")), True),
    "two-roots": ("signature.count", _two_roots, False),
    "root-inside-root": ("signature.location", _inner_root, False),
}
