"""The people who work at this hub."""

from __future__ import annotations

from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.people_tables import people_tables

PEOPLE = people_tables(metadata)
