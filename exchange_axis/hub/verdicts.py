"""Verdict reports: what this hub found about a letter, word for word, so that nobody says later it was otherwise.

1. The first report is made before the acceptance, which names it by its SHA-256. It has a random value in it: what is
   erased here cannot be guessed from the digest.
2. A report is never changed. What is judged again is a further report that names the one before, and an entry of the
   log. At a hub after the first, whose acceptance names another hub's report, the first one is an entry too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from exchange_axis.hub.home import add_leaves
from exchange_axis.hub.world import World
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.store import Connection
from exchange_axis.store.hub import verdicts
from exchange_axis.wire.times import to_text
from schemas.findings import Finding

FORMAT: Final = "axis-verdicts-1"
KIND: Final = "verdict"
"""Of their leaves."""
_SALT: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    sha256: str
    document: str
    at: datetime


def first_report(world: World, findings: Sequence[Finding], files: FilesReport | None) -> Report:
    """What was found before the letter is accepted."""
    found = {
        "number": 0,
        "previous": None,
        "findings": [finding.as_dict() for finding in findings],
        "files": None if files is None else dict(files.document),
        "seal": None,
    }
    return _report(world, found)


def keep_first(connection: Connection, world: World, seq: int, report: Report, *, named: bool) -> None:
    """With the letter. `named`: an acceptance of ours names it, which is an entry of the log."""
    row = verdicts.ReportRow(consignment=seq, number=0, sha256=report.sha256, document=report.document, at=report.at)
    if verdicts.add(connection, row) and not named:
        add_leaves(connection, KIND, [world.issuer.leaf_of(report.sha256)])


def judged_again(connection: Connection, world: World, seq: int, **news: Mapping[str, Any]) -> bool:
    """Add a report with something new (`files`, `seal`); False where there is none to follow, or it was erased."""
    while (before := verdicts.newest(connection, seq)) is not None and before.document:
        number = before.number + 1
        report = _report(world, json.loads(before.document) | news | {"number": number, "previous": before.sha256})
        row = verdicts.ReportRow(
            consignment=seq, number=number, sha256=report.sha256, document=report.document, at=report.at
        )
        if verdicts.add(connection, row):  # else another process was quicker, and ours follows its report
            add_leaves(connection, KIND, [world.issuer.leaf_of(report.sha256)])
            return True
    return False


def _report(world: World, found: Mapping[str, Any]) -> Report:
    at = world.issuer.now()
    said = {
        **found,
        "format": FORMAT,
        "hub": world.settings.id,
        "at": to_text(at),
        "salt": world.rng.token(_SALT).hex(),
    }
    document = json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1)
    return Report(sha256=hashlib.sha256(document.encode()).hexdigest(), document=document, at=at)
