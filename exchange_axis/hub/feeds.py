"""The event feed of each peer, and the look by which open polls learn that something lies ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exchange_axis.hub.world import World
from exchange_axis.ports import FeedItem
from exchange_axis.store import Connection
from exchange_axis.store.hub import records, waiting
from exchange_axis.store.hub.disposals import SPEAKING
from exchange_axis.store.hub.peers import PeerRow

BUDGET = 8 * 1024 * 1024
"""Bytes of documents in one reading: a feed full of large statuses comes in more pieces, not in a larger one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """For whom something lies ready at one moment."""

    mail: frozenset[str]
    """Peers with a shipment to lease."""
    heads: Mapping[str, int]
    """Highest feed number by peer."""


class Feeds:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, peer: PeerRow, *, after: int, limit: int) -> tuple[FeedItem, ...]:
        """Entries numbered above `after`, in order, without holes; asking confirms everything up to `after`.

        As many as fit into BUDGET, at most `limit`, and at least one if there is one.
        """

        def look(connection: Connection) -> tuple[tuple[FeedItem, ...], int]:
            items: list[FeedItem] = []
            size = 0
            for entry in records.feed_after(connection, peer.id, after, limit):
                item = _item(connection, entry)
                size += sum(len(document.content) for document in item.documents)
                if items and size > BUDGET:
                    break
                items.append(item)
            return tuple(items), records.feed_read(connection, peer.id)

        items, confirmed = self._world.transactions.read(look)
        if confirmed < after:
            self._world.transactions.run(lambda connection: records.confirm_feed(connection, peer.id, after))
        return items

    def news(self) -> News:
        now = self._world.issuer.now()

        def look(connection: Connection) -> News:
            return News(mail=waiting.peers_with_mail(connection, now), heads=waiting.feed_heads(connection))

        return self._world.transactions.read(look)


def _item(connection: Connection, entry: records.FeedEntry) -> FeedItem:
    """A peer that reads again what it had confirmed gets statuses and notices only as far as they are not erased.

    Raises:
        KeyError: another document is not here.
    """
    documents = records.known_documents(connection, [digest for _, digest in entry.documents])
    missing = {digest for kind, digest in entry.documents if kind not in SPEAKING} - {one.sha256 for one in documents}
    if missing:
        raise KeyError(*missing)
    return FeedItem(
        number=entry.number,
        kind=entry.kind,
        consignment_id=entry.consignment_id,
        recipient=entry.recipient,
        at=entry.at,
        documents=documents,
    )
