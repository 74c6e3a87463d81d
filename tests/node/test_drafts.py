"""Drafts: nothing typed is lost, uploads go on where they stopped, and a draft becomes one letter, whatever happens."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from config.wiring import examiner
from exchange_axis.errors import CheckFailed, NotFound
from exchange_axis.node.draft_errors import DraftChanged, DraftDone, DraftFilesMissing, DraftTooLarge, PieceMisplaced
from exchange_axis.node.service import Node, sweep_staging
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.store.node.drafts import DraftState
from tests.node.stand import RECIPIENT, SENDER, Stand
from tests.node.test_asking import both
from tests.node.test_decisions import CLERK, deliver
from tests.signing import pdfs

FORM: dict[str, Any] = {
    "from": SENDER,
    "to": [RECIPIENT],
    "number": "57",
    "notation": "BC-UBND",
    "date": "2026-11-20",
    "subject": "V/v báo cáo tình hình thiên tai",
    "type": "Báo cáo",
    "signer": {"name": "Người ký thử", "position": "Chủ tịch"},
}
PDF = b"%PDF-1.7\n" + b"0" * 5000 + b"\n%%EOF\n"


def begin(node: Node, form: Mapping[str, Any] = FORM) -> str:
    return node.drafts.begin(SENDER, owner=CLERK, form=form).id


def add(node: Node, draft: str, data: bytes = PDF, name: str = "bao-cao.pdf") -> str:
    file = node.drafts.files.begin(draft, name=name, length=len(data))
    node.drafts.files.append(file.id, data, offset=0)
    return file.id


def letters(node: Node) -> list[str]:
    return [line.title for line in node.views.sent()]


def test_what_is_typed_is_kept_finished_or_not(stand: Stand) -> None:
    with stand.sender.open() as node:
        draft = begin(node, {})
        version = node.drafts.save(draft, {"subject": "V/v", "date": "hôm nào đó", "to": []}, version=1)
        assert node.drafts.save(draft, {"subject": "V/v", "date": "hôm nào đó"}, version=1) == version
        with pytest.raises(DraftChanged):
            node.drafts.save(draft, {"subject": "của tab kia"}, version=1)
        with pytest.raises(DraftTooLarge):
            node.drafts.save(draft, {"subject": "x" * 300_000}, version=version)
    with stand.sender.open() as node:
        assert node.drafts.get(draft).row.form == {"subject": "V/v", "date": "hôm nào đó"}
        assert [row.id for row in node.drafts.open(owner=CLERK)] == [draft]
        assert node.drafts.open(owner="Người khác") == ()


def test_an_upload_goes_on_after_the_program_was_ended(stand: Stand) -> None:
    with stand.sender.open() as node:
        draft = begin(node)
        file = node.drafts.files.begin(draft, name="C:\\scan\\báo cáo.pdf", length=len(PDF))
        assert file.name == "báo cáo.pdf"
        node.drafts.files.append(file.id, PDF[:3000], offset=0)
        with pytest.raises(PieceMisplaced):
            node.drafts.files.append(file.id, PDF[:3000], offset=0)
        with pytest.raises(DraftFilesMissing):
            node.drafts.send(draft, version=1, actor=CLERK)
    with stand.sender.open() as node:
        assert sweep_staging(node.world) == 0
        again = node.drafts.files.begin(draft, name="báo cáo.pdf", length=len(PDF))
        assert (again.id, node.drafts.files.offset(again)) == (file.id, 3000)
        done = node.drafts.files.append(file.id, PDF[3000:], offset=3000)
        assert done.sha256 is not None
        with node.world.blobs.open(done.sha256) as blob:
            assert b"".join(blob.chunks()) == PDF
        assert not list(node.world.settings.staging.iterdir()), "nothing in the clear is left"
        stored = b"".join(path.read_bytes() for path in (stand.sender.folder / "blobs").rglob("*") if path.is_file())
        assert PDF[9:200] not in stored


def test_a_double_click_and_two_tabs_send_one_letter(stand: Stand) -> None:
    with stand.sender.open() as node:
        draft = begin(node)
        add(node, draft)
        with ThreadPoolExecutor(8) as threads:
            receipts = list(threads.map(lambda _: node.drafts.send(draft, version=1, actor=CLERK), range(8)))
        assert len({receipt.consignment_id for receipt in receipts}) == 1
        assert letters(node) == ["57/BC-UBND"]
        view = node.drafts.get(draft)
        assert (view.row.state, view.files) == (DraftState.SENT, ())
        with pytest.raises(DraftDone):
            node.drafts.save(draft, {}, version=1)
        # The back button, and sending an old page again: the receipt of the letter, not another letter.
        assert node.drafts.send(draft, version=7, actor=CLERK) == receipts[0]


def test_what_a_page_did_not_show_is_not_sent(stand: Stand) -> None:
    with stand.sender.open() as node:
        draft = begin(node)
        add(node, draft)
        node.drafts.save(draft, FORM | {"to": ["H45.01"]}, version=1)
        with pytest.raises(DraftChanged):
            node.drafts.send(draft, version=1, actor=CLERK)
        with pytest.raises(CheckFailed):
            version = node.drafts.save(draft, FORM | {"to": []}, version=2)
            node.drafts.send(draft, version=version, actor=CLERK)
        assert letters(node) == []


KILLED = """
import sys
from pathlib import Path
from tests.node.stand import open_stand
from tests.node.test_drafts import CLERK, add, begin
stand = open_stand(Path(sys.argv[1]))
with stand.sender.open() as node:
    draft = begin(node)
    add(node, draft)
    print(draft, flush=True)
    node.drafts.send(draft, version=1, actor=CLERK)
