"""The files of the sample letters, set and signed when a practice area is made, so that practising shows real verdicts.

They are signed as agencies sign theirs, below a sample authority that only the practice area trusts, and only for PDF
files. Its keys are gone once the files are written. One file is altered after signing, so that people see that too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

from exchange_axis.domain.calendar import day_of
from exchange_axis.practice.cast import SAMPLES
from exchange_axis.practice.letters import MARK, SAMPLES_SENT, SIGNER, Sample
from exchange_axis.store.datadir import make_private_folder

AUTHORITY: Final = "CA ký số mẫu (LUYỆN TẬP, KHÔNG CÓ GIÁ TRỊ)"
LISTED_FOR: Final = timedelta(days=365)
"""A practice area may lie for long before somebody opens a letter in it."""
LAID_OVER: Final = "2.500.000.000 đồng"
"""Over the text of the altered file."""


def write_papers(folder: Path, now: datetime) -> bytes:
    """All files, in a folder named by their day; returns the sample authority as PEM."""
    # Only those who practise pay for loading it.
    from signing.certificates import Subject  # noqa: PLC0415
    from signing.pdf_sample import AGENCY_FIELD, PERSON_FIELD, SampleSigning, changed  # noqa: PLC0415

    day = day_of(now)
    signing = SampleSigning(Subject(common_name=AUTHORITY, organization=MARK), now=now, listed_for=LISTED_FOR)
    parties = {}
    for sender in {sample.sender for sample in SAMPLES_SENT}:
        name = SAMPLES[sender]
        person = Subject(common_name=SIGNER["name"], title=SIGNER["position"], organization=name)
        agency = Subject(common_name=name, agency_code=sender)
        parties[sender] = (PERSON_FIELD, signing.party(person)), (AGENCY_FIELD, signing.party(agency))
    place = make_private_folder(make_private_folder(folder) / day.isoformat())
    for sample in SAMPLES_SENT:
        pdf = signing.sign(_page(sample, day), parties[sample.sender])
        (place / sample.file).write_bytes(changed(pdf, LAID_OVER) if sample.altered else pdf)
    return signing.root_pem


def papers_in(folder: Path) -> tuple[Path, date]:
    """Where they lie, and the day that they bear."""
    (place,) = folder.iterdir()
    return place, date.fromisoformat(place.name)


def _page(sample: Sample, day: date) -> bytes:
    import typst  # noqa: PLC0415 - only those who practise pay for loading it

    template = resources.files("exchange_axis") / "practice" / "sample.typ"
    given = {"data": json.dumps(_values(sample, day), ensure_ascii=False)}
    return bytes(typst.compile(template.read_bytes(), format="pdf", ignore_system_fonts=True, sys_inputs=given))


def _values(sample: Sample, day: date) -> Mapping[str, object]:
    return {
        "agency": SAMPLES[sample.sender],
        "code": sample.code,
        "kind": sample.kind,
        "subject": sample.subject,
        "body": sample.body,
        "place": f"Tỉnh Mẫu, ngày {day.day} tháng {day.month} năm {day.year}",
        "position": SIGNER["position"].upper(),
        "signer": SIGNER["name"],
        "mark": MARK,
    }
