"""Signed PDF files made on the spot with pyHanko and typst, and the known ways of cheating with them.

Keys are those of `tests.signing.pki`; names, numbers and id cards are invented. Every cheat has an honest twin: the
file it was made from.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import typst
from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.keys import KeyType
from signing.primitives import PrivateKey
from signing.trust import TrustAnchors
from tests.signing.pki import AT, TestPki, extended_usage, key, key_usage

LETTER = """#set page(margin: 2cm)
UBND TỈNH PHÚ YÊN \\
Số: 57/BC-UBND \\
Phú Yên, ngày 04 tháng 6 năm 2025 \\
*BÁO CÁO* \\
Kết quả tiếp nhận, giải quyết thủ tục hành chính tháng 5 năm 2025
"""
CARD = "079190001234"
"""An invented identity card number."""


@dataclass
class Signatory:
    """A key with its certificate, as pyHanko takes it."""

    private: PrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    def signer(self, *, pss: bool = False) -> signers.SimpleSigner:
        store = SimpleCertificateStore()
        store.register_multiple(_asn1(one) for one in self.above)
        return signers.SimpleSigner(
            signing_cert=_asn1(self.certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(_private_der(self.private)),
            cert_registry=store,
            prefer_pss=pss,
        )


@dataclass
class PdfPki:
    """A root of the state's kind, with people, agencies and a time-stamping authority below it."""

    pki: TestPki = field(default_factory=lambda: TestPki("PDF", KeyType.RSA2048))
    _serial: int = 5_000

    @property
    def anchors(self) -> TrustAnchors:
        return self.pki.anchors

    def person(self, **options: Any) -> Signatory:
        names = {
            NameOID.COMMON_NAME: "Bùi Thanh Tùng",
            NameOID.TITLE: "Chủ tịch",
            NameOID.ORGANIZATION_NAME: "UBND xã An Ninh Đông",
            NameOID.USER_ID: f"CCCD:{CARD}",
        }
        return self.issue(names, "person", **options)

    def agency(self, **options: Any) -> Signatory:
        names = {
            NameOID.COMMON_NAME: "UBND xã An Ninh Đông",
            NameOID.ORGANIZATION_NAME: "UBND huyện Tuy An",
            NameOID.USER_ID: "MST:4400123456",
        }
        return self.issue(names, "agency", **options)

    def issue(
        self,
        names: dict[x509.ObjectIdentifier, str],
        key_name: str,
        *,
        key_type: KeyType = KeyType.RSA2048,
        not_before: datetime = AT - timedelta(days=300),
        not_after: datetime = AT + timedelta(days=300),
        extensions: Sequence[x509.ExtensionType] = (),
        private: PrivateKey | None = None,
    ) -> Signatory:
        self._serial += 1
        private = private or key(key_type, f"pdf {key_name}")
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()]))
            .issuer_name(self.pki.root.certificate.subject)
            .public_key(private.public_key())
            .serial_number(self._serial)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
        )
        stamps = key_name == "tsa"  # RFC 3161, 2.3: that use and no other, critical
        for extension in extensions or (key_usage(signature=True, commitment=True), extended_usage()):
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage) or stamps)
        root = self.pki.root
        return Signatory(private, builder.sign(root.key, hashes.SHA256()), (root.certificate,))

    def stamper(self, at: datetime) -> DummyTimeStamper:
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")])
        names = {NameOID.COMMON_NAME: "Dịch vụ dấu thời gian thử nghiệm"}
        authority = self.issue(names, "tsa", extensions=(key_usage(signature=True), usage))
        return DummyTimeStamper(
            tsa_cert=_asn1(authority.certificate),
            tsa_key=asn1_keys.PrivateKeyInfo.load(_private_der(authority.private)),
            fixed_dt=at,
        )


