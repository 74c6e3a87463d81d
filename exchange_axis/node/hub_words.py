"""What the hub says about signers whose revocation the node could not check itself, asked for and shown as the hub's.

Rules of this file:
1. The node judges every file by its own trust. The hub's word is asked where that ended in "revocation could not be
   checked", for the hub has the lists; and it replaces that word alone, never a worse one.
2. Whatever is the hub's is shown as the hub's (`judged_by`).
3. It is asked when the letter is here, a few times at growing pauses, and again when the feed says there is news.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from exchange_axis.domain.files_word import FilesWord
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.file_report import Standing
from exchange_axis.store.node.files import Question
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.times import to_text
from signing.pdf_verdict import Verdict

AT_ONCE: Final = 50
TRIES: Final = 12
"""After these the feed alone says when to ask: a hub without lists has nothing to say for long."""
FIRST_PAUSE: Final = timedelta(seconds=2)


def is_open(report: Mapping[str, Any]) -> bool:
    """Whether the hub may know more than this report says."""
    return any(file["verdict"] == Verdict.REVOCATION_UNKNOWN for file in report["files"])


class HubWords:
    """The sync half of asking."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def due(self) -> tuple[Question, ...]:
        now = self._world.now()
        return self._world.store.read(lambda unit: unit.files.questions(now, limit=AT_ONCE))

    def take(self, question: Question, word: FilesWord | None) -> bool:
        """Keep the answer; True if it says something. One that is not final is asked for again, later."""
        final = word is not None and word.complete and Verdict.REVOCATION_UNKNOWN not in word.verdicts.values()
        last = question.tries + 1 >= TRIES
        ask_at = None if final or last else self._world.now() + FIRST_PAUSE * 2**question.tries
        said = None if word is None else json.dumps(_values(word, self._world.settings.hub_id))

        def work(unit: NodeUnit) -> None:
            unit.files.answer(question, said, ask_at=ask_at)

        self._world.store.run(work)
        return final


def shown(report: str | None, word: str | None) -> dict[str, Any] | None:
    """The node's own report, with the hub's verdicts where its own is that revocation could not be checked."""
    if not report:
        return None
    own: dict[str, Any] = json.loads(report)
    if word is None:
        return own
    said: dict[str, Any] = json.loads(word)
    own["files"] = [_filled(file, said) for file in own["files"]]
    standing = said["standing"]
    if own["standing"] == Standing.UNDETERMINED and standing in set(Standing) and standing != own["standing"]:
        better = Standing(standing)
        own |= {"standing": better.value, "standing_vi": better.vi, "standing_en": better.en}
        own["judged_by"] = said["hub"]
    return own


def _filled(file: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    name = said["verdicts"].get(file["sha256"])
    if file["verdict"] != Verdict.REVOCATION_UNKNOWN or name not in set(Verdict) or name == file["verdict"]:
        return dict(file)
    verdict = Verdict(name)
    words = {"verdict": verdict.value, "verdict_vi": verdict.vi, "verdict_en": verdict.en}
    return {**file, **words, "judged_by": said["hub"]}


def _values(word: FilesWord, hub: str) -> dict[str, object]:
    return {
        "hub": hub,
        "judged_at": to_text(word.judged_at),
        "standing": word.standing,
        "verdicts": dict(word.verdicts),
    }


def first_question(report: str, at: datetime) -> datetime | None:
    """When to ask about a report that was just made; None where there is nothing to ask."""
    return at if is_open(json.loads(report)) else None
