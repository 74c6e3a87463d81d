"""The people who work at this node."""

from __future__ import annotations

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.people_tables import people_tables

PEOPLE = people_tables(metadata)
