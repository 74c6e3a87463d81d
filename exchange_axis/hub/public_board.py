"""What the public may see of what is overdue: the signed list, made anew now and then and not for every visitor.

It names agencies, heads and letters of apology, and letters by number; never what a letter says.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from exchange_axis.hub.apologies import Apologies, SignedList
from exchange_axis.hub.world import World
from signing.certificates import fingerprint

FRESH = 300.0
"""Seconds for which one list is shown to everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    listed: SignedList
    sha256: str
    """Of the signed file."""
    seal: str
    """Fingerprint of the certificate that sealed it."""


class PublicBoard:
    """Safe from any thread."""

    def __init__(self, world: World, apologies: Apologies) -> None:
        self._world = world
        self._apologies = apologies
        self._lock = threading.Lock()
        self._known: tuple[float, Board] | None = None

    def look(self) -> Board:
        with self._lock:
            now = self._world.clock.monotonic()
            if self._known is None or not 0 <= now - self._known[0] < FRESH:
                listed = self._apologies.signed_list()
                sha256 = hashlib.sha256(listed.content).hexdigest()
                seal = fingerprint(self._world.issuer.certificate)
                self._known = (now, Board(listed=listed, sha256=sha256, seal=seal))
            return self._known[1]
