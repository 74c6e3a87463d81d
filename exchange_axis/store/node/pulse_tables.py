"""The pulse of a node's database."""

from __future__ import annotations

from exchange_axis.store.node.tables import metadata
from exchange_axis.store.pulse import pulse_table

pulse = pulse_table(metadata)
