"""Fixtures every test folder may use, and what all tests share."""

from __future__ import annotations

from tests.services import database_url, hub_template, postgres_url
from tests.shared_statements import share_statements

__all__ = ["database_url", "hub_template", "postgres_url"]

share_statements()
