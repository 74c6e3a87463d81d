"""Replacements of several documents. InReplyTo names the first; the letter itself, which is signed too, names all.

Found on every read, by sender and DocumentId: an update has the DocumentId of the letter that it updates, and so has
what sends it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit

R = TypeVar("R", OutboxRow, InboxRow)


def roots(unit: NodeUnit, sender: str, document_ids: Collection[str], *, besides: str | None) -> tuple[str, ...]:
    """The letters of these documents that were sent from here, save the one that InReplyTo names.

    Args:
        document_ids: without the first that the replacement names, which is that of InReplyTo.
    """
    found = (row.root for row in unit.contents.sent(document_ids) if row.sender == sender) if document_ids else ()
    return tuple(dict.fromkeys(root for root in found if root != besides))


def older_sent(unit: NodeUnit, rows: Sequence[OutboxRow]) -> Mapping[str, tuple[OutboxRow, ...]]:
    """Letters that these replacements stand for besides the first, by the replacement's id; no updates of them."""
    named = _besides_the_first(unit, rows)
    found = unit.contents.sent(_all(named)) if named else ()
    return {row.consignment_id: tuple(_older(row, named, found)) for row in rows if row.consignment_id in named}


def older_received(unit: NodeUnit, row: InboxRow) -> tuple[InboxRow, ...]:
    """The same of one received replacement, for its own recipient."""
    named = _named(unit, [row])
    found = unit.contents.received(_all(named)) if named else ()
    return tuple(one for one in _older(row, named, found) if one.recipient == row.recipient)


def newer_sent(unit: NodeUnit, rows: Sequence[OutboxRow]) -> Mapping[str, tuple[OutboxRow, ...]]:
    """Replacements that name the documents of these letters, by the letter's id."""
    found = unit.contents.sent_replacing({row.document_id for row in rows})
    named = _besides_the_first(unit, found)
    return {row.consignment_id: tuple(_newer(row, named, found)) for row in rows}


def newer_received(unit: NodeUnit, row: InboxRow, same: Collection[str] = ()) -> tuple[InboxRow, ...]:
    """Replacements that name the document of a received letter; `same`: ids of what it updates, named by them too."""
    documents = {row.document_id}
    for consignment_id in same:
        documents |= {one.document_id for one in unit.inbox.of_consignment(consignment_id) if one.sender == row.sender}
    found = unit.contents.received_replacing(documents)
    return tuple(one for one in found if one.sender == row.sender and one.consignment_id != row.consignment_id)


def newer_of_received(unit: NodeUnit, rows: Sequence[InboxRow]) -> Mapping[int, tuple[InboxRow, ...]]:
    """For many at once, by place in the inbox; for the same recipient."""
    found = unit.contents.received_replacing({row.document_id for row in rows})
    named = _named(unit, found)
    return {row.seq: tuple(one for one in _newer(row, named, found) if one.recipient == row.recipient) for row in rows}


def _named(unit: NodeUnit, rows: Sequence[OutboxRow] | Sequence[InboxRow]) -> Mapping[str, tuple[str, ...]]:
    ids = [row.consignment_id for row in rows if row.business_kind is BusinessKind.REPLACE]
    return unit.contents.documents_replaced(ids) if ids else {}


def _besides_the_first(unit: NodeUnit, rows: Sequence[OutboxRow]) -> Mapping[str, tuple[str, ...]]:
    """Of the first document InReplyTo says which letter is meant: the same document sent twice is two letters, and hubs
    hold only the one that was named to be replaced."""
    return {name: document_ids[1:] for name, document_ids in _named(unit, rows).items()}


def _all(named: Mapping[str, Iterable[str]]) -> set[str]:
    return {document_id for document_ids in named.values() for document_id in document_ids}


def _older(row: R, named: Mapping[str, Sequence[str]], found: Sequence[R]) -> list[R]:
    return [
        one
        for one in found
        if one.document_id in named.get(row.consignment_id, ())
        and one.sender == row.sender
        and one.business_kind is not BusinessKind.UPDATE
        and one.consignment_id not in {row.consignment_id, row.in_reply_to}
    ]


def _newer(row: R, named: Mapping[str, Sequence[str]], found: Sequence[R]) -> list[R]:
    return [
        one
        for one in found
        if row.document_id in named.get(one.consignment_id, ())
        and one.sender == row.sender
        and one.consignment_id != row.consignment_id
    ]
