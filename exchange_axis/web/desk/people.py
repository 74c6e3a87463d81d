"""Who sits at the desk, as far as pages need to know; and what becomes of a form that is submitted twice.

The stand-ins at the end serve a desk on loopback that one person uses, until sessions are put in their place: the
application takes both as arguments.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from exchange_axis.pipeline.people_refusals import FormUnderWay


class DeskPerson(Protocol):
    @property
    def name(self) -> str:
        """As pages show it."""
        ...

    @property
    def actor(self) -> str:
        """As decisions record it."""
        ...


Admitting = Callable[[web.Request], Awaitable[DeskPerson]]
"""Says who asks; raises what refuses him, or leads him to the door."""


class Settled(Protocol):
    @property
    def location(self) -> str | None: ...


class Forms(Protocol):
    """Forms that act, by the token of each: the first submission acts, any other is led where that one led."""

    def claim(self, name: str) -> Settled | None:
        """None: it is yours. Raises a refusal while the first submission is still under way."""
        ...

    def settle(self, name: str, location: str | None) -> None:
        """Where the form led; None: nowhere, and it may be submitted again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LonePerson:
    name: str = "Văn thư"
    actor: str = "van-thu"


async def lone_person(_request: web.Request) -> DeskPerson:
    return LonePerson()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Led:
    location: str | None


class FormsInMemory:
    """Remembers the newest forms; what it forgets, the use cases themselves do not repeat."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._led: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def claim(self, name: str) -> Settled | None:
        with self._lock:
            if name not in self._led:
                self._led[name] = None
                if len(self._led) > self._most:
                    self._led.pop(next(iter(self._led)))
                return None
            location = self._led[name]
        if location is None:
            raise FormUnderWay()
        return _Led(location=location)

    def settle(self, name: str, location: str | None) -> None:
        with self._lock:
            if location is None:
                self._led.pop(name, None)
            else:
                self._led[name] = location
