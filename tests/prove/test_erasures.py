"""T12 in its numbers: a thousand erasures in a log of a hundred thousand entries, and what PostgreSQL keeps of less.

Letters and entries are rows made beforehand, for the way of a letter is shown elsewhere (tests/hub/test_erasing*.py):
evidence is really sealed and logged, content really encrypted, statuses hold the words of a clerk. Erasing is the
product's own, step by step. Searched is every byte of the hub's folder (database, journal, blobs, keys, staging, log)
and of a copy made by VACUUM INTO, as a backup is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import select

from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.pipeline.issue import SealedEvidence, Subject, as_document
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.errors import BlobErased
from exchange_axis.store.hub import records
from exchange_axis.store.hub import tables as t
from tests.figures import keep
from tests.hub.stand import HandClock
from tests.hub.test_erasing import Scene, scene_on

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1_800)]

LETTERS, KEPT, ENTRIES = 1_000, 10, 100_000
"""Letters erased, letters kept beside them, entries of the log before."""
FIRST = 100_000
FEW = 20
"""Letters erased on PostgreSQL."""
AT_ONCE = 250


def needles(number: int) -> tuple[str, str, str]:
    """What is only in that letter: number/symbol, words of its clerk, its subject."""
    return f"{number}/BC-UBND", f"Ông Trần Văn Mật {number}", f"V/v đơn của bà Lê Thị Kín {number}"


PERSONAL = re.compile("|".join(needles(0)).replace("0", "1[0-9]{5}").encode())


def personal(*folders: Path) -> set[str]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {found.decode() for path in files for found in PERSONAL.findall(path.read_bytes())}


def fill_log(scene: Scene, entries: int) -> None:
    at = scene.clock.now()
    rows = [
        {"at": at, "actor": "test", "action": "filling", "subject": str(number), "details": ""}
        for number in range(entries)
    ]
    scene.stand.hub.world.transactions.run(lambda connection: connection.execute(t.decision.insert(), rows))
    while scene.stand.hub.log.sequence():
        pass


Made = tuple[str, str, tuple[str, ...]]
"""Consignment id, digest of the container, digests of its evidence."""


class Rows:
    """Letters that were handed over and refused with words of a clerk, as copies of one that really was."""

    def __init__(self, scene: Scene) -> None:
        self.world = scene.stand.hub.world
        name, _ = scene.ended("57")
        self.letter, self.delivery, self.status = self.world.transactions.read(lambda one: _template(one, name))
        self.at: datetime = self.letter["received_at"]

    def make(self, numbers: range) -> dict[int, Made]:
        found: dict[int, Made] = {}
        works = []
        for number in numbers:
            title, clerk, subject = needles(number)
            name = self.world.rng.uuid()
            blob = self.world.blobs.put_bytes(f"{subject} {title} {name}".encode())
            said = as_document(DocumentKind.STATUS, f"{clerk} {name}".encode())
            about = Subject(sender="H90.01", recipients=("H90",), consignment_id=name, container_sha256=blob.sha256)
            sealed = (
                self.world.issuer.evidence(Event.SUBMISSION_ACCEPTANCE, about, at=self.at),
                self.world.issuer.evidence(Event.CONTENT_HANDOVER, about, at=self.at),
                self.world.issuer.evidence(STATUS_EVENTS["02"], about, at=self.at, status_sha256=said.sha256),
            )
            letter = {
                "consignment_id": name,
                "container_sha256": blob.sha256,
                "title": title,
                "document_key": f"H90.01|{title}",
            }
            works.append((self.letter | letter, self._status(name, said), said, sealed))
            found[number] = (name, blob.sha256, tuple(one.document.sha256 for one in sealed))

        def insert(connection: Connection) -> None:
            for work in works:
                self._insert(connection, *work)

        self.world.transactions.run(insert)
        return found

    def _status(self, name: str, said: Document) -> dict[str, Any]:
        own = {"consignment_id": self.world.rng.uuid(), "container_sha256": said.sha256, "in_reply_to": name}
        return self.status | own

    def _insert(
        self,
        connection: Connection,
        letter: dict[str, Any],
        status: dict[str, Any],
        said: Document,
        sealed: tuple[SealedEvidence, ...],
    ) -> None:
        seq = connection.execute(t.consignment.insert().returning(t.consignment.c.seq), letter).scalar_one()
        connection.execute(t.consignment.insert(), status)
        records.keep_documents(connection, [said])
        records.add_own(connection, [(one.value, one.document) for one in sealed])
        leaves = [
            records.LeafEntry(kind="evidence", sha256=one.leaf.sha256, salt=one.leaf.salt, data=one.leaf.data)
            for one in sealed
        ]
        records.add_leaves(connection, leaves)
        own = {"consignment": seq, "consignment_id": letter["consignment_id"], "shipment": None}
        connection.execute(t.delivery.insert(), self.delivery | own)


def _template(connection: Connection, name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    c, d = t.consignment.c, t.delivery.c
    (letter,) = connection.execute(select(t.consignment).where(c.consignment_id == name)).mappings()
    (delivery,) = connection.execute(select(t.delivery).where(d.consignment_id == name)).mappings()
    *_, status = connection.execute(select(t.consignment).where(c.in_reply_to == name)).mappings()
    return _bare(letter), _bare(delivery), _bare(status)


def _bare(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items() if key != "seq"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = scene_on(tmp_path, HandClock())
    yield scene
    scene.stand.close()


def test_a_thousand_erasures_in_a_log_of_a_hundred_thousand_entries(scene: Scene, tmp_path: Path) -> None:
    hub, letters, entries = scene.stand.hub, LETTERS, ENTRIES
    rows, numbers = Rows(scene), range(FIRST, FIRST + letters + KEPT)
    began = time.perf_counter()
    made: dict[int, Made] = {}
    for start in range(FIRST, numbers.stop, AT_ONCE):
        made |= rows.make(range(start, min(start + AT_ONCE, numbers.stop)))
    fill_log(scene, entries - 3 * len(numbers))
    prepared = time.perf_counter() - began
    digests = [sha256 for _, _, evidence in made.values() for sha256 in evidence]
    old, key, first = _proofs(scene, digests), hub.log.verifier, hub.log.checkpoint()
    assert first is not None and open_checkpoint(first, key).size >= entries
    lying = {needle for number in numbers for needle in needles(number)[:2]}
    assert personal(scene.stand.places.root) >= lying, "the search finds what lies unencrypted"

    erased, kept = numbers[:letters], numbers[letters:]
    began = time.perf_counter()
    for number in erased:
        assert scene.erase(made[number][0]).state == "done"
    hub.log.sequence()
    seconds = time.perf_counter() - began

    copy = tmp_path / "backup"
    copy.mkdir()
    with sqlite.connect(scene.stand.places.root / "axis.db") as connection:
        connection.execute("VACUUM INTO ?", (str(copy / "copy.db"),))
    left = {needle for number in kept for needle in needles(number)[:2]}
    assert personal(scene.stand.places.root) & lying == left
    assert personal(copy) & lying == left
    _require_gone(scene, [made[number][1] for number in erased], [made[number][1] for number in kept])
    _require_proved(scene, old, first)
    size = open_checkpoint(hub.log.checkpoint() or b"", key).size
    keep(
        "erasures",
        erased=letters,
        log_entries=size,
        proofs=2 * len(old),
        found=0,
        preparing_seconds=round(prepared, 1),
        erasing_seconds=round(seconds, 1),
    )


def _proofs(scene: Scene, digests: list[str]) -> dict[str, bytes]:
    found = scene.stand.hub.log.proofs(digests)
    assert set(found) == set(digests)
    return {sha256: proof for sha256, proof in found.items() if proof is not None}


def _require_gone(scene: Scene, gone: list[str], kept: list[str]) -> None:
    blobs = scene.stand.hub.world.blobs
    for sha256 in gone:
        with pytest.raises(BlobErased), blobs.open(sha256):
            pass
    assert all(blobs.has(sha256) for sha256 in kept)


def _require_proved(scene: Scene, old: dict[str, bytes], first: bytes) -> None:
    """Proofs of before and of now, and the way from the old checkpoint to the new one."""
    hub, key = scene.stand.hub, scene.stand.hub.log.verifier
    newest = hub.log.checkpoint()
    assert newest is not None
    before, after = open_checkpoint(first, key), open_checkpoint(newest, key)
    proof = hub.tiling.consistency(before.size, after.size)
    tree.verify_consistency(before.size, after.size, proof, root1=before.root, root2=after.root)
    again = _proofs(scene, list(old))
    for sha256, given in old.items():
        verify_evidence_proof(given, bytes.fromhex(sha256), key)
        assert verify_evidence_proof(again[sha256], bytes.fromhex(sha256), key).size == after.size
    hub.log.verify()
    assert hub.log_check.run().faults == ()
