"""The audit reads the disk: what is gone is gone, and what is shown twice is counted twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.node.audit import delivered, receipts, sent
from tests.node.stand import OTHER, RECIPIENT, Stand
from tests.node.test_amending import RECALL, send


def test_a_deleted_file_and_a_doubled_row_are_seen(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            receipt = home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa")
            await home.agent(stand.line(stand.sender)).push_once()
            await away.agent(stand.line(stand.receiver)).pull_once()
            store, blobs = away.world.store, away.world.blobs

            shown = Counter((copy.recipient, copy.container_sha256) for copy in delivered(store, blobs))
            assert shown == {(RECIPIENT, receipt.container_sha256): 1, (OTHER, receipt.container_sha256): 1}
            row = store.read(lambda unit: unit.inbox.letters())[0]
            store.run(lambda unit: unit.inbox.add(replace(row, consignment_id="twin", seq=0)))
            shown = Counter((copy.recipient, copy.container_sha256) for copy in delivered(store, blobs))
            assert max(shown.values()) == 2

            assert all(copy.present for copy in delivered(store, blobs))
            path = stand.receiver.folder / "blobs" / receipt.container_sha256[:2] / receipt.container_sha256
            data = path.read_bytes()
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            assert not any(copy.present for copy in delivered(store, blobs))
            path.unlink()
            assert not any(copy.present for copy in delivered(store, blobs))

            (letter,) = sent(home.world.store, home.world.blobs)
            assert (letter.state, letter.recipients, letter.present) == ("accepted", (RECIPIENT, OTHER), True)
            assert (letter.kind, letter.about) == (BusinessKind.NEW, None)
            assert [kept.intact for kept in receipts(home.world.store)] == [True]

    asyncio.run(story())


def test_a_recall_names_the_letter_that_it_is_about(stand: Stand) -> None:
    with stand.sender.open() as home:
        first = send(stand, home, to=[RECIPIENT])
        recall = send(stand, home, to=None, amends="57/BC-UBND", **RECALL)
        found = {one.consignment_id: (one.kind, one.about) for one in sent(home.world.store, home.world.blobs)}
        assert found == {
            first.consignment_id: (BusinessKind.NEW, None),
            recall.consignment_id: (BusinessKind.REVOKE, first.consignment_id),
        }
