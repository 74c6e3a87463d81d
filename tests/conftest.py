"""Fixtures every test folder may use."""

from __future__ import annotations

from tests.services import database_url, postgres_url

__all__ = ["database_url", "postgres_url"]
