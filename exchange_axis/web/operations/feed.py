"""The hub for an operations centre: one JSON document of key figures, the same members always (R96)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period
from exchange_axis.hub.indicators import Wanted
from exchange_axis.hub.metering import Gauges
from exchange_axis.hub.searching import Sees
from exchange_axis.hub.service import Hub
from exchange_axis.web.shared.health import readiness_json
from exchange_axis.wire.hub_json import dump
from exchange_axis.wire.times import to_text

FORM = "exchange-axis/operations/1"
FIGURES = ("letters", "deliveries", "handed_over", "accepted", "completed", "refused", "failed", "recalls", "urgent",
           "urgent_met", "same_day", "fully_valid", "paperless")  # fmt: skip
"""Sums of a period, as the indicators count them."""
MINUTE = timedelta(minutes=1)


def feed_of(hub: Hub) -> tuple[bytes, str]:
    """The document and its entity tag, which stays while no figure changes. Asks the database; for a thread."""
    hub.inquiry.trailing.follow()  # states and periods speak of the same moment
    found = hub.metering.look()
    figures = {
        "form": FORM,
        "hub": {"id": hub.world.settings.id, "name": hub.world.settings.name, "parent": hub.world.settings.parent},
        "ready": readiness_json(hub.readiness.look(), details=True),
        "queue": _queue(found),
        "deliveries": dict(sorted(found.deliveries.items())),
        "periods": _periods(hub, found),
        "log": {"entries": found.log_size, "unnumbered": found.log_waiting, "sound": found.log_sound},
        "clock": {"right": found.clock_right},
        "certificates_days": {use: int(left // 86_400) for use, left in sorted(found.certificates.items())},
        "peers": [
            {"kind": kind, "state": state, "count": count} for (kind, state), count in sorted(found.peers.items())
        ],
        "dark_nodes": found.dark,
        "tallies_yesterday": dict(found.tallies),
    }
    tag = hashlib.sha256(dump(figures)).hexdigest()[:32]
    return dump({**figures, "at": to_text(found.at.replace(microsecond=0))}), f'"{tag}"'


def _queue(found: Gauges) -> list[dict[str, object]]:
    """Ages in whole minutes, so that the tag does not change with every look."""
    return [
        {
            "lane": one.lane,
            "state": one.state,
            "count": one.count,
            "oldest_minutes": max(0, (found.at - one.oldest) // MINUTE),
            "retries": one.retries,
        }
        for one in sorted(found.waiting, key=lambda one: (one.lane, one.state))
    ]


def _periods(hub: Hub, found: Gauges) -> dict[str, dict[str, object]]:
    today = day_of(found.at)
    periods = {
        "today": Period(first=today, last=today),
        "month": Period(first=today.replace(day=1), last=today),
        "year": Period(first=today.replace(month=1, day=1), last=today),
    }
    sums = hub.inquiry.indicators.sums
    return {name: _figures(sums(Wanted(period=one), sees=Sees()), one) for name, one in periods.items()}


def _figures(sums: Mapping[str, int], period: Period) -> dict[str, object]:
    figures = {name: sums[name] for name in FIGURES}
    return {"first": period.first.isoformat(), "last": period.last.isoformat(), **figures}
