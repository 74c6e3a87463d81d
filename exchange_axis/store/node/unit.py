"""A unit of work over the node's store: what happens in it becomes true together.

Use cases see values and this facade; SQL stays below.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from exchange_axis.store.bulletin_rows import BulletinRows
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.engine import open_engine
from exchange_axis.store.migrations import migrate, require_schema
from exchange_axis.store.node.accesses import Accesses
from exchange_axis.store.node.apologies import Apologies
from exchange_axis.store.node.asked import AskedReminders
from exchange_axis.store.node.batches import Batches
from exchange_axis.store.node.bulletin_tables import bulletin
from exchange_axis.store.node.claims import Claims
from exchange_axis.store.node.clocks import Clocks
from exchange_axis.store.node.contents import Contents
from exchange_axis.store.node.desk import DeskRows
from exchange_axis.store.node.disposals import Disposals
from exchange_axis.store.node.drafts import Drafts
from exchange_axis.store.node.files import Files
from exchange_axis.store.node.fresh import FreshRows
from exchange_axis.store.node.gauges import NodeRowsCounted, counted
from exchange_axis.store.node.inbox import Inbox
from exchange_axis.store.node.legal_holds import LegalHoldRows
from exchange_axis.store.node.lessons import LessonRows
from exchange_axis.store.node.links import Links
from exchange_axis.store.node.logs import Logs
from exchange_axis.store.node.numbers import Numbers
from exchange_axis.store.node.outbox import Outbox
from exchange_axis.store.node.people_tables import PEOPLE
from exchange_axis.store.node.pulse_tables import pulse
from exchange_axis.store.node.records import Records
from exchange_axis.store.node.registers import Registers
from exchange_axis.store.node.schema import SCHEMA
from exchange_axis.store.node.sent import SentRows
from exchange_axis.store.node.settings_record import SettingRows
from exchange_axis.store.node.tallies import Tallies
from exchange_axis.store.node.ties import Ties
from exchange_axis.store.node.trust_lists import TrustLists
from exchange_axis.store.node.waiting import Waiting
from exchange_axis.store.node.within import EVERYTHING_HERE, Within
from exchange_axis.store.people import PeopleRows
from exchange_axis.store.pulse import beat
from exchange_axis.store.transactions import Transactions, open_transactions

T = TypeVar("T")

DATABASE = "node.sqlite"
"""File in the data folder."""


class NodeUnit:
    """All tables inside one transaction; not used after it."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self.accesses = Accesses(connection)
        self.links = Links(connection)
        self.apologies = Apologies(connection)
        self.asked = AskedReminders(connection)
        self.outbox = Outbox(connection, within)
        self.sent = SentRows(connection, within)
        self.inbox = Inbox(connection, within)
        self.records = Records(connection, within)
        self.waiting = Waiting(connection, within)
        self.ties = Ties(connection, within)
        self.clocks = Clocks(connection, within)
        self.contents = Contents(connection, within)
        self.logs = Logs(connection)
        self.trust_lists = TrustLists(connection)
        self.files = Files(connection)
        self.desk = DeskRows(connection, within)
        self.fresh = FreshRows(connection, within)
        self.bulletins = BulletinRows(connection, bulletin)
        self.numbers = Numbers(connection)
        self.claims = Claims(connection, within)
        self.registers = Registers(connection)
        self.disposals = Disposals(connection)
        self.legal_holds = LegalHoldRows(connection)
        self.settings = SettingRows(connection)
        self.people = PeopleRows(connection, PEOPLE)
        self.batches = Batches(connection)
        self.drafts = Drafts(connection, within)
        self.lessons = LessonRows(connection)
        self.tallies = Tallies(connection)
        self._connection = connection

    def counted(self) -> NodeRowsCounted:
        """For monitoring."""
        return counted(self._connection)

    def beat(self, at: datetime) -> None:
        """Write something that means nothing, to learn whether writing works."""
        beat(self._connection, pulse, at)


class NodeStore:
    """Runs units of work; safe to call from any thread."""

    def __init__(self, transactions: Transactions, within: Within = EVERYTHING_HERE) -> None:
        self._transactions = transactions
        self._within = within

    def within(self, codes: frozenset[str]) -> NodeStore:
        """The same store for somebody who sees these agencies only."""
        return NodeStore(self._transactions, Within(codes))

    def run(self, work: Callable[[NodeUnit], T]) -> T:
        """Run in a write transaction; returns once it is durable, raises what the work raised with nothing kept."""
        return self._transactions.run(lambda connection: work(NodeUnit(connection, self._within)))

    def read(self, work: Callable[[NodeUnit], T]) -> T:
        """Run on one consistent state of everything committed before the call."""
        return self._transactions.read(lambda connection: work(NodeUnit(connection, self._within)))

    def forget(self) -> None:
        """Leave nothing of overwritten values in the journal; raises StoreUnavailable while a long read holds it."""
        self._transactions.forget()

    def close(self) -> None:
        self._transactions.close()


def open_node_store(folder: Path) -> NodeStore:
    """The store in a node's data folder.

    Raises:
        SchemaOlder, SchemaNewer: another version of the program made it.
    """
    engine = open_engine(f"sqlite:///{folder / DATABASE}")
    try:
        require_schema(engine, SCHEMA)
    except BaseException:
        engine.dispose()
        raise
    return NodeStore(open_transactions(engine))


def migrate_node_store(folder: Path, *, at: datetime) -> tuple[int, int]:
    """Create the store or bring it up to date; the versions before and after."""
    engine = open_engine(f"sqlite:///{make_private_folder(folder) / DATABASE}")
    try:
        return migrate(engine, SCHEMA, at=at)
    finally:
        engine.dispose()
