"""Erasing what this node holds of a letter when its agency orders it; what proves what happened stays.

1. Two people, as at the hub. Of a received letter every agency served here must have ended its work on it.
2. What goes: the key of the container and of the statuses made here about it, number, subject, names, findings, words
   of clerks, the report on the files, notices, an unfinished download.
3. What stays: evidence with its proofs, transfer records, digests, delivery states, arrival numbers, who decided.
4. The decision is durable before anything is destroyed; whatever is interrupted is finished by `finish`.
5. No other hub or node erases anything because of it: each disposes of its own copy by its own people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from exchange_axis.domain.disposal import (
    AlreadyProposed,
    Disposal,
    Extent,
    NothingLeft,
    NotProposed,
    OnHold,
    SamePerson,
    SeveralLetters,
    SignedRecord,
    State,
    UnderWay,
    same_person,
    usable_actor,
    usable_text,
)
from exchange_axis.errors import NotFound
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.lookup import find_letter
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.node.disposals import DisposalRow, Held
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.disposal_record import listed, write_disposal_record
from signing.xades import sign_enveloped

DECIDED = declare("node.erasing.decided", "the erasure is decided, keys are not destroyed yet")
PAGE = 500


class NodeErasing:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def propose(self, query: str, *, ground: str, actor: str, sender: str | None = None) -> Disposal:
        """
        Args:
            sender: chooses where two senders have letters of the same id here.

        Raises:
            NotFound, Ambiguous, SeveralLetters, ErasureUnusable, UnderWay, OnHold, AlreadyProposed, NothingLeft.
        """
        ground, actor, at = usable_text(ground, "ground"), usable_actor(actor), self._world.now()

        def work(unit: NodeUnit) -> Disposal:
            held = find_held(unit, query, sender)
            _require_ended(unit, held)
            waiting = _proposed(unit, held)
            if waiting is not None:
                raise AlreadyProposed(
                    actor=waiting.proposed_by, consignment_id=held.consignment_id, command="axis node erase"
                )
            if not unit.disposals.is_left(held):
                raise NothingLeft(consignment_id=held.consignment_id)
            unit.disposals.add(
                DisposalRow(
                    sender=held.sender,
                    consignment_id=held.consignment_id,
                    container_sha256=held.container_sha256,
                    ground=ground,
                    proposed_by=actor,
                    proposed_at=at,
                )
            )
            return _newest(unit, held)

        return self._world.store.run(work)

    def withdraw(self, query: str, *, actor: str, sender: str | None = None) -> Disposal:
        """By whoever proposed it or another. Raises NotFound, Ambiguous, NotProposed."""
        actor, at = usable_actor(actor), self._world.now()

        def work(unit: NodeUnit) -> Disposal:
            held = find_held(unit, query, sender)
            unit.disposals.move(_require_proposed(unit, held), State.WITHDRAWN, decided_by=actor, decided_at=at)
            return _newest(unit, held)

        return self._world.store.run(work)

    def approve(self, query: str, *, actor: str, sender: str | None = None) -> Disposal:
        """By another person than the one who proposed it; then everything goes at once.

        Raises:
            NotFound, Ambiguous, NotProposed, SamePerson, UnderWay, OnHold.
            StoreUnavailable: decided, but not all is gone yet; the node goes on when it starts.
        """
        actor, at = usable_actor(actor), self._world.now()

        def work(unit: NodeUnit) -> tuple[Held, DisposalRow]:
            held = find_held(unit, query, sender)
            row = _require_proposed(unit, held)
            if same_person(row.proposed_by, actor):
                raise SamePerson(actor=actor)
            _require_ended(unit, held)
            documents = unit.disposals.wipe(held)
            unit.disposals.move(row, State.APPROVED, decided_by=actor, decided_at=at, documents=documents)
            return held, replace(row, state=State.APPROVED)

        held, row = self._world.store.run(work)
        failpoint(DECIDED)
        self._destroy(held, row)
        return self._world.store.read(lambda unit: _newest(unit, held))

    def finish(self) -> int:
        """Go on with what was decided and interrupted; returns how many were finished."""

        def work(unit: NodeUnit) -> list[tuple[Held, DisposalRow]]:
            rows = unit.disposals.unfinished()
            return [
                (held, row) for row in rows for held in unit.disposals.held(row.consignment_id) if _is_of(held, row)
            ]

        done = 0
        for held, row in self._world.store.read(work):
            try:
                self._destroy(held, row)
            except StoreUnavailable:
                break  # a long read holds the journal: another time
            done += 1
        return done

    def record(self, *, after: int = 0, limit: int = 100) -> tuple[Disposal, ...]:
        """The disposal record: what was proposed, refused by withdrawal, and destroyed."""
        return self._world.store.read(lambda unit: tuple(map(shown, unit.disposals.every(after=after, limit=limit))))

    def signed_record(self) -> SignedRecord:
        """What was decided and destroyed so far under this node's seal, XAdES enveloped."""
        items, after = list[Disposal](), 0
        while page := self.record(after=after, limit=PAGE):
            items += [one for one in page if one.state in {State.APPROVED, State.DONE}]
            after = page[-1].id
        at, node = self._world.now(), self._world.settings.node_id
        content = write_disposal_record(node, at, tuple(map(listed, items)), element="Node")
        return SignedRecord(content=sign_enveloped(content, self._world.node_seal, at=at), count=len(items))

    def _destroy(self, held: Held, row: DisposalRow) -> None:
        """Destroy keys and empty the journals; may be done again."""
        world = self._world
        blobs = sum(world.blobs.erase(digest) for digest in held.containers)
        (world.settings.staging / f"fetch-{held.container_sha256}.part").unlink(missing_ok=True)
        world.store.forget()
        at: datetime = world.now()
        world.store.run(lambda unit: unit.disposals.move(row, State.DONE, done_at=at, blobs=row.blobs + blobs))


