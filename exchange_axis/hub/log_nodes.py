"""The stored tree inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exchange_axis.ledger.tree import Node
from exchange_axis.store import Connection
from exchange_axis.store.hub import logrows


class StoredNodes:
    """A `NodeStore` over the hub's tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        return logrows.read_nodes(self._connection, [(node.level, node.index) for node in nodes])

    def write(self, nodes: Mapping[Node, bytes]) -> None:
        logrows.write_nodes(self._connection, {(node.level, node.index): value for node, value in nodes.items()})
