"""What waits for a second person: roots, the trust list, erasures, the directory, nodes that ask to come in.

It only reads and counts. Each is decided by its own use case, which holds that nobody approves what he proposed.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.hub.directory_desk import DirectoryDesk
from exchange_axis.hub.inviting import Inviting
from exchange_axis.hub.retention_classes import RetentionClasses
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import pending, root_changes, trust_lists
from exchange_axis.store.hub.pending import ErasureProposal
from exchange_axis.store.hub.retention_changes import RetentionChange
from exchange_axis.store.hub.root_changes import ChangeState, RootChange
from exchange_axis.store.hub.trust_lists import Proposal, Refused

LOOKED: int = 500
"""Changes of roots among which the waiting ones are looked for, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    roots: tuple[RootChange, ...]
    trust_list: Proposal | None
    refused_list: Refused | None
    """What the last proposal of a list came to; it waits for nobody."""
    erasures: tuple[ErasureProposal, ...]
    retention: RetentionChange | None
    """Another time for which classes are kept."""
    directory: int
    nodes: int
    approvers: int

    @property
    def count(self) -> int:
        listed = len(self.roots) + len(self.erasures) + (self.trust_list is not None) + (self.retention is not None)
        return listed + self.directory + self.nodes


class PendingView:
    def __init__(self, world: World, desk: DirectoryDesk, inviting: Inviting) -> None:
        self._world = world
        self._desk = desk
        self._inviting = inviting

    def view(self) -> Pending:
        def work(
            connection: Connection,
        ) -> tuple[tuple[RootChange, ...], Proposal | None, Refused | None, tuple[ErasureProposal, ...]]:
            roots = root_changes.every(connection, limit=LOOKED)
            waiting = tuple(one for one in roots if one.state is ChangeState.WAITING)
            proposed, refused = trust_lists.proposal(connection), trust_lists.refused(connection)
            return waiting, proposed, refused, pending.erasures(connection)

        roots, trust_list, refused_list, erasures = self._world.transactions.read(work)
        return Pending(
            roots=roots,
            trust_list=trust_list,
            refused_list=refused_list,
            erasures=erasures,
            retention=RetentionClasses(self._world).waiting(),
            directory=self._desk.waiting(),
            nodes=self._inviting.waiting(),
            approvers=self._world.settings.trust_approvers,
        )
