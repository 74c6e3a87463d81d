"""The one letter that an operator means."""

from __future__ import annotations

from exchange_axis.domain.disposal import SeveralLetters
from exchange_axis.errors import NotFound
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail


def find_letter(connection: Connection, query: str) -> mail.ConsignmentRow:
    """By consignment id or beginning of it, container digest, number/symbol. Raises NotFound, SeveralLetters."""
    found = [row for row in mail.find_consignments(connection, query, limit=10) if row.kind == "letter"]
    if not found:
        raise NotFound(what=query)
    if len(found) > 1:
        raise SeveralLetters(query=query, candidates=", ".join(row.consignment_id for row in found))
    return found[0]
