"""Fixtures of this folder."""

from __future__ import annotations

from tests.pipeline.exhibits import exhibits

__all__ = ["exhibits"]
