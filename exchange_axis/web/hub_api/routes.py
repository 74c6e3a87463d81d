"""The table of addresses, and the application around it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from exchange_axis.domain.tracing import CALLED, HEADER, read_header
from exchange_axis.errors import Forbidden
from exchange_axis.hub.service import Hub
from exchange_axis.ports import CHECKPOINT_HEADER
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api import (
    consignments,
    dossiers,
    health,
    joining,
    logs,
    messages,
    overdue,
    revocation,
    rotations,
    shipments,
    tallies,
    time_stamps,
    tus,
    uploads,
    witness,
)
from exchange_axis.web.hub_api.context import PEER, Context, HubApiSettings
from exchange_axis.web.hub_api.permissions import RULES
from exchange_axis.web.hub_api.turns import Turns
from exchange_axis.web.hub_api.watch import Watch
from exchange_axis.web.shared.bodies import refuse_encoded
from exchange_axis.web.shared.edge import CALLER, dress, edge
from exchange_axis.web.shared.errors import NoCertificate, UnknownCertificate
from exchange_axis.web.shared.identity import fingerprint_of
from exchange_axis.web.shared.permissions import Caller, Rule, open_paths, require_rules
from exchange_axis.web.shared.tls import trust
from exchange_axis.web.shared.workers import Workers
from schemas.gate.refusal import Refusal
from signing.certificates import certificate_pem

log = logging.getLogger("axis.web")

PeerHandler = Callable[[Context, web.Request, PeerRow], Awaitable[web.StreamResponse]]
OPEN = open_paths(RULES)
"""Addresses that need no certificate."""
CALLERS = {"node": Caller.NODE, "child": Caller.HUB, "parent": Caller.HUB}
"""What a peer is to this hub → what it is as a caller."""
MAX_SHOWN = 4_096
"""Characters of a header with a checkpoint; one with a few cosignatures has a thousand."""
PATIENCE = 2.0
"""Seconds that work in threads gets at the end."""
TABLE: tuple[tuple[str, str, PeerHandler], ...] = (
    ("GET", "/v1/capabilities", messages.capabilities),
    ("GET", "/v1/openapi.yaml", messages.openapi),
    ("OPTIONS", "/v1/uploads", tus.options),
    ("POST", "/v1/uploads", uploads.create),
    ("OPTIONS", "/v1/uploads/{id}", tus.options),
    ("HEAD", "/v1/uploads/{id}", uploads.show),
    ("GET", "/v1/uploads/{id}", uploads.show),
    ("PATCH", "/v1/uploads/{id}", uploads.append),
    ("DELETE", "/v1/uploads/{id}", uploads.abandon),
    ("POST", "/v1/uploads/{id}", uploads.overridden),
    ("POST", "/v1/uploads/{id}/commit", uploads.commit),
    ("GET", "/v1/uploads/{id}/receipt", uploads.receipt),
    ("POST", "/v1/consignments", consignments.submit),
    ("POST", "/v1/checks", consignments.check),
    ("GET", "/v1/consignments/{id}", consignments.history),
    ("GET", "/v1/consignments/{id}/dossier", dossiers.dossier),
    ("POST", "/v1/consignments/{id}/reminders", consignments.remind),
    ("GET", "/v1/deadlines", consignments.deadlines),
    ("GET", "/v1/overdue", overdue.overdue),
    ("POST", "/v1/apologies", overdue.apologize),
    ("POST", "/v1/tallies", tallies.exchange),
    ("GET", "/v1/tallies/{day}", tallies.day),
    ("GET", "/v1/shipments", shipments.lease),
    ("GET", "/v1/shipments/{id}/container", shipments.download),
    ("HEAD", "/v1/shipments/{id}/container", shipments.download),
    ("POST", "/v1/shipments/{id}/release", shipments.release),
    ("POST", "/v1/shipments/{id}/relay", shipments.answer_relay),
    ("GET", "/v1/events", messages.events),
    ("POST", "/v1/returns", messages.take_return),
    ("GET", "/v1/evidence/{id}", messages.evidence),
    ("POST", "/v1/proofs", messages.proofs),
    ("GET", "/v1/proofs/{sha256}", messages.proof),
    ("GET", "/v1/directory", messages.directory),
    ("GET", "/v1/log/checkpoint", logs.checkpoint),
    ("GET", "/v1/log/consistency", logs.consistency),
    ("POST", "/v1/log/rolls", witness.rolls),
    ("POST", "/v1/log/proofs", witness.pass_proofs),
    ("GET", "/v1/log/copies", witness.copied),
    ("POST", "/v1/log/copies", witness.copy_in),
    ("POST", "/v1/witness/add-checkpoint", witness.add_checkpoint),
    ("POST", "/v1/witness/cosignatures", witness.cosignatures),
    ("GET", "/v1/witness/seen", witness.seen),
    ("GET", "/v1/log/timestamps/{size}", time_stamps.covering),
    ("POST", "/v1/tsa", time_stamps.stamp),
    ("GET", "/v1/trust-lists", messages.trust_lists),
    ("POST", "/v1/revocation-lists", revocation.exchange),
    ("POST", "/v1/rotations", rotations.ask),
    ("GET", "/v1/authority", revocation.authority),
)


SUBMITTING = frozenset({uploads.create, consignments.submit, consignments.check})
"""What a peer asks for only so often: each brings a container to check."""


WATCH: Final = web.AppKey("watch", Watch)


def routes(hub: Hub, settings: HubApiSettings | None = None, *, tls: ssl.SSLContext | None = None) -> web.Application:
    """The application; nothing runs before it is started (`web.shared.serving.start`).

    Args:
        tls: the server's context, which is then told of newly approved certificates while the application runs.
    """
    settings = settings or HubApiSettings()
    workers = Workers(settings.threads)
    context = Context(
        hub=hub,
        settings=settings,
        workers=workers,
        watch=Watch(partial(workers.run, hub.feeds.news), every=settings.look_every),
        turns=Turns(settings.verifiers),
    )
    clock = hub.world.clock
    app = web.Application(middlewares=[edge(hub.world.rng.uuid, clock.monotonic), _identified(context)])
    app[WATCH] = context.watch
    app.on_response_prepare.append(dress)
    app.on_response_prepare.append(tus.dress)
    for method, path, handler in TABLE:
        app.router.add_route(method, path, _with_peer(context, handler, RULES[method, path]))
    for path, answer in (
        ("/healthz", partial(health.live, context)),
        ("/readyz", partial(health.ready, context)),
        ("/v1/ca", partial(health.authority, context)),
        ("/crl", partial(revocation.own_list, context)),
        ("/crl/{name}", partial(revocation.own_list, context)),
        ("/log/{epoch}/checkpoint", partial(logs.newest, context)),
        ("/log/{epoch}/tile/{level}/{name:.+}", partial(logs.tile, context)),
    ):
        app.router.add_route("GET", path, answer)
    for method, path, joins in (
        ("GET", "/v1/join", joining.look),
        ("POST", "/v1/join", joining.ask),
        ("GET", "/v1/join/answer", joining.answer),
        ("POST", "/v1/join/test", joining.report),
    ):
        app.router.add_route(method, path, partial(joins, context))
    require_rules(app, RULES)
    app.cleanup_ctx.append(partial(_background, context, tls))
    app.on_shutdown.append(partial(_end_polls, context))
    return app


def _with_peer(context: Context, handler: PeerHandler, rule: Rule) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if CALLERS[request[PEER].kind] not in rule.callers:
            raise Forbidden(what=request.path)
        if handler in SUBMITTING:
            context.hub.limits.admit(request[PEER].id)
        return await handler(context, request, request[PEER])

    return handle


def _identified(context: Context) -> Middleware:
    """Who calls is known before anything else is looked at, the body's form before a byte of it is read."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is None or resource.canonical not in OPEN:
            fingerprint = fingerprint_of(request)
            if fingerprint is None:
                raise NoCertificate()
            peer = await context.run(context.hub.registry.identify, fingerprint)
            if peer is None:
                raise UnknownCertificate(fingerprint=fingerprint)
            request[PEER], request[CALLER] = peer, peer.id
            refuse_encoded(request)
            await _hear(context, request)
            CALLED.set(read_header(request.headers.get(HEADER, "")))
            with context.hub.presence.here(peer.id):
                return await handler(request)
        refuse_encoded(request)
        return await handler(request)

    return middleware


