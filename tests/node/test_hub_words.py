"""What a node cannot check itself it asks its hub, and shows it as the hub's word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.trust_folder import add_trust
from config.wiring import examiner
from exchange_axis.commands.file_words import say_files
from exchange_axis.commands.output import Output
from exchange_axis.node.compose import compose
from exchange_axis.node.hub_words import TRIES, shown
from exchange_axis.node.service import Node
from exchange_axis.pipeline.file_tools import FileTools
from signing.certificates import certificate_pem
from signing.revocation import Evidence
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand
from tests.node.test_with_hub import ShortLine, opened
from tests.signing import pdfs
from tests.signing.pki import AT
from tests.signing.revocation_data import revocation_list


@pytest.fixture(scope="module")
def pki() -> pdfs.PdfPki:
    return pdfs.PdfPki()


@pytest.fixture(scope="module")
def signed(pki: pdfs.PdfPki) -> bytes:
    def long(who: Callable[..., pdfs.Signatory]) -> pdfs.Signatory:
        return who(not_before=AT.replace(year=2020), not_after=AT.replace(year=2035))

    return pdfs.sign(pdfs.sign(pdfs.page(), long(pki.person), name="Nguoi ky"), long(pki.agency), name="Co quan")


@pytest.fixture
def hub(tmp_path: Path, pki: pdfs.PdfPki) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    add_trust(stand.places, "official", certificate_pem(pki.pki.root.certificate).decode())
    yield stand
    stand.close()


@contextmanager
def _looking(folder: Path, stand: Stand, peer: Peer) -> Iterator[Node]:
    with opened(folder, stand, peer) as node:
        object.__setattr__(node.world, "files", FileTools(examiner=examiner()))
        yield node


def _send(folder: Path, node: Node, pdf: bytes) -> str:
    (folder / "bao-cao.pdf").write_bytes(pdf)
    values: dict[str, object] = {
        "to": ["H90"],
        "number": 57,
        "notation": "BC-UBND",
        "date": "2026-03-01",
        "subject": "V/v kiểm tra đường truyền",
        "type": "Báo cáo",
        "attachments": ["bao-cao.pdf"],
    }
    letter = compose(values, base=folder, agencies=node.world.settings.agencies, name_of=node.directory.name_of)
    return node.sender.send(letter, actor="Lê Thị Hoa").consignment_id


def _learn(stand: Stand, pki: pdfs.PdfPki, at: datetime) -> None:
    signers = stand.hub.files.signers
    for chain in signers.due():
        signers.judge(chain, Evidence(crls=(revocation_list(pki.pki.root, at=at),)))
    assert stand.hub.files.complete() == 1


def _seen(node: Node, letter: str) -> tuple[str, str, str | None]:
    files = node.views.show(letter).files
    assert files is not None
    return files["files"][0]["verdict_vi"], files["standing_vi"], files.get("judged_by")


def test_both_ends_see_the_verdict_that_their_hub_reached_later(
    tmp_path: Path, hub: Stand, pki: pdfs.PdfPki, signed: bytes
) -> None:
    async def story() -> None:
        first, second = enrol(hub, "node-a1", ["H90.01"]), enrol(hub, "node-a", ["H90"])
        with _looking(tmp_path, hub, first) as home, _looking(tmp_path, hub, second) as away:
            here, there = home.agent(ShortLine(hub, first)), away.agent(ShortLine(hub, second))
            await here.directory_once()
            letter = _send(tmp_path, home, signed)
            assert await here.files_once() == 0, "the hub does not know the letter yet"
            await here.push_once()
            await there.pull_once()
            assert await there.files_once() == 0, "it does not know more either"
            for node in (home, away):
                assert _seen(node, letter) == ("CHƯA KIỂM TRA ĐƯỢC THU HỒI", "chưa xác định", None)
            _learn(hub, pki, hub.clock.now())
            assert await there.files_once() == 0, "nobody has told it"
            for node, agent in ((home, here), (away, there)):
                await agent.feed_once()
                assert await agent.files_once() == 1
                assert _seen(node, letter) == ("HỢP LỆ", "thay văn bản giấy", "hub-a")
                assert await agent.files_once() == 0, "and that was that"
            assert not home.views.status().alarms and not away.views.status().alarms

    asyncio.run(story())


def test_a_hub_without_lists_is_not_asked_for_ever(tmp_path: Path, hub: Stand, signed: bytes) -> None:
    async def story() -> None:
        peer = enrol(hub, "node-a1", ["H90.01"])
        enrol(hub, "node-a", ["H90"])
        line = ShortLine(hub, peer)
        asked = []
        answer = line.files_word

        async def counted(consignment_id: str, container_sha256: str) -> Any:
            asked.append(consignment_id)
            return await answer(consignment_id, container_sha256)

        object.__setattr__(line, "files_word", counted)
        with _looking(tmp_path, hub, peer) as node:
            agent = node.agent(line)
            await agent.directory_once()
            letter = _send(tmp_path, node, signed)
            for _ in range(3 * TRIES):
                await agent.files_once()
                hub.clock.advance(hours=3)
            assert asked == [letter] * TRIES

    asyncio.run(story())


def _report(verdict: str, standing: str) -> str:
    file = {"sha256": "a" * 64, "verdict": verdict, "verdict_vi": verdict, "verdict_en": verdict}
    return json.dumps({"standing": standing, "standing_vi": standing, "standing_en": standing, "files": [file]})


def _word(verdict: str, standing: str) -> str:
    return json.dumps({"hub": "hub-a", "standing": standing, "verdicts": {"a" * 64: verdict}})


@pytest.mark.parametrize(
    ("own", "said", "seen"),
    [
        (("revocation-unknown", "undetermined"), ("valid", "replaces-paper"), ("valid", "replaces-paper", "hub-a")),
        (("revocation-unknown", "undetermined"), ("revoked", "information"), ("revoked", "information", "hub-a")),
        (("not-intact", "information"), ("valid", "replaces-paper"), ("not-intact", "information", None)),
        (("unknown-root", "information"), ("valid", "replaces-paper"), ("unknown-root", "information", None)),
        (("revocation-unknown", "undetermined"), ("splendid", "best"), ("revocation-unknown", "undetermined", None)),
    ],
)
def test_the_hub_s_word_replaces_nothing_but_what_could_not_be_checked(
    own: tuple[str, str], said: tuple[str, str], seen: tuple[str, str, str | None]
) -> None:
    found = shown(_report(*own), _word(*said))
    assert found is not None
    assert (found["files"][0]["verdict"], found["standing"], found.get("judged_by")) == seen


def test_words_name_the_hub(capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(_report("revocation-unknown", "undetermined"), _word("valid", "replaces-paper"))
    assert found is not None
    found["files"][0] |= {
        "name": "a.pdf",
        "kind": "pdf",
        "flags": [],
        "secrecy": "no-mark",
        "signatures": [],
        "inside": [],
    }
    say_files(Output(language="vi", as_json=False), found)
    said = capsys.readouterr().out
    assert "giá trị pháp lý: thay văn bản giấy (theo trục hub-a)" in said
    assert "a.pdf: HỢP LỆ (theo trục hub-a)" in said
