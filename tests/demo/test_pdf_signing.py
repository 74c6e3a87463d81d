"""The demo's signed PDFs: what the product's own judge says of each, and an outside judge of some."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from exchange_axis.demo.cast import SAMPLE
from exchange_axis.demo.letters import PdfFault, letter, letters
from exchange_axis.demo.pdf_signing import PdfSigning
from exchange_axis.demo.pdfs import letter_pdf
from exchange_axis.pipeline.file_findings import verdict_for
from schemas.rules.signatures import Role, needed_signers
from signing.certificates import load_certificates
from signing.examine import examine
from signing.pdf_revocation import revocation_by
from signing.pdf_signers import SignerKind
from signing.pdf_verdict import PdfJudgement, Reason, Trust, Verdict, judge_pdf
from signing.revocation import NOTHING
from signing.trust import TrustAnchors
from tests.demo.test_pdfs import Seeded
from tests.signing.pki import AT
from tests.signing.test_pdf_judges import pdfsig

LATER = AT + timedelta(minutes=2)
"""When a hub judges what was signed at AT."""


@pytest.fixture(scope="module")
def signing() -> PdfSigning:
    return PdfSigning(AT)


@cache
def page(number: int) -> bytes:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "page.pdf"
        letter_pdf(letter(number), target, rng=Seeded(1))
        return target.read_bytes()


def judged(signing: PdfSigning, pdf: bytes) -> PdfJudgement:
    anchors = TrustAnchors(certificates=load_certificates(signing.root_pem))
    facts = examine(io.BytesIO(pdf), len(pdf)).pdf
    assert facts is not None
    revocation = revocation_by(anchors, NOTHING, now=LATER)
    return judge_pdf(facts, Trust(anchors=anchors, received_at=LATER, now=LATER, revocation=revocation))


@pytest.mark.parametrize(
    ("number", "verdict"),
    [(4, Verdict.VALID), (5, Verdict.NOT_INTACT), (12, Verdict.AGENCY_MISSING), (13, Verdict.REVOKED)],
)
def test_a_letter_s_pdf_gets_the_verdict_that_it_is_made_for(
    signing: PdfSigning, number: int, verdict: Verdict
) -> None:
    one = letter(number)
    assert verdict is (Verdict.VALID if one.fault is None else Verdict(one.fault.value))
    found = judged(signing, signing.sign(one, page(number), annex=False))
    needed = needed_signers(one.document_type.name, one.code_notation, Role.MAIN)
    assert verdict_for(found, needed) is verdict


def test_the_fault_is_that_one_and_no_other(signing: PdfSigning) -> None:
    revoked = judged(signing, signing.sign(letter(13), page(13), annex=False))
    assert [one.verdict for one in revoked.signatures] == [Verdict.VALID, Verdict.REVOKED], "the agency alone"
    changed = judged(signing, signing.sign(letter(5), page(5), annex=False))
    assert {one.reason for one in changed.signatures} == {Reason.CHANGED_AFTER}
    alone = judged(signing, signing.sign(letter(12), page(12), annex=False))
    assert [one.verdict for one in alone.signatures] == [Verdict.VALID]


def test_the_signatory_and_the_agency_are_named_and_the_root_says_that_it_is_sample_data(signing: PdfSigning) -> None:
    one = letter(4)
    person, agency = judged(signing, signing.sign(one, page(4), annex=False)).signatures
    assert person.signer is not None and agency.signer is not None
    assert (person.signer.kind, person.signer.name) == (SignerKind.PERSON, one.signer.full_name)
    assert (person.signer.position, agency.signer.kind) == (one.signer.position, SignerKind.AGENCY)
    assert agency.signer.agency_code == one.sender
    assert all(SAMPLE in each.issuer for each in (person, agency))


def test_an_annex_is_signed_by_the_agency_alone(signing: PdfSigning) -> None:
    found = judged(signing, signing.sign(letter(2), page(2), annex=True))
    assert [one.signer.kind for one in found.signatures if one.signer] == [SignerKind.AGENCY]
    assert found.verdict is Verdict.VALID


def test_every_fault_is_shown_once() -> None:
    assert sorted(one.fault for one in letters() if one.fault) == sorted(PdfFault)


@pytest.mark.judge
def test_poppler_takes_the_signatures_too(signing: PdfSigning, tmp_path: Path) -> None:
    good, changed = tmp_path / "good.pdf", tmp_path / "changed.pdf"
    signed = signing.sign(letter(4), page(4), annex=False)
    good.write_bytes(signed)
    changed.write_bytes(signed.replace(b"/Count 1", b"/Count 2", 1))
    assert pdfsig(good) == ["Signature is Valid"] * 2
    assert "Signature is Valid" not in pdfsig(changed)
