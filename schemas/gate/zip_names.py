"""Names of the members of an archive: of a container, which are fixed, and of a dossier, which are only plain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from schemas.gate import zip_refusals as refusal

_LONGEST_NAME: Final = 120
_HEAD: Final = (b"mimetype", b"META-INF/manifest.xml", b"META-INF/signatures0.xml", b"consignment.xml")
_DOCUMENTS: Final = (b"letter.edxml", b"status.edxml")
_ATTACHMENT: Final = re.compile(rb"attachments/([0-9]{3,4})(?:\.[a-z0-9]{1,8})?")
_SOURCE: Final = b"source/received.edxml"
_ARCHIVED: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}")


def check_name(name: bytes) -> None:
    shown = printable(name)
    if not name.isascii():
        raise refusal.NameNotAscii(where=shown, name=shown)
    if b"\\" in name or b":" in name or name.startswith(b"/") or {b"..", b"."} & set(name.split(b"/")):
        raise refusal.NameIsPath(where=shown, name=shown)
    if name.endswith(b"/"):
        raise refusal.NotAFile(where=shown, name=shown)
    if len(name) > _LONGEST_NAME:
        raise refusal.UnknownMember(where=shown, name=shown)


def _check_once(names: Sequence[bytes]) -> set[bytes]:
    """The names in lower case, of which there are no two."""
    seen: set[bytes] = set()
    for name in names:
        if name.lower() in seen:
            raise refusal.NameTwice(where=printable(name), name=printable(name))
        seen.add(name.lower())
    return seen


def check_plain_names(names: Sequence[bytes]) -> None:
    _check_once(names)
    for name in names:
        if not _ARCHIVED.fullmatch(name):
            raise refusal.UnknownMember(where=printable(name), name=printable(name))


def check_container_names(names: Sequence[bytes]) -> None:
    seen = _check_once(names)
    for name in names:
        if name not in (*_HEAD, *_DOCUMENTS, _SOURCE) and not _ATTACHMENT.fullmatch(name):
            raise refusal.UnknownMember(where=printable(name), name=printable(name))
    for required in _HEAD:
        if required not in names:
            raise refusal.MissingMember(name=required.decode())
    if not seen.intersection(_DOCUMENTS):
        raise refusal.MissingMember(name="letter.edxml")
    _check_order(names)


def _check_order(names: Sequence[bytes]) -> None:
    """The fixed members, one document, attachments numbered from 001 without a hole, the received original."""
    body = names[len(_HEAD) + 1 :]
    attachments = body[:-1] if body and body[-1] == _SOURCE else body
    for name, expected in zip(names, (*_HEAD, None), strict=False):
        if name != expected and (expected is not None or name not in _DOCUMENTS):
            raise refusal.WrongOrder(where=printable(name), name=printable(name))
    for number, name in enumerate(attachments, start=1):
        match = _ATTACHMENT.fullmatch(name)
        if match is None or match[1] != b"%03d" % number:
            raise refusal.WrongOrder(where=printable(name), name=printable(name))


def printable(name: bytes) -> str:
    text = name[:_LONGEST_NAME].decode("ascii", "backslashreplace")
    return "".join(character if character.isprintable() else "?" for character in text)
