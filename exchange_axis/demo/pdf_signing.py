"""The signing tool of the demo's agencies: a signatory and an agency certificate a sender, of a sample authority.

What is wrong with a signature on purpose (`PdfFault`) is wrong in that one way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from exchange_axis.demo.cast import SAMPLE, directory
from exchange_axis.demo.letters import DemoLetter, PdfFault, letters
from signing.certificates import Subject
from signing.pdf_sample import AGENCY_FIELD, PERSON_FIELD, Party, SampleSigning, changed

ROOT_NAME = "CA ký số mẫu"
REVOKED_BEFORE = timedelta(days=3)
"""How long ago the certificate of the letter with that fault was revoked."""
LISTED_FOR = timedelta(days=7)


class PdfSigning:
    def __init__(self, now: datetime) -> None:
        root = Subject(common_name=ROOT_NAME, organization=SAMPLE)
        self._signing = SampleSigning(root, now=now, listed_for=LISTED_FOR)
        self._people = {one.sender: self._person(one) for one in letters()}
        self._agencies = {one.sender: self._agency(one.sender) for one in letters()}
        self._revoked = {one.sender: self._agency(one.sender) for one in letters() if one.fault is PdfFault.REVOKED}
        self._signing.revoke(tuple(self._revoked.values()), since=now - REVOKED_BEFORE)

    @property
    def root_pem(self) -> bytes:
        return self._signing.root_pem

    def sign(self, one: DemoLetter, pdf: bytes, *, annex: bool) -> bytes:
        """The file as it leaves the agency, PAdES B-LT: signed by person and agency, an annex by the agency alone."""
        pdf = self._signing.sign(pdf, tuple(self._parties(one, annex=annex)))
        return changed(pdf, "151") if one.fault is PdfFault.CHANGED and not annex else pdf

    def _parties(self, one: DemoLetter, *, annex: bool) -> Iterator[tuple[str, Party]]:
        if not annex:
            yield PERSON_FIELD, self._people[one.sender]
        if one.fault is not PdfFault.NO_AGENCY:
            agencies = self._revoked if one.fault is PdfFault.REVOKED else self._agencies
            yield AGENCY_FIELD, agencies[one.sender]

    def _person(self, one: DemoLetter) -> Party:
        signer, agency = one.signer, directory().agencies[one.sender].name
        subject = Subject(common_name=signer.full_name, title=signer.position, organization=agency)
        return self._signing.party(subject)

    def _agency(self, code: str) -> Party:
        return self._signing.party(Subject(common_name=directory().agencies[code].name, agency_code=code))
