"""What clerks decide: numbers without gaps or twins, reasons that say something, and steps in their order."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from exchange_axis.domain.registers import Book
from exchange_axis.errors import NotFound
from exchange_axis.node.errors import (
    ActorMissing,
    Ambiguous,
    BadNumber,
    NotPossible,
    NumberTaken,
    ReasonTextShort,
    UnknownReason,
    UnknownStatus,
)
from exchange_axis.node.register_errors import CellTooLong
from exchange_axis.node.register_lines import Span
from exchange_axis.node.service import Node
from exchange_axis.wire.container import open_container
from exchange_axis.wire.status import read_status
from tests.node.stand import OTHER, RECIPIENT, Stand

CLERK = "Trần Văn Bình"


async def deliver(stand: Stand, node: Node, *numbers: int, to: str = RECIPIENT) -> list[str]:
    """Letters with these numbers, in the inbox of the receiver's node."""
    with stand.sender.open() as home:
        sent = [home.sender.send(stand.draft(number=number, to=[to]), actor="Lê Thị Hoa") for number in numbers]
        await home.agent(stand.line(stand.sender)).push_once()
    assert await node.agent(stand.line(stand.receiver)).pull_once() == len(numbers)
    return [receipt.consignment_id for receipt in sent]


def said(stand: Stand, node: Node, consignment_id: str) -> list[tuple[str, str, str]]:
    """(code, clerk, description) of the statuses queued here, read from their sealed containers."""
    found = []
    for event in node.views.show(consignment_id).timeline:
        if event.kind == "said":
            path = stand.folder / "said.asice"
            with node.world.blobs.open(event.sha256 or "") as blob:
                path.write_bytes(b"".join(blob.chunks()))
            with open_container(path) as container:
                status = read_status(container.read("status.edxml")).status
            found.append((status.code, status.staff.staff, status.description))
    return found


