"""What letters have to do with one another, for many at once: a list asks once, not once a row."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, or_, select

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.inbox import inbox_rows
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_O, _I = t.outbox.c, t.inbox.c
_SENT = select(t.outbox).where(_O.kind == ConsignmentClass.LETTER.value).order_by(_O.seq)
_STANDING = _SENT.where(_O.state != OutboxState.REFUSED.value)
_SENT_BY_ID = _SENT.where(_O.consignment_id.in_(_IDS))
_SENT_ABOUT = _STANDING.where(_O.in_reply_to.in_(_IDS))
_ASKS = or_(_O.business_kind != BusinessKind.NEW.value, _O.status_code == StatusCode.TAKE_BACK.value)
_REFUSED_ABOUT = (
    select(t.outbox).where(_O.in_reply_to.in_(_IDS), _O.state == OutboxState.REFUSED.value, _ASKS).order_by(_O.seq)
)
_REDISTRIBUTING = _STANDING.where(_O.redistributes.in_(_IDS))
_RECEIVED = select(t.inbox).order_by(_I.seq)
_RECEIVED_BY_ID = _RECEIVED.where(_I.consignment_id.in_(_IDS))
_RECEIVED_ABOUT = _RECEIVED.where(_I.in_reply_to.in_(_IDS))


class Ties:
    """These look-ups inside one unit of work; rows come oldest first. What the hub refused follows nothing."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def sent(self, ids: Collection[str]) -> tuple[OutboxRow, ...]:
        return self._within.only(outbox_rows(self._connection.execute(_SENT_BY_ID, {"ids": list(ids)})))

    def sent_about(self, ids: Collection[str]) -> tuple[OutboxRow, ...]:
        """Letters sent from here that name one of these."""
        return self._within.only(outbox_rows(self._connection.execute(_SENT_ABOUT, {"ids": list(ids)})))

    def refused_about(self, ids: Collection[str]) -> tuple[OutboxRow, ...]:
        """Recalls, updates, replacements and take-backs of one of these that the hub refused."""
        return self._within.only(outbox_rows(self._connection.execute(_REFUSED_ABOUT, {"ids": list(ids)})))

    def redistributing(self, ids: Collection[str]) -> tuple[OutboxRow, ...]:
        """Letters sent from here that pass one of these received ones on."""
        return self._within.only(outbox_rows(self._connection.execute(_REDISTRIBUTING, {"ids": list(ids)})))

    def received(self, ids: Collection[str]) -> tuple[InboxRow, ...]:
        return self._within.only(inbox_rows(self._connection.execute(_RECEIVED_BY_ID, {"ids": list(ids)})))

    def received_about(self, ids: Collection[str]) -> tuple[InboxRow, ...]:
        """Letters received here that name one of these."""
        return self._within.only(inbox_rows(self._connection.execute(_RECEIVED_ABOUT, {"ids": list(ids)})))
