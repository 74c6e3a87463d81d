"""Uploads under way. The bytes lie in a staging folder; these rows say whose they are and what they will be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from exchange_axis.domain.consignment import Lane
from exchange_axis.store.hub import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    id: str
    peer: str
    kind: str
    """consignment, or relay when a hub passes one on."""
    length: int
    """Bytes announced."""
    sha256: str
    """Digest announced; checked at commit."""
    lane: Lane
    documents: tuple[tuple[str, str], ...]
    """Pairs (kind, SHA-256) of documents sent beside a relayed container."""
    created_at: datetime
    touched_at: datetime
    metadata: str | None = None
    """Upload-Metadata as a tus client gave it; None: the upload was not begun in tus."""
    finished_at: datetime | None = None
    """When the answer to a tus upload was kept."""


def add(connection: Connection, row: UploadRow) -> None:
    connection.execute(
        t.upload.insert().values(
            id=row.id,
            peer=row.peer,
            kind=row.kind,
            length=row.length,
            sha256=row.sha256,
            lane=row.lane.value,
            documents=json.dumps(row.documents),
            created_at=row.created_at,
            touched_at=row.touched_at,
            metadata=row.metadata,
        )
    )


def get(connection: Connection, upload_id: str, peer: str) -> UploadRow | None:
    query = select(t.upload).where(t.upload.c.id == upload_id, t.upload.c.peer == peer)
    row = connection.execute(query).one_or_none()
    return None if row is None else _upload(row._mapping)


def same(connection: Connection, row: UploadRow) -> UploadRow | None:
    """The peer's open upload of the same bytes with the same documents, to be continued; never one of tus."""
    query = select(t.upload).where(
        t.upload.c.metadata.is_(None),
        t.upload.c.peer == row.peer,
        t.upload.c.sha256 == row.sha256,
        t.upload.c.length == row.length,
        t.upload.c.kind == row.kind,
        t.upload.c.documents == json.dumps(row.documents),
    )
    found = connection.execute(query).first()
    return None if found is None else _upload(found._mapping)


def touch(connection: Connection, upload_id: str, at: datetime) -> None:
    connection.execute(update(t.upload).where(t.upload.c.id == upload_id).values(touched_at=at))


def finish(connection: Connection, upload_id: str, at: datetime) -> None:
    connection.execute(update(t.upload).where(t.upload.c.id == upload_id).values(finished_at=at))


def remove(connection: Connection, upload_id: str) -> None:
    connection.execute(delete(t.upload).where(t.upload.c.id == upload_id))


def count(connection: Connection, peer: str) -> int:
    """Uploads under way; finished ones wait only for somebody to read their answer."""
    open_ones = (t.upload.c.peer == peer, t.upload.c.finished_at.is_(None))
    query = select(func.count()).select_from(t.upload).where(*open_ones)
    return int(connection.execute(query).scalar_one())


def every(connection: Connection) -> tuple[UploadRow, ...]:
    return tuple(_upload(row._mapping) for row in connection.execute(select(t.upload)))


def stale(connection: Connection, before: datetime) -> tuple[UploadRow, ...]:
    rows = connection.execute(select(t.upload).where(t.upload.c.touched_at < before))
    return tuple(_upload(row._mapping) for row in rows)


def of_bytes(connection: Connection, digests: Sequence[str]) -> tuple[UploadRow, ...]:
    rows = connection.execute(select(t.upload).where(t.upload.c.sha256.in_(digests)))
    return tuple(_upload(row._mapping) for row in rows)


def _upload(row: RowMapping) -> UploadRow:
    documents = tuple((kind, digest) for kind, digest in json.loads(row["documents"]))
    return UploadRow(**{**row, "lane": Lane(row["lane"]), "documents": documents})
