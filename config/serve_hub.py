"""Running a hub as a service: lock, server, loops, control socket, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock, SystemRng
from adapters.hub_http import HttpHub
from adapters.revocation import RevocationFetcher
from config import authority_book, load, wiring_hub
from config.calendars import CalendarFile
from config.desk_tls import console_face, dns_names, people_tls, shown_address, site_name
from config.openid import openid_given
from config.places import Places
from config.rotation_box import EVERY, RotationBox
from config.running import address, every, log_to_stderr, ready, stopping, together, told, told_by_setting
from config.time_stamping import ChosenSource, stamp_dossiers, stamping_of
from config.tracing import tracing
from config.trusting import configuration, publish_lists
from config.watching import public, watched
from exchange_axis.commands.context import Context
from exchange_axis.commands.control import Operation
from exchange_axis.commands.control_server import listening
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.commands.output import Exit
from exchange_axis.hub.bulletins import HubBulletins
from exchange_axis.hub.configuration import note_configuration
from exchange_axis.hub.own_keys import OwnKey
from exchange_axis.hub.service import Hub
from exchange_axis.hub.time_watch import PARENT, Look, TimeWatch, ask_parent
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.pipeline.bulletins import BulletinRounds
from exchange_axis.pipeline.tally_rounds import TallyRounds
from exchange_axis.ports import HubUnreachable
from exchange_axis.store.datadir import hold_folder
from exchange_axis.web.console.application import console_application
from exchange_axis.web.hub_api.routes import routes
from exchange_axis.web.shared.serving import Served, start
from exchange_axis.web.shared.sessions import WayHere
from exchange_axis.web.shared.tls import trust

LETTING_IN = ("peer.approve", "peer.rotate", "peer.rotate-asked")
"""Operations after which new certificates may connect."""
ASK_FIRST = 20.0
"""Seconds for which a hub waits for what the hub above knows of its log, before it signs on without."""
TELL_EVERY = 60.0
"""Seconds between two looks for what the operator is to be told of."""
SWEEP_EVERY = 600.0
"""Seconds between two looks for sessions and forms that are long over."""
FILES_EVERY = 2.0
"""Seconds between looks for letters whose files nobody has looked at."""
LISTS_EVERY = 300.0
"""Seconds between two exchanges of revocation lists with the hub above."""
LOOK_UP_EVERY = 5.0
"""Seconds between two looks for seals whose revocation is to be looked up."""


def serve_hub(context: Context, folder: Path) -> int:
    """Run until told to stop. Raises what opening refuses with."""
    places = Places(folder)
    file = load.read_hub_file(places)
    log_to_stderr(as_json=not sys.stderr.isatty())
    with hold_folder(folder), tracing(file.id, file.traces) as tracer:
        passphrase = load.hub_passphrase(places)
        calendar = CalendarFile(places)
        hub = wiring_hub.open_hub(
            places, clock=SystemClock(), rng=SystemRng(), passphrase=passphrase, calendar=calendar, tracer=tracer
        )
        hub.keeping.retention.classes.begin()
        try:
            asyncio.run(_hub(context, places, hub, passphrase, calendar=calendar))
        finally:
            hub.close()
    return Exit.OK


async def _hub(context: Context, places: Places, hub: Hub, passphrase: bytes | None, *, calendar: CalendarFile) -> None:
    file = load.read_hub_file(places)
    tls = wiring_hub.hub_tls(places, await asyncio.to_thread(_clients, hub), passphrase)
    hub.own_keys.when_new(OwnKey.TLS, lambda: wiring_hub.renew_tls(places, tls, passphrase))
    host, port = address(file.listen)
    line = wiring_hub.uplink_line(places, passphrase) if hub.world.settings.parent else None

    nudges = asyncio.Event(), asyncio.Event()

    def reload() -> None:
        trust(tls, _clients(hub))
        calendar.reload()
        if line is not None:
            told(lambda: wiring_hub.renew_uplink(places, hub, line, passphrase), name="uplink", nudges=nudges)

    if line is not None:
        hub.log.hold(ASK_FIRST)
    async with (
        stopping(reload) as stop,
        listening(places.socket, hub, _operations(tls)),
        watched(places, hub, file.operations_listen, passphrase, frames=file.board_frames),
        public(places, hub, file, passphrase),
    ):
        with told_by_setting(places.settings("hub"), file.listen):
            server = await start(routes(hub, tls=tls), host=host, port=port, ssl_context=tls)
        console, place = await _console(places, hub, passphrase)
        ready(context, url=file.url, listen=f"{host}:{server.port}", face=place)
        source, revocations = stamping_of(places, hub, passphrase), wiring_hub.revocation_source(places)
        stamp_dossiers(hub, source)
        tasks = [
            *_chores(stop, hub, revocations),
            _lists(stop, places, hub, line),
            *telling(stop, hub, "" if place is None else place[1]),
            TimeWatch(hub.world.guard, _looks(hub, line, source)).run(stop),
        ]
        if line is not None:
            book = wiring_hub.authority_of_parent(places, hub, line, source)
            tasks += [_uplink(hub, line).run(stop), *_asking(stop, nudges, line, box=RotationBox(places), book=book)]
        if source is not None:
            tasks.append(source.loop.run(stop))
        try:
            await together(stop, *tasks)
        finally:
            if console is not None:
                await console.close()
            await server.close()
            await revocations.close()
            for used in (line, source.line if source else None):
                if used is not None:
                    await used.close()


async def _console(places: Places, hub: Hub, passphrase: bytes | None) -> tuple[Served | None, tuple[str, str] | None]:
    """The console on its own listener, and where people find it; nothing where its operator wants none."""
    face = console_face(load.read_hub_file(places))
    if not face.listen:
        return None, None
    host, port = address(face.listen)
    tls = people_tls(places, face, clock=hub.world.clock, rng=hub.world.rng, passphrase=passphrase)
    way = WayHere(names=dns_names(face), site=site_name(face), url=face.url)
    given = openid_given(places, "hub", clock=hub.world.clock)
    app = console_application(hub, way=way, trusting=tls.trusting, openid=given)
    with told_by_setting(places.settings("hub"), face.listen):
        served = await start(app, host=host, port=port, ssl_context=tls.context)
    return served, ("console", shown_address(face, tls, served.port))


def _operations(tls: ssl.SSLContext) -> dict[str, Operation]:
    """What other commands may have done; who is let in by one of them may connect at once."""

    def letting_in(operation: Operation) -> Operation:
        def perform(served: Hub, arguments: Mapping[str, Any]) -> Any:
            answer = operation(served, arguments)
            trust(tls, _clients(served))
            return answer

        return perform

    return {**HUB_OPERATIONS, **{name: letting_in(HUB_OPERATIONS[name]) for name in LETTING_IN}}


def _chores(stop: asyncio.Event, hub: Hub, revocations: RevocationFetcher) -> list[Awaitable[None]]:
    """What is done again and again, each at its own pace."""

    async def keep_house() -> None:
        await asyncio.to_thread(hub.housekeeping)

    async def look_into_files() -> None:
        await asyncio.to_thread(hub.files.complete)

    async def sweep_sessions() -> None:
        await asyncio.to_thread(hub.staff.sessions.sweep)

    async def tally() -> None:
        await asyncio.to_thread(hub.tallies.daily)

    async def look_up() -> None:
        await asyncio.to_thread(hub.standing.enlist)
        if await asyncio.to_thread(revocations.has_changed):
            await asyncio.to_thread(hub.standing.hurry)
            await asyncio.to_thread(hub.files.signers.hurry)
        for known in (hub.standing, hub.files.signers):
            for chain in await asyncio.to_thread(known.due):
                collected = await revocations.collect(chain)
                await asyncio.to_thread(known.judge, chain, collected)
        await asyncio.to_thread(hub.standing.unchecked.alarm)

    return [
        every(stop, hub.world.settings.checkpoint_every.total_seconds(), keep_house, name="house"),
        every(stop, FILES_EVERY, look_into_files, name="files"),
        every(stop, SWEEP_EVERY, sweep_sessions, name="sessions"),
        every(stop, SWEEP_EVERY, tally, name="tally"),
        every(stop, LOOK_UP_EVERY, look_up, name="revocation"),
    ]


def telling(stop: asyncio.Event, hub: Hub, sign_in: str) -> Iterator[Awaitable[None]]:
    """A loop for each destination: one that does not answer holds up no other."""
    bulletins = HubBulletins(hub)
    bulletins.tidy()
    rounds = BulletinRounds(bulletins, sign_in=sign_in, run_in_thread=asyncio.to_thread)
    for name in bulletins.destinations:
        yield every(stop, TELL_EVERY, partial(rounds.round, name), name="bulletin")


def _asking(
    stop: asyncio.Event,
    nudges: Sequence[asyncio.Event],
    line: HttpHub,
    *,
    box: RotationBox,
    book: authority_book.AuthorityBook,
) -> list[Awaitable[None]]:
    """What the hub above is asked now and then, and at once when nudged."""
    rotation, authority = nudges
    return [
        every(stop, EVERY, partial(box.carry, line), name="rotation", nudge=rotation),
        every(stop, authority_book.EVERY, partial(book.follow, line), name="authority", nudge=authority),
    ]


def _lists(stop: asyncio.Event, places: Places, hub: Hub, line: HttpHub | None) -> Awaitable[None]:
    """Revocation lists: our own as a file for others, and all of them with the hub above. Changed files on record."""
    lists = hub.standing.lists

    async def exchange() -> None:
        await asyncio.to_thread(note_configuration, hub.world, configuration(places))
        await asyncio.to_thread(lambda: publish_lists(places, hub.world.settings.id, lists.named()))
        if line is not None:
            with contextlib.suppress(HubUnreachable):  # the uplink tells of it
                found = await line.revocation_lists(await asyncio.to_thread(lists.every))
                await asyncio.to_thread(lambda: lists.take(found, source=hub.world.settings.parent or ""))

    return every(stop, LISTS_EVERY, exchange, name="lists")


def _uplink(hub: Hub, line: HttpHub) -> Uplink:
    return Uplink(
        hub.world,
        line,
        dispatch=hub.dispatch,
        relay=hub.relay,
        returns=hub.returns,
        trust_lists=hub.trust_lists,
        line=hub.uplink,
        witnessing=Witnessing(hub, line.log).round,
        tallying=TallyRounds(hub.tallies, line.tallies, hub.world.settings.parent or "", asyncio.to_thread).once,
    )


def _looks(hub: Hub, line: HttpHub | None, source: ChosenSource | None) -> dict[str, Look]:
    """Whom this hub may ask for the time: not itself."""
    looks: dict[str, Look] = {}
    if line is not None:
        looks[PARENT] = ask_parent(line, hub.world.guard, hub.world.clock)
    if source is not None and source.line is not None:
        looks["time-stamps"] = source.loop.look
    return looks


def _clients(hub: Hub) -> tuple[str, ...]:
    return hub.registry.tls_certificates()
