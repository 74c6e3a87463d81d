"""The floor: the least CPU that one letter to one recipient costs, part by part, on this machine in this run.

One hub, the bare parts, each done once: the letter comes in over HTTPS and is hashed, its header is parsed and held
against the schema, its signature and every member's digest are verified, a receipt is signed, letter and receipt become
durable, the letter goes out over HTTPS, and the receipt that comes back is verified and logged. Left out is whatever a
product needs besides: authorisation, directory, encryption on disk, retries, history, a node at either end.

Units: milliseconds of CPU a letter, of all threads, one process at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from lxml import etree

from bench import least, sink
from bench.figures import Figure
from bench.plan import Plan
from bench.samples import Seal, make_sample, make_seal
from exchange_axis.ledger.leaf import SALT_SIZE, leaf_data
from exchange_axis.ledger.tree import Node, append, leaf_hash
from exchange_axis.store.engine import open_engine
from signing.keys import KeyType
from signing.xades import verify_enveloped_unanchored

ALGORITHMS = {"P-256": KeyType.P256, "RSA-2048": KeyType.RSA2048}
PARTS = (
    "HTTPS in + SHA-256",
    "parse + XSD of the header",
    "verify signature and members",
    "sign receipt",
    "durable store",
    "HTTPS out",
    "verify receipt + log leaf",
)
GROUP = 50
"""Letters that share one commit."""
IN_ROW = 100_000
"""Bytes of a body that is kept in its row; larger ones are files, each flushed."""

Part = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorResult:
    """Container size → what one letter costs."""

    parts: Mapping[int, Mapping[str, Mapping[str, Figure]]]
    """Size → algorithm → part → ms."""
    sums: Mapping[int, Mapping[str, Figure]]
    """Size → algorithm → ms; the median of the rounds' sums."""

    def letters_a_second(self, size: int, algorithm: str) -> float:
        """That one core could carry if it did nothing else."""
        return 1000 / self.sums[size][algorithm].median


class Floor:
    """Samples, keys and a sink; `measure_round` may be called between other measurements."""

    def __init__(self, folder: Path, plan: Plan, port: int) -> None:
        self._plan = plan
        self._port = port
        self._folder = folder
        self._seals = {name: make_seal(kind) for name, kind in ALGORITHMS.items()}
        self._samples = {
            (size, name): make_sample(folder, size, seal) for size in plan.repeats for name, seal in self._seals.items()
        }
        self._schema = _schema()
        self._store = _Store(folder)
        self._log = _Log()
        self._rounds: list[dict[tuple[int, str, str], float]] = []
        self._prove_yardstick()

    def measure_round(self) -> None:
        """Every part for every size and algorithm once more."""
        found: dict[tuple[int, str, str], float] = {}
        for size, repeats in self._plan.repeats.items():
            incoming, outgoing = asyncio.run(self._https(size, repeats))
            stored = self._store.measure(self._samples[size, "P-256"].data, self._seals["P-256"], repeats)
            for algorithm in ALGORITHMS:
                # What does not depend on the key is measured once.
                found |= {
                    (size, algorithm, PARTS[index]): ms for index, ms in ((0, incoming), (4, stored), (5, outgoing))
                }
                for part, work in self._parts(size, algorithm).items():
                    found[size, algorithm, part] = _cpu_ms(work, repeats)
        self._rounds.append(found)

    def milliseconds(self, size: int, algorithm: str) -> list[float]:
        """All parts of a letter, round by round."""
        return [sum(found[size, algorithm, part] for part in PARTS) for found in self._rounds]

    def result(self) -> FloorResult:
        sizes = list(self._plan.repeats)
        return FloorResult(
            parts={
                size: {name: {part: self._figure(size, name, part) for part in PARTS} for name in ALGORITHMS}
                for size in sizes
            },
            sums={size: {name: Figure.of(self.milliseconds(size, name)) for name in ALGORITHMS} for size in sizes},
        )

    def close(self) -> None:
        self._store.close()

    def _figure(self, size: int, algorithm: str, part: str) -> Figure:
        return Figure.of(found[size, algorithm, part] for found in self._rounds)

    def _parts(self, size: int, algorithm: str) -> dict[str, Part]:
        sample, seal = self._samples[size, algorithm], self._seals[algorithm]
        public, skeleton = seal.key.public_key(), least.skeleton_of(seal.receipt)
        signatures = bytes(sample.member("META-INF/signatures0.xml"))
        members = {name: sample.member(name) for name in sample.members}
        return {
            PARTS[1]: lambda: self._schema.assertValid(etree.fromstring(sample.normal)),
            PARTS[2]: lambda: least.verify_container(signatures, members, public),
            PARTS[3]: lambda: least.sign_receipt(seal.evidence, skeleton, seal.key),
            PARTS[6]: lambda: self._verify_and_log(seal, public),
        }

    def _verify_and_log(self, seal: Seal, public: least.PublicKey) -> None:
        least.verify_receipt(seal.receipt, public)
        self._log.add(hashlib.sha256(seal.receipt).digest())

    async def _https(self, size: int, repeats: int) -> tuple[float, float]:
        """Milliseconds at the receiving and at the sending end; the first request pays for the connection."""
        sample = self._samples[size, "P-256"]
        body: bytes | Path = sample.data if size <= sink.IN_MEMORY else sample.path
        async with sink.connected(self._folder) as session:
            digest, there = await sink.send(session, self._port, body)
            assert digest == hashlib.sha256(sample.data).hexdigest()
            here, after = time.process_time(), there
            for _ in range(repeats):
                _, after = await sink.send(session, self._port, body)
            spent = time.process_time() - here
        return (after - there) / repeats * 1000, spent / repeats * 1000

    def _prove_yardstick(self) -> None:
        """What the least work signs, the product accepts; what the product sealed and somebody altered, it refuses."""
        for (_, algorithm), sample in self._samples.items():
            seal = self._seals[algorithm]
            public = seal.key.public_key()
            signed = least.sign_receipt(seal.evidence, least.skeleton_of(seal.receipt), seal.key)
            verify_enveloped_unanchored(signed)
            for part in self._parts(len(sample.data), algorithm).values():
                part()
            members = {name: sample.member(name) for name in sample.members} | {"letter.edxml": memoryview(b"other")}
            try:
                least.verify_container(bytes(sample.member("META-INF/signatures0.xml")), members, public)
            except least.Wrong:
                continue
            raise AssertionError("the least work accepts an altered member")


