"""Choosing to whom a letter goes: search, the tree, groups; closed codes with who took over (R12, R56)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.agency_search import AgencyIndex
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.directory import Directory, Standing
from exchange_axis.domain.groups import PREFIX
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.world import NodeWorld

LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An agency as a clerk is offered it."""

    code: str
    name: str
    old_code: str
    tier: str
    parent: str
    """Name of the agency above; empty at the top."""
    standing: str
    """open, closed, early."""
    closed_since: date | None
    """First day on which it is closed."""
    successor: str
    """Code that receives in its place; empty for an open agency, or where the directory knows nobody."""
    successor_name: str
    connected: bool
    """Some node serves it."""
    children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChoice:
    code: str
    """With its prefix, as a form takes it."""
    name: str
    members: tuple[Choice, ...]
    """Of today."""


class Recipients:
    def __init__(self, world: NodeWorld, directory: DirectoryCopy) -> None:
        self._world = world
        self._directory = directory
        self._lock = threading.Lock()
        self._index: AgencyIndex | None = None
        self._version: str | None = None

    def search(self, query: str, *, limit: int = LIMIT) -> tuple[Choice, ...]:
        """What fits best first; empty without a directory."""
        directory = self._directory.current()
        if directory is None:
            return ()
        on = self._today()
        found = self._indexed(directory).search(query, on=on, limit=limit)
        return tuple(_choice(directory, agency, on) for agency in found)

    def below(self, code: str | None) -> tuple[Choice, ...]:
        """The agencies right beneath one, or at the top; those that are open first, then by name."""
        directory = self._directory.current()
        if directory is None:
            return ()
        on = self._today()
        found = [_choice(directory, directory.agencies[each], on) for each in directory.children(code)]
        return tuple(sorted(found, key=lambda one: (one.standing != Standing.OPEN, one.name, one.code)))

    def groups(self) -> tuple[GroupChoice, ...]:
        directory = self._directory.current()
        if directory is None:
            return ()
        on = self._today()
        return tuple(
            GroupChoice(
                code=f"{PREFIX}{group.code}",
                name=group.name,
                members=tuple(
                    _choice(directory, directory.agencies[code], on) for code in directory.members(group, on)
                ),
            )
            for group in directory.groups.values()
        )

    def named(self, code: str) -> Choice | None:
        """The agency of a code of either generation."""
        directory = self._directory.current()
        agency = None if directory is None else directory.find(code)
        return None if directory is None or agency is None else _choice(directory, agency, self._today())

    def _indexed(self, directory: Directory) -> AgencyIndex:
        with self._lock:
            if self._index is None or self._version != directory.version:
                self._index, self._version = AgencyIndex.of(directory), directory.version
            return self._index

    def _today(self) -> date:
        return day_of(self._world.now())


def _choice(directory: Directory, agency: Agency, on: date) -> Choice:
    resolution = directory.resolve(agency.code, on)
    closed = resolution.standing is Standing.CLOSED
    receiver = resolution.receiver if closed else None
    above = directory.agencies.get(agency.parent or "")
    since = None if agency.valid_to is None or not closed else date.fromordinal(agency.valid_to.toordinal() + 1)
    return Choice(
        code=agency.code,
        name=agency.name,
        old_code=agency.old_code or "",
        tier=agency.tier.value,
        parent="" if above is None else above.name,
        standing=resolution.standing.value,
        closed_since=since,
        successor="" if receiver is None else receiver.code,
        successor_name="" if receiver is None else receiver.name,
        connected=(receiver or agency).node is not None,
        children=len(directory.children(agency.code)),
    )
