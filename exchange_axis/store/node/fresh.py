"""Letters that came after others and still wait: what a bulletin tells of. Reading only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from exchange_axis.domain.consignment import Lane
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.desk import is_open
from exchange_axis.store.node.within import EVERYTHING_HERE, Within
from exchange_axis.store.types import UtcTime

_I = t.inbox.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshLane:
    """Letters of one lane that came after a place in the inbox and that nobody has accepted or refused."""

    lane: Lane
    count: int
    newest: int
    """Its running number."""
    first_at: datetime
    """When the first of them came."""


class FreshRows:
    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def after(self, place: int, lanes: Collection[Lane]) -> tuple[FreshLane, ...]:
        """Looks at the rows after the place only."""
        query = (
            select(
                _I.lane,
                func.count().label("count"),
                func.max(_I.seq).label("newest"),
                func.min(_I.received_at, type_=UtcTime()).label("first_at"),
            )
            .where(
                _I.seq > place, _I.lane.in_([lane.value for lane in lanes]), is_open(), self._within.of(_I.recipient)
            )
            .group_by(_I.lane)
        )
        found = self._connection.execute(query).mappings()
        return tuple(FreshLane(**{**row, "lane": Lane(row["lane"])}) for row in found)

    def newest(self) -> int:
        """Running number of the newest letter here, whosever it is."""
        return self._connection.scalar(select(func.max(_I.seq))) or 0
