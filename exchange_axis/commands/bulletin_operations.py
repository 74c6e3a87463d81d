"""What can be asked about bulletins: who is told of what, what would be said now, and one to try the way."""

from __future__ import annotations

import asyncio
from typing import Any

from exchange_axis.commands.output import plain
from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Destination
from exchange_axis.domain.bulletin_words import words
from exchange_axis.errors import NotFound
from exchange_axis.node.bulletins import Bulletins
from exchange_axis.node.service import Node
from exchange_axis.store.bulletin_rows import BulletinRow


def show_bulletins(node: Node, sign_in: str) -> dict[str, Any]:
    told = node.bulletins.state()
    found = [_destination(node, one, told, sign_in) for one in node.bulletins.destinations.values()]
    return {"sign_in": sign_in, "destinations": found}


def try_bulletin(node: Node, name: str, sign_in: str) -> dict[str, Any]:
    """
    Raises:
        NotFound: no destination has this name.
        BulletinUndelivered, BulletinRefused, BulletinDoubtful: what came of it.
    """
    bulletins = node.bulletins
    if name not in bulletins.destinations:
        raise NotFound(what=name)
    bulletin = bulletins.test(name, sign_in=sign_in)
    left_out = asyncio.run(bulletins.couriers[name].send(bulletin))
    return {"name": name, "place": bulletins.couriers[name].place, "left_out": left_out, **_said(bulletin)}


def _destination(node: Node, one: Destination, told: tuple[BulletinRow, ...], sign_in: str) -> dict[str, Any]:
    bulletins: Bulletins = node.bulletins
    return {
        "name": one.name,
        "place": bulletins.couriers[one.name].place,
        "agencies": None if one.agencies is None else sorted(one.agencies),
        "most_urgent": one.most_urgent,
        "gather_minutes": None if one.gather is None else int(one.gather.total_seconds()) // 60,
        "digest": [f"{hour:%H:%M}" for hour in one.digest],
        "next_digest": one.next_digest(node.world.now()),
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
    figures = {} if is_test else {"figures": plain(bulletin.figures)}
    return {"kind": bulletin.kind.value, "title": told.title, "text": told.text, "short": told.short, **figures}
