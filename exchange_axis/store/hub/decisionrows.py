"""Decisions on their way into the log: what was decided is an entry like evidence, so that nobody acts unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import witness_tables as w

KIND = "decision"
"""Of their leaves."""


def unlogged(connection: Connection, limit: int) -> list[tuple[int, bytes]]:
    """(number, document) of decisions that have no leaf yet, the oldest first."""
    last = connection.execute(select(func.max(w.decision_leaf.c.decision))).scalar_one() or 0
    query = select(t.decision).where(t.decision.c.seq > last).order_by(t.decision.c.seq).limit(limit)
    return [(row.seq, _document(row)) for row in connection.execute(query)]


def logged(connection: Connection, digests: Mapping[int, str]) -> None:
    """Note which leaf speaks of which decision."""
    connection.execute(
        w.decision_leaf.insert(), [{"decision": seq, "sha256": sha256} for seq, sha256 in digests.items()]
    )


def documents(connection: Connection, digests: Sequence[str]) -> dict[str, bytes]:
    """Decisions by the digest of their leaf, as they read today."""
    query = select(w.decision_leaf.c.sha256, t.decision).join(
        t.decision, t.decision.c.seq == w.decision_leaf.c.decision
    )
    rows = connection.execute(query.where(w.decision_leaf.c.sha256.in_(digests)))
    return {row.sha256: _document(row) for row in rows}


def _document(row: Row[Any]) -> bytes:
    value = {
        "format": "axis-decision-1",
        "number": row.seq,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "details": row.details,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