def shown(row: DisposalRow) -> Disposal:
    return Disposal(
        id=row.seq,
        consignment_id=row.consignment_id,
        sender=row.sender,
        container_sha256=row.container_sha256,
        extent=Extent.ALL.value,
        state=row.state.value,
        salts=False,
        ground=row.ground,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        done_at=row.done_at,
        blobs=row.blobs,
        documents=row.documents,
    )


def _newest(unit: NodeUnit, held: Held) -> Disposal:
    sent = unit.outbox.following(held.sender, held.consignment_id)
    came = unit.inbox.following(held.sender, held.consignment_id)
    rows = [row for row in unit.disposals.of_letter(held.consignment_id) if _is_of(held, row)]
    names = tuple(dict.fromkeys([*(one.consignment_id for one in sent), *(one.consignment_id for one in came)]))
    return replace(shown(rows[-1]), related=names)


def find_held(unit: NodeUnit, query: str, sender: str | None = None) -> Held:
    """Raises NotFound, Ambiguous, SeveralLetters."""
    consignment_id = find_letter(unit, query)
    held = [one for one in unit.disposals.held(consignment_id) if sender in {None, one.sender}]
    if not held:
        raise NotFound(what=query)
    if len(held) > 1:
        raise SeveralLetters(query=query, candidates=", ".join(f"{consignment_id} ({one.sender})" for one in held))
    return held[0]


def _is_of(held: Held, row: DisposalRow) -> bool:
    return (held.sender, held.container_sha256) == (row.sender, row.container_sha256)


def _proposed(unit: NodeUnit, held: Held) -> DisposalRow | None:
    rows = unit.disposals.of_letter(held.consignment_id)
    waiting = [row for row in rows if row.state is State.PROPOSED and _is_of(held, row)]
    return waiting[-1] if waiting else None


def _require_proposed(unit: NodeUnit, held: Held) -> DisposalRow:
    row = _proposed(unit, held)
    if row is None:
        raise NotProposed(consignment_id=held.consignment_id)
    return row


def _require_ended(unit: NodeUnit, held: Held) -> None:
    holds = unit.legal_holds.on_letter(held.sender, held.consignment_id)
    if holds:
        numbers = ", ".join(str(one.seq) for one in holds)
        raise OnHold(consignment_id=held.consignment_id, holds=numbers, command="axis node hold list")
    what = unit.disposals.under_way(held)
    if what:
        raise UnderWay(consignment_id=held.consignment_id, what=", ".join(what[:5]), command="axis node show")
