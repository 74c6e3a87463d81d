"""Consignments, deliveries and shipments: what was accepted, for whom, and what is still to be passed on.

Rules of this file:
1. A state is changed only from the state the caller expects; otherwise nothing happens and the caller is told.
2. A lease has an end and a fence number: a dead worker needs no cleaner, a late one changes nothing.
3. Statements that every letter needs are built once: building one costs several times as much as running it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)

from exchange_axis.domain.consignment import ConsignmentClass, Lane, Origin, PartDigest
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request, ShipmentState
from exchange_axis.ports import EVERYTHING, Wanted
from exchange_axis.store.engine import lock_named, locked, skip_locked
from exchange_axis.store.hub import tables as t

TITLE_LENGTH = 200
"""Characters of a number/symbol kept for look-up."""
_HEX_ID = re.compile(r"[0-9a-f-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsignmentRow:
    seq: int = 0
    """Set by the database."""
    sender: str
    consignment_id: str
    kind: ConsignmentClass
    container_sha256: str
    size: int
    lane: Lane
    origin: Origin
    business_kind: BusinessKind | None = None
    """None for a status."""
    in_reply_to: str | None
    created_at: datetime
    expires_at: datetime
    received_at: datetime
    upstream: str
    acceptance: str
    document_key: str | None
    content_digest: str | None
    title: str | None
    parts: tuple[PartDigest, ...]
    verdict: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    seq: int = 0
    consignment: int
    consignment_id: str
    recipient: str
    final_recipient: str
    peer: str
    upstream: str
    shipment: str | None
    state: DeliveryState
    business: Business
    last_evidence: str | None
    accepted_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    id: str
    consignment: int
    peer: str
    state: ShipmentState
    lane: Lane
    sender: str
    transfer: str
    due_at: datetime
    attempts: int
    fence: int
    leased_until: datetime | None
    last_error: str | None
    expires_at: datetime


_OPEN = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
_ADD_CONSIGNMENT, _ADD_DELIVERY, _ADD_SHIPMENT = t.consignment.insert(), t.delivery.insert(), t.shipment.insert()
_BY_NAME = select(t.consignment).where(
    t.consignment.c.sender == bindparam("sender"), t.consignment.c.consignment_id == bindparam("consignment_id")
)
_BY_SEQ = select(t.consignment).where(t.consignment.c.seq == bindparam("seq"))
_BY_CONTAINER = select(t.consignment).where(t.consignment.c.container_sha256 == bindparam("sha256"))
_BY_KEY = select(t.consignment).where(t.consignment.c.document_key == bindparam("key")).order_by(t.consignment.c.seq)
_DELIVERIES = select(t.delivery).where(t.delivery.c.consignment == bindparam("seq")).order_by(t.delivery.c.seq)
_DELIVERIES_OF = select(t.delivery).where(t.delivery.c.shipment == bindparam("shipment")).order_by(t.delivery.c.seq)
_DELIVERY_TO = select(t.delivery).where(
    t.delivery.c.consignment == bindparam("seq"), t.delivery.c.recipient == bindparam("recipient")
)
_MOVE = update(t.delivery).where(t.delivery.c.seq == bindparam("of_seq"), t.delivery.c.state == bindparam("of_state"))
_SET_BUSINESS = update(t.delivery).where(t.delivery.c.seq == bindparam("of_seq"))
_SHIPMENT = select(t.shipment).where(t.shipment.c.id == bindparam("id"))
_LEASE = update(t.shipment).where(t.shipment.c.id == bindparam("of_id"), t.shipment.c.fence == bindparam("of_fence"))


def _ready(state: ShipmentState, due: Column[Any]) -> Select[Any]:
    """What a peer may lease of one lane and state: the index gives it in order, however much lies there."""
    s = t.shipment.c
    mine = select(t.shipment).where(s.peer == bindparam("peer"), s.state == state.value, due <= bindparam("now"))
    return mine.order_by(s.due_at)


_READY = tuple(
    (lane.rank, _ready(state, due))
    for lane in Lane
    for state, due in (
        (ShipmentState.QUEUED, t.shipment.c.due_at),
        (ShipmentState.LEASED, t.shipment.c.leased_until),
    )
)
_CANDIDATES = tuple(
    (rank, skip_locked(query.where(t.shipment.c.lane_rank == bindparam("rank")).limit(bindparam("most"))))
    for rank, query in _READY
)
_ORDINARY = Lane.THUONG.rank
_IS_SMALL = (
    select(t.consignment.c.seq)
    .where(t.consignment.c.seq == t.shipment.c.consignment, t.consignment.c.size <= bindparam("bulk_above"))
    .correlate(t.shipment)
    .exists()
)
_SMALL_CANDIDATES = tuple((rank, query.where(_IS_SMALL) if rank == _ORDINARY else query) for rank, query in _CANDIDATES)
"""The same where bulk is to wait: large containers of the ordinary lane are left."""
_FILLED = select(
    *(query.where(t.shipment.c.lane_rank == literal(rank)).order_by(None).exists() for rank, query in _READY)
)
"""Whether anything lies in each of _CANDIDATES: most lanes are empty most of the time."""


def lock_letter(connection: Connection, sender: str, consignment_id: str, document_key: str | None = None) -> None:
    """Until the transaction ends nobody else accepts this consignment, or another one of this document."""
    lock_named(connection, f"consignment {sender} {consignment_id}")
    if document_key is not None:
        lock_named(connection, f"document {document_key}")


def lock_transfer(connection: Connection, transfer: str) -> None:
    """Until the transaction ends nobody else answers this transfer record."""
    lock_named(connection, f"transfer {transfer}")


def add_consignment(connection: Connection, row: ConsignmentRow) -> int:
    values = {
        "sender": row.sender,
        "consignment_id": row.consignment_id,
        "kind": row.kind.value,
        "container_sha256": row.container_sha256,
        "size": row.size,
        "lane": row.lane.value,
        "origin": row.origin.value,
        "business_kind": None if row.business_kind is None else row.business_kind.value,
        "in_reply_to": row.in_reply_to,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "received_at": row.received_at,
        "upstream": row.upstream,
        "acceptance": row.acceptance,
        "document_key": row.document_key,
        "content_digest": row.content_digest,
        "title": None if row.title is None else row.title[:TITLE_LENGTH],
        "parts": json.dumps([[part.name, part.size, part.sha256] for part in row.parts]),
        "verdict": row.verdict,
        "documents": json.dumps(row.documents),
    }
    result = connection.execute(_ADD_CONSIGNMENT, values)
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - both databases return it for a single insert
    return int(key[0])


def consignment(connection: Connection, sender: str, consignment_id: str) -> ConsignmentRow | None:
    row = connection.execute(_BY_NAME, {"sender": sender, "consignment_id": consignment_id}).one_or_none()
    return None if row is None else _consignment(row._mapping)


def consignment_by_seq(connection: Connection, seq: int) -> ConsignmentRow:
    return _consignment(connection.execute(_BY_SEQ, {"seq": seq}).one()._mapping)


def consignments_by_id(connection: Connection, consignment_id: str) -> tuple[ConsignmentRow, ...]:
    rows = connection.execute(select(t.consignment).where(t.consignment.c.consignment_id == consignment_id))
    return tuple(_consignment(row._mapping) for row in rows)


def consignments_by_container(connection: Connection, sha256: str) -> tuple[ConsignmentRow, ...]:
    return tuple(_consignment(row._mapping) for row in connection.execute(_BY_CONTAINER, {"sha256": sha256}))


def consignments_by_key(connection: Connection, document_key: str) -> tuple[ConsignmentRow, ...]:
    return tuple(_consignment(row._mapping) for row in connection.execute(_BY_KEY, {"key": document_key}))


def find_consignments(connection: Connection, query: str, *, limit: int = 100) -> tuple[ConsignmentRow, ...]:
    """By id or unambiguous beginning of it, container digest, or number/symbol as written on the letter."""
    text = query.strip()
    prefix = text.lower()
    matches = [t.consignment.c.title == text[:TITLE_LENGTH]]
    if _HEX_ID.fullmatch(prefix):
        matches += [
            _begins(column, prefix) for column in (t.consignment.c.consignment_id, t.consignment.c.container_sha256)
        ]
    found = select(t.consignment).where(or_(*matches)).order_by(t.consignment.c.seq).limit(limit)
    rows = (_consignment(row._mapping) for row in connection.execute(found))
    # A language's sorting may let in neighbours of the range.
    return tuple(
        row
        for row in rows
        if row.title == text[:TITLE_LENGTH]
        or prefix in {row.consignment_id[: len(prefix)], row.container_sha256[: len(prefix)]}
    )


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Lower-case hex that begins so, as a range that an index serves on both databases, unlike LIKE."""
    return and_(column >= prefix, column < prefix + "g")