async def _hear(context: Context, request: web.Request) -> None:
    """The checkpoint of ours that the caller has seen: gossip, and the first sign of a log that was rolled back."""
    shown = request.headers.get(CHECKPOINT_HEADER)
    if shown is None or len(shown) > MAX_SHOWN:
        return
    try:
        note = base64.b64decode(shown, validate=True)
    except ValueError:
        return  # not ours, whatever it is
    if not context.hub.log_guard.has_heard(note):
        await context.run(context.hub.log_guard.heard, note)


async def _background(context: Context, tls: ssl.SSLContext | None, app: web.Application) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(context.watch.run())]
    if tls is not None:
        tasks.append(asyncio.create_task(_learn_certificates(context, tls)))
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await context.workers.settle(PATIENCE)


async def _end_polls(context: Context, app: web.Application) -> None:
    context.watch.close()


async def _learn_certificates(context: Context, tls: ssl.SSLContext) -> None:
    """Approval takes effect without a restart, also when another process of this hub approved.

    Authorities that this hub knows are let in too: a revoked peer then hears why, instead of a broken handshake.
    """
    known: frozenset[str] = frozenset()
    while True:
        try:
            found = await context.run(_certificates, context.hub)
            trust(tls, found - known)
            known = found
        except (Refusal, ssl.SSLError) as error:
            log.warning("certificates error=%s", error)
        await asyncio.sleep(context.settings.trust_every)


def _certificates(hub: Hub) -> frozenset[str]:
    anchors = (certificate_pem(anchor).decode("ascii") for anchor in hub.world.anchors().certificates)
    return frozenset((*hub.registry.tls_certificates(), *anchors))
