"""A sample authority whose people and agencies sign PDF files: for the demo and for practice, never for real letters.

Agencies sign their PDF files with a tool of their own before the product ever sees them; here that is done in bulk.
The name of the root must say that everything below it is sample data. Keys live in this process and are never written
down. Imported only by who signs samples: its libraries load slowly.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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

from signing.certificates import CertificateUse, Issuance, Subject, certificate_pem, issue, new_root
from signing.keys import generate_key
from signing.primitives import PrivateKey
from signing.revocation_list import Listed, issue_list

PERSON_FIELD: Final = "Nguoi ky"
AGENCY_FIELD: Final = "Co quan"
_YEAR = timedelta(days=365)
_RESERVED = 8_192
"""Bytes for one signature: a P-256 one with two certificates takes a quarter of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A key with its certificate, as the signing library takes it."""

    certificate: x509.Certificate
    signer: signers.SimpleSigner


class SampleSigning:
    def __init__(self, root: Subject, *, now: datetime, listed_for: timedelta) -> None:
        """
        Args:
            listed_for: how long the revocation list that each signed file brings along says that it holds.
        """
        self._now, self._listed_for = now, listed_for
        self._serials = iter(range(1, 1_000_000))
        self._root = new_root(generate_key(), subject=root, issuance=self._issuance())
        self._crl = self._list(())

    @property
    def root_pem(self) -> bytes:
        return certificate_pem(self._root.certificate)

    def party(self, subject: Subject) -> Party:
        key = generate_key()
        certificate = issue(
            self._root, key.public_key(), subject=subject, use=CertificateUse.SEAL, issuance=self._issuance()
        )
        above = SimpleCertificateStore()
        above.register(_asn1(self._root.certificate))
        signer = signers.SimpleSigner(
            signing_cert=_asn1(certificate), signing_key=PrivateKeyInfo.load(_der(key)), cert_registry=above
        )
        return Party(certificate=certificate, signer=signer)

    def revoke(self, parties: Sequence[Party], *, since: datetime) -> None:
        """What is signed from now on brings a list along that names these."""
        self._crl = self._list([Listed(serial=one.certificate.serial_number, revoked_at=since) for one in parties])

    def sign(self, pdf: bytes, parties: Sequence[tuple[str, Party]]) -> bytes:
        """The file signed by each party, into the field of that name; PAdES B-LT without a time-stamp."""
        for name, party in parties:
            pdf = _signed(pdf, party, name)
        return self._with_revocation_data(pdf, [party for _, party in parties])

    def _issuance(self) -> Issuance:
        return Issuance(serial=next(self._serials), not_before=self._now - _YEAR, not_after=self._now + 2 * _YEAR)

    def _list(self, listed: Sequence[Listed]) -> bytes:
        """Of today; as an authority publishes it."""
        return issue_list(self._root, listed, at=self._now, until=self._now + self._listed_for, number=1)

    def _with_revocation_data(self, pdf: bytes, parties: Sequence[Party]) -> bytes:
        out = io.BytesIO(pdf)
        certificates = [_asn1(self._root.certificate), *(_asn1(party.certificate) for party in parties)]
        DocumentSecurityStore.add_dss(
            out, sig_contents=None, certs=certificates, crls=[CertificateList.load(self._crl)]
        )
        return out.getvalue()


def changed(pdf: bytes, words: str) -> bytes:
    """The file with a note laid over its text, after everybody has signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    sheet = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Contents"): generic.pdf_string(words),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (300, 420, 360, 440))),
        }
    )
    sheet["/Annots"] = generic.ArrayObject([*sheet.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(sheet)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _signed(pdf: bytes, party: Party, name: str) -> bytes:
    metadata = signers.PdfSignatureMetadata(
        field_name=name, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signed = signers.PdfSigner(metadata, signer=party.signer).sign_pdf(writer, bytes_reserved=_RESERVED)
    return bytes(signed.getvalue())


def _asn1(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(certificate.public_bytes(Encoding.DER))


def _der(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
