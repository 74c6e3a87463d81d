"""A node in numbers for Prometheus; what a label may be: `web.shared.exposition`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from exchange_axis.domain.consignment import Lane
from exchange_axis.node.service import Node
from exchange_axis.node.watch import certificates
from exchange_axis.store.node.gauges import NodeRowsCounted
from exchange_axis.web.shared.exposition import (
    Family,
    build_info,
    bulletins,
    counter,
    exposed,
    gauge,
    number,
    readiness,
)


def node_metrics(node: Node) -> bytes:
    """Asks the database; for a thread."""
    found = node.world.store.read(lambda unit: unit.counted())
    return exposed(
        [
            build_info("node"),
            *readiness(node.readiness.look()),
            *_queue(node, found),
            *_mail(found),
            *_host(node),
        ]
    )


def _queue(node: Node, found: NodeRowsCounted) -> Iterator[Family]:
    empty = {(lane.value,): 0.0 for lane in Lane}
    now = node.world.clock.now()
    counts = empty | {(one.lane,): float(one.count) for one in found.queued}
    ages = empty | {(one.lane,): (now - one.oldest).total_seconds() for one in found.queued}
    retries = empty | {(one.lane,): float(one.retries) for one in found.queued}
    yield gauge("outbox_queued", "Consignments without the hub's answer.", ("lane",), counts)
    yield gauge("outbox_oldest_age_seconds", "Since the oldest of them was queued.", ("lane",), ages)
    yield gauge("outbox_retries", "Their tries beyond the first.", ("lane",), retries)


def _mail(found: NodeRowsCounted) -> Iterator[Family]:
    outbox = {labels: float(count) for labels, count in found.outbox.items()}
    yield gauge("outbox", "Consignments made here.", ("kind", "state"), outbox)
    inbox = {(progress,): float(count) for progress, count in found.inbox.items()}
    yield gauge("inbox_letters", "Letters received, by the last status said about them.", ("status",), inbox)
    yield number("receipts_without_proof", "Receipts whose log proof is still asked for.", found.unproved)
    yield from bulletins(found.bulletins)
    alarms = {(code,): float(count) for code, count in found.alarms.items()}
    yield counter("alarms", "Alarms raised, by code.", ("code",), alarms)


def _host(node: Node) -> Iterator[Family]:
    now, left = node.world.clock.now(), dict[tuple[str, ...], float]()
    for one in certificates(node.world):
        seconds = (one.not_after - now).total_seconds()
        left[one.use,] = min(seconds, left.get((one.use,), seconds))
    says = "Until the first certificate of this use ends."
    yield gauge("certificate_remaining_seconds", says, ("use",), left)
    disk = shutil.disk_usage(node.world.settings.staging)
    yield number("disk_free_bytes", "Where containers are stored.", disk.free)
    yield number("disk_size_bytes", "Of that file system.", disk.total)
    yield number("line_up", "1 if the hub answered last.", node.line.is_sure)
