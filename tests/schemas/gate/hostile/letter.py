"""A small letter with holes, and what a hostile document is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.gate.limits import XmlProfile

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    family: str
    name: str
    code: str
    make: Callable[[], bytes]
    twin: Callable[[], bytes]
    profile: XmlProfile = XmlProfile.SIGNED

    def __str__(self) -> str:
        return f"{self.family}-{self.name}"


def letter(
    *,
    before: bytes = DECLARATION,
    root: bytes = b"",
    header: bytes = b"",
    to: bytes = b"000.00.00.H45",
    attribute: bytes = b"1",
    body: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """The holes are filled as they are: whoever fills them decides whether the letter is still good."""
    return (
        before
        + b'<Letter xmlns="urn:example:letter" kind="a"'
        + root
        + b'>\n<Header n="'
        + attribute
        + b'"'
        + header
        + b"><To>"
        + to
        + "</To><Subject>Về việc báo cáo</Subject></Header>\n<Body>".encode()
        + body
        + b"<Deep><Deeper/></Deep></Body>\n</Letter>"
        + behind
    )


def document(
    family: str,
    name: str,
    code: str,
    make: Callable[[], bytes] | bytes,
    *,
    twin: Callable[[], bytes] | bytes | None = None,
    profile: XmlProfile = XmlProfile.SIGNED,
) -> Hostile:
    return Hostile(
        family=family,
        name=name,
        code=code,
        make=_maker(make),
        twin=letter if twin is None else _maker(twin),
        profile=profile,
    )


def _maker(value: Callable[[], bytes] | bytes) -> Callable[[], bytes]:
    return (lambda: value) if isinstance(value, bytes) else value
