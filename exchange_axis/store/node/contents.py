"""What letters say that others are compared with, and which documents a replacement names."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from exchange_axis.domain.comparison import Content, File
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.store.engine import insert_new
from exchange_axis.store.node import content_tables as t
from exchange_axis.store.node.inbox import inbox_rows
from exchange_axis.store.node.outbox import outbox_rows
from exchange_axis.store.node.rows import InboxRow, OutboxRow, OutboxState
from exchange_axis.store.node.tables import inbox, outbox
from exchange_axis.store.node.within import EVERYTHING_HERE, Within

_DIGESTS: BindParameter[str] = bindparam("digests", expanding=True)
_NAMED: BindParameter[str] = bindparam("named", expanding=True)
_CONTENTS = select(t.letter_content).where(t.letter_content.c.container_sha256.in_(_DIGESTS))
_DOCUMENTS = select(t.replaced.c.consignment_id, t.replaced.c.document_id).where(
    t.replaced.c.consignment_id.in_(bindparam("ids", expanding=True))
)
_SENT_NEWLY = (
    select(outbox)
    .join(
        t.replaced, and_(t.replaced.c.consignment_id == outbox.c.consignment_id, t.replaced.c.sender == outbox.c.sender)
    )
    .where(t.replaced.c.document_id.in_(_NAMED), outbox.c.state != OutboxState.REFUSED.value)
    .order_by(outbox.c.seq)
    .distinct()
)
_CAME_NEWLY = (
    select(inbox)
    .join(
        t.replaced, and_(t.replaced.c.consignment_id == inbox.c.consignment_id, t.replaced.c.sender == inbox.c.sender)
    )
    .where(t.replaced.c.document_id.in_(_NAMED))
    .order_by(inbox.c.seq)
    .distinct()
)
_SENT_OLD = (
    select(outbox)
    .where(
        outbox.c.document_id.in_(_NAMED),
        outbox.c.business_kind != BusinessKind.REVOKE.value,
        outbox.c.state != OutboxState.REFUSED.value,
        outbox.c.status_code.is_(None),
    )
    .order_by(outbox.c.seq)
)
_CAME_OLD = (
    select(inbox)
    .where(inbox.c.document_id.in_(_NAMED), inbox.c.business_kind != BusinessKind.REVOKE.value)
    .order_by(inbox.c.seq)
)


class Contents:
    """These tables inside one unit of work; rows come oldest first, of any sender: callers compare it."""

    def __init__(self, connection: Connection, within: Within = EVERYTHING_HERE) -> None:
        self._connection = connection
        self._within = within

    def add(self, container_sha256: str, content: Content) -> None:
        kept = {
            "fields": dict(content.fields),
            "attachments": [[file.name, file.sha256] for file in content.attachments],
        }
        values = {"container_sha256": container_sha256, "content": json.dumps(kept, ensure_ascii=False)}
        insert_new(self._connection, t.letter_content, values)

    def of(self, digests: Collection[str]) -> Mapping[str, Content]:
        """By digest of the container."""
        rows = self._connection.execute(_CONTENTS, {"digests": list(digests)})
        return {row.container_sha256: _content(row.content) for row in rows}

    def add_replaced(self, sender: str, consignment_id: str, document_ids: Iterable[str]) -> None:
        for document_id in filter(None, dict.fromkeys(document_ids)):
            values = {"sender": sender, "consignment_id": consignment_id, "document_id": document_id}
            insert_new(self._connection, t.replaced, values)

    def documents_replaced(self, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The DocumentIds that replacements name, by the replacement's consignment id."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._connection.execute(_DOCUMENTS, {"ids": list(ids)}):
            found[row.consignment_id] = (*found.get(row.consignment_id, ()), row.document_id)
        return found

    def sent_replacing(self, document_ids: Collection[str]) -> tuple[OutboxRow, ...]:
        """Replacements sent from here, not refused, that name one of these documents."""
        return self._within.only(outbox_rows(self._connection.execute(_SENT_NEWLY, {"named": list(document_ids)})))

    def received_replacing(self, document_ids: Collection[str]) -> tuple[InboxRow, ...]:
        return self._within.only(inbox_rows(self._connection.execute(_CAME_NEWLY, {"named": list(document_ids)})))

    def sent(self, document_ids: Collection[str]) -> tuple[OutboxRow, ...]:
        """Letters sent from here, not refused, that are one of these documents or an update of it."""
        return self._within.only(outbox_rows(self._connection.execute(_SENT_OLD, {"named": list(document_ids)})))

    def received(self, document_ids: Collection[str]) -> tuple[InboxRow, ...]:
        return self._within.only(inbox_rows(self._connection.execute(_CAME_OLD, {"named": list(document_ids)})))


def _content(text: str) -> Content:
    kept = json.loads(text)
    files = tuple(File(name=name, sha256=sha256) for name, sha256 in kept["attachments"])
    return Content(fields=kept["fields"], attachments=files)
