"""One trace a letter, across every hop: its id follows from who sent the letter and its consignment id.

So nothing has to be carried for it, least of all in signed bytes: each hop computes the same id. What one hop tells
the next beside a request is only which of its own steps made it (W3C Trace Context, header `traceparent`). Statuses
and returns belong to the letter that they are about.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from exchange_axis.domain.consignment import Consignment, ConsignmentClass

HEADER = "traceparent"
_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NOTHING = {"0" * 32, "0" * 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterName:
    """Whose trace it is."""

    sender: str
    consignment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    trace_id: str
    """32 lower-case hex digits."""
    span_id: str
    """16 of them."""


CALLED: ContextVar[Parent | None] = ContextVar("called", default=None)
"""Of the request that is being answered."""
CALLING: ContextVar[str | None] = ContextVar("calling", default=None)
"""Header of requests that are made now; None: outside every step of a letter, or nobody traces."""


class Tracer(Protocol):
    """Takes note of steps. Never fails and never waits."""

    def span(self, name: str, letter: LetterName, *, lasted: float = 0.0) -> AbstractContextManager[None]:
        """The step that is done inside; with `lasted` it began so many seconds ago."""
        ...


class NoTraces:
    """Nobody traces."""

    @contextmanager
    def span(self, name: str, letter: LetterName, *, lasted: float = 0.0) -> Iterator[None]:
        yield


NO_TRACES = NoTraces()


def letter_of(consignment: Consignment) -> LetterName:
    """A letter itself; of a status the letter that it is about."""
    if consignment.kind is not ConsignmentClass.STATUS or consignment.in_reply_to is None:
        return LetterName(sender=consignment.sender, consignment_id=consignment.id)
    return LetterName(sender=consignment.recipients[0], consignment_id=consignment.in_reply_to)


def parent_of(letter: LetterName) -> Parent:
    """The root that every hop knows."""
    digest = hashlib.sha256(f"axis-trace-v1\0{letter.sender}\0{letter.consignment_id}".encode()).hexdigest()
    return Parent(trace_id=digest[:32], span_id=digest[32:48])


def read_header(value: str) -> Parent | None:
    """None for what is not of the form; a header from outside is never trusted for more than a link."""
    match = _FORM.fullmatch(value)
    if match is None or _NOTHING & set(match.groups()):
        return None
    return Parent(trace_id=match[1], span_id=match[2])
