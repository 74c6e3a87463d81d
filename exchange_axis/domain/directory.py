"""The directory (danh mục): who exists on which day, under whom, served by which hub.

Rules of this file:
1. A `Directory` that exists is sound: `Directory.of` refuses with every fault at once, or builds.
2. Only parent links and explicit hubs place an agency; code prefixes do neither.
3. Asking is by day: the same code may be open, closed or not yet open.
4. The version is the SHA-256 of the content, so that two hubs with one version have one directory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from exchange_axis.domain.agency import Agency, Hub, NodeEntry, Tier
from exchange_axis.domain.directory_check import DirectoryRejected, check, serving_hubs
from exchange_axis.domain.groups import Group, group_faults
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.errors import AxisError
from schemas.findings import Finding, Stage


class UnknownHub(AxisError):
    code: ClassVar[str] = "directory.hub-not-listed"
    vi: ClassVar[str] = "Danh mục không có trục {hub}"
    en: ClassVar[str] = "The directory does not list the hub {hub}"
    remedy_vi: ClassVar[str] = "Thêm trục vào danh mục rồi nạp lại: axis directory import TỆP"
    remedy_en: ClassVar[str] = "Add the hub to the directory and import it again: axis directory import FILE"


class Standing(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    EARLY = "early"
    """Listed, but its first day has not come."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a code means on a day."""

    asked: str
    standing: Standing
    agency: Agency | None = None
    """The agency asked for, whatever its standing; None when unknown."""
    successors: tuple[Agency, ...] = ()
    """For a closed agency: who took over, and from that one who, as far as the chain goes."""
    receiver: Agency | None = None
    """The open agency that receives: the one asked for, or the first open successor; None if nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    agencies: Mapping[str, Agency]
    hubs: Mapping[str, Hub]
    nodes: Mapping[str, NodeEntry]
    groups: Mapping[str, Group]
    version: str
    """SHA-256 of the canonical content, lower-case hex."""
    _aliases: Mapping[str, str]
    _children: Mapping[str | None, tuple[str, ...]]
    _serving: Mapping[str, str]

    @classmethod
    def of(
        cls,
        agencies: Iterable[Agency],
        hubs: Iterable[Hub] = (),
        nodes: Iterable[NodeEntry] = (),
        groups: Iterable[Group] = (),
        *,
        lines: Sequence[int | None] | None = None,
    ) -> Directory:
        """A sound directory of these records; `lines` are the agencies' lines in the file they came from.

        Raises:
            DirectoryRejected: with all findings; nothing is taken over from a faulty list.
        """
        agencies, hubs, nodes, groups = tuple(agencies), tuple(hubs), tuple(nodes), tuple(groups)
        by_code = {agency.code: agency for agency in agencies}
        findings = check(agencies, hubs, nodes, lines=lines)
        findings += tuple(Finding.of(fault, Stage.DIRECTORY) for fault in group_faults(groups, by_code))
        if findings:
            raise DirectoryRejected(findings)
        children: dict[str | None, list[str]] = {}
        for agency in sorted(agencies, key=lambda agency: agency.code):
            children.setdefault(agency.parent, []).append(agency.code)
        return cls(
            agencies=MappingProxyType(by_code),
            hubs=MappingProxyType({hub.id: hub for hub in hubs}),
            nodes=MappingProxyType({node.id: node for node in nodes}),
            groups=MappingProxyType({group.code: group for group in groups}),
            version=_version(agencies, hubs, nodes, groups),
            _aliases={agency.old_code: agency.code for agency in agencies if agency.old_code},
            _children={parent: tuple(codes) for parent, codes in children.items()},
            _serving=serving_hubs(by_code, hubs),
        )

    def find(self, text: str) -> Agency | None:
        """The agency of a code of either generation; the directory's own alias comes before the algorithm."""
        if text in self.agencies:
            return self.agencies[text]
        if text in self._aliases:
            return self.agencies[self._aliases[text]]
        try:
            return self.agencies.get(canonical_code(text))
        except MalformedCode:
            return None

    def resolve(self, code: str, on: date) -> Resolution:
        """What the code means on that day (Vietnam time); never raises."""
        agency = self.find(code)
        if agency is None:
            return Resolution(asked=code, standing=Standing.UNKNOWN)
        if agency.is_open(on):
            return Resolution(asked=code, standing=Standing.OPEN, agency=agency, receiver=agency)
        if agency.is_early(on):
            return Resolution(asked=code, standing=Standing.EARLY, agency=agency)
        chain = self._successors(agency, on)
        receiver = chain[-1] if chain and chain[-1].is_open(on) else None
        return Resolution(asked=code, standing=Standing.CLOSED, agency=agency, successors=chain, receiver=receiver)

    def children(self, code: str | None) -> tuple[str, ...]:
        """Codes right beneath one by parent links, open or closed; for None those with nobody above."""
        return self._children.get(code, ())

    def subtree(self, code: str) -> tuple[str, ...]:
        """The code and everything beneath it by parent links, open or closed; empty if unknown."""
        if code not in self.agencies:
            return ()
        found = [code]
        for above in found:
            found.extend(self._children.get(above, ()))
        return tuple(sorted(found))

    def select(self, tier: Tier, *, under: str | None, on: date) -> tuple[str, ...]:
        """Codes of that tier open on that day: beneath `under`, or with no agency above them for None."""
        codes = self._children.get(None, ()) if under is None else self.subtree(under)
        return tuple(code for code in codes if self.agencies[code].tier is tier and self.agencies[code].is_open(on))

    def members(self, group: Group, on: date) -> tuple[str, ...]:
        """Who is meant by a group on that day: its list with successors for closed ones, then its rule. Each once."""
        resolved = (self.resolve(code, on).receiver for code in group.members)
        listed = [agency.code for agency in resolved if agency is not None]
        ruled = () if group.tier is None else self.select(group.tier, under=group.under, on=on)
        return tuple(dict.fromkeys([*listed, *ruled]))

    def hub_of(self, code: str) -> str | None:
        """The hub that serves the agency: that of the nearest agency upwards that has one, else the top hub.

        None for an unknown code, and in a directory without hubs.
        """
        return self._serving.get(code)

    @property
    def top_hub(self) -> str | None:
        return next((hub.id for hub in self.hubs.values() if hub.parent is None), None)

    def way_up(self, hub: str) -> tuple[str, ...]:
        """The hub and those above it, the top one last.

        Raises:
            UnknownHub: the directory does not list it.
        """
        if hub not in self.hubs:
            raise UnknownHub(hub=hub)
        way = [hub]
        while parent := self.hubs[way[-1]].parent:
            way.append(parent)
        return tuple(way)

    def is_under(self, code: str, hub: str) -> bool:
        """True if the agency is served by this hub or by one beneath it: what an uplink may relay for."""
        own = self.hub_of(code)
        return own is not None and hub in self.way_up(own)

    def local_nodes(self, hub: str) -> dict[str, str]:
        """Agency code to node id, for the nodes of one hub."""
        return {
            code: agency.node
            for code, agency in self.agencies.items()
            if agency.node and self.nodes[agency.node].hub == hub
        }

    def _successors(self, closed: Agency, on: date) -> tuple[Agency, ...]:
        chain: list[Agency] = []
        agency = closed
        # `check` refuses rings of successors, so this ends; the length guard keeps that true if it ever does not.
        while agency.successor and len(chain) < len(self.agencies):
            agency = self.agencies[agency.successor]
            chain.append(agency)
            if agency.is_open(on):
                break
        return tuple(chain)


def _version(
    agencies: Iterable[Agency], hubs: Iterable[Hub], nodes: Iterable[NodeEntry], groups: Sequence[Group]
) -> str:
    content = {
        "agencies": [_plain(agency) for agency in sorted(agencies, key=lambda record: record.code)],
        "hubs": [_plain(hub) for hub in sorted(hubs, key=lambda record: record.id)],
        "nodes": [_plain(node) for node in sorted(nodes, key=lambda record: record.id)],
    }
    if groups:
        content["groups"] = [_plain(group) for group in sorted(groups, key=lambda record: record.code)]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(record: Agency | Hub | NodeEntry | Group) -> dict[str, object]:
    """Lists are sorted, days written out and empty fields left out, so that equal content has one text."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {name: _plain_value(value) for name, value in values if value not in (None, "", ())}


def _plain_value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return sorted(value)
    return value
