"""The roots of the hub above, at a node or a hub below: a new one is learned from the old one's word."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509

from config.key_pairs import write
from config.places import Places
from config.trust_folder import TrustFolder
from exchange_axis.pipeline.succession import OfferedRoot, linked
from exchange_axis.ports import Clock, HubRefused, HubUnreachable
from exchange_axis.web.shared.tls import trust
from signing.certificates import certificate_pem, fingerprint, load_certificates
from signing.roots import read_rules

EVERY: Final = 300.0
"""Seconds between two questions."""

log = logging.getLogger("axis.trust")


class AuthorityLine(Protocol):
    async def authority(self, *, known: str) -> Sequence[tuple[x509.Certificate, x509.Certificate]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityBook:
    places: Places
    hub: str
    """Id of the hub above."""
    roots: Path
    """PEM of the roots that its TLS certificate is checked against."""
    clock: Clock
    contexts: tuple[ssl.SSLContext, ...] = ()
    """Of running connections, which learn a new root at once."""
    noted: Callable[[str], None] = lambda _fingerprint: None
    """Told of each new root."""

    async def follow(self, line: AuthorityLine) -> int:
        """Ask the hub, and once more when something came: the question says what we have. Returns how many new roots
        are known now."""
        learned = 0
        while True:
            try:
                offered = await line.authority(known=await asyncio.to_thread(self._newest))
            except (HubUnreachable, HubRefused):
                return learned
            roots = [OfferedRoot(root=root, link=link) for root, link in offered]
            fresh = await asyncio.to_thread(self.take, roots)
            if not fresh:
                return learned
            learned += fresh

    def take(self, offered: Sequence[OfferedRoot]) -> int:
        """Keep what follows from a root that is known: for connections and, as the old one, for seals."""
        held = self.roots.read_bytes()
        fresh = linked(load_certificates(held), offered, at=self.clock.now())
        for root in fresh:
            name, pem = f"{self.hub}-{fingerprint(root)[:8]}", certificate_pem(root)
            rule = read_rules(self.places.trust).get(self.hub)
            TrustFolder(self.places.trust).add(name, pem.decode("ascii"), rule)
            held += pem
            write(self.roots, held)  # last: until then it is asked for again
            for context in self.contexts:
                trust(context, [pem.decode("ascii")])
            self.noted(fingerprint(root))
            log.warning("authority.followed hub=%s root=%s", self.hub, fingerprint(root))
        return len(fresh)

    def _newest(self) -> str:
        return fingerprint(load_certificates(self.roots.read_bytes())[-1])
