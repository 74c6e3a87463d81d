"""What an update or a replacement changed, beside what it was before (R68).

1. An update is compared with the version before it, a replacement with the last version of each letter it stands for;
   a letter that has been superseded also with its newest update and its newest replacement: what a late reader needs.
2. What is recalled or taken back is not read any more here, so what it said is not shown in a comparison either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from exchange_axis.domain.comparison import Comparison, FieldChange, FileChange, compare
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.node import replacing
from exchange_axis.node.ties import KINDS, Link, link_of
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit

R = TypeVar("R", OutboxRow, InboxRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Old and new, side by side."""

    kind: str
    """update or replace."""
    old: Link
    new: Link
    fields: tuple[FieldChange, ...]
    attachments: tuple[FileChange, ...]
    withheld: bool
    """One of them is recalled or taken back: what it said is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    old: OutboxRow | InboxRow
    new: OutboxRow | InboxRow


def changes_of(unit: NodeUnit, sent: OutboxRow | None, received: Sequence[InboxRow]) -> tuple[Changes, ...]:
    """Of one letter as it was sent from here, received here, or both; each pair once."""
    pairs = [] if sent is None else list(_sent(unit, sent))
    pairs += [pair for row in received for pair in _received(unit, row)]
    once = {(pair.old.consignment_id, pair.new.consignment_id): pair for pair in reversed(pairs)}
    ordered = sorted(once.values(), key=lambda pair: (_made(pair.new), _made(pair.old)))
    contents = unit.contents.of({row.container_sha256 for pair in ordered for row in (pair.old, pair.new)})
    found = []
    for pair in ordered:
        old, new = contents.get(pair.old.container_sha256), contents.get(pair.new.container_sha256)
        if old is not None and new is not None:
            withheld = _is_frozen(unit, pair.old) or _is_frozen(unit, pair.new)
            found.append(_changes(pair, Comparison() if withheld else compare(old, new), withheld))
    return tuple(found)


def _sent(unit: NodeUnit, row: OutboxRow) -> Iterator[_Pair]:
    if row.business_kind is BusinessKind.REVOKE:
        return
    family = unit.outbox.family(row.sender, row.root)
    yield from _updates(row, family)
    if row.business_kind is BusinessKind.REPLACE:
        also = replacing.older_sent(unit, [row]).get(row.consignment_id, ())
        for root in dict.fromkeys(filter(None, (row.in_reply_to, *(one.consignment_id for one in also)))):
            yield from _last_before(row, unit.outbox.family(row.sender, root))
    named = unit.outbox.following(row.sender, row.root)
    newer = replacing.newer_sent(unit, [row])[row.consignment_id]
    yield from _replacement(row, (*named, *newer))


def _received(unit: NodeUnit, row: InboxRow) -> Iterator[_Pair]:
    if row.business_kind is BusinessKind.REVOKE:
        return
    yield from _updates(row, _family(unit, row, row.root))
    if row.business_kind is BusinessKind.REPLACE:
        also = replacing.older_received(unit, row)
        for root in dict.fromkeys(filter(None, (row.in_reply_to, *(one.consignment_id for one in also)))):
            yield from _last_before(row, _family(unit, row, root))
    named = [one for one in unit.inbox.following(row.sender, row.root) if one.recipient == row.recipient]
    newer = replacing.newer_of_received(unit, [row])[row.seq]
    yield from _replacement(row, (*named, *newer))


def _family(unit: NodeUnit, row: InboxRow, root: str) -> list[InboxRow]:
    """A letter and its updates as this recipient got them, in the order in which they were made."""
    first = unit.inbox.get(row.sender, root, row.recipient)
    updates = (one for one in unit.inbox.following(row.sender, root) if one.business_kind is BusinessKind.UPDATE)
    mine = [one for one in updates if one.recipient == row.recipient]
    return sorted([*([] if first is None else [first]), *mine], key=_made)


def _updates(row: R, family: Sequence[R]) -> Iterator[_Pair]:
    """The version before this one, and the newest if there is a newer one."""
    ids = [one.consignment_id for one in family]
    place = ids.index(row.consignment_id) if row.consignment_id in ids else 0
    if place > 0:
        yield _Pair(old=family[place - 1], new=row)
    if family and family[-1].consignment_id != row.consignment_id and place < len(family) - 1:
        yield _Pair(old=row, new=family[-1])


def _last_before(row: R, family: Sequence[R]) -> Iterator[_Pair]:
    before = [one for one in family if _made(one) <= _made(row) and one.consignment_id != row.consignment_id]
    if before:
        yield _Pair(old=before[-1], new=row)


def _replacement(row: R, following: Sequence[R]) -> Iterator[_Pair]:
    newer = [one for one in following if one.business_kind is BusinessKind.REPLACE]
    if newer:
        yield _Pair(old=row, new=max(newer, key=_made))


def _made(row: OutboxRow | InboxRow) -> datetime:
    return row.made_at if isinstance(row, InboxRow) else row.created_at


def _is_frozen(unit: NodeUnit, row: OutboxRow | InboxRow) -> bool:
    received = unit.inbox.of_consignment(row.consignment_id)
    return any(one.business.is_frozen for one in received if one.sender == row.sender)


def _changes(pair: _Pair, comparison: Comparison, withheld: bool) -> Changes:
    return Changes(
        kind=KINDS[pair.new.business_kind],
        old=link_of(pair.old),
        new=link_of(pair.new),
        fields=comparison.fields,
        attachments=comparison.attachments,
        withheld=withheld,
    )
