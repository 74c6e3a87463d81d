"""Those who signed PDF files: their revocation as it is known at acceptance, learned later, and told to nodes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from config.wiring_hub import revocation_source
from exchange_axis.domain.evidence import Evidence as Receipt
from exchange_axis.ports import FILES_NEWS
from exchange_axis.store.hub import file_reports
from signing.examine import examine
from signing.revocation import NOTHING, Evidence, RevocationState
from tests.hub.test_files import Desk, _database, _long, annex, desk, pki, signed
from tests.signing import pdfs
from tests.signing.revocation_data import revocation_list

__all__ = ["annex", "desk", "pki", "signed"]

HOUR = timedelta(hours=1)


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A hub that knows nothing about signers but what it learns."""
    desk.tools(revocation=None)
    return desk


def _now(desk: Desk) -> datetime:
    return desk.stand.clock.now()


def _list(
    desk: Desk, pki: pdfs.PdfPki, *, at: datetime | None = None, revoked: Mapping[int, datetime] | None = None
) -> Evidence:
    return Evidence(crls=(revocation_list(pki.pki.root, at=at or _now(desk), revoked=dict(revoked or {})),))


def _serials(pdf: bytes) -> tuple[int, int]:
    """Of the person and of the agency."""
    facts = examine(io.BytesIO(pdf), len(pdf)).pdf
    assert facts is not None
    first, second = (x509.load_der_x509_certificate(one.certificate).serial_number for one in facts.signatures)
    return first, second


def _look_up(desk: Desk, evidence: Evidence) -> list[RevocationState]:
    """One round of the worker."""
    signers = desk.stand.hub.files.signers
    return [signers.judge(chain, evidence).state for chain in signers.due()]


def _pdf(desk: Desk, receipt: Receipt) -> tuple[str, str]:
    report = desk.report(receipt)
    return report["files"][0]["verdict_vi"], report["standing_vi"]


def _news(desk: Desk, node: str) -> list[str]:
    hub = desk.stand.hub
    row = next(one for one in hub.registry.every() if one.id == node)
    return [item.consignment_id for item in hub.feeds.read(row, after=0, limit=100) if item.kind == FILES_NEWS]


@pytest.mark.usefixtures("either_store")
def test_evidence_that_comes_later_makes_the_letter_valid_and_both_nodes_hear_of_it(
    office: Desk, pki: pdfs.PdfPki, signed: bytes
) -> None:
    receipt = office.send({"a.pdf": signed})
    assert {"pdf.revocation-unknown", "standing.undetermined"} <= set(receipt.verdicts)
    assert _pdf(office, receipt) == ("CHƯA KIỂM TRA ĐƯỢC THU HỒI", "chưa xác định")
    assert office.stand.hub.files.complete() == 0, "nothing is known yet"
    office.stand.clock.advance(minutes=1)
    assert _look_up(office, _list(office, pki)) == [RevocationState.GOOD, RevocationState.GOOD]
    assert office.stand.hub.files.complete() == 1
    assert _pdf(office, receipt) == ("HỢP LỆ", "thay văn bản giấy")
    (earlier,) = office.report(receipt)["earlier"]
    assert (earlier["standing"], earlier["files"]) == (
        "undetermined",
        [{"member": "attachments/001.pdf", "verdict": "revocation-unknown"}],
    )
    assert _news(office, "node-a") == _news(office, "node-a1") == [receipt.consignment_id]
    assert office.stand.hub.files.complete() == 0
    assert _look_up(office, NOTHING) == [], "not due again yet"


def test_the_next_letter_is_valid_when_it_comes(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    office.send({"a.pdf": signed})
    _look_up(office, _list(office, pki))
    receipt = office.send({"a.pdf": signed}, number="58")
    assert {"pdf.valid", "standing.replaces-paper"} <= set(receipt.verdicts)
    assert "earlier" not in office.report(receipt)
    office.stand.clock.advance(hours=30)
    late = office.send({"a.pdf": signed}, number="59")
    assert "pdf.revocation-unknown" in late.verdicts, "a list of yesterday says nothing about today"


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (-HOUR, ("CHỨNG THƯ BỊ THU HỒI", "chỉ để biết, tham khảo")),
        (HOUR, ("HỢP LỆ", "thay văn bản giấy")),
    ],
)
def test_a_revocation_counts_from_its_date(
    office: Desk, pki: pdfs.PdfPki, signed: bytes, since: timedelta, expected: tuple[str, str]
) -> None:
    """Before the letter was taken in, or after; told to the hub in either case two hours later."""
    accepted = _now(office)
    receipt = office.send({"a.pdf": signed})
    office.stand.clock.advance(hours=2)
    states = _look_up(office, _list(office, pki, revoked={_serials(signed)[0]: accepted + since}))
    assert RevocationState.REVOKED in states
    office.stand.hub.files.complete()
    assert _pdf(office, receipt) == expected


