from __future__ import annotations

import pytest
from lxml import etree

from exchange_axis.wire.manifest import MalformedManifest, media_type_of, read_manifest, write_manifest

_MEMBERS = {"consignment.xml": "application/xml", "attachments/001.pdf": "application/pdf"}
_NS = {"m": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"}


def test_a_manifest_reads_as_it_was_written() -> None:
    assert read_manifest(write_manifest(_MEMBERS.items())) == _MEMBERS


def test_the_container_itself_comes_first_with_its_media_type() -> None:
    root = etree.fromstring(write_manifest(_MEMBERS.items()))
    assert root.xpath("m:file-entry/@m:full-path", namespaces=_NS) == ["/", "consignment.xml", "attachments/001.pdf"]
    assert root.xpath("m:file-entry[1]/@m:media-type", namespaces=_NS) == ["application/vnd.etsi.asic-e+zip"]
    assert root.xpath("@m:version", namespaces=_NS) == ["1.2"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"manifest:manifest", b"manifest:other"),
        (b"manifest:1.0", b"manifest:2.0"),
        (b"attachments/001.pdf", b"consignment.xml"),
        (b"application/vnd.etsi.asic-e+zip", b"application/vnd.etsi.asic-s+zip"),
        (b'"/"', b'"."'),
        (b"manifest:media-type=", b"manifest:kind="),
        (b"manifest:file-entry manifest:full-path", b"manifest:entry manifest:full-path"),
    ],
)
def test_another_document_is_refused(old: bytes, new: bytes) -> None:
    data = write_manifest(_MEMBERS.items())
    assert old in data
    with pytest.raises(MalformedManifest) as caught:
        read_manifest(data.replace(old, new))
    assert caught.value.code == "container.manifest-malformed"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("consignment.xml", "application/xml"),
        ("letter.edxml", "application/xml"),
        ("Tờ trình.PDF", "application/pdf"),
        ("bang.ods", "application/vnd.oasis.opendocument.spreadsheet"),
        ("attachments/001.bin", "application/octet-stream"),
        ("không đuôi", "application/octet-stream"),
    ],
)
def test_media_types_go_by_extension(name: str, expected: str) -> None:
    assert media_type_of(name) == expected