@cache
def page(source: str = LETTER) -> bytes:
    """A PDF set by typst."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "page.typ"
        path.write_text(source, encoding="utf-8")
        return bytes(typst.compile(path, ignore_system_fonts=True))


@cache
def form() -> bytes:
    """The same page with a text field that somebody may fill in."""
    writer = IncrementalPdfFileWriter(io.BytesIO(page()))
    widget = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Widget"),
            generic.pdf_name("/FT"): generic.pdf_name("/Tx"),
            generic.pdf_name("/T"): generic.pdf_string("So"),
            generic.pdf_name("/V"): generic.pdf_string(""),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 700, 150, 720))),
        }
    )
    reference = writer.add_object(widget)
    sheet = writer.root["/Pages"]["/Kids"][0].get_object()
    sheet["/Annots"] = generic.ArrayObject([reference])
    writer.update_container(sheet)
    writer.root["/AcroForm"] = writer.add_object(
        generic.DictionaryObject({generic.pdf_name("/Fields"): generic.ArrayObject([reference])})
    )
    writer.update_root()
    return _saved(writer)


def sign(
    pdf: bytes,
    who: Signatory,
    *,
    name: str = "Chu ky",
    pss: bool = False,
    digest: str = "sha256",
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
    stamper: DummyTimeStamper | None = None,
    certify: fields.MDPPerm | None = None,
    reason: str | None = None,
    archived: Sequence[bytes] = (),
) -> bytes:
    """The file with one more signature, saved incrementally; `archived` revocation lists go inside it."""
    metadata = signers.PdfSignatureMetadata(
        field_name=name,
        md_algorithm=digest,
        subfilter=subfilter,
        certify=certify is not None,
        docmdp_permissions=certify or fields.MDPPerm.FILL_FORMS,
        reason=reason,
        embed_validation_info=bool(archived),
        validation_context=_archive_of(who, archived) if archived else None,
    )
    signer = signers.PdfSigner(metadata, signer=who.signer(pss=pss), timestamper=stamper)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return bytes(signer.sign_pdf(writer, bytes_reserved=16_384).getvalue())


def _archive_of(who: Signatory, lists: Sequence[bytes]) -> ValidationContext:
    """Whatever the lists are worth, they are what the signer's program finds."""
    return ValidationContext(
        trust_roots=[_asn1(who.above[0])],
        crls=list(lists),
        moment=asn1_crl.CertificateList.load(lists[0])["tbs_cert_list"]["this_update"].native,
        revocation_mode="require",
    )


def stamp_document(pdf: bytes, stamper: DummyTimeStamper) -> bytes:
    """A document time-stamp over all of it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return bytes(signers.PdfTimeStamper(stamper).timestamp_pdf(writer, "sha256", None).getvalue())


def add_validation_data(
    pdf: bytes, who: Signatory, *, crls: Sequence[bytes] = (), answers: Sequence[bytes] = ()
) -> bytes:
    """A document security store with one certificate, as a B-LT signature brings it; lists and answers if given."""
    out = io.BytesIO(pdf)
    DocumentSecurityStore.add_dss(
        out,
        sig_contents=None,
        certs=[_asn1(who.certificate)],
        ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in answers],
        crls=[asn1_crl.CertificateList.load(one) for one in crls],
    )
    return out.getvalue()


def fill(pdf: bytes, text: str = "57") -> bytes:
    """Fill in the text field of `form`."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    box = next(one.get_object() for one in writer.root["/AcroForm"]["/Fields"] if one.get_object().get("/T") == "So")
    box["/V"] = generic.pdf_string(text)
    writer.update_container(box)
    return _saved(writer)


def replace_page(pdf: bytes) -> bytes:
    """Incremental save with other contents on the first page (incremental saving attack)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    sheet = writer.root["/Pages"]["/Kids"][0].get_object()
    sheet["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 m 100 100 l S"))
    writer.update_container(sheet)
    return _saved(writer)


def draw_over(pdf: bytes) -> bytes:
    """An annotation laid over the text (shadow, hide)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    sheet = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Contents"): generic.pdf_string("75/BC-UBND"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 700, 250, 760))),
        }
    )
    existing = sheet.get("/Annots", generic.ArrayObject())
    sheet["/Annots"] = generic.ArrayObject([*existing, writer.add_object(note)])
    writer.update_container(sheet)
    return _saved(writer)


