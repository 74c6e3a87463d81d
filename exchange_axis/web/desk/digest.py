"""Tóm tắt: what a leader wants to know once or twice a day, on a telephone: urgent, overdue, refused (R84)."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from exchange_axis.domain.people import Person, Role
from exchange_axis.web.desk.frame import Desk, page
from exchange_axis.web.shared.pages import PERSON, see
from exchange_axis.web.shared.permissions import READERS, Sight, allows, rule

_READING: Final = rule(Sight.GRANTED, *READERS)
_ACTING: Final = frozenset({Role.CLERK, Role.DEPUTY_CLERK})


async def first(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Where somebody starts: a leader with the digest, a reader with the inbox, others with their own account."""
    person = request.get(PERSON)
    if isinstance(person, Person) and not allows(_READING, person):
        return see("/account")
    leads = isinstance(person, Person) and Role.LEADER in person.roles and not _ACTING & person.roles
    return see("/digest" if leads else "/inbox")


async def digest(desk: Desk, request: web.Request) -> web.StreamResponse:
    found = await desk.run(desk.node.desk.digest)
    at = desk.node.world.now()
    return await page(desk, request, "desk/digest.html", here="digest", digest=found, at=at)
