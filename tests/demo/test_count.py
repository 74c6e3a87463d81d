"""Lost and duplicated are seen on disks that really have them: a file deleted, a row doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from config.demonstration import NodeDisk
from exchange_axis.demo.count import Contents, Counts, count
from exchange_axis.domain.evidence import Event
from exchange_axis.node.audit import KeptReceipt
from exchange_axis.store.node.unit import DATABASE
from tests.node.stand import OTHER, RECIPIENT, NodeFolder, Stand, open_stand

DELIVERED = Counts(letters=1, deliveries=2, handed_over=2, failed=0, withdrawn=0, pending=0, lost=0, duplicated=0)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """One letter, delivered to two agencies of one node; both nodes are stopped."""
    stand = open_stand(tmp_path)

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa")
            sending, receiving = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            await sending.push_once()
            await receiving.pull_once()
            await receiving.push_once()
            await sending.feed_once()

    asyncio.run(story())
    return stand


def contents(folder: NodeFolder) -> Contents:
    with folder.open() as node:
        return Contents.of(folder.id, NodeDisk(node))


def counted(stand: Stand, *, verified: Collection[str] | None = None) -> Counts:
    disks = [contents(stand.sender), contents(stand.receiver)]
    everything = {receipt.sha256 for disk in disks for receipt in disk.receipts}
    return count(disks, everything if verified is None else verified)


def container_of(stand: Stand) -> Path:
    """The blob of the letter on the recipient's disk."""
    (sha256,) = {copy.container_sha256 for copy in contents(stand.receiver).delivered}
    return stand.receiver.folder / "blobs" / sha256[:2] / sha256


def test_a_delivered_letter_is_neither_lost_nor_doubled(stand: Stand) -> None:
    assert counted(stand) == DELIVERED


def test_a_deleted_inbox_file_is_a_lost_letter_for_each_of_its_readers(stand: Stand) -> None:
    container_of(stand).unlink()
    assert counted(stand) == replace(DELIVERED, lost=2)


def test_a_file_with_other_bytes_is_lost_too(stand: Stand) -> None:
    path = container_of(stand)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert counted(stand) == replace(DELIVERED, lost=2)


def test_a_doubled_row_is_a_duplicate(stand: Stand) -> None:
    with sqlite.connect(stand.receiver.folder / DATABASE) as database:
        # The table's own keys forbid it; a program that lost them would do just this.
        database.executescript(
            """
            CREATE TABLE doubled AS SELECT * FROM inbox;
            INSERT INTO doubled SELECT * FROM inbox LIMIT 1;
            DROP TABLE inbox;
            ALTER TABLE doubled RENAME TO inbox;
            """
        )
    database.close()
    assert counted(stand) == replace(DELIVERED, duplicated=1)


def test_both_at_once_are_both_seen(stand: Stand) -> None:
    with stand.receiver.open() as node:
        row = node.world.store.read(lambda unit: unit.inbox.letters())[0]
        node.world.store.run(lambda unit: unit.inbox.add(replace(row, consignment_id="another-id", seq=0)))
    container_of(stand).unlink()
    assert counted(stand) == replace(DELIVERED, lost=2, duplicated=1)


def test_evidence_that_was_not_verified_proves_no_handover(stand: Stand) -> None:
    assert counted(stand, verified=set()) == replace(DELIVERED, handed_over=0, pending=2)


def test_a_letter_that_did_not_arrive_is_lost_unless_its_end_is_signed(stand: Stand) -> None:
    home, away = contents(stand.sender), contents(stand.receiver)
    (acceptance,) = [one for one in home.receipts if one.event is Event.SUBMISSION_ACCEPTANCE]
    assert isinstance(acceptance, KeptReceipt)
    failure = replace(acceptance, event=Event.CONTENT_HANDOVER_FAILURE)
    nowhere = replace(away, delivered=())
    failed = replace(home, receipts=(failure,))
    gone = Counts(letters=1, deliveries=2, handed_over=0, failed=0, withdrawn=0, pending=2, lost=2, duplicated=0)
    assert count([failed, nowhere], {acceptance.sha256}) == replace(gone, failed=2, pending=0, lost=0)
    assert count([failed, nowhere], set()) == gone
    withdrawn = replace(home, receipts=(replace(acceptance, event=Event.WITHDRAWN),))
    assert count([withdrawn, nowhere], {acceptance.sha256}) == replace(gone, withdrawn=2, pending=0, lost=0)
    assert count([withdrawn, nowhere], set()) == gone


def test_what_is_only_in_a_receipt_is_accepted_all_the_same(stand: Stand) -> None:
    """The sender's database lost its row: the hub's signed acceptance still binds."""
    home, away = contents(stand.sender), contents(stand.receiver)
    verified = {one.sha256 for one in home.receipts}
    assert count([replace(home, sent=()), away], verified) == DELIVERED
