"""`META-INF/manifest.xml`: the ODF manifest of a baseline ASiC-E container (EN 319 162-1, table 5), and media types.

It is not signed and decides nothing here; it is written, and compared with the signature on reading, so that software
that does go by it (libdigidocpp, office programs) sees the same members under the same types.
Source: OASIS Open Document Format 1.2, part 3, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar

from lxml import etree

from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.errors import AxisError
from schemas.gate.xml import XmlProfile, read

NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
VERSION = "1.2"
ROOT_PATH = "/"
UNKNOWN_TYPE = "application/octet-stream"

_TYPES = {
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".edxml": "application/xml",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
"""By extension alone, so that two writers name the same type; the gate looks at the bytes."""


class MalformedManifest(AxisError):
    code: ClassVar[str] = "container.manifest-malformed"
    vi: ClassVar[str] = "META-INF/manifest.xml không phải là bản kê ODF của một gói ASiC-E"
    en: ClassVar[str] = "META-INF/manifest.xml is not an ODF manifest of an ASiC-E container"


def media_type_of(name: str) -> str:
    """Media type for a file or member name; `application/octet-stream` for what the table lacks."""
    return _TYPES.get(PurePath(name).suffix.lower(), UNKNOWN_TYPE)


def write_manifest(members: Iterable[tuple[str, str]]) -> bytes:
    """Manifest of the given (member name, media type) pairs, after the entry of the container itself."""
    root = etree.Element(_name("manifest"), nsmap={"manifest": NAMESPACE})
    root.set(_name("version"), VERSION)
    for path, media_type in [(ROOT_PATH, MIMETYPE), *members]:
        entry = etree.SubElement(root, _name("file-entry"))
        entry.set(_name("full-path"), path)
        entry.set(_name("media-type"), media_type)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read_manifest(data: bytes) -> dict[str, str]:
    """Media type by member name, the entry of the container itself left out.

    Raises:
        Refusal: the gate's.
        MalformedManifest: another document, a path twice, no entry or another type for the container itself.
    """
    root = read(data, XmlProfile.SIGNED)
    if root.tag != _name("manifest"):
        raise MalformedManifest(where="META-INF/manifest.xml", line=root.sourceline)
    types: dict[str, str] = {}
    for entry in root:
        path, media_type = entry.get(_name("full-path")), entry.get(_name("media-type"))
        if entry.tag != _name("file-entry") or path is None or media_type is None or path in types:
            raise MalformedManifest(where="META-INF/manifest.xml", line=entry.sourceline)
        types[path] = media_type
    if types.pop(ROOT_PATH, None) != MIMETYPE:
        raise MalformedManifest(where="META-INF/manifest.xml")
    return types


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
