"""Many letters at once: accepted, or sent; each by itself, with a result of its own that outlives the program (R81).

1. What was chosen is written down before the first is touched, and each result before the next is: whoever comes back
   after a break sees what is done and what is not.
2. Going on does only what has no result. What was done in the very moment of a break is found done, never done again:
   a letter is accepted once, a draft becomes one letter, whoever asks how often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import CheckFailed, NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.decisions import Clerk
from exchange_axis.node.drafts import Drafts
from exchange_axis.node.errors import ActorMissing
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.batches import BatchKind, BatchRow, ItemRow, ItemState
from exchange_axis.store.node.drafts import DraftState
from exchange_axis.store.node.unit import NodeUnit
from schemas.gate.refusal import Refusal

DONE = declare("node.batch.done", "one letter of a batch is accepted or sent, the batch does not say so yet")

MOST: Final[Mapping[BatchKind, int]] = {BatchKind.ACCEPT: 200, BatchKind.SEND: 50}
"""At once."""
FINDINGS: Final = 20
"""Of a draft that is not ready, as many are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """As it is now."""

    named: str
    state: ItemState
    title: str
    """Number and symbol; empty where the letter is not here, or not for the asker."""
    address: str
    """Of its page; empty where there is none."""
    number: str
    """Of arrival, with its year."""
    refusal: Mapping[str, Any] | None
    """vi, en, remedy_vi, remedy_en, and `findings` with the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    row: BatchRow
    results: tuple[Result, ...]

    @property
    def waiting(self) -> int:
        return sum(one.state is ItemState.WAITING for one in self.results)

    @property
    def done(self) -> int:
        return sum(one.state is ItemState.DONE for one in self.results)


class Batches:
    def __init__(self, world: NodeWorld, clerk: Clerk, drafts: Drafts) -> None:
        self._world = world
        self._clerk = clerk
        self._drafts = drafts

    def begin(self, batch_id: str, kind: BatchKind, named: Sequence[str], *, actor: str) -> None:
        """Write down what was chosen; the same batch again is not begun twice.

        Args:
            named: `letter/agency`, or `draft@version`; beyond what is done at once they are left out.

        Raises:
            ActorMissing.
            NotFound: somebody else has one by that id.
        """
        if not actor.strip():
            raise ActorMissing()
        row = BatchRow(id=batch_id, kind=kind, actor=actor, begun_at=self._world.now(), ended_at=None)
        chosen = [one[:200] for one in dict.fromkeys(named)][: MOST[kind]]

        def work(unit: NodeUnit) -> BatchRow:
            known = unit.batches.get(batch_id)
            if known is None:
                unit.batches.begin(row, chosen)
            return known or row

        if self._world.store.run(work).actor != actor:
            raise NotFound(what=batch_id[:64])

    def go_on(self, batch_id: str, *, actor: str) -> None:
        """Do what has no result yet.

        Raises:
            NotFound: no such batch of this person.
        """
        while self.step(batch_id, actor=actor):
            pass

    def step(self, batch_id: str, *, actor: str) -> bool:
        """Do the next one that has no result; False when there was none, and the batch is at its end.

        Raises:
            NotFound: no such batch of this person.
        """
        row, items = self._rows(batch_id, actor)
        item = next((one for one in items if one.state is ItemState.WAITING), None)
        if item is None:
            at = self._world.now()
            self._world.store.run(lambda unit: unit.batches.end(batch_id, at))
            return False
        refusal = _refused(self._accept if row.kind is BatchKind.ACCEPT else self._send, item.named, actor)
        failpoint(DONE)
        self._settle(batch_id, item, refusal)
        return True

    def of(self, batch_id: str, *, actor: str) -> Batch:
        """
        Raises:
            NotFound: no such batch of this person.
        """
        row, items = self._rows(batch_id, actor)
        shown = self._received if row.kind is BatchKind.ACCEPT else self._sent
        return Batch(row=row, results=self._world.store.read(lambda unit: tuple(shown(unit, item) for item in items)))

    def unfinished(self, *, actor: str) -> tuple[BatchRow, ...]:
        return self._world.store.read(lambda unit: unit.batches.unfinished(actor))

    def _rows(self, batch_id: str, actor: str) -> tuple[BatchRow, tuple[ItemRow, ...]]:
        row, items = self._world.store.read(lambda unit: (unit.batches.get(batch_id), unit.batches.items(batch_id)))
        if row is None or row.actor != actor:
            raise NotFound(what=batch_id[:64])
        return row, items

    def _settle(self, batch_id: str, item: ItemRow, refusal: Mapping[str, Any] | None) -> None:
        at = self._world.now()
        self._world.store.run(lambda unit: unit.batches.settle(batch_id, item.place, at, refusal=refusal))

    def _accept(self, named: str, actor: str) -> None:
        consignment_id, _, agency = named.partition("/")
        self._clerk.accept(consignment_id, actor=actor, agency=canonical_code(agency))

    def _send(self, named: str, actor: str) -> None:
        draft_id, _, version = named.partition("@")
        self._drafts.send(draft_id, version=int(version) if version.isdecimal() else 0, actor=actor)

    def _received(self, unit: NodeUnit, item: ItemRow) -> Result:
        consignment_id, _, agency = item.named.partition("/")
        row = next((one for one in unit.inbox.of_consignment(consignment_id) if one.recipient == agency), None)
        number = "" if row is None or row.arrival_number is None else f"{row.arrival_number}/{row.arrival_year}"
        return _result(
            item,
            happened=bool(number),
            title="" if row is None else row.title,
            address="" if row is None else f"/inbox/{item.named}",
            number=number,
        )

    def _sent(self, unit: NodeUnit, item: ItemRow) -> Result:
        draft = unit.drafts.get(item.named.partition("@")[0])
        letter = None if draft is None or draft.consignment_id is None else unit.outbox.get(draft.consignment_id)
        form = {} if draft is None else draft.form
        title = f"{form.get('number', '…')}/{form.get('notation', '…')}" if letter is None else letter.title
        opened = "" if draft is None else f"/drafts/{draft.id}"
        return _result(
            item,
            happened=draft is not None and draft.state is DraftState.SENT,
            title="" if draft is None else title,
            address=opened if letter is None else f"/sent/{letter.consignment_id}",
        )


def _result(item: ItemRow, *, happened: bool, title: str, address: str, number: str = "") -> Result:
    """What is stored about the letter itself comes before what the batch last wrote down."""
    state = ItemState.DONE if happened and item.state is ItemState.WAITING else item.state
    return Result(named=item.named, state=state, title=title, address=address, number=number, refusal=item.refusal)


def _refused(act: Callable[[str, str], None], named: str, actor: str) -> Mapping[str, Any] | None:
    try:
        act(named, actor)
    except CheckFailed as failed:
        return _told(failed) | {"findings": [one.as_dict() for one in failed.findings[:FINDINGS]]}
    except Refusal as refusal:
        return _told(refusal)
    return None


def _told(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "vi": refusal.message("vi"),
        "en": refusal.message("en"),
        "remedy_vi": refusal.remedy("vi"),
        "remedy_en": refusal.remedy("en"),
        "findings": [],
    }
