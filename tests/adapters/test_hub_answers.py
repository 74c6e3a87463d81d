"""What the client makes of answers that no hub should give."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from adapters.hub_http import HttpHub
from adapters.hub_session import Timeouts
from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import HubRefused, HubUnreachable, OfferedShipment
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.tls import client_context, server_context
from tests.hub.stand import Stand
from tests.web.conftest import receiver, sender, stand
from tests.web.stand import WebPeer

__all__ = ["receiver", "sender", "stand"]


PROBLEM = "application/problem+json"
REFUSAL = '{"code": "x.y", "title": "t", "evidence": %s}'
ANSWERS: dict[str, tuple[int, str, str]] = {
    "server error": (500, PROBLEM, REFUSAL % "null"),
    "bad gateway": (502, "text/html", "<html>"),
    "a proxy's own refusal": (403, "text/html", "<html>"),
    "not a problem after all": (403, PROBLEM, "[]"),
    "a problem without code": (403, PROBLEM, "{}"),
    "evidence that is none": (403, PROBLEM, REFUSAL % '{"sha256": "0", "document": ""}'),
    "too many requests": (429, PROBLEM, REFUSAL % "null"),
    "too slow": (408, PROBLEM, REFUSAL % "null"),
    "upload is busy": (409, PROBLEM, REFUSAL.replace("x.y", "upload.busy") % "null"),
    "redirect": (307, "text/plain", ""),
    "not JSON": (200, "application/json", "yes"),
    "a wrong form": (200, "application/json", '{"shipments": {}}'),
    "more than asked for": (200, "application/json", f'{{"shipments": [{", ".join(["{}"] * 9)}]}}'),
    "an incomplete shipment": (200, "application/json", '{"shipments": [{"id": "x"}]}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_not_a_hubs_refusal_may_be_tried_again(stand: Stand, sender: WebPeer, name: str) -> None:
    status, media_type, body = ANSWERS[name]

    async def answer(_: web.Request) -> web.StreamResponse:
        headers = {"Location": "https://127.0.0.1:1/"} if status == 307 else {}
        return web.Response(status=status, text=body, content_type=media_type, headers=headers)

    async def story(hub: HttpHub) -> None:
        with pytest.raises(HubUnreachable):
            await hub.shipments(wait=0)

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))


def test_a_refusal_is_final(stand: Stand, sender: WebPeer) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=403, text=REFUSAL % "null", content_type=PROBLEM)

    async def story(hub: HttpHub) -> None:
        with pytest.raises(HubRefused) as refused:
            await hub.shipments(wait=0)
        assert (refused.value.problem["code"], refused.value.evidence) == ("x.y", None)

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))


def test_an_endless_answer_is_cut(stand: Stand, sender: WebPeer) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" " * (1 << 20))
        return response

    async def story(hub: HttpHub) -> None:
        with pytest.raises(HubUnreachable, match="exceeds"):
            await hub.capabilities()

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))


def test_a_silent_hub_is_not_waited_for(stand: Stand, sender: WebPeer) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def story(hub: HttpHub) -> None:
        with pytest.raises(HubUnreachable, match="in time"):
            await hub.capabilities()

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))


def test_a_download_of_another_length_is_not_believed(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    shipment = OfferedShipment(
        id="s1",
        fence=1,
        leased_until=stand.clock.now(),
        sender="H90",
        consignment_id="c1",
        container_sha256="0" * 64,
        size=100,
        lane=Lane.THUONG,
        recipients=("H90",),
        documents=(),
    )
    sizes = [99, 101, 1_000_000]

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(sizes[0]))

    async def story(hub: HttpHub) -> None:
        while sizes:
            with pytest.raises(HubUnreachable):
                await hub.fetch(shipment, tmp_path / f"of-{sizes[0]}")
            assert (tmp_path / f"of-{sizes[0]}").stat().st_size <= shipment.size
            sizes.pop(0)

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))


async def instead_of_a_hub(
    stand: Stand,
    peer: WebPeer,
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    story: Callable[[HttpHub], Awaitable[None]],
) -> None:
    """A server that says what it likes, with the hub's certificate."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    tls = server_context(
        stand.places.certificate("tls"), stand.places.key("tls"), stand.hub.registry.tls_certificates()
    )
    server = await start(app, host="127.0.0.1", port=0, ssl_context=tls, shutdown_timeout=0.1)
    roots = [stand.places.certificate("authority").read_text(encoding="ascii")]
    timeouts = Timeouts(connect=0.3, answer=0.3, work=0.3)
    hub = HttpHub(
        f"https://127.0.0.1:{server.port}", client_context(roots, peer.certificate, peer.key), timeouts=timeouts
    )
    try:
        await story(hub)
    finally:
        await hub.close()
        await server.close()


def test_a_hub_that_gives_one_proof_a_request_is_asked_so(stand: Stand, sender: WebPeer) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path[:11]}")
        if request.method == "POST":
            problem = '{"code": "request.no-such-page", "title": "t"}'
            return web.Response(status=404, text=problem, content_type=PROBLEM)
        sha256 = request.path.rpartition("/")[2]
        if sha256 == "2" * 64:
            return web.Response(status=202)
        if sha256 == "3" * 64:
            return web.Response(status=404, text='{"code": "request.not-found", "title": "t"}', content_type=PROBLEM)
        return web.Response(text=f"proof of {sha256}")

    async def story(hub: HttpHub) -> None:
        for _ in range(2):
            found = await hub.proofs(["1" * 64, "2" * 64, "3" * 64])
            assert found == {"1" * 64: f"proof of {'1' * 64}".encode()}
        assert asked == ["POST /v1/proofs", *["GET /v1/proofs/"] * 6]

    asyncio.run(instead_of_a_hub(stand, sender, answer, story))
