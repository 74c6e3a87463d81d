"""New keys in the hub's own hand: its TLS server certificate and its time-stamping certificate.

1. Nobody has to be told: both come from this hub's own authority, which peers trust as such.
2. The old certificate stays valid until it ends: connections under way and time-stamps made go on counting.
3. The decision is stored before a file changes. Cut off before it, what was prepared is forgotten at the next start;
   cut off after it, the next start finishes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from cryptography import x509

from exchange_axis.errors import NotFound
from exchange_axis.hub.watch import CertificateWatch
from exchange_axis.hub.world import World
from exchange_axis.store.hub import records
from signing.certificates import fingerprint

ACTION: Final = "hub.rotate"


class OwnKey(StrEnum):
    TLS = "tls"
    TSA = "tsa"


class KeyRoom(Protocol):
    """The hub's own keys as files. What returns is durable."""

    def has(self, name: OwnKey) -> bool:
        """The hub has such a key."""
        ...

    def prepare(self, name: OwnKey) -> x509.Certificate:
        """Make a key and its certificate, beside those in use.

        Raises:
            RotationUnderWay, NotOurCertificate, refusals of key files.
        """
        ...

    def put(self, name: OwnKey) -> None:
        """Put what is prepared into place; may be repeated."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    name: OwnKey
    fingerprint: str
    not_after: datetime
    live: bool
    """Whether the running hub uses it already."""


class OwnKeys:
    def __init__(self, world: World, room: KeyRoom | None, watch: CertificateWatch) -> None:
        self._world = world
        self._room = room
        self._watch = watch
        self._turn = threading.Lock()
        self._live: dict[OwnKey, Callable[[], None]] = {}

    def when_new(self, name: OwnKey, use: Callable[[], None]) -> None:
        """What a running hub does to use a new key without a restart."""
        self._live[name] = use

    def rotate(self, name: OwnKey, *, actor: str) -> Rotated:
        """Make a new key and use it.

        Raises:
            NotFound: this hub has no such key.
            RotationUnderWay, NotOurCertificate, refusals of key files.
        """
        room = self._room
        if room is None or not room.has(name):
            raise NotFound(what=f"keys/{name}.key")
        with self._turn:
            certificate = room.prepare(name)
            self._decide(name, certificate, actor)
            room.put(name)
            if name in self._live:
                self._live[name]()
            self._watch.renew(name, certificate)
        return Rotated(
            name=name,
            fingerprint=fingerprint(certificate),
            not_after=certificate.not_valid_after_utc,
            live=name in self._live,
        )

    def _decide(self, name: OwnKey, certificate: x509.Certificate, actor: str) -> None:
        at, details = self._world.issuer.now(), decided(certificate)
        self._world.transactions.run(
            lambda connection: records.decide(
                connection, at=at, actor=actor, action=ACTION, subject=name, details=details
            )
        )


def decided(certificate: x509.Certificate) -> str:
    """What the log says of a new certificate of the hub's own."""
    return f"fingerprint={fingerprint(certificate)} until={certificate.not_valid_after_utc.isoformat()}"
