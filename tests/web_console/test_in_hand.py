"""A PDF dropped on the search: number and date are read from it, both questions are answered, nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from html import unescape

import aiohttp
import pytest

from config.wiring import examiner
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.web.console import in_hand
from tests.signing import pdfs
from tests.web_console.scenery import Console, auditors_console

HERE = "Tệp này đúng là tệp của văn bản dưới đây, từng byte một."
NOWHERE = "Không văn bản nào trong phạm vi của bạn có tệp này."
OTHER = "Có văn bản cùng số, nhưng nội dung khác."
NO_OTHER = "Không có văn bản nào khác mang số này."


@pytest.fixture(scope="module")
def page() -> bytes:
    return pdfs.page("#set page(margin: 2cm)\nỦY BAN NHÂN DÂN \\\nSố: 57/BC-UBND \\\nHà Nội, ngày 02 tháng 3 năm 2026")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Iterator[Console]:
    with auditors_console(tmp_path_factory.mktemp("hub")) as found:
        world = found.office.stand.hub.world
        object.__setattr__(world, "files", FileTools(examiner=examiner()))
        found.office.send("58", "V/v khác", "H90", files={"58.pdf": page})
        yield found


def drop(console: Console, data: bytes, number: str = "") -> tuple[int, str, str]:
    """Status, address and words of the page that answers."""

    async def ask() -> tuple[int, str, str]:
        form = aiohttp.FormData()
        form.add_field("pdf", data, filename="a.pdf", content_type="application/pdf")
        form.add_field("number-in-hand", number)
        headers = {"Accept": "text/html"}
        async with (
            aiohttp.ClientSession(console.base, headers=headers) as session,
            session.post("/auditor/file", data=form) as answer,
        ):
            return answer.status, str(answer.url), unescape(await answer.text())

    return asyncio.run(ask())


def test_the_number_is_read_and_both_questions_are_answered_at_once(console: Console, page: bytes) -> None:
    status, address, said = drop(console, page)
    assert (status, "number=57" in address, "issued=2026-03-02" in address) == (200, True, True)
    assert 'value="57/BC-UBND"' in said and "02/03/2026</time>. Đây là gợi ý" in said
    assert HERE in said and OTHER in said, "the very file lies in 58, and 57 is something else"
    _, _, changed = drop(console, page + b"%")
    assert NOWHERE in changed and OTHER in changed
    _, _, typed = drop(console, page, number="58/BC-UBND")
    assert HERE in typed and NO_OTHER in typed, "what somebody typed comes before what is read"
    assert not list(console.office.stand.hub.world.staging.glob("in-hand-*"))


def test_another_year_is_another_letter(console: Console) -> None:
    earlier = pdfs.page("#set page(margin: 2cm)\nỦY BAN NHÂN DÂN \\\nSố: 57/BC-UBND \\\nngày 02 tháng 3 năm 2024")
    _, _, said = drop(console, earlier)
    assert NOWHERE in said and NO_OTHER in said


@pytest.mark.parametrize(("data", "problem"), [(b"%PDF-1.7 cut", "unreadable"), (b"MZ" + b"0" * 200, "not-pdf")])
def test_a_file_that_cannot_be_read_is_refused_in_words(console: Console, data: bytes, problem: str) -> None:
    status, _, said = drop(console, data)
    assert status == 200 and in_hand.PROBLEMS[problem] in said and NOWHERE in said
    assert not list(console.office.stand.hub.world.staging.glob("in-hand-*"))


def test_one_that_is_too_large_or_a_hub_that_reads_nothing_says_so(
    console: Console, page: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = console.office.stand.hub.world
    assert isinstance(world.files, FileTools)
    monkeypatch.setattr(in_hand, "FILE_MOST", 100)
    status, _, said = drop(console, page)
    assert (status, "vượt quá 100 byte" in said) == (413, True)
    assert not list(world.staging.glob("in-hand-*"))
    monkeypatch.setattr(in_hand, "FILE_MOST", 1 << 20)
    tools = world.files
    object.__setattr__(world, "files", None)
    said = drop(console, page)[2]
    object.__setattr__(world, "files", tools)
    assert in_hand.PROBLEMS["not-read"] in said
