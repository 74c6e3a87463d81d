"""One letter as an auditor sees it: history cut to his territory and period, content for a stated reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from exchange_axis.errors import NotFound
from exchange_axis.hub.access import Access
from exchange_axis.hub.auditing import Auditing, DeliveryView, History
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.reports import Reports, SealedReport
from exchange_axis.hub.searching import Sees, parties, scope_of
from exchange_axis.hub.sight import Sight, sight_of_territory, whole_sight
from exchange_axis.hub.trailing import day_of
from exchange_axis.hub.world import World
from exchange_axis.pipeline.dossier import Packed
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub.trail_search import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one asker sees of one letter."""

    history: History
    names: Mapping[str, tuple[str, str]]
    """Code → name on the day of the letter, and today."""
    trace: Mapping[str, tuple[str, ...]]
    """Recipient → the hops that its delivery took as far as is known here: who brought it, hubs, who got it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    id: str
    sha256: str
    document: bytes


class Viewing:
    def __init__(
        self, world: World, auditing: Auditing, *, reports: Reports, access: Access, directory: DirectoryService
    ) -> None:
        self._world = world
        self._auditing = auditing
        self._reports = reports
        self._access = access
        self._directory = directory

    def letter(self, consignment_id: str, *, sees: Sees) -> tuple[Seen, ...]:
        """One, or several where senders used the same id.

        Raises:
            NotFound: nothing by that id, or nothing that the asker may see.
        """
        scope = scope_of(sees, self._directory.current())
        found = self._auditing.history_seen(consignment_id, lambda connection, row: _sight(connection, row, scope))
        return tuple(self._seen(one) for one in found)

    def visible(self, consignment_ids: Collection[str], *, sees: Sees) -> Mapping[str, frozenset[str]]:
        """Of each letter that this hub has, the recipients whose deliveries the asker may see."""
        scope = scope_of(sees, self._directory.current())

        def work(connection: Connection) -> Mapping[str, frozenset[str]]:
            found: dict[str, frozenset[str]] = {}
            for row in (row for name in consignment_ids for row in mail.consignments_by_id(connection, name)):
                sight = _sight(connection, row, scope)
                seen = () if sight is None else sight.deliveries
                codes = {code for one in seen for code in (one.recipient, one.final_recipient)}
                found[row.consignment_id] = found.get(row.consignment_id, frozenset()) | codes
            return found

        return self._world.transactions.read(work)

    def dossier(self, consignment_id: str, *, sees: Sees, actor: str, reason: str) -> Packed:
        """Raises NotFound, ReasonMissing, DossierTooLarge."""
        agency = self._agency(consignment_id, sees)
        self._access.read(actor, "dossier", consignment_id, reason=reason)
        return self._reports.dossiers.write(consignment_id, agency=agency, actor=actor)

    def verify(self, consignment_id: str, *, sees: Sees, actor: str, reason: str) -> SealedReport:
        """The same judgement as `axis verify` makes of the dossier. Raises NotFound, ReasonMissing."""
        agency = self._agency(consignment_id, sees)
        self._access.read(actor, "verify", consignment_id, reason=reason)
        return self._reports.make(consignment_id, agency=agency, actor=actor)

    def _agency(self, consignment_id: str, sees: Sees) -> str | None:
        """As whose reader the asker gets content: None for all of it.

        Raises:
            NotFound.
        """
        scope = scope_of(sees, self._directory.current())

        def work(connection: Connection) -> list[tuple[mail.ConsignmentRow, Sight | None]]:
            rows = [row for row in mail.consignments_by_id(connection, consignment_id) if row.kind == "letter"]
            return [(row, _sight(connection, row, scope)) for row in rows]

        found = self._world.transactions.read(work)
        seen = [(row, sight) for row, sight in found if sight is not None]
        if not seen:
            raise NotFound(what=consignment_id)
        if all(scope.codes_on(day_of(row.received_at)) is None for row, _ in found):
            return None
        row, sight = seen[0]
        if sight.whole:
            return row.sender
        codes, first = scope.codes_on(day_of(row.received_at)) or frozenset(), sight.deliveries[0]
        return first.recipient if first.recipient in codes else first.final_recipient

    def receipt(self, consignment_id: str, sha256: str, *, sees: Sees) -> Receipt:
        """A piece of evidence about the letter, as it was sealed.

        Raises:
            NotFound: nothing by that id or digest, or nothing that the asker may see.
        """
        if sha256 not in {row.sha256 for one in self.letter(consignment_id, sees=sees) for row in one.history.evidence}:
            raise NotFound(what=sha256[:64])
        found = self._world.transactions.read(lambda connection: records.evidence_by_digest(connection, [sha256]))
        return Receipt(id=found[sha256].id, sha256=sha256, document=found[sha256].document)

    def _seen(self, history: History) -> Seen:
        codes = {history.sender, *(code for one in history.deliveries for code in (one.recipient, one.final_recipient))}
        directory = self._directory.current()

        def work(connection: Connection) -> Seen:
            names = parties(connection, codes, history.received_at, directory)
            row = mail.consignment(connection, history.sender, history.consignment_id)
            came_from = "" if row is None else row.upstream
            trace = {one.recipient: self._hops(history, one, came_from=came_from) for one in history.deliveries}
            return Seen(history=history, names=names, trace=trace)

        return self._world.transactions.read(work)

    def _hops(self, history: History, delivery: DeliveryView, *, came_from: str) -> tuple[str, ...]:
        """Hubs beyond this one are known by what they said about this delivery, in order of time."""
        beyond = [row.issuer for row in history.evidence if row.recipient in {delivery.recipient, None}]
        return tuple(dict.fromkeys(filter(None, (came_from, self._world.settings.id, delivery.peer, *beyond))))


def _sight(connection: Connection, row: mail.ConsignmentRow, scope: Scope) -> Sight | None:
    codes = scope.codes_on(day_of(row.received_at))
    return whole_sight(connection, row) if codes is None else sight_of_territory(connection, row, codes)
