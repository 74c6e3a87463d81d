"""The dossier of a letter over HTTP: each side gets its own part, which verifies offline; nothing stays on the disk."""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Reason, Verification
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.ports import HubRefused
from tests.hub.stand import Stand, make_letter
from tests.web.asking import Heard, ask
from tests.web.stand import WebPeer, enrol, serving


def judged(stand: Stand, path: Path, data: bytes) -> Verification:
    path.write_bytes(data)
    trust = Trust(anchors=stand.hub.world.anchors(), logs=(stand.hub.log.verifier,))
    return verify_file(path, Question(trust=trust, now=stand.clock.now()))


def members(data: bytes) -> set[str]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return set(archive.namelist())


def test_each_side_gets_its_own_part(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    enrol(stand, "node-a", ["H90"], tmp_path)
    second = enrol(stand, "node-r", ["H90.02"], tmp_path)
    stranger = enrol(stand, "node-b", ["H91"], tmp_path)
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90", "H90.02"], clock=stand.clock)
    stand.hub.intake.submit(sender.row, letter)
    (row,) = stand.hub.auditing.history(letter.sha256)
    heard: dict[str, Heard] = {}

    async def story() -> None:
        async with serving(stand) as served:
            for name, peer in {"sender": sender, "second": second, "stranger": stranger}.items():
                async with served.client(peer) as client:
                    heard[name] = await ask(client, "GET", f"/v1/consignments/{row.consignment_id}/dossier")

    asyncio.run(story())
    assert heard["stranger"][0] == 404
    fetched, none = tmp_path / "fetched.zip", tmp_path / "none.zip"

    async def by_the_line() -> None:
        async with serving(stand) as served:
            line = served.line(sender)
            await line.dossier(row.consignment_id, fetched)
            await line.close()
            foreign = served.line(stranger)
            with pytest.raises(HubRefused):
                await foreign.dossier(row.consignment_id, none)
            await foreign.close()

    asyncio.run(by_the_line())
    assert judged(stand, tmp_path / "again.zip", fetched.read_bytes()).reason is Reason.OK
    assert not none.exists()
    found = {}
    for name in ("sender", "second"):
        status, headers, data = heard[name]
        assert (status, headers["Content-Type"]) == (200, "application/zip")
        assert headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
        found[name] = judged(stand, tmp_path / f"{name}.zip", data)
        assert (found[name].reason, found[name].logged) == (Reason.OK, Answer.YES)
    scopes = {name: result.document["scope"] for name, result in found.items() if result.document is not None}
    assert scopes == {"sender": "peer:node-a1", "second": "peer:node-r"}
    consigned = [name for name in members(heard["sender"][2]) if name.endswith("ContentConsignment.xml")]
    assert len(consigned) == 2
    theirs = members(heard["second"][2])
    assert len([name for name in theirs if name.endswith("ContentConsignment.xml")]) == 1
    assert "letters/0001/verdicts.json" in members(heard["sender"][2]) - theirs
    assert not list(stand.hub.world.staging.glob("dossier-*")), "nothing is left on the disk"
