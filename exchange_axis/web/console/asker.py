"""Who asks: his name, and what he may see. Whoever mounts these pages says how both follow from the session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from aiohttp import web

from exchange_axis.hub.searching import Sees
from exchange_axis.hub.service import Hub
from exchange_axis.web.shared.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    name: str
    sees: Sees
    reads_access_log: bool = False
    """The security officer's part."""
    reason: str = ""
    """Of a program: why its owner made the token."""


HUB: Final = web.AppKey("auditor-hub", Hub)
ASKER: Final[web.AppKey[Callable[[web.Request], Asker]]] = web.AppKey("auditor-asker")
WORKERS: Final = web.AppKey("auditor-workers", Workers)


def hub_of(request: web.Request) -> Hub:
    return request.app[HUB]


def asker_of(request: web.Request) -> Asker:
    return request.app[ASKER](request)


class Granted(Protocol):
    """The part of a role's grant that says which letters are seen."""

    @property
    def codes(self) -> tuple[str, ...]: ...
    @property
    def letters_since(self) -> date | None: ...
    @property
    def letters_until(self) -> date | None: ...


def sees_of(grants: Sequence[Granted]) -> Sees:
    """What any of the grants shows, each its territory in its period.

    Raises:
        ValueError: there is none.
    """
    if not grants:
        raise ValueError("nobody sees anything without a grant")
    periods: dict[tuple[date | None, date | None], list[tuple[str, ...]]] = {}
    for one in grants:
        periods.setdefault((one.letters_since, one.letters_until), []).append(one.codes)
    if () in periods.get((None, None), ()):
        return Sees()
    first, *more = (
        Sees(
            territories=tuple(sorted({code for one in codes for code in one})) if all(codes) else (),
            since=since,
            until=until,
        )
        for (since, until), codes in periods.items()
    )
    return replace(first, more=tuple(more))
