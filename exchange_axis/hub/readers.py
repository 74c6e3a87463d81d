"""For whom a dossier is made: what he sees of a letter, and what its manifest says about that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange_axis.domain.dossier import WHOLE
from exchange_axis.hub.sight import Sight, sight_of_agency, sight_of_peer, whole_sight
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail
from exchange_axis.store.hub.peers import PeerRow


class Reader(Protocol):
    @property
    def scope(self) -> str: ...

    def sight(self, connection: Connection, row: mail.ConsignmentRow) -> Sight | None:
        """None when nothing of it is his business."""
        ...


@dataclass(frozen=True, slots=True)
class Auditor:
    """Whoever runs the hub, for all that it holds or for what one agency may see."""

    agency: str | None

    @property
    def scope(self) -> str:
        return self.agency or WHOLE

    def sight(self, connection: Connection, row: mail.ConsignmentRow) -> Sight | None:
        return whole_sight(connection, row) if self.agency is None else sight_of_agency(connection, row, self.agency)


@dataclass(frozen=True, slots=True)
class Party:
    """A node or hub that asks over its line."""

    peer: PeerRow
    at: datetime

    @property
    def scope(self) -> str:
        return f"peer:{self.peer.id}"

    def sight(self, connection: Connection, row: mail.ConsignmentRow) -> Sight | None:
        return sight_of_peer(connection, row, self.peer, self.at)
