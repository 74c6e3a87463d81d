"""What anybody may read of the log: checkpoint, tiles, entries, consistency proofs (C2SP tlog-tiles).

Nothing here is secret: an entry is a digest under a random salt (`ledger.leaf`), of which a reader learns that it is
there and nothing else. Tiles are read from the stored hashes, which are one transaction with their checkpoint: what a
checkpoint covers can be served from the moment that anybody can see the checkpoint.
"""

from __future__ import annotations

from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.world import World
from exchange_axis.ledger import tree
from exchange_axis.ledger.errors import NotConsistent, NotIncluded
from exchange_axis.ledger.part import Entry, LogPart
from exchange_axis.ledger.subtree import subtree_path, subtree_proof, subtree_root
from exchange_axis.ledger.tiles import NoSuchTile, Tile, write_bundle
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows


class Tiling:
    def __init__(self, world: World) -> None:
        self._world = world

    def tile(self, tile: Tile) -> bytes:
        """A tile or a bundle of entries, all of which a checkpoint covers.

        Raises:
            NoSuchTile.
        """

        def work(connection: Connection) -> bytes:
            newest = logrows.checkpoint(connection)
            if newest is None or not tile.is_in(newest[0]):
                raise NoSuchTile(path=tile.path)
            if tile.level is None:
                return write_bundle([leaf.data for leaf in logrows.leaves(connection, tile.first, tile.width)])
            nodes = tile.nodes()
            return b"".join(logrows.read_row(connection, nodes[0].level, tile.first, tile.width))

        return self._world.transactions.read(work)

    def part(self, start: int, end: int, sha256: str | None = None) -> LogPart:
        """A part of the log under its newest checkpoint.

        Args:
            sha256: of a logged document whose entry comes with it.

        Raises:
            NotConsistent: no subtree of the log. NotIncluded: the document's entry is not in it.
        """

        def work(connection: Connection) -> LogPart:
            newest, nodes = logrows.checkpoint(connection), StoredNodes(connection)
            size = 0 if newest is None else newest[0]
            path = subtree_proof(nodes, (start, end), size)
            return LogPart(
                start=start,
                end=end,
                root=subtree_root(nodes, (start, end)),
                path=tuple(path),
                checkpoint=b"" if newest is None else newest[1].encode(),
                entry=None if sha256 is None else _entry(connection, sha256, (start, end)),
            )

        return self._world.transactions.read(work)

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Proof that the log of `size2` begins with that of `size1`.

        Raises:
            NotConsistent: there is none between these sizes.
        """

        def work(connection: Connection) -> list[bytes]:
            newest = logrows.checkpoint(connection)
            if newest is None or size2 > newest[0]:
                raise NotConsistent(size1=size1, size2=size2, reason="the log is not as large")
            return tree.consistency_proof(StoredNodes(connection), size1, size2)

        return self._world.transactions.read(work)


def _entry(connection: Connection, sha256: str, part: tuple[int, int]) -> Entry:
    row = logrows.leaves_of(connection, [sha256]).get(sha256)
    if row is None or row.position is None:
        raise NotIncluded(index=-1, size=part[1], reason="no entry of that document")
    path = subtree_path(StoredNodes(connection), row.position, part)
    return Entry(index=row.position, data=row.data, path=tuple(path), salt=row.salt)
