"""Erasures that wait for a second person, with the letters they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from exchange_axis.domain.disposal import State
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.disposal_tables import disposal

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureProposal:
    consignment_id: str
    title: str | None
    sender: str
    ground: str
    salts: bool
    proposed_by: str
    proposed_at: datetime


def erasures(connection: Connection) -> tuple[ErasureProposal, ...]:
    """Oldest first."""
    c, d = t.consignment.c, disposal.c
    columns = (c.consignment_id, c.title, c.sender, d.ground, d.salts, d.proposed_by, d.proposed_at)
    query = select(*columns).join(t.consignment, c.seq == d.consignment).where(d.state == State.PROPOSED.value)
    return tuple(ErasureProposal(**row._mapping) for row in connection.execute(query.order_by(d.seq).limit(MOST)))
