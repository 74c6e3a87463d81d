"""The OpenAPI description that travels with the program."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def description() -> bytes:
    return (resources.files("exchange_axis.web.node_api") / "node-v1.yaml").read_bytes()
