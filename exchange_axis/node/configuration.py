"""What the node's operator changes in `node.toml` is on record: each setting, old and new value, whose file, why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from exchange_axis.domain.reasons import stated
from exchange_axis.domain.settings_record import Configuration, difference, differs, from_json, to_json
from exchange_axis.errors import NotFound
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.settings_record import SettingRow
from exchange_axis.store.node.unit import NodeUnit


def note_configuration(world: NodeWorld, now: Configuration) -> bool:
    """Put a change on record; False when nothing changed since it was noted last."""
    at = world.clock.now()

    def work(unit: NodeUnit) -> bool:
        before = from_json(unit.settings.newest())
        found = difference(before, now)
        if found.changed:
            unit.settings.add(to_json(found, before, now), at=at)
        return bool(found.changed)

    return world.store.run(work)


def settings_changes(world: NodeWorld, *, limit: int) -> list[Mapping[str, Any]]:
    """Newest first."""
    return [_shown(row) for row in world.store.read(lambda unit: unit.settings.since_first(limit))]


def note_reason(world: NodeWorld, number: int, *, reason: str, actor: str) -> None:
    """Say why; said again, the newest counts. Raises NotFound, ChangeReasonMissing."""
    why, at = stated(reason), world.clock.now()
    if not world.store.run(lambda unit: unit.settings.explain(number, reason=why, by=actor, at=at)):
        raise NotFound(what=str(number))


def _shown(row: SettingRow) -> Mapping[str, Any]:
    known = json.loads(row.details)
    return {
        "number": row.seq,
        "at": row.at,
        "files": known["changed"],
        "settings": [asdict(one) for one in differs(row.details)],
        "owners": known["owners"],
        "reason": row.reason,
        "reason_by": row.reason_by,
    }