def test_accepting_gives_the_next_number_once(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second, third = await deliver(stand, node, 1, 2, 3)
            assert node.clerk.accept(first, actor=CLERK).arrival_number == 1
            stand.clock.advance(hours=1)
            again = node.clerk.accept(first, actor="Người khác")
            assert (again.arrival_number, again.actor, again.repeated) == (1, CLERK, True)
            assert node.clerk.accept(second, actor=CLERK, arrival_number=214).arrival_number == 214
            assert node.clerk.accept(third, actor=CLERK).arrival_number == 215
            assert said(stand, node, first) == [("01", stand.receiver.id, ""), ("03", CLERK, "Số đến 1")]

    asyncio.run(story())


def test_numbers_belong_to_one_agency_and_year(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (first,) = await deliver(stand, node, 1)
            (other,) = await deliver(stand, node, 2, to=OTHER)
            assert node.clerk.accept(first, actor=CLERK).arrival_number == 1
            assert node.clerk.accept(other, actor=CLERK).arrival_number == 1
            # 31 December 17:30 in London is 1 January in Vietnam.
            stand.clock.at = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
            (third,) = await deliver(stand, node, 3)
            decision = node.clerk.accept(third, actor=CLERK)
            assert (decision.arrival_year, decision.arrival_number) == (2027, 1)

    asyncio.run(story())


def test_two_clerks_never_take_one_number(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            letters = await deliver(stand, node, *range(1, 9))
            with ThreadPoolExecutor(8) as threads:
                decisions = list(threads.map(lambda letter: node.clerk.accept(letter, actor=CLERK), letters))
            assert sorted(decision.arrival_number or 0 for decision in decisions) == list(range(1, 9))
            with ThreadPoolExecutor(8) as threads:
                again = list(threads.map(lambda _: node.clerk.accept(letters[0], actor=CLERK), range(8)))
            assert {decision.arrival_number for decision in again} == {decisions[0].arrival_number}
            assert len(said(stand, node, letters[0])) == 2

    asyncio.run(story())


def test_a_taken_or_senseless_number_is_refused_and_says_nothing(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second = await deliver(stand, node, 1, 2)
            node.clerk.accept(first, actor=CLERK, arrival_number=7)
            with pytest.raises(NumberTaken):
                node.clerk.accept(second, actor=CLERK, arrival_number=7)
            with pytest.raises(BadNumber):
                node.clerk.accept(second, actor=CLERK, arrival_number=0)
            with pytest.raises(ActorMissing):
                node.clerk.accept(second, actor=" ")
            assert [code for code, *_ in said(stand, node, second)] == ["01"]
            assert node.clerk.accept(second, actor=CLERK).arrival_number == 8

    asyncio.run(story())


def test_what_is_written_while_accepting_is_accepted_with_it_or_nothing_is(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            book = Book.INCOMING, Span(agency=RECIPIENT, year=2026)
            with pytest.raises(CellTooLong):
                node.clerk.accept(letter, actor=CLERK, cells={"unit": "Phòng Tài chính", "note": "x" * 1_001})
            assert node.registers.lines(*book) == ()
            assert node.views.received(agency=RECIPIENT)[0].status == "01"
            node.clerk.accept(letter, actor=CLERK, cells={"unit": "Phòng Tài chính"})
            (line,) = node.registers.lines(*book)
            assert "Phòng Tài chính" in [cell.value for cell in line.cells]

    asyncio.run(story())


def test_a_refusal_needs_a_reason_that_says_something(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            with pytest.raises(UnknownReason):
                node.clerk.refuse(letter, reason="LD10", actor=CLERK)
            with pytest.raises(ReasonTextShort):
                node.clerk.refuse(letter, reason="LD99", text="không rõ ", actor=CLERK)
            decision = node.clerk.refuse(letter, reason="LD99", text="Thiếu trang 3 đến 5", actor=CLERK)
            assert decision.reason == "LD99: Thiếu trang 3 đến 5"
            again = node.clerk.refuse(letter, reason="LD99", text="Thiếu trang 3 đến 5", actor=CLERK)
            assert again.repeated
            assert said(stand, node, letter)[1:] == [("02", CLERK, "LD99: Thiếu trang 3 đến 5")]
            with pytest.raises(NotPossible):
                node.clerk.refuse(letter, reason="LD01", actor=CLERK)
            with pytest.raises(NotPossible):
                node.clerk.accept(letter, actor=CLERK)

    asyncio.run(story())


def test_progress_is_reported_in_order(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            with pytest.raises(NotPossible):
                node.clerk.report(letter, code="05", actor=CLERK)
            node.clerk.accept(letter, actor=CLERK)
            with pytest.raises(NotPossible):
                node.clerk.refuse(letter, reason="LD01", actor=CLERK)
            for code, text in [("04", "Chuyển phòng Kinh tế"), ("05", ""), ("05", "Đang lấy ý kiến"), ("06", "")]:
                node.clerk.report(letter, code=code, text=text, actor=CLERK)
            with pytest.raises(NotPossible):
                node.clerk.report(letter, code="04", actor=CLERK)
            with pytest.raises(UnknownStatus):
                node.clerk.report(letter, code="03", actor=CLERK)
            assert [code for code, *_ in said(stand, node, letter)] == ["01", "03", "04", "05", "05", "06"]
            assert node.views.received()[0].status == "06"
            assert await node.agent(stand.line(stand.receiver)).push_once() == 6

    asyncio.run(story())


def test_letters_are_found_by_what_people_have_in_hand(stand: Stand) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            first, second = await deliver(stand, node, 1, 2)
            for query in (first, first[:8], first[:8].upper(), "1/BC-UBND", f" {first} "):
                assert node.views.show(query).consignment_id == first
            assert node.views.show("H45.32.03,2026/11/20,2/BC-UBND").consignment_id == second
            for query in ("zzzz", "3/BC-UBND", first[:3]):
                with pytest.raises(NotFound):
                    node.views.show(query)
            with pytest.raises(NotFound):
                node.clerk.accept(first, agency=OTHER, actor=CLERK)

    asyncio.run(story())


def test_an_ambiguous_query_names_the_candidates(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as node:
            receipt = home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa")
            await home.agent(stand.line(stand.sender)).push_once()
            await node.agent(stand.line(stand.receiver)).pull_once()
            with pytest.raises(Ambiguous) as caught:
                node.clerk.accept("57/BC-UBND", actor=CLERK)
            assert RECIPIENT in caught.value.message() and OTHER in caught.value.message()
            assert receipt.consignment_id[:8] in caught.value.message()
            node.clerk.accept("57/BC-UBND", agency=OTHER, actor=CLERK)
            shown = node.views.show("57/BC-UBND")
            assert {line.agency: line.status for line in shown.received} == {RECIPIENT: "01", OTHER: "03"}

    asyncio.run(story())
