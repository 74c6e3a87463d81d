"""How long deliveries took, kept as sums by the day: for everybody in rows, by tier, lane and type in one text each.

Rules of this file:
1. Both follow from the rows of `trail` and move with them; only who holds the follower of the log writes here.
2. Nothing of a time is known to less than a step (`hub.trailing.STEP`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import trail_tables as r

PARTS = ("hub", "reader")
SIDES = ("s", "r")
AT_ONCE = 100
"""Keys of six parts in one list of a statement."""
_T, _C = r.trail.c, r.trail_spread.c
_KEY = tuple(r.trail_spread.primary_key)
Key = tuple[str, str, int, str, str, str]
"""What, side, day, tier, lane, type."""
Times = Counter[tuple[Key, int]]
"""Deliveries by step."""
_CHANGE = (
    update(r.trail_spread)
    .where(and_(*(column == bindparam(f"of_{column.name}") for column in _KEY)))
    .values(steps=bindparam("new"))
)


class Timed(Protocol):
    """A row of `trail`, as far as it is counted here."""

    @property
    def day(self) -> int: ...
    @property
    def sender_tier(self) -> str: ...
    @property
    def recipient_tier(self) -> str: ...
    @property
    def lane(self) -> str: ...
    @property
    def doc_type(self) -> str: ...
    @property
    def hub_step(self) -> int | None: ...
    @property
    def reader_step(self) -> int | None: ...


def of_rows(rows: Iterable[Timed]) -> Times:
    found: Times = Counter()
    for row in rows:
        for what, step in zip(PARTS, (row.hub_step, row.reader_step), strict=True):
            for side, tier in zip(SIDES, (row.sender_tier, row.recipient_tier), strict=True):
                if step is not None:
                    found[(what, side, row.day, tier, row.lane, row.doc_type), step] += 1
    return found


def for_everybody(times: Times) -> Counter[tuple[str, int, int]]:
    """The same by what, day and step alone."""
    found: Counter[tuple[str, int, int]] = Counter()
    for (key, step), number in times.items():
        if key[1] == SIDES[0]:
            found[key[0], key[2], step] += number
    return found


def move(connection: Connection, change: Times) -> None:
    """Add these numbers, of which some may be less than nothing, to what is kept."""
    changes: dict[Key, Counter[int]] = {}
    for (key, step), number in change.items():
        if number:
            changes.setdefault(key, Counter())[step] += number
    kept = _kept(connection, changes)
    rows = []
    for key, steps in sorted(changes.items()):
        steps.update(kept.get(key, {}))
        rows.append((key, json.dumps({str(step): number for step, number in sorted(steps.items()) if number})))
    names = [column.name for column in _KEY]
    new = [dict(zip((*names, "steps"), (*key, steps), strict=True)) for key, steps in rows if key not in kept]
    places = [f"of_{name}" for name in names]
    old = [dict(zip((*places, "new"), (*key, steps), strict=True)) for key, steps in rows if key in kept]
    if new:
        connection.execute(insert(r.trail_spread), new)
    if old:
        connection.execute(_CHANGE, old)


def read(connection: Connection, where: Sequence[ColumnElement[bool]]) -> dict[int, int]:
    """Deliveries by step, of all texts that these conditions on `trail_spread` choose."""
    found: Counter[str] = Counter()
    for text in connection.execute(select(_C.steps).where(*where)).scalars():
        found.update(json.loads(text))
    return {int(step): number for step, number in found.items() if number}


def recount(connection: Connection) -> None:
    """All of it anew from the rows."""
    connection.execute(delete(r.trail_time))
    connection.execute(delete(r.trail_spread))
    for what in PARTS:
        target = [column.name for column in r.trail_time.c]
        connection.execute(insert(r.trail_time).from_select(target, _of_everybody(what)))
    for what, side in product(PARTS, SIDES):
        target = [column.name for column in r.trail_spread.c]
        connection.execute(insert(r.trail_spread).from_select(target, _spread(connection, what, side)))


def _of_everybody(what: str) -> Select[Any]:
    step = _T[f"{what}_step"]
    query = select(literal(what), _T.day, step, func.count()).where(step.is_not(None))
    return query.group_by(_T.day, step)


def _spread(connection: Connection, what: str, side: str) -> Select[Any]:
    step, tier = _T[f"{what}_step"], _T.sender_tier if side == SIDES[0] else _T.recipient_tier
    keys = (_T.day, tier.label("tier"), _T.lane, _T.doc_type)
    counted = select(*keys, step.label("step"), func.count().label("number")).where(step.is_not(None))
    c = counted.group_by(_T.day, tier, _T.lane, _T.doc_type, step).subquery().c
    gather = func.json_group_object if is_sqlite(connection) else func.json_object_agg
    steps = cast(gather(cast(c.step, Text), c.number), Text)
    query = select(literal(what), literal(side), c.day, c.tier, c.lane, c.doc_type, steps)
    return query.group_by(c.day, c.tier, c.lane, c.doc_type)


def _kept(connection: Connection, keys: Collection[Key]) -> Mapping[Key, Mapping[int, int]]:
    found: dict[Key, Mapping[int, int]] = {}
    for part in _parts(sorted(keys)):
        for row in connection.execute(select(r.trail_spread).where(tuple_(*_KEY).in_(part))):
            steps = {int(step): number for step, number in json.loads(row.steps).items()}
            found[row.what, row.side, row.day, row.tier, row.lane, row.doc_type] = steps
    return found


def _parts(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
