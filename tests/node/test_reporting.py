"""The node's signed verification report: what it says, and that nobody else can say it in its place (R39)."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from lxml import etree

from config.wiring import examiner
from exchange_axis.errors import NotFound
from exchange_axis.node.reporting import NodeReport
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason, Verification
from exchange_axis.pipeline.verify_trust import Trust
from signing.xades import sign_enveloped
from tests.node.stand import OTHER, RECIPIENT, Stand
from tests.node.test_amending import send
from tests.node.test_asking import both
from tests.node.test_decisions import CLERK
from tests.node.test_files import _signed
from tests.pipeline.test_certificate import text_of


def verify(stand: Stand, folder: Path, xml: bytes) -> Verification:
    path = folder / "bao-cao.xml"
    path.write_bytes(xml)
    return verify_file(path, Question(trust=Trust(anchors=stand.pki.world.anchors)))


def test_who_signed_what_is_in_a_report_that_the_node_signs(stand: Stand, tmp_path: Path) -> None:
    stand.sender.files = stand.receiver.files = FileTools(examiner=examiner())
    signed = stand.attachment("Báo cáo.pdf", _signed())

    async def story() -> NodeReport:
        with both(stand) as two:
            receipt = send(stand, two.home, attachments=[signed])
            await two.deliver()
            with pytest.raises(NotFound):
                two.away.reports.make(receipt.consignment_id, OTHER, reader=CLERK)
            return two.away.reports.make(receipt.consignment_id, RECIPIENT, reader=CLERK)

    made = asyncio.run(story())
    told = verify(stand, tmp_path, made.xml)
    assert (told.reason, told.document and told.document["kind"]) == (Reason.OK, "report")
    assert told.signer is not None and stand.receiver.id in told.signer.subject
    assert verify(stand, tmp_path, made.xml.replace(b"TIN C", b"TIN X")).reason is Reason.ALTERED
    root = etree.fromstring(made.xml)
    named = [one.get("name") for one in root.iter("{*}Signature") if one.get("name")]
    assert named == ["Bùi Thanh Tùng", "UBND xã An Ninh Đông"]
    text = " ".join(text_of(made.pdf).split())
    for words in (
        "Bùi Thanh Tùng",
        "chữ ký cá nhân",
        "có chữ ký số của nút",
        hashlib.sha256(made.xml).hexdigest()[:16],
    ):
        assert words in text, words
    other = sign_enveloped(_bare(made.xml), stand.pki.signer("ai đó"), at=stand.clock.now())
    judged = verify(stand, tmp_path, other)
    assert judged.signer is not None and stand.receiver.id not in judged.signer.subject, (
        "its signer is told, not guessed"
    )


def _bare(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    for signature in root.findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        root.remove(signature)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