@pytest.mark.usefixtures("either_store")
def test_a_revocation_that_was_told_late_takes_the_verdict_back(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    office.send({"a.pdf": signed})
    _look_up(office, _list(office, pki))
    office.stand.hub.files.complete()
    office.stand.clock.advance(hours=2)
    receipt = office.send({"a.pdf": signed}, number="58")
    assert _pdf(office, receipt)[0] == "HỢP LỆ"
    office.stand.clock.advance(hours=11)
    _look_up(office, _list(office, pki, revoked={_serials(signed)[1]: _now(office) - 12 * HOUR}))
    assert office.stand.hub.files.complete() == 1, "the letter of before the revocation stays as it was"
    assert _pdf(office, receipt) == ("CHỨNG THƯ BỊ THU HỒI", "chỉ để biết, tham khảo")
    assert [one["standing"] for one in office.report(receipt)["earlier"]] == ["replaces-paper"]


def test_what_the_file_brings_along_is_enough_and_is_kept(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    carried = _list(office, pki, at=_now(office) - HOUR)
    longterm = pdfs.add_validation_data(signed, _long(pki.person), crls=carried.crls)
    receipt = office.send({"a.pdf": longterm})
    assert {"pdf.valid", "standing.replaces-paper"} <= set(receipt.verdicts)
    assert carried.crls[0] in _database(office)
    old = _list(office, pki, at=_now(office) - 48 * HOUR)
    stale = pdfs.add_validation_data(signed, _long(pki.person), crls=old.crls)
    assert "pdf.revocation-unknown" in office.send({"a.pdf": stale}, number="58").verdicts


def test_no_certificate_of_a_person_is_stored_and_it_is_read_again_from_the_letter(
    office: Desk, pki: pdfs.PdfPki, signed: bytes
) -> None:
    receipt = office.send({"a.pdf": signed})
    assert pdfs.CARD.encode() not in _database(office)
    office.stand.hub.files.signers._chains.clear()  # what a restart does
    assert _look_up(office, _list(office, pki)) == [RevocationState.GOOD, RevocationState.GOOD]
    office.stand.hub.files.complete()
    assert _pdf(office, receipt)[0] == "HỢP LỆ"
    assert pdfs.CARD.encode() not in _database(office)
    assert not list(office.stand.places.staging.iterdir())


def test_a_letter_whose_content_is_gone_is_not_judged_again(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    receipt = office.send({"a.pdf": signed})
    office.stand.hub.world.transactions.run(lambda connection: file_reports.forget(connection, 1))
    _look_up(office, _list(office, pki))
    assert office.stand.hub.files.complete() == 0
    (view,) = office.stand.hub.auditing.history(receipt.consignment_id)
    assert view.files is None


def test_a_list_in_the_operator_s_folder_is_noticed_and_used(office: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    hub, places = office.stand.hub, office.stand.places
    source = revocation_source(places)
    receipt = office.send({"a.pdf": signed})

    def round_() -> list[RevocationState]:
        if source.has_changed():
            hub.files.signers.hurry()
        chains: Sequence[Any] = hub.files.signers.due()
        return [hub.files.signers.judge(chain, asyncio.run(source.collect(chain))).state for chain in chains]

    assert round_() == [RevocationState.NOT_CHECKED, RevocationState.NOT_CHECKED]
    assert round_() == [], "it is asked again in an hour, unless something changes"
    places.crl.mkdir(exist_ok=True)
    (places.crl / "goc.crl").write_bytes(_list(office, pki).crls[0])
    assert round_() == [RevocationState.GOOD, RevocationState.GOOD]
    hub.files.complete()
    assert _pdf(office, receipt)[0] == "HỢP LỆ"


def test_a_root_that_is_not_for_pdf_files_makes_nobody_known(office: Desk, signed: bytes) -> None:
    allowed = {"pdf": "pdf.revocation-unknown", "agency-seal": "pdf.unknown-root"}
    for number, (use, code) in enumerate(allowed.items(), 60):
        (office.stand.places.trust / "roots.toml").write_text(
            f'[roots.official]\nclass = "official"\nuses = ["{use}"]\n', encoding="utf-8"
        )
        assert code in office.send({"a.pdf": signed}, number=str(number)).verdicts
