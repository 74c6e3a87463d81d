"""Lessons inside one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from exchange_axis.store.node.lesson_tables import lesson


class LessonRows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, person: str) -> Mapping[str, datetime]:
        """When each was first done."""
        query = select(lesson.c.lesson, lesson.c.done_at).where(lesson.c.person == person)
        return {row.lesson: row.done_at for row in self._connection.execute(query)}

    def add(self, person: str, name: str, at: datetime) -> None:
        self._connection.execute(lesson.insert(), {"person": person, "lesson": name, "done_at": at})

    def forget(self, person: str) -> None:
        self._connection.execute(delete(lesson).where(lesson.c.person == person))