"""


def test_a_program_killed_between_queueing_and_noting_has_sent_once(stand: Stand) -> None:
    folder = stand.folder / "killed"
    folder.mkdir()
    environment = os.environ | {"AXIS_FAILPOINTS": "node.draft.queued=kill"}
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == -9, run.stderr
    draft = run.stdout.strip()
    stand.sender.folder = folder / stand.sender.id
    with stand.sender.open() as node:
        assert letters(node) == ["57/BC-UBND"]
        assert node.drafts.open() == ()
        receipt = node.drafts.send(draft, version=1, actor=CLERK)
        assert letters(node) == ["57/BC-UBND"]
        view = node.drafts.get(draft)
        assert (view.row.state, view.row.consignment_id) == (DraftState.SENT, receipt.consignment_id)


@pytest.mark.parametrize("refused", [False, True])
def test_a_reply_closes_what_it_answers_once_and_only_when_the_hub_has_it(stand: Stand, *, refused: bool) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            (letter,) = await deliver(stand, node, 1)
            node.clerk.accept(letter, actor=CLERK)
            line = stand.line(stand.receiver)
            agent = node.agent(line)
            await agent.push_once()
            form = FORM | {"from": RECIPIENT, "to": [SENDER], "notation": "BTC-VP", "type": "Công văn"}
            draft = node.drafts.begin(RECIPIENT, owner=CLERK, form=form, closes=letter).id
            add(node, draft)
            sent = node.drafts.send(draft, version=1, actor=CLERK)
            assert node.drafts.send(draft, version=1, actor=CLERK) == sent

            def said() -> int:
                return [event.what for event in node.views.show(letter).timeline if event.kind == "said"].count("06")

            await agent.duties_once()
            assert said() == 0, "nobody but this node knows of the reply yet"
            if refused:
                line.refusals.append(stand.hub.reject(sent.container_sha256, codes=["rules.future-date"]))
            await agent.push_once()
            for _ in range(2):
                await agent.duties_once()
            assert said() == (0 if refused else 1)

    asyncio.run(story())


def test_a_dropped_draft_leaves_no_file(stand: Stand) -> None:
    with stand.sender.open() as node:
        first, second = begin(node), begin(node)
        add(node, first)
        add(node, second)
        sha256 = node.drafts.get(second).files[0].sha256 or ""
        node.drafts.drop(first)
        assert node.world.blobs.has(sha256), "the other draft has the same file"
        node.drafts.drop(second)
        assert not node.world.blobs.has(sha256)
        with pytest.raises(DraftDone):
            node.drafts.send(first, version=1, actor=CLERK)
        with pytest.raises(NotFound):
            node.drafts.get("no-such")


def test_a_file_that_is_a_letter_here_is_not_destroyed_with_its_draft(stand: Stand) -> None:
    with both(stand) as two:
        draft = begin(two.home)
        add(two.home, draft)
        receipt = two.home.drafts.send(draft, version=1, actor=CLERK)
        with two.home.world.blobs.open(receipt.container_sha256) as blob:
            container = b"".join(blob.chunks())
        other = begin(two.home)
        add(two.home, other, container, "goi-tin.asice")
        two.home.drafts.drop(other)
        assert two.home.world.blobs.has(receipt.container_sha256)


def test_fields_come_from_the_signed_file_with_their_source(stand: Stand) -> None:
    stand.sender.files = FileTools(examiner=examiner())
    pki = pdfs.PdfPki()
    signed = pdfs.sign(pdfs.sign(pdfs.page(pdfs.LETTER), pki.person(), name="Nguoi ky"), pki.agency(), name="Co quan")
    with stand.sender.open() as node:
        draft = begin(node, {})
        add(node, draft, signed)
        (file,) = node.drafts.get(draft).files
        assert file.found is not None
        found = {one["field"]: (one["value"], one["source"]) for one in file.found["suggestions"]}
        assert found["number"] == ("57", "page")
        assert found["notation"] == ("BC-UBND", "page")
        assert found["date"] == ("2025-06-04", "page")
        assert found["place"] == ("Phú Yên", "page")
        assert found["type"] == ("Báo cáo", "page")
        assert found["subject"][0].startswith("Kết quả tiếp nhận, giải quyết thủ tục hành chính")
        assert found["signer.name"] == ("Bùi Thanh Tùng", "signature")
        assert found["agency_name"] == ("UBND xã An Ninh Đông", "signature")
        assert node.drafts.get(draft).row.form == {"from": SENDER}, "suggested, never taken over by itself"
        assert pdfs.CARD not in str(file.found)
