"""Two hubs, one above the other, whose logs are witnessed by each other; and what an administrator may do to one."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import text

from config.log_keys import log_signer
from exchange_axis.hub.service import Hub
from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint
from exchange_axis.ledger.note import KeySigner, read_vkey
from exchange_axis.store import Connection
from tests.hub.log_line import DirectLog
from tests.hub.stand import HandClock, Peer, Stand, enrol, federate, make_letter, open_stand, reopen, trust_each_other


class Pair:
    """hub-top over hub-a, with one node at hub-a."""

    def __init__(self, folder: Path, *, database: str = "") -> None:
        """database: of hub-a; SQLite in its folder by default."""
        self.folder = folder
        self.clock = HandClock()
        self.top = open_stand(folder, "hub-top", clock=self.clock)
        self.a = federate(self.top, open_stand(folder, "hub-a", clock=self.clock, database=database), ["H90"])
        trust_each_other(self.top, self.a)
        self.node: Peer = enrol(self.a, "node-a1", ["H90.01"])
        enrol(self.a, "node-a", ["H90"])
        self._number = 100
        self.connect()

    def connect(self) -> None:
        """A line made anew, as by a program that has just started."""
        row = next(row for row in self.top.hub.registry.every() if row.id == "hub-a")
        self.line = DirectLog(self.top.hub, row)
        self.witnessing = Witnessing(self.a.hub, self.line)

    def say(self, letters: int = 1) -> list[str]:
        """Letters at hub-a, each under a checkpoint; SHA-256 of each acceptance."""
        said = []
        for _ in range(letters):
            self._number += 1
            letter = make_letter(self.folder, self.node, "H90.01", ["H90"], clock=self.clock, number=str(self._number))
            said.append(self.a.hub.intake.submit(self.node.row, letter).documents[0].sha256)
            self.a.hub.log.sequence()
        return said

    def round(self) -> int:
        return asyncio.run(self.witnessing.round())

    def restart(self, stand: Stand) -> Stand:
        opened = reopen(stand)
        if stand is self.a:
            self.a = opened
        else:
            self.top = opened
        self.connect()
        return opened

    def close(self) -> None:
        self.a.close()
        self.top.close()


def newest(hub: Hub) -> Checkpoint:
    note = hub.log.checkpoint()
    assert note is not None
    return open_checkpoint(note, read_vkey(hub.registry.log_vkey))


def signer_of(stand: Stand) -> KeySigner:
    """The log key, as an administrator can read it from the disk."""
    return log_signer(stand.places, stand.hub.world.settings.origin, None)


def tamper(stand: Stand, *statements: str, **values: object) -> None:
    """Whatever an administrator with the database open can do."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement), values)

    stand.hub.world.transactions.run(work)


def back_up(stand: Stand, target: Path) -> None:
    """The whole data folder, while nothing runs on it."""
    shutil.copytree(stand.places.root, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lock", "*.sock"))


def restore_database(stand: Stand, source: Path) -> None:
    """Only the database, as backups of databases do."""
    for old in stand.places.root.glob("axis.db*"):
        old.unlink()
    for file in source.glob("axis.db*"):
        shutil.copy2(file, stand.places.root / file.name)
