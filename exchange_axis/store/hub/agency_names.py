"""Every name that a code has had: who is meant by words, and what an agency was called when a letter was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from exchange_axis.domain.words import fold
from exchange_axis.store.hub.trail_tables import agency_name

AT_ONCE = 500
_NEWEST = select(func.max(agency_name.c.seq)).group_by(agency_name.c.code)


def note(connection: Connection, names: Mapping[str, str], *, at: datetime) -> int:
    """Add the names that are new or changed; returns how many."""
    query = select(agency_name.c.code, agency_name.c.name).where(agency_name.c.seq.in_(_NEWEST))
    known = {row.code: row.name for row in connection.execute(query)}
    rows = [
        {"code": code, "name": name, "folded": fold(f"{name} {code}"), "since": at}
        for code, name in sorted(names.items())
        if known.get(code) != name
    ]
    if rows:
        connection.execute(insert(agency_name), rows)
    return len(rows)


def find(connection: Connection, words: Sequence[str], *, limit: int) -> tuple[str, ...]:
    """Codes that have, or had, a name with all these folded words."""
    query = select(agency_name.c.code).distinct().order_by(agency_name.c.code).limit(limit)
    for word in words:
        query = query.where(agency_name.c.folded.contains(word, autoescape=True))
    return tuple(connection.execute(query).scalars())


def of(connection: Connection, codes: Collection[str]) -> dict[str, tuple[tuple[datetime, str], ...]]:
    """(Since when, name) of each code, oldest first."""
    found: dict[str, tuple[tuple[datetime, str], ...]] = {}
    every = sorted(set(codes))
    for start in range(0, len(every), AT_ONCE):
        query = select(agency_name).where(agency_name.c.code.in_(every[start : start + AT_ONCE]))
        for row in connection.execute(query.order_by(agency_name.c.seq)):
            found[row.code] = (*found.get(row.code, ()), (row.since, row.name))
    return found
