"""Books of a year with thousands of lines: read in pieces, the same lines in every piece, and never in memory whole."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from exchange_axis.domain.registers import Book, Line
from exchange_axis.node.lookup import find_received
from exchange_axis.node.register_lines import Span
from exchange_axis.node.register_print import write_sheet
from exchange_axis.node.service import Node
from exchange_axis.store.node import register_tables as r
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.unit import NodeUnit
from tests.node.stand import RECIPIENT, Stand

FEW, MANY = 520, 2_600
"""More than one batch, and five times as many."""
DAY = datetime(2026, 1, 5, 2, tzinfo=UTC)
FIRST = Span(agency=RECIPIENT, year=2026, first=date(2026, 1, 5), last=date(2026, 1, 5))
YEAR = Span(agency=RECIPIENT, year=2026)


def fill(node: Node, count: int) -> None:
    """Letters with odd arrival numbers, `FEW` of them of one day; each seventh has a deadline, each tenth is done."""
    rows = [
        {
            "seq": place,
            "sender": "H45.32.03",
            "consignment_id": f"letter-{place:06d}",
            "recipient": RECIPIENT,
            "container_sha256": f"{place:064d}",
            "size": 1_000,
            "lane": "thuong",
            "lane_rank": 3,
            "origin": "signed",
            "signer": "CN=x",
            "title": f"{place}/BC-UBND",
            "document_id": f"d{place}",
            "subject": f"V/v báo cáo tình hình thiên tai số {place}",
            "document_date": date(2026, 1, 4),
            "due_date": date(2026, 2, 1) if place % 7 == 0 else None,
            "made_at": DAY,
            "organ_id": "H45.32.03",
            "organ_name": "UBND phường Xuân Lộc",
            "received_at": DAY,
            "progress": "06" if place % 10 == 0 else "03",
            "request": "none",
            "arrival_year": 2026,
            "arrival_number": 2 * place - 1,
            "decided_at": DAY if place <= FEW else DAY + timedelta(days=20),
            "decided_by": "x",
            "notes": "[]",
            "business_kind": "0",
        }
        for place in range(1, count + 1)
    ]
    node.world.store.run(lambda unit: unit._connection.execute(t.inbox.insert(), rows))


def test_pages_and_the_whole_have_the_same_lines(stand: Stand) -> None:
    with stand.receiver.open() as node:
        fill(node, 40)

        def work(unit: NodeUnit) -> None:
            passed = {"sender": "H45.32.03", "consignment_id": "letter-000003", "agency": RECIPIENT}
            words = {"unit": "Phòng A", "person": "", "note": "", "passed_by": "x", "passed_at": DAY}
            unit._connection.execute(r.passed_on.insert(), passed | words)

        node.world.store.run(work)
        for number, unit in ((2, ""), (6, "Văn phòng"), (90, "Công an xã")):
            cells = {"author": "Bưu điện", "subject": f"Giấy {number}", "unit": unit}
            node.registers.enter_paper(Book.INCOMING, RECIPIENT, cells, by="x", number=number)
        for number in (1, 2):
            node.registers.enter_paper(Book.OUTGOING, RECIPIENT, {"subject": f"Giấy đi {number}"}, by="x")
        counts = {}
        for book in Book:
            whole = node.registers.lines(book, YEAR)
            pages = [node.registers.page(book, YEAR, offset=offset, limit=7) for offset in range(0, 70, 7)]
            assert tuple(line for lines, _ in pages for line in lines) == whole, book
            assert {count for _, count in pages} == {len(whole)}
            assert [node.registers.line(book, YEAR, one.key) for one in whole] == list(whole)
            counts[book] = len(whole)
        # followed: 5 with a deadline, 4 done, 1 passed on; of the paper those with a unit
        assert counts == {Book.INCOMING: 43, Book.FOLLOW_UP: 12, Book.OUTGOING: 2}
        numbers = [int(line.values[1]) for line in node.registers.lines(Book.INCOMING, YEAR)]
        assert numbers == sorted(numbers) and {2, 6, 90} < set(numbers)
        assert node.registers.line(Book.INCOMING, YEAR, "no/such") is None


def test_memory_does_not_grow_with_the_book(stand: Stand, tmp_path: Path) -> None:
    with stand.receiver.open() as node:
        fill(node, MANY)
        heading = node.registers.heading(Book.INCOMING, YEAR)

        def sheet(span: Span) -> int:
            def write(lines: Iterator[Line]) -> int:
                with (tmp_path / "book.xlsx").open("wb") as target:
                    return write_sheet(target, heading, lines, scratch=tmp_path)

            return node.registers.reading(Book.INCOMING, span, write)

        def last_page(span: Span) -> int:
            count = node.registers.page(Book.INCOMING, span, offset=0, limit=1)[1]
            return len(node.registers.page(Book.INCOMING, span, offset=count - 50, limit=50)[0])

        sheet(FIRST)  # what is loaded or compiled once is no matter of this
        for take in (sheet, last_page):
            small, large = peak(partial(take, FIRST)), peak(partial(take, YEAR))
            assert large < 2.2 * small, "five times the lines"


def peak(work: Callable[[], int]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        assert work() > 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_letter_to_hundreds_of_agencies_of_one_node_is_found_for_each(stand: Stand) -> None:
    """A centre serves them all; whoever looks for one's copy gets that one, however many others there are."""
    codes = [f"H45.X{place:03d}" for place in range(120)]
    with stand.receiver.open() as node:
        fill(node, 1)

        def work(unit: NodeUnit) -> list[str]:
            (one,) = (dict(row._mapping) for row in unit._connection.execute(t.inbox.select()))
            own = {"arrival_number": None}
            rows = [one | own | {"seq": 10 + place, "recipient": code} for place, code in enumerate(codes)]
            unit._connection.execute(t.inbox.insert(), rows)
            return [find_received(unit, "1/BC-UBND", agency=code).recipient for code in codes]

        assert node.world.store.run(work) == codes