def swap_pages(pdf: bytes) -> bytes:
    """The catalogue is made to point at other pages (shadow, replace)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    other = writer.add_object(
        generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Pages"),
                generic.pdf_name("/Kids"): generic.ArrayObject([writer.root["/Pages"].raw_get("/Kids")[0]]),
                generic.pdf_name("/Count"): generic.NumberObject(1),
                generic.pdf_name("/Rotate"): generic.NumberObject(180),
            }
        )
    )
    writer.root["/Pages"] = other
    writer.update_root()
    return _saved(writer)


def change_reason(pdf: bytes) -> bytes:
    """The signature's own dictionary is overwritten with another reason."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    value = _first_value(writer)
    value["/Reason"] = generic.pdf_string("Dong y")
    writer.update_container(value)
    return _saved(writer)


def second_field_same_value(pdf: bytes) -> bytes:
    """Two fields share one signature value: their byte ranges overlap."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    form_fields = writer.root["/AcroForm"]["/Fields"]
    first = form_fields[0].get_object()
    twin = generic.DictionaryObject(
        {
            generic.pdf_name("/FT"): generic.pdf_name("/Sig"),
            generic.pdf_name("/T"): generic.pdf_string("Co quan"),
            generic.pdf_name("/V"): first.raw_get("/V"),
        }
    )
    form_fields.append(writer.add_object(twin))
    writer.update_container(form_fields)
    return _saved(writer)


def remove_signature(pdf: bytes) -> bytes:
    """The field is emptied in an incremental save."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    first = writer.root["/AcroForm"]["/Fields"][0].get_object()
    del first["/V"]
    writer.update_container(first)
    return _saved(writer)


_RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]")


def resign(pdf: bytes, who: Signatory, change: Callable[[int, int, int], Sequence[int]]) -> bytes:
    """The first signature made anew by its own signer over other ranges: mathematically right, and a lie.

    Args:
        change: (end of first part, start of second, its length) to the numbers that shall stand in ByteRange.
    """
    found = _RANGE.search(pdf)
    assert found is not None
    first, second, length = (int(found[number]) for number in (2, 3, 4))
    numbers = list(change(first, second, length))
    text = b"/ByteRange [" + b" ".join(b"%d" % number for number in numbers)
    width = found.end() - found.start()
    text = text + b" " * (width - len(text) - 1) + b"]"
    assert len(text) == width, "the numbers do not fit"
    pdf = pdf[: found.start()] + text + pdf[found.end() :]
    digest = hashes.Hash(hashes.SHA256())
    for start, size in zip(numbers[::2], numbers[1::2], strict=False):
        digest.update(pdf[max(start, 0) : max(start, 0) + max(size, 0)])
    cms = _cms(who, digest.finalize())
    hole = second - first - 2
    return pdf[: first + 1] + cms.hex().encode().ljust(hole, b"0") + pdf[second - 1 :]


def _cms(who: Signatory, digest: bytes) -> bytes:
    return bytes(asyncio.run(who.signer().async_sign(digest, "sha256")).dump())


def flip(pdf: bytes, needle: bytes, other: bytes) -> bytes:
    """One place changed, the length kept."""
    assert len(needle) == len(other)
    assert needle in pdf
    return pdf.replace(needle, other, 1)


def flip_inside(pdf: bytes) -> bytes:
    """A byte of the first page's contents changed."""
    at = pdf.index(b"stream") + 40
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def facts_text(value: object) -> str:
    """For failing tests."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _first_value(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    value = writer.root["/AcroForm"]["/Fields"][0].get_object()["/V"]
    assert isinstance(value, generic.DictionaryObject)
    return value


def _saved(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _private_der(private: PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
