"""The registry officer's desk: the directory looked up, and changes of it that one proposes and another approves.

Rules of this file:
1. What is proposed is the whole directory as it would be, checked before it waits; what is approved is that very text.
2. A proposal starts from a version. If another came into force meanwhile it is out of date and must be made anew.
3. Whoever proposes does not approve, unless the settings say that one person is enough. He says why. Each step is on
   record with the version before and after, and the versions are kept: what changed can be read for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.agency_search import AgencyIndex
from exchange_axis.domain.directory import Directory, Resolution
from exchange_axis.domain.directory_difference import Difference, difference
from exchange_axis.domain.directory_text import from_csv, from_toml, to_toml
from exchange_axis.domain.reasons import stated
from exchange_axis.domain.two_people import OTHER_PERSON_EN, OTHER_PERSON_VI, may_approve
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import agency_names, directory_changes, peers, records
from exchange_axis.store.hub.directory_changes import DirectoryChange
from exchange_axis.store.hub.peers import BoundCertificate
from exchange_axis.store.hub.root_changes import ChangeState

FOUND: Final = 50
SHOWN: Final = 100
HEAD_LENGTH: Final = 200


class DirectorySame(AxisError):
    code: ClassVar[str] = "directory.same"
    vi: ClassVar[str] = "Không có gì thay đổi so với danh mục đang dùng"
    en: ClassVar[str] = "Nothing differs from the directory in force"


class DirectoryStale(AxisError):
    code: ClassVar[str] = "directory.stale"
    vi: ClassVar[str] = "Danh mục đã đổi từ khi đề nghị {number} được lập"
    en: ClassVar[str] = "The directory has changed since proposal {number} was made"
    remedy_vi: ClassVar[str] = "Từ chối đề nghị này và lập lại từ danh mục đang dùng"
    remedy_en: ClassVar[str] = "Refuse this one and make it again from the directory in force"


class DirectoryApproverSame(AxisError):
    code: ClassVar[str] = "directory.same-approver"
    vi: ClassVar[str] = "{actor} đã đề nghị thay đổi này nên không tự duyệt được"
    en: ClassVar[str] = "{actor} proposed this change and cannot approve it"
    remedy_vi: ClassVar[str] = OTHER_PERSON_VI
    remedy_en: ClassVar[str] = OTHER_PERSON_EN


class DirectoryDecided(AxisError):
    code: ClassVar[str] = "directory.decided"
    vi: ClassVar[str] = "Đề nghị {number} đã được xử lý ({state})"
    en: ClassVar[str] = "Proposal {number} was decided before ({state})"


class HeadUnusable(AxisError):
    code: ClassVar[str] = "directory.head"
    vi: ClassVar[str] = "Tên hoặc chức danh người đứng đầu không dùng được"
    en: ClassVar[str] = "The head's name or title cannot be used"
    remedy_vi: ClassVar[str] = "Một dòng, không quá 200 ký tự"
    remedy_en: ClassVar[str] = "One line of at most 200 characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyView:
    """All that the hub knows of one agency."""

    agency: Agency
    now: Resolution
    hub: str | None
    above: tuple[Agency, ...]
    """From the top down."""
    below: tuple[Agency, ...]
    predecessors: tuple[Agency, ...]
    names: tuple[tuple[datetime, str], ...]
    """Since when this hub knew it under which name, oldest first."""
    certificates: tuple[BoundCertificate, ...]
    serving: str | None
    """Node that may act for it today."""


class DirectoryDesk:
    """Safe from any thread."""

    def __init__(self, world: World, directory: DirectoryService) -> None:
        self._world = world
        self._directory = directory
        self._index: tuple[str, AgencyIndex] | None = None
        self._lock = threading.Lock()

    def search(self, text: str, *, on: date) -> tuple[Agency, ...]:
        """By code or by words without accents, the best first."""
        current = self._directory.current()
        with self._lock:
            if self._index is None or self._index[0] != current.version:
                self._index = (current.version, AgencyIndex.of(current))
            index = self._index[1]
        return index.search(text, on=on, limit=FOUND)

    def show(self, code: str, *, on: date) -> AgencyView:
        """Raises NotFound."""
        directory, now = self._directory.current(), self._world.clock.now()
        agency = directory.find(code)
        if agency is None:
            raise NotFound(what=code)

        def work(connection: Connection) -> AgencyView:
            bound = [one for one in peers.every_bound(connection, now) if agency.code in one.binding.codes]
            serving = [one.peer for one in peers.grants(connection, now, action="act") if one.code == agency.code]
            return AgencyView(
                agency=agency,
                now=directory.resolve(agency.code, on),
                hub=directory.hub_of(agency.code),
                above=_above(directory, agency),
                below=tuple(directory.agencies[one] for one in directory.children(agency.code)),
                predecessors=tuple(one for one in directory.agencies.values() if one.successor == agency.code),
                names=agency_names.of(connection, [agency.code]).get(agency.code, ()),
                certificates=tuple(bound),
                serving=serving[0] if serving else None,
            )

        return self._world.transactions.read(work)

    def changes(self) -> tuple[DirectoryChange, ...]:
        """Newest first."""
        return self._world.transactions.read(lambda connection: directory_changes.every(connection, limit=SHOWN))

    def waiting(self) -> int:
        return self._world.transactions.read(directory_changes.waiting)

    def change(self, number: int) -> tuple[DirectoryChange, Difference]:
        """A proposal and what it would change in the directory in force, or changed when it was decided. NotFound."""
        found = self._world.transactions.read(lambda connection: directory_changes.get(connection, number))
        if found is None:
            raise NotFound(what=str(number))
        base = self._base(found)
        return found, difference(base, from_toml(found.document))

    def propose_import(self, text: str, *, name: str, reason: str, actor: str) -> DirectoryChange:
        """
        Args:
            text: TOML or CSV, told by the name's ending.

        Raises:
            DirectoryRejected, DirectorySame, ChangeReasonMissing.
        """
        why = stated(reason)
        fresh, document = _read(text, name=name, current=self._directory.current())
        return self._propose("import", name, fresh, document=document, reason=why, actor=actor)

    def bring(self, text: str, *, name: str, reason: str | None, actor: str) -> DirectoryChange | None:
        """At the command line: the proposal, decided at once where one person is enough; None: it is in force already.

        Whoever asks again while the same file waits is told the same proposal. The first directory needs no reason.

        Raises:
            DirectoryRejected, ChangeReasonMissing.
        """
        current = self._directory.current()
        fresh, document = _read(text, name=name, current=current)
        if fresh.version == current.version and self._directory.snapshot() is not None:
            return None
        for one in self.changes():
            if (one.state, one.version, one.base) == (ChangeState.WAITING, fresh.version, current.version):
                return one
        why = stated(reason) if reason or self._directory.snapshot() is not None else ""
        made = self._propose("import", name, fresh, document=document, reason=why, actor=actor)
        return made if self._world.settings.trust_approvers > 1 else self.approve(made.seq, actor=actor)

    def propose_head(self, code: str, *, head_name: str, head_title: str, reason: str, actor: str) -> DirectoryChange:
        """Another head of an agency, who answers for what is overdue.

        Raises:
            NotFound, HeadUnusable, DirectorySame, ChangeReasonMissing.
        """
        current = self._directory.current()
        agency = current.find(code)
        if agency is None:
            raise NotFound(what=code)
        name, title = " ".join(head_name.split()), " ".join(head_title.split())
        if not (name + title).isprintable() or max(len(name), len(title)) > HEAD_LENGTH:
            raise HeadUnusable()
        if (name, title) == (agency.head_name, agency.head_title):
            raise DirectorySame()
        why = stated(reason)
        fresh = replace(agency, head_name=name, head_title=title, serial=agency.serial + 1)
        agencies = {**current.agencies, agency.code: fresh}
        parts = current.hubs.values(), current.nodes.values(), current.groups.values()
        return self._propose("head", agency.code, Directory.of(agencies.values(), *parts), reason=why, actor=actor)

    def approve(self, number: int, *, actor: str) -> DirectoryChange:
        """Put a proposal into force. Raises NotFound, DirectoryDecided, DirectoryApproverSame, DirectoryStale."""
        found, _ = self.change(number)
        if found.state is not ChangeState.WAITING:
            raise DirectoryDecided(number=number, state=found.state.value)
        approvers = self._world.settings.trust_approvers
        if not may_approve(actor, proposed_by=found.proposed_by, approvers=approvers):
            raise DirectoryApproverSame(actor=actor)
        if self._directory.current().version != found.base:
            raise DirectoryStale(number=number)
        decided = self._decide(found, ChangeState.APPROVED, actor=actor)
        self._directory.adopt(from_toml(found.document), found.document, reason=found.reason, actor=actor)
        return decided

    def reject(self, number: int, *, actor: str) -> DirectoryChange:
        """Raises NotFound, DirectoryDecided. Who proposed may take it back."""
        return self._decide(self.change(number)[0], ChangeState.REJECTED, actor=actor)

    def _base(self, change: DirectoryChange) -> Directory:
        current = self._directory.current()
        if change.base == current.version:
            return current
        document = self._directory.version(change.base)
        return current if document is None else from_toml(document)

    def _propose(
        self, kind: str, subject: str, directory: Directory, *, reason: str, actor: str, document: str | None = None
    ) -> DirectoryChange:
        current, at = self._directory.current(), self._world.issuer.now()
        if directory.version == current.version and self._directory.snapshot() is not None:
            raise DirectorySame()
        change = DirectoryChange(
            seq=0,
            kind=kind,
            subject=subject[:200],
            document=document or to_toml(directory),
            version=directory.version,
            base=current.version,
            state=ChangeState.WAITING,
            reason=reason,
            proposed_by=actor,
            proposed_at=at,
        )

        def work(connection: Connection) -> int:
            number = directory_changes.add(connection, change)
            _note(connection, replace(change, seq=number), "propose", actor=actor, at=at)
            return number

        return self.change(self._world.transactions.run(work))[0]

    def _decide(self, change: DirectoryChange, state: ChangeState, *, actor: str) -> DirectoryChange:
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            if not directory_changes.decide(connection, change.seq, state=state, by=actor, at=at):
                raise DirectoryDecided(number=change.seq, state=change.state.value)
            verb = "approve" if state is ChangeState.APPROVED else "reject"
            _note(connection, change, verb, actor=actor, at=at)

        self._world.transactions.run(work)
        return self.change(change.seq)[0]


def _read(text: str, *, name: str, current: Directory) -> tuple[Directory, str]:
    """A file, TOML or CSV by the name's ending, and as it is kept. Raises DirectoryRejected."""
    if not name.lower().endswith(".csv"):
        return from_toml(text), text
    fresh = from_csv(text, current.hubs.values(), current.nodes.values(), current.groups.values())
    return fresh, to_toml(fresh)


def _note(connection: Connection, change: DirectoryChange, verb: str, *, actor: str, at: datetime) -> None:
    details = f"change={change.seq} {change.kind}={change.subject} from={change.base} reason={change.reason}"
    records.decide(connection, at=at, actor=actor, action=f"directory.{verb}", subject=change.version, details=details)


def _above(directory: Directory, agency: Agency) -> tuple[Agency, ...]:
    agencies: Mapping[str, Agency] = directory.agencies
    found: list[Agency] = []
    code = agency.parent
    while code is not None and len(found) < len(agencies):
        found.append(agencies[code])
        code = agencies[code].parent
    return tuple(reversed(found))
