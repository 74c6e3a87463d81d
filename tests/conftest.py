"""Fixtures every test folder may use, and what all tests share."""

from __future__ import annotations

import os

from tests.services import database_url, hub_template, postgres_url, roomy_memory
from tests.shared_statements import share_statements

__all__ = ["database_url", "hub_template", "postgres_url"]

share_statements()
if memory := roomy_memory():  # what must survive a kill is in the page cache as well; no test cuts the power
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
