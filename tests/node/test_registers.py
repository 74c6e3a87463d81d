"""The clerk's books: the decree's columns, one series of numbers, nothing overwritten, years closed for good."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from exchange_axis.domain.registers import COLUMNS, Book, Line
from exchange_axis.node import register_print
from exchange_axis.node.errors import NotPossible, NumberTaken
from exchange_axis.node.passing import PassedTo
from exchange_axis.node.register_errors import (
    BookClosed,
    ColumnFixed,
    GapsUnexplained,
    NumberGiven,
    ReceiverMissing,
    YearNotOver,
)
from exchange_axis.node.register_lines import Span
from exchange_axis.node.register_print import print_book, write_sheet
from exchange_axis.node.service import Node
from exchange_axis.web.desk.people import lone_person
from exchange_axis.web.sending import registers as registers_page
from signing.pdf_text import read_first_page
from tests.node.stand import RECIPIENT, SENDER, Stand
from tests.node.test_amending import send
from tests.node.test_asking import both
from tests.node.test_decisions import CLERK, deliver, said
from tests.web_node.stand import calling
from tests.web_node.test_sent import PAGE

DEPUTY = "Phạm Thị Lan"
SPAN = Span(agency=RECIPIENT, year=2026)


def cells(line: Line, book: Book) -> dict[str, str]:
    return dict(zip((column.key for column in book.columns), line.values, strict=True))


def numbers(node: Node, year: int = 2026) -> list[str]:
    span = Span(agency=RECIPIENT, year=year)
    return [line.values[1] for line in node.registers.lines(Book.INCOMING, span)]


def test_the_books_have_the_columns_of_the_decree() -> None:
    """Decree 30/2020/NĐ-CP, Appendix IV, word for word."""
    assert {book: [column.vi for column in columns] for book, columns in COLUMNS.items()} == {
        Book.OUTGOING: [
            "Số, ký hiệu văn bản",
            "Ngày tháng văn bản",
            "Tên loại và trích yếu nội dung văn bản",
            "Người ký",
            "Nơi nhận văn bản",
            "Đơn vị, người nhận bản lưu",
            "Số lượng bản",
            "Ngày chuyển",
            "Ký nhận",
            "Ghi chú",
        ],
        Book.INCOMING: [
            "Ngày đến",
            "Số đến",
            "Tác giả",
            "Số, ký hiệu văn bản",
            "Ngày tháng văn bản",
            "Tên loại và trích yếu nội dung văn bản",
            "Đơn vị hoặc người nhận",
            "Ngày chuyển",
            "Ký nhận",
            "Ghi chú",
        ],
        Book.FOLLOW_UP: [
            "Số đến",
            "Tên loại, số và ký hiệu, ngày tháng và tác giả văn bản",
            "Đơn vị hoặc người nhận",
            "Thời hạn giải quyết",
            "Tiến độ giải quyết",
            "Số, ký hiệu văn bản trả lời",
            "Ghi chú",
        ],
    }


def test_a_letter_writes_its_own_lines_in_all_three_books(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            receipt = send(stand, two.home, due_date=date(2026, 12, 1), copies=2)
            await two.deliver()
            sent = cells(two.home.registers.lines(Book.OUTGOING, Span(agency=SENDER, year=2026))[0], Book.OUTGOING)
            assert sent["code"] == "57/BC-UBND"
            assert sent["date"] == "20/11/2026"
            assert sent["subject"] == "Báo cáo. V/v báo cáo tình hình thiên tai"
            assert sent["signer"] == "TM. Chủ tịch Người ký thử"
            assert (sent["recipients"], sent["copies"], sent["receipt"]) == (RECIPIENT, "2", "Đến 1/1")
            assert two.away.registers.lines(Book.INCOMING, SPAN) == ()
            two.away.clerk.accept(receipt.consignment_id, actor=CLERK)
            to = PassedTo(unit="Phòng Kinh tế", person="Lê Văn An", note="Xử lý gấp", due=date(2026, 11, 27))
            two.away.clerk.pass_on(receipt.consignment_id, to=to, actor=CLERK)
            came = cells(two.away.registers.lines(Book.INCOMING, SPAN)[0], Book.INCOMING)
            assert (came["number"], came["code"], came["author"]) == ("1", "57/BC-UBND", SENDER)
            assert (came["unit"], came["passed"]) == ("Phòng Kinh tế – Lê Văn An", came["arrived"])
            followed = cells(two.away.registers.lines(Book.FOLLOW_UP, SPAN)[0], Book.FOLLOW_UP)
            assert followed["document"] == f"Báo cáo, 57/BC-UBND, 20/11/2026, {SENDER}"
            assert (followed["deadline"], followed["note"]) == ("27/11/2026", "Xử lý gấp")
            assert said(stand, two.away, receipt.consignment_id)[-1] == (
                "04",
                CLERK,
                "Chuyển Phòng Kinh tế – Lê Văn An. Xử lý gấp",
            )
            with pytest.raises(ReceiverMissing):
                two.away.clerk.pass_on(receipt.consignment_id, to=PassedTo(note="?"), actor=CLERK)

    asyncio.run(story())


def test_a_held_number_is_nobody_elses_until_it_lapses(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second, third = await deliver(stand, node, 1, 2, 3)
            assert node.numbers.hold(first, clerk=CLERK).number == 1
            assert node.numbers.hold(first, clerk=CLERK).number == 1
            assert node.numbers.hold(second, clerk=DEPUTY).number == 2
            with pytest.raises(NumberTaken):
                node.clerk.accept(second, actor=DEPUTY, arrival_number=1)
            assert node.clerk.accept(second, actor=DEPUTY).arrival_number == 2
            stand.clock.advance(minutes=16)
            # The first clerk went home: his number is the next one given, the series has no hole.
            assert node.clerk.accept(third, actor=DEPUTY).arrival_number == 1
            assert node.clerk.accept(first, actor=CLERK).arrival_number == 3
            with pytest.raises(NotPossible):
                node.numbers.hold(first, clerk=CLERK)
            assert node.numbers.gaps(RECIPIENT, 2026) == ()

    asyncio.run(story())


def test_clerks_at_the_same_moment_never_hold_one_number(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letters = await deliver(stand, node, *range(1, 9))
            with ThreadPoolExecutor(8) as threads:
                held = list(threads.map(lambda one: node.numbers.hold(one, clerk=f"Văn thư {one}").number, letters))
            assert sorted(held) == list(range(1, 9))

    asyncio.run(story())


def test_paper_shares_the_series_and_a_number_given_back_comes_again(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second = await deliver(stand, node, 1, 2)
            node.numbers.hold(first, clerk=CLERK)
            line = node.registers.enter_paper(
                Book.INCOMING, RECIPIENT, {"author": "Trường THCS", "subject": "Đơn thư"}, by=DEPUTY
            )
            assert (cells(line, Book.INCOMING)["number"], line.paper) == ("2", True)
            assert node.numbers.give_back(first, clerk=CLERK)
            assert node.clerk.accept(second, actor=CLERK).arrival_number == 1
            with pytest.raises(NumberTaken):
                node.clerk.accept(first, actor=CLERK, arrival_number=2)
            with pytest.raises(NumberTaken):
                node.registers.enter_paper(Book.INCOMING, RECIPIENT, {}, by=CLERK, number=1)
            assert node.clerk.accept(first, actor=CLERK).arrival_number == 3
            assert numbers(node) == ["1", "2", "3"]

    asyncio.run(story())


def test_what_a_clerk_changes_stands_beside_the_original(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            node.clerk.accept(letter, actor=CLERK)
            (line,) = node.registers.lines(Book.INCOMING, SPAN)
            given = {"author": "UBND phường Xuân Lộc", "note": ""}
            for value in ("tạm", "UBND phường Xuân Lộc"):
                node.registers.change(Book.INCOMING, SPAN, line.key, cells=given | {"author": value}, by=DEPUTY)
            (after,) = node.registers.lines(Book.INCOMING, SPAN)
            author, note = after.cells[2], after.cells[-1]
            assert (author.value, author.original, author.changed_by) == ("UBND phường Xuân Lộc", SENDER, DEPUTY)
            assert note.original is None, "what was as before is no change"
            with pytest.raises(ColumnFixed):
                node.registers.change(Book.INCOMING, SPAN, line.key, cells={"number": "9"}, by=DEPUTY)

    asyncio.run(story())


def test_a_recalled_letter_is_struck_through_and_stays(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            receipt = send(stand, two.home)
            await two.deliver()
            two.away.clerk.accept(receipt.consignment_id, actor=CLERK)
            recall = {"kind": "recall", "amends": receipt.consignment_id, "reason": "Sai thẩm quyền", "number": 9}
            send(stand, two.home, **recall, to=None, notation="QĐ-UBND")
            await two.deliver()
            (line,) = two.away.registers.lines(Book.INCOMING, SPAN)
            assert line.struck
            assert cells(line, Book.INCOMING)["code"] == "57/BC-UBND"
            gone = two.home.registers.lines(Book.OUTGOING, Span(agency=SENDER, year=2026))
            assert [(one.values[0], one.struck) for one in gone] == [("57/BC-UBND", True), ("9/QĐ-UBND", False)]

    asyncio.run(story())


def test_a_year_is_closed_once_with_pages_and_digest_and_its_gaps_explained(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second = await deliver(stand, node, 1, 2)
            node.clerk.accept(first, actor=CLERK)
            node.clerk.accept(second, actor=CLERK, arrival_number=5)
            with pytest.raises(YearNotOver):
                node.registers.close_year(Book.INCOMING, RECIPIENT, 2026, by=CLERK)
            stand.clock.at = datetime(2027, 1, 4, 2, tzinfo=UTC)
            with pytest.raises(GapsUnexplained) as refused:
                node.registers.close_year(Book.INCOMING, RECIPIENT, 2026, by=CLERK)
            assert "2–4" in refused.value.message()
            node.numbers.explain(RECIPIENT, 2026, (2, 4), reason="Dùng trong sổ giấy cũ", by=CLERK)
            with pytest.raises(NumberGiven):
                node.numbers.explain(RECIPIENT, 2026, (5, 5), reason="?", by=CLERK)
            closed = node.registers.close_year(Book.INCOMING, RECIPIENT, 2026, by=CLERK)
            pdf = b"".join(node.registers.closed_pdf(Book.INCOMING, RECIPIENT, 2026))
            assert hashlib.sha256(pdf).hexdigest() == closed.pdf_sha256
            assert (closed.lines, closed.pages, closed.closed_by) == (2, 1, CLERK)
            stand.clock.advance(days=1)
            assert node.registers.close_year(Book.INCOMING, RECIPIENT, 2026, by=DEPUTY) == closed
            key = node.registers.lines(Book.INCOMING, SPAN)[0].key
            with pytest.raises(BookClosed):
                node.registers.change(Book.INCOMING, SPAN, key, cells={"note": "muộn"}, by=CLERK)
            assert node.registers.enter_paper(Book.INCOMING, RECIPIENT, {}, by=CLERK).values[1] == "1"

    asyncio.run(story())


def test_the_printed_book_and_the_spreadsheet_say_what_the_lines_say(stand: Stand, tmp_path: Path) -> None:
    async def story() -> None:
        with both(stand) as two:
            subject = "=1+1 <b>#strong[x]</b> Đường dây nóng"
            receipt = send(stand, two.home, subject=subject)
            await two.deliver()
            two.away.clerk.accept(receipt.consignment_id, actor=CLERK)
            lines = two.away.registers.lines(Book.INCOMING, SPAN)
            heading = two.away.registers.heading(Book.INCOMING, SPAN)
            first, second = print_book(heading, lines), print_book(heading, lines)
            assert first.pdf == second.pdf
            path = tmp_path / "a.pdf"
            path.write_bytes(first.pdf)
            with path.open("rb") as file:
                text = " ".join(read_first_page(file)[1].split())
            assert "#strong[x]" in text
            assert "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN" in text
            with (tmp_path / "a.xlsx").open("wb") as sheet:
                assert write_sheet(sheet, heading, lines, scratch=tmp_path) == 1
            rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(values_only=True))  # type: ignore[union-attr]
            assert rows[3] == tuple(column.vi for column in Book.INCOMING.columns)
            assert [value or "" for value in rows[4]] == list(lines[0].values)
            assert rows[4][5] == f"Báo cáo. {subject}"

    asyncio.run(story())


def test_a_long_book_is_printed_in_parts_and_nothing_is_left_out(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_print, "PART", 2)
    monkeypatch.setattr(registers_page, "PART", 2)

    async def story(node: Node) -> None:
        async with calling(node, admit=lone_person) as software:
            page = (await software.get("/registers?book=incoming", headers=PAGE)).body.decode()
            assert "5 dòng: PDF chia thành 3 phần" in page
            zipped = await software.get("/registers.pdf?book=incoming", headers=PAGE)
            assert zipped.headers["Content-Type"] == "application/zip"
            with zipfile.ZipFile(io.BytesIO(zipped.body)) as archive:
                assert archive.testzip() is None
                said = [_words(archive.read(name)) for name in archive.namelist()]
            parts = ["Phần 1/3, dòng 1–2", "Phần 2/3, dòng 3–4", "Phần 3/3, dòng 5–5"]
            assert [part in words for part, words in zip(parts, said, strict=True)] == [True] * 3
            letters = [f"giấy {number}" for number in range(1, 6)]
            assert [one for words in said for one in letters if one in words] == letters
            few = await software.get("/registers.pdf?book=outgoing", headers=PAGE)
            assert few.headers["Content-Type"] == "application/pdf"

    with stand.receiver.open() as node:
        for number in range(1, 6):
            node.registers.enter_paper(Book.INCOMING, RECIPIENT, {"note": f"giấy {number}"}, by=CLERK)
        asyncio.run(story(node))
        stand.clock.at = datetime(2027, 1, 4, 2, tzinfo=UTC)
        closed = node.registers.close_year(Book.INCOMING, RECIPIENT, 2026, by=CLERK)
        pdf = b"".join(node.registers.closed_pdf(Book.INCOMING, RECIPIENT, 2026))
        assert (closed.lines, closed.pages) == (5, 3)
        whole = pypdfium2.PdfDocument(pdf)
        last = whole[2].get_textpage().get_text_bounded()
        assert len(whole) == 3 and "Tổng số 5 dòng" in " ".join(last.split())
        heading = register_print.Listing(
            title="T", agency="H", agency_name="A", span="2026", columns=(("Số", 1),), empty="không"
        )
        rows = [[f"văn bản {number}"] for number in range(5)]
        made = [_words(one.pdf) for one in register_print.print_rows(heading, rows)]
        assert [f"Phần {number + 1}" in one for number, one in enumerate(made)] == [True] * 3
        (none,) = register_print.print_rows(heading, [])
        assert "không" in _words(none.pdf) and "Phần" not in _words(none.pdf)


def _words(pdf: bytes) -> str:
    return " ".join(read_first_page(io.BytesIO(pdf))[1].split())
