"""Listeners that an operator may add to a hub: one for monitoring, one for the public list of what is overdue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from config.desk_tls import console_face, is_loopback, people_tls, shown_address
from config.places import Places
from config.running import address, log, told_by_setting
from config.settings import HubFile
from config.wiring_hub import hub_tls
from exchange_axis.hub.service import Hub
from exchange_axis.web.console.public import public_application
from exchange_axis.web.node_api.token import token_from
from exchange_axis.web.operations.application import operations_application
from exchange_axis.web.shared.serving import start

TOKEN_FILE = "monitor-token"  # noqa: S105 - the name of a file


@asynccontextmanager
async def watched(
    places: Places, hub: Hub, listen: str, passphrase: bytes | None, *, frames: Sequence[str] = ()
) -> AsyncIterator[None]:
    """Serve it inside the block, where the operator set an address.

    Raises:
        KeyPermissions: others may read the token.
    """
    if not listen:
        yield
        return
    host, port = address(listen)
    tls = None if is_loopback(host) else hub_tls(places, (), passphrase)
    app = operations_application(hub, token=token_from(places.root / TOKEN_FILE, hub.world.rng), frames=frames)
    with told_by_setting(places.settings("hub"), listen):
        served = await start(app, host=host, port=port, ssl_context=tls)
    log.info("run.operations url=%s://%s:%s", "http" if tls is None else "https", host, served.port)
    try:
        yield
    finally:
        await served.close()


@asynccontextmanager
async def public(places: Places, hub: Hub, file: HubFile, passphrase: bytes | None) -> AsyncIterator[None]:
    """Serve the public list inside the block, where the operator set an address; TLS as the console has it."""
    if not file.public_listen:
        yield
        return
    host, port = address(file.public_listen)
    face = replace(console_face(file), listen=file.public_listen)
    tls = people_tls(places, face, clock=hub.world.clock, rng=hub.world.rng, passphrase=passphrase)
    with told_by_setting(places.settings("hub"), file.public_listen):
        served = await start(public_application(hub), host=host, port=port, ssl_context=tls.context)
    log.info("run.public url=%s", shown_address(face, tls, served.port))
    try:
        yield
    finally:
        await served.close()
