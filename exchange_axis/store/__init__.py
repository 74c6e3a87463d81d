"""Durable truth. The only room that knows SQLAlchemy; use cases pass its connections around and never look inside."""

from __future__ import annotations

from sqlalchemy import Connection

__all__ = ["Connection"]
