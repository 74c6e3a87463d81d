"""A hub in numbers for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.lifecycle import DeliveryState, ShipmentState
from exchange_axis.hub.metering import REFUSED, SIGNATURES, VERIFICATION, Gauges
from exchange_axis.hub.service import Hub
from exchange_axis.web.shared.exposition import (
    Family,
    Values,
    build_info,
    bulletins,
    counter,
    exposed,
    gauge,
    histogram,
    number,
    readiness,
)

_LANE = ("lane",)


def hub_metrics(hub: Hub) -> bytes:
    """Asks the database; for a thread."""
    found = hub.metering.look()
    return exposed(
        [
            build_info("hub"),
            *readiness(hub.readiness.look()),
            *_queue(found),
            *_work(hub),
            *_log(found),
            *_host(found),
            *_neighbours(found),
            *bulletins(found.bulletins),
        ]
    )


def _queue(found: Gauges) -> Iterator[Family]:
    empty = {(lane.value,): 0.0 for lane in Lane}

    def lanes(state: ShipmentState) -> Values:
        return empty | {(one.lane,): float(one.count) for one in found.waiting if one.state == state.value}

    yield gauge("queue_shipments", "Shipments that wait for their next hop.", _LANE, lanes(ShipmentState.QUEUED))
    yield gauge("leases", "Shipments that are lent to a peer now.", _LANE, lanes(ShipmentState.LEASED))
    ages, retries = dict(empty), dict(empty)
    for one in found.waiting:
        ages[one.lane,] = max(ages[one.lane,], (found.at - one.oldest).total_seconds())
        retries[one.lane,] += one.retries
    yield gauge("queue_oldest_age_seconds", "Since the oldest letter that waits came to this hub.", _LANE, ages)
    yield gauge("queue_retries", "Tries beyond the first, of what waits or is lent.", _LANE, retries)
    states = {(state.value,): float(found.deliveries.get(state.value, 0)) for state in DeliveryState}
    yield gauge(
        "deliveries", "Deliveries by state, all that are kept, as far as the log has been followed.", ("state",), states
    )


def _work(hub: Hub) -> Iterator[Family]:
    meters = hub.metering.meters
    says = "How long the check of a container took, signature and rules together."
    yield histogram("verification_seconds", says, "way", meters.measured(VERIFICATION))
    refused = meters.counted(REFUSED)
    codes = {(code,): float(count) for code, count in refused.items()}
    yield counter("refusals", "Submissions and relays refused, by each code given.", ("code",), codes)
    signatures = {labels: count for labels, count in codes.items() if labels[0].startswith(SIGNATURES)}
    yield counter("signature_failures", "Those whose signature or certificate did not count.", ("code",), signatures)


def _log(found: Gauges) -> Iterator[Family]:
    yield number("log_entries", "Numbered entries of the log.", found.log_size)
    yield number("log_unnumbered_entries", "Entries without a number, at most 1000 are counted.", found.log_waiting)
    yield number("log_checkpoint_age_seconds", "Since the newest checkpoint was signed.", found.checkpoint_age)
    yield number("log_sound", "0 if the log contradicts what others have seen.", found.log_sound)


def _host(found: Gauges) -> Iterator[Family]:
    left = {(use,): seconds for use, seconds in found.certificates.items()}
    says = "Until the first certificate of this use ends."
    yield gauge("certificate_remaining_seconds", says, ("use",), left)
    yield number("clock_offset_seconds", "Our clock minus that of others.", found.clock_offset)
    yield number("clock_right", "0 if evidence stops because of the clock.", found.clock_right)
    yield number("disk_free_bytes", "Where containers are stored.", found.disk_free)
    yield number("disk_size_bytes", "Of that file system.", found.disk_total)


def _neighbours(found: Gauges) -> Iterator[Family]:
    peers = {labels: float(count) for labels, count in found.peers.items()}
    yield gauge("peers", "Nodes and hubs known here.", ("kind", "state"), peers)
    yield number("dark_nodes", "Approved nodes that nobody has seen for a while.", found.dark)
    results = {(word,): float(count) for word, count in found.tallies.items()}
    yield gauge("tally_neighbours", "Neighbours by result of yesterday's tally.", ("result",), results)
