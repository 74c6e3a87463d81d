"""The page of one letter shows what the hub holds of it: files, seals, way, names of then and now, receipts."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail
from exchange_axis.store.hub.file_tables import file_report
from tests.hub.stand import AGENCIES, HUBS, NODES
from tests.web_console.scenery import Console, auditors_console

SIGNATURE = {
    "verdict": "valid",
    "verdict_vi": "HỢP LỆ",
    "verdict_en": "valid",
    "signer": {"kind": "agency", "name": "", "organization": "Xã thử A1"},
}
FILES = {
    "judged_at": "2026-03-02T01:00:00Z",
    "standing": "information",
    "standing_vi": "chỉ để biết, tham khảo",
    "standing_en": "for information only",
    "files": [
        {
            "name": "57-BC.pdf", "sha256": "a" * 64, "state": "checked", "verdict": "valid",
            "verdict_vi": "HỢP LỆ", "verdict_en": "valid", "signatures": [SIGNATURE],
        },
        {
            "name": "phụ lục.pdf", "sha256": "b" * 64, "state": "pending", "verdict": None,
            "verdict_vi": "", "verdict_en": "", "signatures": [],
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The letter's files were judged, and one recipient has another name since."""
    with auditors_console(tmp_path_factory.mktemp("hub")) as found:
        hub = found.office.stand.hub

        def judged(connection: Connection) -> None:
            (row,) = mail.consignments_by_id(connection, found.id)
            document = json.dumps(FILES, ensure_ascii=False)
            values = {"document": document, "pending": False}
            connection.execute(update(file_report).where(file_report.c.consignment == row.seq).values(values))

        hub.world.transactions.run(judged)
        found.office.clock.advance(days=1)
        renamed = [replace(one, name="Tỉnh thử Mới") if one.code == "H90" else one for one in AGENCIES]
        directory = Directory.of(renamed, HUBS, NODES)
        hub.directory.adopt(directory, to_toml(directory), actor="test")
        hub.log.sequence()
        yield found


def page(console: Console, language: str = "vi", *, form: str = "") -> str:
    url = f"{console.base}/auditor/letters/{console.id}" + ("/verify" if form else "")
    data = urllib.parse.urlencode({"reason": form}).encode() if form else None
    request = urllib.request.Request(url, data=data, headers={"Accept-Language": language})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return html.unescape(re.sub(r"\s+", " ", answer.read().decode()))


def test_files_seal_way_and_names_are_there(console: Console) -> None:
    said = page(console)
    for text in (
        "57-BC.pdf",
        "phụ lục.pdf",
        "HỢP LỆ",
        "Xã thử A1",
        "chữ ký cơ quan",
        "a" * 64,
        "chỉ để biết, tham khảo",
    ):
        assert text in said, text
    assert "Con dấu của nơi gửi" in said and re.search("chứng thư không bị thu hồi|chưa kiểm tra được thu hồi", said)
    assert "<code>node-a1</code> → <code>hub-a</code> → <code>node-a</code>" in said
    assert "Tỉnh thử A" in said and 'nay là <span lang="vi">Tỉnh thử Mới' in said
    assert "Trích yếu là nội dung" in said
    assert "for information only" in page(console, "en")


def test_every_receipt_is_there_to_take_with_its_proof(console: Console) -> None:
    links = re.findall(r'href="(/auditor/letters/[^"]+/receipts/([0-9a-f]{64}))"', page(console))
    hub = console.office.stand.hub
    assert len(links) == 5
    for address, digest in links:
        with urllib.request.urlopen(f"{console.base}{address}") as answer:  # noqa: S310
            packed = zipfile.ZipFile(io.BytesIO(answer.read()))
        document, proof = sorted(packed.namelist())
        assert hashlib.sha256(packed.read(document)).hexdigest() == digest
        assert proof == f"{document}.tlog-proof"
        assert packed.read(proof) == hub.log.proofs([digest])[digest]
    rows = hub.inquiry.access.entries(subject=f"{console.id}")
    assert [row.action for row in rows].count("receipt") == len(links)


def test_what_was_verified_is_said_in_words(console: Console) -> None:
    said = page(console, form="Kiểm tra theo QĐ 12/QĐ-TTr")
    assert "chữ ký đúng, bên ký thuộc gốc tin cậy" in said and "HỢP LỆ" in said and "Chứng thư đúng chủ" in said
    assert not re.search(r"<dd>(accept|ok|yes|no|not-checked)</dd>", said)
