"""Statuses on the wire: `status.edxml`, read from either container, written into MessageHeader by default."""

from __future__ import annotations

from exchange_axis.wire.edxml.reader import ReadStatus, read_status
from exchange_axis.wire.edxml.writer import write_status

__all__ = ["ReadStatus", "read_status", "write_status"]
