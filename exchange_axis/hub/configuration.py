"""What an operator changes in files is on record too: settings, roots, pins, each by its digest (design: the log).

Commands note what they do by themselves. A file changed by hand is found at start, at a reload and every few minutes;
who did it is not known then, so the hub says so in its own name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import records

ACTION = "hub.configuration"


def note_configuration(world: World, files: Mapping[str, str]) -> bool:
    """Put a change on record; False when nothing changed since it was noted last.

    Args:
        files: name to SHA-256.
    """
    at, here = world.issuer.now(), world.settings.id

    def work(connection: Connection) -> bool:
        known = records.newest_details(connection, ACTION)
        before = {} if known is None else json.loads(known)["files"]
        changed = sorted(name for name in {*before, *files} if before.get(name) != files.get(name))
        if not changed:
            return False
        details = json.dumps({"changed": changed, "files": dict(files)}, ensure_ascii=False, sort_keys=True)
        records.decide(connection, at=at, actor=here, action=ACTION, subject=here, details=details)
        return True

    return world.transactions.run(work)