def add_deliveries(connection: Connection, rows: Sequence[DeliveryRow]) -> None:
    if rows:
        connection.execute(_ADD_DELIVERY, [_delivery_values(row) for row in rows])


def deliveries(connection: Connection, consignment_seq: int, *, lock: bool = False) -> tuple[DeliveryRow, ...]:
    rows = connection.execute(_locked(_DELIVERIES, lock), {"seq": consignment_seq})
    return tuple(delivery_of(row._mapping) for row in rows)


def delivery(connection: Connection, consignment_seq: int, recipient: str, *, lock: bool = False) -> DeliveryRow | None:
    """The delivery to a recipient as addressed; with `lock` nobody else moves it until the transaction ends."""
    query = _locked(_DELIVERY_TO, lock)
    row = connection.execute(query, {"seq": consignment_seq, "recipient": recipient}).one_or_none()
    return None if row is None else delivery_of(row._mapping)


def shipment_deliveries(connection: Connection, shipment_id: str, *, lock: bool = False) -> tuple[DeliveryRow, ...]:
    rows = connection.execute(_locked(_DELIVERIES_OF, lock), {"shipment": shipment_id})
    return tuple(delivery_of(row._mapping) for row in rows)


def move_delivery(
    connection: Connection, row: DeliveryRow, state: DeliveryState, *, at: datetime, evidence: str
) -> bool:
    changes = {"state": state.value, "changed_at": at, "last_evidence": evidence}
    return connection.execute(_MOVE, {"of_seq": row.seq, "of_state": row.state.value, **changes}).rowcount == 1


