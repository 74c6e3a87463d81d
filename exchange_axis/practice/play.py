"""What goes on around whoever practises: sample letters come, sample agencies answer, the practice hub passes it on.

Nothing runs by itself: each page of practice mode first asks for a `step`, which does what is due by the clock. What
was done is read from the stored rows, so that a step broken off anywhere is simply taken again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import ASKED, Progress, Request
from exchange_axis.hub.service import Hub
from exchange_axis.node.agent import Agent
from exchange_axis.node.compose import compose
from exchange_axis.node.service import Node
from exchange_axis.practice.cast import ANSWERER, HERE, MANNERS, THERE, Manner
from exchange_axis.practice.letters import SAMPLES_SENT, Sample, form_of, recall_of
from exchange_axis.practice.line import PracticeLine
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.node.rows import InboxRow, OutboxRow

ROUNDS: Final = 3
"""Rounds in which everything that waits reaches its end: a letter, its handover, the news of it."""
_RECALL_NUMBER: Final = 900
_OPEN: Final = frozenset({Progress.DELIVERED, Progress.ARRIVED})
_RANK: Final = {progress: rank for rank, progress in enumerate(Progress)}
_REPORTED: Final = {"04": Progress.ASSIGNED, "05": Progress.PROCESSING, "06": Progress.COMPLETED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A practice hub and its two nodes."""

    hub: Hub
    here: Node
    there: Node
    peers: Mapping[str, PeerRow]
    papers: Path
    """Folder with the files of the sample letters."""
    day: date
    """That they bear."""

    def close(self) -> None:
        for part in (self.here, self.there, self.hub):
            part.close()


class Play:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._agents: tuple[Agent, ...] = (
            parts.here.agent(PracticeLine(parts.hub, parts.peers[HERE])),
            parts.there.agent(PracticeLine(parts.hub, parts.peers[THERE])),
        )

    @property
    def here(self) -> Node:
        return self._parts.here

    def close(self) -> None:
        self._parts.close()

    async def begin(self) -> None:
        """Both nodes learn the directory; the first letters come."""
        for agent in self._agents:
            await agent.directory_once()
        await self.step()

    async def step(self) -> None:
        """Do what is due."""
        await asyncio.to_thread(self._act)
        for _ in range(ROUNDS):
            if not await self._round():
                break
        await asyncio.to_thread(self._parts.hub.log.sequence)
        for agent in self._agents:
            await agent.reminders_once()
            await agent.apologies_once()
            await agent.proofs_once()

    async def _round(self) -> int:
        done = 0
        for agent in self._agents:
            done += await agent.push_once() + await agent.pull_once() + await agent.duties_once()
        for agent in self._agents:
            done += await agent.feed_once()
        return done

    def _act(self) -> None:
        self._send_samples()
        there = self._parts.there
        for row in there.world.store.read(lambda unit: unit.inbox.letters(limit=None)):
            manner = MANNERS.get(row.recipient)
            if manner is not None and row.business_kind is BusinessKind.NEW:
                self._answer(row, manner)

    def _send_samples(self) -> None:
        there = self._parts.there
        sent = {row.title: row for row in there.world.store.read(lambda unit: unit.outbox.letters(limit=None))}
        now = there.world.now()
        begun = min((row.created_at for row in sent.values()), default=now)
        for place, sample in enumerate(SAMPLES_SENT):
            row = sent.get(sample.code)
            if row is None and now - begun >= sample.after:
                self._send(form_of(sample, self._parts.day))
            elif row is not None and f"{_RECALL_NUMBER + place}/TB-UBND" not in sent and self._recalls(sample, row):
                self._send(recall_of(sample, row.consignment_id, _RECALL_NUMBER + place, day_of(now)))

    def _recalls(self, sample: Sample, row: OutboxRow) -> bool:
        """Whether it has been accepted for long enough."""
        if sample.recalled_after is None:
            return False
        unit_read = self._parts.there.world.store.read
        (addressee,) = unit_read(lambda unit: unit.outbox.addressees(row.consignment_id))
        accepted = _RANK[addressee.business.progress] >= _RANK[Progress.ACCEPTED]
        return accepted and self._parts.there.world.now() - addressee.changed_at >= sample.recalled_after

    def _send(self, form: Mapping[str, Any]) -> None:
        there = self._parts.there
        draft = compose(
            form,
            base=self._parts.papers,
            agencies=there.world.settings.agencies,
            name_of=there.directory.name_of,
            earlier=there.earlier,
        )
        there.sender.send(draft, actor=ANSWERER)

    def _answer(self, row: InboxRow, manner: Manner) -> None:
        now, progress = self._parts.there.world.now(), row.business.progress
        if row.business.request in ASKED:
            self._agree(row, manner)
        elif row.business.is_frozen:
            return
        elif progress in _OPEN:
            if manner.answers and now - row.received_at >= manner.after:
                self._decide(row, manner)
        elif row.decided_at is not None and progress is not Progress.REFUSED:
            self._report(row, manner, row.decided_at, now)

    def _decide(self, row: InboxRow, manner: Manner) -> None:
        clerk = self._parts.there.clerk
        if manner.answers == "02":
            clerk.refuse(
                row.consignment_id, reason=manner.reason, text=manner.text, actor=ANSWERER, agency=row.recipient
            )
        else:
            clerk.accept(row.consignment_id, actor=ANSWERER, agency=row.recipient)

    def _report(self, row: InboxRow, manner: Manner, accepted: datetime, now: datetime) -> None:
        done = _RANK[row.business.progress]
        due = [code for code, after in manner.steps if now - accepted >= after and _RANK[_REPORTED[code]] > done]
        if due:
            self._parts.there.clerk.report(row.consignment_id, code=due[0], actor=ANSWERER, agency=row.recipient)

    def _agree(self, row: InboxRow, manner: Manner) -> None:
        clerk, agency = self._parts.there.clerk, row.recipient
        if manner.consents or row.business.request is Request.RECALL_ASKED:
            clerk.consent(row.consignment_id, actor=ANSWERER, agency=agency)
        else:
            text = "Văn bản đã giao xử lý, đề nghị gửi văn bản thay thế"
            clerk.decline(row.consignment_id, text=text, actor=ANSWERER, agency=agency)
