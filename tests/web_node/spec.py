"""Holds every answer of the node's interface against its OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator.readers import read_from_filename

SOURCE = Path(str(resources.files("exchange_axis.web.node_api") / "node-v1.yaml"))
METHODS = frozenset({"get", "post"})


@cache
def spec() -> Mapping[str, Any]:
    found, _ = read_from_filename(str(SOURCE))
    return dict(found)


def operations() -> dict[tuple[str, str], Mapping[str, Any]]:
    """(METHOD, path template) → operation."""
    return {
        (method.upper(), path): operation
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def resolve(item: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = item.get("$ref")
    if reference is None:
        return item
    found: Any = spec()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return resolve(found)


def schema_faults(schema: Mapping[str, Any], value: object) -> list[str]:
    checker = OAS31Validator(
        {**schema, "components": spec()["components"]}, format_checker=OAS31Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(value)]


def faults(operation: tuple[str, str], response: aiohttp.ClientResponse, body: bytes) -> list[str]:
    """What the description does not allow about an answer."""
    described = operations()[operation]["responses"]
    declared = described.get(str(response.status)) or (described["default"] if response.status >= 400 else None)
    if declared is None:
        return [f"{operation} answers {response.status}, which is not described"]
    declared = resolve(declared)
    found = [
        f"header {name}"
        for name, header in declared.get("headers", {}).items()
        if schema_faults(resolve(header)["schema"], response.headers.get(name))
    ]
    content = declared.get("content", {})
    if not content:
        return [*found, *(["a body where none is described"] if body else [])]
    media = content.get(response.content_type)
    if media is None:
        return [*found, f"{response.content_type} is not described"]
    if not response.content_type.endswith("json"):
        return found
    return [*found, *schema_faults(media["schema"], json.loads(body))]
