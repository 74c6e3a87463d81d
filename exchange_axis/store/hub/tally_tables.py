"""Tallies in a hub's database."""

from __future__ import annotations

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.tally_rows import tally_tables

TALLIES = tally_tables(metadata)
