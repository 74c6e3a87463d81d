"""Sent letters looked through: by words without diacritics, recipient, days, state; a page, or all in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from exchange_axis.domain.calendar import moment
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.domain.stages import Stage
from exchange_axis.domain.words import fold
from exchange_axis.node.recipients import Recipients
from exchange_axis.node.shown import SentLine
from exchange_axis.node.views import Views
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.sent import Place, Sought
from exchange_axis.store.node.unit import NodeUnit

WORDS_MOST: Final = 12
NAMED_MOST: Final = 50
"""Agencies that what somebody typed may stand for."""
BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """As a person asks; empty: whatever it is."""

    text: str = ""
    recipient: str = ""
    """A code, or a name as in choosing recipients."""
    first: date | None = None
    """Day of sending, in Vietnam."""
    last: date | None = None
    stage: Stage | None = None

    @property
    def is_all(self) -> bool:
        return self == Wanted()


class SentList:
    def __init__(self, world: NodeWorld, views: Views, recipients: Recipients) -> None:
        self._world = world
        self._views = views
        self._recipients = recipients

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0) -> tuple[SentLine, ...]:
        """Newest first."""
        sought = self._sought(wanted)

        def work(unit: NodeUnit) -> tuple[SentLine, ...]:
            rows, _ = unit.sent.page(sought, limit=limit, offset=offset)
            return self._views.sent_lines(unit, rows)

        return self._world.store.read(work)

    def batches(self, wanted: Wanted, *, size: int = BATCH) -> Iterator[tuple[SentLine, ...]]:
        """All of them; each batch is read for itself, so that no reader keeps the store busy while a list is taken."""
        sought = self._sought(wanted)

        def work(unit: NodeUnit, after: Place | None) -> tuple[tuple[SentLine, ...], Place | None]:
            rows, then = unit.sent.page(sought, limit=size, after=after)
            return self._views.sent_lines(unit, rows), then

        after: Place | None = None
        while True:
            lines, after = self._world.store.read(lambda unit, after=after: work(unit, after))  # type: ignore[misc]
            yield lines
            if after is None:
                return

    def _sought(self, wanted: Wanted) -> Sought:
        end = None if wanted.last is None else moment(wanted.last + timedelta(days=1), time())
        return Sought(
            words=tuple(fold(wanted.text).split()[:WORDS_MOST]),
            recipients=self._codes(wanted.recipient) if wanted.recipient else None,
            start=None if wanted.first is None else moment(wanted.first, time()),
            end=end,
            stage=wanted.stage,
        )

    def _codes(self, text: str) -> frozenset[str]:
        """The agency of a code, also of one that the directory does not have; else those whose names fit."""
        try:
            code = canonical_code(text)
        except MalformedCode:
            code = ""
        named = self._recipients.named(code) if code else None
        if named is not None:
            return frozenset({named.code, code})
        found = {one.code for one in self._recipients.search(text, limit=NAMED_MOST)}
        return frozenset(found | {code} if code else found)
