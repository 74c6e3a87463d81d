"""The look at a PDF before any parser."""

from __future__ import annotations

import io

import pytest

from schemas.gate.limits import MIB
from schemas.gate.pdf import Feature, NotPdf, PdfLimits, PdfPrefixed, PdfRefusal, PdfTooLarge, PdfTruncated, admit_pdf

BODY = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\nstartxref\n0\n%%EOF\n"


def features(data: bytes) -> set[str]:
    return {feature.value for feature in admit_pdf(io.BytesIO(data), len(data)).features}


def test_an_ordinary_file() -> None:
    face = admit_pdf(io.BytesIO(BODY), len(BODY))
    assert (face.version, face.features, face.trailing) == ("1.7", frozenset(), 0)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", NotPdf),
        (b"plain text", NotPdf),
        (b"MZ" + BODY, PdfPrefixed),
        (BODY[:-7], PdfTruncated),
        (BODY + b"x" * 4096, PdfTruncated),
    ],
)
def test_what_is_no_whole_pdf_is_refused(data: bytes, refusal: type[PdfRefusal]) -> None:
    with pytest.raises(refusal):
        admit_pdf(io.BytesIO(data), len(data))


def test_a_byte_order_mark_is_no_second_file() -> None:
    assert features(b"\xef\xbb\xbf" + BODY) == set()


def test_bytes_after_the_end_are_counted() -> None:
    data = BODY + b"\r\n \0" + b"evil"
    assert admit_pdf(io.BytesIO(data), len(data)).trailing == 4


@pytest.mark.parametrize(
    ("name", "feature"),
    [
        (b"/ByteRange [0 1 2 3]", Feature.SIGNED),
        (b"/Byte#52ange[0 1 2 3]", Feature.SIGNED),
        (b"/#42#79#74#65#52#61#6e#67#65 [0 1 2 3]", Feature.SIGNED),
        (b"/Encrypt 5 0 R", Feature.ENCRYPTED),
        (b"/S/JavaScript/JS(app.alert(1))", Feature.JAVASCRIPT),
        (b"/S /Java#53cript /JS 3 0 R", Feature.JAVASCRIPT),
        (b"/S /Launch /F (cmd.exe)", Feature.LAUNCH),
        (b"/EmbeddedFiles 3 0 R", Feature.EMBEDDED_FILES),
        (b"/Type /EmbeddedFile\n", Feature.EMBEDDED_FILES),
        (b"/Subtype /RichMedia\n", Feature.RICH_MEDIA),
        (b"/XFA [1 0 R]", Feature.XFA),
    ],
)
def test_a_name_is_seen_in_every_spelling(name: bytes, feature: Feature) -> None:
    assert features(BODY.replace(b"<< >>", b"<< " + name + b" >>")) == {feature.value}


@pytest.mark.parametrize("name", [b"/ByteRanges 1", b"/ByteRang 1", b"(ByteRange)", b"/XFALSE 1"])
def test_what_only_looks_like_a_name_is_not_one(name: bytes) -> None:
    assert features(BODY.replace(b"<< >>", b"<< " + name + b" >>")) == set()


@pytest.mark.parametrize("at", range(MIB - 12, MIB + 3))
def test_a_name_across_two_pieces_is_seen(at: int) -> None:
    padding = at - len(b"%PDF-1.7\n")
    data = b"%PDF-1.7\n" + b" " * padding + b"/ByteRange [0 1 2 3]\n%%EOF\n"
    assert features(data) == {"signed"}


def test_limits() -> None:
    with pytest.raises(PdfTooLarge):
        admit_pdf(io.BytesIO(BODY), len(BODY), limits=PdfLimits(file_bytes=10))
    many = b"%PDF-1.7\n" + b"1 0 obj\nendobj\n" * 101 + b"%%EOF"
    assert features(many) == set()
    with pytest.raises(PdfTooLarge):
        admit_pdf(io.BytesIO(many), len(many), limits=PdfLimits(objects=100))
