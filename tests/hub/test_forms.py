"""Ready forms on both databases: their numbers are those of the board, and every file says the same."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from exchange_axis.domain.periods import Period, Unit
from exchange_axis.hub.forms import NOT_HERE, FormKind
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.searching import Sees
from exchange_axis.pipeline.form_print import Head, Table, as_csv, as_pdf, as_xlsx
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import HandClock, open_stand
from tests.hub.test_searching import EVERYTHING, PDF, Office

pytestmark = pytest.mark.on_postgresql(
    "test_the_quarter_has_what_the_hub_holds_and_says_in_words_what_it_does_not",
)

YEAR = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    found = Office(stand, tmp_path)
    shipment = found.send("57", "V/v một", "H90", "H90.02", files={"57.pdf": PDF}, paper=0)
    found.say("01", shipment)
    found.clock.advance(days=40)
    found.send("58", "V/v hai", paper=1)
    stand.hub.log.sequence()
    yield found
    stand.close()


def test_forms_have_the_numbers_of_the_board(office: Office) -> None:
    inquiry = office.stand.hub.inquiry
    monthly = inquiry.forms.fill(FormKind.MONTHLY, YEAR, sees=EVERYTHING)
    assert len(monthly.rows) == 12
    march, april = monthly.rows[2], monthly.rows[3]
    assert march == ("01/03/2026–31/03/2026", 1, 1, 1, 1, 1)
    assert april[1:] == (1, 0, 2, 1, 2)
    fifteenths = inquiry.forms.fill(FormKind.QUARTERLY, YEAR, sees=EVERYTHING, unit=Unit.QUARTER_15)
    assert [row[0] for row in fifteenths.rows][:2] == ["01/01/2026–14/03/2026", "15/03/2026–14/06/2026"]
    assert [row[1] for row in fifteenths.rows] == [1, 1, 0, 0, 0]
    assert all(row[1] == (row[2] or 0) + (row[3] or 0) + (row[4] or 0) for row in fifteenths.rows)  # type: ignore[operator]
    signing = inquiry.forms.fill(FormKind.SIGNING, YEAR, sees=EVERYTHING)
    assert signing.rows == (("Xã", 2, 0, 0.0, 0.6),)
    total = inquiry.indicators.sums(Wanted(period=YEAR), sees=EVERYTHING)
    assert sum(int(row[1] or 0) for row in monthly.rows) == total["letters"]


def test_the_quarter_has_what_the_hub_holds_and_says_in_words_what_it_does_not(office: Office) -> None:
    forms = office.stand.hub.inquiry.forms
    form = forms.fill(FormKind.QUARTERLY, YEAR, sees=EVERYTHING)
    heads = [column.en for column in form.columns]
    first, second, third, _ = (dict(zip(heads, row, strict=True)) for row in form.rows)
    behind = office.stand.hub.inquiry.indicators.behind(
        Wanted(period=Period(first=date(2026, 1, 1), last=date(2026, 3, 31)), side="reader"),
        "received_paperless",
        sees=EVERYTHING,
    )
    assert first["Received without paper"] == len(behind.lines) == first["Received"] == 1
    assert {first[head] for head in ("Received and digitised", "Share electronic")} == {NOT_HERE}
    agencies = office.stand.hub.directory.current().agencies.values()
    assert first["Number of codes"] == sum(one.is_open(date(2026, 3, 31)) for one in agencies)
    today = office.clock.now().date()
    assert second["Number of codes"] == sum(one.is_open(today) for one in agencies) and third["Number of codes"] is None
    narrowed = forms.fill(FormKind.QUARTERLY, YEAR, sees=Sees(territories=("H90.02",)))
    assert narrowed.rows[0][-1] == 1
    assert all(len(row) == len(form.columns) for row in form.rows)


def test_a_sealed_form_says_its_rows_and_the_digest_of_its_file(office: Office) -> None:
    forms = office.stand.hub.inquiry.forms
    sealed = forms.seal(forms.fill(FormKind.MONTHLY, YEAR, sees=EVERYTHING), b"printed")
    verified = verify_enveloped_unanchored(sealed.statement)
    text = verified.content.decode()
    assert hashlib.sha256(b"printed").hexdigest() in text
    assert "01/03/2026–31/03/2026" in text and "Lũy kế gửi năm" in text


def test_every_file_reads_back_the_same() -> None:
    heads = (
        Head(vi="Kỳ", en="Period", means_vi="Kỳ báo cáo", means_en="Period"),
        Head(vi="Gửi", en="Sent", means_vi="Số văn bản", means_en="Documents"),
        Head(vi="Tỷ lệ", en="Share", means_vi="Phần", means_en="Share", is_share=True),
    )
    rows = (("Quý I", 1234, 0.5), ("=1+1", 0, None))
    table = Table(title="Báo cáo quý", title_en="Quarterly", issuer="Trục", period="2026", heads=heads, rows=rows)
    read = list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"))))
    assert read == [["Kỳ", "Gửi", "Tỷ lệ"], ["Quý I", "1234", "0.5"], ["'=1+1", "0", ""]]
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(table)))
    sheet = book["Báo cáo"]
    assert [[cell.value for cell in row] for row in sheet["A4:C6"]] == [
        ["Kỳ", "Gửi", "Tỷ lệ"], ["Quý I", 1234, 0.5], ["=1+1", 0, None],
    ]  # fmt: skip
    assert sheet["A6"].data_type == "s"  # a text, which nobody calculates
    assert book["Định nghĩa"]["B2"].value == "Số văn bản"
    pdf = pypdfium2.PdfDocument(as_pdf(table))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert all(said in text for said in ("Báo cáo quý", "1.234", "50,0 %", "Số văn bản", "=1+1"))
    assert as_pdf(table) == as_pdf(table)
