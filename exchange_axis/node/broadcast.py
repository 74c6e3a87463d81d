"""Recipients by group: `group:xa` in a form becomes the agencies that the node's directory names on the day of sending.

What is sent, signed and acknowledged is the list; the group itself is only how its writer chose. The same form tried
again is the same letter, whoever has joined the group meanwhile (`outbox`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.groups import PREFIX
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.node.form import Form
from exchange_axis.node.form_faults import DirectoryAbsent, GroupEmpty, GroupUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups that a form may name, as one copy of the directory has them on one day."""

    directory: Directory | None
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What a form gave as its recipients."""

    given: tuple[str, ...]
    """As written, groups by name."""
    version: str | None
    """Of the directory that the groups were resolved with."""


NO_GROUPS = Groups(directory=None, on=date.min)


def resolve_groups(form: Form, groups: Groups, *, key: str, sender: str) -> Addressed | None:
    """Put their members in place of the groups that the form names under this key; None where it names none.

    Whoever sends is no recipient.
    """
    given = form.texts(key) if form.has(key) else ()
    named = [one for one in given if one.startswith(PREFIX)]
    if not named:
        return None
    plain = [one for one in given if not one.startswith(PREFIX)]
    form.put(key, [*plain, *_members(form, groups, named, left_out={sender, *map(_plainly, plain)})])
    version = None if groups.directory is None else groups.directory.version
    return Addressed(given=given, version=version)


def _plainly(code: str) -> str:
    """In the spelling of the directory; what is no code is for the form to refuse."""
    try:
        return canonical_code(code)
    except MalformedCode:
        return code


def _members(form: Form, groups: Groups, named: Sequence[str], *, left_out: set[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in named:
        if groups.directory is None:
            form.fault(DirectoryAbsent(where="to", group=name))
            continue
        group = groups.directory.groups.get(name.removeprefix(PREFIX))
        if group is None:
            known = ", ".join(PREFIX + code for code in sorted(groups.directory.groups))
            form.fault(GroupUnknown(where="to", group=name, known=known))
            continue
        members = groups.directory.members(group, groups.on)
        if not set(members) - left_out:
            form.fault(GroupEmpty(where="to", group=name))
        found |= dict.fromkeys(members)
    return [code for code in found if code not in left_out]
