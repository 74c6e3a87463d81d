"""Fixtures of this folder."""

from __future__ import annotations

from tests.services import hub_database_url as database_url

__all__ = ["database_url"]
