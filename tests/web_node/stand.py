"""A node with its interface on a loopback port, and the agency's software calling it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from exchange_axis.node.service import Node
from exchange_axis.web.node_api.application import TABLE, application
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.node_api.token import TOKEN_FILE
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.web.shared.serving import start
from tests.web_node.spec import faults

QUICK = NodeApiSettings(pace=Pace(deadline=2.0, grace=0.3), letter_body=2_000_000, patience=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Software:
    """Calls the node; each answer is held against the description."""

    node: Node
    port: int
    token: str
    session: aiohttp.ClientSession
    woken: list[str] = field(default_factory=list)
    said: set[tuple[str, str, int]] = field(default_factory=set)

    async def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Said:
        given = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.session.request(method, url, headers=given, **options) as response:
            body = await response.read()
            template = _template(method, url.raw_path)
            if template is not None:
                self.said.add((method, template, response.status))
                assert faults((method, template), response, body) == []
            return Said(status=response.status, headers=response.headers, body=body)

    async def get(self, path: str, **options: Any) -> Said:
        return await self.call("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Said:
        return await self.call("POST", path, **options)


@asynccontextmanager
async def calling(node: Node, settings: NodeApiSettings = QUICK, **more: Any) -> AsyncIterator[Software]:
    woken: list[str] = []
    served = await start(
        application(node, wake=lambda: woken.append("woken"), settings=settings, **more),
        host="127.0.0.1",
        port=0,
        ssl_context=None,
    )
    token = (node.world.settings.staging.parent / TOKEN_FILE).read_text("ascii").strip()
    try:
        async with aiohttp.ClientSession() as session:
            yield Software(node=node, port=served.port, token=token, session=session, woken=woken)
    finally:
        await served.close()


def parts(letter: str | bytes, *files: tuple[str, bytes], **fields: str) -> aiohttp.FormData:
    """A letter as multipart/form-data."""
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("letter", letter.decode() if isinstance(letter, bytes) else letter)
    for name, value in fields.items():
        data.add_field(name, value)
    for name, content in files:
        data.add_field("file", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    return data


def _template(method: str, path: str) -> str | None:
    for known, template, _ in TABLE:
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if known == method and re.fullmatch(pattern, path):
            return template
    return None
