"""Reports about the files of letters, by container, and what the hub says where the node does not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from exchange_axis.store.engine import insert_new
from exchange_axis.store.node import file_tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """To the hub, about one letter."""

    container_sha256: str
    consignment_id: str
    tries: int


class Files:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, container_sha256: str, report: str, *, consignment_id: str, ask_at: datetime | None) -> None:
        """The first report stays: it was made when the letter was sent or came."""
        values = {
            "container_sha256": container_sha256,
            "consignment_id": consignment_id,
            "report": report,
            "ask_at": ask_at,
            "tries": 0,
        }
        insert_new(self._connection, t.letter_files, values)

    def get(self, container_sha256: str) -> tuple[str | None, str | None]:
        """The node's own report, and the hub's word (`node.hub_words`)."""
        query = select(t.letter_files.c.report, t.letter_files.c.hub_word)
        found = self._connection.execute(query.where(t.letter_files.c.container_sha256 == container_sha256)).first()
        return (None, None) if found is None else (found.report, found.hub_word)

    def questions(self, now: datetime, *, limit: int) -> tuple[Question, ...]:
        """Those that are due, the longest waiting first."""
        f = t.letter_files.c
        query = select(f.container_sha256, f.consignment_id, f.tries).where(f.ask_at <= now)
        rows = self._connection.execute(query.order_by(f.ask_at).limit(limit))
        return tuple(Question(container_sha256=one[0], consignment_id=one[1], tries=one[2]) for one in rows)

    def answer(self, question: Question, word: str | None, *, ask_at: datetime | None) -> None:
        """None keeps what was said before. News that came meanwhile is asked for all the same."""
        f = t.letter_files.c
        change = update(t.letter_files).where(f.container_sha256 == question.container_sha256)
        if word is not None:
            self._connection.execute(change.values(hub_word=word))
        self._connection.execute(
            change.where(f.tries == question.tries).values(ask_at=ask_at, tries=question.tries + 1)
        )

    def ask_again(self, consignment_id: str, at: datetime) -> None:
        """The hub says that it has a new report."""
        change = update(t.letter_files).where(t.letter_files.c.consignment_id == consignment_id)
        self._connection.execute(change.values(ask_at=at, tries=0))
