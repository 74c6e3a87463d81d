"""What an operator changes in files is on record too: settings with old and new value, roots and pins by their digests.

1. Commands note what they do by themselves. A file changed by hand is found at start and every few minutes; the
   hub says so in its own name, and names the account of the machine that the file belongs to.
2. Who changed it says why afterwards (`axis hub settings note`), under his own name; until then the change stands
   there without a reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.reasons import stated
from exchange_axis.domain.settings_record import Configuration, SettingChanged, difference, differs, from_json, to_json
from exchange_axis.errors import NotFound
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import changes, records
from exchange_axis.store.hub.changes import Decided

ACTION = "hub.configuration"
REASON = "hub.configuration-reason"
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """A change of the files, found at some time."""

    number: int
    at: datetime
    files: tuple[str, ...]
    settings: tuple[SettingChanged, ...]
    owners: tuple[str, ...]
    reason: str | None
    reason_by: str | None


def note_configuration(world: World, now: Configuration) -> bool:
    """Put a change on record; False when nothing changed since it was noted last."""
    at, here = world.issuer.now(), world.settings.id

    def work(connection: Connection) -> bool:
        before = from_json(records.newest_details(connection, ACTION))
        found = difference(before, now)
        if not found.changed:
            return False
        details = to_json(found, before, now)
        records.decide(connection, at=at, actor=here, action=ACTION, subject=here, details=details)
        return True

    return world.transactions.run(work)


def settings_changes(world: World, *, limit: int = SHOWN) -> tuple[SettingsChange, ...]:
    """Newest first; the first look at the files is none."""

    def work(connection: Connection) -> tuple[SettingsChange, ...]:
        found = changes.of_action(connection, ACTION, limit=limit + 1)
        reasons = {one.subject: one for one in reversed(changes.of_action(connection, REASON))}
        last = changes.first_of(connection, ACTION)
        return tuple(_change(one, reasons.get(str(one.number))) for one in found if one.number != last)[:limit]

    return world.transactions.read(work)


def note_reason(world: World, number: int, *, reason: str, actor: str) -> None:
    """Say why the settings were changed; said again, the newest counts.

    Raises:
        NotFound: that number is no change of settings.
        ChangeReasonMissing.
    """
    why, at = stated(reason), world.issuer.now()

    def work(connection: Connection) -> None:
        if all(one.number != number for one in changes.of_action(connection, ACTION)):
            raise NotFound(what=str(number))
        details = json.dumps({"reason": why}, ensure_ascii=False)
        records.decide(connection, at=at, actor=actor, action=REASON, subject=str(number), details=details)

    world.transactions.run(work)


def _change(one: Decided, why: Decided | None) -> SettingsChange:
    known = json.loads(one.details)
    return SettingsChange(
        number=one.number,
        at=one.at,
        files=tuple(known["changed"]),
        settings=differs(one.details),
        owners=tuple(known.get("owners", ())),
        reason=None if why is None else json.loads(why.details)["reason"],
        reason_by=None if why is None else why.actor,
    )
