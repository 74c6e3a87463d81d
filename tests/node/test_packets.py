"""Ready packets with their files inside, small and larger than a parser takes: sent, carried by a hub, exported."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.commands.node_operations import NODE_OPERATIONS
from exchange_axis.domain.letter import Organ, Reference
from exchange_axis.errors import CheckFailed
from exchange_axis.node.errors import IdempotencyConflict
from exchange_axis.node.service import Node
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import open_container
from exchange_axis.wire.edxml import InlineFile, write_letter
from exchange_axis.wire.zip_writer import Content
from schemas.gate.refusal import Refusal
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand
from tests.node.test_with_hub import ShortLine, opened
from tests.wire.edxml.values import LETTER as PLAIN

MIB = 1024 * 1024
LARGE = 40 * MIB
MARK = b"large"
SHEET = bytes(range(200)) * 30
LETTER = replace(
    PLAIN,
    from_=Organ(id="H90.01", name="Xã thử A1"),
    to=(Organ(id="H90", name="Tỉnh thử A"),),
    document_id="H90.01,2026/03/01,57/BC-UBND",
    promulgation_date=date(2026, 3, 1),
    trace=(),
    references=(
        Reference(content_id="1", name="Hồ sơ thiết kế.pdf", content_type="application/pdf"),
        Reference(content_id="2", name="Dự toán.xlsx"),
    ),
)


def packet(path: Path, size: int, mark: bytes = b"") -> list[str]:
    """Writes a packet whose first file takes about `size` bytes of base64; the digests of its files."""
    block = bytes(range(256)) * 3 * 64
    head, tail = write_letter(LETTER, inline=[InlineFile(data=MARK), InlineFile(data=SHEET)]).split(
        base64.b64encode(MARK)
    )
    digest = hashlib.sha256()
    with path.open("wb") as file:
        file.write(head)
        for _ in range(max(1, size * 3 // 4 // len(block))):
            file.write(base64.b64encode(block))
            digest.update(block)
        file.write(base64.b64encode(mark) + tail)
    digest.update(mark)
    return [digest.hexdigest(), hashlib.sha256(SHEET).hexdigest()]


@dataclass
class Pair:
    """Two agencies on nodes of their own, and the hub between them."""

    stand: Stand
    home: Node
    away: Node
    first: Peer
    second: Peer

    def send(self, path: Path, *attach: Path) -> Any:
        arguments = {"letter": str(path), "attach": [str(file) for file in attach], "actor": "Lê Thị Hoa"}
        return NODE_OPERATIONS["send"](self.home, arguments)

    def carry(self) -> None:
        async def story() -> None:
            here, there = (
                self.home.agent(ShortLine(self.stand, self.first)),
                self.away.agent(ShortLine(self.stand, self.second)),
            )
            assert await here.push_once() == 1, self.home.views.sent()
            assert await there.pull_once() == 1, self.away.views.status().alarms

        asyncio.run(story())

    def staging(self) -> list[Path]:
        return [path for node in (self.home, self.away) for path in node.world.settings.staging.iterdir()]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    @contextmanager
    def standing() -> Iterator[Stand]:
        stand = open_stand(tmp_path, "hub-a", clock=HandClock())
        try:
            yield stand
        finally:
            stand.close()

    with standing() as stand:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            yield Pair(stand, home, away, first, second)


def test_forty_megabytes_inline_arrive_and_are_exported(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    digests = packet(path, LARGE)
    assert path.stat().st_size > LARGE - MIB
    tracemalloc.start()
    sent = pair.send(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MIB
    pair.carry()
    exported = NODE_OPERATIONS["export"](pair.away, {"query": sent["consignment_id"], "actor": "Lê Thị Hoa"})
    with open_container(Path(exported["container"])) as container:
        assert read_consignment(container.read("consignment.xml")).reduced
        assert b"AttachmentEncoded" not in container.read("letter.edxml")
        assert [entry.name for entry in container.attachments()] == ["attachments/001.pdf", "attachments/002.xlsx"]
        assert [Content.of(container.stream(entry.name)).sha256 for entry in container.attachments()] == digests
        with path.open("rb") as file:
            received = Content.of(iter(lambda: file.read(MIB), b""))
        assert Content.of(container.stream("source/received.edxml")) == received
    Path(exported["container"]).unlink()
    assert pair.staging() == []
    (line,) = pair.away.views.received()
    assert (line.title, line.subject) == (LETTER.code, LETTER.subject)


def test_a_small_packet_goes_as_it_is(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    packet(path, 4 * MIB)
    sent = pair.send(path)
    pair.carry()
    exported = NODE_OPERATIONS["export"](pair.away, {"query": sent["consignment_id"], "actor": "Lê Thị Hoa"})
    with open_container(Path(exported["container"])) as container:
        assert not read_consignment(container.read("consignment.xml")).reduced
        assert container.read("letter.edxml") == path.read_bytes()
        assert not container.attachments()
        assert "source/received.edxml" not in container


def test_the_same_large_packet_again_is_the_same_letter(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    packet(path, 14 * MIB)
    first = pair.send(path)
    assert pair.send(path)["consignment_id"] == first["consignment_id"]
    packet(path, 14 * MIB, mark=b"another file")
    with pytest.raises(IdempotencyConflict):
        pair.send(path)
    assert len(pair.home.views.sent()) == 1
    assert pair.staging() == []


def test_a_large_packet_that_is_refused_leaves_nothing(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "letter.edxml"
    packet(path, 14 * MIB)
    data = path.read_bytes()
    with pytest.raises(CheckFailed) as files:
        pair.send(path, path)
    assert [finding.code for finding in files.value.findings] == ["form.packet-inline"]
    for change, code in (
        ((b"AAECAwQF", b"*AECAwQF"), "edxml.bad-base64"),
        ((b"<edXML ", b"<!DOCTYPE edXML><edXML "), "gate.doctype"),
        ((b"</edXML>", b""), "gate.malformed"),
    ):
        path.write_bytes(data.replace(*change))
        with pytest.raises(Refusal) as caught:
            pair.send(path)
        assert caught.value.code == code
    path.write_bytes(data.replace(b"2026/03/01</edXML:Prom", b"2027/03/01</edXML:Prom"))
    with pytest.raises(CheckFailed) as rules:
        pair.send(path)
    assert "rules.future-date" in {finding.code for finding in rules.value.findings}
    assert pair.staging() == []
    assert not pair.home.views.sent()
    path.write_bytes(data)
    pair.send(path)
