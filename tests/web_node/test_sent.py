"""Sent letters found again and taken along: what the list, its files and the board of a letter say."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from itertools import product
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import insert, text, update

from exchange_axis.domain.lifecycle import DeliveryState, Progress, Request
from exchange_axis.domain.stages import Fact, Stage, stage_of
from exchange_axis.node.sent_list import Wanted
from exchange_axis.node.service import Node
from exchange_axis.store.node import sent as sent_rows
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.rows import OutboxState
from exchange_axis.store.node.sent import Sought
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.web.desk.people import lone_person
from tests.node.stand import OTHER, RECIPIENT, Stand, open_stand
from tests.pipeline.test_certificate import text_of
from tests.web_node.stand import Software, calling

PAGE = {"Accept": "text/html", "Authorization": ""}
SUBJECTS = ("V/v báo cáo thiệt hại do áp thấp nhiệt đới", "Kế hoạch phòng chống dịch tả lợn", "=HYPERLINK(1)")


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


def send_three(stand: Stand, node: Node) -> list[str]:
    """A day apart; the second goes to two, the third is refused by the hub."""
    sent: list[str] = []
    for place, subject in enumerate(SUBJECTS):
        to = [RECIPIENT, OTHER] if place == 1 else [RECIPIENT]
        draft = stand.draft(number=100 + place, subject=subject, to=to)
        sent.append(node.sender.send(draft, actor="Lê Thị Hoa").consignment_id)
        stand.clock.advance(days=1)
    change(node, t.outbox, sent[1], state="accepted")
    change(node, t.outbox, sent[2], state="refused")
    change(node, t.addressee, sent[1], recipient=OTHER, state="handed-over")
    return sent


def change(node: Node, table: object, consignment_id: str, *, recipient: str = "", **values: str) -> None:
    """As an answer or evidence would."""

    def work(unit: NodeUnit) -> None:
        which = [table.c.consignment_id == consignment_id]  # type: ignore[attr-defined]
        which += [t.addressee.c.recipient == recipient] if recipient else []
        unit._connection.execute(update(table).where(*which).values(**values))  # type: ignore[arg-type]

    node.world.store.run(work)


def found(node: Node, **wanted: object) -> list[str]:
    asked = Wanted(**wanted)  # type: ignore[arg-type]
    page = [line.consignment_id for line in node.sent_list.page(asked, limit=50)]
    batched = [line.consignment_id for batch in node.sent_list.batches(asked, size=1) for line in batch]
    assert page == batched, "the list on the page and the one that is taken along"
    return page


def test_a_letter_is_found_by_what_people_remember(stand: Stand) -> None:
    with stand.sender.open() as node:
        one, two, three = send_three(stand, node)
        day = stand.clock.now().date() - timedelta(days=2)
        assert found(node) == [three, two, one]
        assert found(node, text="thiet HAI") == [one]
        assert found(node, text="101/bc") == [two]
        assert found(node, text="thiệt lợn") == []
        assert found(node, recipient=OTHER.lower()) == [two]
        assert found(node, recipient="H99.99") == []
        assert found(node, first=day, last=day) == [two]
        assert found(node, last=day) == [two, one]
        assert found(node, stage=Stage.STOPPED) == [three]
        assert found(node, stage=Stage.QUEUED) == [one]
        assert found(node, stage=Stage.ARRIVED) == found(node, stage=Stage.UNDER_WAY) == [two]
        assert found(node, text="dich", recipient=OTHER, stage=Stage.ARRIVED, first=day) == [two]
        assert found(node, text="dich", recipient=OTHER, stage=Stage.REFUSED) == []


def test_statements_and_pages_say_the_same_stage_of_every_state(stand: Stand) -> None:
    states = list(product(OutboxState, DeliveryState, Progress, Request))
    with stand.sender.open() as node:
        (sent,) = [node.sender.send(stand.draft(), actor="x").consignment_id]

        def work(unit: NodeUnit) -> None:
            run = unit._connection.execute
            (letter,) = (dict(row._mapping) for row in run(t.outbox.select()))
            wanted: dict[Stage, set[str]] = {stage: set() for stage in Stage}
            letters, addressees = [], []
            for place, (answer, delivery, progress, request) in enumerate(states):
                name = f"case-{place:05d}"
                own = {"consignment_id": name, "state": answer.value, "idempotency_key": None, "seq": 10 + place}
                letters.append(letter | own)
                values = {"state": delivery.value, "progress": progress.value, "request": request.value}
                named = {"consignment_id": name, "recipient": "G12", "changed_at": letter["created_at"]}
                addressees.append(named | values)
                facts = {Fact.ANSWER: answer.value, Fact.DELIVERY: delivery.value}
                facts |= {Fact.PROGRESS: progress.value, Fact.REQUEST: request.value}
                wanted[stage_of(facts)].add(name)
            run(insert(t.outbox), letters)
            run(insert(t.addressee), addressees)
            for stage, names in wanted.items():
                rows, _ = unit.sent.page(Sought(stage=stage), limit=len(states) + 1)
                assert {row.consignment_id for row in rows} - {sent} == names, stage

        node.world.store.run(work)


@pytest.mark.parametrize("sought", [Sought(), Sought(words=("a",)), Sought(recipients=frozenset({"G12"}))])
def test_finding_reads_indexes_and_never_the_wide_rows_of_all(stand: Stand, sought: Sought) -> None:
    """So it stays quick with 100,000 letters."""
    with stand.sender.open() as node:

        def work(unit: NodeUnit) -> list[str]:
            asked = sent_rows.SentRows(unit._connection)._places(sought, None).limit(51)
            compiled = asked.compile(unit._connection, compile_kwargs={"literal_binds": True})
            return [str(row[3]) for row in unit._connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]

        plan = node.world.store.read(work)
    (outbox,) = [step for step in plan if "outbox" in step]
    assert "INDEX" in outbox, plan
    assert not [step for step in plan if step.startswith("SCAN addressee")], plan


def test_what_is_looked_for_can_be_taken_along(stand: Stand) -> None:
    async def story(software: Software, sent: list[str]) -> None:
        page = (await software.get("/sent?q=lon&to=" + OTHER, headers=PAGE)).body.decode()
        assert SUBJECTS[1] in page and SUBJECTS[0] not in page
        assert f'href="/sent.csv?q=lon&amp;to={OTHER}"' in page
        rows = await listed(software, "/sent.csv")
        assert [row[3] for row in rows[1:]] == ["'" + SUBJECTS[2], SUBJECTS[1], SUBJECTS[0]]
        assert rows[2][5:7] == ["2", "Đang chuyển: 1; Đã đến: 1"]
        assert [row[7] for row in (await listed(software, "/sent.csv?q=lon"))[1:]] == [sent[1]]
        book = openpyxl.load_workbook(io.BytesIO((await software.get("/sent.xlsx?stage=arrived", headers=PAGE)).body))
        assert [row[2].value for row in book.worksheets[0].iter_rows()] == ["Số, ký hiệu", "101/BC-UBND"]
        printed = text_of((await software.get("/sent.pdf?q=lon", headers=PAGE)).body)
        assert "101/BC-UBND" in printed and "100/BC-UBND" not in printed and "có các chữ lon" in printed
        assert (await software.get("/sent?first=2026", headers=PAGE)).status == 400
        assert (await software.get("/sent?stage=lost", headers=PAGE)).status == 400

    at_desk(stand, story)


def test_the_board_is_taken_along_with_a_row_for_each_recipient(stand: Stand) -> None:
    async def story(software: Software, sent: list[str]) -> None:
        head, *rows = await listed(software, f"/sent/{sent[1]}/board.csv")
        assert head[0] == "\ufeffMã cơ quan" and len(head) == 10
        assert [(row[0], row[2]) for row in rows] == [(RECIPIENT, "Đang chuyển"), (OTHER, "Đã đến")]
        english = await listed(software, f"/sent/{sent[1]}/board.csv", language="en")
        assert [row[2] for row in english[1:]] == ["Under way", "Arrived"]
        book = openpyxl.load_workbook(
            io.BytesIO((await software.get(f"/sent/{sent[1]}/board.xlsx", headers=PAGE)).body)
        )
        assert [row[0].value for row in book.worksheets[0].iter_rows()][1:] == [RECIPIENT, OTHER]
        printed = text_of((await software.get(f"/sent/{sent[1]}/board.pdf", headers=PAGE)).body)
        assert RECIPIENT in printed and OTHER in printed and SUBJECTS[1] in printed
        assert (await software.get("/sent/nothing/board.csv", headers=PAGE)).status == 404

    at_desk(stand, story)


async def listed(software: Software, path: str, *, language: str = "vi") -> list[list[str]]:
    said = await software.get(path, headers=PAGE | {"Accept-Language": language})
    assert (said.status, said.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(said.body.decode())))


def at_desk(stand: Stand, story: object) -> None:
    async def work() -> None:
        with stand.sender.open() as node:
            sent = send_three(stand, node)
            async with calling(node, admit=lone_person) as software:
                await story(software, sent)  # type: ignore[operator]

    asyncio.run(work())
