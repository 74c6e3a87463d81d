"""Running a node as a service: lock, agent, local API, control socket, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

from adapters.clock import SystemClock, SystemRng
from adapters.hub_http import HttpHub
from config import load, wiring_node
from config.authority_book import EVERY as BOOK_EVERY
from config.authority_book import AuthorityBook
from config.calendars import CalendarFile
from config.desk_tls import desk_face, dns_names, people_tls, shown_address, site_name
from config.openid import openid_given
from config.places import Places
from config.rotation_box import EVERY, RotationBox
from config.running import address, every, log_to_stderr, ready, stopping, together, told, told_by_setting
from config.settings import DESK_LISTEN
from config.tracing import tracing
from config.trusting import configuration
from exchange_axis.commands.context import Context
from exchange_axis.commands.control_server import listening
from exchange_axis.commands.node_operations import NODE_OPERATIONS, ServedDesk, ServedNode
from exchange_axis.commands.output import Exit
from exchange_axis.node.configuration import note_configuration
from exchange_axis.node.service import Node, sweep_staging
from exchange_axis.pipeline.bulletins import BulletinRounds
from exchange_axis.practice.area import Playing, PracticeArea
from exchange_axis.store.datadir import hold_folder
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.node_api.application import application
from exchange_axis.web.shared.serving import Served, start
from exchange_axis.web.shared.sessions import WayHere

log = logging.getLogger("axis.run")

TELL_EVERY = 5.0
"""Seconds between two looks for mail that people outside are to be told of."""
SWEEP_EVERY = 600.0
"""Seconds between two looks for sessions and forms that are long over."""


def serve_node(context: Context, folder: Path) -> int:
    """Run until told to stop. Raises what opening refuses with."""
    places = Places(folder)
    file = load.read_node_file(places)
    log_to_stderr(as_json=not sys.stderr.isatty())
    with hold_folder(folder), tracing(file.id, file.traces) as tracer:
        passphrase = load.node_passphrase(places)
        calendar = CalendarFile(places)
        node = wiring_node.open_node(
            places, clock=SystemClock(), rng=SystemRng(), passphrase=passphrase, calendar=calendar, tracer=tracer
        )
        try:
            sweep_staging(node.world)
            node.erasing.finish()
            asyncio.run(_node(context, places, node, passphrase, calendar=calendar))
        finally:
            node.close()
    return Exit.OK


async def _node(
    context: Context, places: Places, node: Node, passphrase: bytes | None, *, calendar: CalendarFile
) -> None:
    file = load.read_node_file(places)
    host, port = address(file.listen)
    line = wiring_node.node_line(places, passphrase)
    agent = node.agent(line, log=line.log, tallies=line.tallies)
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(agent.wake)

    nudges = {name: asyncio.Event() for name in ("rotation", "authority")}

    def reload() -> None:
        calendar.reload()
        told(lambda: wiring_node.renew_line(places, line, passphrase), name="line", nudges=nudges.values())

    desk, shown = await _desk(places, node, wake, passphrase)
    served = ServedNode(node=node, wake=wake, desk=shown)
    try:
        async with stopping(reload) as stop, listening(places.socket, served, NODE_OPERATIONS):
            with told_by_setting(places.settings("node"), file.listen):
                server = await start(application(node, wake=wake), host=host, port=port, ssl_context=None)
            url = f"http://{host}:{server.port}"
            await asyncio.to_thread(note_configuration, node.world, configuration(places))
            ready(context, url=url, listen=f"{host}:{server.port}", face=None if shown is None else ("desk", shown.url))
            try:
                box, follow = RotationBox(places), partial(_book(places, node, line).follow, line)
                await together(
                    stop,
                    agent.run(stop),
                    every(stop, SWEEP_EVERY, _sweep(node), name="sessions"),
                    *telling(stop, node, shown),
                    every(stop, EVERY, partial(box.carry, line), name="rotation", nudge=nudges["rotation"]),
                    every(stop, BOOK_EVERY, follow, name="authority", nudge=nudges["authority"]),
                )
            finally:
                await server.close()
    finally:
        if desk is not None:
            await desk.close()
        await line.close()


def telling(stop: asyncio.Event, node: Node, shown: ServedDesk | None) -> Iterator[Awaitable[None]]:
    """A loop for each destination: one that does not answer holds up no other."""
    sign_in = "" if shown is None else shown.url
    rounds = BulletinRounds(node.bulletins, sign_in=sign_in, run_in_thread=asyncio.to_thread)
    node.bulletins.tidy()
    for name in node.bulletins.destinations:
        yield every(stop, TELL_EVERY, partial(rounds.round, name), name="bulletin")


async def _desk(
    places: Places, node: Node, wake: Callable[[], None], passphrase: bytes | None
) -> tuple[Served | None, ServedDesk | None]:
    """The desk on its own listener, and where people find it; nothing where its operator wants none."""
    file = load.read_node_file(places)
    if not file.desk_listen:
        return None, None
    host, port = address(file.desk_listen)
    face = desk_face(file)
    tls = people_tls(places, face, clock=node.world.clock, rng=node.world.rng, passphrase=passphrase)
    way = WayHere(names=dns_names(face), site=site_name(face), url=face.url)
    practice, given = _practice(places, node), openid_given(places, "node", clock=node.world.clock)
    app = desk_application(node, wake=wake, way=way, trusting=tls.trusting, openid=given, practice=practice)
    with told_by_setting(places.settings("node"), file.desk_listen):
        # Several nodes on one machine: who has not set a port is content with another one.
        free = file.desk_listen == DESK_LISTEN
        served = await start(app, host=host, port=port, ssl_context=tls.context, or_free=free)
    if free and served.port != port:
        log.warning("desk.port-taken listen=%s", file.desk_listen)
    root = None if tls.trusting is None else tls.trusting.fingerprint
    return served, ServedDesk(url=shown_address(face, tls, served.port), root=root)


def _practice(places: Places, node: Node) -> PracticeArea:
    """A hub is loaded with the first who practises, not before."""

    def make(folder: Path) -> None:
        from config import practice  # noqa: PLC0415

        practice.make(folder, clock=node.world.clock, rng=node.world.rng)

    def open_made(folder: Path) -> Playing:
        from config import practice  # noqa: PLC0415

        return practice.open_made(folder, clock=node.world.clock, rng=node.world.rng)

    return PracticeArea(places.practice, make=make, open_made=open_made)


def _book(places: Places, node: Node, line: HttpHub) -> AuthorityBook:
    hub = node.world.settings.hub_id
    return AuthorityBook(places=places, hub=hub, roots=places.hub_ca, clock=node.world.clock, contexts=(line.tls,))


def _sweep(node: Node) -> Callable[[], Awaitable[object]]:
    async def sweep() -> None:
        await asyncio.to_thread(node.staff.sessions.sweep)

    return sweep
