"""Reports about the files of letters, by container."""

from __future__ import annotations

from sqlalchemy import Connection, select

from exchange_axis.store.engine import insert_new
from exchange_axis.store.node import file_tables as t


class Files:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, container_sha256: str, report: str) -> None:
        """The first report stays: it was made when the letter was sent or came."""
        insert_new(self._connection, t.letter_files, {"container_sha256": container_sha256, "report": report})

    def get(self, container_sha256: str) -> str | None:
        query = select(t.letter_files.c.report).where(t.letter_files.c.container_sha256 == container_sha256)
        found = self._connection.execute(query).scalar()
        return None if found is None else str(found)
