"""Running a node as a service: lock, agent, local API, control socket, and an orderly end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemClock, SystemRng
from config import load, wiring_node
from config.calendars import CalendarFile
from config.desk_tls import desk_tls, dns_names
from config.places import Places
from config.running import address, every, log_to_stderr, ready, stopping, together, told_by_setting
from exchange_axis.commands.context import Context
from exchange_axis.commands.control_server import listening
from exchange_axis.commands.node_operations import NODE_OPERATIONS, ServedNode
from exchange_axis.commands.output import Exit
from exchange_axis.node.service import Node, sweep_staging
from exchange_axis.store.datadir import hold_folder
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.node_api.application import application
from exchange_axis.web.shared.serving import Served, start

SWEEP_EVERY = 600.0
"""Seconds between two looks for sessions and forms that are long over."""


def serve_node(context: Context, folder: Path) -> int:
    """Run until told to stop. Raises what opening refuses with."""
    places = Places(folder)
    load.read_node_file(places)
    log_to_stderr(as_json=not sys.stderr.isatty())
    with hold_folder(folder):
        passphrase = load.node_passphrase(places)
        calendar = CalendarFile(places)
        node = wiring_node.open_node(
            places, clock=SystemClock(), rng=SystemRng(), passphrase=passphrase, calendar=calendar
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
    agent = node.agent(line, log=line.log)
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(agent.wake)

    served = ServedNode(node=node, wake=wake)
    async with stopping(calendar.reload) as stop, listening(places.socket, served, NODE_OPERATIONS):
        with told_by_setting(places.settings("node"), file.listen):
            server = await start(application(node, wake=wake), host=host, port=port, ssl_context=None)
        desk = await _desk(places, node, wake, passphrase)
        url = f"http://{host}:{server.port}"
        ready(context, url=url, listen=f"{host}:{server.port}", desk=None if desk is None else desk.url)
        try:
            await together(stop, agent.run(stop), every(stop, SWEEP_EVERY, _sweep(node), name="sessions"))
        finally:
            if desk is not None:
                await desk.served.close()
            await server.close()
            await line.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDesk:
    served: Served
    url: str


async def _desk(places: Places, node: Node, wake: Callable[[], None], passphrase: bytes | None) -> ServedDesk | None:
    """The desk on its own listener; None where its operator wants none."""
    file = load.read_node_file(places)
    if not file.desk_listen:
        return None
    host, port = address(file.desk_listen)
    tls = desk_tls(places, file, clock=node.world.clock, rng=node.world.rng, passphrase=passphrase)
    app = desk_application(node, wake=wake, names=dns_names(file), trusting=tls.trusting)
    with told_by_setting(places.settings("node"), file.desk_listen):
        served = await start(app, host=host, port=port, ssl_context=tls.context)
    shown = next(iter(file.desk_names), host) if tls.context else host
    shown = f"[{shown}]" if ":" in shown else shown
    return ServedDesk(served=served, url=f"{'https' if tls.context else 'http'}://{shown}:{served.port}")


def _sweep(node: Node) -> Callable[[], Awaitable[object]]:
    async def sweep() -> None:
        await asyncio.to_thread(node.staff.sessions.sweep)

    return sweep
