"""The list before sending: each trouble in its row, in its colour, with what to do; and green when there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from config.wiring import examiner
from exchange_axis.domain.agency import Agency, Hub, NodeEntry, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.node.checklist import Level, Row
from exchange_axis.node.service import Node
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import DirectoryNews
from tests.node.stand import HUB, RECIPIENT, SENDER, Stand
from tests.node.test_decisions import CLERK
from tests.node.test_drafts import FORM, add, begin
from tests.node.test_files import PAGE
from tests.signing import pdfs
from tests.signing.pki import AT


def rows(node: Node, draft: str) -> dict[Row, Level]:
    return {row.row: row.level for row in node.checking.of(draft).rows}


def know(node: Node) -> None:
    agencies = [
        Agency(code=SENDER, name="UBND phường Xuân Lộc", tier=Tier.COMMUNE, hub=HUB),
        Agency(
            code="H45.07", name="Huyện cũ", tier=Tier.DISTRICT, hub=HUB, valid_to=date(2025, 6, 30), successor=SENDER
        ),
        Agency(code="H45.08", name="Huyện mất", tier=Tier.DISTRICT, hub=HUB, valid_to=date(2025, 6, 30)),
        Agency(code=RECIPIENT, name="Bộ Tài chính", tier=Tier.CENTRE, hub=HUB, node="n1"),
    ]
    directory = Directory.of(agencies, [Hub(id=HUB, name="Trục")], [NodeEntry(id="n1", name="Nút", hub=HUB)])
    node.directory.adopt(DirectoryNews(version=directory.version, document=to_toml(directory)))


def test_a_letter_without_trouble_is_green_and_is_not_sent_by_looking(stand: Stand) -> None:
    with stand.sender.open() as node:
        know(node)
        draft = begin(node)
        add(node, draft)
        checklist = node.checking.of(draft)
        assert checklist.may_send
        assert (checklist.recipients, checklist.title) == ((RECIPIENT,), "57/BC-UBND")
        assert set(rows(node, draft).values()) == {Level.GREEN}
        assert Row.SIGNATURES in rows(node, draft)
        assert node.views.sent() == ()
        assert not list(node.world.settings.staging.iterdir())


@pytest.mark.parametrize(
    ("change", "row", "level"),
    [
        ({"subject": ""}, Row.FIELDS, Level.RED),
        ({"to": []}, Row.RECIPIENTS, Level.RED),
        ({"date": "2026-12-20"}, Row.FIELDS, Level.RED),
        ({"due_date": "2026-11-01"}, Row.DUE, Level.RED),
        ({"notation": "QĐ-UBND"}, Row.SYMBOL, Level.AMBER),
        ({"paper": 2}, Row.PAPER, Level.AMBER),
    ],
)
def test_each_trouble_stands_in_its_row(stand: Stand, change: dict[str, Any], row: Row, level: Level) -> None:
    with stand.sender.open() as node:
        draft = begin(node, FORM | change)
        add(node, draft)
        checklist = node.checking.of(draft)
        found = next(one for one in checklist.rows if one.row is row)
        assert found.level is level
        assert all(finding.vi and finding.en for finding in found.findings)
        assert checklist.may_send is (level is not Level.RED)


def test_the_same_number_again_and_a_file_still_on_its_way_are_said(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = begin(node)
        add(node, first)
        node.drafts.send(first, version=1, actor=CLERK)
        again = begin(node, FORM | {"subject": "Nội dung khác"})
        add(node, again)
        assert rows(node, again)[Row.DUPLICATE] is Level.AMBER
        node.drafts.files.begin(again, name="phu-luc.pdf", length=10)
        assert rows(node, again) == {Row.FILES: Level.RED}


def test_closed_codes_are_said_before_sending(stand: Stand) -> None:
    with stand.sender.open() as node:
        know(node)
        for code, level in ((RECIPIENT, Level.GREEN), ("H45.07", Level.AMBER), ("H45.08", Level.RED)):
            draft = begin(node, FORM | {"to": [code]})
            add(node, draft)
            assert rows(node, draft)[Row.RECIPIENTS] is level
        (choice,) = node.recipients.search("huyen cu")
        assert (choice.standing, choice.successor, choice.closed_since) == ("closed", SENDER, date(2025, 7, 1))
        assert next(one.code for one in node.recipients.below(None)) == RECIPIENT


def test_an_annex_needs_the_agencys_signature_and_the_letter_both(stand: Stand) -> None:
    stand.sender.files = FileTools(examiner=examiner())
    pki = pdfs.PdfPki()

    def long(who: Callable[..., pdfs.Signatory]) -> pdfs.Signatory:
        return who(not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=AT.replace(year=2035))

    person = pdfs.sign(pdfs.page(PAGE), long(pki.person), name="Nguoi ky")
    with stand.sender.open() as node:
        draft = begin(node)
        add(node, draft, person)
        add(node, draft, pdfs.page("Phụ lục I"), "phu-luc.pdf")
        found = {row.row: [one.code for one in row.findings] for row in node.checking.of(draft).rows}
        assert "pdf.agency-missing" in found[Row.SIGNATURES]
        assert "pdf.unsigned" in found[Row.ANNEXES]


def test_a_seal_that_ends_soon_is_said(stand: Stand) -> None:
    with stand.sender.open() as node:
        draft = begin(node)
        add(node, draft)
        assert rows(node, draft)[Row.SEAL] is Level.GREEN
        stand.clock.at = node.world.seals[SENDER].certificate.not_valid_after_utc - timedelta(days=12)
        row = next(one for one in node.checking.of(draft).rows if one.row is Row.SEAL)
        assert row.level is Level.AMBER
        assert "còn 12 ngày" in row.findings[0].vi


@pytest.mark.parametrize(("form", "said"), [({}, 0), ({"paper": 0}, 0), ({"paper": 2}, 2)])
def test_an_empty_box_for_paper_says_that_none_follows(stand: Stand, form: dict[str, Any], said: int) -> None:
    """Indicator I5 and the quarterly form count letters that say so."""
    with stand.sender.open() as node:
        draft = begin(node, FORM | form)
        add(node, draft)
        with node.drafts.composed(node.drafts.get(draft)) as made:
            assert made.letter.business is not None
            assert made.letter.business.paper == said
