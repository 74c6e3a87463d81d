"""`axis verify` on PDFs: the closed list of verdicts, each with its reason, read in a process of its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.timestamps import DummyTimeStamper

from config.actions import examine_file
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_pdf import REASONS
from exchange_axis.pipeline.verify_result import Answer, Reason, Verdict, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust
from signing.certificates import CertificateUse
from signing.examine import examine
from signing.examined import Examined, Problem
from signing.keys import KeyType
from signing.pdf_verdict import Verdict as PdfVerdict
from tests.signing.pdfs import CARD, PdfPki, draw_over, page, sign
from tests.signing.pki import AT, TestPki
from tests.signing.revocation_data import revocation_list

PKI = PdfPki()


def here(path: Path, size: int, _sha256: str) -> Examined:
    """In this process: tests sign their own files."""
    with path.open("rb") as file:
        return examine(file, size)


def judge(path: Path, data: bytes, trust: Trust | None = None, **more: object) -> Verification:
    path.write_bytes(data)
    asked = {"examine": here, "now": AT, **more}
    return verify_file(path, Question(trust=trust or Trust(anchors=PKI.anchors), **asked))  # type: ignore[arg-type]


def good_list(revoked: dict[int, object] | None = None) -> bytes:
    return revocation_list(PKI.pki.root, at=AT - timedelta(hours=1), revoked=revoked)  # type: ignore[arg-type]


def test_every_verdict_has_a_reason() -> None:
    assert set(REASONS) == set(PdfVerdict)
    assert all(verdict.is_valid is (reason is Reason.OK) for verdict, reason in REASONS.items())


def test_signed_and_not_known_to_be_revoked(tmp_path: Path) -> None:
    path, data = tmp_path / "x.PDF", sign(sign(page(), PKI.person()), PKI.agency(), name="Con dau")
    unknown = judge(path, data)
    assert (unknown.verdict, unknown.reason) == (Verdict.INDETERMINATE, Reason.REVOCATION_UNKNOWN)
    assert (unknown.signed, unknown.revocation) == (Answer.YES, Answer.NOT_CHECKED)
    known = judge(path, data, Trust(anchors=PKI.anchors, crls=(good_list(),)))
    assert (known.verdict, known.signed, known.revocation) == (Verdict.ACCEPT, Answer.YES, Answer.YES)
    assert known.document is not None
    signatures = known.document["signatures"]
    assert [one["signer_kind"] for one in signatures] == ["person", "agency"]
    assert known.document["covers_whole_file"] is True
    assert CARD not in str(known.as_dict()), "identity numbers are masked"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (page, Reason.UNSIGNED),
        (lambda: draw_over(sign(page(), PKI.agency())), Reason.ALTERED),
        (lambda: sign(page(), PKI.agency(not_after=AT - timedelta(days=2))), Reason.CERTIFICATE_EXPIRED),
        (lambda: sign(page(), PdfPki(TestPki("other")).agency()), Reason.UNKNOWN_ROOT),
    ],
    ids=["unsigned", "drawn-over", "expired", "unknown-root"],
)
def test_what_is_not_valid(tmp_path: Path, make: object, reason: Reason) -> None:
    result = judge(tmp_path / "x.pdf", make())  # type: ignore[operator]
    assert (result.reason, result.signed) == (reason, Answer.NO)
    assert [finding.code for finding in result.findings] == ["verify.pdf"]


def test_revoked(tmp_path: Path) -> None:
    agency = PKI.agency()
    data = sign(page(), agency)
    trust = Trust(anchors=PKI.anchors, crls=(good_list({agency.certificate.serial_number: AT - timedelta(hours=2)}),))
    result = judge(tmp_path / "x.pdf", data, trust)
    assert (result.verdict, result.reason, result.revocation) == (Verdict.REJECT, Reason.REVOKED, Answer.NO)


def stamper() -> DummyTimeStamper:
    """A service whose certificate is for time-stamps alone, as RFC 3161 wants it."""
    signer = PKI.pki.signer(KeyType.RSA2048, use=CertificateUse.TIME_STAMPING)
    private = signer._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate = signer.certificate.public_bytes(Encoding.DER)
    return DummyTimeStamper(
        tsa_cert=asn1.Certificate.load(certificate),
        tsa_key=asn1_keys.PrivateKeyInfo.load(private),
        fixed_dt=AT - timedelta(hours=2),
    )


def test_stamped(tmp_path: Path) -> None:
    result = judge(tmp_path / "x.pdf", sign(page(), PKI.agency(), stamper=stamper()))
    assert result.stamped is Answer.YES
    assert result.document is not None and result.document["signatures"][0]["basis"] == "stamp"
    unknown = PdfPki(pki=TestPki("Khác", KeyType.RSA2048)).stamper(AT - timedelta(hours=2))  # under a root nobody gave
    result = judge(tmp_path / "y.pdf", sign(page(), PKI.agency(), stamper=unknown))
    assert (result.stamped, result.why["stamped"]) == (Answer.NOT_CHECKED, Why.NO_KEY)


def test_nobody_to_read_it(tmp_path: Path) -> None:
    data = sign(page(), PKI.agency())
    for reader in (None, lambda path, size, sha256: Examined(kind="pdf", size=size, problem=Problem.TIMEOUT)):
        result = judge(tmp_path / "x.pdf", data, examine=reader)
        assert (result.verdict, result.reason) == (Verdict.INDETERMINATE, Reason.NOT_JUDGED)
        assert result.why["revocation"] is Why.NOT_REACHED


def test_the_command_reads_it_in_a_process_of_its_own(tmp_path: Path) -> None:
    result = judge(tmp_path / "x.pdf", sign(page(), PKI.agency()), examine=examine_file)
    assert result.reason is Reason.REVOCATION_UNKNOWN
    hostile = judge(tmp_path / "y.pdf", b"%PDF-1.7\n" + b"1 0 obj <<" * 2000, examine=examine_file)
    assert hostile.verdict is not Verdict.ACCEPT
