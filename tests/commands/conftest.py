"""Fixtures of this folder."""

from __future__ import annotations

from tests.pipeline.exhibits import exhibits
from tests.pipeline.filed import filed

__all__ = ["exhibits", "filed"]
