"""Every change of this hub that somebody made: who, when, what, before and after, why (R101); read, never written here.

Looks at letters are no changes: they are in the access log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from exchange_axis.domain.settings_record import differs
from exchange_axis.hub.configuration import ACTION as CONFIGURATION
from exchange_axis.hub.configuration import REASON as CONFIGURATION_REASON
from exchange_axis.hub.world import World
from exchange_axis.store.hub import changes
from exchange_axis.store.hub.changes import Decided, Wanted

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "settings": ("hub.configuration",),
    "directory": ("directory.",),
    "trust": ("trust.", "trust-list.", "authority.", "certificate."),
    "peers": ("peer.", "invite.", "uplink."),
    "keys": ("hub.seal", "hub.rotate", "hub.witness-key", "log."),
    "people": ("people.",),
    "keeping": ("erasure.", "hold.", "retention.", "scrub"),
    "mail": ("delivery.", "tray."),
}
"""Beginnings of actions by kind."""
PAGE: Final = 100
_DIRECTORY: Final = re.compile(r"(?P<rest>.*)\bfrom=(?P<before>\S+) reason=(?P<reason>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: str
    after: str
    """Both empty where the change has no such two: then `details` says what it was."""
    reason: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    kind: str = ""
    """Of KINDS; anything else is all of them."""
    actor: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = PAGE


class Changes:
    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, asked: Asked) -> tuple[Change, ...]:
        """Newest first."""
        every = tuple(one for each in KINDS.values() for one in each)
        wanted = Wanted(
            actions=KINDS.get(asked.kind, every),
            actor=asked.actor or None,
            words=asked.words or None,
            since=asked.since,
            until=asked.until,
            before=asked.before,
            limit=asked.limit,
        )
        return tuple(_change(one) for one in self._world.transactions.read(lambda c: changes.newest(c, wanted)))

    def pages(self, asked: Asked) -> Iterator[tuple[Change, ...]]:
        """All of them, a page at a time."""
        while found := self.find(asked):
            yield found
            asked = Asked(
                kind=asked.kind,
                actor=asked.actor,
                words=asked.words,
                since=asked.since,
                until=asked.until,
                before=found[-1].number,
                limit=asked.limit,
            )


def _change(one: Decided) -> Change:
    before, after, reason, details = _said(one)
    return Change(
        number=one.number,
        at=one.at,
        actor=one.actor,
        action=one.action,
        subject=one.subject,
        before=before,
        after=after,
        reason=reason,
        details=details,
    )


def _said(one: Decided) -> tuple[str, str, str, str]:
    """Before, after, reason, and what else is said."""
    if one.action == CONFIGURATION:
        return _settings(one.details)
    if one.action.startswith("directory.") and (found := _DIRECTORY.fullmatch(one.details)):
        return found["before"], one.subject, found["reason"], found["rest"].strip()
    known = _object(one.details)
    if known is None:
        return "", "", "", one.details
    rest = {name: value for name, value in known.items() if name not in {"reason", "before", "after"}}
    about = "" if one.action == CONFIGURATION_REASON else _plain(rest)
    return _plain(known.get("before", "")), _plain(known.get("after", "")), str(known.get("reason") or ""), about


def _settings(details: str) -> tuple[str, str, str, str]:
    known, changed = json.loads(details), differs(details)
    before, after = (
        "\n".join(f"{each.name} = {getattr(each, side) or '–'}" for each in changed) for side in ("before", "after")
    )
    owners = ", ".join(known.get("owners", ()))
    files = ", ".join(known["changed"])
    return before, after, "", f"{files} ({owners})" if owners else files


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}={_plain(each)}" for name, each in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else "" if value is None else str(value)
