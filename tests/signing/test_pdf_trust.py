"""Revocation lists and time-stamping authorities decide about signed PDFs the way they decide elsewhere."""

from __future__ import annotations

from datetime import timedelta

from signing.keys import KeyType
from signing.pdf_revocation import revocation_by
from signing.pdf_trust import stamps_by
from signing.pdf_verdict import Revocation, TimeBasis, Verdict
from signing.revocation import Evidence
from tests.signing import pdfs
from tests.signing.pki import AT, TestPki
from tests.signing.revocation_data import revocation_list
from tests.signing.test_pdf import agency, judge, person, pki

HOUR = timedelta(hours=1)


def _verdict(pdf: bytes, evidence: Evidence) -> Verdict:
    check = revocation_by(pki().anchors, evidence, now=AT)
    return judge(pdf, revocation=check).verdict


def test_lists_say_good_revoked_or_nothing() -> None:
    signed = pdfs.sign(pdfs.sign(pdfs.page(), person(), name="Nguoi ky"), agency(), name="Co quan")
    root, serial = pki().pki.root, person().certificate.serial_number
    fresh = Evidence(crls=(revocation_list(root, at=AT - HOUR),))
    before = Evidence(crls=(revocation_list(root, at=AT - HOUR, revoked={serial: AT - 3 * 24 * HOUR}),))
    other = Evidence(crls=(revocation_list(root, at=AT - HOUR, revoked={serial + 10_000: AT - 3 * 24 * HOUR}),))
    assert _verdict(signed, fresh) is Verdict.VALID
    assert _verdict(signed, before) is Verdict.REVOKED
    assert _verdict(signed, other) is Verdict.VALID
    assert _verdict(signed, Evidence()) is Verdict.REVOCATION_UNKNOWN
    assert _verdict(signed, Evidence(crls=(b"no list",))) is Verdict.REVOCATION_UNKNOWN


def test_a_stamp_counts_below_the_anchors_and_for_its_use_only() -> None:
    stamped = pdfs.sign(pdfs.page(), agency(), stamper=pki().stamper(AT - HOUR))
    judged = judge(stamped, stamps=stamps_by(pki().anchors)).signatures[0]
    assert (judged.basis, judged.judged_at, judged.verdict) == (TimeBasis.STAMP, AT - HOUR, Verdict.VALID)
    stranger = judge(stamped, stamps=stamps_by(TestPki("xa lạ", KeyType.RSA2048).anchors)).signatures[0]
    assert stranger.basis is TimeBasis.RECEIPT
    trusted = stamps_by(pki().anchors)
    assert not trusted(agency().certificate, (), at=AT), "an agency's seal does not tell the time"


def test_a_question_that_cannot_be_answered_is_not_checked() -> None:
    check = revocation_by(pki().anchors, Evidence(), now=AT)
    assert check(person().certificate, (), at=AT) is Revocation.NOT_CHECKED
