"""A PDF of ours under a seal of ours: PAdES B-B (ETSI EN 319 142-1), one signature without a mark on any page.

Reports are read by people whose viewers judge such a signature by themselves. The key is asked as for any document of
ours, so that a token or a signing service seals a report too.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.keys import Signer
from signing.policy import Scheme

FIELD = "Con dau cua truc"
RESERVED = 16_384
"""Bytes for the signature: an RSA-4096 one with three certificates takes half of it."""
_MECHANISMS = {Scheme.ECDSA: "ecdsa", Scheme.PKCS1: "rsa"}


class _Sealing(signers.Signer):
    """Our key as the library asks for one."""

    def __init__(self, signer: Signer) -> None:
        above = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        above.register_multiple(_asn1(one) for one in signer.chain)
        name = f"{_digest(signer)}_{_MECHANISMS[signer.algorithm.scheme]}"
        super().__init__(
            signing_cert=_asn1(signer.certificate),
            cert_registry=above,
            signature_mechanism=SignedDigestAlgorithm({"algorithm": name}),
        )
        self._signer = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(RESERVED // 4)
        value = self._signer.sign(data)
        if self._signer.algorithm.scheme is not Scheme.ECDSA:
            return value
        half = len(value) // 2
        return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))


class _Sealer(signers.PdfSigner):
    """The library asks the host for the time; a seal says that of its hub."""

    at: datetime

    def init_signing_session(self, *given: Any, **more: Any) -> Any:
        session = super().init_signing_session(*given, **more)
        session.system_time = self.at
        return session


def seal_pdf(pdf: bytes, signer: Signer, *, at: datetime) -> bytes:
    """The same file with a signature over all of it, appended."""
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm=_digest(signer), subfilter=fields.SigSeedSubFilter.PADES
    )
    sealer = _Sealer(metadata, signer=_Sealing(signer))
    sealer.at = at
    done = sealer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=RESERVED)
    return bytes(done.getvalue())


def _digest(signer: Signer) -> str:
    return signer.algorithm.name.partition("_")[2].lower()


def _asn1(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(certificate.public_bytes(Encoding.DER))