def set_business(connection: Connection, row: DeliveryRow, business: Business, *, at: datetime, evidence: str) -> None:
    changes = {"progress": business.progress.value, "request": business.request.value}
    connection.execute(_SET_BUSINESS, {"of_seq": row.seq, **changes, "changed_at": at, "last_evidence": evidence})


def add_shipment(connection: Connection, row: ShipmentRow) -> None:
    values = {
        "id": row.id,
        "consignment": row.consignment,
        "peer": row.peer,
        "state": row.state.value,
        "lane": row.lane.value,
        "lane_rank": row.lane.rank,
        "sender": row.sender,
        "transfer": row.transfer,
        "due_at": row.due_at,
        "attempts": row.attempts,
        "fence": row.fence,
        "leased_until": row.leased_until,
        "last_error": row.last_error,
        "expires_at": row.expires_at,
    }
    connection.execute(_ADD_SHIPMENT, values)


def shipment(connection: Connection, shipment_id: str, *, lock: bool = False) -> ShipmentRow | None:
    row = connection.execute(_locked(_SHIPMENT, lock), {"id": shipment_id}).one_or_none()
    return None if row is None else shipment_of(row._mapping)


def shipment_candidates(
    connection: Connection, peer: str, now: datetime, per_lane: int, *, wanted: Wanted = EVERYTHING
) -> tuple[ShipmentRow, ...]:
    """Shipments that may be leased now, oldest first within each lane; rows another process holds are skipped."""
    lanes: dict[int, list[ShipmentRow]] = {}
    values: dict[str, Any] = {"peer": peer, "now": now, "most": per_lane}
    candidates = _CANDIDATES
    if wanted.bulk_above is not None:
        values["bulk_above"], candidates = wanted.bulk_above, _SMALL_CANDIDATES
    filled = connection.execute(_FILLED, {"peer": peer, "now": now}).one()
    for (rank, query), is_filled in zip(candidates, filled, strict=True):
        if is_filled and rank <= wanted.least.rank:
            rows = connection.execute(query, {**values, "rank": rank})
            lanes.setdefault(rank, []).extend(shipment_of(row._mapping) for row in rows)
    return tuple(row for rows in lanes.values() for row in sorted(rows, key=lambda one: one.due_at)[:per_lane])


