"""Who has something to do: most steps go there, because an idle step finds nothing out."""

from __future__ import annotations

from collections.abc import Iterator

from exchange_axis.hub.feeds import News
from exchange_axis.store import Connection
from exchange_axis.store.hub import records
from exchange_axis.store.node.unit import NodeUnit
from tests.prove.simulation.world import Federation, HubPlace, NodePlace

Job = tuple[str, str]
"""Name of a place and step."""


def agents(federation: Federation) -> list[Job]:
    news = {name: hub.hub.feeds.news() for name, hub in federation.hubs.items()}
    return [(node.name, step) for node in federation.nodes.values() for step in _of_node(node, news[node.home])]


def uplinks(federation: Federation) -> list[Job]:
    news = {name: hub.hub.feeds.news() for name, hub in federation.hubs.items()}
    return [
        (hub.name, step)
        for hub in federation.hubs.values()
        if hub.parent is not None
        for step in _of_uplink(hub, hub.parent, news[hub.parent], news[hub.name])
    ]


def _of_node(place: NodePlace, news: News) -> Iterator[str]:
    now = place.node.world.clock.now()

    def look(unit: NodeUnit) -> tuple[bool, int, bool, bool]:
        return (
            bool(unit.outbox.due(now, limit=1)),
            unit.records.feed_position(),
            bool(unit.inbox.owing()),
            bool(unit.records.without_proof(now, limit=1)),
        )

    due, position, owing, unproved = place.node.world.store.read(look)
    if due:
        yield "push"
    if place.name in news.mail:
        yield "pull"
    if news.heads.get(place.name, 0) > position:
        yield "feed"
    if owing:
        yield "duties"
    if unproved:
        yield "proofs"


def _of_uplink(place: HubPlace, parent: str, above: News, here: News) -> Iterator[str]:
    def look(connection: Connection) -> tuple[int, int]:
        return records.cursor(connection, parent), records.feed_read(connection, parent)

    taken, brought = place.hub.world.transactions.read(look)
    if parent in here.mail:
        yield "push"
    if place.name in above.mail:
        yield "pull"
    if here.heads.get(parent, 0) > brought:
        yield "home"
    if above.heads.get(place.name, 0) > taken:
        yield "feed"
