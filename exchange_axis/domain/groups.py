"""Groups of recipients (`group:xa`): a list of agencies, or a rule such as all communes beneath H45.

A group is an aid for whoever writes a letter. It is resolved once, on the day of sending; what travels is the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.directory_check import MalformedId, RepeatedCode, UnknownReference
from exchange_axis.domain.ids import is_peer_id
from exchange_axis.errors import AxisError

PREFIX = "group:"
"""Before a group's code wherever a recipient's code may stand."""


class GroupOfNobody(AxisError):
    code: ClassVar[str] = "directory.group-of-nobody"
    vi: ClassVar[str] = "Nhóm {group} cần members, hoặc cả tier và under"
    en: ClassVar[str] = "Group {group} needs members, or both tier and under"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    code: str
    """As ids of hubs and nodes: lower-case letters, digits and hyphens."""
    name: str
    members: tuple[str, ...] = ()
    """Codes of agencies, in the order of the list."""
    tier: Tier | None = None
    """With `under`: every agency of this tier beneath it, whoever that is on the day."""
    under: str | None = None


def group_faults(groups: Iterable[Group], agencies: Mapping[str, Agency]) -> Iterator[AxisError]:
    """What is wrong with the groups of a directory."""
    seen: set[str] = set()
    for group in groups:
        where = f"group {group.code}"
        if not is_peer_id(group.code):
            yield MalformedId(where=where, value=group.code)
        if group.code in seen:
            yield RepeatedCode(where=where, value=group.code)
        seen.add(group.code)
        if (group.tier is None) is not (group.under is None) or not (group.members or group.tier):
            yield GroupOfNobody(where=where, group=group.code)
        for field, values in (("members", group.members), ("under", (group.under,) if group.under else ())):
            for value in values:
                if value not in agencies:
                    yield UnknownReference(where=where, field=field, value=value)