def lease(connection: Connection, row: ShipmentRow, until: datetime) -> ShipmentRow | None:
    """Take or take over a shipment; None when somebody was faster. The fence grows with every lease."""
    leased = replace(
        row, state=ShipmentState.LEASED, fence=row.fence + 1, attempts=row.attempts + 1, leased_until=until
    )
    changes = {
        "state": leased.state.value,
        "fence": leased.fence,
        "attempts": leased.attempts,
        "leased_until": leased.leased_until,
    }
    changed = connection.execute(_LEASE, {"of_id": row.id, "of_fence": row.fence, **changes}).rowcount
    return leased if changed == 1 else None


def release(connection: Connection, row: ShipmentRow, *, fence: int, due_at: datetime, error: str | None) -> bool:
    """Give a lease back; False when it is not the current one."""
    change = update(t.shipment).where(t.shipment.c.id == row.id, t.shipment.c.fence == fence)
    change = change.where(t.shipment.c.state == ShipmentState.LEASED.value)
    values = {"state": ShipmentState.QUEUED.value, "due_at": due_at, "leased_until": None, "last_error": error}
    return connection.execute(change.values(**values)).rowcount == 1


def expired_shipments(connection: Connection, now: datetime, limit: int) -> tuple[ShipmentRow, ...]:
    query = select(t.shipment).where(t.shipment.c.state.in_(_OPEN), t.shipment.c.expires_at <= now)
    query = query.order_by(t.shipment.c.expires_at).limit(limit).with_for_update(skip_locked=True)
    return tuple(shipment_of(row._mapping) for row in connection.execute(query))


def queue_sizes(connection: Connection) -> Iterable[tuple[str, str, int]]:
    """(peer, state, count) of shipments, for status pages."""
    query = select(t.shipment.c.peer, t.shipment.c.state, func.count()).group_by(t.shipment.c.peer, t.shipment.c.state)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _locked(query: Select[Any], lock: bool) -> Select[Any]:
    return locked(query) if lock else query


def _consignment(row: RowMapping) -> ConsignmentRow:
    values = dict(row)
    values["kind"] = ConsignmentClass(row["kind"])
    values["lane"] = Lane(row["lane"])
    values["origin"] = Origin(row["origin"])
    values["business_kind"] = None if row["business_kind"] is None else BusinessKind(row["business_kind"])
    values["parts"] = tuple(PartDigest(name=n, size=s, sha256=d) for n, s, d in json.loads(row["parts"]))
    values["documents"] = tuple(json.loads(row["documents"]))
    return ConsignmentRow(**values)


def _delivery_values(row: DeliveryRow) -> dict[str, object]:
    return {
        "consignment": row.consignment,
        "consignment_id": row.consignment_id,
        "recipient": row.recipient,
        "final_recipient": row.final_recipient,
        "peer": row.peer,
        "upstream": row.upstream,
        "shipment": row.shipment,
        "state": row.state.value,
        "progress": row.business.progress.value,
        "request": row.business.request.value,
        "last_evidence": row.last_evidence,
        "accepted_at": row.accepted_at,
        "changed_at": row.changed_at,
    }


def delivery_of(row: RowMapping | Mapping[str, Any]) -> DeliveryRow:
    values = {**row, "state": DeliveryState(row["state"])}
    progress, request = Progress(values.pop("progress")), Request(values.pop("request"))
    return DeliveryRow(**values, business=Business(progress=progress, request=request))


def shipment_of(row: RowMapping) -> ShipmentRow:
    values = {**row, "state": ShipmentState(row["state"]), "lane": Lane(row["lane"])}
    del values["lane_rank"]
    return ShipmentRow(**values)
