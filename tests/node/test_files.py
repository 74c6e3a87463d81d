"""The node's own look into the files of letters: before it sends one, and when one comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from config.wiring import examiner
from exchange_axis.errors import CheckFailed
from exchange_axis.pipeline.file_tools import FileTools
from tests.node.stand import Stand
from tests.node.test_amending import send
from tests.node.test_asking import both
from tests.signing import pdfs
from tests.signing.pki import AT

PAGE = (
    pdfs.LETTER.replace("ngày 04 tháng 6 năm 2025", "ngày 20 tháng 11 năm 2026")
    + "\\ Về việc báo cáo tình hình thiên tai"
)


@pytest.fixture(autouse=True)
def looking(stand: Stand) -> None:
    stand.sender.files = stand.receiver.files = FileTools(examiner=examiner())


def _signed(page: str = PAGE) -> bytes:
    pki = pdfs.PdfPki()

    def long(who: Callable[..., pdfs.Signatory]) -> pdfs.Signatory:
        return who(not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=AT.replace(year=2035))

    return pdfs.sign(pdfs.sign(pdfs.page(page), long(pki.person), name="Nguoi ky"), long(pki.agency), name="Co quan")


def test_the_sender_is_warned_before_the_hub_sees_it_and_both_ends_see_the_verdict(stand: Stand) -> None:
    signed = stand.attachment("a.pdf", _signed())

    async def story() -> None:
        with both(stand) as two:
            receipt = send(stand, two.home, attachments=[signed])
            assert "pdf.unknown-root" in {note["code"] for note in receipt.notes}
            await two.deliver()
            for node in (two.home, two.away):
                files = node.views.show(receipt.consignment_id).files
                assert files is not None
                assert files["standing_vi"] == "chỉ để biết, tham khảo"
                (file,) = files["files"]
                assert file["verdict_vi"] == "KHÔNG RÕ NGUỒN TIN CẬY"
                assert [one["signer"]["name"] for one in file["signatures"]] == [
                    "Bùi Thanh Tùng",
                    "UBND xã An Ninh Đông",
                ]
                assert pdfs.CARD not in str(files)

    asyncio.run(story())


def test_what_the_hub_would_stop_is_not_sent(stand: Stand) -> None:
    with both(stand) as two:
        marked = stand.attachment("a.pdf", pdfs.page("#set page(margin: 2cm)\nTỐI MẬT \\\nSố: 57/BC-UBND"))
        with pytest.raises(CheckFailed) as failed:
            send(stand, two.home, attachments=[marked])
        assert [finding.code for finding in failed.value.findings if finding.severity == "error"] == ["secrecy.page"]
        assert two.home.views.status().queued == 0
