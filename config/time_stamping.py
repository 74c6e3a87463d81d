"""Who stamps a hub's checkpoints: the source that its settings name, the roots it is believed by, and the loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from adapters.tsa import HttpTimestamps
from config.load import read_hub_file, uplink_answer
from config.places import Places
from config.settings import WrongSettings
from config.wiring import reloading_anchors
from exchange_axis.hub.service import Hub
from exchange_axis.hub.stamping import Stamping
from exchange_axis.ports import TimestampSource
from exchange_axis.web.shared.tls import client_context
from signing.timestamps import Timestamp
from signing.trust import TrustAnchors

PARENT = "parent"
OFF = "off"
PATH = "v1/tsa"
"""Where a hub serves time-stamps to its peers."""
PATIENCE = 60.0
"""Seconds that a dossier waits for its time-stamp; then it goes without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSource:
    loop: Stamping
    line: HttpTimestamps | None
    """To be closed in the end; None: the hub's own service."""


def stamping_of(places: Places, hub: Hub, passphrase: bytes | None = None) -> ChosenSource | None:
    """The loop over the source of `time_stamps`; None where nobody stamps.

    Raises:
        WrongSettings: "parent" without a hub above.
        NoTrustAnchors, KeyMissing: `time_stamp_roots`.
    """
    file = read_hub_file(places)
    if file.time_stamps == OFF or (not file.time_stamps and not hub.time_stamping.is_open):
        return None
    anchors = _anchors(places, file.time_stamp_roots)
    if not file.time_stamps:
        # Our own word about our own clock: no guard learns from it.
        return ChosenSource(loop=_loop(hub, hub.time_stamping, anchors, outside=False), line=None)
    line = _parent(places, passphrase) if file.time_stamps == PARENT else HttpTimestamps(file.time_stamps)
    return ChosenSource(loop=_loop(hub, line, anchors, outside=True), line=line)


def stamp_dossiers(hub: Hub, source: ChosenSource | None) -> None:
    """Dossiers, which are made in threads, get their time-stamps from the same source; call it in the event loop."""
    if source is None:
        hub.dossiers.backing.stamp_with(None)
        return
    running, stamping = asyncio.get_running_loop(), source.loop

    def stamp(octets: bytes) -> Timestamp:
        return asyncio.run_coroutine_threadsafe(stamping.stamp(octets), running).result(PATIENCE)

    hub.dossiers.backing.stamp_with(stamp, stamping.anchors)


def _loop(hub: Hub, source: TimestampSource, anchors: Callable[[], TrustAnchors], *, outside: bool) -> Stamping:
    return Stamping(hub.world, hub.stamps, source, anchors=anchors, guard=hub.world.guard if outside else None)


def _anchors(places: Places, roots: str) -> Callable[[], TrustAnchors]:
    if not roots:
        return reloading_anchors(places.trust)
    found = TrustAnchors.from_path(places.root / roots)
    return lambda: found


def _parent(places: Places, passphrase: bytes | None) -> HttpTimestamps:
    answer = uplink_answer(places)
    if answer is None:
        raise WrongSettings(file=places.settings("hub"), what="time_stamps is parent, but there is no hub above")
    roots = [(places.uplink / "hub-ca.pem").read_text(encoding="ascii")]
    files = places.uplink / "tls.pem", places.uplink / "tls.key"
    return HttpTimestamps(f"{answer['url']}/{PATH}", client_context(roots, *files, passphrase=passphrase))
