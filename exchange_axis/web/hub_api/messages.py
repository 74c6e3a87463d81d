"""Event feed, returns, evidence, proofs, and what the hub says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import NotFound
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.description import description
from exchange_axis.web.hub_api.parameters import number_of, path_name, path_sha256, wait_of
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.wire.hub_json import feed_item_json, proofs_json, read_digests
from exchange_axis.wire.times import to_text
from exchange_axis.wire.trust_json import trust_list_json
from schemas.pack import rule_pack_version
from signing.policy import DigestAlgorithm, SignatureAlgorithm

DEFAULT = 20
MOST = 100
"""Feed entries in one answer; an entry may carry a status container of 1 MiB."""


async def events(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    after = number_of(request, "after", default=0)
    limit = number_of(request, "max", default=DEFAULT, least=1, most=MOST)
    end = asyncio.get_running_loop().time() + wait_of(request, context.settings.max_wait)
    read = context.hub.feeds.read
    items = await context.run(read, peer, after=after, limit=limit)
    while not items and await context.watch.feed(peer.id, after, end - asyncio.get_running_loop().time()):
        items = await context.run(read, peer, after=after, limit=limit)
    return json_answer({"events": [feed_item_json(item) for item in items]})


async def take_return(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    fields = await read_json(request, context.settings.pace, limit=context.settings.documents_body)
    await context.run(context.hub.returns.receive, peer, fields.documents())
    context.watch.ring()
    return json_answer({"stored": True})


async def evidence(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    row = await context.run(context.hub.auditing.evidence, peer, path_name(request))
    return web.Response(body=row.document, content_type="application/xml")


async def proof(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    sha256 = path_sha256(request)
    found = await context.run(_proofs, context.hub, peer, [sha256])
    if sha256 not in found:
        raise NotFound(what=sha256)
    if found[sha256] is None:
        return web.Response(status=202, headers={"Retry-After": "1"})
    return web.Response(body=found[sha256], content_type="text/plain", charset="utf-8")


async def proofs(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Many in one request; a digest of which this peer may have no proof is passed over in silence."""
    fields = await read_json(request, context.settings.pace, limit=context.settings.small_body)
    found = await context.run(_proofs, context.hub, peer, read_digests(fields))
    return json_answer(proofs_json(found))


def _proofs(hub: Hub, peer: PeerRow, digests: Sequence[str]) -> Mapping[str, bytes | None]:
    return hub.log.proofs(sorted(hub.auditing.provable(peer, digests)))


async def directory(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    found = await context.run(context.hub.directory.news, request.query.get("version"))
    if found is None:
        return web.Response(status=204)
    since = {} if found.since is None else {"since": found.since}
    return json_answer({"version": found.version, "document": found.document, **since})


async def trust_lists(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    after = number_of(request, "after", default=0)
    found = await context.run(context.hub.trust_lists.after, after)
    return json_answer({"lists": [trust_list_json(version, document) for version, document in found]})


async def capabilities(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    world, settings = context.hub.world, context.settings
    return json_answer(
        {
            "hub": world.settings.id,
            "name": world.settings.name,
            "peer": peer.id,
            "api": "1",
            "time": to_text(world.clock.now()),
            "rule_pack": await context.run(rule_pack_version),
            "log_origin": world.settings.origin,
            "lanes": [lane.value for lane in Lane],
            "algorithms": {
                "signature": [algorithm.value for algorithm in SignatureAlgorithm],
                "digest": [algorithm.value for algorithm in DigestAlgorithm],
            },
            "limits": {
                "container_bytes": world.settings.max_upload,
                "open_uploads": world.settings.max_open_uploads,
                "wait_seconds": settings.max_wait,
                "lease_seconds": world.settings.lease.total_seconds(),
                "body_seconds": settings.pace.deadline,
                "body_bytes_per_second": settings.pace.rate,
                "documents_bytes": settings.documents_body,
            },
        }
    )


async def openapi(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    return web.Response(body=await context.run(description), content_type="application/yaml")
