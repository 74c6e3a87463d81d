"""The signing tool of the demo's agencies: a sample authority, a signatory and an agency certificate for each sender.

Agencies sign their PDF files before the node ever sees them; here that is done in bulk, where the pages are set. The
root's name says that everything below it is sample data. Keys live in this process and are never written down.

What is wrong with a signature on purpose (`PdfFault`) is wrong in that one way.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto.crl import CertificateList
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from exchange_axis.demo.cast import SAMPLE, directory
from exchange_axis.demo.letters import DemoLetter, PdfFault, letters
from signing.certificates import CertificateUse, Issuance, Subject, certificate_pem, issue, new_root
from signing.keys import generate_key
from signing.primitives import PrivateKey
from signing.revocation_list import Listed, issue_list

ROOT_NAME = "CA ký số mẫu"
REVOKED_BEFORE = timedelta(days=3)
"""How long ago the certificate of the letter with that fault was revoked."""
_YEAR = timedelta(days=365)
_RESERVED = 8_192
"""Bytes for one signature: a P-256 one with two certificates takes a quarter of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Party:
    """A key with its certificate, as the signing library takes it."""

    certificate: x509.Certificate
    signer: signers.SimpleSigner


class PdfSigning:
    def __init__(self, now: datetime) -> None:
        self._now = now
        self._serials = iter(range(1, 1_000_000))
        key = generate_key()
        self._root = new_root(
            key, subject=Subject(common_name=ROOT_NAME, organization=SAMPLE), issuance=self._issuance()
        )
        self._people = {one.sender: self._person(one) for one in letters()}
        self._agencies = {one.sender: self._agency(one.sender) for one in letters()}
        self._revoked = {one.sender: self._agency(one.sender) for one in letters() if one.fault is PdfFault.REVOKED}
        self._crl = self._revocation_list()

    @property
    def root_pem(self) -> bytes:
        return certificate_pem(self._root.certificate)

    def sign(self, one: DemoLetter, pdf: bytes, *, annex: bool) -> bytes:
        """The file as it leaves the agency, PAdES B-LT: signed by person and agency, an annex by the agency alone."""
        parties = list(self._parties(one, annex=annex))
        for name, party in parties:
            pdf = _signed(pdf, party, name)
        pdf = self._with_revocation_data(pdf, [party for _, party in parties])
        return _changed(pdf) if one.fault is PdfFault.CHANGED and not annex else pdf

    def _parties(self, one: DemoLetter, *, annex: bool) -> Iterator[tuple[str, _Party]]:
        if not annex:
            yield "Nguoi ky", self._people[one.sender]
        if one.fault is not PdfFault.NO_AGENCY:
            agencies = self._revoked if one.fault is PdfFault.REVOKED else self._agencies
            yield "Co quan", agencies[one.sender]

    def _person(self, one: DemoLetter) -> _Party:
        signer, agency = one.signer, directory().agencies[one.sender].name
        return self._issue(Subject(common_name=signer.full_name, title=signer.position, organization=agency))

    def _agency(self, code: str) -> _Party:
        return self._issue(Subject(common_name=directory().agencies[code].name, agency_code=code))

    def _issue(self, subject: Subject) -> _Party:
        key = generate_key()
        certificate = issue(
            self._root, key.public_key(), subject=subject, use=CertificateUse.SEAL, issuance=self._issuance()
        )
        above = SimpleCertificateStore()
        above.register(_asn1(self._root.certificate))
        signer = signers.SimpleSigner(
            signing_cert=_asn1(certificate), signing_key=PrivateKeyInfo.load(_der(key)), cert_registry=above
        )
        return _Party(certificate=certificate, signer=signer)

    def _issuance(self) -> Issuance:
        return Issuance(serial=next(self._serials), not_before=self._now - _YEAR, not_after=self._now + 2 * _YEAR)

    def _revocation_list(self) -> bytes:
        """Of today; as an authority publishes it, and as each signed file brings it along."""
        since = self._now - REVOKED_BEFORE
        listed = [Listed(serial=one.certificate.serial_number, revoked_at=since) for one in self._revoked.values()]
        return issue_list(self._root, listed, at=self._now, until=self._now + timedelta(days=7), number=1)

    def _with_revocation_data(self, pdf: bytes, parties: Sequence[_Party]) -> bytes:
        out = io.BytesIO(pdf)
        certificates = [_asn1(self._root.certificate), *(_asn1(party.certificate) for party in parties)]
        DocumentSecurityStore.add_dss(
            out, sig_contents=None, certs=certificates, crls=[CertificateList.load(self._crl)]
        )
        return out.getvalue()


def _signed(pdf: bytes, party: _Party, name: str) -> bytes:
    metadata = signers.PdfSignatureMetadata(
        field_name=name, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signed = signers.PdfSigner(metadata, signer=party.signer).sign_pdf(writer, bytes_reserved=_RESERVED)
    return bytes(signed.getvalue())


def _changed(pdf: bytes) -> bytes:
    """A note is laid over the text after everybody has signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    sheet = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Contents"): generic.pdf_string("151"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (300, 420, 360, 440))),
        }
    )
    sheet["/Annots"] = generic.ArrayObject([*sheet.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(sheet)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _asn1(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(certificate.public_bytes(Encoding.DER))


def _der(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
