"""Plain requests, for what our own client would never send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from exchange_axis.hub.world import Received

ZIP = {"Content-Type": "application/vnd.etsi.asic-e+zip"}
Heard = tuple[int, Mapping[str, str], Any]
"""Status, headers, and the body: parsed where it is JSON, else its bytes."""


async def ask(client: aiohttp.ClientSession, method: str, path: str, **options: Any) -> Heard:
    async with client.request(method, path, **options) as response:
        body = await response.read()
        document = json.loads(body) if body and response.content_type.endswith("json") else body
        return response.status, response.headers, document


def announcement(container: Received, **changes: object) -> dict[str, object]:
    announced = {"kind": "consignment", "length": container.size, "sha256": container.sha256, "lane": "thuong"}
    return {**announced, **changes}


async def begin(client: aiohttp.ClientSession, container: Received, **changes: object) -> str:
    status, headers, upload = await ask(client, "POST", "/v1/uploads", json=announcement(container, **changes))
    assert (status, upload["offset"], upload["length"]) == (201, 0, container.size)
    assert headers["Location"] == f"/v1/uploads/{upload['id']}"
    return str(headers["Location"])


async def append(client: aiohttp.ClientSession, location: str, offset: object, data: Any, **headers: str) -> Any:
    return await ask(client, "PATCH", location, data=data, headers={"Upload-Offset": str(offset), **headers})
