"""Plain requests, for what our own client would never send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

Heard = tuple[int, Mapping[str, str], Any]
"""Status, headers, and the body: parsed where it is JSON, else its bytes."""


async def ask(client: aiohttp.ClientSession, method: str, path: str, **options: Any) -> Heard:
    async with client.request(method, path, **options) as response:
        body = await response.read()
        document = json.loads(body) if body and response.content_type.endswith("json") else body
        return response.status, response.headers, document
