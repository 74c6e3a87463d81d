"""The same document by two ways: which recipients get it already (design: document key and content digest)."""

from __future__ import annotations

from collections.abc import Mapping

from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request
from exchange_axis.pipeline.check import Checked
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail

LIVE = frozenset({DeliveryState.QUEUED, DeliveryState.RELAYED, DeliveryState.CONSIGNED, DeliveryState.HANDED_OVER})
"""States of an earlier delivery that make a later one of the same document a duplicate (design: document key)."""
UNDONE = frozenset({Request.TAKE_BACK_ASKED, Request.RECALL_ASKED, Request.WITHDRAWN})
"""Requests of the sender after which the same document may be delivered again."""


def _is_undone(business: Business) -> bool:
    return business.progress is Progress.REFUSED or business.request in UNDONE


def earlier_deliveries(connection: Connection, checked: Checked) -> Mapping[str, str]:
    """Recipient → consignment id under which it already gets this very document."""
    if checked.document_key is None:
        return {}
    found: dict[str, str] = {}
    for row in mail.consignments_by_key(connection, checked.document_key):
        if row.content_digest == checked.content_digest:
            for delivery in mail.deliveries(connection, row.seq):
                if delivery.state in LIVE and not _is_undone(delivery.business):
                    found.setdefault(delivery.final_recipient, row.consignment_id)
    return found
