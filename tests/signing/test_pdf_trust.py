"""Revocation lists and time-stamping authorities decide about signed PDFs the way they decide elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from signing.certificates import fingerprint
from signing.examine import examine
from signing.examined import examined_from_json, examined_to_json
from signing.keys import KeyType
from signing.pdf_carried import BYTES_MAX
from signing.pdf_revocation import revocation_by
from signing.pdf_trust import stamps_by
from signing.pdf_verdict import Revocation, TimeBasis, Verdict
from signing.revocation import Evidence
from signing.roots import RootRule, RootUse
from tests.signing import pdfs
from tests.signing.pki import AT, TestPki
from tests.signing.revocation_data import ocsp_answer, revocation_list
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
    assert check(person().certificate, (), at=AT, carried=Evidence()) is Revocation.NOT_CHECKED


# --- what a file brings along -------------------------------------------------------------------------------------


def _fresh(**revoked: datetime) -> bytes:
    serials = {"person": person().certificate.serial_number, "agency": agency().certificate.serial_number}
    return revocation_list(pki().pki.root, at=AT - HOUR, revoked={serials[who]: at for who, at in revoked.items()})


def _carrying(*lists: bytes, answers: Sequence[bytes] = ()) -> bytes:
    signed = pdfs.sign(pdfs.page(), agency())
    return pdfs.add_validation_data(signed, agency(), crls=lists, answers=answers)


def test_lists_and_answers_in_the_file_s_store_count_by_their_own_signatures() -> None:
    nothing = Evidence()
    assert _verdict(_carrying(), nothing) is Verdict.REVOCATION_UNKNOWN
    assert _verdict(_carrying(_fresh()), nothing) is Verdict.VALID
    answer = ocsp_answer(pki().pki.root, agency().certificate, at=AT - HOUR)
    assert _verdict(_carrying(answers=[answer]), nothing) is Verdict.VALID
    assert _verdict(_carrying(_fresh(agency=AT - 2 * HOUR)), nothing) is Verdict.REVOKED
    stranger = revocation_list(TestPki("PDF", KeyType.P256).root, at=AT - HOUR)
    assert _verdict(_carrying(stranger), nothing) is Verdict.REVOCATION_UNKNOWN, "a list by somebody of the same name"
    assert _verdict(_carrying(stranger, _fresh()), nothing) is Verdict.VALID, "and it hides no other"


def test_what_a_file_brings_is_no_better_than_its_age() -> None:
    """A list of last week says nothing about the time of receipt, unless a stamp proves that it was signed then."""
    week = 7 * 24 * HOUR
    old = revocation_list(pki().pki.root, at=AT - week - HOUR)
    assert _verdict(_carrying(old), Evidence()) is Verdict.REVOCATION_UNKNOWN
    stamped = pdfs.sign(pdfs.page(), agency(), stamper=pki().stamper(AT - week))
    stamped = pdfs.add_validation_data(stamped, agency(), crls=[old])
    check = revocation_by(pki().anchors, Evidence(), now=AT)
    assert judge(stamped, revocation=check, stamps=stamps_by(pki().anchors)).verdict is Verdict.VALID


def test_a_newer_word_of_the_hub_overrules_what_the_file_brings() -> None:
    later = Evidence(crls=(revocation_list(pki().pki.root, at=AT, revoked={agency().certificate.serial_number: AT}),))
    assert _verdict(_carrying(_fresh()), later) is Verdict.REVOKED


def test_a_list_inside_the_signature_counts_too() -> None:
    signed = pdfs.sign(pdfs.page(), agency(), archived=[_fresh()])
    assert _verdict(signed, Evidence()) is Verdict.VALID
    facts = examine(io.BytesIO(signed), len(signed)).pdf
    assert facts is not None
    assert facts.carried.crls == (_fresh(),)
    assert examined_from_json(examined_to_json(examine(io.BytesIO(signed), len(signed)))).pdf == facts


def test_too_much_of_it_is_left_out_and_the_signatures_are_judged_all_the_same() -> None:
    many = dict.fromkeys(range(100_000, 113_000), AT - 2 * HOUR)
    large = revocation_list(pki().pki.root, at=AT - HOUR, revoked=many)
    assert len(large) > BYTES_MAX
    assert _verdict(_carrying(large), Evidence()) is Verdict.REVOCATION_UNKNOWN
    assert _verdict(_carrying(large), Evidence(crls=(large,))) is Verdict.VALID


def test_a_root_counts_for_pdf_files_only_if_it_is_trusted_for_them() -> None:
    signed = _carrying(_fresh())
    root = pki().pki.root.certificate

    def verdict(*uses: RootUse) -> Verdict:
        anchors = replace(pki().anchors, rules={fingerprint(root): RootRule(uses=frozenset(uses))})
        check = revocation_by(anchors, Evidence(), now=AT)
        return judge(signed, anchors=anchors, revocation=check).verdict

    assert verdict(RootUse.PDF) is Verdict.VALID
    assert verdict(RootUse.AGENCY_SEAL) is Verdict.UNKNOWN_ROOT
