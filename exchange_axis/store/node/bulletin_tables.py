"""Bulletins in a node's database."""

from __future__ import annotations

from exchange_axis.store.bulletin_rows import bulletin_table
from exchange_axis.store.node.tables import metadata

bulletin = bulletin_table(metadata)
