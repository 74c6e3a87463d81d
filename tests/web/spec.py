"""Holds every answer of the running hub against its OpenAPI description."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator.readers import read_from_filename

SOURCE = Path(str(resources.files("exchange_axis.web.hub_api") / "hub-v1.yaml"))
Said = tuple[str, str, int]
"""Method, path template, status."""


@cache
def spec() -> Mapping[str, Any]:
    found, _ = read_from_filename(str(SOURCE))
    return dict(found)


def operations() -> dict[tuple[str, str], Mapping[str, Any]]:
    """(METHOD, path template) → operation."""
    methods = {"get", "head", "post", "patch", "put", "delete", "options"}
    return {
        (method.upper(), path): operation
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if method in methods
    }


def faults(method: str, path: str, response: web.StreamResponse) -> list[str]:
    """What the description does not allow about an answer."""
    operation = operations().get((method, path))
    if operation is None:
        return [f"{method} {path} is not described"]
    declared = operation["responses"].get(str(response.status))
    if declared is None:
        declared = operation["responses"]["default"] if response.status >= 400 else None
    if declared is None:
        return [f"{method} {path} answers {response.status}, which is not described"]
    declared = resolve(declared)
    return [*_header_faults(declared, response), *_body_faults(declared, response, head=method == "HEAD")]


def resolve(item: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = item.get("$ref")
    if reference is None:
        return item
    found: Any = spec()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return resolve(found)


def schema_faults(schema: Mapping[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": spec()["components"]}
    checker = OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(value)]


def _header_faults(declared: Mapping[str, Any], response: web.StreamResponse) -> list[str]:
    found = []
    for name, given in declared.get("headers", {}).items():
        header, value = resolve(given), response.headers.get(name)
        if value is None:
            found += [f"header {name} is missing"] if header.get("required") else []
        else:
            found += [f"header {name}: {fault}" for fault in schema_faults(header["schema"], value)]
    return found


def _body_faults(declared: Mapping[str, Any], response: web.StreamResponse, *, head: bool) -> list[str]:
    content = declared.get("content", {})
    if not isinstance(response, web.Response) or head:
        return []
    body = response.body if isinstance(response.body, bytes) else b""
    if not content:
        return ["a body where none is described"] if body else []
    media = content.get(response.content_type)
    if media is None:
        return [f"{response.content_type} is not described"]
    if "schema" not in media:
        return []  # octets of a format that is not ours to describe (OpenAPI 3.1, 4.8.14.1)
    value = json.loads(body) if response.content_type.endswith("json") else body.decode()
    return schema_faults(media["schema"], value)


@dataclass
class Listener:
    """Sits outside everything else in the application and hears each answer."""

    said: set[Said] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    lines: set[asyncio.Transport] = field(default_factory=set)
    """On which something was asked."""

    def gone(self) -> int:
        return sum(line.is_closing() for line in self.lines)

    def middleware(self) -> Middleware:
        @web.middleware
        async def listen(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.transport is not None:
                self.lines.add(request.transport)
            response = await handler(request)
            resource = request.match_info.route.resource
            if resource is not None:
                self.said.add((request.method, resource.canonical, response.status))
                found = faults(request.method, resource.canonical, response)
                self.faults += [f"{request.method} {resource.canonical} {response.status} {fault}" for fault in found]
            return response

        return listen
