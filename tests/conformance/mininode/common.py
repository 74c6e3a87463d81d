"""Small things: doubt, digests, instants, durable files, careful XML reading."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

from lxml import etree

VIETNAM = timezone(timedelta(hours=7))
CODE = re.compile(r"(?=.{1,35}\Z)[A-Z0-9]{1,12}(\.[A-Z0-9]{1,12})*")
PEER = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FORBIDDEN_ATTRIBUTES = {
    "{http://www.w3.org/XML/1998/namespace}base",
    "{http://www.w3.org/XML/1998/namespace}id",
    "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation",
}
ID_LIKE = {"Id", "ID", "id", "AssertionID"}
T = TypeVar("T")


class Untrusted(Exception):
    """Something received does not hold what it should."""


def need(condition: object, what: str) -> None:
    """Raises Untrusted unless the condition holds."""
    if not condition:
        raise Untrusted(what)


def present(value: T | None, what: str) -> T:
    """The value. Raises Untrusted when there is none."""
    if value is None:
        raise Untrusted(what)
    return value


def sha256(data: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def instant(at: datetime) -> str:
    """UTC, cut to milliseconds."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def read_instant(text: str) -> datetime:
    """Takes nothing but the one form."""
    need(INSTANT.fullmatch(text), f"not an instant: {text!r}")
    return datetime.fromisoformat(text)


def write_durable(path: Path, data: bytes, mode: int = 0o644) -> None:
    """The file is there in full, or not at all, after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    for folder in (path.parent, path.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def parse_signed(data: bytes) -> etree._Element:
    """XML that is, or carries, a signature: the strict rules of section 5."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Untrusted("not UTF-8") from error
    if declaration := re.match(r"<\?xml\s[^>]*\?>", text):
        encoding = re.search(r"encoding\s*=\s*[\"']([^\"']*)", declaration.group())
        need(encoding is None or encoding.group(1).upper() == "UTF-8", "another encoding than UTF-8")
        text = text[declaration.end() :]
    need("<!" not in text and "<?" not in text, "DOCTYPE, comment, CDATA section or processing instruction")
    root = _parse(text.encode())
    attributes = [(str(name), value) for each in root.iter() for name, value in each.attrib.items()]
    need(not FORBIDDEN_ATTRIBUTES & {name for name, _ in attributes}, "an attribute that is not allowed")
    ids = [value for name, value in attributes if etree.QName(name).localname in ID_LIKE]
    need(len(ids) == len(set(ids)), "an id stands twice")
    for element in root.iter():
        above = element.getparent()
        around = {} if above is None else above.nsmap
        rebound = {prefix for prefix, uri in element.nsmap.items() if prefix and around.get(prefix, uri) != uri}
        need(not rebound, "a prefix of two namespaces")
    return root


def parse_edxml(data: bytes) -> etree._Element:
    """Comments and CDATA may be there, a DOCTYPE may not."""
    need(b"<!DOCTYPE" not in data and b"<!ENTITY" not in data, "DOCTYPE in edXML")
    return _parse(data)


def canonical(element: etree._Element, *, exclusive: bool = True) -> bytes:
    """The canonical form of one element, written out alone first."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=False)


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Untrusted(f"no well-formed XML: {error}") from error
