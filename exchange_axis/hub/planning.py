"""Which way each recipient's delivery goes from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.routing import HopKind, route
from exchange_axis.hub.world import HubSettings
from schemas.gate.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One recipient's next hop."""

    code: str
    """As addressed."""
    final: str
    """Who receives: the same, or the open successor."""
    peer: str
    """Node or hub id."""
    local: bool
    """True when the peer is the recipient's own node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    legs: tuple[Leg, ...]
    refused: tuple[tuple[str, Refusal], ...]
    """(code, why) of recipients that cannot be reached from here."""

    def by_peer(self) -> Mapping[str, tuple[Leg, ...]]:
        grouped: dict[str, list[Leg]] = {}
        for leg in self.legs:
            grouped.setdefault(leg.peer, []).append(leg)
        return {peer: tuple(legs) for peer, legs in grouped.items()}


def plan(
    recipients: Sequence[str],
    directory: Directory,
    *,
    settings: HubSettings,
    on: date,
    local: Mapping[str, str],
    came_from: str | None = None,
) -> Plan:
    """Route every recipient from this hub on that day; `came_from` is the hub that brought the consignment."""
    routed = route(recipients, directory, here=settings.id, on=on, local=local, came_from=came_from)
    legs = []
    for code in recipients:
        hop = routed.hop_of(code)
        if hop is not None:
            final = routed.redirects.get(code, code)
            legs.append(Leg(code=code, final=final, peer=hop.id, local=hop.kind is HopKind.LOCAL))
    return Plan(legs=tuple(legs), refused=tuple((refusal.recipient, refusal) for refusal in routed.refusals))
