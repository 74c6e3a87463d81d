"""Addresses of the desk that hand out names of people, and the note that is made of it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from exchange_axis.domain.people import Person
from exchange_axis.domain.taking import Taken, needs_names
from exchange_axis.node import access
from exchange_axis.web.desk.frame import Desk, DeskHandler, person_of
from exchange_axis.web.shared.pages import PERSON

TAKING: Final[Mapping[tuple[str, str], Taken]] = {
    ("GET", "/registers.pdf"): Taken.BOOK_PDF,
    ("GET", "/registers.xlsx"): Taken.BOOK_SHEET,
    ("GET", "/registers.csv"): Taken.BOOK_CSV,
    ("GET", "/registers/closed.pdf"): Taken.BOOK_CLOSED,
    ("GET", "/registers/archive.zip"): Taken.ARCHIVE,
    ("GET", "/inbox/{id}/{agency}/files/{place}"): Taken.FILE,
    ("GET", "/inbox/{id}/{agency}/container"): Taken.CONTAINER,
    ("GET", "/inbox/{id}/{agency}/dossier"): Taken.DOSSIER,
    ("GET", "/inbox/{id}/{agency}/verdict/{report}"): Taken.REPORT,
    ("GET", "/sent/{id}/dossier"): Taken.DOSSIER,
}


def noted(address: tuple[str, str], handler: DeskHandler) -> DeskHandler:
    """The page, with the taking written down before anything is given; of what is not given after all too."""
    taken = TAKING.get(address)
    if taken is None:
        return handler

    async def handle(desk: Desk, request: web.Request) -> web.StreamResponse:
        await desk.run(access.note, desk.node.world, person_of(request).actor, taken, _subject(request))
        return await handler(desk, request)

    return handle


def is_masked(request: web.Request) -> bool:
    """Whether whoever asks gets books without names: he reads along, and keeps none."""
    person = request.get(PERSON)
    return isinstance(person, Person) and not needs_names(person.roles)


def _subject(request: web.Request) -> str:
    given = {**request.match_info, **request.query}
    return given.pop("id", "") or " ".join(f"{name}={value}" for name, value in given.items() if value)
