"""What can be asked about bulletins: who is told of what, what would be said now, and one to try the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from exchange_axis.commands.output import plain
from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Destination
from exchange_axis.domain.bulletin_words import words
from exchange_axis.errors import NotFound
from exchange_axis.ports import Courier
from exchange_axis.store.bulletin_rows import BulletinRow


class Bulletins(Protocol):
    """Those of a node or of a hub."""

    destinations: Mapping[str, Destination]
    couriers: Mapping[str, Courier]

    def state(self) -> tuple[BulletinRow, ...]: ...

    def preview(self, name: str, *, sign_in: str) -> tuple[Bulletin, ...]: ...

    def test(self, name: str, *, sign_in: str) -> Bulletin: ...


def show_bulletins(bulletins: Bulletins, sign_in: str, *, at: datetime) -> dict[str, Any]:
    told = bulletins.state()
    found = [_destination(bulletins, one, told, sign_in) for one in bulletins.destinations.values()]
    for one, shown in zip(bulletins.destinations.values(), found, strict=True):
        shown["next_digest"] = one.next_digest(at)
    return {"sign_in": sign_in, "destinations": found}


def try_bulletin(bulletins: Bulletins, name: str, sign_in: str) -> dict[str, Any]:
    """
    Raises:
        NotFound: no destination has this name.
        BulletinUndelivered, BulletinRefused, BulletinDoubtful: what came of it.
    """
    if name not in bulletins.destinations:
        raise NotFound(what=name)
    bulletin = bulletins.test(name, sign_in=sign_in)
    left_out = asyncio.run(bulletins.couriers[name].send(bulletin))
    return {"name": name, "place": bulletins.couriers[name].place, "left_out": left_out, **_said(bulletin)}


def _destination(bulletins: Bulletins, one: Destination, told: tuple[BulletinRow, ...], sign_in: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "place": bulletins.couriers[one.name].place,
        "agencies": None if one.agencies is None else sorted(one.agencies),
        "most_urgent": one.most_urgent,
        "gather_minutes": None if one.gather is None else int(one.gather.total_seconds()) // 60,
        "digest": [f"{hour:%H:%M}" for hour in one.digest],
        "next_digest": None,
        "quiet": None if one.quiet is None else f"{one.quiet.opens:%H:%M}-{one.quiet.closes:%H:%M}",
        "told": [_told(row) for row in told if row.destination == one.name],
        "would_say": [_said(bulletin) for bulletin in bulletins.preview(one.name, sign_in=sign_in)],
    }


def _told(row: BulletinRow) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "state": row.state.value,
        "attempts": row.attempts,
        "due_at": row.due_at,
        "sent": row.sent,
        "lost": row.lost,
        "doubtful": row.doubtful,
        "sent_at": row.sent_at,
        "fault": None
        if row.fault is None
        else {
            "code": row.fault.value,
            "answer": row.answer,
            "at": row.fault_at,
            "vi": row.fault.words("vi"),
            "en": row.fault.words("en"),
        },
    }


def _said(bulletin: Bulletin) -> dict[str, Any]:
    told = words(bulletin)
    is_test = bulletin.kind is BulletinKind.TEST
    figures = {} if is_test else {"figures": plain(bulletin.figures.as_members())}
    return {"kind": bulletin.kind.value, "title": told.title, "text": told.text, "short": told.short, **figures}
