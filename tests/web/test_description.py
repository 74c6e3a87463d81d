"""The OpenAPI description is true: every address, every answer, both ways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from openapi_spec_validator import validate

from exchange_axis.web.hub_api.routes import OPEN, routes
from exchange_axis.wire.hub_json import MAX_DOCUMENTS, NAME, SHA256, dump
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ask
from tests.web.spec import faults, operations, resolve, spec
from tests.web.stand import WebPeer, serving


def test_it_is_an_openapi_description() -> None:
    validate(spec())


def test_every_address_is_described_and_every_described_one_is_there(stand: Stand) -> None:
    async def served() -> set[tuple[str, str]]:
        app = routes(stand.hub)
        return {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}

    assert asyncio.run(served()) == set(operations())


def test_what_needs_no_certificate_says_so() -> None:
    unguarded = {path for (_, path), operation in operations().items() if operation.get("security") == []}
    assert unguarded == set(OPEN)


def test_patterns_are_those_of_the_program() -> None:
    schemas = spec()["components"]["schemas"]
    assert schemas["Id"]["pattern"] == f"^{NAME.pattern}$"
    assert schemas["Sha256"]["pattern"] == f"^{SHA256.pattern}$"
    assert schemas["Documents"]["maxItems"] == MAX_DOCUMENTS


def test_every_operation_refuses_in_one_form() -> None:
    for operation in operations().values():
        refusal = resolve(operation["responses"]["default"])
        assert list(refusal["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"shipments": [], "more": 1}, "additional"),
        ({"shipments": {}}, "array"),
        ({}, "required"),
        ({"shipments": [{"id": "x"}]}, "required"),
    ],
)
def test_the_judge_sees_what_is_not_described(body: object, fault: str) -> None:
    good = web.Response(body=dump({"shipments": []}), content_type="application/json")
    assert faults("GET", "/v1/shipments", good) == []
    bad = web.Response(body=dump(body), content_type="application/json")
    assert any(fault in found.lower() for found in faults("GET", "/v1/shipments", bad))
    assert faults("GET", "/v1/shipments", web.Response(status=206)) != []
    assert faults("GET", "/v1/nowhere", good) != []


def test_a_letters_way_is_told_by_the_description(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    """One walk over the addresses; every answer of every test here is held against the description as well."""
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as ours, served.client(receiver) as theirs:
            await ask(ours, "POST", "/v1/consignments", data=letter.path.read_bytes())
            await ask(theirs, "GET", "/v1/shipments")
            await ask(ours, "GET", "/v1/events")
            assert {
                ("POST", "/v1/consignments", 200),
                ("GET", "/v1/shipments", 200),
                ("GET", "/v1/events", 200),
            } <= served.listener.said

    asyncio.run(story())
