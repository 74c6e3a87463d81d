"""Durable truth. The only room that knows SQLAlchemy; use cases pass its connections around and never look inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Connection"]


def __getattr__(name: str) -> Any:
    """Connection is loaded when it is asked for: a command that only makes a folder needs no database library."""
    if name != "Connection":
        raise AttributeError(name)
    from sqlalchemy import Connection  # noqa: PLC0415

    return Connection
