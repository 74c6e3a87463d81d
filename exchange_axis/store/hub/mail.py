"""Consignments, deliveries and shipments: what was accepted, for whom, and what is still to be passed on.

Rules of this file:
1. A state is changed only from the state the caller expects; otherwise nothing happens and the caller is told.
2. A lease has an end and a fence number: a dead worker needs no cleaner, a late one changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select, update

from exchange_axis.domain.consignment import ConsignmentClass, Lane, Origin, PartDigest
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Business, DeliveryState, Progress, Request, ShipmentState
from exchange_axis.store.engine import for_update, lock_named, skip_locked
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
    result = connection.execute(t.consignment.insert().values(values))
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - both databases return it for a single insert
    return int(key[0])


def consignment(connection: Connection, sender: str, consignment_id: str) -> ConsignmentRow | None:
    query = select(t.consignment).where(t.consignment.c.sender == sender)
    row = connection.execute(query.where(t.consignment.c.consignment_id == consignment_id)).one_or_none()
    return None if row is None else _consignment(row._mapping)


def consignment_by_seq(connection: Connection, seq: int) -> ConsignmentRow:
    return _consignment(connection.execute(select(t.consignment).where(t.consignment.c.seq == seq)).one()._mapping)


def consignments_by_id(connection: Connection, consignment_id: str) -> tuple[ConsignmentRow, ...]:
    rows = connection.execute(select(t.consignment).where(t.consignment.c.consignment_id == consignment_id))
    return tuple(_consignment(row._mapping) for row in rows)


def consignments_by_container(connection: Connection, sha256: str) -> tuple[ConsignmentRow, ...]:
    rows = connection.execute(select(t.consignment).where(t.consignment.c.container_sha256 == sha256))
    return tuple(_consignment(row._mapping) for row in rows)


def consignments_by_key(connection: Connection, document_key: str) -> tuple[ConsignmentRow, ...]:
    query = select(t.consignment).where(t.consignment.c.document_key == document_key).order_by(t.consignment.c.seq)
    return tuple(_consignment(row._mapping) for row in connection.execute(query))


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
        connection.execute(t.delivery.insert(), [_delivery_values(row) for row in rows])


def deliveries(connection: Connection, consignment_seq: int) -> tuple[DeliveryRow, ...]:
    query = select(t.delivery).where(t.delivery.c.consignment == consignment_seq).order_by(t.delivery.c.seq)
    return tuple(_delivery(row._mapping) for row in connection.execute(query))


def delivery(connection: Connection, consignment_seq: int, recipient: str, *, lock: bool = False) -> DeliveryRow | None:
    """The delivery to a recipient as addressed; with `lock` nobody else moves it until the transaction ends."""
    query = select(t.delivery).where(t.delivery.c.consignment == consignment_seq, t.delivery.c.recipient == recipient)
    row = connection.execute(_locked(query, lock)).one_or_none()
    return None if row is None else _delivery(row._mapping)


def shipment_deliveries(connection: Connection, shipment_id: str, *, lock: bool = False) -> tuple[DeliveryRow, ...]:
    query = select(t.delivery).where(t.delivery.c.shipment == shipment_id).order_by(t.delivery.c.seq)
    return tuple(_delivery(row._mapping) for row in connection.execute(_locked(query, lock)))


def move_delivery(
    connection: Connection, row: DeliveryRow, state: DeliveryState, *, at: datetime, evidence: str
) -> bool:
    change = update(t.delivery).where(t.delivery.c.seq == row.seq, t.delivery.c.state == row.state.value)
    return connection.execute(change.values(state=state.value, changed_at=at, last_evidence=evidence)).rowcount == 1


def set_business(connection: Connection, row: DeliveryRow, business: Business, *, at: datetime, evidence: str) -> None:
    change = update(t.delivery).where(t.delivery.c.seq == row.seq)
    values = {"progress": business.progress.value, "request": business.request.value}
    connection.execute(change.values(**values, changed_at=at, last_evidence=evidence))


def add_shipment(connection: Connection, row: ShipmentRow) -> None:
    connection.execute(
        t.shipment.insert().values(
            id=row.id,
            consignment=row.consignment,
            peer=row.peer,
            state=row.state.value,
            lane=row.lane.value,
            lane_rank=row.lane.rank,
            sender=row.sender,
            transfer=row.transfer,
            due_at=row.due_at,
            attempts=row.attempts,
            fence=row.fence,
            leased_until=row.leased_until,
            last_error=row.last_error,
            expires_at=row.expires_at,
        )
    )


def shipment(connection: Connection, shipment_id: str, *, lock: bool = False) -> ShipmentRow | None:
    query = select(t.shipment).where(t.shipment.c.id == shipment_id)
    row = connection.execute(_locked(query, lock)).one_or_none()
    return None if row is None else _shipment(row._mapping)


def shipment_candidates(connection: Connection, peer: str, now: datetime, per_lane: int) -> tuple[ShipmentRow, ...]:
    """Shipments that may be leased now, oldest first within each lane; rows another process holds are skipped."""
    s = t.shipment.c
    ready = (
        (s.state == ShipmentState.QUEUED.value, s.due_at <= now),
        (s.state == ShipmentState.LEASED.value, s.leased_until <= now),
    )
    found: list[ShipmentRow] = []
    for lane in Lane:
        rows: list[ShipmentRow] = []
        for state, due in ready:  # one state a query: the index then gives them in order, however many lie there
            query = select(t.shipment).where(s.peer == peer, state, s.lane_rank == lane.rank, due)
            query = skip_locked(query.order_by(s.due_at).limit(per_lane))
            rows += (_shipment(row._mapping) for row in connection.execute(query))
        found += sorted(rows, key=lambda row: row.due_at)[:per_lane]
    return tuple(found)


def lease(connection: Connection, row: ShipmentRow, until: datetime) -> ShipmentRow | None:
    """Take or take over a shipment; None when somebody was faster. The fence grows with every lease."""
    change = update(t.shipment).where(t.shipment.c.id == row.id, t.shipment.c.fence == row.fence)
    change = change.values(
        state=ShipmentState.LEASED.value, fence=row.fence + 1, attempts=row.attempts + 1, leased_until=until
    )
    if connection.execute(change).rowcount != 1:
        return None
    return shipment(connection, row.id)


def release(connection: Connection, row: ShipmentRow, *, fence: int, due_at: datetime, error: str | None) -> bool:
    """Give a lease back; False when it is not the current one."""
    change = update(t.shipment).where(t.shipment.c.id == row.id, t.shipment.c.fence == fence)
    change = change.where(t.shipment.c.state == ShipmentState.LEASED.value)
    values = {"state": ShipmentState.QUEUED.value, "due_at": due_at, "leased_until": None, "last_error": error}
    return connection.execute(change.values(**values)).rowcount == 1


def close_shipment(connection: Connection, shipment_id: str, state: ShipmentState, error: str | None = None) -> bool:
    """End a shipment that is still open, whoever holds its lease: facts win over leases."""
    opened = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
    change = update(t.shipment).where(t.shipment.c.id == shipment_id, t.shipment.c.state.in_(opened))
    return connection.execute(change.values(state=state.value, leased_until=None, last_error=error)).rowcount == 1


def expired_shipments(connection: Connection, now: datetime, limit: int) -> tuple[ShipmentRow, ...]:
    opened = (ShipmentState.QUEUED.value, ShipmentState.LEASED.value)
    query = select(t.shipment).where(t.shipment.c.state.in_(opened), t.shipment.c.expires_at <= now)
    query = query.order_by(t.shipment.c.expires_at).limit(limit).with_for_update(skip_locked=True)
    return tuple(_shipment(row._mapping) for row in connection.execute(query))


def queue_sizes(connection: Connection) -> Iterable[tuple[str, str, int]]:
    """(peer, state, count) of shipments, for status pages."""
    query = select(t.shipment.c.peer, t.shipment.c.state, func.count()).group_by(t.shipment.c.peer, t.shipment.c.state)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _locked(query: Select[Any], lock: bool) -> Select[Any]:
    return for_update(query) if lock else query


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


def _delivery(row: RowMapping) -> DeliveryRow:
    values = {**row, "state": DeliveryState(row["state"])}
    progress, request = Progress(values.pop("progress")), Request(values.pop("request"))
    return DeliveryRow(**values, business=Business(progress=progress, request=request))


def _shipment(row: RowMapping) -> ShipmentRow:
    values = {**row, "state": ShipmentState(row["state"]), "lane": Lane(row["lane"])}
    del values["lane_rank"]
    return ShipmentRow(**values)
