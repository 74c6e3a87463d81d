"""T15: on a full disk a letter is refused in words, nothing accepted is lost, and all goes on once there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from exchange_axis.node.audit import delivered
from tests.hub.stand import make_letter
from tests.hub.stand import open_stand as open_hub_stand
from tests.node.stand import open_stand as open_node_stand
from tests.node.test_pulling import alarms, post
from tests.web.asking import ZIP, append, ask, begin
from tests.web.stand import NowClock, enrol, serving

pytestmark = pytest.mark.prove

ROOMS = (0, 4_096, 20_000, 70_000, 150_000, 400_000)
"""Bytes left: what runs out is the staged body, the blob, the journal of the database, or nothing."""

REFUSALS = {"store.unavailable", "service.unavailable"}
"""The latter where the answer to a commit was an error: sending again is right either way, and brings no duplicate."""


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own, of that size; whoever may not mount one skips the test."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system is mounted for it: run it as root, where root may mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path, room: int) -> Iterator[None]:
    """Nothing but `room` bytes are left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with filler.open("rb+") as file:
        file.truncate(max(0, filler.stat().st_size - room))
    try:
        yield
    finally:
        filler.unlink()


def test_a_hub_refuses_in_words_and_goes_on(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 32):
        stand = open_hub_stand(disk, "hub-a", clock=NowClock())
        sender = enrol(stand, "node-a1", ["H90.01"], tmp_path)
        enrol(stand, "node-a", ["H90"], tmp_path)
        letters = [
            make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, number=str(number))
            for number in range(len(ROOMS))
        ]

        async def story() -> list[int]:
            refused = []
            async with serving(stand) as served, served.client(sender) as client:
                for letter, room in zip(letters, ROOMS, strict=True):
                    data = letter.path.read_bytes()
                    location = await begin(client, letter)
                    with full(disk, room):
                        answers = [
                            await append(client, location, 0, data),
                            await ask(client, "POST", "/v1/consignments", data=data, headers=ZIP),
                        ]
                    for status, _, said in answers:
                        assert status in {200, 204} or (status == 503 and said["code"] in REFUSALS), said
                        refused += [room] if status == 503 else []
                    status, _, _ = await ask(client, "POST", "/v1/consignments", data=data, headers=ZIP)
                    assert status == 200, "the same letter once there is room"
            return refused

        refused = asyncio.run(story())
        assert {0, 4_096} <= set(refused)
        stand.hub.log.sequence()
        stand.hub.log.verify()
        for number in range(len(ROOMS)):
            (history,) = stand.hub.auditing.history(f"{number}/BC-UBND")
            assert [one.event for one in history.evidence].count("SubmissionAcceptance") == 1
        stand.close()


def test_a_node_takes_a_letter_in_once_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "node-centre"
    with small_disk(disk, 16):
        stand = open_node_stand(tmp_path)

        async def story() -> None:
            for number, room in enumerate(ROOMS, 1):
                await post(stand, number=number)
                with stand.receiver.open() as node:
                    agent = node.agent(stand.line(stand.receiver))
                    with full(disk, room):
                        taken = await agent.pull_once()
                        assert len(delivered(node.world.store, node.world.blobs)) == number - 1 + taken
                    stand.clock.advance(seconds=120)
                    await agent.pull_once()
                    assert len(node.views.received()) == number, "what the hub still has comes again"
                    assert set(alarms(node)) <= {"node.disk", "store.unavailable"}

        asyncio.run(story())
