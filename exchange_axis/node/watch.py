"""The watch over the node's own certificates: who cannot sign from when on (R44)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from exchange_axis.domain.expiry import step
from exchange_axis.node.world import NodeWorld
from signing.certificates import fingerprint, subject_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    fingerprint: str
    subject: str
    use: str
    """agency-seal, node-seal or tls of this node; root of those it trusts."""
    holder: str
    codes: tuple[str, ...]
    not_after: datetime
    step: int | None
    """Days of the warning that is reached; 0 when it has ended; None while there is time."""
    revocation: None = None
    """Looked up by the hub, not here."""
    why: None = None
    judged_at: None = None


def certificates(world: NodeWorld) -> list[Watched]:
    """Soonest to end first."""
    return sorted(_all(world, world.clock.now()), key=lambda one: (one.not_after, one.use, one.codes))


def ending(world: NodeWorld) -> list[Watched]:
    """Those whose end is near or past."""
    return [one for one in certificates(world) if one.step is not None]


def _all(world: NodeWorld, now: datetime) -> Iterator[Watched]:
    node = world.settings.node_id
    for code, seal in sorted(world.seals.items()):
        yield _watched(seal.certificate, "agency-seal", holder=node, codes=(code,), now=now)
    yield _watched(world.node_seal.certificate, "node-seal", holder=node, now=now)
    if world.tls is not None:
        yield _watched(world.tls, "tls", holder=node, now=now)
    for root in world.anchors().certificates:
        yield _watched(root, "root", holder="", now=now)


def _watched(
    certificate: x509.Certificate, use: str, *, holder: str, now: datetime, codes: tuple[str, ...] = ()
) -> Watched:
    return Watched(
        fingerprint=fingerprint(certificate),
        subject=subject_text(certificate),
        use=use,
        holder=holder,
        codes=codes,
        not_after=certificate.not_valid_after_utc,
        step=step(certificate.not_valid_after_utc, now),
    )
