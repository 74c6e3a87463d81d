"""What `axis doctor` sees of a log without starting anything: kept contradictions, and a log that went back."""

from __future__ import annotations

from pathlib import Path

from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.store import Connection
from exchange_axis.store.checkpoint_file import CheckpointFile
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub import logrows, witnessrows
from exchange_axis.store.node.logs import Logs

Both = tuple[str, str]
"""Vietnamese, English."""


def log_contradictions(url: str, folder: Path, kind: str) -> list[Both]:
    """Of a hub's own log and those it knows, or of the log of a node's hub."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _of_hub(connection, folder) if kind == "hub" else _of_node(connection)
    finally:
        engine.dispose()


def _of_hub(connection: Connection, folder: Path) -> list[Both]:
    found = [(row.vi, row.en) for row in witnessrows.troubles(connection)]
    newest, note = logrows.checkpoint(connection), CheckpointFile(folder).read()
    try:
        known = None if note is None else read_unverified_checkpoint(note)
    except LedgerError:
        known = None  # a half written file says nothing
    size = 0 if newest is None else newest[0]
    is_open = newest is None or known is None or read_unverified_checkpoint(newest[1].encode()).origin == known.origin
    if known is not None and is_open and known.size > size:
        found.append(
            (f"Nhật ký lùi từ {known.size} xuống {size} mục", f"The log went back from {known.size} to {size}")
        )
    return found


def _of_node(connection: Connection) -> list[Both]:
    count = len(Logs(connection).forks())
    if not count:
        return []
    return [(f"Trục đã đưa ra hai lịch sử nhật ký ({count} lần)", f"The hub has shown two histories ({count} times)")]
