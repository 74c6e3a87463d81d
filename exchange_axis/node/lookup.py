"""Which letter is meant: an id, its beginning, a number/symbol, a DocumentId."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from exchange_axis.errors import NotFound
from exchange_axis.node.errors import Ambiguous
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from exchange_axis.store.node.search import Found
from exchange_axis.store.node.unit import NodeUnit

SHOWN = 8
"""Candidates named when a query fits several letters."""
ID_SHOWN = 8
"""Characters of an id that lists show."""
_LIMIT = 50


def find_letter(unit: NodeUnit, query: str) -> str:
    """The consignment id that a query means, in inbox or outbox.

    Raises:
        NotFound: nothing here has it.
        Ambiguous: several have it; names them.
    """
    text = _plain(query)
    found = (*unit.outbox.find(text, limit=_LIMIT), *unit.inbox.find(text, limit=_LIMIT))
    exact = [one for one in found if one.consignment_id == text.lower()]
    ids = dict.fromkeys(one.consignment_id for one in (exact or found))
    if not ids:
        raise NotFound(what=query)
    if len(ids) > 1:
        raise Ambiguous(query=query, candidates=_candidates(found))
    return next(iter(ids))


def find_received(unit: NodeUnit, query: str, *, agency: str | None = None) -> InboxRow:
    """The received letter that a query means; `agency` chooses where several agencies here got it.

    Raises:
        NotFound, Ambiguous.
    """
    text = _plain(query)
    found = unit.inbox.find(text, limit=_LIMIT, recipient=agency)  # one letter may be here for hundreds of agencies
    exact = [one for one in found if one.consignment_id == text.lower()]
    chosen = exact or found
    if not chosen:
        raise NotFound(what=query)
    if len(chosen) > 1:
        raise Ambiguous(query=query, candidates=_candidates(chosen))
    one = chosen[0]
    row = unit.inbox.get(one.sender, one.consignment_id, one.recipient or "")
    if row is None:
        raise NotFound(what=query)
    return row


def find_sent(unit: NodeUnit, query: str, *, sender: str | None = None) -> tuple[OutboxRow, ...]:
    """All letters of an agency here, or of any, that a query may mean; one if it is an id. Newest first."""
    text = _plain(query)
    found = [one for one in unit.outbox.find(text, limit=_LIMIT) if sender in {None, one.sender}]
    exact = [one for one in found if one.consignment_id == text.lower()]
    rows = (unit.outbox.get(one.consignment_id) for one in exact or found)
    return tuple(row for row in rows if row is not None)


def _plain(query: str) -> str:
    return unicodedata.normalize("NFC", query).strip()


def _candidates(found: Sequence[Found]) -> str:
    named = [_name(one) for one in found[:SHOWN]]
    return "; ".join([*named, "…"] if len(found) > SHOWN else named)


def _name(one: Found) -> str:
    where = f" → {one.recipient}" if one.recipient else ""
    return f"{one.consignment_id[:ID_SHOWN]} {one.title} ({one.sender}{where})"