@contextmanager
def floor(folder: Path, plan: Plan) -> Iterator[Floor]:
    with sink.running(folder) as port:
        made = Floor(folder, plan, port)
        try:
            yield made
        finally:
            made.close()


class _Store:
    """Two rows and a leaf a letter, through the product's own engine settings: WAL, FULL, one commit for many."""

    _TABLES = (
        "CREATE TABLE letter (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL,"
        " recipient TEXT NOT NULL, state TEXT NOT NULL, header BLOB NOT NULL, body BLOB)",
        "CREATE INDEX letter_waiting ON letter (recipient, state)",
        "CREATE TABLE evidence (sha256 TEXT PRIMARY KEY, letter TEXT NOT NULL, content BLOB NOT NULL)",
        "CREATE TABLE leaf (number INTEGER PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL)",
    )
    _HEADER = 1_200

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = open_engine(f"sqlite:///{folder / 'floor.db'}")
        self._connection: Any = self._engine.raw_connection()
        for statement in self._TABLES:
            self._connection.execute(statement)
        self._number = 0

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def measure(self, body: bytes, seal: Seal, repeats: int) -> float:
        """Milliseconds a letter: a share of a group commit, and the letter's own file where it is large."""
        small = len(body) <= IN_ROW
        groups = max(1, repeats // GROUP)
        begun = time.process_time()
        for _ in range(groups):
            self._commit_group(body if small else None, seal)
        rows = (time.process_time() - begun) / groups / GROUP
        return (rows + (0.0 if small else self._flush_files(body, repeats))) * 1000

    def _commit_group(self, body: bytes | None, seal: Seal) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for _ in range(GROUP):
            self._number += 1
            name = f"letter-{self._number:08d}"
            values = (name, "H90.01", "G90", "queued", bytes(self._HEADER), body)
            run("INSERT INTO letter (id, sender, recipient, state, header, body) VALUES (?, ?, ?, ?, ?, ?)", values)
            digest = hashlib.sha256(name.encode()).digest()
            run("INSERT INTO evidence VALUES (?, ?, ?)", (digest.hex(), name, seal.receipt))
            run("INSERT INTO leaf VALUES (?, ?, ?)", (self._number, digest, digest))
        run("COMMIT")

    def _flush_files(self, body: bytes, repeats: int) -> float:
        begun = time.process_time()
        for number in range(repeats):
            part = self._folder / f"body-{number}.part"
            with part.open("wb", buffering=0) as file:
                file.write(body)
                os.fsync(file.fileno())
            part.rename(part.with_suffix(""))
        spent = (time.process_time() - begun) / repeats
        for number in range(repeats):
            (self._folder / f"body-{number}").unlink()
        return spent


class _Log:
    """A Merkle log in memory; its rows are counted with the store."""

    def __init__(self) -> None:
        self._nodes: dict[Node, bytes] = {}
        self._size = 0

    def add(self, evidence: bytes) -> None:
        append(self, self._size, [leaf_hash(leaf_data(bytes(SALT_SIZE), evidence))])
        self._size += 1

    def read(self, nodes: Any) -> list[bytes]:
        return [self._nodes[node] for node in nodes]

    def write(self, nodes: Mapping[Node, bytes]) -> None:
        self._nodes.update(nodes)


def _schema() -> etree.XMLSchema:
    with as_file(files("schemas") / "xsd") as folder:
        return etree.XMLSchema(etree.parse(folder / "edxml-document.xsd"))


def _cpu_ms(work: Part, repeats: int) -> float:
    begun = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - begun) / repeats * 1000
