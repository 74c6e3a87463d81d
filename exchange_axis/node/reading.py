"""The way to a letter's content, and the note of who opened it first.

Rules of this file:
1. Content of a letter received here leaves the node only through `content`. If it is recalled or taken back it does not
   leave at all; what is known about it and its evidence stay to be read. The freeze is the receivers': the sender, if
   served here too, reads its own copy when it says by its code who reads.
2. The first opening is durable before the first byte is handed out: the answer to a recall tells it to the sender.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.errors import ConsignmentErased, NotFound
from exchange_axis.node.errors import LetterFrozen, OwnLetterFrozen
from exchange_axis.node.lookup import find_letter
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.rows import InboxRow
from exchange_axis.store.node.unit import NodeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A letter whose bytes may be handed out."""

    consignment_id: str
    title: str
    container_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    content: Content
    unread: tuple[int, ...]
    """Rows that nobody has opened yet."""


class Reading:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def look(self, query: str, *, reader: str, agency: str | None = None) -> str:
        """The id of a letter that somebody looks at. At one received here a clerk looks; at one that was also sent from
        here nobody says who, so it counts only where the agency is named.

        Raises:
            NotFound, Ambiguous.
        """

        def find(unit: NodeUnit) -> tuple[str, tuple[int, ...]]:
            consignment_id = find_letter(unit, query)
            if _is_own(unit, consignment_id, agency):
                return consignment_id, ()
            rows = _rows(unit, consignment_id, agency)
            if agency is None and unit.outbox.get(consignment_id) is not None:
                return consignment_id, ()
            return consignment_id, _unread(rows)

        consignment_id, unread = self._world.store.read(find)
        self._open(unread, reader)
        return consignment_id

    def content(self, query: str, *, reader: str, agency: str | None = None) -> Content:
        """The content of a letter, for somebody who reads it.

        Raises:
            NotFound, Ambiguous.
            LetterFrozen: recalled or taken back.
            ConsignmentErased: destroyed by decision.
        """
        looked = self._world.store.read(lambda unit: _look(unit, query, agency))
        self._open(looked.unread, reader)
        return looked.content

    def _open(self, rows: tuple[int, ...], reader: str) -> None:
        if rows:
            at = self._world.now()
            self._world.store.run(lambda unit: [unit.inbox.open(row, at=at, by=reader[:200]) for row in rows])


def _look(unit: NodeUnit, query: str, agency: str | None) -> _Look:
    consignment_id = find_letter(unit, query)
    sent = unit.outbox.get(consignment_id)
    rows = () if _is_own(unit, consignment_id, agency) else _rows(unit, consignment_id, agency)
    readable = [row for row in rows if not row.business.is_frozen]
    if rows and not readable:
        title, short = rows[0].title, consignment_id[:8]
        if sent is not None and agency is None:
            raise OwnLetterFrozen(title=title, consignment_id=short, sender=sent.sender)
        raise LetterFrozen(title=title, consignment_id=short)
    letter = readable[0] if readable else sent
    if letter is None:
        raise NotFound(what=query)
    if unit.disposals.is_erased(letter.sender, consignment_id):
        raise ConsignmentErased(consignment_id=consignment_id)
    content = Content(consignment_id=consignment_id, title=letter.title, container_sha256=letter.container_sha256)
    return _Look(content=content, unread=_unread(rows))


def _is_own(unit: NodeUnit, consignment_id: str, agency: str | None) -> bool:
    """Whether the agency that reads is the one that sent the letter from here."""
    sent = unit.outbox.get(consignment_id)
    return sent is not None and sent.sender == agency


def _rows(unit: NodeUnit, consignment_id: str, agency: str | None) -> tuple[InboxRow, ...]:
    rows = unit.inbox.of_consignment(consignment_id)
    if agency is None:
        return rows
    mine = tuple(row for row in rows if row.recipient == agency)
    if not mine:
        raise NotFound(what=f"{consignment_id} ({agency})")
    return mine


def _unread(rows: tuple[InboxRow, ...]) -> tuple[int, ...]:
    return tuple(row.seq for row in rows if row.opened_at is None and not row.business.is_frozen)
