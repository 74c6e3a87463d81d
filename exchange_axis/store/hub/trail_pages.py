"""A page of deliveries, newest first.

Rules of this file:
1. Whoever asks for words, agencies or with a territory is answered from the newest days first, and from as many as his
   page needs: what everybody has is found in a day, and what nobody has costs a few looks at an index.
2. Which deliveries are on the page is found from as little as possible; what is shown of them is fetched by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, literal, select, tuple_

from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import trail_tables as r
from exchange_axis.store.hub.trail_search import FEW, Asked, conditions, on_paper
from exchange_axis.store.hub.trails import TrailRow

DAYS = (1, 4, 16, 64)
"""Looked through one after the other, each before those; then the rest."""
LETTERS = 2_000
"""So many are named one by one; of more the database is asked in one statement with everything else."""
_c = r.trail.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    trail: TrailRow
    consignment_id: str
    title: str | None
    container_sha256: str


def page(connection: Connection, asked: Asked) -> tuple[Found, ...]:
    found: list[int] = []
    for first, last in _windows(connection, asked):
        part = replace(asked, first_day=first, last_day=last, limit=asked.limit - len(found))
        found += _numbers(connection, part)
        if len(found) >= asked.limit:
            break
    return _shown(connection, found)


def _windows(connection: Connection, asked: Asked) -> Iterator[tuple[int | None, int | None]]:
    """Days, the newest first, that together are all that are asked for."""
    named = (asked.number, asked.symbol, asked.document_id, asked.consignment_id, asked.sha256)
    by_days = asked.words or asked.codes is not None or asked.scope.has_territory
    if any(name is not None for name in named) or not by_days:
        yield asked.first_day, asked.last_day
        return
    first, last = _bounds(connection, asked)
    for days in DAYS:
        if first <= last:
            yield max(first, last - days + 1), last
            last -= days
    if first <= last:
        yield first, last


def _bounds(connection: Connection, asked: Asked) -> tuple[int, int]:
    """The first and the last day on which there can be anything; the wrong way round where there is none."""
    query = select(
        select(func.min(_c.day)).scalar_subquery().label("first"), select(func.max(_c.day)).scalar_subquery()
    )
    oldest, newest = connection.execute(query).one()
    if oldest is None:
        return 0, -1
    firsts = [part.first_day for part in asked.scope.parts]
    lasts = [part.last_day for part in asked.scope.parts]
    seen_first = min((day for day in firsts if day is not None), default=oldest) if None not in firsts else oldest
    seen_last = max((day for day in lasts if day is not None), default=newest) if None not in lasts else newest
    after = newest if asked.after is None else asked.after.day
    wanted_first = oldest if asked.first_day is None else asked.first_day
    wanted_last = newest if asked.last_day is None else asked.last_day
    return max(oldest, wanted_first, seen_first), min(newest, wanted_last, seen_last, after)


def _numbers(connection: Connection, asked: Asked) -> Sequence[int]:
    """Of the deliveries next in order."""
    letters: list[int] | None = None
    written = on_paper(connection, asked)
    if written is not None:
        few = list(connection.execute(written.limit(LETTERS + 1)).scalars())
        if not few:
            return ()
        letters = few if len(few) <= LETTERS else None
    query = select(_c.day, _c.seq).where(*conditions(connection, asked, letters=letters))
    if asked.after is not None:
        query = query.where(tuple_(_c.day, _c.seq) < tuple_(literal(asked.after.day), literal(asked.after.seq)))
    if letters is not None or _few_agencies(asked):
        # These are the way in; the order of the answer must not tempt the database to walk through everything.
        some = query.cte("some").prefix_with("MATERIALIZED")
        query = select(some.c.day, some.c.seq)
    day, seq = query.selected_columns
    ordered: Select[Any] = query.order_by(day.desc(), seq.desc()).limit(asked.limit)
    return [row.seq for row in connection.execute(ordered)]


def _few_agencies(asked: Asked) -> bool:
    """Whether agencies and a state are asked for together: by the state alone, all agencies' letters would be read."""
    return asked.state is not None and asked.codes is not None and len(asked.codes) <= FEW


def _shown(connection: Connection, seqs: Sequence[int]) -> tuple[Found, ...]:
    if not seqs:
        return ()
    columns = (t.consignment.c.consignment_id, t.consignment.c.title, t.consignment.c.container_sha256)
    query = select(r.trail, *columns).join(t.consignment, t.consignment.c.seq == _c.consignment)
    rows = {row.seq: _found(row._mapping) for row in connection.execute(query.where(_c.seq.in_(seqs)))}
    return tuple(rows[seq] for seq in seqs)


def _found(row: RowMapping) -> Found:
    values: dict[str, Any] = dict(row)
    rest = {name: values.pop(name) for name in ("consignment_id", "title", "container_sha256")}
    return Found(trail=TrailRow(**values), **rest)
